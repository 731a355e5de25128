//! What a browser was shown, and reading it the way a person (or their screen reader) does.

use reqwest::header::{HeaderMap, SET_COOKIE};

#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The address it was asked for at.
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
}

/// The text of some markup: tags and comments left out, white space run together.
pub(crate) fn text(markup: &str) -> String {
    let mut out = String::new();
    let mut rest = markup;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        // A comment stands within a sentence; a tag may be where a word ends.
        let (end, gap) = if tag.starts_with("!--") {
            ("-->", "")
        } else if tag.starts_with('!') {
            (">", "")
        } else {
            (">", " ")
        };
        out.push_str(gap);
        rest = tag.split_once(end).map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    unescape(&out).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The value of an attribute in the inside of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescape(value))
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn location(&self) -> &str {
        self.location
            .as_deref()
            .unwrap_or_else(|| panic!("{} leads nowhere: {} {}", self.path, self.status, self.text()))
    }

    /// The one value of a header; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().expect("a header in ASCII"));
        assert!(values.next().is_none(), "{name} stands once on {}", self.path);
        value
    }

    /// The `Set-Cookie` header of one cookie.
    pub(crate) fn set_cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        cookies.map(str::to_owned).find(|cookie| cookie.starts_with(&format!("{name}=")))
    }

    /// All text.
    pub(crate) fn text(&self) -> String {
        text(&self.body)
    }

    /// The heading.
    pub(crate) fn heading(&self) -> String {
        let heading = self.element("<h1", "</h1>");
        text(heading.unwrap_or_else(|| panic!("{} has a heading: {}", self.path, self.body)))
    }

    /// The markup from `start` to the next `end`.
    pub(crate) fn element(&self, start: &str, end: &str) -> Option<&str> {
        let from = &self.body[self.body.find(start)?..];
        Some(&from[..from.find(end)? + end.len()])
    }

    /// The text of the part of a table with this id.
    pub(crate) fn part(&self, id: &str) -> String {
        let parts = self.body.split("<tbody").skip(1).filter_map(|rest| rest.split_once("</tbody>"));
        let mut named = parts
            .filter_map(|(part, _)| part.split_once('>'))
            .filter(|(tag, _)| attribute(tag, "id").as_deref() == Some(id));
        text(named.next().unwrap_or_else(|| panic!("{} has {id}: {}", self.path, self.body)).1)
    }

    /// The rows of roles that may be activated.
    pub(crate) fn eligible(&self) -> Vec<Row> {
        self.body
            .split("<tr role=\"row\" data-row")
            .skip(1)
            .filter_map(|row| row.split_once("</tr>"))
            .map(|(row, _)| Row::read(row))
            .collect()
    }

    /// The row of one role, by its name as it is read out: "Global Reader, Directory".
    pub(crate) fn row(&self, name: &str) -> Row {
        let (title, place) = name.split_once(", ").expect("a role and a place");
        let mut rows = self.eligible();
        let at = rows.iter().position(|row| row.title == title && row.place == place);
        let known: Vec<_> = rows.iter().map(|row| format!("{}, {}", row.title, row.place)).collect();
        rows.swap_remove(at.unwrap_or_else(|| panic!("{name} is none of {known:#?}")))
    }

    /// How many entries the list of the history shows: the figures above it fold their table too.
    pub(crate) fn history_entries(&self) -> usize {
        let list = self.body.split_once("panel history").map(|(_, list)| list);
        list.unwrap_or_default().matches("<summary>").count()
    }

    /// Whether a part was not ready when the page was written.
    pub(crate) fn is_still_loading(&self) -> bool {
        self.text().contains("still loading")
    }

    /// The form value of the tick box with this name.
    pub(crate) fn tick(&self, name: &str) -> String {
        let boxes = self.tags("input").filter(|tag| tag.contains("type=\"checkbox\""));
        let mut named = boxes.filter(|tag| {
            attribute(tag, "aria-label")
                .is_some_and(|label| label == name || label == format!("Choose {name} to deactivate"))
        });
        let tag =
            named.next().unwrap_or_else(|| panic!("{} has a box for {name}: {}", self.path, self.text()));
        attribute(tag, "value").expect("a value")
    }

    /// The value of the first form field with this name.
    pub(crate) fn field(&self, name: &str) -> String {
        let mut named = self.tags("input").filter(|tag| attribute(tag, "name").as_deref() == Some(name));
        let tag = named.next().unwrap_or_else(|| panic!("{} has a field {name}: {}", self.path, self.text()));
        attribute(tag, "value").expect("a value")
    }

    /// The values of all form fields with this name.
    pub(crate) fn fields(&self, name: &str) -> Vec<String> {
        let named = self.tags("input").filter(|tag| attribute(tag, "name").as_deref() == Some(name));
        named.filter_map(|tag| attribute(tag, "value")).collect()
    }

    /// The value of the first button with this name.
    pub(crate) fn button(&self, name: &str) -> String {
        self.button_with(name, "")
    }

    /// The value of the first button with this name whose value begins like this.
    pub(crate) fn button_with(&self, name: &str, beginning: &str) -> String {
        let named = self.tags("button").filter(|tag| attribute(tag, "name").as_deref() == Some(name));
        let mut values =
            named.filter_map(|tag| attribute(tag, "value")).filter(|value| value.starts_with(beginning));
        values.next().unwrap_or_else(|| panic!("{} has a button {name}: {}", self.path, self.text()))
    }

    /// Where the link with this text leads; `None` when there is none.
    pub(crate) fn link(&self, wanted: &str) -> Option<String> {
        let links = self.body.split("<a ").skip(1).filter_map(|rest| rest.split_once("</a>"));
        let mut links = links.filter_map(|(link, _)| link.split_once('>'));
        let (tag, _) = links.find(|(_, markup)| text(markup) == wanted)?;
        attribute(&format!(" {tag}"), "href")
    }

    /// What stands in the field for the reason.
    pub(crate) fn reason(&self) -> String {
        let field = self
            .element("<textarea", "</textarea>")
            .unwrap_or_else(|| panic!("{} asks for a reason", self.path));
        text(field)
    }

    /// The lines of a result: state and text, in order.
    pub(crate) fn lines(&self) -> Vec<(String, String)> {
        let lines = self.body.split("<li").skip(1).filter_map(|rest| rest.split_once("</li>"));
        let lines = lines.filter_map(|(line, _)| line.split_once('>'));
        lines.filter_map(|(tag, markup)| Some((attribute(tag, "data-state")?, text(markup)))).collect()
    }

    /// The one line of a result.
    pub(crate) fn only_line(&self) -> (String, String) {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{}: {}", self.path, self.text());
        lines.remove(0)
    }

    fn tags<'p>(&'p self, name: &'static str) -> impl Iterator<Item = &'p str> + 'p {
        self.body.split('<').filter_map(move |piece| {
            let (tag, _) = piece.split_once('>')?;
            (tag.split_whitespace().next() == Some(name)).then_some(tag)
        })
    }
}

/// One role that may be activated.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) place: String,
    /// Everything in it.
    pub(crate) text: String,
    /// "Up to", "Reason", "Ticket", "MFA", "Sign-in", "Approval".
    pub(crate) asks: [String; 6],
    /// Narrowed away.
    pub(crate) is_hidden: bool,
}

impl Row {
    fn read(row: &str) -> Self {
        let (tag, markup) = row.split_once('>').expect("a tag");
        let title = markup.split("class=\"title\"").nth(1).and_then(|rest| rest.split_once('>'));
        let title = title.and_then(|(_, rest)| rest.split_once('<')).map(|(title, _)| unescape(title));
        let place = markup.split("<span class=\"place\">").nth(1).and_then(|rest| rest.split_once("<span"));
        let place = place.map(|(place, _)| text(place).trim_end_matches('·').trim().to_owned());
        let cell = |label: &str| {
            let cell =
                markup.split(&format!("data-label=\"{label}\"")).nth(1).and_then(|rest| rest.split_once('>'));
            let cell = text(cell.and_then(|(_, rest)| rest.split_once("</td>")).map_or("", |(cell, _)| cell));
            cell.replace("– not required", "–")
        };
        Self {
            title: title.unwrap_or_default(),
            place: place.unwrap_or_default(),
            text: text(markup),
            asks: ["Up to", "Reason", "Ticket", "MFA", "Sign-in", "Approval"].map(cell),
            is_hidden: tag.contains(" hidden"),
        }
    }
}
