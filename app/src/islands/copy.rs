//! Puts a text into the clipboard. Without it the text stands in a field, to be marked and copied by hand.

use leptos::prelude::*;

/// Enhances `[data-copy]` buttons: the attribute is the text, and what became of it is said in the `[data-copied]` beside the button.
#[island]
pub(crate) fn Copy() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen_futures::JsFuture;

    use crate::islands::dom;

    pub(super) fn start() {
        window_event_listener(leptos::ev::click, |event| {
            let Some(button) = dom::around(&event, "[data-copy]") else { return };
            let text = button.get_attribute("data-copy").unwrap_or_default();
            // What an earlier button said does not hold any more, and the same word twice would not be read aloud.
            for said in dom::all("[data-copied]") {
                dom::write(&said, "");
            }
            leptos::task::spawn_local(async move {
                let done = copy(&text).await;
                if let Some(said) = button.next_element_sibling() {
                    dom::write(
                        &said,
                        if done { "Copied" } else { "Not copied: mark it and copy it by hand" },
                    );
                }
            });
        });
    }

    async fn copy(text: &str) -> bool {
        let window = window();
        // Elsewhere browsers have no clipboard to write to.
        window.is_secure_context()
            && JsFuture::from(window.navigator().clipboard().write_text(text)).await.is_ok()
    }
}
