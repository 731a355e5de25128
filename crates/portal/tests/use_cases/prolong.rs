//! Asking an administrator to keep an eligibility that ends.

use jiff::{SignedDuration, Timestamp};
use pim::error::Violation;
use pim::ids::BatchId;
use pim::journal::{OperationState as State, Refusal};
use pim::prolongation::ProlongationKind;
use pim::request::{Request, RequestAction};
use portal::PortalError;
use portal::prolong::{EXTENDABLE, RENEWABLE};
use portal::selection::RowKey;

use crate::support::{Answer, request};
use crate::world::{World, lenient};

/// Offers `reader`, whose eligibility ends `left` from now.
fn ends_in(world: &World, left: SignedDuration) -> RowKey {
    let row = world.entra.offers("reader", Some(lenient(60)));
    let mut state = world.entra.state();
    state.eligibilities[0].until = Some(world.portal.clock().now() + left);
    state.eligibilities[0].schedule = Some("schedule".into());
    row
}

fn next_year(world: &World) -> Timestamp {
    world.portal.clock().now() + SignedDuration::from_hours(24 * 365)
}

/// Asks for `reader`, which ends soon, to be kept; the service answers with `answer`.
async fn ask(world: &World, answer: Answer) -> BatchId {
    let row = ends_in(world, SignedDuration::from_hours(24));
    world.entra.state().answers.push_back(answer);
    world.portal.prolong(&world.adele(), &row, next_year(world), " on call \n").await.unwrap()
}

#[tokio::test]
async fn a_role_is_extended_in_its_last_fourteen_days_and_renewed_afterwards() {
    let second = SignedDuration::from_secs(1);
    for (left, kind) in [
        (EXTENDABLE + second, None),
        (EXTENDABLE, Some(ProlongationKind::Extend)),
        (SignedDuration::ZERO, Some(ProlongationKind::Extend)),
        (-second, Some(ProlongationKind::Renew)),
    ] {
        let world = World::new();
        let row = ends_in(&world, left);
        let eligible = world.portal.eligible(&world.adele(), world.entra.id()).await.unwrap();
        assert_eq!(world.portal.can_prolong(&eligible.roles[0]), kind, "{left}");
        let asked = world.portal.prolong(&world.adele(), &row, next_year(&world), "on call").await;
        assert_eq!(asked.is_ok(), kind.is_some(), "{left}");
        let wishes = world.entra.state().wishes.clone();
        assert_eq!(wishes.iter().map(|wish| wish.kind).collect::<Vec<_>>(), Vec::from_iter(kind));
    }
}

#[tokio::test]
async fn the_wish_is_complete_and_waits_for_an_administrator() {
    let world = World::new();
    let batch = ask(&world, Answer::Accepted("PendingAdminDecision")).await;
    assert_eq!(world.results(batch).await, [(State::PendingApproval, None)]);
    let wish = world.entra.state().wishes[0].clone();
    assert_eq!((wish.target.clone(), wish.kind), (world.entra.target("reader"), ProlongationKind::Extend));
    assert_eq!((wish.start, wish.until), (world.portal.clock().now(), next_year(&world)));
    assert_eq!((wish.justification.as_str(), wish.schedule), ("on call", Some("schedule".into())));

    // Days later the administrator decides, and nobody has looked in between.
    world.entra.state().status = Some("PendingAdminDecision");
    world.watch_after(SignedDuration::from_hours(30)).await;
    assert_eq!(world.states(batch).await, [State::PendingApproval]);
    world.entra.state().status = Some("Provisioned");
    assert_eq!(world.watch_after(SignedDuration::from_hours(30)).await, 1);
    assert_eq!(world.results(batch).await, [(State::Done, None)]);
    assert_eq!(world.entra.calls("prolong"), 1);
}

#[tokio::test]
async fn what_the_administrator_says_is_the_end_of_it() {
    for (status, state) in [
        ("Provisioned", State::Done),
        ("AdminDenied", State::Denied),
        ("Canceled", State::Cancelled),
        ("TimedOut", State::TimedOut),
        ("Failed", State::Failed),
        ("AdminApproved", State::Accepted),
    ] {
        let world = World::new();
        let batch = ask(&world, Answer::Accepted("PendingAdminDecision")).await;
        world.entra.state().status = Some(status);
        assert_eq!(world.track(batch).await, [state], "{status}");
        assert_eq!(world.entra.calls("request"), 2);
    }
}

#[tokio::test]
async fn a_lost_wish_is_looked_for_and_not_sent_again() {
    let world = World::new();
    world.entra.state().failing.insert("find");
    let batch = ask(&world, Answer::Unsure).await;
    world.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(world.track(batch).await, [State::Unsure]);
    world.entra.state().failing.clear();
    world.entra.state().lost = Some("PendingAdminDecision");
    assert_eq!(world.track(batch).await, [State::PendingApproval]);
    assert_eq!(world.operations(batch).await[0].request_id.as_str(), "theirs");
    assert_eq!(world.entra.calls("prolong"), 1);
}

#[tokio::test]
async fn a_lost_wish_that_nobody_has_was_not_made() {
    let world = World::new();
    let batch = ask(&world, Answer::Unsure).await;
    world.clock.advance(SignedDuration::from_secs(121));
    world.track(batch).await;
    assert_eq!(world.track(batch).await, [State::NotCreated]);
    assert_eq!(world.entra.calls("prolong"), 1);
}

#[tokio::test]
async fn a_refusal_keeps_its_reasons() {
    let world = World::new();
    let batch = ask(&world, Answer::Rejected(vec![Violation::AlreadyPending])).await;
    let refusal = Refusal::Violations(vec![Violation::AlreadyPending]);
    assert_eq!(world.results(batch).await, [(State::Rejected, Some(refusal))]);
}

#[tokio::test]
async fn without_a_reason_an_end_ahead_or_a_role_nothing_is_sent() {
    let world = World::new();
    let row = ends_in(&world, SignedDuration::from_hours(24));
    let (portal, who, now) = (&world.portal, world.adele(), world.portal.clock().now());
    let nothing = Err(PortalError::NothingChosen);
    assert_eq!(portal.prolong(&who, &row, next_year(&world), " \n").await, nothing);
    assert_eq!(portal.prolong(&who, &row, now, "on call").await, nothing);
    let unknown = RowKey::new(world.entra.id(), "other");
    assert_eq!(
        portal.prolong(&who, &unknown, next_year(&world), "on call").await,
        Err(PortalError::NotFound)
    );
    assert_eq!(world.entra.calls("prolong"), 0);
}

/// A provisioned grant of `reader` that was made `days` ago and ended `ended` ago.
fn granted(world: &World, id: &str, days: i64, ended: SignedDuration) -> Request {
    let now = world.portal.clock().now();
    Request {
        id: id.into(),
        created: Some(now - SignedDuration::from_hours(24 * days)),
        until: Some(now - ended),
        schedule: Some("schedule".into()),
        ..request(&world.entra.target("reader"), RequestAction::Grant, "Provisioned")
    }
}

/// The requests that stand for what has ended, as the portal sees it.
async fn ended(world: &World) -> Vec<String> {
    let rows = world.portal.ended(&world.adele(), world.entra.id()).await.unwrap();
    rows.into_iter().map(|row| row.request.0).collect()
}

/// What happened after an eligibility ended, and the titles that are still told to have ended.
type Case = (&'static str, fn(&World, Request) -> Request, &'static [&'static str]);

#[tokio::test]
async fn what_ended_lately_is_known_from_the_newest_request_that_counts() {
    let (second, day) = (SignedDuration::from_secs(1), SignedDuration::from_hours(24));
    for (ago, listed) in
        [(-second, false), (SignedDuration::ZERO, true), (RENEWABLE, true), (RENEWABLE + second, false)]
    {
        let world = World::new();
        world.entra.state().requests = vec![granted(&world, "made", 60, ago)];
        assert_eq!(ended(&world).await.len(), usize::from(listed), "{ago}");
    }
    let cases: [Case; 7] = [
        ("another grant runs", |w, r| Request { until: Some(w.portal.clock().now() + EXTENDABLE), ..r }, &[]),
        ("another grant is without end", |_, r| Request { until: None, ..r }, &[]),
        ("an administrator took it away", |_, r| Request { action: RequestAction::Remove, ..r }, &[]),
        ("a grant failed", |_, r| Request { status: "Failed".to_owned().into(), ..r }, &["made"]),
        (
            "a renewal waits",
            |_, r| Request {
                action: RequestAction::Renew,
                status: "PendingAdminDecision".to_owned().into(),
                ..r
            },
            &[],
        ),
        (
            "a renewal was denied",
            |_, r| Request { action: RequestAction::Renew, status: "AdminDenied".to_owned().into(), ..r },
            &["made"],
        ),
        ("an extension ended too", |_, r| Request { action: RequestAction::Extend, ..r }, &["newer"]),
    ];
    for (case, change, expected) in cases {
        let world = World::new();
        let newer = change(&world, granted(&world, "newer", 30, day));
        world.entra.state().requests = vec![granted(&world, "made", 60, day), newer];
        assert_eq!(ended(&world).await, expected, "{case}");
    }
}

#[tokio::test]
async fn what_is_there_again_has_not_ended() {
    let world = World::new();
    world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().requests = vec![granted(&world, "made", 60, SignedDuration::from_hours(24))];
    assert_eq!(ended(&world).await, [""; 0]);
    let row = RowKey::new(world.entra.id(), "made");
    let asked = world.portal.prolong(&world.adele(), &row, next_year(&world), "on call").await;
    assert_eq!(asked, Err(PortalError::NotFound));
}

#[tokio::test]
async fn what_has_ended_is_asked_for_as_a_renewal_of_its_schedule() {
    let world = World::new();
    world.entra.state().requests = vec![granted(&world, "made", 60, SignedDuration::from_hours(24))];
    world.entra.state().answers.push_back(Answer::Accepted("PendingAdminDecision"));
    let row = RowKey::new(world.entra.id(), "made");
    let batch = world.portal.prolong(&world.adele(), &row, next_year(&world), "on call").await.unwrap();
    assert_eq!(world.results(batch).await, [(State::PendingApproval, None)]);
    let wish = world.entra.state().wishes[0].clone();
    assert_eq!((wish.kind, wish.schedule), (ProlongationKind::Renew, Some("schedule".into())));
    assert_eq!(wish.target, world.entra.target("reader"));
}
