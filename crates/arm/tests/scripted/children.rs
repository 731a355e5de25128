//! Scopes below a scope.

use pim::error::ErrorKind;
use pim::ids::ScopeId;
use pim::listing::Coverage;
use pim::plane::Plane;
use serde_json::json;

use crate::service::{SUBSCRIPTION, Service, list, unexpected};

#[tokio::test]
async fn the_whole_tree_is_asked_of_a_management_group_and_the_groups_of_a_subscription() {
    const GROUP: &str = "/providers/Microsoft.Management/managementGroups/mg-1";
    let service = Service::start(|call, _| match (call.path.as_str(), call.query.as_str()) {
        (
            "/providers/Microsoft.Management/managementGroups/mg-1/providers/Microsoft.Authorization/eligibleChildResources",
            "api-version=2020-10-01&$getAllChildren=true",
        ) => list(json!([
            { "id": "/subscriptions/aaaa", "name": "Production", "type": "subscription" },
            { "id": "/subscriptions/aaaa/resourceGroups/rg", "name": "rg", "type": "resourcegroup" },
        ])),
        (
            "/subscriptions/aaaa/providers/Microsoft.Authorization/eligibleChildResources",
            "api-version=2020-10-01&$filter=resourceType eq 'resourcegroup'",
        ) => list(json!([{ "id": "/subscriptions/aaaa/resourceGroups/rg", "name": "rg", "type": "resourcegroup" }])),
        _ => unexpected(),
    })
    .await;
    let scopes = service.plane.child_scopes().unwrap();
    let below = scopes.children(&service.caller, &GROUP.into()).await.unwrap();
    assert_eq!(below.coverage, Coverage::Whole);
    let told: Vec<_> =
        below.rows.iter().map(|row| (row.name.as_str(), row.kind.as_str(), row.path.join("/"))).collect();
    let expected =
        [("Production", "Subscription", String::new()), ("rg", "Resource group", "Production".to_owned())];
    assert_eq!(told, expected);
    let below = scopes.children(&service.caller, &SUBSCRIPTION.into()).await.unwrap();
    assert_eq!(below.rows[0].path, [""; 0]);
}

#[tokio::test]
async fn nothing_is_asked_of_a_scope_that_has_nothing_below() {
    let service = Service::start(|_, _| unexpected()).await;
    let scopes = service.plane.child_scopes().unwrap();
    for (scope, has) in [
        ("/", false),
        ("/providers/Microsoft.Management/managementGroups/mg-1", true),
        (SUBSCRIPTION, true),
        ("/subscriptions/aaaa/resourceGroups/rg", false),
        ("/subscriptions/a/../b", false),
    ] {
        let scope = ScopeId::from(scope);
        assert_eq!(scopes.has_children(&scope), has, "{scope}");
        if !has {
            let error = scopes.children(&service.caller, &scope).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotFound);
        }
    }
    assert!(service.calls().is_empty());
}
