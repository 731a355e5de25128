//! `/requests/{batch}`: what became of a confirmation, one truthful line a role.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use pim::ids::BatchId;
use pim::journal::{Intent, Operation};
use pim::prolongation::ProlongationKind;

use crate::components::frame::Frame;
use crate::context::signed_in;
use crate::fragments::{Next, lines};
use crate::islands::Progress;
use crate::pages::not_found::NotFound;

/// The page.
#[component]
pub(crate) fn Requests() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let id = use_params_map().get_untracked().get("batch").and_then(|text| text.parse::<BatchId>().ok());
    let query = use_query_map().get_untracked();
    let problem = query.get("step_up").map(|slug| step_up_problem(&slug));
    let gone = query.get("gone").and_then(|count| count.parse::<u16>().ok()).map(|count| {
        format!("{count} of the requests you chose did not wait any more: somebody else decided, or they were withdrawn.")
    });
    Suspend::new(async move {
        let Some(id) = id else { return view! { <NotFound/> }.into_any() };
        let Ok(operations) = context.portal.track(&session, id).await else {
            return view! { <NotFound/> }.into_any();
        };
        let heading = heading(&operations);
        let done = operations.iter().all(|operation| operation.state.is_final());
        let next = Next::soon(&context, &session, &operations).await;
        let lines = lines(&context, &session, operations).await;
        let is_live = !done || !next.is_known();
        let live = is_live.then(|| view! { <Progress source=format!("/events/requests/{id}")/> });
        view! {
            <Frame title=heading.clone()>
                <div class="page-head">
                    <div><p class="crumbs"><a href="/">"Overview"</a>" / "<a href="/requests">"Requests"</a></p><h1>{heading}</h1></div>
                    <a class="button" href=format!("/requests/{id}")>"Refresh"</a>
                </div>
                {gone.map(|text| view! { <p class="notice warn-ground" role="status">{text}</p> })}
                {problem.map(|text| view! { <p class="notice warn-ground" role="status">{text}</p> })}
                <div aria-live="polite">{lines()}{next.view()}</div>
                {live}
            </Frame>
        }
        .into_any()
    })
    .into_any()
}

/// Why a stronger sign-in came to nothing. A closed list: an address can put no other words on the page.
fn step_up_problem(slug: &str) -> &'static str {
    match slug {
        "declined" => "The sign-in was cancelled. Nothing was sent; sign in for it when you are ready.",
        "other-person" => {
            "Somebody else signed in. Nothing has changed: sign in for it with the account you are using here."
        }
        "policy" => {
            "A policy of your organisation does not allow the stronger sign-in from here. Nothing was sent. An administrator finds it in the sign-in log."
        }
        "expired" => {
            "The stronger sign-in was not completed: it has to be finished within ten minutes. Nothing was sent; sign in for it again."
        }
        "replayed" => {
            "The stronger sign-in was not completed this time: the address you came back with works once. Nothing was sent; where it is still asked for below, sign in for it again."
        }
        "unknown" => {
            "The stronger sign-in was not completed: your session ended meanwhile. Nothing was sent; sign in for it again."
        }
        _ => "The stronger sign-in did not work. Nothing was sent; try it again.",
    }
}

fn heading(operations: &[Operation]) -> String {
    let count = crate::words::roles(operations.len());
    match operations.first().map(|operation| &operation.intent) {
        Some(Intent::Activate(_)) => format!("Activation of {count}"),
        Some(Intent::Cancel(_)) => "Withdrawal of a request".into(),
        Some(Intent::Decide(_)) if operations.len() == 1 => "Decision on a request".into(),
        Some(Intent::Decide(_)) => format!("Decision on {} requests", operations.len()),
        Some(Intent::Prolong(wish)) => match wish.kind {
            ProlongationKind::Extend => "Extension of an eligibility".into(),
            ProlongationKind::Renew => "Renewal of an eligibility".into(),
        },
        Some(Intent::Deactivate(_)) | None => format!("Deactivation of {count}"),
    }
}
