//! Narrows the eligible roles as you type and tick, draws them anew when they are sorted, grouped or laid out otherwise, and keeps the
//! address in step, so that a reload or a copied link shows the same. Without it the form and the links do the same by a page load.

use leptos::prelude::*;

/// Enhances `#search-form`, whose fields are what is wanted, and the `[data-plane-filter]` links; rows are `[data-row]` with `data-text` and
/// `data-is`, in a `[data-section]` named after their plane.
#[island]
pub(crate) fn Filter() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
pub(super) mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

    use crate::islands::dom;
    use crate::islands::late::browser::listen_for;
    use crate::view::View;
    use crate::words;

    /// Fields that change how rows are drawn, which only the server does.
    const LAYOUT: &str = "[name=sort], [name=group], [name=col], [name=move]";

    pub(super) fn start() {
        dom::on_change(apply);
        window_event_listener(leptos::ev::input, |event| {
            if dom::around(&event, "#search").is_some() {
                narrow();
            }
        });
        window_event_listener(leptos::ev::change, |event| {
            if dom::around(&event, "#search-form").is_none() {
            } else if dom::around(&event, LAYOUT).is_some() {
                draw_anew();
            } else if dom::around(&event, "input[type=checkbox]").is_some() {
                narrow();
            }
        });
        window_event_listener(leptos::ev::submit, |event| {
            if dom::around(&event, "#search-form").is_some() {
                event.prevent_default();
            }
        });
        window_event_listener(leptos::ev::click, |event| {
            if event.ctrl_key() || event.meta_key() || event.shift_key() {
                return;
            }
            if let Some(chosen) = dom::around(&event, "[data-plane-filter]") {
                event.prevent_default();
                choose_plane(&chosen);
                narrow();
            } else if dom::around(&event, "[data-no-filters]").is_some() {
                event.prevent_default();
                clear();
                narrow();
            } else if let Some(button) = dom::around(&event, "[name=move]") {
                event.prevent_default();
                move_column(&button);
                draw_anew();
                dom::focus(&button);
            }
            for menu in dom::all(".menu[open]") {
                if dom::around(&event, ".menu").as_ref() != Some(&menu) {
                    drop(menu.remove_attribute("open"));
                }
            }
        });
        window_event_listener(leptos::ev::keydown, |event| shortcut(&event));
    }

    /// Other rows are to be seen now: for the address, for the rows, and for whoever counts them.
    fn narrow() {
        remember(&wanted());
        dom::page_changed();
    }

    /// The same rows are to be seen otherwise.
    fn draw_anew() {
        remember(&wanted());
        let mut parts: Vec<String> = dom::all("[data-section]").iter().map(Element::id).collect();
        parts.extend(dom::one(".eligible > thead").map(|head| head.id()));
        listen_for("/events/overview", &parts);
    }

    fn choose_plane(chosen: &Element) {
        for link in dom::all("[data-plane-filter]") {
            drop(if link == *chosen {
                link.set_attribute("aria-current", "true")
            } else {
                link.remove_attribute("aria-current")
            });
        }
        let Some(fields) = dom::one("[data-planes]") else { return };
        fields.set_inner_html("");
        let plane = chosen.get_attribute("data-plane-filter").unwrap_or_default();
        if !plane.is_empty()
            && let Ok(field) = document().create_element("input")
            && field.set_attribute("type", "hidden").is_ok()
            && field.set_attribute("name", "plane").is_ok()
            && field.set_attribute("value", &plane).is_ok()
        {
            drop(fields.append_child(&field));
        }
    }

    /// No search, no filter, all planes.
    fn clear() {
        for ticked in dom::all("#search-form :is([name=asks], [name=scope], [name=env], [name=only]):checked")
        {
            ticked.unchecked_into::<HtmlInputElement>().set_checked(false);
        }
        if let Some(search) = dom::input("#search") {
            search.set_value("");
        }
        if let Some(all) = dom::one("[data-plane-filter='']") {
            choose_plane(&all);
        }
    }

    /// The order of the lines is the order of the columns.
    fn move_column(button: &Element) {
        let Some(line) = button.closest("li").ok().flatten() else { return };
        let value = button.get_attribute("value").unwrap_or_default();
        if value.ends_with(":up") {
            if let Some(before) = line.previous_element_sibling() {
                drop(before.before_with_node_1(&line));
            }
        } else if let Some(after) = line.next_element_sibling() {
            drop(after.after_with_node_1(&line));
        }
    }

    /// `/` goes to the search, Escape empties it or closes a menu.
    fn shortcut(event: &KeyboardEvent) {
        let Some(search) = dom::input("#search") else { return };
        let typing = dom::around(event, "input, textarea, select").is_some();
        if event.key() == "/" && !typing && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
            event.prevent_default();
            drop(search.unchecked_into::<HtmlElement>().focus());
        } else if event.key() == "Escape" {
            if let Some(menu) = dom::around(event, ".menu[open]") {
                event.prevent_default();
                drop(menu.remove_attribute("open"));
                if let Some(summary) = dom::all_in(&menu, "summary").first() {
                    dom::focus(summary);
                }
            } else if dom::around(event, "#search").is_some() && !search.value().is_empty() {
                event.prevent_default();
                search.set_value("");
                narrow();
            }
        }
    }

    /// What the fields say. What only the address says, which rows are open, stays.
    fn wanted() -> View {
        let Some(form) = dom::one("#search-form") else { return View::default() };
        let mut view = View::parse(&dom::query_of(&form), "");
        view.has_own = form.has_attribute("data-own");
        view.open = View::parse(&dom::with_query(""), "").open;
        view
    }

    fn apply() {
        let view = wanted();
        let sieve = view.sieve();
        let attribute = |row: &Element, name: &str| row.get_attribute(name).unwrap_or_default();
        let (mut shown, mut total) = (0, 0);
        for section in dom::all("[data-section]") {
            let plane = attribute(&section, "data-section");
            let (mut here, mut rows, mut ended, mut last) = (0, 0, 0, false);
            // A heading is shown with the first row below it that is.
            let mut heading: Option<(Element, bool)> = None;
            for row in dom::all_in(&section, "[data-row], [data-details], [data-ended], [data-heading]") {
                if row.has_attribute("data-heading") {
                    show_heading(heading.replace((row, false)));
                    continue;
                }
                // What is open goes with its row, which stands before it.
                if row.has_attribute("data-details") {
                    dom::show(&row, last);
                    continue;
                }
                let fits =
                    sieve.lets_through(&plane, &attribute(&row, "data-text"), &attribute(&row, "data-is"));
                last = fits;
                if fits == row.has_attribute("hidden") {
                    dom::show(&row, fits);
                }
                // What has ended is narrowed like the rest, and counted nowhere.
                if row.has_attribute("data-ended") {
                    ended += usize::from(fits);
                    continue;
                }
                rows += 1;
                here += usize::from(fits);
                if let Some((_, any)) = &mut heading {
                    *any |= fits;
                }
            }
            show_heading(heading);
            // A section without rows says why (loading, failed, empty); it goes only with its plane.
            dom::show(&section, view.has_plane(&plane) && (here + ended > 0 || rows == 0));
            shown += here;
            total += rows;
        }
        count(shown, total);
        if let Some(place) = dom::one("[data-filter-count]") {
            let filters = view.filters();
            dom::write(&place, &if filters > 0 { filters.to_string() } else { String::new() });
        }
    }

    /// A row was opened or closed.
    pub(crate) fn remember_toggle(row: &str) {
        let mut view = wanted();
        view.toggle(row.to_owned());
        remember(&view);
    }

    fn show_heading(heading: Option<(Element, bool)>) {
        if let Some((heading, any)) = heading {
            dom::show(&heading, any);
        }
    }

    /// Says how many there are, beside the planes and above the list.
    fn count(shown: usize, total: usize) {
        for link in dom::all("[data-plane-filter]") {
            let plane = link.get_attribute("data-plane-filter").unwrap_or_default();
            let section = if plane.is_empty() {
                "[data-section]".to_owned()
            } else {
                format!("[data-section={plane:?}]")
            };
            // A list that could not be read has no number: it is not empty.
            let unread = dom::one(&format!("{section}[data-unread]")).is_some();
            let rows = dom::all(&format!("{section} [data-row]")).len();
            if let Some(number) = dom::all_in(&link, ".n").first() {
                dom::write(number, &if unread { String::new() } else { rows.to_string() });
            }
        }
        if let Some(count) = dom::one("#shown") {
            let text = match (shown == total, dom::one("[data-unread]").is_some()) {
                (true, false) => words::roles(total),
                (true, true) if total == 0 => String::new(),
                (true, true) => format!("{} of the lists that are here", words::roles(total)),
                (false, _) => format!("{shown} of {}", words::roles(total)),
            };
            dom::write(&count, &text);
        }
    }

    /// Keeps in step what says how the page is looked at: the address, and the forms that come back to it.
    fn remember(view: &View) {
        if let Ok(history) = window().history() {
            drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&view.address("/"))));
        }
        for field in dom::all("input[name=view]") {
            field.unchecked_into::<HtmlInputElement>().set_value(&view.query());
        }
    }
}
