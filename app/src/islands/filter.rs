//! Filters the eligible roles as you type and by plane, and keeps the address in step, so that a reload or a copied link shows
//! the same. Without it the search form and the plane links do the same by a page load.

use leptos::prelude::*;

/// Enhances `#search` and `[data-plane-filter]` links; rows are `[data-row]` with `data-text`,
/// in a `[data-section]` named after their plane.
#[island]
pub(crate) fn Filter() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use web_sys::{HtmlElement, KeyboardEvent};

    use crate::islands::dom;
    use crate::words;

    pub(super) fn start() {
        dom::on_change(apply);
        window_event_listener(leptos::ev::input, |event| {
            if dom::around(&event, "#search").is_some() {
                narrow();
            }
        });
        window_event_listener(leptos::ev::submit, |event| {
            if dom::around(&event, "#search-form").is_some() {
                event.prevent_default();
            }
        });
        window_event_listener(leptos::ev::click, |event| {
            let Some(chosen) = dom::around(&event, "[data-plane-filter]") else { return };
            if event.ctrl_key() || event.meta_key() || event.shift_key() {
                return;
            }
            event.prevent_default();
            for link in dom::all("[data-plane-filter]") {
                drop(if link == chosen {
                    link.set_attribute("aria-current", "true")
                } else {
                    link.remove_attribute("aria-current")
                });
            }
            narrow();
        });
        window_event_listener(leptos::ev::keydown, |event| shortcut(&event));
    }

    /// Other rows are to be seen now: for the rows, for whoever counts them, and for the address.
    fn narrow() {
        dom::page_changed();
        remember();
    }

    /// `/` goes to the search, Escape empties it.
    fn shortcut(event: &KeyboardEvent) {
        let Some(search) = dom::input("#search") else { return };
        let typing = dom::around(event, "input, textarea, select").is_some();
        if event.key() == "/" && !typing && !event.ctrl_key() && !event.meta_key() && !event.alt_key() {
            event.prevent_default();
            drop(search.unchecked_into::<HtmlElement>().focus());
        } else if event.key() == "Escape"
            && dom::around(event, "#search").is_some()
            && !search.value().is_empty()
        {
            event.prevent_default();
            search.set_value("");
            narrow();
        }
    }

    fn wanted() -> (String, String) {
        let text = dom::input("#search").map(|input| input.value().to_lowercase()).unwrap_or_default();
        let plane = dom::one("[data-plane-filter][aria-current]")
            .and_then(|link| link.get_attribute("data-plane-filter"));
        (text, plane.unwrap_or_default())
    }

    fn apply() {
        let (text, plane) = wanted();
        let mut shown = 0;
        for section in dom::all("[data-section]") {
            let in_plane =
                plane.is_empty() || section.get_attribute("data-section").as_deref() == Some(&plane);
            let rows = dom::all_in(&section, "[data-row]");
            let mut here = 0;
            for row in &rows {
                let fits =
                    in_plane && words::matches(&row.get_attribute("data-text").unwrap_or_default(), &text);
                dom::show(row, fits);
                here += usize::from(fits);
            }
            // What has ended is narrowed like the rest, and counted nowhere.
            let mut ended = 0;
            for row in &dom::all_in(&section, "[data-ended]") {
                let fits =
                    in_plane && words::matches(&row.get_attribute("data-text").unwrap_or_default(), &text);
                dom::show(row, fits);
                ended += usize::from(fits);
            }
            // A section without rows says why (loading, failed, empty); it goes only with its plane.
            dom::show(&section, in_plane && (here + ended > 0 || rows.is_empty()));
            shown += here;
        }
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
            let total = dom::all("[data-row]").len();
            let text = match (shown == total, dom::one("[data-unread]").is_some()) {
                (true, false) => words::roles(total),
                (true, true) if total == 0 => String::new(),
                (true, true) => format!("{} of the lists that are here", words::roles(total)),
                (false, _) => format!("{shown} of {}", words::roles(total)),
            };
            dom::write(&count, &text);
        }
    }

    fn remember() {
        let (text, plane) = wanted();
        let params: Vec<String> = [("q", text.trim()), ("plane", plane.as_str())]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", js_sys::encode_uri_component(value)))
            .collect();
        let address = if params.is_empty() { "/".to_owned() } else { format!("/?{}", params.join("&")) };
        if let Ok(history) = window().history() {
            drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&address)));
        }
    }
}
