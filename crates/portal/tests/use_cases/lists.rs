//! What is read, when it is read again, and what is kept of it.

use jiff::SignedDuration;
use pim::assignment::AssignmentOrigin;
use pim::error::ErrorKind;
use pim::policy::{PolicyReading, Unreadable};
use pim::request::RequestAction;
use portal::overview::Standing;

use crate::support::request;
use crate::world::{World, adele, lenient, session, settle};

#[tokio::test]
async fn a_list_is_read_once_however_many_ask_at_the_same_time() {
    let world = World::new();
    world.entra.offers("reader", Some(lenient(60)));
    world.entra.hold("eligibilities");
    let looks = (0..20).map(|_| {
        let (portal, plane) = (world.portal.clone(), world.entra.id().clone());
        tokio::spawn(async move { portal.eligible(&adele(), &plane).await })
    });
    let looks: Vec<_> = looks.collect();
    settle().await;
    world.entra.release("eligibilities");
    for look in looks {
        assert_eq!(look.await.unwrap().unwrap().roles.len(), 1);
    }
    assert_eq!((world.entra.calls("eligibilities"), world.entra.calls("policies")), (1, 1));
}

#[tokio::test]
async fn a_fresh_list_is_served_from_memory() {
    let world = World::new();
    let first = world.portal.held(&adele(), world.entra.id()).await.unwrap();
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.clock.advance(SignedDuration::from_secs(20));
    let second = world.portal.held(&adele(), world.entra.id()).await.unwrap();
    settle().await;
    assert_eq!(first, second);
    assert_eq!(world.entra.calls("assignments"), 1);
}

#[tokio::test]
async fn what_one_person_holds_is_never_served_to_another() {
    let world = World::new();
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.portal.held(&adele(), world.entra.id()).await.unwrap();
    world.entra.state().assignments.clear();
    for other in [session(1, 2), session(2, 1)] {
        assert_eq!(world.portal.held(&other, world.entra.id()).await.unwrap().active, []);
    }
    assert_eq!(world.entra.calls("assignments"), 3);
}

#[tokio::test]
async fn after_twenty_seconds_a_list_is_served_stale_and_read_again_once_in_the_background() {
    let world = World::new();
    world.portal.held(&adele(), world.entra.id()).await.unwrap();
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.clock.advance(SignedDuration::from_secs(21));
    world.entra.hold("assignments");
    for _ in 0..5 {
        assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 0);
        settle().await;
    }
    assert_eq!(world.entra.calls("assignments"), 2);

    world.entra.release("assignments");
    settle().await;
    assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 1);
    settle().await;
    assert_eq!(world.entra.calls("assignments"), 2);
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_stale_list_and_is_tried_again() {
    let world = World::new();
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.portal.held(&adele(), world.entra.id()).await.unwrap();
    world.clock.advance(SignedDuration::from_secs(21));
    world.entra.state().failing.insert("assignments");
    for _ in 0..2 {
        assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 1);
        settle().await;
    }
    assert_eq!(world.entra.calls("assignments"), 3);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let world = World::new();
    world.entra.offers("reader", None);
    world.entra.state().failing.insert("eligibilities");
    let failed = world.portal.eligible(&adele(), world.entra.id()).await;
    assert_eq!(failed.unwrap_err().kind, ErrorKind::Unavailable);
    world.entra.state().failing.clear();
    assert_eq!(world.portal.eligible(&adele(), world.entra.id()).await.unwrap().roles.len(), 1);
}

#[tokio::test]
async fn a_caller_that_stops_waiting_does_not_stop_the_read() {
    let world = World::new();
    world.entra.offers("reader", None);
    world.entra.hold("eligibilities");
    let (portal, plane) = (world.portal.clone(), world.entra.id().clone());
    let look = tokio::spawn(async move { portal.eligible(&adele(), &plane).await });
    settle().await;
    look.abort();
    assert!(look.await.unwrap_err().is_cancelled());
    world.entra.release("eligibilities");
    settle().await;
    assert_eq!(world.portal.eligible(&adele(), world.entra.id()).await.unwrap().roles.len(), 1);
    assert_eq!(world.entra.calls("eligibilities"), 1);
}

#[tokio::test]
async fn a_plane_that_fails_leaves_the_other() {
    let world = World::new();
    world.azure.offers("owner", None);
    world.entra.state().failing.extend(["eligibilities", "assignments"]);
    assert!(world.portal.eligible(&adele(), world.entra.id()).await.is_err());
    assert!(world.portal.held(&adele(), world.entra.id()).await.is_err());
    assert_eq!(world.portal.eligible(&adele(), world.azure.id()).await.unwrap().roles.len(), 1);
    assert!(world.portal.held(&adele(), world.azure.id()).await.is_ok());
}

#[tokio::test]
async fn requests_that_cannot_be_read_leave_what_is_active() {
    let world = World::new();
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.entra.gives("owner", AssignmentOrigin::Assigned);
    world.entra.state().failing.insert("requests");
    let held = world.portal.held(&adele(), world.entra.id()).await.unwrap();
    assert_eq!((held.active.len(), held.assigned.len()), (1, 1));
    assert!(held.open.is_err());
}

#[tokio::test]
async fn only_requests_to_activate_that_wait_or_start_later_are_open() {
    let world = World::new();
    let later = world.portal.clock().now() + SignedDuration::from_hours(1);
    let target = |name| world.entra.target(name);
    let mut scheduled = request(&target("scheduled"), RequestAction::Activate, "Granted");
    scheduled.start = Some(later);
    world.entra.state().requests = vec![
        request(&target("waiting"), RequestAction::Activate, "PendingApproval"),
        request(&target("done"), RequestAction::Activate, "Provisioned"),
        request(&target("started"), RequestAction::Activate, "Granted"),
        request(&target("leaving"), RequestAction::Deactivate, "PendingRevocation"),
        scheduled,
    ];
    let held = world.portal.held(&adele(), world.entra.id()).await.unwrap();
    let standing = |name| held.standing(&target(name), world.portal.clock().now());
    assert_eq!(held.open.as_ref().unwrap().len(), 2);
    assert_eq!(standing("waiting"), Standing::Waiting);
    assert_eq!(standing("scheduled"), Standing::Scheduled(Some(later)));
    for free in ["done", "started", "leaving"] {
        assert_eq!(standing(free), Standing::Free, "{free}");
    }
}

#[tokio::test]
async fn a_policy_serves_everybody_in_its_tenant_and_nobody_else() {
    let world = World::new();
    world.entra.offers("reader", Some(lenient(60)));
    for (who, calls) in [(session(1, 1), 1), (session(1, 2), 1), (session(2, 3), 2)] {
        let roles = world.portal.eligible(&who, world.entra.id()).await.unwrap();
        assert_eq!(roles.roles[0].policy, PolicyReading::Known(lenient(60)));
        assert_eq!(world.entra.calls("policies"), calls);
    }
}

#[tokio::test]
async fn a_policy_that_one_person_cannot_read_is_asked_for_again_for_the_next() {
    let world = World::new();
    world.entra.offers("reader", None);
    let roles = world.portal.eligible(&session(1, 1), world.entra.id()).await.unwrap();
    assert_eq!(roles.roles[0].policy, PolicyReading::Unreadable(Unreadable::Forbidden));
    world.entra.state().policies.insert(world.entra.target("reader"), lenient(60));
    let roles = world.portal.eligible(&session(1, 2), world.entra.id()).await.unwrap();
    assert_eq!(roles.roles[0].policy, PolicyReading::Known(lenient(60)));
    assert_eq!(world.entra.calls("policies"), 2);
}

#[tokio::test]
async fn forgetting_makes_the_next_look_fresh() {
    let world = World::new();
    world.portal.held(&adele(), world.entra.id()).await.unwrap();
    world.portal.eligible(&adele(), world.entra.id()).await.unwrap();
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.entra.offers("reader", None);
    world.portal.forget(&session(1, 2)).await;
    assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 0);
    world.portal.forget(&adele()).await;
    assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 1);
    assert_eq!(world.portal.eligible(&adele(), world.entra.id()).await.unwrap().roles.len(), 1);
}

#[tokio::test]
async fn a_read_that_began_before_forgetting_is_not_served_after_it() {
    let world = World::new();
    world.portal.held(&adele(), world.entra.id()).await.unwrap();
    world.clock.advance(SignedDuration::from_secs(21));
    world.entra.hold("assignments");
    world.portal.held(&adele(), world.entra.id()).await.unwrap();
    settle().await;
    world.portal.forget(&adele()).await;
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.entra.release("assignments");
    settle().await;
    assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 1);
}

#[tokio::test]
async fn who_asks_after_forgetting_does_not_join_a_read_that_began_before() {
    let world = World::new();
    world.entra.hold("assignments");
    let (portal, plane) = (world.portal.clone(), world.entra.id().clone());
    let before = tokio::spawn(async move { portal.held(&adele(), &plane).await });
    settle().await;
    world.portal.forget(&adele()).await;
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.entra.release("assignments");
    assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 1);
    assert_eq!(before.await.unwrap().unwrap().active.len(), 0);
    assert_eq!(world.portal.held(&adele(), world.entra.id()).await.unwrap().active.len(), 1);
}

#[tokio::test]
async fn starting_all_reads_at_once_reads_each_list_once() {
    let world = World::new();
    world.portal.prefetch(&adele());
    for plane in [&world.entra, &world.azure] {
        world.portal.held(&adele(), plane.id()).await.unwrap();
        world.portal.eligible(&adele(), plane.id()).await.unwrap();
        assert_eq!((plane.calls("assignments"), plane.calls("eligibilities")), (1, 1));
    }
}
