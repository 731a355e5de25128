//! Opens a row of the overview where it stands. Without it its button loads the page again.

use leptos::prelude::*;

/// Enhances the buttons `[name=toggle]` of `[data-row]` rows.
#[island]
pub(crate) fn Rows() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Element, Response};

    use crate::islands::{dom, filter::browser as filter};

    pub(super) fn start() {
        window_event_listener(leptos::ev::click, |event| {
            if let Some(button) = dom::around(&event, "[data-row] [name=toggle]") {
                event.prevent_default();
                toggle(button);
            }
        });
    }

    fn toggle(button: Element) {
        let Some(row) = button.closest("[data-row]").ok().flatten() else { return };
        let key = button.get_attribute("value").unwrap_or_default();
        filter::remember_toggle(&key);
        if is_open(&button) {
            say(&button, false);
            if let Some(below) = below(&row) {
                below.remove();
            }
            return;
        }
        say(&button, true);
        let page = dom::with_query("/details");
        let page = format!("{page}&role={}", js_sys::encode_uri_component(&key));
        leptos::task::spawn_local(async move {
            let markup = fetch(&page).await;
            // Meanwhile it may have been closed, or drawn anew together with what was fetched.
            if !is_open(&button) || below(&row).is_some() {
                return;
            }
            match markup {
                Some(markup) => {
                    drop(row.insert_adjacent_html("afterend", &markup));
                    dom::page_changed();
                }
                // The page says why: the role is gone, or the person is signed out.
                None => drop(window().location().reload()),
            }
        });
    }

    fn is_open(button: &Element) -> bool {
        button.get_attribute("aria-expanded").as_deref() == Some("true")
    }

    fn say(button: &Element, open: bool) {
        drop(button.set_attribute("aria-expanded", if open { "true" } else { "false" }));
    }

    fn below(row: &Element) -> Option<Element> {
        row.next_element_sibling().filter(|below| below.has_attribute("data-details"))
    }

    async fn fetch(page: &str) -> Option<String> {
        let answer = JsFuture::from(window().fetch_with_str(page)).await.ok()?;
        let answer: Response = answer.dyn_into().ok()?;
        if !answer.ok() || answer.redirected() {
            return None;
        }
        JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
    }
}
