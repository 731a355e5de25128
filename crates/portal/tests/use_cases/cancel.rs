//! Withdrawing requests, and taking back what was not sent yet.

use jiff::SignedDuration;
use pim::assignment::AssignmentOrigin;
use pim::error::{ErrorKind, Violation};
use pim::ids::BatchId;
use pim::journal::{OperationState as State, Refusal};
use pim::policy::{ContextRequirement, Policy};
use pim::request::RequestAction;
use portal::PortalError;
use portal::deactivate::TooEarly;

use crate::support::{Answer, request};
use crate::world::{World, lenient, session, typed};

/// Withdraws the request "theirs" to activate `reader`, which is in `status`; the service answers with `answer`.
async fn withdraw(world: &World, status: &str, answer: Answer) -> BatchId {
    let mut open = request(&world.entra.target("reader"), RequestAction::Activate, status);
    if status == "Granted" {
        open.start = Some(world.portal.clock().now() + SignedDuration::from_hours(1));
    }
    world.entra.state().requests = vec![open];
    world.entra.state().answers.push_back(answer);
    world.portal.cancel(&world.adele(), world.entra.id(), &"theirs".into()).await.unwrap()
}

#[tokio::test]
async fn what_waits_and_what_starts_later_can_be_withdrawn() {
    for status in ["PendingApproval", "PendingAdminDecision", "PendingProvisioning", "Granted"] {
        let world = World::new();
        world.entra.offers("reader", Some(lenient(60)));
        let batch = withdraw(&world, status, Answer::Accepted("Canceled")).await;
        assert_eq!(world.results(batch).await, [(State::Cancelled, None)], "{status}");
        let operation = world.operations(batch).await.remove(0);
        assert_eq!((operation.names.title.as_str(), operation.names.place.as_str()), ("reader", "Directory"));
        let sent = world.entra.state().cancelled.clone();
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].id.as_str(), sent[0].action), ("theirs", RequestAction::Activate));
        // The list that still shows it is not served again.
        world.entra.state().requests.clear();
        let held = world.portal.held(&world.adele(), world.entra.id()).await.unwrap();
        assert_eq!(held.open.as_ref().unwrap().len(), 0);
    }
}

#[tokio::test]
async fn what_is_decided_is_not_open_and_nothing_is_sent() {
    let world = World::new();
    let target = world.entra.target("reader");
    for status in ["Provisioned", "Denied", "Canceled", "Granted", "TimedOut", "Failed"] {
        world.entra.state().requests = vec![request(&target, RequestAction::Activate, status)];
        world.portal.forget(&world.adele()).await;
        let nothing = world.portal.cancel(&world.adele(), world.entra.id(), &"theirs".into()).await;
        assert_eq!(nothing, Err(PortalError::NotFound), "{status}");
    }
    world.entra.state().failing.insert("requests");
    world.portal.forget(&world.adele()).await;
    let unread = world.portal.cancel(&world.adele(), world.entra.id(), &"theirs".into()).await;
    assert_eq!(unread, Err(PortalError::NotFound));
    assert_eq!(world.entra.calls("cancel"), 0);
}

#[tokio::test]
async fn a_request_that_was_decided_meanwhile_is_gone_and_the_withdrawal_says_so() {
    // The service answers with the request as it is.
    for status in ["Provisioned", "Denied", "TimedOut", "Revoked"] {
        let world = World::new();
        let batch = withdraw(&world, "PendingApproval", Answer::Accepted(status)).await;
        assert_eq!(world.results(batch).await, [(State::Rejected, Some(Refusal::Gone))], "{status}");
    }
    // The service has no such request any more.
    let world = World::new();
    let batch = withdraw(&world, "PendingApproval", Answer::Fails(ErrorKind::NotFound)).await;
    assert_eq!(world.results(batch).await, [(State::Rejected, Some(Refusal::Gone))]);
    // The service refuses in words of its own.
    let world = World::new();
    let refused = vec![Violation::Other("RequestCannotBeCancelled".into())];
    let batch = withdraw(&world, "PendingApproval", Answer::Rejected(refused.clone())).await;
    assert_eq!(world.results(batch).await, [(State::Rejected, Some(Refusal::Violations(refused)))]);
    assert_eq!(world.track(batch).await, [State::Rejected]);
    assert_eq!(world.entra.calls("cancel"), 1);
}

#[tokio::test]
async fn a_lost_withdrawal_that_went_through_is_found_by_its_request() {
    for (status, result) in [
        ("Canceled", (State::Cancelled, None)),
        ("Denied", (State::Rejected, Some(Refusal::Gone))),
        ("Provisioned", (State::Rejected, Some(Refusal::Gone))),
    ] {
        let world = World::new();
        world.entra.state().failing.insert("request");
        let batch = withdraw(&world, "PendingApproval", Answer::Unsure).await;
        assert_eq!(world.states(batch).await, [State::Unsure]);
        world.entra.state().failing.clear();
        world.entra.state().status = Some(status);
        world.track(batch).await;
        assert_eq!(world.results(batch).await, [result]);
        assert_eq!(world.entra.calls("cancel"), 1, "{status}");
    }
}

#[tokio::test]
async fn a_lost_withdrawal_of_what_still_waits_is_sent_again() {
    let world = World::new();
    world.entra.state().status = Some("PendingApproval");
    let batch = withdraw(&world, "PendingApproval", Answer::Unsure).await;
    // The first page has looked once; a second look has to agree before anything is sent again.
    assert_eq!(world.track(batch).await, [State::Unsure]);
    assert_eq!(world.entra.calls("cancel"), 1);
    world.entra.state().answers.push_back(Answer::Accepted("Canceled"));
    assert_eq!(world.track(batch).await, [State::Cancelled]);
    assert_eq!(world.entra.calls("cancel"), 2);
}

#[tokio::test]
async fn a_withdrawal_that_is_lost_again_and_again_ends_as_not_made() {
    let world = World::new();
    world.entra.state().status = Some("PendingApproval");
    let batch = withdraw(&world, "PendingApproval", Answer::Unsure).await;
    world.entra.state().answers.extend((0..20).map(|_| Answer::Unsure));
    for _ in 0..20 {
        world.track(batch).await;
        world.clock.advance(SignedDuration::from_mins(3));
    }
    assert_eq!(world.states(batch).await, [State::NotCreated]);
    assert_eq!(world.entra.calls("cancel"), 4);
    // What the person sends again then goes through.
    world.entra.state().answers.clear();
    world.entra.state().answers.push_back(Answer::Accepted("Canceled"));
    assert_eq!(world.portal.send_again(&world.adele(), batch).await.unwrap(), 1);
    assert_eq!(world.states(batch).await, [State::Cancelled]);
}

#[tokio::test]
async fn an_unknown_request_or_plane_is_not_found() {
    let world = World::new();
    let open = request(&world.entra.target("reader"), RequestAction::Activate, "PendingApproval");
    world.entra.state().requests = vec![open];
    for (plane, id) in [("entra", "other"), ("azure", "theirs"), ("nowhere", "theirs")] {
        let unknown = world.portal.cancel(&world.adele(), &plane.into(), &id.into()).await;
        assert_eq!(unknown, Err(PortalError::NotFound), "{plane} {id}");
    }
    assert_eq!(world.entra.calls("cancel") + world.azure.calls("cancel"), 0);
}

#[tokio::test]
async fn what_is_queued_can_be_taken_back_until_it_is_sent_and_only_by_its_owner() {
    let world = World::new();
    let rows = ["kept", "taken"].map(|name| world.entra.gives(name, AssignmentOrigin::Activated));
    for assignment in &mut world.entra.state().assignments {
        assignment.since = Some(world.portal.clock().now());
    }
    let batch = world.portal.deactivate(&world.adele(), &rows, TooEarly::Queue).await.unwrap();
    assert_eq!(world.states(batch).await, [State::Queued, State::Queued]);
    let [kept, taken] = <[_; 2]>::try_from(world.operations(batch).await).unwrap();
    for stranger in [session(1, 9), session(9, 1)] {
        let refused = world.portal.take_back(&stranger, batch, taken.id).await;
        assert_eq!(refused, Err(PortalError::NotFound));
    }
    assert_eq!(world.portal.take_back(&world.adele(), batch, taken.id).await, Ok(true));
    assert_eq!(world.portal.take_back(&world.adele(), batch, taken.id).await, Ok(false));

    world.entra.state().answers.push_back(Answer::Accepted("Revoked"));
    assert_eq!(world.watch_after(SignedDuration::from_mins(6)).await, 1);
    assert_eq!(world.states(batch).await, [State::Revoked, State::Cancelled]);
    assert_eq!(world.portal.take_back(&world.adele(), batch, kept.id).await, Ok(false));
    let sent: Vec<_> =
        world.entra.state().deactivated.iter().map(|(_, row)| row.target.role.as_str().to_owned()).collect();
    assert_eq!(sent, ["kept"]);
}

#[tokio::test]
async fn what_was_sent_or_may_have_been_sent_is_not_taken_back() {
    for (answer, state) in [
        (Answer::Accepted("PendingApproval"), State::PendingApproval),
        (Answer::Unsure, State::Unsure),
        (Answer::Rejected(vec![Violation::TooLong]), State::Rejected),
    ] {
        let world = World::new();
        let row = world.entra.offers("reader", Some(lenient(60)));
        world.entra.state().answers.push_back(answer);
        let batch = world.confirm(vec![row], typed(30, "patching")).await;
        let operation = world.operations(batch).await.remove(0);
        assert_eq!(world.portal.take_back(&world.adele(), batch, operation.id).await, Ok(false));
        assert_eq!(world.states(batch).await, [state]);
    }
}

#[tokio::test]
async fn what_waits_for_a_stronger_sign_in_is_taken_back_alone() {
    let world = World::new();
    let strict = Policy { authentication_context: ContextRequirement::Required("c1".into()), ..lenient(60) };
    let rows = ["kept", "taken"].map(|name| world.entra.offers(name, Some(strict.clone())));
    let batch = world.confirm(rows.into(), typed(30, "patching")).await;
    let operations = world.operations(batch).await;
    assert_eq!(world.portal.take_back(&world.adele(), batch, operations[1].id).await, Ok(true));
    world.tokens.meet(operations[0].challenge.clone().unwrap());
    assert_eq!(world.portal.resume(&world.adele(), batch).await, Ok(1));
    assert_eq!(world.states(batch).await, [State::Provisioned, State::Cancelled]);
    let sent: Vec<_> = world.entra.state().drafts.iter().map(|(_, draft)| draft.target.clone()).collect();
    assert_eq!(sent, [world.entra.target("kept")]);
}
