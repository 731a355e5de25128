//! The person's own requests, in the order of who has to move next: the person, an approver, an administrator, the service.

use jiff::Timestamp;
use leptos::prelude::*;
use pim::duration::words as duration_words;
use pim::ids::BatchId;
use pim::plane::Descriptor;
use pim::policy::{ApprovalRequirement, Approver};
use portal::Session;
use portal::history::{Entry, Kind};
use portal::requests::{Open, Requests, Stage};
use portal::selection::RowKey;

use crate::components::copy::CopyField;
use crate::components::failure::ListFailure;
use crate::components::time::At;
use crate::context::Context;
use crate::pages::history::{entry_row, moments};

/// The element that all of it stands in.
pub(crate) const ELEMENT: &str = "mine";

/// Reads the requests and says how they are drawn.
pub(crate) async fn mine(context: &Context, session: &Session) -> impl FnOnce() -> AnyView + Send + use<> {
    let told = context.portal.requests(session).await;
    let context = context.clone();
    move || {
        match told {
        Ok(told) => whole(&context, told),
        Err(_) => view! {
            <div id=ELEMENT><p class="notice bad-ground" role="alert">"The portal's own store does not answer, so your requests cannot be told. Nothing was changed. Try again in a minute."</p></div>
        }
        .into_any(),
    }
    }
}

/// A heading, and whether a stage belongs under it.
type Section = (&'static str, fn(Stage) -> bool);

/// The sections: a heading, and what stands under it.
const SECTIONS: [Section; 5] = [
    ("Waiting for your stronger sign-in", |stage| matches!(stage, Stage::StrongerSignIn { .. })),
    ("Waiting for approval", |stage| matches!(stage, Stage::Approval)),
    ("Waiting for an administrator", |stage| matches!(stage, Stage::Administrator)),
    ("Being provisioned", |stage| matches!(stage, Stage::Provisioning | Stage::Unsure)),
    ("Scheduled", |stage| matches!(stage, Stage::Scheduled | Stage::Queued(_))),
];

fn whole(context: &Context, told: Requests) -> AnyView {
    let now = context.now();
    let is_whole = told.unread.is_empty();
    let nothing = told.open.is_empty().then(|| {
        let text = if is_whole {
            "Nothing of yours is waiting. What you ask for stands here until it is decided and done."
        } else {
            "Nothing of yours is waiting, as far as it could be read."
        };
        view! { <p class="panel nothing">{text}</p> }
    });
    let unread = told.unread.into_iter().filter_map(|(id, error)| {
        let plane = context.portal.planes().find(|plane| plane.id == id)?.clone();
        Some(view! { <ListFailure plane=plane what="your requests" error=error retry="/requests".into()/> })
    });
    let unread = unread.collect_view();
    let sections = SECTIONS.map(|(title, belongs)| {
        let rows: Vec<AnyView> = told
            .open
            .iter()
            .filter(|one| belongs(one.stage))
            .map(|one| row(context, one, now))
            .collect();
        (!rows.is_empty()).then(|| {
            let count = rows.len();
            view! { <section><h2>{title}" "<span class="quiet count">{count}</span></h2><ul class="panel requests">{rows}</ul></section> }
        })
    });
    let ended = (!told.ended.is_empty()).then(|| {
        let rows = told.ended.iter().map(|entry| entry_row(context, entry, now)).collect_view();
        view! { <section><h2>"Ended in the last 7 days"</h2><ol class="panel history">{rows}</ol></section> }
    });
    view! {
        <div id=ELEMENT>
            {unread}{nothing}{sections.collect_view()}{ended}
            <p class="after"><a href="/history">"All of it is in the history"</a></p>
        </div>
    }
    .into_any()
}

fn row(context: &Context, one: &Open, now: Timestamp) -> AnyView {
    let entry = &one.entry;
    let plane = context.portal.planes().find(|plane| plane.id == entry.plane);
    let (slug, word, class) = stage_in_words(one.stage);
    let name = format!("{}, {}", entry.title, entry.place);
    let wanted = entry.minutes.map(|minutes| format!("For {}", duration_words(minutes)));
    let start = one.start.map(|start| view! { <span>"Starts "<At at=start now=now/></span> });
    let reason = entry.justification.clone().map(|reason| view! { <q>{reason}</q> });
    let elsewhere = entry.batch.is_none().then_some("Not asked for through this portal");
    view! {
        <li class="request" data-stage=slug>
            <div class="role">
                <strong>{entry.title.clone()}</strong><span class="place">{entry.place.clone()}</span>
                <span class=format!("plane plane-{}", entry.plane)>{plane.map_or("", |plane| plane.singular)}</span>
                {kind_in_words(entry).map(|kind| view! { <span class="quiet">" · "{kind}</span> })}
            </div>
            <div class="gives">
                <span class=format!("mark {class}")>{word}</span>
                <span class="quiet">"Asked "<At at=entry.at now=now/></span>
                {wanted.map(|wanted| view! { <span>{wanted}</span> })}{start}
            </div>
            <div class="explanation">
                <p>{stuck(one, now)}</p>
                {reason}{elsewhere.map(|text| view! { <p class="quiet">{text}</p> })}
                {link_for_approvers(context, one, plane)}
                <details><summary>"What happened so far"</summary><ol class="timeline">{moments(entry, now)}</ol></details>
            </div>
            <div class="actions">{actions(one, &name)}</div>
        </li>
    }
    .into_any()
}

/// The stage for scripts and tests, in a word or two, and the class of its mark.
const fn stage_in_words(stage: Stage) -> (&'static str, &'static str, &'static str) {
    match stage {
        Stage::StrongerSignIn { made: false } => ("sign-in", "Needs a stronger sign-in", "violet-mark"),
        Stage::StrongerSignIn { made: true } => ("confirm", "Ready to be sent", "violet-mark"),
        Stage::Approval => ("approval", "Waiting for approval", "waiting"),
        Stage::Administrator => ("administrator", "Waiting for an administrator", "waiting"),
        Stage::Provisioning => ("provisioning", "Being provisioned", "working"),
        Stage::Unsure => ("unsure", "Unsure", "waiting"),
        Stage::Scheduled => ("scheduled", "Scheduled", "waiting"),
        Stage::Queued(_) => ("queued", "Queued", "waiting"),
    }
}

/// What it asks for, when it is not an activation.
const fn kind_in_words(entry: &Entry) -> Option<&'static str> {
    match entry.kind {
        Kind::Activation => None,
        Kind::Deactivation => Some("deactivation"),
        Kind::Withdrawal => Some("withdrawal"),
        Kind::Decision => Some("decision"),
        Kind::Prolongation => Some("extension of the eligibility"),
        Kind::Renewal => Some("renewal of the eligibility"),
        Kind::End | Kind::Other => Some("other"),
    }
}

/// Where it is stuck, in a sentence.
fn stuck(one: &Open, now: Timestamp) -> AnyView {
    match one.stage {
        Stage::StrongerSignIn { made: false } => {
            "Nothing was sent so far: this role asks you to sign in once more.".into_any()
        }
        Stage::StrongerSignIn { made: true } => {
            "You have signed in as asked. Nothing was sent so far: confirm it.".into_any()
        }
        Stage::Approval => {
            view! { {can_approve(&one.approval)}" The time counts from the approval; without one the request ends after 24 h." }.into_any()
        }
        Stage::Administrator => {
            "An administrator has to decide about the eligibility. What is active or eligible now is not touched meanwhile.".into_any()
        }
        Stage::Provisioning => "Microsoft is working on it. That takes seconds as a rule, minutes at times.".into_any(),
        Stage::Unsure => "No answer came back, so it may have gone through. The portal looks for it and does not send it a second time.".into_any(),
        Stage::Scheduled => "Granted; it begins by itself.".into_any(),
        Stage::Queued(Some(at)) => view! { "The portal sends it at "<At at=at now=now/>", as you confirmed it, while you are signed in." }.into_any(),
        Stage::Queued(None) => "The portal sends it as soon as it can.".into_any(),
    }
}

/// Who can approve: names, and ids only where nothing names them.
fn can_approve(approval: &ApprovalRequirement) -> AnyView {
    let approvers = match approval {
        ApprovalRequirement::Required(approvers) => approvers,
        ApprovalRequirement::NotRequired | ApprovalRequirement::Unknown => {
            return "Who can approve could not be read.".into_any();
        }
    };
    if approvers.is_empty() {
        return "The policy names no approvers, so a Privileged Role Administrator or a Global Administrator can approve.".into_any();
    }
    let named: Vec<String> = approvers.iter().filter_map(named).collect();
    let by_id: Vec<&Approver> = approvers.iter().filter(|one| one.name.is_none()).collect();
    let ids = (!by_id.is_empty()).then(|| {
        let ids = by_id.iter().enumerate().map(|(index, one)| {
            let kind = if one.is_group { " (group)" } else { "" };
            view! { {(index > 0).then_some(", ")}<code>{one.id.clone()}</code>{kind} }
        });
        let lead = if named.is_empty() { "Can approve: " } else { " Also: " };
        view! { {lead}{ids.collect_view()}". Microsoft tells only the ids here, not the names." }
    });
    let lead_names = (!named.is_empty()).then(|| format!("Can approve: {}.", named.join(", ")));
    view! { {lead_names}{ids} }.into_any()
}

fn named(approver: &Approver) -> Option<String> {
    let name = approver.name.as_ref()?;
    Some(if approver.is_group { format!("{name} (group)") } else { name.clone() })
}

/// The address under which an approver finds this request.
fn link_for_approvers(context: &Context, one: &Open, plane: Option<&Descriptor>) -> Option<AnyView> {
    let request = one.withdraw.as_ref().filter(|_| one.stage == Stage::Approval)?;
    let key = RowKey::new(&plane?.id, request.as_str()).to_string();
    let mut url = context.site.origin.clone();
    url.push_str("/approvals?");
    url.push_str(&url::form_urlencoded::Serializer::new(String::new()).append_pair("request", &key).finish());
    let id = format!("link-{}", request.as_str().replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    Some(view! { <CopyField id=id label="Link for approvers" text=url/> }.into_any())
}

fn actions(one: &Open, name: &str) -> AnyView {
    let batch = one.operation.map(|(batch, _)| batch);
    let link = batch.or(one.entry.batch).map(|batch: BatchId| {
        view! { <a class="button" href=format!("/requests/{batch}")>"Follow"<span class="for-readers">{format!(" {name}")}</span></a> }
    });
    let step_up = match (one.stage, one.operation) {
        (Stage::StrongerSignIn { made: false }, Some((batch, operation))) => Some(
            view! { <a class="button primary" href=format!("/auth/step-up/{batch}/{operation}")>"Sign in for it"<span class="for-readers">{format!(": {name}")}</span></a> }
                .into_any(),
        ),
        (Stage::StrongerSignIn { made: true }, Some((batch, _))) => Some(
            view! {
                <form method="post" action="/do/resume"><input type="hidden" name="batch" value=batch.to_string()/>
                    <button class="button primary">"Confirm"<span class="for-readers">{format!(" {name}")}</span></button></form>
            }
            .into_any(),
        ),
        _ => None,
    };
    let can_take_back = matches!(one.stage, Stage::StrongerSignIn { .. } | Stage::Queued(_));
    let take_back = one.operation.filter(|_| can_take_back).map(|(batch, operation)| {
        view! {
            <form method="post" action="/do/take-back">
                <input type="hidden" name="batch" value=batch.to_string()/><input type="hidden" name="operation" value=operation.to_string()/>
                <button class="button">"Take back"<span class="for-readers">{format!(" {name}")}</span></button>
            </form>
        }
    });
    let withdraw = one.withdraw.as_ref().map(|request| {
        let key = RowKey::new(&one.entry.plane, request.as_str()).to_string();
        view! {
            <form method="post" action="/do/withdraw"><input type="hidden" name="request" value=key/>
                <button class="button">"Withdraw"<span class="for-readers">{format!(" the request for {name}")}</span></button></form>
        }
    });
    view! { {step_up}{withdraw}{take_back}{link} }.into_any()
}
