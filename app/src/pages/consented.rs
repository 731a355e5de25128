//! `/sign-in/consented?outcome=…`: for whoever comes back from the consent page and did not begin it here, such as an administrator who
//! was sent the link and has never seen the portal.
//!
//! The address proves nothing, and the page says no more than that. The outcome is one of two: an address can put no other words on it.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::organisation::{Banner, BrandMark, OrganisationLinks};
use crate::shell::Title;

/// The page.
#[component]
pub(crate) fn Consented() -> impl IntoView {
    let outcome = use_query_map().get_untracked().get("outcome").unwrap_or_default();
    let (heading, what, todo) = if outcome == "granted" {
        (
            "Microsoft has taken your answer",
            "If you granted the permissions, people of your organisation can now sign in to this portal, where they activate their own privileged roles. It acts as the person who is signed in, and only while they are.",
            "There is nothing else to do for you, and you can close this page. To see what was granted, sign in; it takes a minute or so until every part of Microsoft's service knows it.",
        )
    } else {
        (
            "The permissions were not granted",
            "Microsoft says that the request was declined or could not be completed. Nothing has changed.",
            "If that was not meant, open the link again with an account that may grant permissions: a Privileged Role Administrator or a Global Administrator. Otherwise you can close this page.",
        )
    };
    let main = view! {
        <main class="lone" id="content">
            <p class="brand"><BrandMark/></p>
            <h1>{heading}</h1>
            <p>{what}</p>
            <p>{todo}</p>
            <p class="after"><a class="button" href="/auth/sign-in?return_to=%2Fpermissions">"Sign in and see what was granted"</a><a class="button" href="/sign-in">"What the portal asks for"</a></p>
            <OrganisationLinks/>
        </main>
    }
    .into_any();
    view! {
        <Title text=heading/>
        <Banner/>
        {main}
    }
}
