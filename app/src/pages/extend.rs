//! `/extend?role=…`: asks an administrator to keep an eligibility that ends.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use portal::overview::EligibleRole;
use portal::selection::RowKey;

use crate::components::frame::Frame;
use crate::components::justification::JustificationField;
use crate::components::time::On;
use crate::context::signed_in;
use crate::pages::not_found::NotFound;

/// How much longer, in days.
const LENGTHS: [(u16, &str); 4] = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "A year")];

/// The page.
#[component]
pub(crate) fn Extend() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let row = query.get("role").and_then(|text| RowKey::parse(&text));
    let problem =
        query.get("problem").map(|_| "Write a reason: the administrator who decides reads it.".to_owned());
    Suspend::new(async move {
        let Some(row) = row else { return view! { <NotFound/> }.into_any() };
        let eligible = context.portal.eligible(&session, &row.plane).await.ok();
        let role = eligible.and_then(|eligible| {
            eligible.roles.iter().find(|role| role.eligibility.id.as_str() == row.row).cloned()
        });
        match role.filter(|role| context.portal.can_prolong(role).is_some()) {
            Some(role) => page(row, role, problem),
            None => view! { <NotFound/> }.into_any(),
        }
    })
    .into_any()
}

fn page(row: RowKey, role: EligibleRole, problem: Option<String>) -> AnyView {
    let names = role.eligibility.names;
    let heading = format!("Extend {}", names.title);
    let lengths = LENGTHS
        .into_iter()
        .map(|(days, text)| {
            view! { <label class="segment"><input type="radio" name="days" value=days.to_string() checked=days == 180/><span>{text}</span></label> }
        })
        .collect_view();
    view! {
        <Frame title=heading.clone()>
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / Extend"</p><h1>{heading}</h1></div>
                <a class="button" href="/">"Back"</a>
            </div>
            <p>{names.place.clone()}{role.eligibility.until.map(|until| view! { ". The eligibility ends on "<On at=until/>"." })}" An administrator decides whether it is kept."</p>
            <form method="post" action="/do/prolong">
                <input type="hidden" name="row" value=row.to_string()/>
                <fieldset class="field"><legend>"From today for"</legend><div class="segments">{lengths}</div></fieldset>
                <JustificationField typed=String::new() required=true problem=problem/>
                <p class="after"><button class="button primary">"Ask for it"</button></p>
            </form>
        </Frame>
    }
    .into_any()
}
