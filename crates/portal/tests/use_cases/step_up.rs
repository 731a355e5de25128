//! Operations that wait for a stronger sign-in.

use jiff::SignedDuration;
use pim::challenge::Challenge;
use pim::error::Violation;
use pim::journal::{OperationState as State, Refusal};
use pim::policy::{ContextRequirement, Policy};
use pim::tokens::Audience;
use portal::PortalError;

use crate::support::Answer;
use crate::world::{World, lenient, session, typed};

fn context(id: &str) -> Policy {
    Policy { authentication_context: ContextRequirement::Required(id.into()), ..lenient(60) }
}

fn challenge(id: &str) -> Challenge {
    Challenge::context(Audience::Graph, id.into())
}

#[tokio::test]
async fn what_a_policy_names_is_asked_for_before_anything_is_sent_one_group_a_context() {
    let world = World::new();
    let rows = vec![
        world.entra.offers("one", Some(context("c1"))),
        world.entra.offers("two", Some(context("c2"))),
        world.entra.offers("one more", Some(context("c1"))),
        world.entra.offers("plain", Some(lenient(60))),
    ];
    let batch = world.confirm(rows, typed(30, "patching")).await;
    assert_eq!(
        world.states(batch).await,
        [State::AwaitingStepUp, State::AwaitingStepUp, State::AwaitingStepUp, State::Provisioned]
    );
    assert_eq!(world.entra.calls("submit"), 1);
    let operations = world.portal.operations(&world.adele(), batch).await.unwrap();
    let groups = world.portal.awaiting_step_up(&world.adele(), &operations).await;
    let sizes: Vec<_> =
        groups.iter().map(|one| (one.challenge.clone(), one.operations.len(), one.made)).collect();
    assert_eq!(sizes, [(challenge("c1"), 2, false), (challenge("c2"), 1, false)]);

    world.tokens.meet(challenge("c1"));
    assert_eq!(world.portal.resume(&world.adele(), batch).await.unwrap(), 2);
    assert_eq!(
        world.states(batch).await,
        [State::Provisioned, State::AwaitingStepUp, State::Provisioned, State::Provisioned]
    );
    assert_eq!(
        world.portal.resume(&world.adele(), batch).await.unwrap(),
        0,
        "what went through is not touched"
    );
    assert_eq!(world.entra.calls("submit"), 3);
}

#[tokio::test]
async fn a_demand_is_learnt_from_a_refusal_and_a_second_one_is_the_end() {
    for answer in [Answer::StepUp(challenge("c1")), Answer::Rejected(vec![Violation::MfaMissing])] {
        let world = World::new();
        let row = world.entra.offers("reader", Some(lenient(60)));
        let demand = match &answer {
            Answer::StepUp(challenge) => challenge.clone(),
            _ => Challenge::mfa(Audience::Graph),
        };
        let again = match &answer {
            Answer::StepUp(challenge) => Answer::StepUp(challenge.clone()),
            _ => Answer::Rejected(vec![Violation::MfaMissing]),
        };
        world.entra.state().answers = [answer, again].into();
        let batch = world.confirm(vec![row], typed(30, "patching")).await;
        assert_eq!(world.states(batch).await, [State::AwaitingStepUp]);
        world.tokens.meet(demand);
        world.portal.resume(&world.adele(), batch).await.unwrap();
        let operation = world.portal.operations(&world.adele(), batch).await.unwrap().remove(0);
        assert_eq!((operation.state, operation.refusal), (State::Rejected, Some(Refusal::StepUpInVain)));
        assert_eq!(world.entra.calls("submit"), 2);
    }
}

#[tokio::test]
async fn different_demands_one_after_the_other_come_to_an_end() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let demands: Vec<_> = (1..=6).map(|number| challenge(&format!("c{number}"))).collect();
    world.entra.state().answers = demands.iter().cloned().map(Answer::StepUp).collect();
    let batch = world.confirm(vec![row], typed(30, "patching")).await;
    for demand in demands {
        world.tokens.meet(demand);
        world.portal.resume(&world.adele(), batch).await.unwrap();
    }
    let operation = world.portal.operations(&world.adele(), batch).await.unwrap().remove(0);
    assert_eq!((operation.state, operation.refusal), (State::Rejected, Some(Refusal::StepUpInVain)));
    assert_eq!(world.entra.calls("submit"), 5);
}

#[tokio::test]
async fn what_nobody_signs_in_for_ends_and_what_is_taken_back_is_not_sent() {
    let world = World::new();
    let rows = ["a", "b"].map(|name| world.entra.offers(name, Some(context("c1"))));
    let batch = world.confirm(rows.into(), typed(30, "patching")).await;
    let first = world.portal.operations(&world.adele(), batch).await.unwrap().remove(0);
    assert!(world.portal.take_back(&world.adele(), batch, first.id).await.unwrap());
    assert!(!world.portal.take_back(&world.adele(), batch, first.id).await.unwrap());
    world.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(world.portal.watch_once().await.unwrap(), 1);
    assert_eq!(world.states(batch).await, [State::Cancelled, State::Rejected]);
    world.tokens.meet(challenge("c1"));
    assert_eq!(world.portal.resume(&world.adele(), batch).await.unwrap(), 0);
    assert_eq!(world.entra.calls("submit"), 0);
}

#[tokio::test]
async fn a_challenge_is_its_owners() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(context("c1")));
    let batch = world.confirm(vec![row], typed(30, "patching")).await;
    let group = world.portal.operations(&world.adele(), batch).await.unwrap().remove(0).id;
    let own = world.portal.challenge(&world.adele(), batch, group).await;
    assert_eq!(own, Ok(challenge("c1")));
    for stranger in [session(1, 9), session(9, 1)] {
        assert_eq!(world.portal.challenge(&stranger, batch, group).await, Err(PortalError::NotFound));
        assert_eq!(world.portal.resume(&stranger, batch).await, Err(PortalError::NotFound));
    }
}
