//! The rows of the overview as the filter knows them, read once and not with every key: what can be searched of each, and whether it is
//! shown. With hundreds of rows that is what keeps typing quick, together with writing what changes over several frames.

use web_sys::Element;

use crate::islands::dom;
use crate::view::View;
use crate::words;

/// How much is written in one frame: a row that is hidden costs one, a row that is shown more, because it is laid out.
const FRAME: u32 = 36;
const HIDING: u32 = 1;
const SHOWING: u32 = 6;

/// The rows of the page.
#[derive(Default)]
pub(super) struct Index {
    sections: Vec<Section>,
    /// How many of `sections` and of the rows of the next have nothing to be written any more.
    written: (usize, usize),
}

/// A plane's list.
struct Section {
    element: Element,
    plane: String,
    /// Still loading, or failed: not known to be empty.
    is_unread: bool,
    is_shown: bool,
    lines: Vec<Line>,
}

/// What a line of the table is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    /// What is open below a role, and goes with it.
    Details,
    /// What has ended: narrowed like the rest, and counted nowhere.
    Ended,
    /// Shown with the first below it that is.
    Heading,
}

struct Line {
    element: Element,
    kind: Kind,
    text: String,
    marks: String,
    is_shown: bool,
    is_wanted: bool,
}

impl Index {
    /// Reads what is there.
    pub(super) fn read() -> Self {
        let section = |element: Element| {
            let lines = dom::all_in(&element, "[data-row], [data-details], [data-ended], [data-heading]");
            Section {
                plane: attribute(&element, "data-section"),
                is_unread: element.has_attribute("data-unread"),
                is_shown: !element.has_attribute("hidden"),
                lines: lines.into_iter().map(Line::read).collect(),
                element,
            }
        };
        Self { sections: dom::all("[data-section]").into_iter().map(section).collect(), written: (0, 0) }
    }

    /// Works out which rows `view` wants, and says how many; [`Self::write_some`] shows and hides them.
    pub(super) fn narrow(&mut self, view: &View) {
        let sieve = view.sieve();
        let (mut shown, mut total) = (0, 0);
        for section in &mut self.sections {
            let (mut here, mut rows, mut ended, mut last) = (0, 0, 0, false);
            let mut heading = None;
            for at in 0..section.lines.len() {
                let line = &mut section.lines[at];
                let fits = match line.kind {
                    Kind::Heading => false,
                    Kind::Details => last,
                    Kind::Role | Kind::Ended => sieve.lets_through(&section.plane, &line.text, &line.marks),
                };
                line.is_wanted = fits;
                match line.kind {
                    Kind::Heading => heading = Some(at),
                    Kind::Details => {}
                    Kind::Ended => ended += usize::from(fits),
                    Kind::Role => {
                        rows += 1;
                        here += usize::from(fits);
                        if let Some(heading) = heading.filter(|_| fits) {
                            section.lines[heading].is_wanted = true;
                        }
                    }
                }
                if section.lines[at].kind != Kind::Details {
                    last = fits;
                }
            }
            // A section without rows says why (loading, failed, empty); it goes only with its plane.
            let is_wanted = view.has_plane(&section.plane) && (here + ended > 0 || rows == 0);
            if section.is_shown != is_wanted {
                dom::show(&section.element, is_wanted);
                section.is_shown = is_wanted;
            }
            shown += here;
            total += rows;
        }
        self.written = (0, 0);
        self.say(view, shown, total);
    }

    /// Shows and hides as much as fits into a frame, from the top. Returns whether there is more.
    pub(super) fn write_some(&mut self) -> bool {
        let mut left = FRAME;
        let (first, mut from) = self.written;
        for (at, section) in self.sections.iter_mut().enumerate().skip(first) {
            for (number, line) in section.lines.iter_mut().enumerate().skip(from) {
                if line.is_shown == line.is_wanted {
                    continue;
                }
                if left == 0 {
                    self.written = (at, number);
                    return true;
                }
                dom::show(&line.element, line.is_wanted);
                line.is_shown = line.is_wanted;
                left = left.saturating_sub(if line.is_wanted { SHOWING } else { HIDING });
            }
            from = 0;
        }
        self.written = (self.sections.len(), 0);
        false
    }

    /// Says how many there are, beside the planes and above the list.
    fn say(&self, view: &View, shown: usize, total: usize) {
        for link in dom::all("[data-plane-filter]") {
            let plane = attribute(&link, "data-plane-filter");
            let mut sections = self.sections.iter().filter(|one| plane.is_empty() || one.plane == plane);
            let rows: usize = sections.clone().map(Section::roles).sum();
            // A list that could not be read has no number: it is not empty.
            let is_unread = sections.any(|one| one.is_unread);
            if let Some(number) = dom::all_in(&link, ".n").first() {
                dom::write(number, &if is_unread { String::new() } else { rows.to_string() });
            }
        }
        if let Some(count) = dom::one("#shown") {
            let text = match (shown == total, self.sections.iter().any(|one| one.is_unread)) {
                (true, false) => words::roles(total),
                (true, true) if total == 0 => String::new(),
                (true, true) => format!("{} of the lists that are here", words::roles(total)),
                (false, _) => format!("{shown} of {}", words::roles(total)),
            };
            dom::write(&count, &text);
        }
        if let Some(place) = dom::one("[data-filter-count]") {
            let filters = view.filters();
            dom::write(&place, &if filters > 0 { filters.to_string() } else { String::new() });
        }
    }
}

impl Section {
    fn roles(&self) -> usize {
        self.lines.iter().filter(|line| line.kind == Kind::Role).count()
    }
}

impl Line {
    fn read(element: Element) -> Self {
        let kind = if element.has_attribute("data-row") {
            Kind::Role
        } else if element.has_attribute("data-details") {
            Kind::Details
        } else if element.has_attribute("data-ended") {
            Kind::Ended
        } else {
            Kind::Heading
        };
        let (text, marks) = match kind {
            Kind::Role | Kind::Ended => (attribute(&element, "data-text"), attribute(&element, "data-is")),
            Kind::Details | Kind::Heading => Default::default(),
        };
        let is_shown = !element.has_attribute("hidden");
        Self { kind, text, marks, is_shown, is_wanted: is_shown, element }
    }
}

fn attribute(element: &Element, name: &str) -> String {
    element.get_attribute(name).unwrap_or_default()
}
