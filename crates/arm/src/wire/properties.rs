//! What holds whatever Azure writes: nothing panics, no path leads elsewhere, and a row that is read says what it is about.

use pim::ids::PrincipalId;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Resource;
use super::approval::{Approval, Standing};
use super::instance::Instance;
use super::policy::PolicyAssignment;
use super::request::WireRequest;
use super::scopes::ScopeRow;
use super::tenants::TenantRow;
use crate::scope::{self, Subscriptions};

/// The words that the parsers look for: arbitrary ones alone would hardly ever be read.
const KEYS: [&str; 36] = [
    "id",
    "name",
    "type",
    "properties",
    "scope",
    "roleDefinitionId",
    "principalId",
    "requestType",
    "status",
    "approvalId",
    "createdOn",
    "justification",
    "ticketInfo",
    "ticketNumber",
    "ticketSystem",
    "scheduleInfo",
    "startDateTime",
    "endDateTime",
    "expiration",
    "duration",
    "expandedProperties",
    "displayName",
    "email",
    "roleDefinition",
    "principal",
    "stages",
    "reviewResult",
    "reviewedBy",
    "assignedToMe",
    "memberType",
    "condition",
    "effectiveRules",
    "tenantId",
    "tenantCategory",
    "defaultDomain",
    "domains",
];

/// Texts of the kinds that stand in those places.
const TEXTS: [&str; 20] = [
    "",
    " ",
    "/",
    "/subscriptions/a",
    "/subscriptions/a/resourceGroups/b",
    "/subscriptions//x",
    "/a/../b",
    "/providers/Microsoft.Management/managementGroups/m",
    "/providers/Microsoft.Subscription/subscriptions/a",
    "/subscriptions/a/resourceGroups/b/providers/C.D/e/f/providers",
    "PT8H",
    "P1D",
    "-PT1H",
    "PendingApproval",
    "SelfActivate",
    "Approve",
    "InProgress",
    "2026-11-21T10:00:00.1234567Z",
    "9999-12-31T23:59:59Z",
    "00000000-0000-0000-0000-000000000001",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => prop::sample::select(&TEXTS[..]).prop_map(str::to_owned), 1 => any::<String>()]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::String),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(Value::from),
    ];
    let key = prop_oneof![9 => prop::sample::select(&KEYS[..]).prop_map(str::to_owned), 1 => any::<String>()];
    leaf.prop_recursive(5, 96, 8, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            6 => prop::collection::hash_map(key.clone(), inner, 0..10).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn read<T: DeserializeOwned>(json: &Value) -> Option<T> {
    serde_json::from_value(json.clone()).ok()
}

fn resource(properties: Value) -> Value {
    Value::from_iter([
        ("id", Value::from("/subscriptions/a/x/own")),
        ("name", Value::from("own")),
        ("properties", properties),
    ])
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in any::<Vec<u8>>()) {
        let _ = serde_json::from_slice::<Resource<Instance>>(&bytes).is_ok();
        let _ = serde_json::from_slice::<Resource<Approval>>(&bytes).is_ok();
    }

    #[test]
    fn a_row_that_is_read_has_an_id_a_role_and_a_scope(json in json()) {
        let names = Subscriptions::new();
        for json in [json.clone(), resource(json)] {
            if let Some(row) = read::<Resource<Instance>>(&json) {
                let targets = [row.eligibility(&names).map(|row| row.target), row.assignment(&names).map(|row| row.target)];
                for target in targets.into_iter().flatten() {
                    prop_assert!(!target.role.as_str().trim().is_empty() && !target.scope.as_str().trim().is_empty());
                }
            }
        }
    }

    #[test]
    fn a_request_that_is_read_has_a_status_and_a_positive_duration(json in json()) {
        let names = Subscriptions::new();
        for json in [json.clone(), resource(json)] {
            if let Some(row) = read::<Resource<WireRequest>>(&json) {
                if let Some(request) = row.own(&names) {
                    prop_assert!(!request.status.as_str().is_empty());
                    prop_assert!(request.duration.is_none_or(|duration| duration.minutes() > 0));
                }
                let _ = (row.waiting(&names), row.waits_for_approval(), row.is_for(PrincipalId(uuid::Uuid::nil())));
            }
        }
    }

    #[test]
    fn a_stage_that_is_the_person_s_own_has_an_id_that_cannot_lead_elsewhere(json in json()) {
        for json in [json.clone(), Value::from_iter([("stages", json)])] {
            if let Some(approval) = read::<Approval>(&json)
                && let Some(Standing::Mine(id)) = approval.standing(PrincipalId(uuid::Uuid::nil()))
            {
                prop_assert_eq!(transport::segment(&id), Some(id.as_str()));
            }
        }
    }

    #[test]
    fn child_scopes_are_distinct_and_can_be_paths(rows in prop::collection::vec(json(), 0..8), above in text()) {
        let rows: Vec<ScopeRow> = rows.iter().filter_map(read).collect();
        let children = ScopeRow::children(&rows, &above);
        for child in &children {
            prop_assert_eq!(scope::checked(child.scope.as_str()), Some(child.scope.as_str()));
            prop_assert!(!child.scope.as_str().eq_ignore_ascii_case(&above));
            prop_assert!(!child.kind.is_empty());
        }
        let mut ids: Vec<_> = children.iter().map(|child| child.scope.as_str().to_ascii_lowercase()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), children.len());
    }

    #[test]
    fn directories_are_distinct_and_their_names_legible(rows in prop::collection::vec(json(), 0..8)) {
        let rows: Vec<TenantRow> = rows.iter().filter_map(read).collect();
        let found = TenantRow::directories(&rows);
        for directory in &found {
            for text in directory.name.iter().chain(&directory.domains) {
                prop_assert_eq!(transport::wire::legible(text), Some(text.clone()));
            }
        }
        let ids: std::collections::HashSet<_> = found.iter().map(|directory| directory.id).collect();
        prop_assert_eq!(ids.len(), found.len());
    }

    #[test]
    fn policies_are_read_or_refused(json in json()) {
        if let Some(row) = read::<PolicyAssignment>(&json) {
            let _ = (row.is_for(&"role".into()), transport::rules::reading(row.effective_rules.as_deref()));
        }
    }

    #[test]
    fn a_scope_that_is_checked_stays_on_its_path(text in text()) {
        if let Some(checked) = scope::checked(&text).filter(|checked| !checked.is_empty()) {
            prop_assert!(checked.starts_with('/') && !checked.contains(['?', '#', '%', '\\', '\'']));
            prop_assert!(checked.split('/').skip(1).all(|segment| !matches!(segment, "" | "." | "..")));
        }
        prop_assert!(!scope::names(&text, None, &Subscriptions::new()).is_empty());
        prop_assert!(text.ends_with(scope::stable(&text)));
    }
}
