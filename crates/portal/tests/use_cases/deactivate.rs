//! Deactivating: the five-minute floor in both its forms, when it is allowed, and all at once.

use jiff::SignedDuration;
use pim::assignment::AssignmentOrigin;
use pim::error::Violation;
use pim::ids::BatchId;
use pim::journal::{OperationState as State, Refusal};
use portal::PortalError;
use portal::deactivate::TooEarly;
use portal::selection::RowKey;

use crate::support::Answer;
use crate::world::World;

const FLOOR: SignedDuration = SignedDuration::from_mins(5);
/// How long after the floor the portal sends what was queued.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Adds a role that has been active for `age`.
fn active_for(world: &World, name: &str, age: SignedDuration) -> RowKey {
    let row = world.entra.gives(name, AssignmentOrigin::Activated);
    let since = world.clock_now() - age;
    world.entra.state().assignments.last_mut().unwrap().since = Some(since);
    row
}

async fn deactivate(world: &World, rows: &[RowKey], too_early: TooEarly) -> BatchId {
    world.portal.deactivate(&world.adele(), rows, too_early).await.unwrap()
}

fn too_short() -> Refusal {
    Refusal::Violations(vec![Violation::TooShort])
}

/// The roles whose deactivation was sent.
fn sent(world: &World) -> Vec<String> {
    world.entra.state().deactivated.iter().map(|(_, row)| row.target.role.as_str().to_owned()).collect()
}

#[tokio::test]
async fn both_forms_of_the_floor_say_the_same() {
    for (answer, state) in [
        (Answer::Rejected(vec![Violation::TooShort]), State::Rejected),
        (Answer::Accepted("Failed"), State::Failed),
    ] {
        let world = World::new();
        let row = active_for(&world, "reader", FLOOR - SECOND);
        world.entra.state().answers.push_back(answer);
        let batch = deactivate(&world, &[row], TooEarly::Send).await;
        assert_eq!(world.results(batch).await, [(state, Some(too_short()))]);
        assert_eq!(world.entra.calls("deactivate"), 1);
    }
}

#[tokio::test]
async fn what_fails_after_the_floor_or_without_a_known_start_failed_for_another_reason() {
    for known in [true, false] {
        let world = World::new();
        let row = active_for(&world, "reader", FLOOR);
        if !known {
            world.entra.state().assignments[0].since = None;
        }
        world.entra.state().answers.push_back(Answer::Accepted("Failed"));
        let batch = deactivate(&world, &[row], TooEarly::Send).await;
        assert_eq!(world.results(batch).await, [(State::Failed, None)]);
    }
}

#[tokio::test]
async fn what_was_sent_too_early_failed_for_that_however_late_it_is_learnt() {
    for answer in [Answer::Accepted("PendingRevocation"), Answer::Unsure] {
        let world = World::new();
        let row = active_for(&world, "reader", SignedDuration::from_mins(1));
        world.entra.state().answers.push_back(answer);
        let batch = deactivate(&world, &[row], TooEarly::Send).await;
        world.entra.state().status = Some("Failed");
        world.entra.state().lost = Some("Failed");
        world.watch_after(SignedDuration::from_mins(10)).await;
        assert_eq!(world.results(batch).await, [(State::Failed, Some(too_short()))]);
    }
}

#[tokio::test]
async fn when_allowed_means_each_when_it_is_allowed_and_once() {
    let world = World::new();
    let young = active_for(&world, "young", SignedDuration::from_mins(1));
    let newborn = active_for(&world, "newborn", SignedDuration::ZERO);
    let old = active_for(&world, "old", FLOOR);
    let undated = world.entra.gives("undated", AssignmentOrigin::Activated);
    world.entra.state().answers = (0..4).map(|_| Answer::Accepted("Revoked")).collect();
    let batch = deactivate(&world, &[young, newborn, old, undated], TooEarly::Queue).await;
    assert_eq!(world.states(batch).await, [State::Queued, State::Queued, State::Revoked, State::Revoked]);
    assert_eq!(sent(&world), ["old", "undated"]);

    let until = SignedDuration::from_mins(4) + MARGIN;
    assert_eq!(world.watch_after(until - SECOND).await, 0);
    assert_eq!(
        world.track(batch).await[..2],
        [State::Queued, State::Queued],
        "a look of the person's does not hurry it"
    );
    assert_eq!(world.watch_after(SECOND).await, 1);
    assert_eq!(sent(&world)[2..], ["young"]);
    assert_eq!(world.watch_after(SignedDuration::from_mins(1)).await, 1);
    assert_eq!(sent(&world)[3..], ["newborn"]);
    assert_eq!(world.states(batch).await, [State::Revoked; 4]);
    assert_eq!(world.watch_after(SignedDuration::from_hours(1)).await, 0);
    assert_eq!(world.entra.calls("deactivate"), 4);
}

#[tokio::test]
async fn a_queued_deactivation_of_what_has_ended_by_itself_says_so() {
    let world = World::new();
    let row = active_for(&world, "reader", SignedDuration::ZERO);
    world.entra.state().answers.push_back(Answer::Rejected(vec![Violation::NotActive]));
    let batch = deactivate(&world, &[row], TooEarly::Queue).await;
    world.watch_after(FLOOR + MARGIN).await;
    let refusal = Refusal::Violations(vec![Violation::NotActive]);
    assert_eq!(world.results(batch).await, [(State::Rejected, Some(refusal))]);
}

#[tokio::test]
async fn all_means_every_activated_role_on_every_plane_and_no_other() {
    let world = World::new();
    active_for(&world, "one", FLOOR);
    active_for(&world, "two", FLOOR);
    world.entra.gives("assigned", AssignmentOrigin::Assigned);
    world.azure.gives("owner", AssignmentOrigin::Activated);
    let found = world.portal.all_active(&world.adele()).await;
    let rows: Vec<RowKey> =
        found.active.iter().map(|row| RowKey::new(&row.target.plane, row.id.as_str())).collect();
    let expected = ["entra:held-one", "entra:held-two", "azure:held-owner"];
    assert_eq!(rows.iter().map(RowKey::to_string).collect::<Vec<_>>(), expected);
    assert!(found.unread.is_empty());
    world.entra.state().answers = (0..2).map(|_| Answer::Accepted("Revoked")).collect();
    world.azure.state().answers.push_back(Answer::Accepted("Revoked"));
    let batch = deactivate(&world, &rows, TooEarly::Send).await;
    assert_eq!(world.states(batch).await, [State::Revoked; 3]);
}

#[tokio::test]
async fn all_says_which_plane_could_not_be_read() {
    let world = World::new();
    active_for(&world, "one", FLOOR);
    world.azure.gives("owner", AssignmentOrigin::Activated);
    world.azure.state().failing.insert("assignments");
    let found = world.portal.all_active(&world.adele()).await;
    assert_eq!(found.active.len(), 1);
    assert_eq!(found.unread.iter().map(|(plane, _)| plane).collect::<Vec<_>>(), [world.azure.id()]);
}

#[tokio::test]
async fn a_second_click_on_when_allowed_queues_nothing_more() {
    let world = World::new();
    let row = active_for(&world, "reader", SignedDuration::ZERO);
    let first = deactivate(&world, std::slice::from_ref(&row), TooEarly::Queue).await;
    assert_eq!(deactivate(&world, &[row], TooEarly::Queue).await, first);
    assert_eq!(world.watch_after(FLOOR + MARGIN).await, 1);
    assert_eq!(world.entra.calls("deactivate"), 1);
}

#[tokio::test]
async fn a_plane_that_cannot_be_read_deactivates_nothing() {
    let world = World::new();
    let row = active_for(&world, "reader", FLOOR);
    world.entra.state().failing.insert("assignments");
    let nothing = world.portal.deactivate(&world.adele(), &[row], TooEarly::Send).await;
    assert_eq!(nothing, Err(PortalError::NothingChosen));
    assert_eq!(world.entra.calls("deactivate"), 0);
}
