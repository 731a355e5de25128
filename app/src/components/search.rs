//! A field to search with, marked by the glass.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// A search field named `q`. `label` is for readers, `hint` stands in it while it is empty.
#[component]
pub(crate) fn SearchField(
    label: &'static str,
    hint: &'static str,
    value: String,
    /// Named so that the islands find it, with the key that goes there.
    #[prop(default = false)]
    has_key: bool,
) -> impl IntoView {
    view! {
        <label class="search">
            <Icon glyph=Glyph::Search/>
            <span class="for-readers">{label}</span>
            <input type="search" id=has_key.then_some("search") name="q" placeholder=hint value=value autocomplete="off"/>
            {has_key.then(|| view! { <kbd aria-hidden="true">"/"</kbd> })}
        </label>
    }
}
