//! One truthful line for each operation: what is known of it, and what to do.

use jiff::Timestamp;
use leptos::prelude::*;
use pim::approval::Decision;
use pim::error::Violation;
use pim::journal::{Existing, Intent, Operation, OperationState, Refusal};
use pim::prolongation::ProlongationKind;
use portal::selection::Field;

use super::time::{At, Since};

/// A refusal in words, and the field that can put it right.
pub(crate) fn violation(violation: &Violation) -> (String, Option<Field>) {
    let (text, field) = match violation {
        Violation::TooLong => {
            ("Longer than this role's rules allow: choose a shorter time.", Some(Field::Duration))
        }
        Violation::JustificationMissing => ("This role asks for a reason.", Some(Field::Justification)),
        Violation::TicketMissing => ("This role asks for a ticket.", Some(Field::Ticket)),
        Violation::MfaMissing => ("This role asks for multifactor sign-in.", None),
        Violation::ContextMissing => {
            ("This role needs a stronger sign-in, and Microsoft does not say which.", None)
        }
        Violation::NotEligible => {
            ("You are not eligible for this role any more, or not at this scope.", None)
        }
        Violation::AlreadyActive => {
            ("Already active, or a deactivation is still settling: that takes a minute or two.", None)
        }
        Violation::AlreadyPending => ("A request for this role is waiting already.", None),
        Violation::NotActive => {
            ("Not active any more, or the activation has not arrived everywhere yet.", None)
        }
        Violation::TooShort => {
            ("Active for less than five minutes: Microsoft does not deactivate earlier.", None)
        }
        Violation::RequestExists => ("Microsoft has this request already.", None),
        Violation::StartInPast => {
            ("Its start had passed by Microsoft's clock. Nothing was created: try again.", Some(Field::Start))
        }
        Violation::Other(code) => return (format!("Refused by Microsoft: {code}."), None),
    };
    (text.into(), field)
}

fn refusal(refusal: &Refusal, now: Timestamp) -> AnyView {
    let text = match refusal {
        Refusal::Violations(violations) => {
            violations.iter().map(|each| violation(each).0).collect::<Vec<_>>().join(" ")
        }
        Refusal::Exists(existing) => return exists(*existing, now),
        Refusal::StepUpInVain => {
            "You signed in as asked, and Microsoft still asks for more: a Conditional Access policy may not accept this device, place or method. Nothing was created. An administrator can tell from the sign-in log.".into()
        }
        Refusal::StepUpNotMade => "The stronger sign-in was not made in time. Nothing was created: try again.".into(),
        Refusal::DecidedBySomebodyElse => "Somebody else decided before you. Your decision does not count.".into(),
        Refusal::OwnRequest => "This is your own request: somebody else has to decide it.".into(),
        Refusal::Gone => "It is not there any more: decided, withdrawn or ended meanwhile.".into(),
        Refusal::Throttled => {
            "Microsoft asks to slow down. Nothing was created: try again in a minute.".into()
        }
        Refusal::Forbidden => "Microsoft does not let you do this. Nothing was created.".into(),
        Refusal::ConsentMissing => {
            "Nobody has consented to this part of the portal. Nothing was created: the permissions page has the link for an administrator.".into()
        }
        Refusal::NotSent => "The portal stopped before this was sent. Nothing was created: try again.".into(),
        Refusal::SignInRequired => {
            "Your session at Microsoft has ended. Nothing was created: sign in again and repeat it.".into()
        }
        Refusal::Unavailable => "Microsoft could not be reached. Nothing was created: try again.".into(),
        Refusal::Other(Some(code)) => format!("Refused by Microsoft: {code}. Nothing was created."),
        Refusal::Other(None) => "Refused by Microsoft without a reason. Nothing was created.".to_owned(),
    };
    text.into_any()
}

fn exists(existing: Existing, now: Timestamp) -> AnyView {
    match existing {
        Existing::Active(Some(until)) => view! {
            "Active already, until "<At at=until now=now/>". Microsoft does not lengthen an activation that runs: it can be activated again when that one has ended."
        }
        .into_any(),
        Existing::Active(None) => "Active already, without an end. Nothing was created.".into_any(),
        Existing::InFlight => "A request for this role is waiting already, or being worked on. Nothing was created.".into_any(),
        Existing::Scheduled(Some(start)) => view! {
            "An activation of this role is scheduled for "<At at=start now=now/>" and overlaps. Nothing was created."
        }
        .into_any(),
        Existing::Scheduled(None) => "A scheduled activation of this role overlaps. Nothing was created.".into_any(),
        Existing::Settling => "Microsoft says that the role is active, but it is not to be seen: an earlier activation or deactivation is still settling. That takes a minute or two; then try again.".into_any(),
    }
}

/// The state in a word or two, with the class of its mark.
fn state(operation: &Operation) -> (&'static str, &'static str) {
    let decides = match &operation.intent {
        Intent::Decide(verdict) => Some(verdict.decision),
        _ => None,
    };
    match operation.state {
        OperationState::Prepared | OperationState::Sending => ("Sending", "working"),
        OperationState::Queued => ("Queued", "waiting"),
        OperationState::Accepted => ("Accepted", "working"),
        OperationState::Provisioned => ("Provisioned, checking access", "working"),
        OperationState::PendingApproval if matches!(operation.intent, Intent::Prolong(_)) => {
            ("Waiting for an administrator", "waiting")
        }
        OperationState::PendingApproval => ("Waiting for approval", "waiting"),
        OperationState::Scheduled => ("Scheduled", "waiting"),
        OperationState::Usable => ("Active", "good"),
        OperationState::Ended => ("Ended", "quiet-mark"),
        OperationState::Revoked => ("Deactivated", "good"),
        OperationState::Done => match decides {
            Some(Decision::Approve) => ("Approved", "good"),
            Some(Decision::Deny) => ("Denied by you", "good"),
            None => ("Done", "good"),
        },
        OperationState::AwaitingStepUp => ("Needs a stronger sign-in", "violet-mark"),
        OperationState::NotCreated => ("Did not go through", "bad"),
        OperationState::Rejected => ("Refused", "bad"),
        OperationState::Denied => ("Denied", "bad"),
        OperationState::Failed => ("Failed", "bad"),
        OperationState::Cancelled => ("Withdrawn", "quiet-mark"),
        OperationState::TimedOut => ("Nobody decided in time", "bad"),
        OperationState::Unsure => ("Unsure", "waiting"),
    }
}

fn explanation(operation: &Operation, approvers: Option<String>, now: Timestamp) -> AnyView {
    let why = || operation.refusal.as_ref().map(|why| refusal(why, now));
    match operation.state {
        OperationState::Usable => {
            let until = match &operation.intent {
                Intent::Activate(draft) => {
                    draft.start.max(first_provisioned(operation)).checked_add(draft.duration.signed()).ok()
                }
                _ => None,
            };
            view! {
                "Usable now"{until.map(|until| view! { ", until "<At at=until now=now/> })}
                "."
            }
            .into_any()
        }
        OperationState::PendingApproval if matches!(operation.intent, Intent::Prolong(_)) => {
            let meanwhile = if is_renewal(operation) {
                "Until then you are not eligible."
            } else {
                "You can go on using the eligibility until it ends."
            };
            format!("An administrator has to decide. {meanwhile}").into_any()
        }
        OperationState::PendingApproval => {
            let whom = approvers.unwrap_or_else(|| "an approver".into());
            format!("Waiting for {whom}. The time counts from the approval; without one the request ends after 24 h.").into_any()
        }
        OperationState::Queued => match operation.not_before {
            Some(at) => view! { "The portal sends it at "<At at=at now=now/>", as you confirmed it, while you are signed in." }.into_any(),
            None => "The portal sends it as soon as it can.".into_any(),
        },
        OperationState::Scheduled => match &operation.intent {
            Intent::Activate(draft) => view! { "Granted; it starts at "<At at=draft.start now=now/>"." }.into_any(),
            _ => "Granted; it starts at its time.".into_any(),
        },
        OperationState::Accepted => "Microsoft took the request and is working on it.".into_any(),
        OperationState::Provisioned => "Microsoft says it is done. The portal looks until the role is really there.".into_any(),
        OperationState::Prepared | OperationState::Sending => "On its way to Microsoft.".into_any(),
        OperationState::Revoked => "The role is no longer active.".into_any(),
        OperationState::Ended => "It was provisioned, and its time is over.".into_any(),
        OperationState::Done => match &operation.intent {
            Intent::Prolong(_) if is_renewal(operation) => "You are eligible again.".into_any(),
            Intent::Prolong(_) => "The eligibility was kept.".into_any(),
            _ => "Microsoft took your decision.".into_any(),
        },
        OperationState::Unsure => "No answer came back, so it may have gone through. The portal looks for it and does not send it a second time.".into_any(),
        OperationState::NotCreated => "No answer came back, and Microsoft has nothing of it: it did not go through. You can send it again.".into_any(),
        OperationState::AwaitingStepUp => "Nothing was created so far. Sign in once more as asked above, then confirm.".into_any(),
        OperationState::Rejected => why().into_any(),
        OperationState::Denied => "Somebody who decides about it said no.".into_any(),
        OperationState::Failed => view! {
            {why()}" Microsoft reports a failure. Check the overview before you try again."
        }
        .into_any(),
        OperationState::Cancelled => "Nothing of it will happen.".into_any(),
        OperationState::TimedOut => "The request ended without a decision.".into_any(),
    }
}

/// When the service said that it was done: with an approval, the time counts from there.
fn first_provisioned(operation: &Operation) -> Timestamp {
    let is_done = |state| matches!(state, OperationState::Provisioned | OperationState::Usable);
    let step = operation.timeline.iter().find(|step| is_done(step.state));
    let was_waiting = operation.timeline.iter().any(|step| step.state == OperationState::PendingApproval);
    step.filter(|_| was_waiting).map_or(Timestamp::MIN, |step| step.at)
}

/// Whether it asks for an eligibility that has ended.
fn is_renewal(operation: &Operation) -> bool {
    matches!(&operation.intent, Intent::Prolong(wish) if wish.kind == ProlongationKind::Renew)
}

/// What the operation does, when it is not plain from the page.
fn does(operation: &Operation) -> Option<&'static str> {
    match &operation.intent {
        Intent::Activate(_) | Intent::Decide(_) => None,
        Intent::Deactivate(_) => Some("Deactivate"),
        Intent::Cancel(_) => Some("Withdraw the request"),
        Intent::Prolong(_) if is_renewal(operation) => Some("Renew the eligibility"),
        Intent::Prolong(_) => Some("Keep the eligibility"),
    }
}

/// What can be done about this one operation.
fn action(operation: &Operation) -> Option<AnyView> {
    let can_take_back = matches!(operation.state, OperationState::Queued | OperationState::AwaitingStepUp);
    can_take_back.then(|| {
        view! {
            <form method="post" action="/do/take-back">
                <input type="hidden" name="batch" value=operation.batch.to_string()/>
                <input type="hidden" name="operation" value=operation.id.to_string()/>
                <button class="button">"Take back"<span class="for-readers">{format!(" {}", operation.names.title)}</span></button>
            </form>
        }
        .into_any()
    })
}

/// Where the person can do what the portal's permissions do not reach.
fn elsewhere(operation: &Operation, page: Option<String>) -> Option<AnyView> {
    let decides = matches!(operation.intent, Intent::Decide(_));
    let page = page.filter(|_| decides && operation.refusal == Some(Refusal::Forbidden))?;
    Some(
        view! {
            <p>"The portal may not decide this for you: "<a href=page rel="noreferrer" target="_blank">"decide it in Microsoft's admin center"</a>"."</p>
        }
        .into_any(),
    )
}

/// The line.
#[component]
pub(crate) fn OperationLine(
    /// The operation.
    operation: Operation,
    /// Who can approve it, where known.
    approvers: Option<String>,
    /// The plane's name for one of its roles.
    plane: &'static str,
    /// Microsoft's own page for what the portal may not do.
    admin_page: Option<String>,
    /// Now.
    now: Timestamp,
) -> impl IntoView {
    let elsewhere = elsewhere(&operation, admin_page);
    let (word, class) = state(&operation);
    let plane_class = format!("plane plane-{}", operation.intent.target().plane);
    let is_over = operation.state.is_final() && operation.state != OperationState::Usable;
    let since = operation.timeline.last().map(|step| view! { <Since at=step.at now=now is_over=is_over/> });
    let id = operation.correlation_id.clone().map(|id| {
        view! { <details class="ids"><summary>"For support"</summary>"Correlation id "<code>{id}</code></details> }
    });
    view! {
        <li class="operation" data-state=format!("{:?}", operation.state)>
            <div class="role">
                <strong>{operation.names.title.clone()}</strong>
                <span class="place">{operation.names.place.clone()}</span>
                <span class=plane_class>{plane}</span>
                {does(&operation).map(|what| view! { <span class="quiet">{format!(" · {what}")}</span> })}
            </div>
            <div><span class=format!("mark {class}")>{word}</span></div>
            <div class="explanation"><p>{explanation(&operation, approvers, now)}</p>{elsewhere}{id}{action(&operation)}</div>
            {since}
        </li>
    }
}
