//! A dry run on demand: what the service says to each role, and nothing sent.

use pim::assignment::AssignmentOrigin;
use pim::challenge::Challenge;
use pim::error::Violation;
use pim::plane::Validation;
use pim::tokens::Audience;
use portal::check::{Check, MOST_CHECKS};

use crate::world::{World, lenient, typed};

#[tokio::test]
async fn each_role_is_told_what_the_service_says_and_nothing_is_sent() {
    let world = World::new();
    let step_up = Validation::StepUp(Challenge::context(Audience::Graph, "c1".into()));
    let said = [
        ("Passes", Some(Validation::Passes)),
        ("Fails", Some(Validation::Fails(vec![Violation::TicketMissing]))),
        ("Stronger", Some(step_up)),
        ("Silent", None),
    ];
    let mut rows = Vec::new();
    for (name, said) in &said {
        rows.push(world.entra.offers(name, Some(lenient(60))));
        if let Some(said) = said {
            let target = world.entra.target(name);
            world.entra.state().dry_runs.insert(target, said.clone());
        }
    }
    let selection = world.portal.select(&world.adele(), rows).await.unwrap();
    let selection = world.portal.keep_fields(&world.adele(), selection.id, typed(30, "Why")).await.unwrap();
    let plan = world.portal.plan(&world.adele(), &selection).await;
    let checks = world.portal.check(&world.adele(), &plan).await;
    for ((name, said), check) in said.iter().zip(&checks) {
        match (said, check) {
            (Some(said), Some(Check::Said(told))) => assert_eq!(said, told, "{name}"),
            (None, Some(Check::Failed(_))) => {}
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(world.entra.calls("submit"), 0);
}

#[tokio::test]
async fn what_would_not_be_sent_is_not_asked_about_and_more_than_the_bound_is_said_so() {
    let world = World::new();
    let mut rows = vec![world.entra.offers("Held", Some(lenient(60)))];
    world.entra.gives("Held", AssignmentOrigin::Activated);
    rows.extend((0..=MOST_CHECKS).map(|role| world.entra.offers(&format!("Role {role}"), Some(lenient(60)))));
    let selection = world.portal.select(&world.adele(), rows).await.unwrap();
    let plan = world.portal.plan(&world.adele(), &selection).await;
    let checks = world.portal.check(&world.adele(), &plan).await;
    assert_eq!(checks.len(), MOST_CHECKS + 2);
    assert_eq!(checks.first(), Some(&None), "it is active already");
    assert_eq!(checks.last(), Some(&Some(Check::TooMany)));
    assert_eq!(world.entra.calls("validate"), MOST_CHECKS);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_answer_does_not_keep_the_person_waiting() {
    let world = World::new();
    let row = world.entra.offers("Slow", Some(lenient(60)));
    world.entra.hold("validate");
    let selection = world.portal.select(&world.adele(), vec![row]).await.unwrap();
    let plan = world.portal.plan(&world.adele(), &selection).await;
    assert_eq!(world.portal.check(&world.adele(), &plan).await, [Some(Check::Late)]);
}
