//! What waits for the caller, and every end that a decision can come to.

use graph::{EntraRoles, Groups};
use pim::approval::{Decided, Decision, Outcome, Verdict, Waiting};
use pim::error::ErrorKind;
use pim::plane::Plane;
use serde_json::{Value, json};

use crate::service::{Call, ME, Said, Service, list, refusal};

fn waiting_row(principal: &str, status: &str) -> Value {
    json!({ "id": "q-1", "approvalId": "a-1", "status": status, "action": "selfActivate", "groupId": "g-1",
        "accessId": "owner", "principalId": principal, "justification": "Incident 7",
        "group": { "id": "g-1", "displayName": "Operators" },
        "principal": { "displayName": "Adele Vance", "userPrincipalName": "adele@contoso.example" } })
}

const SOMEBODY: &str = "11111111-2222-3333-4444-555555555555";

fn stage(result: &str, by: &Value) -> Value {
    json!({ "id": "s-1", "reviewResult": result, "status": "InProgress", "assignedToMe": true, "reviewedBy": by })
}

fn approval(word: &str, stage: &Value) -> Said {
    (200, Value::from_iter([("id".to_owned(), json!("a-1")), (word.to_owned(), json!([stage]))]))
}

async fn groups(answer: impl Fn(&Call) -> Said + Clone + Send + Sync + 'static) -> (Service, Groups) {
    let service = Service::start(answer).await;
    let plane = Groups::new(service.api.clone(), None);
    (service, plane)
}

/// The one request that waits.
async fn one_waiting() -> Waiting {
    let (service, plane) = groups(|_| list(&json!([waiting_row(SOMEBODY, "PendingApproval")]))).await;
    plane.approvals().unwrap().waiting(&service.caller).await.unwrap().remove(0)
}

async fn verdict() -> Verdict {
    Verdict { waiting: one_waiting().await, decision: Decision::Approve, reason: "fine".into() }
}

#[tokio::test]
async fn what_waits_is_listed_with_who_and_why_and_never_one_s_own() {
    let (service, plane) = groups(|_| {
        list(&json!([
            waiting_row(SOMEBODY, "PendingApproval"),
            waiting_row(&ME.to_string(), "PendingApproval"),
            waiting_row(SOMEBODY, "Provisioned"),
        ]))
    })
    .await;
    let waiting = plane.approvals().unwrap().waiting(&service.caller).await.unwrap();
    let [one] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!((one.id.as_str(), one.request.as_str()), ("a-1", "q-1"));
    assert_eq!((one.names.title.as_str(), one.names.place.as_str()), ("Operators", "Owner"));
    assert_eq!(one.requester.name.as_deref(), Some("Adele Vance"));
    assert_eq!(one.requester.username.as_deref(), Some("adele@contoso.example"));
    let asked = service.calls("GET", "filterByCurrentUser(on='approver')");
    assert!(asked[0].path.contains("$filter=status eq 'PendingApproval'"), "{}", asked[0].path);
}

#[tokio::test]
async fn a_decision_is_sent_once_to_stages_or_to_steps() {
    for word in ["stages", "steps"] {
        let (service, plane) = groups(move |call| {
            let known = call.path.contains(word);
            match call.method.as_str() {
                _ if !known => refusal(400, "BadRequest"),
                "GET" => approval(word, &stage("NotReviewed", &Value::Null)),
                _ => (204, Value::Null),
            }
        })
        .await;
        let decided = plane.approvals().unwrap().decide(&service.caller, &verdict().await).await;
        assert_eq!(decided, Ok(Decided::Done), "{word}");
        let sent = service.calls("PATCH", &format!("/assignmentApprovals/a-1/{word}/s-1"));
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].body, json!({ "reviewResult": "Approve", "justification": "fine" }));
    }
}

#[tokio::test]
async fn every_end_of_a_decision_is_told_apart() {
    let open = || approval("stages", &stage("NotReviewed", &Value::Null));
    let reviewed = |result, by: &Value| approval("stages", &stage(result, by));
    let me = json!({ "id": ME });
    for (read, write, expected) in [
        (open(), refusal(409, "Conflict"), Ok(Decided::BySomebodyElse)),
        (open(), refusal(404, "NotFound"), Ok(Decided::Gone)),
        (open(), (0, Value::Null), Ok(Decided::Unsure)),
        (open(), refusal(503, ""), Ok(Decided::Unsure)),
        (open(), refusal(403, "No"), Err(ErrorKind::Forbidden { missing_scope: None })),
        (refusal(404, "NotFound"), (204, Value::Null), Ok(Decided::Gone)),
        (reviewed("Approve", &me), refusal(418, "NotSent"), Ok(Decided::Done)),
        (reviewed("Deny", &me), refusal(418, "NotSent"), Ok(Decided::BySomebodyElse)),
        (reviewed("Approve", &Value::Null), refusal(418, "NotSent"), Ok(Decided::BySomebodyElse)),
    ] {
        let label = format!("{read:?} {write:?}");
        let (service, plane) =
            groups(move |call| if call.method == "GET" { read.clone() } else { write.clone() }).await;
        let decided = plane.approvals().unwrap().decide(&service.caller, &verdict().await).await;
        assert_eq!(decided.map_err(|error| error.kind), expected, "{label}");
        assert!(service.calls("PATCH", "").len() <= 1, "{label}");
    }
}

#[tokio::test]
async fn one_s_own_request_is_not_even_sent() {
    let (service, plane) = groups(|_| refusal(418, "NotAsked")).await;
    let mut verdict = verdict().await;
    verdict.waiting.requester.id = Some(ME);
    let decided = plane.approvals().unwrap().decide(&service.caller, &verdict).await;
    assert_eq!((decided, service.calls("GET", "").len()), (Ok(Decided::OwnRequest), 0));
}

#[tokio::test]
async fn an_approval_is_read_again_after_a_lost_answer() {
    let waiting = one_waiting().await;
    let by = |id: Value| json!({ "user": { "id": id } });
    let mut expired = stage("NotReviewed", &Value::Null);
    expired["status"] = json!("Expired");
    for (read, expected) in [
        (approval("stages", &stage("NotReviewed", &Value::Null)), Outcome::Open),
        (approval("stages", &stage("Deny", &by(json!(ME)))), Outcome::Own(Decision::Deny)),
        (approval("stages", &stage("Approve", &by(json!(SOMEBODY)))), Outcome::Other),
        (approval("stages", &expired), Outcome::Gone),
        (refusal(404, "NotFound"), Outcome::Gone),
    ] {
        let (service, plane) = groups(move |_| read.clone()).await;
        assert_eq!(plane.approvals().unwrap().outcome(&service.caller, &waiting).await, Ok(expected));
    }
}

#[tokio::test]
async fn entra_s_scope_refusal_names_the_scope_and_the_page_is_known() {
    const NEEDED: &str = "PrivilegedAccess.ReadWrite.AzureAD,PrivilegedAccess.Read.AzureAD";
    let service = Service::start(|_| {
        let message = format!("User needs one of the following permissions for this action : {NEEDED}");
        (403, json!({ "error": { "code": "", "message": message } }))
    })
    .await;
    let plane = EntraRoles::new(service.api.clone(), Some("https://entra.example/"));
    let error = plane.approvals().unwrap().decide(&service.caller, &verdict().await).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden { missing_scope: Some(NEEDED.to_owned()) });
    assert_eq!(service.calls("GET", "/beta/roleManagement/directory/roleAssignmentApprovals/a-1").len(), 1);
    let page = plane.descriptor().admin_page.clone().unwrap();
    assert!(page.starts_with("https://entra.example/#view/"), "{page}");
}
