//! JSON as Azure writes it, read; and what is put, written.

use pim::approval::{Decision, Requester, Verdict, Waiting};
use pim::child_scope::ChildScope;
use pim::directory::Directory;
use pim::draft::{Draft, Ticket};
use pim::duration::ActivationDuration;
use pim::eligibility::Eligibility;
use pim::ids::{PrincipalId, RoleId};
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::request::{Progress, RequestAction};
use pim::target::{Condition, MemberType, Names};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::approval::{Approval, Review, Standing};
use super::instance::Instance;
use super::policy::PolicyAssignment;
use super::put::Put;
use super::request::WireRequest;
use super::scopes::ScopeRow;
use super::tenants::TenantRow;
use super::{Resource, target};
use crate::scope::Subscriptions;

const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001";
const ME: &str = "11111111-2222-3333-4444-555555555555";

fn role(guid: &str) -> String {
    format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
}

fn read<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn rows(json: Value) -> Vec<Resource<Instance>> {
    read(json)
}

fn me() -> PrincipalId {
    ME.parse().unwrap()
}

#[test]
fn a_row_takes_its_subscription_s_name_from_another_and_keeps_its_paths() {
    let owner = role("8E3AF657-a8ff-443c-a75c-2fe8c4bcb635");
    let group = format!("{SUBSCRIPTION}/resourceGroups/rg-shop");
    let rows = rows(json!([
        { "id": "one", "name": "1", "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role("acdd72a7"),
            "expandedProperties": { "scope": { "id": SUBSCRIPTION, "displayName": "Production", "type": "subscription" } } } },
        { "id": "two", "name": "2", "properties": { "scope": group, "roleDefinitionId": owner,
            "principalId": "a-group-s-id", "memberType": "Group", "endDateTime": "2027-01-01T00:00:00.5Z",
            "roleEligibilityScheduleId": "/full/path/to/schedule", "condition": "@Resource[x] == 'y'",
            "conditionVersion": "2.0",
            "expandedProperties": { "roleDefinition": { "displayName": "Owner", "type": "BuiltInRole" },
                "scope": { "id": group, "displayName": "rg-shop", "type": "resourcegroup" } } } },
    ]));
    let names = Resource::subscriptions(&rows);
    let expected = Eligibility {
        id: "two".into(),
        target: target(&group, &owner),
        names: Names { title: "Owner".into(), place: "Production / rg-shop".into() },
        member_type: MemberType::Group,
        until: "2027-01-01T00:00:00.5Z".parse().ok(),
        schedule: Some("/full/path/to/schedule".into()),
        condition: Some(Condition { expression: "@Resource[x] == 'y'".into(), version: "2.0".into() }),
        privileged: true,
    };
    assert_eq!(rows[1].eligibility(&names), Some(expected));
    let bare = rows[0].eligibility(&names).unwrap();
    assert_eq!((bare.names.title.as_str(), bare.privileged), ("acdd72a7", false));
}

#[test]
fn rows_without_what_they_are_about_are_not_read() {
    for row in [
        json!({}),
        json!({ "id": "x", "properties": null }),
        json!({ "id": "x", "properties": { "roleDefinitionId": "r" } }),
        json!({ "properties": { "scope": "/s", "roleDefinitionId": "r" } }),
    ] {
        assert_eq!(rows(json!([row]))[0].assignment(&Subscriptions::new()), None);
    }
}

#[test]
fn an_activation_carries_the_schedule_and_the_condition() {
    let draft = Draft {
        target: target(SUBSCRIPTION, &role("r")),
        start: "2026-11-21T10:00:00.123456789Z".parse().unwrap(),
        duration: "PT8H".parse().unwrap(),
        justification: "why".into(),
        ticket: None,
        eligibility_schedule: Some("/full/path".into()),
        condition: Some(Condition { expression: "e".into(), version: "2.0".into() }),
    };
    let expected = json!({ "properties": {
        "principalId": ME, "roleDefinitionId": role("r"), "requestType": "SelfActivate",
        "linkedRoleEligibilityScheduleId": "/full/path", "justification": "why",
        "scheduleInfo": { "startDateTime": "2026-11-21T10:00:00.123Z",
            "expiration": { "type": "AfterDuration", "duration": "PT8H" } },
        "condition": "e", "conditionVersion": "2.0",
    } });
    assert_eq!(serde_json::to_value(Put::activate(me(), &draft)).unwrap(), expected);
}

#[test]
fn a_deactivation_says_no_more_than_it_must() {
    let row = json!([{ "id": "x", "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role("r"),
        "assignmentType": "Activated", "linkedRoleEligibilityScheduleId": "/full/path" } }]);
    let active = rows(row)[0].assignment(&Subscriptions::new()).unwrap();
    assert!(active.is_active_role());
    let expected = json!({ "properties": {
        "principalId": ME, "roleDefinitionId": role("r"), "requestType": "SelfDeactivate",
        "linkedRoleEligibilityScheduleId": "/full/path",
    } });
    assert_eq!(serde_json::to_value(Put::deactivate(me(), &active)).unwrap(), expected);
}

#[test]
fn a_policy_is_for_a_role_whatever_scope_its_path_names() {
    let row: PolicyAssignment =
        serde_json::from_value(json!({ "roleDefinitionId": role("ABC"), "effectiveRules": [] })).unwrap();
    assert!(row.is_for(&RoleId::from("/providers/Microsoft.Authorization/roleDefinitions/abc")));
    assert!(!row.is_for(&RoleId::from("/providers/Microsoft.Authorization/roleDefinitions/abd")));
}

#[test]
fn a_prolongation_names_the_eligibility_s_schedule_and_its_end() {
    let wish = Prolongation {
        target: target(SUBSCRIPTION, &role("r")),
        kind: ProlongationKind::Extend,
        schedule: Some("/full/path".into()),
        start: "2026-11-21T10:00:00Z".parse().unwrap(),
        until: "2027-11-21T10:00:00Z".parse().unwrap(),
        justification: "why".into(),
    };
    let expected = json!({ "properties": {
        "principalId": ME, "roleDefinitionId": role("r"), "requestType": "SelfExtend",
        "targetRoleEligibilityScheduleId": "/full/path", "justification": "why",
        "scheduleInfo": { "startDateTime": "2026-11-21T10:00:00.000Z",
            "expiration": { "type": "AfterDateTime", "endDateTime": "2027-11-21T10:00:00.000Z" } },
    } });
    assert_eq!(serde_json::to_value(Put::prolong(me(), &wish)).unwrap(), expected);
    let renewal = Prolongation { kind: ProlongationKind::Renew, ..wish };
    let body = serde_json::to_value(Put::prolong(me(), &renewal)).unwrap();
    assert_eq!(body["properties"]["requestType"], "SelfRenew");
}

#[test]
fn rows_that_several_lists_tell_count_once_whatever_the_case_of_their_ids() {
    let row = |id: &str| json!({ "id": id, "properties": { "scope": SUBSCRIPTION, "roleDefinitionId": role("r") } });
    let listed = rows(json!([
        row("/s/RoleEligibilityScheduleInstances/1"),
        row("/s/2"),
        row("/s/roleEligibilityScheduleInstances/1"),
        json!({}),
        json!({})
    ]));
    let ids: Vec<_> = Resource::distinct(listed).into_iter().map(|row| row.id).collect();
    let expected =
        [Some("/s/RoleEligibilityScheduleInstances/1".to_owned()), Some("/s/2".to_owned()), None, None];
    assert_eq!(ids, expected);
}

fn request(properties: &Value) -> Resource<WireRequest> {
    read(json!({ "name": "own", "id": "/s/providers/x/own", "properties": properties }))
}

#[test]
fn a_request_says_for_how_long_with_what_ticket_and_what_it_is_called() {
    let group = format!("{SUBSCRIPTION}/resourceGroups/rg-shop");
    let names = Subscriptions::from([("00000000-0000-0000-0000-000000000001".into(), "Production".into())]);
    let told = json!({
        "scope": group, "roleDefinitionId": role("r"), "principalId": ME, "requestType": "SelfActivate",
        "status": "PendingApproval", "createdOn": "2026-11-21T09:59:59.1234567Z", "justification": "why",
        "ticketInfo": { "ticketNumber": "4711", "ticketSystem": null },
        "scheduleInfo": { "startDateTime": "2026-11-21T10:00:00Z",
            "expiration": { "type": "AfterDuration", "endDateTime": null, "duration": "PT1H45M" } },
        "expandedProperties": { "roleDefinition": { "displayName": "Reader" }, "scope": { "displayName": "rg-shop" } },
    });
    let read = request(&told).own(&names).unwrap();
    assert_eq!((read.id.as_str(), read.action), ("own", RequestAction::Activate));
    assert_eq!(read.status.progress(), Progress::WaitingForApproval);
    assert_eq!(read.duration.map(ActivationDuration::minutes), Some(105));
    assert_eq!(read.ticket, Some(Ticket { number: "4711".into(), system: String::new() }));
    assert_eq!(read.names, Some(Names { title: "Reader".into(), place: "Production / rg-shop".into() }));
    assert_eq!(read.start, "2026-11-21T10:00:00Z".parse().ok());

    let mut until = told;
    until["scheduleInfo"]["expiration"] =
        json!({ "type": "AfterDateTime", "endDateTime": "2026-11-21T10:30:00Z" });
    until["ticketInfo"] = json!({ "ticketNumber": null, "ticketSystem": null });
    let read = request(&until).own(&names).unwrap();
    assert_eq!((read.duration.map(ActivationDuration::minutes), read.ticket), (Some(30), None));
}

#[test]
fn requests_for_others_are_told_from_one_s_own() {
    for (principal, own) in [
        (json!(ME), true),
        (json!(ME.to_uppercase()), true),
        (Value::Null, true),
        (json!("00000000-0000-0000-0000-000000000009"), false),
        (json!("not an id"), false),
    ] {
        assert_eq!(request(&json!({ "principalId": principal })).is_for(me()), own, "{principal}");
    }
}

#[test]
fn what_waits_says_who_asks_and_which_approval_decides() {
    let mut told = json!({
        "scope": SUBSCRIPTION, "roleDefinitionId": role("r"), "principalId": ME, "status": "PendingApproval",
        "approvalId": "/providers/Microsoft.Authorization/roleAssignmentApprovals/a", "justification": "why",
        "expandedProperties": { "principal": { "id": ME, "displayName": "Adele", "email": "adele@contoso.example" } },
    });
    let waiting = request(&told).waiting(&Subscriptions::new()).unwrap();
    assert_eq!(waiting.id.as_str(), "/providers/Microsoft.Authorization/roleAssignmentApprovals/a");
    let asks = Requester {
        id: Some(me()),
        name: Some("Adele".into()),
        username: Some("adele@contoso.example".into()),
    };
    assert_eq!(waiting.requester, asks);
    told["approvalId"] = Value::Null;
    assert_eq!(request(&told).waiting(&Subscriptions::new()).unwrap().id.as_str(), "own");

    for (status, waits) in [
        ("PendingApproval", true),
        ("PendingApprovalProvisioning", true),
        ("PendingAdminDecision", false),
        ("Provisioned", false),
    ] {
        assert_eq!(request(&json!({ "status": status })).waits_for_approval(), waits, "{status}");
    }
}

#[test]
fn an_approval_stands_as_its_stages_say() {
    let other = "00000000-0000-0000-0000-000000000009";
    let decided = |decision, own| Some(Standing::Decided { decision, own });
    let mine = || Some(Standing::Mine("id".into()));
    for (stages, expected) in [
        (
            json!([{ "id": "/a/stages/id", "name": "name", "properties":
            { "status": "InProgress", "assignedToMe": true, "reviewResult": "NotReviewed" } }]),
            mine(),
        ),
        (json!([{ "name": "id", "properties": { "assignedToMe": true } }]), mine()),
        (json!([{ "name": "id", "properties": { "status": "InProgress" } }]), mine()),
        (
            json!([{ "id": "/a/stages/id", "properties": { "status": "InProgress", "assignedToMe": false } }]),
            Some(Standing::Others),
        ),
        (
            json!([{ "id": "/a/stages/i'd", "properties": { "status": "InProgress", "assignedToMe": true } }]),
            None,
        ),
        (
            json!([{ "properties": { "status": "completed", "reviewResult": "approve",
            "reviewedBy": { "principalId": ME.to_uppercase() } } }]),
            decided(Decision::Approve, true),
        ),
        (
            json!([{ "properties": { "status": "Completed", "reviewResult": "Deny", "reviewedBy": { "principalId": other } } }]),
            decided(Decision::Deny, false),
        ),
        (
            json!([{ "properties": { "status": "Completed", "reviewResult": "Deny", "reviewedBy": null } }]),
            decided(Decision::Deny, false),
        ),
        (
            json!([{ "properties": { "status": "Expired", "reviewResult": "NotReviewed", "assignedToMe": true } }]),
            Some(Standing::Over),
        ),
        (json!([]), None),
        (Value::Null, None),
        (json!([{ "properties": null }]), None),
    ] {
        let approval: Approval = read(json!({ "stages": stages }));
        assert_eq!(approval.standing(me()), expected, "{stages}");
    }
}

#[test]
fn a_decision_is_written_in_both_forms() {
    let waiting = Waiting {
        id: "a".into(),
        request: "r".into(),
        target: target(SUBSCRIPTION, &role("r")),
        names: Names { title: String::new(), place: String::new() },
        requester: Requester::default(),
        justification: None,
        ticket: None,
        start: None,
        duration: None,
        created: None,
    };
    let verdict = Verdict { waiting, decision: Decision::Deny, reason: "not \"today\"".into() };
    let review = Review::new(&verdict);
    let flat = json!({ "reviewResult": "Deny", "justification": "not \"today\"" });
    assert_eq!(serde_json::to_value(&review).unwrap(), flat);
    assert_eq!(serde_json::to_value(review.wrapped()).unwrap(), json!({ "properties": flat }));
}

#[test]
fn child_scopes_come_by_name_with_their_kind_and_what_lies_above() {
    let subscription = "/subscriptions/AAAA";
    let listed: Vec<ScopeRow> = read(json!([
        { "id": format!("{subscription}/resourceGroups/rg-b"), "name": "rg-b", "type": "resourcegroup" },
        { "id": "/providers/Microsoft.Management/managementGroups/mg-2", "name": "mg-2", "type": "managementgroup",
            "properties": { "displayName": "Branches" } },
        { "id": "/providers/Microsoft.Subscription/subscriptions/aaaa", "name": "aaaa", "type": "subscription",
            "properties": { "displayName": "Production" } },
        { "id": "/subscriptions/BBBB/resourceGroups/RG-A", "name": "RG-A", "properties": { "displayName": "" } },
        { "id": "/subscriptions/bbbb/resourcegroups/rg-a", "name": "RG-A" },
        { "id": "/providers/Microsoft.Management/managementGroups/mg-1", "name": "mg-1" },
        { "name": "no id" },
        { "id": "/a/../b", "name": "elsewhere" },
    ]));
    let child = |scope: &str, name: &str, kind: &str, path: &[&str]| ChildScope {
        scope: scope.into(),
        name: name.into(),
        kind: kind.into(),
        path: path.iter().map(ToString::to_string).collect(),
    };
    let below = ScopeRow::children(&listed, "/providers/Microsoft.Management/managementGroups/MG-1");
    assert_eq!(
        below,
        [
            child(
                "/providers/Microsoft.Management/managementGroups/mg-2",
                "Branches",
                "Management group",
                &[]
            ),
            child("/subscriptions/aaaa", "Production", "Subscription", &[]),
            child("/subscriptions/BBBB/resourceGroups/RG-A", "RG-A", "Resource group", &["BBBB"]),
            child("/subscriptions/AAAA/resourceGroups/rg-b", "rg-b", "Resource group", &["Production"]),
        ]
    );
    let below = ScopeRow::children(&listed[..1], "/Subscriptions/aaaa");
    assert_eq!(below, [child("/subscriptions/AAAA/resourceGroups/rg-b", "rg-b", "Resource group", &[])]);
}

#[test]
fn directories_come_by_name_each_once_without_those_that_are_only_managed() {
    let id = |at: u8| format!("00000000-0000-4000-8000-0000000000{at:02}");
    let listed: Vec<TenantRow> = read(json!([
        { "tenantId": id(1), "displayName": null, "defaultDomain": null, "domains": null },
        { "tenantId": id(2), "displayName": "<b>Woodgrove\u{202e}", "tenantCategory": "Home",
            "defaultDomain": "woodgrove.example", "domains": ["mail.woodgrove.example", null, "woodgrove.example"] },
        { "tenantId": id(2).to_uppercase(), "displayName": "Again" },
        { "tenantId": id(3), "displayName": "contoso", "domains": ["contoso.example"], "tenantCategory": "Foretold" },
        { "tenantId": id(4), "displayName": "A customer", "tenantCategory": "ManagedBy" },
        { "tenantId": id(5), "displayName": "A customer", "tenantCategory": "ProjectedBy" },
        { "id": "/tenants/x", "displayName": "No id" },
        { "tenantId": "contoso.example" },
    ]));
    let directory = |at: u8, name: Option<&str>, domains: &[&str]| Directory {
        id: id(at).parse().unwrap(),
        name: name.map(str::to_owned),
        domains: domains.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(
        TenantRow::directories(&listed),
        [
            directory(2, Some("<b>Woodgrove"), &["woodgrove.example", "mail.woodgrove.example"]),
            directory(3, Some("contoso"), &["contoso.example"]),
            directory(1, None, &[]),
        ]
    );
}
