//! Deciding on other people's requests.

use jiff::SignedDuration;
use pim::approval::{Decided, Decision, Outcome, Requester};
use pim::challenge::Challenge;
use pim::ids::BatchId;
use pim::journal::{OperationState as State, Refusal};
use pim::tokens::Audience;
use portal::PortalError;
use portal::selection::{LONGEST_JUSTIFICATION, RowKey};

use crate::world::{World, session};

async fn decide(world: &World, rows: &[RowKey], decision: Decision) -> BatchId {
    world.portal.decide(&world.adele(), rows, decision, " checked \n").await.unwrap()
}

/// Approves `reader`, whose decision is answered with `decided`.
async fn approve_one(world: &World, decided: Decided) -> BatchId {
    let row = world.entra.asks("reader");
    world.entra.state().decided.insert("reader", decided);
    decide(world, &[row], Decision::Approve).await
}

#[tokio::test]
async fn what_waits_is_listed_oldest_first_without_the_persons_own() {
    let world = World::new();
    for name in ["late", "own", "early"] {
        world.entra.asks(name);
    }
    {
        let mut state = world.entra.state();
        let now = world.portal.clock().now();
        state.waiting[0].created = Some(now);
        state.waiting[1].requester =
            Requester { id: Some(world.adele().caller.principal), ..Requester::default() };
        state.waiting[2].created = Some(now - SignedDuration::from_mins(1));
    }
    let waiting = world.portal.waiting(&world.adele(), world.entra.id()).await.unwrap();
    assert_eq!(waiting.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["early", "late"]);
    // For anybody else the same request is somebody else's.
    let waiting = world.portal.waiting(&session(1, 2), world.entra.id()).await.unwrap();
    assert_eq!(waiting.len(), 3);
}

#[tokio::test]
async fn a_plane_that_cannot_be_read_leaves_the_other() {
    let world = World::new();
    let (unread, row) = (world.entra.asks("reader"), world.azure.asks("owner"));
    world.entra.state().failing.insert("waiting");
    let everywhere = world.portal.waiting_everywhere(&world.adele()).await;
    let counts: Vec<_> =
        everywhere.iter().map(|(_, waiting)| waiting.as_ref().map(|all| all.len()).ok()).collect();
    assert_eq!(counts, [None, Some(1)]);
    let batch = decide(&world, &[unread, row], Decision::Approve).await;
    assert_eq!(world.results(batch).await, [(State::Done, None)]);
    assert_eq!((world.entra.calls("decide"), world.azure.calls("decide")), (0, 1));
}

#[tokio::test]
async fn several_are_decided_alike_and_each_has_its_own_result() {
    let world = World::new();
    let names = ["done", "taken", "own", "gone", "lost", "strict"];
    let mut rows: Vec<_> = names.map(|name| world.entra.asks(name)).into();
    rows.push(world.azure.asks("owner"));
    rows.push(RowKey::new(world.entra.id(), "never"));
    let strict = Challenge::context(Audience::Graph, "c1".into());
    world.entra.state().decided = [
        ("taken", Decided::BySomebodyElse),
        ("own", Decided::OwnRequest),
        ("gone", Decided::Gone),
        ("lost", Decided::Unsure),
        ("strict", Decided::StepUp(strict.clone())),
    ]
    .into();
    let batch = decide(&world, &rows, Decision::Deny).await;
    assert_eq!(
        world.results(batch).await,
        [
            (State::Done, None),
            (State::Rejected, Some(Refusal::DecidedBySomebodyElse)),
            (State::Rejected, Some(Refusal::OwnRequest)),
            (State::Rejected, Some(Refusal::Gone)),
            (State::Unsure, None),
            (State::AwaitingStepUp, None),
            (State::Done, None),
        ]
    );
    let verdicts = world.entra.state().verdicts.clone();
    assert_eq!(verdicts.len(), names.len());
    assert!(verdicts.iter().all(|verdict| verdict.decision == Decision::Deny && verdict.reason == "checked"));

    // Of all these only the one that waits for a sign-in is sent once more.
    world.entra.state().decided.clear();
    world.tokens.meet(strict);
    assert_eq!(world.portal.resume(&world.adele(), batch).await, Ok(1));
    assert_eq!(world.states(batch).await[5], State::Done);
    assert_eq!(world.entra.calls("decide"), names.len() + 1);
}

#[tokio::test]
async fn a_lost_decision_is_looked_up_and_never_sent_again_by_itself() {
    for (outcome, result) in [
        (Outcome::Own(Decision::Approve), (State::Done, None)),
        (Outcome::Other, (State::Rejected, Some(Refusal::DecidedBySomebodyElse))),
        (Outcome::Gone, (State::Rejected, Some(Refusal::Gone))),
        // Decided otherwise, by the same person, elsewhere.
        (Outcome::Own(Decision::Deny), (State::Rejected, Some(Refusal::Gone))),
    ] {
        let world = World::new();
        world.entra.state().failing.insert("outcome");
        let batch = approve_one(&world, Decided::Unsure).await;
        world.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(world.track(batch).await, [State::Unsure], "a read that fails says nothing");
        world.entra.state().failing.clear();
        world.entra.state().outcomes.insert("reader", outcome);
        world.track(batch).await;
        assert_eq!(world.results(batch).await, [result]);
        assert_eq!(world.entra.calls("decide"), 1);
    }
}

#[tokio::test]
async fn a_lost_decision_that_nobody_has_of_was_not_made_and_the_person_may_make_it_again() {
    let world = World::new();
    let batch = approve_one(&world, Decided::Unsure).await;
    assert_eq!(world.track(batch).await, [State::Unsure]);
    world.clock.advance(SignedDuration::from_secs(120));
    assert_eq!(world.track(batch).await, [State::Unsure]);
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(world.track(batch).await, [State::NotCreated]);
    assert_eq!(world.entra.calls("decide"), 1);
    world.entra.state().decided.clear();
    assert_eq!(world.portal.send_again(&world.adele(), batch).await, Ok(1));
    assert_eq!(world.results(batch).await, [(State::Done, None)]);
    assert_eq!(world.entra.calls("decide"), 2);
}

#[tokio::test]
async fn what_waits_no_longer_is_not_decided() {
    let world = World::new();
    let row = world.entra.asks("reader");
    world.entra.state().waiting.clear();
    let nothing = world.portal.decide(&world.adele(), &[row], Decision::Approve, "checked").await;
    assert_eq!(nothing, Err(PortalError::NothingChosen));
    // Nor what is one's own, whatever the form says.
    let own = world.azure.asks("owner");
    world.azure.state().waiting[0].requester.id = Some(world.adele().caller.principal);
    let nothing = world.portal.decide(&world.adele(), &[own], Decision::Approve, "checked").await;
    assert_eq!(nothing, Err(PortalError::NothingChosen));
    assert_eq!(world.entra.calls("decide") + world.azure.calls("decide"), 0);
}

#[tokio::test]
async fn a_decision_makes_the_next_look_at_what_waits_fresh() {
    let world = World::new();
    approve_one(&world, Decided::Done).await;
    world.entra.state().waiting.clear();
    assert_eq!(world.portal.waiting(&world.adele(), world.entra.id()).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_long_reason_is_cut() {
    let world = World::new();
    let row = world.entra.asks("reader");
    let reason = "ä".repeat(LONGEST_JUSTIFICATION + 1);
    world.portal.decide(&world.adele(), &[row], Decision::Deny, &reason).await.unwrap();
    assert_eq!(world.entra.state().verdicts[0].reason, "ä".repeat(LONGEST_JUSTIFICATION));
}
