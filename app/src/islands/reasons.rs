//! Fills the reason with one that was written before. Without it the button sends the form, which comes back filled.

use leptos::prelude::*;

/// Enhances `[data-reason]` buttons: the attribute is the text.
#[island]
pub(crate) fn Reasons() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    Effect::new(|_| browser::start());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;

    use crate::islands::dom;

    pub(super) fn start() {
        window_event_listener(leptos::ev::click, |event| {
            let button = dom::around(&event, "[data-reason]");
            let (Some(button), Some(field)) = (button, dom::one("#justification")) else { return };
            event.prevent_default();
            let text = button.get_attribute("data-reason").unwrap_or_default();
            drop(js_sys::Reflect::set(&field, &"value".into(), &text.into()));
            dom::focus(&field);
        });
    }
}
