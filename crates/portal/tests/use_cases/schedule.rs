//! What differs for single roles, and starts that lie ahead.

use jiff::{SignedDuration, Timestamp};
use pim::assignment::AssignmentOrigin;
use pim::challenge::Challenge;
use pim::draft::{Draft, Ticket};
use pim::error::Violation;
use pim::ids::RequestId;
use pim::journal::OperationState as State;
use pim::policy::{ContextRequirement, Policy, Requirement};
use pim::tokens::Audience;
use portal::activate::Confirmation;
use portal::selection::{Field, Fields, LONGEST_JUSTIFICATION, Own, Problem, RowKey};

use crate::support::Answer;
use crate::world::{World, lenient, minutes, typed};

fn ticketed(most: u32) -> Policy {
    Policy { ticket: Requirement::Required, ..lenient(most) }
}

fn guarded() -> Policy {
    Policy { authentication_context: ContextRequirement::Required("c1".into()), ..lenient(60) }
}

fn context() -> Challenge {
    Challenge::context(Audience::Graph, "c1".into())
}

fn ticket(number: &str, system: &str) -> Ticket {
    Ticket { number: number.into(), system: system.into() }
}

/// What was sent to the Entra plane.
fn sent(world: &World) -> Vec<Draft> {
    world.entra.state().drafts.iter().map(|(_, draft)| draft.clone()).collect()
}

/// What is wrong when `rows` are to be activated with `fields`.
async fn problems(world: &World, rows: &[RowKey], fields: Fields) -> Vec<Problem> {
    let selection = world.portal.select(&world.adele(), rows.to_vec()).await.unwrap().id;
    let outcome = world.portal.confirm(&world.adele(), selection, fields).await.unwrap();
    let problems = world.portal.selection(&world.adele(), selection).await.unwrap().problems;
    assert_eq!(problems.is_empty(), outcome != Confirmation::NotYet);
    problems
}

fn in_hours(world: &World, hours: i64) -> Timestamp {
    world.clock_now() + SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn what_was_typed_for_one_role_is_sent_with_that_one_alone() {
    let world = World::new();
    let rows = ["all", "own", "mixed"].map(|name| world.entra.offers(name, Some(ticketed(60))));
    let own = Own {
        duration: Some(minutes(15)),
        justification: Some(" only here ".into()),
        ticket_number: Some("INC2".into()),
        ticket_system: Some("Other".into()),
    };
    let mixed = Own { duration: Some(minutes(600)), justification: Some(" \n ".into()), ..Own::default() };
    let fields = Fields {
        ticket_number: "INC1".into(),
        ticket_system: "Desk".into(),
        own: vec![(rows[1].clone(), own), (rows[2].clone(), mixed)],
        ..typed(30, "patching")
    };
    world.confirm(rows.into(), fields).await;
    let sent = sent(&world);
    let told: Vec<_> = sent.iter().map(|draft| (draft.duration, draft.justification.as_str())).collect();
    // No role is longer than its policy allows, whoever asked for it.
    assert_eq!(told, [(minutes(30), "patching"), (minutes(15), "only here"), (minutes(60), "patching")]);
    let tickets: Vec<_> = sent.into_iter().filter_map(|draft| draft.ticket).collect();
    assert_eq!(tickets, [ticket("INC1", "Desk"), ticket("INC2", "Other"), ticket("INC1", "Desk")]);
}

#[tokio::test]
async fn a_role_with_a_reason_and_a_ticket_of_its_own_misses_none_and_helps_no_other() {
    let world = World::new();
    let strict = Policy { justification: Requirement::Required, ..ticketed(60) };
    let rows = ["one", "two"].map(|name| world.entra.offers(name, Some(strict.clone())));
    let own = |row: &RowKey| {
        let own = Own {
            justification: Some("only here".into()),
            ticket_number: Some("INC2".into()),
            ..Own::default()
        };
        (row.clone(), own)
    };
    let fields = |own| Fields { own, ..typed(30, "") };
    let missing = problems(&world, &rows, fields(vec![own(&rows[0])])).await;
    let missing: Vec<_> = missing.into_iter().map(|problem| problem.field).collect();
    assert_eq!(missing, [Field::Justification, Field::Ticket]);
    assert_eq!(sent(&world).len(), 0);
    assert_eq!(problems(&world, &rows, fields(rows.iter().map(own).collect())).await, []);
    assert_eq!(sent(&world).len(), 2);
}

#[tokio::test]
async fn a_long_reason_of_one_role_is_told_at_that_role_and_only_while_it_is_to_be_sent() {
    let world = World::new();
    let rows = ["one", "two"].map(|name| world.entra.offers(name, Some(lenient(60))));
    let long = |length| {
        let own = Own { justification: Some("ä".repeat(length)), ..Own::default() };
        Fields { own: vec![(rows[1].clone(), own)], ..typed(30, "patching") }
    };
    let told = problems(&world, &rows, long(LONGEST_JUSTIFICATION + 1)).await;
    let told: Vec<_> = told.into_iter().map(|problem| (problem.field, problem.row)).collect();
    assert_eq!(told, [(Field::Justification, Some(rows[1].clone()))]);
    assert_eq!(sent(&world).len(), 0);

    world.entra.gives("two", AssignmentOrigin::Activated);
    world.portal.forget(&world.adele()).await;
    assert_eq!(problems(&world, &rows, long(LONGEST_JUSTIFICATION + 1)).await, []);
    world.entra.state().assignments.clear();
    world.portal.forget(&world.adele()).await;
    assert_eq!(problems(&world, &rows, long(LONGEST_JUSTIFICATION)).await, []);
}

#[tokio::test]
async fn what_was_typed_for_single_roles_is_kept_for_another_try() {
    let world = World::new();
    let rows = [
        world.entra.offers("all", Some(ticketed(60))),
        world.entra.offers("own", Some(ticketed(60))),
        world.entra.offers("short", Some(ticketed(20))),
        world.entra.offers("unknown", None),
    ];
    world.entra.state().answers =
        (0..4).map(|_| Answer::Rejected(vec![Violation::Other("Later".into())])).collect();
    let own = Own {
        duration: Some(minutes(15)),
        justification: Some("only here".into()),
        ticket_number: Some("INC1".into()),
        ticket_system: Some("Other".into()),
    };
    let shorter = Own { duration: Some(minutes(10)), ..Own::default() };
    let fields = Fields {
        ticket_number: "INC1".into(),
        ticket_system: "Desk".into(),
        start: Some(in_hours(&world, 2)),
        own: vec![(rows[1].clone(), own), (rows[3].clone(), shorter)],
        ..typed(45, "patching")
    };
    let batch = world.confirm(rows.to_vec(), fields).await;
    let again = world.portal.retry(&world.adele(), batch).await.unwrap();
    assert!(again.rows == rows);
    world.confirm_selection(again.id, again.fields).await;
    let sent = sent(&world);
    let (first, second) = sent.split_at(4);
    assert!(first == second, "what is confirmed again is what was confirmed");
    let lengths: Vec<_> = second.iter().map(|draft| draft.duration.minutes()).collect();
    assert_eq!(lengths, [45, 15, 20, 10]);
}

#[tokio::test]
async fn a_start_lies_ahead_and_within_a_year() {
    let second = SignedDuration::from_secs(1);
    let minute = SignedDuration::from_mins(1);
    let year = SignedDuration::from_hours(366 * 24);
    for (ahead, is_problem) in [
        (-minute - second, true),
        (-minute, false),
        (SignedDuration::ZERO, false),
        (year, false),
        (year + second, true),
    ] {
        let world = World::new();
        let row = world.entra.offers("reader", Some(lenient(60)));
        let start = world.clock_now() + ahead;
        let told = problems(&world, &[row], Fields { start: Some(start), ..typed(30, "patching") }).await;
        let told: Vec<_> = told.into_iter().map(|problem| problem.field).collect();
        assert_eq!(told, if is_problem { vec![Field::Start] } else { vec![] }, "{ahead}");
        // What has begun begins now: the service takes no start in the past.
        let starts: Vec<_> = sent(&world).into_iter().map(|draft| draft.start).collect();
        let expected = start.max(world.clock_now());
        assert_eq!(starts, if is_problem { vec![] } else { vec![expected] }, "{ahead}");
    }
}

#[tokio::test]
async fn an_activation_that_starts_later_is_scheduled_until_it_was_seen() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers.push_back(Answer::Accepted("Granted"));
    let start = in_hours(&world, 2);
    let fields = Fields { start: Some(start), ..typed(30, "patching") };
    let batch = world.confirm(vec![row], fields).await;
    assert_eq!(world.states(batch).await, [State::Scheduled]);
    world.entra.state().status = Some("Granted");
    world.watch_after(SignedDuration::from_hours(1)).await;
    assert_eq!(world.states(batch).await, [State::Scheduled]);
    world.watch_after(SignedDuration::from_hours(1)).await;
    assert_eq!(world.states(batch).await, [State::Accepted]);
    world.entra.state().status = Some("Provisioned");
    world.watch_after(SignedDuration::from_mins(1)).await;
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.watch_after(SignedDuration::from_mins(1)).await;
    assert_eq!(world.states(batch).await, [State::Usable]);
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn a_start_and_what_was_typed_are_kept_through_a_stronger_sign_in() {
    let world = World::new();
    // One sign-in is known from the policy, the other is learnt from the refusal.
    let rows =
        vec![world.entra.offers("known", Some(guarded())), world.entra.offers("learnt", Some(lenient(60)))];
    world.entra.state().answers = [Answer::StepUp(context())].into();
    let start = in_hours(&world, 2);
    let own = Own { duration: Some(minutes(15)), justification: Some("only here".into()), ..Own::default() };
    let fields = Fields { start: Some(start), own: vec![(rows[1].clone(), own)], ..typed(30, "patching") };
    let batch = world.confirm(rows, fields).await;
    assert_eq!(world.states(batch).await, [State::AwaitingStepUp, State::AwaitingStepUp]);
    world.clock.advance(SignedDuration::from_mins(7));
    world.tokens.meet(context());
    assert_eq!(world.portal.resume(&world.adele(), batch).await, Ok(2));
    let sent = sent(&world);
    let told: Vec<_> = sent[1..]
        .iter()
        .map(|draft| (draft.target.role.as_str(), draft.start, draft.duration, draft.justification.as_str()))
        .collect();
    assert_eq!(
        told,
        [("known", start, minutes(30), "patching"), ("learnt", start, minutes(15), "only here")]
    );
}

#[tokio::test]
async fn a_start_that_passes_during_a_stronger_sign_in_is_moved_to_the_send() {
    for ahead in [SignedDuration::ZERO, SignedDuration::from_mins(2)] {
        let world = World::new();
        let rows = vec![
            world.entra.offers("known", Some(guarded())),
            world.entra.offers("learnt", Some(lenient(60))),
        ];
        world.entra.state().answers = [Answer::StepUp(context())].into();
        let fields = Fields { start: Some(world.clock_now() + ahead), ..typed(30, "patching") };
        let batch = world.confirm(rows, fields).await;
        world.clock.advance(SignedDuration::from_mins(7));
        world.tokens.meet(context());
        assert_eq!(world.portal.resume(&world.adele(), batch).await, Ok(2));
        let starts: Vec<_> = sent(&world)[1..].iter().map(|draft| draft.start).collect();
        assert_eq!(starts, [world.clock_now(); 2], "{ahead}");
        // What the journal says is what was sent.
        for operation in world.operations(batch).await {
            let pim::journal::Intent::Activate(draft) = operation.intent else { panic!("not an activation") };
            assert_eq!(draft.start, world.clock_now());
        }
    }
}

#[tokio::test]
async fn what_did_not_go_through_starts_when_the_person_sends_it_again() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers = [Answer::Unsure].into();
    let batch = world.confirm(vec![row], typed(30, "patching")).await;
    world.clock.advance(SignedDuration::from_mins(3));
    world.track(batch).await;
    assert_eq!(world.track(batch).await, [State::NotCreated]);
    world.portal.send_again(&world.adele(), batch).await.unwrap();
    assert_eq!(sent(&world)[1].start, world.clock_now());
}

#[tokio::test]
async fn what_may_have_gone_through_is_repeated_word_for_word() {
    let world = World::choosing_ids();
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers = [Answer::Unsure, Answer::Accepted("Provisioned")].into();
    let batch = world.confirm(vec![row], typed(30, "patching")).await;
    let id: RequestId = world.operations(batch).await.remove(0).request_id;
    world.clock.advance(SignedDuration::from_mins(3));
    world.track(batch).await;
    assert_eq!(world.track(batch).await, [State::Provisioned]);
    let sent = sent(&world);
    assert_eq!(sent.len(), 2);
    assert!(sent[0] == sent[1], "the same request");
    assert_eq!(world.entra.state().ids, [id.clone(), id]);
}
