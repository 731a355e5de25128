//! `/requests`: the person's own requests, what each waits for, and what can be done about it.

use leptos::prelude::*;

use crate::components::frame::Frame;
use crate::context::signed_in;
use crate::fragments::mine;
use crate::islands::Live;

/// The page.
#[component]
pub(crate) fn Mine() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    Suspend::new(async move {
        let mine = mine(&context, &session).await;
        view! {
            <Frame title="Requests">
                <div class="page-head">
                    <div><p class="crumbs"><a href="/">"Overview"</a>" / Requests"</p><h1>"Your requests"</h1></div>
                    <form method="post" action="/do/refresh"><input type="hidden" name="page" value="/requests"/><button class="button">"Refresh"</button></form>
                </div>
                {mine()}
                <Live source="/events/changes".into() parts="/events/mine".into()/>
            </Frame>
        }
        .into_any()
    })
    .into_any()
}
