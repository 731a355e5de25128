//! Puts in the parts of the page that were not ready when it was drawn. Without it a link loads the page again.

use leptos::prelude::*;

/// Listens to `source` for `part` events: an id, a line break, and the markup that replaces the element with that id.
#[island]
pub(crate) fn Late(source: String) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::start(&source));
    #[cfg(not(feature = "hydrate"))]
    let _ = source;
}

#[cfg(feature = "hydrate")]
pub(super) mod browser {
    use leptos::prelude::document;
    use leptos::wasm_bindgen::JsCast;
    use leptos::wasm_bindgen::closure::Closure;
    use web_sys::{EventSource, MessageEvent};

    use crate::islands::dom;

    pub(super) fn start(source: &str) {
        let late: Vec<String> = dom::all("[data-late]").iter().map(web_sys::Element::id).collect();
        if !late.is_empty() {
            listen_for(source, &late);
        }
    }

    /// The values of what is ticked inside `element`.
    fn ticked(element: &web_sys::Element) -> Vec<String> {
        let boxes = dom::all_in(element, "input[type=checkbox]");
        let boxes = boxes.into_iter().filter_map(|one| one.dyn_into::<web_sys::HtmlInputElement>().ok());
        boxes.filter(web_sys::HtmlInputElement::checked).map(|one| one.value()).collect()
    }

    /// A choice survives that its row was drawn anew.
    fn tick_again(id: &str, values: &[String]) {
        let Some(element) = document().get_element_by_id(id) else { return };
        for one in dom::all_in(&element, "input[type=checkbox]") {
            if let Ok(one) = one.dyn_into::<web_sys::HtmlInputElement>()
                && values.contains(&one.value())
            {
                one.set_checked(true);
            }
        }
    }

    /// Puts in these parts as `page` sends them, drawn as the address says.
    pub(crate) fn listen_for(page: &str, parts: &[String]) {
        let page = dom::with_query(page);
        let joint = if page.contains('?') { '&' } else { '?' };
        listen(&format!("{page}{joint}part={}", parts.join("&part=")));
    }

    /// A stream that breaks is opened again by the browser, one that is refused never: then the page says that it stays as it is.
    pub(crate) fn say_when_refused(events: &EventSource) {
        let stream = events.clone();
        let broken = Closure::<dyn Fn()>::new(move || {
            if stream.ready_state() == EventSource::CLOSED {
                for said in dom::all("[data-live-off], [data-live-off] [data-text]") {
                    dom::show(&said, true);
                }
            }
        });
        drop(events.add_event_listener_with_callback("error", broken.as_ref().unchecked_ref()));
        broken.forget();
    }

    /// Puts in every part that `source` sends, until it says `end`.
    pub(crate) fn listen(source: &str) {
        let Ok(events) = EventSource::new(source) else { return };
        let part = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
            // The first line is the id, the rest is the server's own markup.
            let data = event.data().as_string().unwrap_or_default();
            if let Some((id, html)) = data.split_once('\n')
                && let Some(old) = document().get_element_by_id(id)
            {
                // What had the focus goes with the old markup; the first that can have it in the new one takes over.
                let had_focus =
                    document().active_element().is_some_and(|focused| old.contains(Some(&focused)));
                let ticked = ticked(&old);
                old.set_outer_html(html);
                tick_again(id, &ticked);
                dom::page_changed();
                if had_focus && let Some(heir) = dom::one(&format!("#{id} :is(input, a, button, summary)")) {
                    dom::focus(&heir);
                }
            }
        });
        drop(events.add_event_listener_with_callback("part", part.as_ref().unchecked_ref()));
        part.forget();
        say_when_refused(&events);
        let closing = events.clone();
        let end = Closure::<dyn Fn()>::new(move || closing.close());
        drop(events.add_event_listener_with_callback("end", end.as_ref().unchecked_ref()));
        end.forget();
    }
}
