//! What is sent, how often, and what is known of it afterwards.

use jiff::SignedDuration;
use pim::assignment::AssignmentOrigin;
use pim::draft::Ticket;
use pim::error::{ErrorKind, Violation};
use pim::ids::{BatchId, SelectionId};
use pim::journal::{Intent, OperationState as State, Refusal};
use pim::policy::{Policy, Requirement};
use pim::target::Condition;
use portal::activate::Confirmation;
use portal::deactivate::TooEarly;
use portal::selection::{Field, Fields, Refused, RowKey, Wanted};
use portal::{PortalError, Session};

use crate::support::Answer;
use crate::world::{World, adele, lenient, minutes, session, settle, typed};

async fn select(world: &World, rows: Vec<RowKey>) -> SelectionId {
    world.portal.select(&adele(), rows).await.unwrap().id
}

fn carried_out(confirmation: &Confirmation) -> BatchId {
    match confirmation {
        Confirmation::CarriedOut(batch) => *batch,
        Confirmation::NotYet => panic!("nothing was carried out"),
    }
}

/// Confirms one role of the Entra plane, which answers with `answer`.
async fn confirm_one(world: &World, answer: Answer) -> BatchId {
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers.push_back(answer);
    world.confirm(vec![row], typed(30, "patching")).await
}

#[tokio::test]
async fn each_ready_role_is_sent_once_and_no_other() {
    let world = World::new();
    let names = ["first", "second", "active"];
    let mut rows: Vec<_> = names.map(|name| world.entra.offers(name, Some(lenient(60)))).into();
    rows.push(world.azure.offers("owner", Some(lenient(600))));
    rows.extend([rows[0].clone(), RowKey::new(world.entra.id(), "gone")]);
    world.entra.gives("active", AssignmentOrigin::Activated);
    let batch = world.confirm(rows, typed(120, "patching")).await;

    let sent: Vec<_> = world.entra.state().drafts.iter().map(|(_, draft)| draft.target.clone()).collect();
    assert_eq!(sent, [world.entra.target("first"), world.entra.target("second")]);
    assert_eq!(world.azure.calls("submit"), 1);
    assert_eq!(world.states(batch).await, [State::Provisioned; 3]);
}

#[tokio::test]
async fn what_is_sent_is_the_callers_own_with_duration_reason_condition_and_schedule() {
    let world = World::new();
    let condition = Condition { expression: "@Resource[x] == 'y'".into(), version: "2.0".into() };
    let row = world.azure.offers("owner", Some(lenient(60)));
    {
        let mut state = world.azure.state();
        state.eligibilities[0].schedule = Some("schedule".into());
        state.eligibilities[0].condition = Some(condition.clone());
    }
    let batch = world.confirm(vec![row], typed(240, "  patching \n")).await;

    let (principal, draft) = world.azure.state().drafts[0].clone();
    assert_eq!(principal, adele().caller.principal);
    assert_eq!(draft.target, world.azure.target("owner"));
    assert_eq!((draft.start, draft.duration), (world.portal.clock().now(), minutes(60)));
    assert_eq!((draft.justification.as_str(), &draft.ticket), ("patching", &None));
    assert_eq!(
        (draft.condition.clone(), draft.eligibility_schedule.clone()),
        (Some(condition), Some("schedule".into()))
    );

    let operation = world.portal.operations(&adele(), batch).await.unwrap().remove(0);
    assert_eq!((operation.tenant, operation.principal), (adele().caller.tenant, principal));
    assert_eq!(operation.names.title, "owner");
    assert_eq!(operation.intent, Intent::Activate(draft));
}

#[tokio::test]
async fn a_ticket_goes_only_where_the_policy_may_want_it() {
    let world = World::new();
    let strict = Policy { ticket: Requirement::Required, ..lenient(60) };
    let rows = vec![
        world.entra.offers("none", Some(lenient(60))),
        world.entra.offers("strict", Some(strict)),
        world.entra.offers("unknown", None),
    ];
    let fields =
        Fields { ticket_number: " INC1 ".into(), ticket_system: "Desk".into(), ..typed(30, "patching") };
    world.confirm(rows, fields).await;
    let ticket = Some(Ticket { number: "INC1".into(), system: "Desk".into() });
    let sent: Vec<_> = world.entra.state().drafts.iter().map(|(_, draft)| draft.ticket.clone()).collect();
    assert_eq!(sent, [None, ticket.clone(), ticket]);
}

#[tokio::test]
async fn a_second_confirmation_sends_nothing_and_gives_the_same_batch() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let selection = select(&world, vec![row]).await;
    let first = world.portal.confirm(&adele(), selection, typed(30, "one")).await.unwrap();
    world.portal.keep_fields(&adele(), selection, typed(10, "two")).await.unwrap();
    let second = world.portal.confirm(&adele(), selection, typed(60, "three")).await.unwrap();
    assert_eq!(carried_out(&first), carried_out(&second));
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn of_two_confirmations_at_once_one_sends_and_both_give_its_batch() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let selection = select(&world, vec![row]).await;
    world.entra.hold("eligibilities");
    let clicks = [1, 2].map(|_| {
        let portal = world.portal.clone();
        tokio::spawn(async move { portal.confirm(&adele(), selection, typed(30, "patching")).await })
    });
    // Both have read the selection and wait for the plan.
    settle().await;
    world.entra.release("eligibilities");
    let [first, second] = clicks;
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
    assert_eq!(carried_out(&first), carried_out(&second));
    assert_eq!(world.entra.calls("submit"), 1);
    assert_eq!(world.states(carried_out(&first)).await.len(), 1);
}

#[tokio::test]
async fn nothing_is_sent_while_something_is_missing_and_what_was_typed_is_kept() {
    let world = World::new();
    let strict =
        Policy { justification: Requirement::Required, ticket: Requirement::Required, ..lenient(60) };
    let rows = vec![world.entra.offers("a", Some(lenient(60))), world.entra.offers("b", Some(strict))];
    let selection = select(&world, rows.clone()).await;
    let fields = Fields { ticket_system: "Desk".into(), ..typed(45, "") };
    let outcome = world.portal.confirm(&adele(), selection, fields.clone()).await.unwrap();
    assert_eq!(outcome, Confirmation::NotYet);
    assert_eq!(world.entra.calls("submit"), 0);

    let kept = world.portal.selection(&adele(), selection).await.unwrap();
    assert!(kept.fields == fields && kept.rows == rows && kept.confirmed.is_none());
    let problems: Vec<_> = kept.problems.iter().map(|problem| problem.field).collect();
    assert_eq!(problems, [Field::Justification, Field::Ticket]);

    let fields = Fields { ticket_number: "INC1".into(), justification: "patching".into(), ..fields };
    carried_out(&world.portal.confirm(&adele(), selection, fields).await.unwrap());
    assert_eq!(world.entra.calls("submit"), 2);
}

#[tokio::test]
async fn a_selection_of_which_nothing_is_ready_is_not_carried_out() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.gives("reader", AssignmentOrigin::Activated);
    let selection = select(&world, vec![row]).await;
    let outcome = world.portal.confirm(&adele(), selection, typed(30, "patching")).await.unwrap();
    assert_eq!(outcome, Confirmation::NotYet);
    assert_eq!(world.entra.calls("submit"), 0);
}

#[tokio::test]
async fn another_persons_selection_and_batch_are_not_found() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let selection = select(&world, vec![row.clone()]).await;
    let batch = confirm_one(&world, Answer::Rejected(vec![Violation::NotEligible])).await;
    let sent = world.entra.calls("submit");
    for other in [session(1, 2), session(2, 1)] {
        let other: &Session = &other;
        let portal = &world.portal;
        let fields = || typed(30, "patching");
        assert!(matches!(portal.selection(other, selection).await, Err(PortalError::NotFound)));
        let confirmed = portal.confirm(other, selection, fields()).await;
        assert!(matches!(confirmed, Err(PortalError::NotFound)));
        assert!(matches!(portal.keep_fields(other, selection, fields()).await, Err(PortalError::NotFound)));
        let deselected = portal.deselect(other, selection, &row, fields()).await;
        assert!(matches!(deselected, Err(PortalError::NotFound)));
        assert!(matches!(portal.operations(other, batch).await, Err(PortalError::NotFound)));
        assert!(matches!(portal.track(other, batch).await, Err(PortalError::NotFound)));
        assert!(matches!(portal.retry(other, batch).await, Err(PortalError::NotFound)));
    }
    assert_eq!(world.entra.calls("submit"), sent);
    assert_eq!(world.portal.selection(&adele(), selection).await.map(|own| own.rows), Ok(vec![row]));
}

#[tokio::test]
async fn a_role_is_usable_only_when_its_assignment_was_seen() {
    let world = World::new();
    let batch = confirm_one(&world, Answer::Accepted("Provisioned")).await;
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    world.entra.gives("other", AssignmentOrigin::Activated);
    world.entra.gives("reader", AssignmentOrigin::Assigned);
    assert_eq!(world.track(batch).await, [State::Provisioned]);
    world.entra.gives("READER", AssignmentOrigin::Activated);
    world.entra.state().failing.insert("assignments");
    assert_eq!(world.track(batch).await, [State::Provisioned]);
    world.entra.state().failing.clear();
    assert_eq!(world.track(batch).await, [State::Usable]);
}

#[tokio::test]
async fn a_role_that_waits_is_followed_by_its_own_request_until_it_is_decided() {
    let world = World::new();
    let batch = confirm_one(&world, Answer::Accepted("PendingApproval")).await;
    assert_eq!(world.states(batch).await, [State::PendingApproval]);
    let operation = world.portal.operations(&adele(), batch).await.unwrap().remove(0);
    assert_eq!(operation.request_id.as_str(), "theirs");
    // A read that fails says nothing.
    assert_eq!(world.track(batch).await, [State::PendingApproval]);
    world.entra.state().status = Some("Denied");
    assert_eq!(world.track(batch).await, [State::Denied]);
    let reads = world.entra.calls("request");
    assert_eq!(world.track(batch).await, [State::Denied]);
    assert_eq!((world.entra.calls("request"), world.entra.calls("find")), (reads, 0));
}

#[tokio::test]
async fn a_lost_answer_that_is_found_goes_on() {
    let world = World::new();
    let batch = confirm_one(&world, Answer::Unsure).await;
    assert_eq!(world.states(batch).await, [State::Unsure]);
    world.entra.state().lost = Some("PendingApproval");
    assert_eq!(world.track(batch).await, [State::PendingApproval]);
    world.entra.state().status = Some("Provisioned");
    world.entra.gives("reader", AssignmentOrigin::Activated);
    assert_eq!(world.track(batch).await, [State::Usable]);
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn a_lost_answer_that_is_not_found_is_proved_absent_and_sent_again_only_by_the_person() {
    let world = World::new();
    let batch = confirm_one(&world, Answer::Unsure).await;
    // The first page has looked once. The service's lists lag, so looking twice at once proves nothing.
    assert_eq!(world.track(batch).await, [State::Unsure]);
    assert_eq!(world.track(batch).await, [State::Unsure]);
    world.clock.advance(SignedDuration::from_secs(120));
    assert_eq!(world.track(batch).await, [State::Unsure]);
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(world.track(batch).await, [State::NotCreated]);
    assert_eq!(world.portal.retry(&adele(), batch).await.err(), Some(PortalError::NothingChosen));
    assert_eq!(world.entra.calls("submit"), 1);

    assert_eq!(world.portal.send_again(&adele(), batch).await.unwrap(), 1);
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    assert_eq!(world.entra.calls("submit"), 2);
    assert_eq!(world.portal.send_again(&adele(), batch).await.unwrap(), 0);
}

#[tokio::test]
async fn a_lost_answer_stays_unsure_for_as_long_as_the_service_says_nothing() {
    let world = World::new();
    world.entra.state().failing.insert("find");
    let batch = confirm_one(&world, Answer::Unsure).await;
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(world.track(batch).await, [State::Unsure]);
    }
    world.entra.state().failing.clear();
    world.entra.state().lost = Some("Provisioned");
    assert_eq!(world.track(batch).await, [State::Provisioned]);
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn a_send_whose_answer_was_not_stored_is_looked_up_after_ninety_seconds() {
    let world = World::new();
    world.journal.fails_to_leave.lock().unwrap().insert(State::Sending);
    let batch = confirm_one(&world, Answer::Accepted("Provisioned")).await;
    world.journal.fails_to_leave.lock().unwrap().clear();
    world.entra.state().lost = Some("Provisioned");
    world.clock.advance(SignedDuration::from_secs(90));
    assert_eq!(world.track(batch).await, [State::Sending]);
    assert_eq!(world.entra.calls("find"), 0);
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(world.track(batch).await, [State::Provisioned]);
    assert_eq!((world.entra.calls("find"), world.entra.calls("submit")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_does_not_wait_for_a_slow_service_and_the_send_goes_on() {
    let world = World::new();
    world.entra.hold("submit");
    let batch = confirm_one(&world, Answer::Accepted("PendingApproval")).await;
    assert_eq!(world.states(batch).await, [State::Sending]);
    world.entra.release("submit");
    settle().await;
    assert_eq!(world.states(batch).await, [State::PendingApproval]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_look_up_changes_nothing() {
    let world = World::new();
    world.entra.hold("submit");
    let batch = confirm_one(&world, Answer::Rejected(vec![Violation::AlreadyPending])).await;
    world.clock.advance(SignedDuration::from_secs(91));
    world.entra.state().lost = Some("PendingApproval");
    assert_eq!(world.track(batch).await, [State::PendingApproval]);
    world.entra.release("submit");
    settle().await;
    assert_eq!(world.states(batch).await, [State::PendingApproval]);
}

#[tokio::test]
async fn a_role_in_a_batch_fails_alone() {
    let world = World::new();
    let rows = ["a", "b", "c"].map(|name| world.entra.offers(name, Some(lenient(60))));
    let refused = Answer::Rejected(vec![Violation::AlreadyPending]);
    world.entra.state().answers = [refused, Answer::Unsure, Answer::Accepted("PendingApproval")].into();
    let batch = world.confirm(rows.into(), typed(30, "patching")).await;
    assert_eq!(world.states(batch).await, [State::Rejected, State::Unsure, State::PendingApproval]);
}

#[tokio::test]
async fn a_refusal_keeps_its_reasons_and_the_id_of_the_call() {
    use Violation::{TicketMissing, TooLong};
    let refused = |violations: &[Violation]| Some(Refusal::Violations(violations.to_vec()));
    for (answer, state, refusal) in [
        (Answer::Rejected(vec![TooLong, TicketMissing]), State::Rejected, refused(&[TooLong, TicketMissing])),
        (
            Answer::Fails(ErrorKind::Throttled { retry_after: None }),
            State::Rejected,
            Some(Refusal::Throttled),
        ),
        (Answer::Fails(ErrorKind::ConsentMissing), State::Rejected, Some(Refusal::ConsentMissing)),
        (Answer::Fails(ErrorKind::SignInRequired), State::Rejected, Some(Refusal::SignInRequired)),
    ] {
        let world = World::new();
        let batch = confirm_one(&world, answer).await;
        let operation = world.portal.operations(&adele(), batch).await.unwrap().remove(0);
        assert_eq!((operation.state, operation.refusal), (state, refusal));
        assert_eq!(operation.correlation_id.as_deref(), Some("correlation"));
        assert_eq!(world.track(batch).await, [state]);
        assert_eq!(world.entra.calls("submit"), 1);
    }
}

#[tokio::test]
async fn retry_brings_back_what_was_refused_with_what_was_typed_and_why() {
    let world = World::new();
    let strict = Policy { ticket: Requirement::Required, ..lenient(60) };
    let rows = vec![
        world.entra.offers("refused", Some(strict)),
        world.entra.offers("sent", Some(lenient(60))),
        world.entra.offers("throttled", Some(lenient(30))),
        world.entra.offers("gone", Some(lenient(60))),
    ];
    let refused = || Answer::Rejected(vec![Violation::TicketMissing]);
    world.entra.state().answers = [
        refused(),
        Answer::Accepted("PendingApproval"),
        Answer::Fails(ErrorKind::Throttled { retry_after: None }),
        refused(),
    ]
    .into();
    let fields =
        Fields { ticket_number: "INC1".into(), ticket_system: "Desk".into(), ..typed(45, "patching") };
    let batch = world.confirm(rows.clone(), fields.clone()).await;
    world.entra.state().eligibilities.pop();

    let again = world.portal.retry(&adele(), batch).await.unwrap();
    assert_eq!(again.rows, [rows[0].clone(), rows[2].clone()]);
    assert!(again.fields == fields, "what was typed is kept");
    let why = vec![Violation::TicketMissing];
    assert_eq!(again.refused, [Refused { row: rows[0].clone(), violations: why.clone() }]);
    let plan = world.portal.plan(&adele(), &again).await;
    let lines: Vec<_> = plan.lines.iter().map(|line| (line.duration, line.refused.clone())).collect();
    assert_eq!(lines, [(minutes(45), why), (minutes(30), vec![])]);

    assert!(again.id != select(&world, rows).await);
    let second = world.portal.confirm(&adele(), again.id, fields).await.unwrap();
    assert_ne!(carried_out(&second), batch);
    assert_eq!(world.entra.calls("submit"), 6);
}

#[tokio::test]
async fn only_an_active_role_can_be_deactivated() {
    let world = World::new();
    let active = world.entra.gives("active", AssignmentOrigin::Activated);
    let assigned = world.entra.gives("assigned", AssignmentOrigin::Assigned);
    let unknown = RowKey::new(world.entra.id(), "held-never");
    let found = world.portal.to_deactivate(&adele(), &[assigned.clone(), unknown, active.clone()]).await;
    assert_eq!((found.active.len(), found.gone, found.unread.len()), (1, 2, 0));
    let nothing = world.portal.deactivate(&adele(), std::slice::from_ref(&assigned), TooEarly::Send).await;
    assert_eq!(nothing, Err(PortalError::NothingChosen));
    assert_eq!(world.entra.calls("deactivate"), 0);

    world.entra.state().answers.push_back(Answer::Accepted("Revoked"));
    let batch = world.portal.deactivate(&adele(), &[assigned, active], TooEarly::Send).await.unwrap();
    let sent = world.entra.state().deactivated.clone();
    let sent: Vec<_> = sent.iter().map(|(principal, row)| (*principal, row.id.as_str())).collect();
    assert_eq!(sent, [(adele().caller.principal, "held-active")]);
    assert_eq!(world.states(batch).await, [State::Revoked]);
}

#[tokio::test]
async fn a_plane_that_cannot_be_read_does_not_say_that_nothing_is_active() {
    let world = World::new();
    let row = world.entra.gives("active", AssignmentOrigin::Activated);
    world.entra.state().failing.insert("assignments");
    let found = world.portal.to_deactivate(&adele(), &[row]).await;
    assert_eq!((found.active.len(), found.gone, found.unread.len()), (0, 0, 1));
}

#[tokio::test]
async fn a_deactivation_whose_answer_was_lost_is_looked_up_and_not_sent_again() {
    let world = World::new();
    let row = world.entra.gives("active", AssignmentOrigin::Activated);
    world.entra.state().answers.push_back(Answer::Unsure);
    let batch = world.portal.deactivate(&adele(), &[row], TooEarly::Send).await.unwrap();
    assert_eq!(world.states(batch).await, [State::Unsure]);
    world.entra.state().lost = Some("Revoked");
    assert_eq!(world.track(batch).await, [State::Revoked]);
    assert_eq!(world.entra.calls("deactivate"), 1);
}

#[tokio::test]
async fn nothing_is_sent_when_the_journal_does_not_take_it() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let selection = select(&world, vec![row]).await;
    *world.journal.fails_to_append.lock().unwrap() = true;
    let failed = world.portal.confirm(&adele(), selection, typed(30, "patching")).await;
    assert!(matches!(failed, Err(PortalError::Store(_))));
    assert_eq!(world.entra.calls("submit"), 0);
}

#[tokio::test]
async fn a_role_whose_sender_died_is_sent_once_by_whoever_finds_it() {
    let world = World::new();
    world.journal.fails_to_leave.lock().unwrap().insert(State::Prepared);
    let batch = confirm_one(&world, Answer::Accepted("Provisioned")).await;
    world.journal.fails_to_leave.lock().unwrap().clear();
    assert_eq!(world.portal.watch_once().await.unwrap(), 0, "it belongs to its sender");
    world.clock.advance(SignedDuration::from_secs(91));
    let other = world.portal.clone();
    let (one, two) = tokio::join!(world.portal.watch_once(), other.watch_once());
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn a_role_that_was_not_sent_for_long_ends_as_not_sent_and_can_be_retried() {
    let world = World::new();
    world.journal.fails_to_leave.lock().unwrap().insert(State::Prepared);
    let batch = confirm_one(&world, Answer::Accepted("Provisioned")).await;
    assert_eq!(world.states(batch).await, [State::Prepared]);
    assert_eq!(world.entra.calls("submit"), 0);
    world.journal.fails_to_leave.lock().unwrap().clear();
    world.clock.advance(SignedDuration::from_secs(90));
    assert_eq!(world.track(batch).await, [State::Prepared]);
    world.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(world.track(batch).await, [State::Rejected]);
    let operation = world.portal.operations(&adele(), batch).await.unwrap().remove(0);
    assert_eq!(operation.refusal, Some(Refusal::NotSent));
    let again = world.portal.retry(&adele(), batch).await.unwrap();
    assert_eq!((again.rows.len(), again.fields.justification.as_str()), (1, "patching"));
    assert_eq!((world.entra.calls("submit"), world.entra.calls("find")), (0, 0));
}

#[tokio::test]
async fn a_selection_that_the_journal_did_not_take_can_be_confirmed_again() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let selection = select(&world, vec![row]).await;
    *world.journal.fails_to_append.lock().unwrap() = true;
    assert!(world.portal.confirm(&adele(), selection, typed(30, "patching")).await.is_err());
    *world.journal.fails_to_append.lock().unwrap() = false;
    let kept = world.portal.selection(&adele(), selection).await.unwrap();
    assert!(kept.fields == typed(30, "patching"), "what was typed is kept");
    let batch = carried_out(&world.portal.confirm(&adele(), selection, kept.fields).await.unwrap());
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn a_confirmation_that_something_else_overtakes_sends_nothing_and_can_be_repeated() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let selection = select(&world, vec![row]).await;
    world.entra.hold("eligibilities");
    let portal = world.portal.clone();
    let click = tokio::spawn(async move { portal.confirm(&adele(), selection, typed(30, "patching")).await });
    settle().await;
    world.portal.keep_fields(&adele(), selection, typed(10, "in another tab")).await.unwrap();
    world.entra.release("eligibilities");
    assert_eq!(click.await.unwrap(), Ok(Confirmation::NotYet));
    assert_eq!(world.entra.calls("submit"), 0);
    carried_out(&world.portal.confirm(&adele(), selection, typed(30, "patching")).await.unwrap());
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn a_write_makes_the_next_look_at_the_lists_fresh() {
    let world = World::new();
    world.portal.held(&adele(), world.entra.id()).await.unwrap();
    world.entra.gives("other", AssignmentOrigin::Activated);
    let batch = confirm_one(&world, Answer::Accepted("Provisioned")).await;
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 1);
}

#[tokio::test]
async fn a_selection_holds_each_role_once_and_only_of_planes_that_exist() {
    let world = World::new();
    let row = world.entra.offers("reader", None);
    let nowhere = RowKey::parse("nowhere:reader").unwrap();
    let nothing = world.portal.select(&adele(), vec![nowhere.clone()]).await;
    assert_eq!(nothing.err(), Some(PortalError::NothingChosen));
    let selection = world.portal.select(&adele(), vec![row.clone(), nowhere, row.clone()]).await.unwrap();
    assert_eq!(selection.rows, std::slice::from_ref(&row));
    assert!(selection.fields.wanted == Wanted::Longest);
    let left = world.portal.deselect(&adele(), selection.id, &row, typed(30, "patching")).await.unwrap();
    assert!(left.rows.is_empty() && left.fields == typed(30, "patching"));
}
