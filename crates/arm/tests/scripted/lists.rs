//! Lists: the tenant root first, and scope by scope where it is refused.

use pim::error::ErrorKind;
use pim::listing::Coverage;
use pim::plane::Plane;
use serde_json::{Value, json};

use crate::service::{Call, SUBSCRIPTION, Said, Service, list, refusal, role, unexpected};

const ROOT: &str = "/providers/Microsoft.Authorization/roleEligibilityScheduleInstances";
const GROUPS: &str = "/providers/Microsoft.Management/managementGroups";

fn row(scope: &str, id: &str) -> Value {
    json!({ "id": format!("{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances/{id}"), "name": id,
        "properties": { "scope": scope, "roleDefinitionId": role(), "roleEligibilityScheduleId": format!("{scope}/s/{id}") } })
}

/// A tenant whose root is refused with `status`, with two subscriptions and a management group.
fn scope_by_scope(status: u16) -> impl Fn(&Call, usize) -> Said + Clone {
    move |call, _| match call.path.as_str() {
        ROOT => refusal(status, "InsufficientPermissions"),
        "/subscriptions" => list(json!([
            { "id": "/subscriptions/aaaa", "subscriptionId": "aaaa", "displayName": "Production" },
            { "id": "/subscriptions/bbbb", "subscriptionId": "bbbb", "displayName": "Test" },
        ])),
        GROUPS => list(
            json!([{ "id": format!("{GROUPS}/mg-1"), "name": "mg-1", "properties": { "displayName": "Platform" } }]),
        ),
        path if !call.query.contains("$filter=asTarget()") => panic!("{path} lists everybody's rows"),
        path if path.starts_with("/subscriptions/aaaa/") => {
            list(json!([row("/subscriptions/aaaa/resourceGroups/rg", "1"), row("/subscriptions/aaaa", "2")]))
        }
        path if path.starts_with("/subscriptions/bbbb/") => refusal(403, "AuthorizationFailed"),
        path if path.starts_with(GROUPS) => list(json!([
            row("/subscriptions/AAAA", "2"),
            row("/providers/Microsoft.Management/managementGroups/mg-1", "3")
        ])),
        _ => unexpected(),
    }
}

#[tokio::test]
async fn where_the_root_is_refused_each_scope_is_asked_and_the_list_says_so() {
    for status in [401, 403] {
        let service = Service::start(scope_by_scope(status)).await;
        let found = service.plane.eligibilities(&service.caller).await.unwrap();
        assert_eq!(found.coverage, Coverage::ScopeByScope { asked: 3, unanswered: 1 });
        let mut places: Vec<_> = found.rows.iter().map(|row| row.names.place.as_str()).collect();
        places.sort_unstable();
        assert_eq!(places, ["Production", "Production / rg", "mg-1"], "each row once, with the names learnt");
        assert_eq!(service.count("GET", ROOT), 1 + 3, "nothing is asked twice");
    }
}

#[tokio::test]
async fn a_whole_list_is_no_reason_to_crawl() {
    let service = Service::start(|call, _| match call.path.as_str() {
        ROOT => list(json!([row("/providers/Microsoft.Management/managementGroups/mg-1", "1")])),
        _ => unexpected(),
    })
    .await;
    let found = service.plane.eligibilities(&service.caller).await.unwrap();
    assert_eq!((found.rows.len(), found.coverage), (1, Coverage::Whole));
    assert_eq!(service.calls().len(), 2, "the list, and beside it the names of subscriptions");
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_root_s_own_refusal_counts() {
    for scopes in [refusal(403, "AuthorizationFailed"), list(json!([]))] {
        let service = Service::start(move |call, _| match call.path.as_str() {
            ROOT => refusal(403, "InsufficientPermissions"),
            _ => scopes.clone(),
        })
        .await;
        let error = service.plane.eligibilities(&service.caller).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Forbidden { .. }), "{error:?}");
        assert_eq!(error.code.as_deref(), Some("InsufficientPermissions"));
    }
    let service = Service::start(|call, _| match call.path.as_str() {
        "/subscriptions" => list(json!([{ "id": SUBSCRIPTION }])),
        _ => refusal(403, "InsufficientPermissions"),
    })
    .await;
    assert!(service.plane.eligibilities(&service.caller).await.is_err(), "no scope answered");
}

#[tokio::test]
async fn a_root_that_is_out_of_order_is_an_error_and_no_reason_to_crawl() {
    let service = Service::start(|_, _| refusal(500, "InternalServerError")).await;
    let error = service.plane.eligibilities(&service.caller).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(service.count("GET", "/providers/Microsoft.Management/managementGroups"), 0);
}

#[tokio::test]
async fn a_subscription_that_no_row_names_is_asked_for_its_name_and_remembered() {
    let held = |id: &str| {
        let scope = "/subscriptions/aaaa/resourceGroups/rg";
        json!({ "id": id, "properties": { "scope": scope, "roleDefinitionId": role(), "assignmentType": "Activated" } })
    };
    let service = Service::start(move |call, _| match call.path.as_str() {
        "/subscriptions" => list(json!([{ "id": "/subscriptions/aaaa", "displayName": "Production" }])),
        path if path.ends_with("/roleAssignmentScheduleInstances") => list(json!([held("1")])),
        _ => unexpected(),
    })
    .await;
    for _ in 0..2 {
        let found = service.plane.assignments(&service.caller).await.unwrap();
        assert_eq!(found.rows[0].names.place, "Production / rg");
    }
    assert_eq!(service.count("GET", "/subscriptions"), 1, "what is named is not asked for again");
}

#[tokio::test]
async fn a_name_that_one_list_told_serves_the_other() {
    let named = json!([{ "id": "1", "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role(),
        "expandedProperties": { "scope": { "id": SUBSCRIPTION, "displayName": "Production" } } } }]);
    let held = json!([{ "id": "2", "properties": { "scope": "/subscriptions/AAAA/resourceGroups/rg", "roleDefinitionId": role() } }]);
    let service = Service::start(move |call, _| match call.path.as_str() {
        ROOT => list(named.clone()),
        path if path.ends_with("/roleAssignmentScheduleInstances") => list(held.clone()),
        _ => unexpected(),
    })
    .await;
    service.plane.eligibilities(&service.caller).await.unwrap();
    let found = service.plane.assignments(&service.caller).await.unwrap();
    assert_eq!(found.rows[0].names.place, "Production / rg");
    assert_eq!(
        service.count("GET", "/subscriptions"),
        1,
        "beside the first list, when nothing was known yet"
    );
}

#[tokio::test]
async fn a_subscription_whose_name_cannot_be_read_keeps_its_id() {
    let held = json!([{ "id": "2", "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role() } }]);
    let service = Service::start(move |call, _| match call.path.as_str() {
        path if path.ends_with("/roleAssignmentScheduleInstances") => list(held.clone()),
        _ => refusal(403, "AuthorizationFailed"),
    })
    .await;
    for _ in 0..2 {
        let found = service.plane.assignments(&service.caller).await.unwrap();
        assert_eq!(found.rows[0].names.place, "aaaa");
    }
    assert_eq!(service.count("GET", "/subscriptions"), 1, "nor is it asked for again at once");
}
