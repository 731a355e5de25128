//! What the domain makes of the services' words, and what it never repeats.
#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it expects")]

use jiff::{SignedDuration, Timestamp};
use pim::approval::{Decision, Requester, Verdict, Waiting};
use pim::assignment::{Assignment, AssignmentOrigin};
use pim::audit::{Activity, AuditEntry};
use pim::challenge::Challenge;
use pim::draft::{Draft, Ticket};
use pim::duration::ActivationDuration;
use pim::error::Violation;
use pim::ids::{BatchId, OperationId, VaultId};
use pim::journal::{Intent, Operation, OperationState as S, Step};
use pim::plane::Validation;
use pim::policy::{ApprovalRequirement, ContextRequirement, Requirement};
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::request::{Request, RequestAction, RequestRef, RequestStatus};
use pim::target::{MemberType, Names, Target};
use pim::tokens::Audience;

/// A word that stands in every place where people write freely.
const SECRET: &str = "hush";

fn now() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn target(name: &str) -> Target {
    Target { plane: "entra".into(), role: name.into(), scope: "/".into() }
}

fn ticket() -> Ticket {
    Ticket { number: SECRET.into(), system: SECRET.into() }
}

fn names() -> Names {
    Names { title: "Reader".into(), place: "Directory".into() }
}

fn assignment() -> Assignment {
    Assignment {
        id: "held".into(),
        target: target("reader"),
        names: names(),
        origin: AssignmentOrigin::Activated,
        member_type: MemberType::Direct,
        since: Some(now()),
        until: Some(now() + SignedDuration::from_hours(1)),
        eligibility_schedule: None,
        condition: None,
    }
}

fn intents() -> Vec<Intent> {
    let draft = Draft {
        target: target("reader"),
        start: now(),
        duration: ActivationDuration::SHORTEST,
        justification: SECRET.into(),
        ticket: Some(ticket()),
        eligibility_schedule: None,
        condition: None,
    };
    let waiting = Waiting {
        id: "approval".into(),
        request: "request".into(),
        target: target("reader"),
        names: names(),
        requester: Requester { id: None, name: Some(SECRET.into()), username: Some(SECRET.into()) },
        justification: Some(SECRET.into()),
        ticket: Some(ticket()),
        start: None,
        duration: None,
        created: None,
    };
    let wish = |kind| Prolongation {
        target: target("reader"),
        kind,
        schedule: None,
        start: now(),
        until: now(),
        justification: SECRET.into(),
    };
    let withdrawn =
        RequestRef { id: "request".into(), target: target("reader"), action: RequestAction::Extend };
    vec![
        Intent::Activate(draft),
        Intent::Deactivate(assignment()),
        Intent::Cancel(withdrawn),
        Intent::Decide(Verdict { waiting, decision: Decision::Deny, reason: SECRET.into() }),
        Intent::Prolong(wish(ProlongationKind::Extend)),
        Intent::Prolong(wish(ProlongationKind::Renew)),
    ]
}

fn operation(intent: Intent) -> Operation {
    Operation {
        id: OperationId::random(),
        batch: BatchId::random(),
        tenant: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
        principal: "00000000-0000-0000-0000-000000000002".parse().unwrap(),
        vault: VaultId("00000000-0000-0000-0000-000000000003".parse().unwrap()),
        intent,
        names: names(),
        request_id: "own".into(),
        state: S::Prepared,
        timeline: vec![Step { state: S::Prepared, at: now() }],
        challenge: None,
        sent: None,
        not_before: None,
        looks: 3,
        put_down: false,
        refusal: None,
        correlation_id: None,
        created: now(),
        updated: now(),
    }
}

#[test]
fn what_people_wrote_is_in_no_trace() {
    let request = Request {
        schedule: None,
        until: None,
        id: "request".into(),
        target: target("reader"),
        action: RequestAction::Activate,
        status: "Provisioned".to_owned().into(),
        created: None,
        start: None,
        duration: None,
        names: None,
        ticket: Some(ticket()),
        completed: None,
        justification: Some(SECRET.into()),
    };
    let row = AuditEntry {
        id: "row".into(),
        at: now(),
        plane: "entra".into(),
        activity: Activity::Approved,
        succeeded: true,
        correlation_id: None,
        request: None,
        role: None,
        title: None,
        scope: None,
        actor: Some(SECRET.into()),
        by_service: false,
        justification: Some(SECRET.into()),
    };
    let mut traces = vec![format!("{request:?}"), format!("{row:?}")];
    traces.extend(intents().into_iter().map(|intent| format!("{:?}", operation(intent))));
    for trace in traces {
        assert!(!trace.contains(SECRET), "{trace}");
    }
}

#[test]
fn an_operation_survives_its_store_whatever_it_does() {
    for intent in intents() {
        let operation = operation(intent);
        let stored = serde_json::to_vec(&operation).unwrap();
        assert_eq!(serde_json::from_slice::<Operation>(&stored).unwrap(), operation);
    }
}

#[test]
fn an_intent_says_what_it_asks_for_and_why() {
    let told: Vec<_> =
        intents().iter().map(|intent| (intent.action(), intent.justification().to_owned())).collect();
    let said = |action| (action, SECRET.to_owned());
    let mute = |action| (action, String::new());
    assert_eq!(
        told,
        [
            said(RequestAction::Activate),
            mute(RequestAction::Deactivate),
            mute(RequestAction::Extend),
            said(RequestAction::Other),
            said(RequestAction::Extend),
            said(RequestAction::Renew),
        ]
    );
    assert!(intents().iter().all(|intent| intent.target() == &target("reader")));
}

#[test]
fn a_withdrawal_is_found_by_what_it_withdraws_and_anything_else_by_its_own_request() {
    for intent in intents() {
        let is_withdrawal = matches!(intent, Intent::Cancel(_));
        let found = operation(intent).request();
        assert_eq!(found.id.as_str(), if is_withdrawal { "request" } else { "own" });
    }
}

#[test]
fn a_new_state_is_told_with_its_time_and_begins_the_looks_anew() {
    let mut operation = operation(intents().remove(0));
    let later = now() + SignedDuration::from_secs(2);
    operation.enter(S::Sending, later);
    assert_eq!((operation.state, operation.updated, operation.looks), (S::Sending, later, 0));
    assert_eq!(operation.timeline.last(), Some(&Step { state: S::Sending, at: later }));
    assert_eq!(operation.timeline.len(), 2);
    // Made from what was prepared then, or known of what is sent since.
    assert_eq!(operation.was_since(S::Prepared), Some(now()));
    assert_eq!(operation.was_since(S::Sending), Some(later));
    assert_eq!(operation.was_since(S::Unsure), None);
}

#[test]
fn every_word_of_the_service_is_a_state_that_a_send_can_come_to() {
    for (word, state, later) in [
        ("Accepted", S::Accepted, S::Accepted),
        ("PendingEvaluation", S::Accepted, S::Accepted),
        ("PendingProvisioning", S::Accepted, S::Accepted),
        ("ProvisioningStarted", S::Accepted, S::Accepted),
        ("PendingScheduleCreation", S::Accepted, S::Accepted),
        ("PendingExternalProvisioning", S::Accepted, S::Accepted),
        ("PendingRevocation", S::Accepted, S::Accepted),
        ("Granted", S::Accepted, S::Scheduled),
        ("AdminApproved", S::Accepted, S::Scheduled),
        ("PendingApproval", S::PendingApproval, S::PendingApproval),
        ("PendingApprovalProvisioning", S::PendingApproval, S::PendingApproval),
        ("PendingAdminDecision", S::PendingApproval, S::PendingApproval),
        ("Provisioned", S::Provisioned, S::Provisioned),
        ("ScheduleCreated", S::Provisioned, S::Provisioned),
        ("Revoked", S::Revoked, S::Revoked),
        ("Denied", S::Denied, S::Denied),
        ("AdminDenied", S::Denied, S::Denied),
        ("Canceled", S::Cancelled, S::Cancelled),
        ("TimedOut", S::TimedOut, S::TimedOut),
        ("Failed", S::Failed, S::Failed),
        ("FailedAsResourceIsLocked", S::Failed, S::Failed),
        ("Invalid", S::Failed, S::Failed),
        // A word of a later version ends nothing.
        ("Invented", S::Accepted, S::Accepted),
    ] {
        for word in [word.to_owned(), word.to_uppercase()] {
            let status = RequestStatus::from(word.clone());
            assert_eq!(S::from_status(&status, false), state, "{word}");
            assert_eq!(S::from_status(&status, true), later, "{word}, to start later");
        }
        for from in [S::Sending, S::Unsure] {
            assert!(from.may_become(state) && from.may_become(later), "{from:?} to {word}");
        }
    }
}

#[test]
fn an_activation_is_active_until_its_end_and_an_assignment_never_is() {
    let held = assignment();
    let end = held.until.unwrap();
    let second = SignedDuration::from_secs(1);
    assert!(held.is_active_at(end - second) && !held.is_active_at(end));
    assert_eq!(held.left(end - second), Some(second));
    assert_eq!(held.left(end + second), Some(SignedDuration::ZERO));
    assert_eq!(held.deactivatable_from(), Some(now() + SignedDuration::from_mins(5)));

    let permanent = Assignment { since: None, until: None, ..held.clone() };
    assert!(permanent.is_active_at(Timestamp::MAX));
    assert_eq!((permanent.left(now()), permanent.deactivatable_from()), (None, None));
    let assigned = Assignment { origin: AssignmentOrigin::Assigned, ..held };
    assert!(!assigned.is_active_at(now()));
}

#[test]
fn targets_are_the_same_whatever_their_case_and_only_on_one_plane() {
    let one = target("reader");
    assert!(one.same_as(&target("READER")));
    assert!(!one.same_as(&target("writer")));
    assert!(!one.same_as(&Target { plane: "azure".into(), ..one.clone() }));
    assert!(!one.same_as(&Target { scope: "/one".into(), ..one.clone() }));
    let (upper, lower) =
        (Target { scope: "/ONE".into(), ..one.clone() }, Target { scope: "/one".into(), ..one });
    assert!(upper.same_as(&lower));
}

#[test]
fn a_dry_run_teaches_what_it_says_and_nothing_of_approval() {
    let passes = Validation::Passes.policy().unwrap();
    assert_eq!(
        (passes.justification, passes.ticket, passes.mfa),
        (Requirement::NotRequired, Requirement::NotRequired, Requirement::NotRequired)
    );
    assert_eq!(passes.authentication_context, ContextRequirement::NotRequired);
    assert_eq!(passes.approval, ApprovalRequirement::Unknown);

    let asks = |violations: &[Violation]| Validation::Fails(violations.to_vec()).policy();
    let told = asks(&[Violation::JustificationMissing, Violation::MfaMissing]).unwrap();
    assert_eq!(
        (told.justification, told.ticket, told.mfa),
        (Requirement::Required, Requirement::NotRequired, Requirement::Required)
    );
    // The context is asked for only once the rules pass, so nothing is known of it.
    assert_eq!(told.authentication_context, ContextRequirement::Unknown);
    // What is refused for something else was never held against the rules.
    for other in [Violation::NotEligible, Violation::AlreadyActive, Violation::Other("Later".into())] {
        assert_eq!(asks(&[Violation::JustificationMissing, other]), None);
    }

    let context = Validation::StepUp(Challenge::context(Audience::Graph, "c1".into())).policy().unwrap();
    assert_eq!(context.authentication_context, ContextRequirement::Required("c1".into()));
    let unnamed = Validation::StepUp(Challenge::mfa(Audience::Graph)).policy().unwrap();
    assert_eq!(unnamed.authentication_context, ContextRequirement::Unknown);
}

#[test]
fn only_a_dry_run_that_names_the_length_is_too_long() {
    assert!(Validation::Fails(vec![Violation::TicketMissing, Violation::TooLong]).is_too_long());
    assert!(!Validation::Fails(vec![Violation::TicketMissing]).is_too_long());
    assert!(!Validation::Passes.is_too_long());
}
