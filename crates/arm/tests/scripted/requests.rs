//! Requests: what is answered to a put that is repeated, to a withdrawal and to a dry run.

use pim::draft::Draft;
use pim::error::{ErrorKind, Violation};
use pim::ids::RequestId;
use pim::plane::{Fingerprint, Plane, Submission, Validation};
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::request::{Progress, RequestAction, RequestRef};
use serde_json::{Value, json};

use crate::service::{ME, SUBSCRIPTION, Said, Service, list, now, refusal, role, target, unexpected};

const OWN: &str = "0b5ed229-4072-478d-9504-a047ebd4b07d";

fn draft() -> Draft {
    Draft {
        target: target(SUBSCRIPTION),
        start: now(),
        duration: "PT1H".parse().unwrap(),
        justification: "Incident 4711".to_owned(),
        ticket: None,
        eligibility_schedule: Some("/full/path".into()),
        condition: None,
    }
}

fn own() -> RequestId {
    OWN.into()
}

fn reference(action: RequestAction) -> RequestRef {
    RequestRef { id: own(), target: target(SUBSCRIPTION), action }
}

fn stored(status: &str, action: &str) -> Value {
    json!({ "name": OWN, "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role(), "principalId": ME,
        "status": status, "requestType": action } })
}

/// What became of a put that was answered with `put` and then looked up with `get`.
async fn put(put: Said, get: Said) -> Result<Submission, pim::error::PlaneError> {
    let service = Service::start(move |call, _| match call.method.as_str() {
        "PUT" => put.clone(),
        "GET" => get.clone(),
        _ => unexpected(),
    })
    .await;
    let submission = service.plane.submit(&service.caller, &draft(), &own()).await;
    assert_eq!(service.count("PUT", OWN), 1);
    submission
}

#[tokio::test]
async fn whatever_is_said_to_exist_the_own_request_is_looked_up_first() {
    for (status, code) in [
        (409, "RoleAssignmentRequestExists"),
        (400, "RoleAssignmentRequestExists"),
        (400, "RoleAssignmentExists"),
        (400, "PendingRoleAssignmentRequest"),
        (400, "RoleAssignmentDoesNotExist"),
        (409, "SomethingElseAltogether"),
    ] {
        let found = put(refusal(status, code), (200, stored("Provisioned", "SelfActivate"))).await;
        let Ok(Submission::Accepted(request)) = found else { panic!("{status} {code}: {found:?}") };
        assert_eq!((request.id, request.status.progress()), (own(), Progress::Provisioned));
    }
}

#[tokio::test]
async fn what_exists_is_somebody_else_s_where_the_own_request_does_not() {
    let missing = || refusal(404, "RoleAssignmentScheduleRequestNotFound");
    for (code, violation) in [
        ("RoleAssignmentExists", Violation::AlreadyActive),
        ("PendingRoleAssignmentRequest", Violation::AlreadyPending),
    ] {
        let found = put(refusal(400, code), missing()).await;
        let Ok(Submission::Rejected(rejection)) = found else { panic!("{code}: {found:?}") };
        assert_eq!(rejection.violations, [violation]);
    }
    let error = put(refusal(409, "SomethingElseAltogether"), missing()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
}

#[tokio::test]
async fn a_request_that_exists_and_cannot_be_seen_yet_is_unsure_and_never_refused() {
    let exists = || refusal(400, "RoleAssignmentRequestExists");
    for lookup in [refusal(404, "RoleAssignmentScheduleRequestNotFound"), refusal(403, "AuthorizationFailed")]
    {
        assert_eq!(put(exists(), lookup).await, Ok(Submission::Unsure));
    }
    // Neither is it known what stands in the way when the lookup says nothing.
    let found = put(refusal(400, "RoleAssignmentExists"), refusal(403, "AuthorizationFailed")).await;
    assert_eq!(found, Ok(Submission::Unsure));
}

#[tokio::test]
async fn another_refusal_is_not_looked_into() {
    let code = "RoleAssignmentRequestPolicyValidationFailed";
    let body = json!({ "error": { "code": code, "message": "The following policy rules failed: [\"ExpirationRule\"]" } });
    let found = put((400, body), unexpected()).await;
    let Ok(Submission::Rejected(rejection)) = found else { panic!("{found:?}") };
    assert_eq!(rejection.violations, [Violation::TooLong]);
}

#[tokio::test]
async fn extensions_are_put_read_and_found_among_the_requests_about_eligibilities() {
    let service = Service::start(|call, _| match call.method.as_str() {
        _ if !call.path.ends_with(&format!(
            "{SUBSCRIPTION}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/{OWN}"
        )) =>
        {
            unexpected()
        }
        "PUT" => (201, stored("PendingAdminDecision", "SelfExtend")),
        "GET" => (200, stored("PendingAdminDecision", "SelfExtend")),
        _ => unexpected(),
    })
    .await;
    let (plane, caller) = (&service.plane, &service.caller);
    let wish = Prolongation {
        target: target(SUBSCRIPTION),
        kind: ProlongationKind::Extend,
        schedule: Some("/full/path".into()),
        start: now(),
        until: now(),
        justification: "still on call".to_owned(),
    };
    let Submission::Accepted(request) = plane.prolong(caller, &wish, &own()).await.unwrap() else {
        panic!("not accepted")
    };
    assert_eq!(request.status.progress(), Progress::WaitingForAdministrator);
    let read = plane.request(caller, &reference(RequestAction::Extend)).await.unwrap();
    assert_eq!(read.action, RequestAction::Extend);
    let lost = Fingerprint {
        request_id: own(),
        target: target(SUBSCRIPTION),
        action: RequestAction::Renew,
        justification: String::new(),
        sent: now(),
    };
    assert_eq!(plane.find(caller, &lost).await.unwrap().map(|found| found.id), Some(own()));
}

#[tokio::test]
async fn a_withdrawal_says_what_became_of_the_request() {
    let cancelled = || (200, stored("Canceled", "SelfActivate"));
    let decided = || (200, stored("Denied", "SelfActivate"));
    let missing = || refusal(404, "RoleAssignmentScheduleRequestNotFound");
    for (answer, read, withdrawn) in [
        ((200, Value::Null), unexpected(), true),
        (refusal(400, "RequestCannotBeCancelled"), cancelled(), true),
        (refusal(404, "NotFound"), cancelled(), true),
        (refusal(400, "RequestCannotBeCancelled"), decided(), false),
        (refusal(404, "NotFound"), missing(), false),
        (refusal(403, "AuthorizationFailed"), cancelled(), false),
    ] {
        let described = format!("{answer:?} {read:?}");
        let service = Service::start(move |call, _| match call.method.as_str() {
            "POST" if call.path.ends_with("/cancel") => answer.clone(),
            "GET" => read.clone(),
            _ => unexpected(),
        })
        .await;
        let outcome = service.plane.cancel(&service.caller, &reference(RequestAction::Activate)).await;
        let is_withdrawn = matches!(&outcome, Ok(Submission::Accepted(request)) if request.status.progress() == Progress::Cancelled);
        assert_eq!(is_withdrawn, withdrawn, "{described}: {outcome:?}");
        assert_eq!(service.count("POST", "/cancel"), 1);
    }
}

#[tokio::test]
async fn a_withdrawal_without_an_answer_is_unsure() {
    let service = Service::start(|_, _| refusal(500, "InternalServerError")).await;
    let outcome = service.plane.cancel(&service.caller, &reference(RequestAction::Activate)).await;
    assert_eq!(outcome, Ok(Submission::Unsure));
}

#[tokio::test]
async fn a_dry_run_commits_nothing_and_tells_every_rule() {
    let code = "RoleAssignmentRequestPolicyValidationFailed";
    let rules = json!({ "error": { "code": code,
        "message": "The following policy rules failed: [\"JustificationRule\",\"TicketingRule\"]" } });
    for (answer, expected) in [
        ((200, stored("PendingEvaluation", "SelfActivate")), Validation::Passes),
        ((400, rules), Validation::Fails(vec![Violation::JustificationMissing, Violation::TicketMissing])),
    ] {
        let service = Service::start(move |_, _| answer.clone()).await;
        assert_eq!(service.plane.validate(&service.caller, &draft()).await, Ok(expected));
        let [call] = service.calls().try_into().unwrap();
        assert!(call.is("POST", "/validate") && call.query == "api-version=2022-04-01", "{call:?}");
        assert_eq!(call.body["properties"]["linkedRoleEligibilityScheduleId"], "/full/path");
    }
    let service = Service::start(|_, _| refusal(403, "AuthorizationFailed")).await;
    assert!(service.plane.validate(&service.caller, &draft()).await.is_err(), "it says nothing");
}

#[tokio::test]
async fn own_requests_are_those_about_oneself_and_about_one_s_eligibilities() {
    let named = |name: &str, principal: &str, action: &str| {
        json!({ "name": name, "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role(), "principalId": principal,
            "status": "Provisioned", "requestType": action } })
    };
    let (me, other) = (ME.to_string(), "00000000-0000-0000-0000-000000000009");
    let assignments = json!([named("a", &me, "SelfActivate"), named("b", other, "AdminAssign")]);
    let eligibilities = json!([named("c", &me, "SelfExtend"), named("d", &me, "AdminAssign")]);
    let service = Service::start(move |call, _| match call.path.rsplit('/').next().unwrap() {
        "roleAssignmentScheduleRequests" if call.query.contains("asRequestor()") => list(assignments.clone()),
        "roleEligibilityScheduleRequests" if call.query.contains("asTarget()") => list(eligibilities.clone()),
        _ => unexpected(),
    })
    .await;
    let found = service.plane.requests(&service.caller).await.unwrap();
    assert_eq!(found[2].action, RequestAction::Grant);
    assert_eq!(found.iter().map(|request| request.id.as_str()).collect::<Vec<_>>(), ["a", "c", "d"]);
}

#[tokio::test]
async fn an_empty_or_refused_answer_to_the_requestor_is_asked_again_by_principal() {
    for first in [list(json!([])), refusal(400, "InvalidFilter"), refusal(403, "InsufficientPermissions")] {
        let rows = json!([stored("Provisioned", "SelfActivate")]);
        let service = Service::start(move |call, _| match call.path.rsplit('/').next().unwrap() {
            "roleAssignmentScheduleRequests" if call.query.contains("asRequestor()") => first.clone(),
            "roleAssignmentScheduleRequests" if call.query.ends_with(&format!("principalId eq '{ME}'")) => {
                list(rows.clone())
            }
            _ => refusal(403, "InsufficientPermissions"),
        })
        .await;
        assert_eq!(service.plane.requests(&service.caller).await.unwrap().len(), 1);
    }
}
