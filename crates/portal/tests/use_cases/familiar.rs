//! What roles are to a person: favourites, new ones, and how often each was used.

use jiff::SignedDuration;
use portal::Session;
use portal::familiar::Familiar;

use crate::support::{Answer, FakePlane};
use crate::world::{World, adele, lenient, session, typed};

/// What the person is told of a plane's roles, which are read anew.
async fn look(world: &World, plane: &FakePlane, who: &Session) -> Familiar {
    world.portal.forget(who).await;
    let eligible = world.portal.eligible(who, plane.id()).await.unwrap();
    world.portal.familiar(who, plane.id(), &eligible).await
}

/// Which of these roles are new to the person.
async fn new<'a>(world: &World, plane: &FakePlane, names: &[&'a str]) -> Vec<&'a str> {
    let familiar = look(world, plane, &adele()).await;
    names.iter().copied().filter(|name| familiar.is_new(&plane.target(name))).collect()
}

fn next_visit(world: &World) {
    world.clock.advance(SignedDuration::from_hours(5));
}

#[tokio::test]
async fn a_favourite_is_one_persons_own_and_outlives_a_renewal() {
    let world = World::new();
    let row = world.entra.offers("Reader", None);
    world.portal.star(&adele(), &row, true).await.unwrap();
    world.entra.state().eligibilities[0].id = "renewed".into();
    let reader = world.entra.target("Reader");
    assert!(look(&world, &world.entra, &adele()).await.is_favourite(&reader));
    for stranger in [session(1, 2), session(2, 1)] {
        assert!(!look(&world, &world.entra, &stranger).await.is_favourite(&reader));
    }
    assert!(world.portal.star(&adele(), &row, false).await.is_err(), "the row has another id by now");
    let row = portal::selection::RowKey::new(world.entra.id(), "renewed");
    world.portal.star(&adele(), &row, false).await.unwrap();
    assert!(!look(&world, &world.entra, &adele()).await.is_favourite(&reader));
}

#[tokio::test]
async fn what_was_not_there_at_the_last_visit_is_new_throughout_the_next() {
    let world = World::new();
    world.entra.offers("Reader", None);
    assert!(new(&world, &world.entra, &["Reader"]).await.is_empty(), "nothing is new at the first visit");
    next_visit(&world);
    world.entra.offers("Owner", None);
    for _ in 0..3 {
        assert_eq!(new(&world, &world.entra, &["Reader", "Owner"]).await, ["Owner"]);
        world.clock.advance(SignedDuration::from_hours(1));
    }
    next_visit(&world);
    assert!(new(&world, &world.entra, &["Reader", "Owner"]).await.is_empty());
}

#[tokio::test]
async fn a_plane_that_failed_at_a_visit_brings_nothing_new_at_the_next() {
    let world = World::new();
    for plane in [&world.entra, &world.azure] {
        plane.offers("Reader", None);
        look(&world, plane, &adele()).await;
    }
    next_visit(&world);
    world.azure.state().failing.insert("eligibilities");
    look(&world, &world.entra, &adele()).await;
    world.portal.forget(&adele()).await;
    assert!(world.portal.eligible(&adele(), world.azure.id()).await.is_err());
    next_visit(&world);
    world.azure.state().failing.clear();
    world.azure.offers("Owner", None);
    assert_eq!(new(&world, &world.azure, &["Reader", "Owner"]).await, ["Owner"]);
    assert!(new(&world, &world.entra, &["Reader"]).await.is_empty());
}

#[tokio::test]
async fn uses_are_activations_that_came_through() {
    let world = World::new();
    let rows = ["Reader", "Owner"].map(|name| world.entra.offers(name, Some(lenient(60))));
    world.entra.state().answers.push_back(Answer::Accepted("Provisioned"));
    world.entra.state().answers.push_back(Answer::Rejected(Vec::new()));
    world.confirm(rows.to_vec(), typed(30, "Morning")).await;
    let uses = world.portal.uses(&adele()).await;
    assert_eq!(["Reader", "Owner"].map(|name| uses.of(&world.entra.target(name))), [1, 0]);
    assert_eq!(world.portal.uses(&session(1, 2)).await.of(&world.entra.target("Reader")), 0);
    world.clock.advance(SignedDuration::from_hours(91 * 24));
    let later = world.replica().uses(&adele()).await;
    assert_eq!(later.of(&world.entra.target("Reader")), 0, "only those of the last 90 days");
}
