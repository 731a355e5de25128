//! `/extend?role=…`: asks an administrator to keep an eligibility that ends, or to renew one that has ended.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use pim::prolongation::ProlongationKind;
use portal::prolong::Prolongable;
use portal::selection::RowKey;

use crate::actions::EXTEND_FORM;
use crate::components::frame::Frame;
use crate::components::justification::JustificationField;
use crate::components::time::On;
use crate::context::signed_in;
use crate::pages::not_found::NotFound;

/// How much longer, in days.
const LENGTHS: [(u16, &str); 4] = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "A year")];

/// What is chosen before anybody chooses, in days.
const USUAL: u16 = 180;

/// The page.
#[component]
pub(crate) fn Extend() -> impl IntoView {
    let Some((context, session)) = signed_in() else { return ().into_any() };
    let query = use_query_map().get_untracked();
    let row = query.get("role").and_then(|text| RowKey::parse(&text));
    let is_wrong = query.get("problem").is_some();
    let days = query.get("days").and_then(|days| days.parse().ok()).unwrap_or(USUAL);
    Suspend::new(async move {
        let Some(row) = row else { return view! { <NotFound/> }.into_any() };
        let typed = if is_wrong { context.portal.typed(&session, EXTEND_FORM).await } else { String::new() };
        let missing = || "Write a reason: the administrator who decides reads it.".to_owned();
        let problem =
            is_wrong.then(|| context.portal.rules().justification.problem(&typed).unwrap_or_else(missing));
        match context.portal.prolongable(&session, &row).await {
            Some(wanted) => page(&row, wanted, days, typed, problem),
            None => view! { <NotFound/> }.into_any(),
        }
    })
    .into_any()
}

fn page(row: &RowKey, wanted: Prolongable, chosen: u16, typed: String, problem: Option<String>) -> AnyView {
    let Prolongable { kind, names, until, .. } = wanted;
    let row = row.to_string();
    let (verb, ends, decides) = match kind {
        ProlongationKind::Extend => ("Extend", "ends", "whether it is kept"),
        ProlongationKind::Renew => ("Renew", "ended", "whether you get it again"),
    };
    let heading = format!("{verb} {}", names.title);
    let lengths = LENGTHS
        .into_iter()
        .map(|(days, text)| {
            view! { <label class="segment"><input type="radio" name="days" value=days.to_string() checked=days == chosen/><span>{text}</span></label> }
        })
        .collect_view();
    view! {
        <Frame title=heading.clone()>
            <div class="page-head">
                <div><p class="crumbs"><a href="/">"Overview"</a>" / "{verb}</p><h1>{heading}</h1></div>
                <a class="button" href="/">"Back"</a>
            </div>
            <p>{names.place}". The eligibility "{ends}" on "<On at=until/>". An administrator decides "{decides}"."</p>
            <form method="post" action="/do/prolong">
                <input type="hidden" name="row" value=row/>
                <fieldset class="field"><legend>"From today for"</legend><div class="segments">{lengths}</div></fieldset>
                <JustificationField typed=typed required=true problem=problem/>
                <p class="after"><button class="button primary">"Ask for it"</button></p>
            </form>
        </Frame>
    }
    .into_any()
}
