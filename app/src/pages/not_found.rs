//! Anything without a page, and pages that are somebody else's or no longer there.

use leptos::prelude::*;

use crate::components::frame::Frame;
use crate::components::organisation::Banner;
use crate::context::signed_in;
use crate::shell::{Title, answer_with};

/// The page.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    answer_with(http::StatusCode::NOT_FOUND);
    let text = view! {
        <h1>"There is nothing here"</h1>
        <p>"The address is wrong, or what stood here was used up, has expired, or belongs to somebody else."</p>
        <p><a class="button" href="/">"Go to the overview"</a></p>
    };
    if signed_in().is_some() {
        view! { <Frame title="Nothing here">{text}</Frame> }.into_any()
    } else {
        view! { <Title text="Nothing here"/><Banner/><main class="lone" id="content">{text}</main> }
            .into_any()
    }
}
