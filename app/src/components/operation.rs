//! One truthful line for each operation: what is known of it, and what to do.

use jiff::Timestamp;
use leptos::prelude::*;
use pim::error::Violation;
use pim::journal::{Intent, Operation, OperationState, Refusal};
use portal::selection::Field;

use super::time::At;
use crate::context::context;

/// A refusal in words, and the field that can put it right.
pub(crate) fn violation(violation: &Violation) -> (String, Option<Field>) {
    let (text, field) = match violation {
        Violation::TooLong => {
            ("Longer than this role's rules allow: choose a shorter time.", Some(Field::Duration))
        }
        Violation::JustificationMissing => ("This role asks for a reason.", Some(Field::Justification)),
        Violation::TicketMissing => ("This role asks for a ticket.", Some(Field::Ticket)),
        Violation::MfaMissing => {
            ("This role asks for multifactor sign-in: sign out, and sign in again with it.", None)
        }
        Violation::ContextMissing => {
            ("This role needs a stronger sign-in, which the portal cannot ask for yet.", None)
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
        Violation::Other(code) => return (format!("Refused by Microsoft: {code}."), None),
    };
    (text.into(), field)
}

fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Violations(violations) => {
            violations.iter().map(|each| violation(each).0).collect::<Vec<_>>().join(" ")
        }
        Refusal::Throttled => {
            "Microsoft asks to slow down. Nothing was created: try again in a minute.".into()
        }
        Refusal::Forbidden => "Microsoft does not let you do this. Nothing was created.".into(),
        Refusal::ConsentMissing => {
            "Nobody has consented to this part of the portal. Nothing was created: the sign-in page has the link for an administrator.".into()
        }
        Refusal::NotSent => "The portal stopped before this was sent. Nothing was created: try again.".into(),
        Refusal::SignInRequired => {
            "Your session at Microsoft has ended. Nothing was created: sign out and in again.".into()
        }
        Refusal::Unavailable => "Microsoft could not be reached. Nothing was created: try again.".into(),
        Refusal::Other(Some(code)) => format!("Refused by Microsoft: {code}. Nothing was created."),
        Refusal::Other(None) => "Refused by Microsoft without a reason. Nothing was created.".into(),
    }
}

/// The state in a word or two, with the class of its mark.
fn state(operation: &Operation) -> (&'static str, &'static str) {
    match operation.state {
        OperationState::Prepared | OperationState::Sending => ("Sending", "working"),
        OperationState::Accepted => ("Accepted", "working"),
        OperationState::Provisioned => ("Provisioned, checking access", "working"),
        OperationState::PendingApproval => ("Waiting for approval", "waiting"),
        OperationState::Scheduled => ("Scheduled", "waiting"),
        OperationState::Usable => ("Active", "good"),
        OperationState::Revoked => ("Deactivated", "good"),
        OperationState::AwaitingStepUp => ("Needs a stronger sign-in", "violet-mark"),
        OperationState::Rejected => ("Refused", "bad"),
        OperationState::Denied => ("Denied", "bad"),
        OperationState::Failed => ("Failed", "bad"),
        OperationState::Cancelled => ("Cancelled", "quiet-mark"),
        OperationState::TimedOut => ("Nobody decided in time", "bad"),
        OperationState::Unsure => ("Unsure", "waiting"),
    }
}

fn explanation(operation: &Operation, approvers: Option<String>, now: Timestamp) -> AnyView {
    let until = match &operation.intent {
        Intent::Activate(draft) => draft.start.checked_add(draft.duration.signed()).ok(),
        Intent::Deactivate(_) => None,
    };
    match operation.state {
        OperationState::Usable => view! {
            "Usable now"{until.map(|until| view! { ", until "<At at=until now=now/> })}
            ". A tool that was open before may need a fresh sign-in."
        }
        .into_any(),
        OperationState::PendingApproval => {
            let whom = approvers.unwrap_or_else(|| "an approver".into());
            format!("Waiting for {whom}. The time counts from the approval; without one the request ends after 24 h.").into_any()
        }
        OperationState::Scheduled => "Granted; it starts at its time.".into_any(),
        OperationState::Accepted => "Microsoft took the request and is working on it.".into_any(),
        OperationState::Provisioned => "Microsoft says it is done. The portal looks until the role is really there.".into_any(),
        OperationState::Prepared | OperationState::Sending => "On its way to Microsoft.".into_any(),
        OperationState::Revoked => "The role is no longer active.".into_any(),
        OperationState::Unsure => "No answer came back, so it may have gone through. The portal looks for it among your requests and does not send it again by itself.".into_any(),
        OperationState::AwaitingStepUp => {
            let link = context().site.admin_center.clone();
            view! {
                {operation.refusal.as_ref().map(refusal)}
                " Nothing was created. Until the portal can: "
                <a href=link rel="noreferrer" target="_blank">"activate it in Microsoft's admin center"</a>"."
            }
            .into_any()
        }
        OperationState::Rejected => operation.refusal.as_ref().map(refusal).unwrap_or_default().into_any(),
        OperationState::Denied => "An approver said no.".into_any(),
        OperationState::Failed => "Microsoft reports a failure. Check the overview before you try again.".into_any(),
        OperationState::Cancelled => "The request was withdrawn.".into_any(),
        OperationState::TimedOut => "The request ended without a decision.".into_any(),
    }
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
    /// Now.
    now: Timestamp,
) -> impl IntoView {
    let (word, class) = state(&operation);
    let plane_class = format!("plane plane-{}", operation.intent.target().plane);
    let id = operation.correlation_id.clone().map(|id| {
        view! { <details class="ids"><summary>"For support"</summary>"Correlation id "<code>{id}</code></details> }
    });
    view! {
        <li class="operation" data-state=format!("{:?}", operation.state)>
            <div class="role">
                <strong>{operation.names.title.clone()}</strong>
                <span class="place">{operation.names.place.clone()}</span>
                <span class=plane_class>{plane}</span>
            </div>
            <div><span class=format!("mark {class}")>{word}</span></div>
            <div class="explanation"><p>{explanation(&operation, approvers, now)}</p>{id}</div>
        </li>
    }
}
