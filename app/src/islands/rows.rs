//! Opens a row of the overview and marks a favourite where they stand. Without it both are forms that load the page again.

use leptos::prelude::*;

/// Enhances the buttons `[name=toggle]`, `[name=star]` and `[name=unstar]` of `[data-row]` rows.
#[island]
pub(crate) fn Rows() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use leptos::wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Element, HtmlFormElement, RequestInit, Response, UrlSearchParams};

    use crate::islands::{dom, filter::browser as filter};

    pub(super) fn start() {
        window_event_listener(leptos::ev::click, |event| {
            if let Some(button) = dom::around(&event, "[data-row] [name=toggle]") {
                event.prevent_default();
                toggle(button);
            } else if let Some(button) = dom::around(&event, "[data-row] :is([name=star], [name=unstar])") {
                event.prevent_default();
                leptos::task::spawn_local(async move {
                    // What did not work is tried the plain way, whose page says why.
                    if star(&button).await.is_none()
                        && let Some(form) = dom::one("#starring")
                        && let Ok(form) = form.dyn_into::<HtmlFormElement>()
                    {
                        drop(form.request_submit_with_submitter(Some(button.unchecked_ref())));
                    }
                });
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

    /// Sends what the button's form would send, and draws the button as it is then.
    async fn star(button: &Element) -> Option<()> {
        let is_star = button.get_attribute("name")? == "star";
        let content = UrlSearchParams::new().ok()?;
        content.append(if is_star { "star" } else { "unstar" }, &button.get_attribute("value")?);
        let post = RequestInit::new();
        post.set_method("POST");
        post.set_body(&JsValue::from(content));
        let answer = JsFuture::from(window().fetch_with_str_and_init("/do/star", &post)).await.ok()?;
        let answer: Response = answer.dyn_into().ok()?;
        // Where a form would be led: to the overview as it was, or to a notice that says why not. Who is signed out is led elsewhere.
        let leads_to = answer.headers().get("Location").ok()??;
        if !answer.ok() || answer.redirected() || leads_to.contains("notice=") {
            return None;
        }
        button.set_attribute("name", if is_star { "unstar" } else { "star" }).ok()?;
        button.set_attribute("aria-pressed", if is_star { "true" } else { "false" }).ok()?;
        let row = button.closest("[data-row]").ok()??;
        let marks = row.get_attribute("data-is")?;
        let others = marks.split(' ').filter(|mark| *mark != "favourites");
        let marks: Vec<&str> = others.chain(is_star.then_some("favourites")).collect();
        row.set_attribute("data-is", &marks.join(" ")).ok()?;
        dom::page_changed();
        if row.has_attribute("hidden") {
            focus_near(&row);
        }
        Some(())
    }

    /// The row under the focus is filtered away: it goes on to the next that is shown, or to the search.
    fn focus_near(row: &Element) {
        let mut next = row.next_element_sibling();
        while let Some(row) = next {
            if row.has_attribute("data-row") && !row.has_attribute("hidden") {
                return dom::focus(&row);
            }
            next = row.next_element_sibling();
        }
        if let Some(search) = dom::one("#search") {
            dom::focus(&search);
        }
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
