//! Stronger sign-ins: who may make one, where a callback belongs that comes too late or twice, and which token comes of it.

use identity::{BrowserBinding, Finished, ReturnTo, SignInError, SignedIn, StepUp};
use jiff::SignedDuration;
use pim::challenge::Challenge;
use pim::tokens::Audience;

use crate::support::{Journey, World};

const BATCH: &str = "/requests/7d0a3c1e-52d4-4b7e-9a54-0f6f1b3f1c11";

fn c1(audience: Audience) -> Challenge {
    Challenge::context(audience, "c1".into())
}

/// Begins a stronger sign-in for `challenge`.
async fn begin(world: &World, signed_in: &SignedIn, challenge: Challenge) -> Journey {
    let step_up = StepUp { vault: signed_in.vault, principal: signed_in.person.id, challenge };
    let to = ReturnTo::parse(BATCH).unwrap();
    let begun = world.identity.begin_step_up(BrowserBinding::random(), step_up, to, None).await;
    Journey::of(begun.unwrap())
}

/// The stronger sign-in came to nothing, on the page of its batch.
fn why_not(finished: Result<Finished, SignInError>) -> SignInError {
    let Ok(Finished::NotSteppedUp { return_to, error }) = finished else { panic!("{finished:?}") };
    assert_eq!(return_to.as_str(), BATCH);
    error
}

#[tokio::test]
async fn too_late_or_twice_ends_where_it_belongs() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let journey = begin(&world, &signed_in, c1(Audience::Graph)).await;
    let again = || world.identity.finish(journey.callback(), Some(&journey.binding));
    world.clock.advance(SignedDuration::from_mins(10) + SignedDuration::from_secs(1));
    assert_eq!(why_not(again().await).slug(), "expired");
    assert_eq!(why_not(again().await).slug(), "replayed");
    assert_eq!(world.stub.calls().len(), 1, "the code is not sent");
    world.clock.advance(SignedDuration::from_mins(50));
    assert_eq!(again().await.map(drop), Err(SignInError::FlowUnknown), "nothing is remembered any more");
}

#[tokio::test]
async fn another_browser_is_not_told_where_it_belongs() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let journey = begin(&world, &signed_in, c1(Audience::Graph)).await;
    let other = BrowserBinding::random();
    for binding in [None, Some(other.cookie_value())] {
        let early = world.identity.finish(journey.callback(), binding).await.map(drop);
        assert_eq!(early, Err(SignInError::NotThisBrowser));
    }
    world.clock.advance(SignedDuration::from_mins(11));
    why_not(world.identity.finish(journey.callback(), Some(&journey.binding)).await);
    for binding in [None, Some(other.cookie_value())] {
        let late = world.identity.finish(journey.callback(), binding).await.map(drop);
        assert!(matches!(late, Err(SignInError::FlowReplayed(_))), "{late:?}");
    }
}
