//! Names, the audit log and authentication contexts, each of which may be refused in part.

use graph::{ConditionalAccess, DirectoryAudits, Groups};
use pim::audit::{Activity, AuditLog};
use pim::context::AuthenticationContexts;
use pim::error::ErrorKind;
use pim::plane::Plane;
use serde_json::{Value, json};

use crate::service::{ME, Service, list, refusal};

#[tokio::test]
async fn a_group_that_came_without_a_name_is_named_by_its_membership_or_its_id() {
    for (answer, expected) in [
        (
            list(&json!([{ "id": "G-1", "displayName": "Operators" }, { "id": "g-2", "displayName": null }])),
            "Operators",
        ),
        (refusal(403, "No"), "g-1"),
    ] {
        let service = Service::start(move |call| {
            if call.path.contains("/me/memberOf") {
                return answer.clone();
            }
            list(&json!([{ "id": "e-1", "groupId": "g-1", "accessId": "member", "group": null }]))
        })
        .await;
        let read = Groups::new(service.api.clone(), None).eligibilities(&service.caller).await.unwrap();
        assert_eq!(read.rows[0].names.title, expected);
    }
}

fn audit_row(id: &str, at: &str, service: &str, target: &str) -> Value {
    json!({ "id": id, "category": "RoleManagement", "loggedByService": service, "activityDateTime": at,
        "activityDisplayName": "Add member to role completed (PIM activation)", "result": "success",
        "initiatedBy": { "user": { "id": ME, "userPrincipalName": "me@x" } },
        "targetResources": [{ "id": target, "type": "User" }] })
}

#[tokio::test]
async fn the_log_is_about_the_caller_newest_first_without_twins_and_without_the_filter_too() {
    for takes_filter in [true, false] {
        let service = Service::start(move |call| {
            if !takes_filter && call.path.contains("targetResources/any") {
                return refusal(400, "InvalidFilter");
            }
            list(&json!([
                audit_row("old", "2026-11-20T10:00:00Z", "PIM", &ME.to_string()),
                audit_row("twin", "2026-11-21T10:00:00Z", "Core Directory", &ME.to_string()),
                audit_row("other", "2026-11-21T10:00:00Z", "PIM", "11111111-2222-3333-4444-555555555555"),
                audit_row("new", "2026-11-21T10:00:00.5Z", "PIM", &ME.to_string()),
                audit_row("too new", "2026-11-21T10:00:00.9Z", "PIM", &ME.to_string()),
            ]))
        })
        .await;
        let log = DirectoryAudits::new(service.api.clone());
        let (since, until) =
            ("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-21T10:00:00.6Z".parse().unwrap());
        let entries = log.entries(&service.caller, since, until).await.unwrap();
        let ids: Vec<_> = entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(ids, ["new", "old"]);
        assert!(entries.iter().all(|entry| entry.activity == Activity::Activated && !entry.by_service));
        let asked = service.calls("GET", "/v1.0/auditLogs/directoryAudits");
        assert!(
            asked[0].path.contains("loggedByService eq 'PIM' and activityDateTime ge 2026-11-01T00:00:00Z")
        );
        assert_eq!(asked.len(), if takes_filter { 1 } else { 2 });
    }
    let service = Service::start(|_| refusal(403, "Authentication_RequestFromUnsupportedUserRole")).await;
    let log = DirectoryAudits::new(service.api.clone());
    let (since, until) = ("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-21T10:00:00Z".parse().unwrap());
    let error = log.entries(&service.caller, since, until).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden { missing_scope: None });
}

#[tokio::test]
async fn what_one_list_refuses_of_authentication_contexts_the_other_tells() {
    for (names, policies) in [(true, true), (true, false), (false, true), (false, false)] {
        let service = Service::start(move |call| match call.path.contains("/policies") {
            true if policies => list(&json!([
                { "displayName": "Fresh MFA", "conditions": { "applications": {
                    "includeAuthenticationContextClassReferences": ["c1", "c2"] } } },
                { "displayName": "Everyone", "conditions": { "applications": {} } },
            ])),
            false if names => list(&json!([{ "id": "c1", "displayName": "Strong", "description": "" }])),
            _ => refusal(403, "Authorization_RequestDenied"),
        })
        .await;
        let read = ConditionalAccess::new(service.api.clone()).contexts(&service.caller).await;
        if !names && !policies {
            assert!(matches!(read.unwrap_err().kind, ErrorKind::Forbidden { .. }));
            continue;
        }
        let read = read.unwrap();
        let c1 = &read[0];
        assert_eq!((c1.id.as_str(), c1.name.as_deref()), ("c1", names.then_some("Strong")));
        assert_eq!(c1.policies, if policies { vec!["Fresh MFA"] } else { vec![] });
        assert_eq!(read.len(), if policies { 2 } else { 1 });
        assert_eq!(c1.description, None, "an empty one says nothing");
    }
}
