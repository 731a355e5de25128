//! What is posted, and what a withdrawal comes to.

use graph::{EntraRoles, Groups};
use pim::draft::{Draft, Ticket};
use pim::error::{ErrorKind, Violation};
use pim::ids::RequestId;
use pim::plane::{Fingerprint, Plane, Submission, Validation};
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::request::{Progress, RequestAction, RequestRef};
use pim::target::Target;
use serde_json::{Value, json};

use crate::service::{ME, Said, Service, list, refusal};

const START: &str = "2026-11-21T10:00:00.123456789Z";

fn entra() -> Target {
    Target { plane: "entra".into(), role: "role-1".into(), scope: "/".into() }
}

fn group() -> Target {
    Target { plane: "groups".into(), role: "member".into(), scope: "g-1".into() }
}

fn draft(target: Target, ticket: bool) -> Draft {
    Draft {
        target,
        start: START.parse().unwrap(),
        duration: "PT1H45M".parse().unwrap(),
        justification: "Incident 7".into(),
        ticket: ticket.then(|| Ticket { number: "7".into(), system: "Desk".into() }),
        eligibility_schedule: None,
        condition: None,
    }
}

fn request(action: RequestAction) -> RequestRef {
    RequestRef { id: "q-1".into(), target: entra(), action }
}

fn row(action: &str, status: &str) -> Value {
    json!({ "id": "q-1", "action": action, "status": status, "roleDefinitionId": "role-1", "directoryScopeId": "/",
        "createdDateTime": START, "completedDateTime": START, "justification": "Incident 7",
        "roleDefinition": { "displayName": "User Administrator" },
        "scheduleInfo": { "startDateTime": "2026-11-21T10:00:00Z",
            "expiration": { "type": "afterDateTime", "endDateTime": "2026-11-21T12:30:00Z", "duration": null } },
        "ticketInfo": { "ticketNumber": "7", "ticketSystem": null } })
}

#[tokio::test]
async fn an_activation_and_its_dry_run_say_the_same_and_only_the_caller_is_named() {
    let service = Service::start(|_| (201, row("selfActivate", "Provisioned"))).await;
    let (entra_roles, groups) =
        (EntraRoles::new(service.api.clone(), None), Groups::new(service.api.clone(), None));
    let planes: [(&dyn Plane, Target, Value, &str); 2] = [
        (
            &entra_roles,
            entra(),
            json!({ "roleDefinitionId": "role-1", "directoryScopeId": "/" }),
            "AfterDuration",
        ),
        (&groups, group(), json!({ "groupId": "g-1", "accessId": "member" }), "afterDuration"),
    ];
    for (n, (plane, target, ids, kind)) in planes.into_iter().enumerate() {
        let draft = draft(target, n == 0);
        let submission = plane.submit(&service.caller, &draft, &RequestId::from("x")).await.unwrap();
        assert!(matches!(submission, Submission::Accepted(request) if request.target == draft.target));
        assert_eq!(plane.validate(&service.caller, &draft).await, Ok(Validation::Passes));
        let mut expected = json!({
            "action": "selfActivate", "principalId": ME, "justification": "Incident 7",
            "scheduleInfo": { "startDateTime": "2026-11-21T10:00:00.123Z",
                "expiration": { "type": kind, "duration": "PT1H45M" } },
        });
        expected.as_object_mut().unwrap().extend(ids.as_object().unwrap().clone());
        if n == 0 {
            expected["ticketInfo"] = json!({ "ticketNumber": "7", "ticketSystem": "Desk" });
        }
        let posted = service.calls("POST", "ScheduleRequests");
        assert_eq!(posted[2 * n].body, expected);
        expected["isValidationOnly"] = json!(true);
        assert_eq!(posted[2 * n + 1].body, expected);
    }
}

#[tokio::test]
async fn a_wish_for_a_longer_eligibility_goes_to_its_own_collection_and_is_found_there() {
    const PATH: &str = "/v1.0/roleManagement/directory/roleEligibilityScheduleRequests";
    let service = Service::start(|call| match call.method.as_str() {
        "POST" => (201, row("selfExtend", "PendingAdminDecision")),
        _ if call.path.contains("filterByCurrentUser") => {
            list(&json!([row("selfExtend", "PendingAdminDecision")]))
        }
        _ => (200, row("selfExtend", "PendingAdminDecision")),
    })
    .await;
    let plane = EntraRoles::new(service.api.clone(), None);
    let wish = Prolongation {
        target: entra(),
        kind: ProlongationKind::Extend,
        schedule: None,
        start: START.parse().unwrap(),
        until: "2027-01-01T00:00:00Z".parse().unwrap(),
        justification: "Incident 7".into(),
    };
    let Submission::Accepted(sent) = plane.prolong(&service.caller, &wish, &"x".into()).await.unwrap() else {
        panic!("not accepted")
    };
    assert_eq!(sent.status.progress(), Progress::WaitingForAdministrator);
    let body = json!({
        "action": "selfExtend", "principalId": ME, "roleDefinitionId": "role-1", "directoryScopeId": "/",
        "justification": "Incident 7",
        "scheduleInfo": { "startDateTime": "2026-11-21T10:00:00.123Z",
            "expiration": { "type": "afterDateTime", "endDateTime": "2027-01-01T00:00:00.000Z" } },
    });
    assert_eq!(service.calls("POST", PATH)[0].body, body);
    assert_eq!(plane.request(&service.caller, &request(RequestAction::Extend)).await.unwrap().id, sent.id);
    let lost = Fingerprint {
        request_id: "x".into(),
        target: entra(),
        action: RequestAction::Extend,
        justification: "Incident 7".into(),
        sent: START.parse().unwrap(),
    };
    assert_eq!(plane.find(&service.caller, &lost).await.unwrap().map(|found| found.id), Some(sent.id));
    assert_eq!(service.calls("GET", PATH).len(), 2);
    assert!(service.calls("GET", "roleAssignmentScheduleRequests").is_empty());
}

#[tokio::test]
async fn own_requests_are_listed_with_all_that_is_said_of_them() {
    let service = Service::start(|call| {
        if call.path.contains("roleEligibility") {
            let mut granted = row("adminUpdate", "Provisioned");
            granted["targetScheduleId"] = json!("made");
            let mut removed = row("adminRemove", "Revoked");
            removed["scheduleInfo"]["expiration"] = json!({ "type": "afterDuration", "duration": "P30D" });
            return list(&json!([row("selfRenew", "PendingAdminDecision"), granted, removed,]));
        }
        list(&json!([row("selfActivate", "Provisioned"), { "id": "without a target", "status": "Denied" }]))
    })
    .await;
    let rows = EntraRoles::new(service.api.clone(), None).requests(&service.caller).await.unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.action).collect();
    assert_eq!(
        actions,
        [RequestAction::Activate, RequestAction::Renew, RequestAction::Grant, RequestAction::Remove]
    );
    assert_eq!(
        (rows[2].until, rows[2].schedule.clone()),
        ("2026-11-21T12:30:00Z".parse().ok(), Some("made".into()))
    );
    assert_eq!(rows[3].until, "2026-12-21T10:00:00Z".parse().ok(), "a duration counts from the start");
    let names = rows[0].names.clone().unwrap();
    assert_eq!((names.title.as_str(), names.place.as_str()), ("User Administrator", "Directory"));
    assert_eq!((rows[0].duration, rows[0].completed), ("PT2H30M".parse().ok(), START.parse().ok()));
    assert_eq!(rows[0].ticket, Some(Ticket { number: "7".into(), system: String::new() }));
    for (status, whole) in [(403, true), (400, true), (404, true), (501, false)] {
        let service = Service::start(move |call| {
            if call.path.contains("ligibilityScheduleRequests") {
                refusal(status, "No")
            } else {
                list(&json!([]))
            }
        })
        .await;
        let read = Groups::new(service.api.clone(), None).requests(&service.caller).await;
        assert_eq!(read.is_ok(), whole, "{status}");
    }
}

/// What a cancellation comes to when it is answered by `cancel` and the request is read as `then`.
async fn cancelled(cancel: Said, then: Said) -> (Result<Submission, ErrorKind>, Service) {
    let service =
        Service::start(move |call| if call.method == "POST" { cancel.clone() } else { then.clone() }).await;
    let plane = EntraRoles::new(service.api.clone(), None);
    let answer = plane.cancel(&service.caller, &request(RequestAction::Activate)).await;
    (answer.map_err(|error| error.kind), service)
}

#[tokio::test]
async fn a_withdrawal_tells_withdrawn_before_from_not_to_be_withdrawn() {
    let progress = |answer: &Result<Submission, ErrorKind>| match answer {
        Ok(Submission::Accepted(request)) => Some(request.status.progress()),
        _ => None,
    };
    let unread = || refusal(418, "NotAsked");
    let (answer, service) = cancelled((204, Value::Null), unread()).await;
    assert_eq!(progress(&answer), Some(Progress::Cancelled));
    let path = "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests/q-1/cancel";
    let posted = service.calls("POST", "");
    assert_eq!((posted[0].path.as_str(), &posted[0].body, posted.len()), (path, &Value::Null, 1));
    for status in [400, 404, 409] {
        let (answer, _) =
            cancelled(refusal(status, "RequestNotPending"), (200, row("selfActivate", "Canceled"))).await;
        assert_eq!(progress(&answer), Some(Progress::Cancelled), "{status}: withdrawn before");
    }
    let (answer, _) =
        cancelled(refusal(400, "RequestNotPending"), (200, row("selfActivate", "Provisioned"))).await;
    let Ok(Submission::Rejected(rejection)) = answer else { panic!("{answer:?}") };
    assert_eq!(rejection.violations, [Violation::Other("RequestNotPending".into())]);
    let (answer, _) = cancelled(refusal(404, "NotFound"), refusal(404, "NotFound")).await;
    assert_eq!(answer, Err(ErrorKind::NotFound));
    let (answer, service) = cancelled((0, Value::Null), unread()).await;
    assert_eq!((answer, service.calls("POST", "").len()), (Ok(Submission::Unsure), 1));
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_refused() {
    let service = Service::start(|_| {
        (
            400,
            json!({ "error": { "code": "RoleAssignmentRequestPolicyValidationFailed",
            "message": "The following policy rules failed: [\"JustificationRule\",\"TicketingRule\"]" } }),
        )
    })
    .await;
    let plane = Groups::new(service.api.clone(), None);
    let fails = Validation::Fails(vec![Violation::JustificationMissing, Violation::TicketMissing]);
    assert_eq!(plane.validate(&service.caller, &draft(group(), false)).await, Ok(fails));
    let service = Service::start(|_| refusal(403, "Authorization_RequestDenied")).await;
    let plane = Groups::new(service.api.clone(), None);
    let error = plane.validate(&service.caller, &draft(group(), false)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden { missing_scope: None });
}
