//! Decisions on other people's requests, and every way in which somebody is quicker.

use pim::approval::{Decided, Decision, Outcome, Requester, Verdict, Waiting};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::PrincipalId;
use pim::plane::Plane;
use pim::target::Names;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{ME, SUBSCRIPTION, Said, Service, list, refusal, role, target, unexpected};

const APPROVAL: &str = "/providers/Microsoft.Authorization/roleAssignmentApprovals/a1";
const OTHER: PrincipalId = PrincipalId(Uuid::from_u128(0xa1e8));

fn waiting(requester: PrincipalId) -> Waiting {
    Waiting {
        id: APPROVAL.into(),
        request: "a1".into(),
        target: target(SUBSCRIPTION),
        names: Names { title: "Reader".to_owned(), place: "Production".to_owned() },
        requester: Requester { id: Some(requester), ..Requester::default() },
        justification: None,
        ticket: None,
        start: None,
        duration: None,
        created: None,
    }
}

fn verdict(requester: PrincipalId) -> Verdict {
    Verdict { waiting: waiting(requester), decision: Decision::Approve, reason: "known person".to_owned() }
}

fn stage(status: &str, mine: bool, result: &str, by: Option<PrincipalId>) -> Said {
    let by = by.map(|id| json!({ "principalId": id }));
    (
        200,
        json!({ "name": "a1", "properties": { "stages": [{ "id": format!("{APPROVAL}/stages/s1"), "name": "other",
        "properties": { "status": status, "assignedToMe": mine, "reviewResult": result, "reviewedBy": by } }] } }),
    )
}

fn open() -> Said {
    stage("InProgress", true, "NotReviewed", None)
}

/// Decides where the approval reads as `reads` one after the other (the last again and again), and patches are answered with `patches`.
async fn decide(
    reads: &[Said],
    patches: &[Said],
    requester: PrincipalId,
) -> (Result<Decided, PlaneError>, Vec<Value>) {
    let nth = |said: &[Said], n: usize| said.get(n).or(said.last()).cloned().unwrap_or_else(unexpected);
    let (reads, patches) = (reads.to_vec(), patches.to_vec());
    let service = Service::start(move |call, before| match call.method.as_str() {
        "GET" if call.path == APPROVAL && call.query == "api-version=2021-01-01-preview" => {
            nth(&reads, before)
        }
        "PATCH" if call.is("PATCH", "/a1/stages/s1") => nth(&patches, before),
        _ => unexpected(),
    })
    .await;
    let decided = service.plane.approvals().unwrap().decide(&service.caller, &verdict(requester)).await;
    let sent =
        service.calls().into_iter().filter(|call| call.method == "PATCH").map(|call| call.body).collect();
    (decided, sent)
}

#[tokio::test]
async fn a_decision_is_sent_wrapped_and_flat_only_where_that_is_not_understood() {
    let review = json!({ "reviewResult": "Approve", "justification": "known person" });
    let wrapped = json!({ "properties": review });
    let (decided, sent) = decide(&[open()], &[(200, json!({}))], OTHER).await;
    assert_eq!((decided, sent), (Ok(Decided::Done), vec![wrapped.clone()]));
    let (decided, sent) = decide(&[open()], &[refusal(400, "BadRequest"), (200, json!({}))], OTHER).await;
    assert_eq!((decided, sent), (Ok(Decided::Done), vec![wrapped, review]));
}

#[tokio::test]
async fn what_is_not_open_is_not_decided() {
    let decided_by = |result, by| stage("Completed", true, result, by);
    for (read, requester, expected) in [
        (decided_by("Approve", Some(OTHER)), OTHER, Ok(Decided::BySomebodyElse)),
        (decided_by("Approve", None), OTHER, Ok(Decided::BySomebodyElse)),
        (decided_by("Approve", Some(ME)), OTHER, Ok(Decided::Done)),
        (stage("Expired", true, "NotReviewed", None), OTHER, Ok(Decided::Gone)),
        (refusal(404, "NotFound"), OTHER, Ok(Decided::Gone)),
        (stage("InProgress", false, "NotReviewed", None), ME, Ok(Decided::OwnRequest)),
        (refusal(403, "AuthorizationFailed"), ME, Ok(Decided::OwnRequest)),
    ] {
        let described = format!("{read:?}");
        let (decided, sent) = decide(&[read], &[], requester).await;
        assert_eq!((decided, sent.len()), (expected, 0), "{described}");
    }
    let (decided, _) = decide(&[stage("InProgress", false, "NotReviewed", None)], &[], OTHER).await;
    assert!(matches!(decided, Err(PlaneError { kind: ErrorKind::Forbidden { .. }, .. })), "{decided:?}");
}

#[tokio::test]
async fn somebody_who_is_quicker_is_seen_in_the_approval() {
    let quicker = stage("Completed", true, "Deny", Some(OTHER));
    for (refused, now, expected) in [
        (refusal(409, "Conflict"), quicker.clone(), Ok(Decided::BySomebodyElse)),
        (refusal(400, "RequestAlreadyDecided"), quicker.clone(), Ok(Decided::BySomebodyElse)),
        (refusal(409, "Conflict"), open(), Ok(Decided::BySomebodyElse)),
        (refusal(409, "Conflict"), stage("Completed", true, "Approve", Some(ME)), Ok(Decided::Done)),
        (refusal(404, "NotFound"), refusal(404, "NotFound"), Ok(Decided::Gone)),
    ] {
        let described = format!("{refused:?} {now:?}");
        let (decided, _) = decide(&[open(), now], &[refused], OTHER).await;
        assert_eq!(decided, expected, "{described}");
    }
    let (decided, _) = decide(&[open()], &[refusal(400, "BadRequest")], OTHER).await;
    assert!(matches!(decided, Err(PlaneError { kind: ErrorKind::Rejected(_), .. })), "{decided:?}");
}

#[tokio::test]
async fn a_decision_without_an_answer_is_unsure_and_sent_once() {
    for lost in [refusal(500, "InternalServerError"), refusal(503, ""), (0, Value::Null)] {
        let (decided, sent) = decide(&[open()], &[lost], OTHER).await;
        assert_eq!((decided, sent.len()), (Ok(Decided::Unsure), 1));
    }
}

#[tokio::test]
async fn an_approval_is_read_again() {
    for (read, expected) in [
        (open(), Ok(Outcome::Open)),
        (stage("InProgress", false, "NotReviewed", None), Ok(Outcome::Open)),
        (stage("Completed", true, "Approve", Some(ME)), Ok(Outcome::Own(Decision::Approve))),
        (stage("Completed", true, "Deny", Some(OTHER)), Ok(Outcome::Other)),
        (stage("Expired", true, "NotReviewed", None), Ok(Outcome::Gone)),
        (refusal(404, "NotFound"), Ok(Outcome::Gone)),
    ] {
        let described = format!("{read:?}");
        let service = Service::start(move |_, _| read.clone()).await;
        let approvals = service.plane.approvals().unwrap();
        assert_eq!(approvals.outcome(&service.caller, &waiting(OTHER)).await, expected, "{described}");
    }
}

#[tokio::test]
async fn what_waits_for_the_caller_leaves_out_their_own_and_what_an_administrator_decides() {
    let row = |name: &str, principal: PrincipalId, status: &str| {
        json!({ "name": name, "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role(), "principalId": principal,
            "status": status, "requestType": "SelfActivate", "justification": "why" } })
    };
    let rows = json!([
        row("a", OTHER, "PendingApproval"),
        row("b", ME, "PendingApproval"),
        row("c", OTHER, "PendingAdminDecision"),
        row("d", OTHER, "PendingApprovalProvisioning"),
        row("e", OTHER, "Provisioned")
    ]);
    let service = Service::start(move |call, _| {
        if call.query.contains("$filter=asApprover()") { list(rows.clone()) } else { unexpected() }
    })
    .await;
    let waiting = service.plane.approvals().unwrap().waiting(&service.caller).await.unwrap();
    assert_eq!(waiting.iter().map(|row| row.request.as_str()).collect::<Vec<_>>(), ["a", "d"]);
    assert_eq!(waiting[0].justification.as_deref(), Some("why"));
}
