//! `/sign-in/failed?problem=…`: why sign-in did not work, and the next step.
//!
//! The problem is one of a closed list, the correlation id has to be a GUID and the directory one of the portal's: an address can put no
//! other words on the page.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use pim::ids::TenantId;

use crate::components::consent::ConsentLink;
use crate::components::organisation::Banner;
use crate::context::{Directory, context};
use crate::shell::{Title, answer_with};

struct Problem {
    heading: &'static str,
    what: &'static str,
    todo: &'static str,
    way: Way,
}

/// What the page offers besides signing in again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Nothing,
    /// The link that an administrator needs.
    Consent,
    /// The requests: nobody knows any more whether it was a stronger sign-in for one of them.
    Requests,
}

fn problem(slug: &str) -> Problem {
    let (heading, what, todo, way) = match slug {
        "declined" => (
            "You declined the permissions",
            "Without them the portal can neither show nor activate roles. Nothing was stored.",
            "Sign in again and accept, or ask an administrator to grant them for everybody.",
            Way::Consent,
        ),
        "consent" => (
            "An administrator has to consent first",
            "Your organisation has not granted the portal its permissions yet.",
            "Send the link below to a Privileged Role Administrator or Global Administrator, then sign in again.",
            Way::Consent,
        ),
        "tenant" => (
            "That account belongs to another organisation",
            "The portal serves this organisation and the directories on its list. What you chose is none of them.",
            "Sign in again and choose your account of this organisation.",
            Way::Nothing,
        ),
        "expired" => (
            "Sign-in took too long",
            "A sign-in has to be finished within ten minutes.",
            "Sign in again.",
            Way::Nothing,
        ),
        "replayed" | "unknown" => (
            "This sign-in was used already",
            "The address you came back with works once. It was opened a second time, or the portal does not know it.",
            "Sign in again. If you did not start it yourself, close this page.",
            Way::Requests,
        ),
        "browser" => (
            "This sign-in was started in another browser",
            "A sign-in has to end where it began; otherwise somebody could sign you in to their account.",
            "Sign in again in this browser, with cookies allowed.",
            Way::Requests,
        ),
        "clock" => (
            "The clocks do not agree",
            "The portal's clock and Microsoft's differ by more than five minutes, so the sign-in cannot be trusted.",
            "Whoever runs the portal has to set the clock of its machine. Then sign in again.",
            Way::Nothing,
        ),
        "policy" => (
            "Your organisation's policy blocked the sign-in",
            "A Conditional Access rule did not allow it: for this device, place or account.",
            "Ask your administrator, with the correlation id below.",
            Way::Nothing,
        ),
        "account" => (
            "This account may not use the portal",
            "It is not assigned to the portal, or not a member of this organisation.",
            "Ask your administrator to assign you, or choose another account.",
            Way::Nothing,
        ),
        "configuration" => (
            "The portal is not set up as Microsoft expects",
            "Its app registration does not fit: the client id, the redirect address or the kind of client.",
            "Tell whoever runs the portal, with the correlation id below.",
            Way::Nothing,
        ),
        "unavailable" => (
            "Microsoft's sign-in did not answer",
            "The sign-in service could not be reached, or did not answer in time.",
            "Try again in a minute.",
            Way::Nothing,
        ),
        "store" => (
            "The portal could not store your session",
            "Its own store failed, so you were not signed in.",
            "Try again; if it stays so, tell whoever runs the portal.",
            Way::Nothing,
        ),
        _ => (
            "Sign-in did not work",
            "What came back from Microsoft did not pass the portal's checks, so you were not signed in.",
            "Try again. If it stays so, tell whoever runs the portal, with the correlation id below.",
            Way::Nothing,
        ),
    };
    Problem { heading, what, todo, way }
}

fn directory(id: TenantId) -> Option<Directory> {
    context().site.directories.iter().find(|one| one.id == id).cloned()
}

/// The page.
#[component]
pub(crate) fn SignInFailed() -> impl IntoView {
    answer_with(http::StatusCode::BAD_REQUEST);
    let query = use_query_map().get_untracked();
    let Problem { heading, what, todo, way } = problem(&query.get("problem").unwrap_or_default());
    // Somebody who is signed in wanted to enter another directory: they stay where they are.
    let elsewhere = query.get("tenant").and_then(|text| text.parse().ok()).and_then(directory);
    let back = elsewhere.clone().map(|directory| {
        view! { <p>"It was the sign-in to "<strong>{directory.name}</strong>". "<a href="/tenants">"Back to your directories"</a></p> }
    });
    let correlation = query.get("correlation").and_then(|text| text.parse::<pim::ids::OperationId>().ok());
    let main = view! {
        <main class="lone" id="content">
            <h1>{heading}</h1>
            <p>{what}</p>
            <p>{todo}</p>
            {back}
            {(way == Way::Consent).then(|| view! { <ConsentLink directory=elsewhere/> })}
            {(way == Way::Requests).then(|| view! { <p>"If it was a stronger sign-in for a request, it was not completed: "<a href="/history">"open the request"</a>" and sign in for it again."</p> })}
            <p class="after"><a class="button primary" href="/auth/sign-in">"Sign in again"</a><a class="button" href="/sign-in">"What the portal asks for"</a></p>
            {correlation.map(|id| view! { <details class="ids"><summary>"For support"</summary>"Correlation id "<code>{id.to_string()}</code></details> })}
        </main>
    }
    .into_any();
    view! {
        <Title text=heading/>
        <Banner/>
        {main}
        <crate::islands::Copy/>
    }
}
