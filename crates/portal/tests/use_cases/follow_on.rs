//! The same role again when its time ends, and the roles that a group leads to.

use jiff::{SignedDuration, Timestamp};
use pim::assignment::AssignmentOrigin;
use pim::draft::Ticket;
use pim::error::Violation;
use pim::ids::BatchId;
use pim::journal::{Existing, OperationState as State, Refusal};
use pim::policy::{Policy, Requirement};
use pim::request::RequestAction;
use pim::target::MemberType;
use portal::PortalError;
use portal::activate::Confirmation;
use portal::follow_on::can_reactivate_at;
use portal::selection::{Fields, RowKey};

use crate::support::{Answer, FakePlane, request};
use crate::world::{World, lenient, minutes, session, typed};

/// How long after the end of an activation its follower is sent.
const SETTLES: SignedDuration = SignedDuration::from_secs(15);

/// `reader` is active for another half an hour and may be activated again. Returns the row that is active, and its end.
fn ends_soon(world: &World) -> (RowKey, Timestamp) {
    world.entra.offers("reader", Some(lenient(60)));
    let active = world.entra.gives("reader", AssignmentOrigin::Activated);
    let until = world.clock_now() + SignedDuration::from_mins(30);
    world.entra.state().assignments[0].until = Some(until);
    (active, until)
}

/// Continues the row for 45 minutes; the service answers with `answer`.
async fn keep_on(world: &World, active: RowKey, answer: Answer) -> BatchId {
    world.entra.state().answers.push_back(answer);
    let selection = world.portal.continue_active(&world.adele(), &[active]).await.unwrap();
    world.confirm_selection(selection.id, typed(45, "patching")).await
}

fn refused() -> Answer {
    Answer::Rejected(vec![Violation::AlreadyActive])
}

#[tokio::test]
async fn a_role_that_is_continued_begins_when_it_ends() {
    let world = World::new();
    let (active, until) = ends_soon(&world);
    let batch = keep_on(&world, active, Answer::Accepted("Granted")).await;
    assert_eq!(world.results(batch).await, [(State::Scheduled, None)]);
    let draft = world.entra.state().drafts[0].1.clone();
    assert_eq!((draft.start, draft.duration), (until, minutes(45)));
    // There is nothing to send again later.
    let nothing = world.portal.reactivate_later(&world.adele(), batch).await;
    assert_eq!(nothing, Err(PortalError::NothingChosen));
    // When the old one has ended the new one begins. The old one, which the list still shows, is not taken for it.
    world.entra.state().status = Some("Provisioned");
    world.watch_after(SignedDuration::from_mins(30)).await;
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    world.entra.gives("reader", AssignmentOrigin::Activated);
    world.watch_after(SignedDuration::from_mins(1)).await;
    assert_eq!(world.states(batch).await, [State::Usable]);
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn a_role_that_the_service_does_not_continue_is_sent_again_once_it_has_ended() {
    let world = World::new();
    let (active, until) = ends_soon(&world);
    let batch = keep_on(&world, active, refused()).await;
    let refusal = Refusal::Exists(Existing::Active(Some(until)));
    assert_eq!(world.results(batch).await, [(State::Rejected, Some(refusal))]);
    let operation = world.operations(batch).await.remove(0);
    assert_eq!(can_reactivate_at(&operation), Some(until + SETTLES));

    // Nothing happens before the person says so, and then not before the time.
    let later = world.portal.reactivate_later(&world.adele(), batch).await.unwrap();
    let queued = world.operations(later).await.remove(0);
    assert_eq!((queued.state, queued.not_before), (State::Queued, Some(until + SETTLES)));
    assert_eq!(
        world.watch_after(SignedDuration::from_mins(30) + SETTLES - SignedDuration::from_secs(1)).await,
        0
    );
    assert_eq!(world.track(later).await, [State::Queued]);
    assert_eq!(world.entra.calls("submit"), 1);
    assert_eq!(world.watch_after(SignedDuration::from_secs(1)).await, 1);
    assert_eq!(world.states(later).await, [State::Provisioned]);
    let drafts = world.entra.state().drafts.clone();
    assert_eq!(drafts.len(), 2);
    let draft = &drafts[1].1;
    assert_eq!((draft.start, draft.duration), (until + SETTLES, minutes(45)));
    assert_eq!(draft.justification, "patching");
}

#[tokio::test]
async fn a_second_click_queues_nothing_more_and_gives_the_same_batch() {
    let world = World::new();
    let (active, _) = ends_soon(&world);
    let batch = keep_on(&world, active, refused()).await;
    let first = world.portal.reactivate_later(&world.adele(), batch).await.unwrap();
    assert_eq!(world.portal.reactivate_later(&world.adele(), batch).await, Ok(first));
    assert_eq!(world.watch_after(SignedDuration::from_mins(31)).await, 1);
    assert_eq!(world.entra.calls("submit"), 2);
}

#[tokio::test]
async fn two_clicks_at_the_very_same_moment_queue_once() {
    let world = World::new();
    let (active, _) = ends_soon(&world);
    let batch = keep_on(&world, active, refused()).await;
    let adele = world.adele();
    let click = || world.portal.reactivate_later(&adele, batch);
    let (one, other) = futures::future::join(click(), click()).await;
    assert_eq!(one, other);
    assert_eq!(world.watch_after(SignedDuration::from_mins(31)).await, 1);
    assert_eq!(world.entra.calls("submit"), 2);
}

#[tokio::test]
async fn what_was_taken_back_can_be_queued_again() {
    let world = World::new();
    let (active, _) = ends_soon(&world);
    let batch = keep_on(&world, active, refused()).await;
    let first = world.portal.reactivate_later(&world.adele(), batch).await.unwrap();
    let queued = world.operations(first).await.remove(0);
    assert_eq!(world.portal.take_back(&world.adele(), first, queued.id).await, Ok(true));
    let second = world.portal.reactivate_later(&world.adele(), batch).await.unwrap();
    assert_eq!(world.watch_after(SignedDuration::from_mins(31)).await, 1);
    assert_eq!(world.states(first).await, [State::Cancelled]);
    assert_eq!(world.states(second).await, [State::Provisioned]);
}

#[tokio::test]
async fn a_role_that_has_ended_meanwhile_is_sent_now() {
    let world = World::new();
    let (active, _) = ends_soon(&world);
    let batch = keep_on(&world, active, refused()).await;
    world.clock.advance(SignedDuration::from_mins(31));
    let later = world.portal.reactivate_later(&world.adele(), batch).await.unwrap();
    assert_eq!(world.states(later).await, [State::Provisioned]);
    assert_eq!(world.entra.state().drafts[1].1.start, world.clock_now());
}

#[tokio::test]
async fn what_is_in_the_way_is_told_apart_and_only_an_active_role_has_a_later() {
    let start = |world: &World| world.clock_now() + SignedDuration::from_hours(1);
    for case in ["in flight", "scheduled", "settling", "without end", "unread"] {
        let world = World::new();
        let row = world.entra.offers("reader", Some(lenient(60)));
        world.portal.held(&world.adele(), world.entra.id()).await.unwrap();
        let open = |status| request(&world.entra.target("reader"), RequestAction::Activate, status);
        let existing = match case {
            "in flight" => {
                world.entra.state().requests = vec![open("PendingApproval")];
                Existing::InFlight
            }
            "scheduled" => {
                let mut granted = open("Granted");
                granted.start = Some(start(&world));
                world.entra.state().requests = vec![granted];
                Existing::Scheduled(Some(start(&world)))
            }
            "without end" => {
                world.entra.gives("reader", AssignmentOrigin::Activated);
                Existing::Active(None)
            }
            "unread" => {
                world.entra.state().failing.insert("assignments");
                Existing::Settling
            }
            _ => Existing::Settling,
        };
        world.entra.state().answers.push_back(refused());
        let batch = world.confirm(vec![row], typed(30, "patching")).await;
        assert_eq!(
            world.results(batch).await,
            [(State::Rejected, Some(Refusal::Exists(existing)))],
            "{case}"
        );
        let later = world.portal.reactivate_later(&world.adele(), batch).await;
        assert_eq!(later, Err(PortalError::NothingChosen), "{case}");
    }
}

#[tokio::test]
async fn roles_that_cannot_begin_again_are_left_out() {
    let world = World::new();
    let (active, _) = ends_soon(&world);
    let (portal, who) = (&world.portal, world.adele());
    let over = world.entra.gives("over", AssignmentOrigin::Activated);
    let assigned = world.entra.gives("assigned", AssignmentOrigin::Assigned);
    world.entra.offers("assigned", Some(lenient(60)));
    let nothing = portal.continue_active(&who, std::slice::from_ref(&assigned)).await;
    assert_eq!(nothing.err(), Some(PortalError::NothingChosen));
    let nothing = portal.continue_active(&who, std::slice::from_ref(&over)).await;
    assert_eq!(nothing.err(), Some(PortalError::NotEligible));
    let selection = portal.continue_active(&who, &[over, assigned, active]).await.unwrap();
    assert_eq!(selection.rows, [RowKey::new(world.entra.id(), "reader")]);
}

#[tokio::test]
async fn a_role_without_end_is_not_continued() {
    let world = World::new();
    let (active, _) = ends_soon(&world);
    world.entra.state().assignments[0].until = None;
    let selection = world.portal.continue_active(&world.adele(), &[active]).await.unwrap();
    let outcome = world.portal.confirm(&world.adele(), selection.id, typed(45, "patching")).await;
    assert_eq!(outcome, Ok(Confirmation::NotYet));
    assert_eq!(world.entra.calls("submit"), 0);
}

/// A world whose first plane are groups, `staff` among them, which leads to `owner` on the other. Returns the batch that activates it.
async fn activates_staff() -> (World, BatchId) {
    let world = World::of(FakePlane::leading_on("groups", 0));
    let strict = Policy { ticket: Requirement::Required, ..lenient(60) };
    let row = world.entra.offers("staff", Some(strict));
    let fields =
        Fields { ticket_number: "INC1".into(), ticket_system: "Desk".into(), ..typed(30, "patching") };
    let batch = world.confirm(vec![row], fields).await;
    // Another page shows the lists while the group is on its way.
    world.portal.held(&world.adele(), world.azure.id()).await.unwrap();
    world.portal.eligible(&world.adele(), world.azure.id()).await.unwrap();
    (world, batch)
}

fn joins(world: &World) {
    world.entra.gives("staff", AssignmentOrigin::Activated);
    for (name, member_type) in
        [("owner", MemberType::Group), ("direct", MemberType::Direct), ("in use", MemberType::Group)]
    {
        world.azure.offers(name, Some(lenient(60)));
        world.azure.state().eligibilities.last_mut().unwrap().member_type = member_type;
    }
    world.azure.gives("in use", AssignmentOrigin::Activated);
}

/// The roles that the batch leads to.
async fn led_to(world: &World, batch: BatchId) -> Vec<String> {
    let led_to = world.portal.led_to(&world.adele(), &world.operations(batch).await).await;
    led_to.into_iter().map(|role| role.eligibility.names.title).collect()
}

#[tokio::test]
async fn a_group_leads_to_roles_once_it_is_usable_and_only_through_membership() {
    let (world, batch) = activates_staff().await;
    assert_eq!(world.states(batch).await, [State::Provisioned]);
    assert_eq!(led_to(&world, batch).await, [""; 0]);
    joins(&world);
    assert_eq!(led_to(&world, batch).await, [""; 0], "before it was seen");
    assert_eq!(world.track(batch).await, [State::Usable]);
    assert_eq!(led_to(&world, batch).await, ["owner"]);
}

#[tokio::test]
async fn roles_that_lead_nowhere_lead_to_none() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let batch = world.confirm(vec![row], typed(30, "patching")).await;
    joins(&world);
    world.entra.gives("reader", AssignmentOrigin::Activated);
    assert_eq!(world.track(batch).await, [State::Usable]);
    assert_eq!(led_to(&world, batch).await, [""; 0]);
}

#[tokio::test]
async fn a_plane_that_cannot_be_read_is_left_out() {
    let (world, batch) = activates_staff().await;
    joins(&world);
    world.track(batch).await;
    world.azure.state().failing.insert("eligibilities");
    world.portal.forget(&world.adele()).await;
    assert_eq!(led_to(&world, batch).await, [""; 0]);
}

#[tokio::test]
async fn what_a_group_leads_to_is_activated_with_what_was_typed_for_the_group() {
    let (world, batch) = activates_staff().await;
    joins(&world);
    world.track(batch).await;
    let row = RowKey::new(world.azure.id(), "owner");
    let (portal, who) = (&world.portal, world.adele());
    let selection = portal.select_led_to(&who, batch, vec![row.clone()]).await.unwrap();
    assert_eq!(selection.rows, std::slice::from_ref(&row));
    assert_eq!(selection.fields.justification, "patching");
    assert_eq!(
        (selection.fields.ticket_number.as_str(), selection.fields.ticket_system.as_str()),
        ("INC1", "Desk")
    );
    world.confirm_selection(selection.id, selection.fields).await;
    let (_, draft) = world.azure.state().drafts[0].clone();
    assert_eq!((draft.target, draft.justification.as_str()), (world.azure.target("owner"), "patching"));
    // The role does not ask for a ticket.
    assert_eq!(draft.ticket, None::<Ticket>);

    assert_eq!(portal.select_led_to(&who, batch, Vec::new()).await.err(), Some(PortalError::NothingChosen));
    for stranger in [session(1, 9), session(9, 1)] {
        let refused = portal.select_led_to(&stranger, batch, vec![row.clone()]).await;
        assert_eq!(refused.err(), Some(PortalError::NotFound));
    }
}

#[tokio::test]
async fn what_is_active_below_its_eligibility_is_continued_there_and_no_wider() {
    for is_named in [true, false] {
        let world = World::new();
        let row = world.azure.offers("owner", Some(lenient(60)));
        world.azure.contains("/one");
        let active = world.azure.gives("owner", AssignmentOrigin::Activated);
        let until = world.clock_now() + SignedDuration::from_mins(30);
        {
            let mut state = world.azure.state();
            state.eligibilities[0].schedule = Some("schedule".into());
            state.assignments[0].target.scope = "/ONE".into();
            state.assignments[0].until = Some(until);
            state.assignments[0].eligibility_schedule = is_named.then(|| "schedule".into());
        }
        let selection = world.portal.continue_active(&world.adele(), &[active]).await.unwrap();
        let scopes: Vec<_> = selection.narrowed(&row).iter().map(|child| child.scope.as_str()).collect();
        assert_eq!(
            (selection.rows.as_slice(), scopes),
            ([row].as_slice(), vec!["/one"]),
            "named: {is_named}"
        );
        world.confirm_selection(selection.id, typed(30, "patching")).await;
        let draft = world.azure.state().drafts[0].1.clone();
        assert_eq!((draft.target.scope.as_str(), draft.start), ("/one", until));
    }
}
