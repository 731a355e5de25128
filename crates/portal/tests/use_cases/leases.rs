//! Two portals over one journal, and portals that die at any moment: nothing is sent twice, and nothing is left behind.

use std::future::Future;

use jiff::SignedDuration;
use pim::assignment::AssignmentOrigin;
use pim::challenge::Challenge;
use pim::error::Violation;
use pim::ids::BatchId;
use pim::journal::{Existing, Journal, OperationState as State, Refusal};
use pim::policy::{ContextRequirement, Policy};
use pim::tokens::Audience;
use portal::Portal;
use portal::activate::Confirmation;
use portal::deactivate::TooEarly;
use portal::selection::RowKey;

use crate::support::Answer;
use crate::world::{World, lenient, settle, typed};

/// How many steps any of the races and deaths here can take.
const STEPS: usize = 45;

fn context() -> Challenge {
    Challenge::context(Audience::Graph, "c1".into())
}

fn guarded() -> Policy {
    Policy { authentication_context: ContextRequirement::Required("c1".into()), ..lenient(60) }
}

/// Begins `doing`, and goes on after `steps` steps of it.
async fn begin<F>(steps: usize, doing: F)
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    tokio::spawn(doing);
    for _ in 0..steps {
        tokio::task::yield_now().await;
    }
}

/// Runs `doing` in a portal that dies after `steps` steps, with all that it has begun.
fn dies_after<F>(steps: usize, doing: F)
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    alive(begin(steps, doing));
}

/// Runs `doing` in `portal`, which is told to stop after `steps` steps and ends at once. Returns how many operations it put down.
fn stops_after<F>(steps: usize, portal: &Portal, doing: F) -> usize
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    alive(async {
        begin(steps, doing).await;
        portal.wind_down(tokio::time::Instant::now()).await
    })
}

/// Runs `then` in a runtime of its own.
fn alive<F: Future>(then: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(then)
}

/// Runs `one`, and `other` beside it after `steps` steps of it.
async fn race<A, B>(steps: usize, one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let later = async {
        for _ in 0..steps {
            tokio::task::yield_now().await;
        }
        other.await
    };
    tokio::join!(one, later)
}

/// Lets a portal that has just started watch until nothing is left to do.
async fn watched(portal: &Portal, world: &World) {
    for _ in 0..12 {
        world.clock.advance(SignedDuration::from_secs(40));
        portal.watch_once().await.unwrap();
    }
}

/// What the journal has of Adele's operations.
async fn journaled(world: &World) -> Vec<(State, Option<Refusal>)> {
    let caller = world.adele().caller;
    let changes = world.journal.changes(caller.tenant, caller.principal, 0, usize::MAX).await.unwrap();
    changes.into_iter().map(|(_, operation)| (operation.state, operation.refusal)).collect()
}

/// What is said of the one activation is what happened to it: it went through once, or it was sent and did not go through. It was not given up
/// without being sent.
fn is_true(world: &World, result: &(State, Option<Refusal>), steps: usize) {
    match (world.entra.state().ledger.len(), result) {
        (1, (State::Usable, None)) | (0, (State::NotCreated, None)) => {}
        (went_through, result) => {
            panic!("{steps} steps: {result:?}, and it went through {went_through} times")
        }
    }
}

/// A role of the Entra plane, which ended half an hour from now, was to be activated again: it is queued.
async fn queued_activation(world: &World) -> BatchId {
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.gives("reader", AssignmentOrigin::Activated);
    let until = world.clock_now() + SignedDuration::from_mins(30);
    world.entra.state().assignments[0].until = Some(until);
    world.entra.state().answers.push_back(Answer::Rejected(vec![Violation::AlreadyActive]));
    let active = [RowKey::new(world.entra.id(), "held-reader")];
    let selection = world.portal.continue_active(&world.adele(), &active).await.unwrap().id;
    assert!(world.portal.selection(&world.adele(), selection).await.unwrap().rows == [row]);
    let batch = world.confirm_selection(selection, typed(30, "patching")).await;
    let refusal = Some(Refusal::Exists(Existing::Active(Some(until))));
    assert_eq!(world.results(batch).await, [(State::Rejected, refusal)]);
    world.portal.reactivate_later(&world.adele(), batch).await.unwrap()
}

#[tokio::test]
async fn a_confirmation_that_is_held_up_and_a_later_one_send_once() {
    let mut taken_over = 0;
    for steps in 0..STEPS {
        let world = World::new();
        let row = world.entra.offers("reader", Some(lenient(60)));
        let who = world.adele();
        let selection = world.portal.select(&who, vec![row]).await.unwrap().id;
        let (slow, later) = (world.replica(), world.replica());
        *world.journal.holds_up.lock().unwrap() = 2 * STEPS;
        let (one, two) = race(steps, slow.confirm(&who, selection, typed(30, "patching")), async {
            let kept = world.portal.selection(&who, selection).await.unwrap();
            // Everything stands still for longer than a confirmation belongs to whoever made it.
            world.clock.advance(SignedDuration::from_secs(91));
            *world.journal.holds_up.lock().unwrap() = 0;
            taken_over += usize::from(world.portal.was_abandoned(&who, &kept).await.unwrap());
            later.confirm(&who, selection, typed(30, "patching")).await
        })
        .await;
        settle().await;
        let carried_out: Vec<_> = [one, two]
            .into_iter()
            .filter_map(|made| match made.unwrap() {
                Confirmation::CarriedOut(batch) => Some(batch),
                Confirmation::NotYet => None,
            })
            .collect();
        assert!(!carried_out.is_empty() && carried_out.iter().all(|batch| *batch == carried_out[0]));
        assert_eq!(world.entra.calls("submit"), 1, "{steps} steps");
        assert_eq!(journaled(&world).await.len(), 1, "{steps} steps");
    }
    assert!(taken_over > 0, "no confirmation was held up between its mark and the journal");
}

#[test]
fn a_confirmation_that_dies_anywhere_is_carried_out_once_or_never_was() {
    for chooses_ids in [false, true] {
        for answer in [Answer::Accepted("Provisioned"), Answer::Lost("Provisioned"), Answer::Unsure] {
            let mut seen = Vec::new();
            for steps in 0..STEPS {
                let world = if chooses_ids { World::choosing_ids() } else { World::new() };
                world.entra.tells_the_truth();
                let row = world.entra.offers("reader", Some(lenient(60)));
                world.entra.state().answers.push_back(answer.clone());
                let who = world.adele();
                let selection = alive(world.portal.select(&who, vec![row])).unwrap().id;
                // A portal that remembers nothing of that runtime.
                let (portal, again) = (world.replica(), who.clone());
                dies_after(
                    steps,
                    async move { portal.confirm(&who, selection, typed(30, "patching")).await },
                );
                alive(async {
                    watched(&world.replica(), &world).await;
                    let journaled = journaled(&world).await;
                    match journaled.as_slice() {
                        [] => {
                            assert_eq!(world.entra.calls("submit"), 0, "{steps} steps: without a trace");
                            // Whatever was marked before, the person can confirm it.
                            let portal = world.replica();
                            let confirmed = portal.confirm(&again, selection, typed(30, "patching")).await;
                            let Ok(Confirmation::CarriedOut(batch)) = confirmed else {
                                panic!("{steps} steps: {confirmed:?}")
                            };
                            assert_eq!(world.operations(batch).await.len(), 1, "{steps} steps");
                            assert_eq!(world.entra.calls("submit"), 1, "{steps} steps: confirmed again");
                        }
                        [result] => is_true(&world, result, steps),
                        more => panic!("{steps} steps: {more:?}"),
                    }
                    seen.push(journaled.first().map(|(state, _)| *state));
                });
            }
            // The first death comes before anything was stored, the last when all is done.
            let is_absent = matches!(answer, Answer::Unsure) && !chooses_ids;
            let done = if is_absent { State::NotCreated } else { State::Usable };
            assert_eq!((seen.first(), seen.last()), (Some(&None), Some(&Some(done))));
        }
    }
}

#[test]
fn what_is_in_hand_when_a_portal_stops_is_gone_on_with_at_once() {
    let mut put_down = 0;
    let mut held_back = 0;
    for answer in [Answer::Accepted("Provisioned"), Answer::Lost("Provisioned")] {
        for (steps, kindly) in (0..STEPS).flat_map(|steps| [(steps, true), (steps, false)]) {
            let world = World::choosing_ids();
            world.entra.tells_the_truth();
            let row = world.entra.offers("reader", Some(lenient(60)));
            world.entra.state().answers.push_back(answer.clone());
            let who = world.adele();
            let selection = alive(world.portal.select(&who, vec![row])).unwrap().id;
            let confirming = world.replica();
            let stopping = confirming.clone();
            let confirm = async move { confirming.confirm(&who, selection, typed(30, "patching")).await };
            if kindly {
                put_down += stops_after(steps, &stopping, confirm);
            } else {
                dies_after(steps, confirm);
            }
            alive(async {
                let other = world.replica();
                // Not half a lease.
                for _ in 0..10 {
                    world.clock.advance(SignedDuration::from_secs(4));
                    other.watch_once().await.unwrap();
                }
                match journaled(&world).await.as_slice() {
                    [] => assert_eq!(world.entra.calls("submit"), 0, "{steps} steps: without a trace"),
                    [(State::Usable, None)] => {
                        assert_eq!(world.entra.state().ledger.len(), 1, "{steps} steps");
                    }
                    [result] if kindly => panic!("{steps} steps: still {result:?}"),
                    [_] => held_back += 1,
                    more => panic!("{steps} steps: {more:?}"),
                }
            });
        }
    }
    assert!(put_down > 0, "nothing was in hand");
    assert!(held_back > 0, "what dies without a word is held back by its lease");
}

#[test]
fn what_was_queued_is_sent_once_wherever_its_sender_dies() {
    for steps in 0..STEPS {
        let world = World::new();
        world.entra.tells_the_truth();
        let later = alive(queued_activation(&world));
        world.clock.advance(SignedDuration::from_mins(31));
        let portal = world.replica();
        dies_after(steps, async move { portal.watch_once().await });
        alive(async {
            watched(&world.replica(), &world).await;
            is_true(&world, &world.results(later).await[0], steps);
        });
    }
}

#[test]
fn what_the_person_sends_again_is_sent_once_wherever_its_sender_dies() {
    for steps in 0..STEPS {
        let world = World::new();
        world.entra.tells_the_truth();
        let row = world.entra.offers("reader", Some(lenient(60)));
        world.entra.state().answers.push_back(Answer::Unsure);
        let batch = alive(async {
            let batch = world.confirm(vec![row], typed(30, "patching")).await;
            watched(&world.portal, &world).await;
            assert_eq!(world.states(batch).await, [State::NotCreated]);
            batch
        });
        let (portal, who) = (world.replica(), world.adele());
        dies_after(steps, async move { portal.send_again(&who, batch).await });
        alive(async {
            watched(&world.replica(), &world).await;
            is_true(&world, &world.results(batch).await[0], steps);
        });
    }
}

#[test]
fn what_waited_for_a_sign_in_is_sent_once_wherever_its_sender_dies() {
    for steps in 0..STEPS {
        let world = World::new();
        world.entra.tells_the_truth();
        let row = world.entra.offers("reader", Some(guarded()));
        let batch = alive(world.confirm(vec![row], typed(30, "patching")));
        world.tokens.meet(context());
        let (portal, who) = (world.replica(), world.adele());
        dies_after(steps, async move { portal.resume(&who, batch).await });
        alive(async {
            let portal = world.replica();
            watched(&portal, &world).await;
            // What still waits, the person confirms once more.
            portal.resume(&world.adele(), batch).await.unwrap();
            watched(&portal, &world).await;
            is_true(&world, &world.results(batch).await[0], steps);
        });
    }
}

#[test]
fn a_deactivation_that_was_queued_is_sent_wherever_its_sender_dies() {
    for steps in 0..STEPS {
        let world = World::new();
        let row = world.entra.gives("reader", AssignmentOrigin::Activated);
        world.entra.state().assignments[0].since = Some(world.clock_now());
        let batch = alive(world.portal.deactivate(&world.adele(), &[row], TooEarly::Queue)).unwrap();
        world.entra.state().answers.push_back(Answer::Accepted("Revoked"));
        // Where the answer was lost with its sender, the service has the request.
        world.entra.state().lost = Some("Revoked");
        world.clock.advance(SignedDuration::from_mins(6));
        let portal = world.replica();
        dies_after(steps, async move { portal.watch_once().await });
        alive(async {
            watched(&world.replica(), &world).await;
            assert_eq!(world.results(batch).await, [(State::Revoked, None)], "{steps} steps");
            assert!(world.entra.calls("deactivate") <= 1, "{steps} steps: sent twice");
        });
    }
}

#[tokio::test]
async fn a_queued_activation_that_nobody_expects_any_more_is_not_sent() {
    let world = World::new();
    let later = queued_activation(&world).await;
    // The portal was down for hours.
    assert_eq!(world.watch_after(SignedDuration::from_hours(8)).await, 1);
    assert_eq!(world.results(later).await, [(State::Rejected, Some(Refusal::NotSent))]);
    assert_eq!(world.entra.state().ledger.len(), 0);
}

#[tokio::test]
async fn two_portals_carry_one_confirmation_out_once() {
    for steps in 0..STEPS {
        let world = World::new();
        let row = world.entra.offers("reader", Some(lenient(60)));
        let (who, other) = (world.adele(), world.replica());
        let selection = world.portal.select(&who, vec![row]).await.unwrap().id;
        let confirm = |portal: Portal| {
            let who = who.clone();
            async move { portal.confirm(&who, selection, typed(30, "patching")).await.unwrap() }
        };
        let (one, two) = race(steps, confirm(world.portal.clone()), confirm(other)).await;
        assert_eq!(one, two, "{steps} steps");
        assert_eq!(world.entra.calls("submit"), 1, "{steps} steps");
    }
}

#[tokio::test]
async fn two_portals_resume_and_send_again_once() {
    for steps in 0..STEPS {
        let world = World::new();
        let row = world.entra.offers("reader", Some(guarded()));
        let (who, other) = (world.adele(), world.replica());
        let batch = world.confirm(vec![row], typed(30, "patching")).await;
        world.tokens.meet(context());
        world.entra.state().answers.push_back(Answer::Unsure);
        let (one, two) = race(steps, world.portal.resume(&who, batch), other.resume(&who, batch)).await;
        assert!(one.is_ok() && two.is_ok());
        assert_eq!(world.entra.calls("submit"), 1, "{steps} steps");

        world.clock.advance(SignedDuration::from_secs(121));
        for _ in 0..3 {
            world.track(batch).await;
        }
        assert_eq!(world.states(batch).await, [State::NotCreated]);
        let (one, two) =
            race(steps, world.portal.send_again(&who, batch), other.send_again(&who, batch)).await;
        assert_eq!(one.unwrap() + two.unwrap(), 1, "{steps} steps");
        assert_eq!(world.entra.calls("submit"), 2, "{steps} steps");
    }
}

#[tokio::test]
async fn what_is_due_is_taken_by_one_portal_and_a_page_does_not_send_it_again() {
    for steps in 0..STEPS {
        let world = World::new();
        let later = queued_activation(&world).await;
        let (who, other) = (world.adele(), world.replica());
        world.clock.advance(SignedDuration::from_mins(31));
        let (one, two) = race(steps, world.portal.watch_once(), other.watch_once()).await;
        assert_eq!(one.unwrap() + two.unwrap(), 1, "{steps} steps");
        assert_eq!(world.entra.state().ledger.len(), 1, "{steps} steps");

        let world = World::new();
        let again = queued_activation(&world).await;
        world.clock.advance(SignedDuration::from_mins(31));
        let other = world.replica();
        let (one, two) = race(steps, world.portal.watch_once(), other.track(&who, again)).await;
        assert!(one.is_ok() && two.is_ok());
        assert_eq!(world.entra.state().ledger.len(), 1, "{steps} steps");
        assert_ne!(later, again);
    }
}

#[tokio::test]
async fn what_is_taken_back_while_it_falls_due_is_either_sent_or_withdrawn() {
    let mut outcomes = Vec::new();
    for (steps, watch_first) in (0..STEPS).flat_map(|steps| [(steps, true), (steps, false)]) {
        let world = World::new();
        let later = queued_activation(&world).await;
        let (who, id, other) = (world.adele(), world.operations(later).await[0].id, world.replica());
        world.clock.advance(SignedDuration::from_mins(31));
        let (watch, take_back) = (world.portal.watch_once(), other.take_back(&who, later, id));
        let taken = if watch_first {
            race(steps, watch, take_back).await.1
        } else {
            race(steps, take_back, watch).await.0
        };
        let (taken, sent) = (taken.unwrap(), world.entra.state().ledger.len());
        assert_eq!(sent, usize::from(!taken), "{steps} steps");
        assert_eq!(world.states(later).await == [State::Cancelled], taken, "{steps} steps");
        outcomes.push(taken);
    }
    assert!(outcomes.contains(&false) && outcomes.contains(&true), "both were seen");
}

#[tokio::test]
async fn what_a_portal_has_taken_is_nobody_elses_before_its_lease_ends() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers.push_back(Answer::Accepted("PendingApproval"));
    world.confirm(vec![row], typed(30, "patching")).await;
    world.clock.advance(SignedDuration::from_mins(1));
    let now = world.clock_now();
    let lease = SignedDuration::from_secs(90);
    // The one that takes it dies with it.
    assert_eq!(world.journal.claim(now, now + lease, 10).await.unwrap().len(), 1);
    assert_eq!(world.replica().watch_once().await, Ok(0));
    assert_eq!(world.watch_after(lease - SignedDuration::from_secs(1)).await, 0);
    assert_eq!(world.watch_after(SignedDuration::from_secs(1)).await, 1);
}

#[tokio::test]
async fn what_a_slow_look_found_of_one_send_says_nothing_of_the_next() {
    for chooses_ids in [false, true] {
        let world = if chooses_ids { World::choosing_ids() } else { World::new() };
        world.entra.tells_the_truth();
        let row = world.entra.offers("reader", Some(lenient(60)));
        world.entra.state().answers.push_back(Answer::Unsure);
        let batch = world.confirm(vec![row], typed(30, "patching")).await;
        world.track(batch).await;
        world.clock.advance(SignedDuration::from_secs(121));

        // Another portal looks for the lost request, and its answer takes long.
        world.entra.hold("find");
        let (other, who) = (world.replica(), world.adele());
        let slow = tokio::spawn(async move { other.track(&who, batch).await });
        settle().await;
        let answer = world.entra.pass_by("find");
        // Meanwhile it is sent once more, goes through, and that answer is lost as well.
        world.entra.state().answers.push_back(Answer::Lost("PendingApproval"));
        let state = world.track(batch).await;
        if !chooses_ids {
            assert_eq!(state, [State::NotCreated]);
            world.entra.state().failing.insert("find");
            assert_eq!(world.portal.send_again(&world.adele(), batch).await, Ok(1));
        }
        assert_eq!(world.states(batch).await, [State::Unsure]);
        let story = world.operations(batch).await.remove(0).timeline;
        assert_eq!(world.entra.state().ledger.len(), 1);

        answer.add_permits(1);
        slow.await.unwrap().unwrap();
        let told = world.operations(batch).await.remove(0);
        assert_eq!((told.state, told.timeline), (State::Unsure, story), "chooses ids: {chooses_ids}");
        world.entra.state().failing.clear();
        assert_eq!(world.track(batch).await, [State::PendingApproval]);
        assert_eq!(world.entra.state().ledger.len(), 1);
    }
}
