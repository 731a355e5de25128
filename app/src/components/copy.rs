//! A text to hand on: [`CopyField`] shows it with a button that copies it, [`CopyButton`] is the button alone.
//!
//! Both are `AnyView`s: they stand deep in pages, whose types grow with everything in them.
//!
//! The button works by the island `Copy`, which [`Frame`](super::frame::Frame) brings; until it is awake, the button is not there.

use leptos::prelude::*;

/// A button that copies `text`. `what` says to screen readers what is copied.
#[component]
pub(crate) fn CopyButton(#[prop(into)] text: String, #[prop(into)] what: String) -> AnyView {
    view! {
        <span class="copy">
            <button type="button" class="button" data-copy=text>"Copy"<span class="for-readers">{format!(" {what}")}</span></button>
            <span class="quiet" role="status" data-copied=""></span>
        </span>
    }
    .into_any()
}

/// A field that shows `text`, to be marked by hand, with a button that copies it. `id` is the field's.
#[component]
pub(crate) fn CopyField(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    #[prop(into)] text: String,
) -> AnyView {
    view! {
        <div class="field">
            <label for=id.clone()>{label.clone()}</label>
            <div class="copy-field">
                <input type="text" id=id readonly spellcheck="false" value=text.clone()/>
                <CopyButton text=text what=label/>
            </div>
        </div>
    }
    .into_any()
}
