//! Azure Resource Manager's JSON. No field is promised, so none is required; paths compare without regard to case.

use pim::assignment::{Assignment, AssignmentOrigin};
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::ids::{AssignmentId, EligibilityId, PlaneId, PrincipalId, RequestId, RoleId, ScheduleId, ScopeId};
use pim::request::{Request, RequestAction, RequestStatus};
use pim::target::{Condition, MemberType, Names, Target};
use serde::{Deserialize, Serialize};
use transport::rules::Rule;
use transport::wire::{Activation, said, timestamp};

use crate::plane::PLANE;
use crate::scope::{self, Subscriptions};

/// A resource. What PIM says of it is in `properties`.
#[derive(Debug, Deserialize)]
pub(crate) struct Resource<T> {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) properties: Option<T>,
}

/// A row of either list.
/// <https://learn.microsoft.com/rest/api/authorization/role-eligibility-schedule-instances/list-for-scope>,
/// <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-instances/list-for-scope>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Instance {
    scope: Option<String>,
    role_definition_id: Option<String>,
    role_eligibility_schedule_id: Option<String>,
    linked_role_eligibility_schedule_id: Option<String>,
    start_date_time: Option<String>,
    end_date_time: Option<String>,
    member_type: Option<String>,
    assignment_type: Option<String>,
    condition: Option<String>,
    condition_version: Option<String>,
    expanded_properties: Option<Expanded>,
}

/// Names that come along.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Expanded {
    scope: Option<Named>,
    role_definition: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Named {
    id: Option<String>,
    display_name: Option<String>,
}

impl Instance {
    fn scope_name(&self) -> Option<&str> {
        said(self.expanded_properties.as_ref()?.scope.as_ref()?.display_name.as_deref())
    }

    fn scope(&self) -> Option<&str> {
        let expanded = || self.expanded_properties.as_ref()?.scope.as_ref()?.id.as_deref();
        said(self.scope.as_deref()).or_else(|| said(expanded()))
    }

    fn target(&self) -> Option<Target> {
        Some(target(self.scope()?, said(self.role_definition_id.as_deref())?))
    }

    fn names(&self, target: &Target, subscriptions: &Subscriptions) -> Names {
        let role = || self.expanded_properties.as_ref()?.role_definition.as_ref()?.display_name.as_deref();
        let title = said(role()).unwrap_or_else(|| guid_of(target.role.as_str()));
        let place = scope::place(target.scope.as_str(), self.scope_name(), subscriptions);
        Names { title: title.to_owned(), place }
    }

    fn member_type(&self) -> MemberType {
        self.member_type.as_deref().map_or(MemberType::Direct, MemberType::parse)
    }

    fn condition(&self) -> Option<Condition> {
        let expression = said(self.condition.as_deref())?.to_owned();
        // Version 1.0 is retired; 2.0 is the only one that can be written.
        let version = said(self.condition_version.as_deref()).unwrap_or("2.0").to_owned();
        Some(Condition { expression, version })
    }
}

impl Resource<Instance> {
    /// Names of subscriptions that `rows` tell in passing.
    pub(crate) fn subscriptions(rows: &[Self]) -> Subscriptions {
        let name = |row: &Self| {
            let instance = row.properties.as_ref()?;
            let id = scope::subscription(instance.scope()?)?;
            Some((id.to_ascii_lowercase(), instance.scope_name()?.to_owned()))
        };
        rows.iter().filter_map(name).collect()
    }

    /// The name is a GUID; the id also holds the scope, and tells two rows of one schedule at two scopes apart.
    fn key(&self) -> Option<String> {
        said(self.id.as_deref()).or_else(|| said(self.name.as_deref())).map(str::to_owned)
    }

    pub(crate) fn eligibility(&self, subscriptions: &Subscriptions) -> Option<Eligibility> {
        let row = self.properties.as_ref()?;
        let target = row.target()?;
        Some(Eligibility {
            id: EligibilityId(self.key()?),
            names: row.names(&target, subscriptions),
            member_type: row.member_type(),
            until: timestamp(row.end_date_time.as_deref()),
            schedule: said(row.role_eligibility_schedule_id.as_deref()).map(ScheduleId::from),
            condition: row.condition(),
            privileged: hands_out_access(target.role.as_str()),
            target,
        })
    }

    pub(crate) fn assignment(&self, subscriptions: &Subscriptions) -> Option<Assignment> {
        let row = self.properties.as_ref()?;
        let target = row.target()?;
        let activated =
            row.assignment_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("activated"));
        Some(Assignment {
            id: AssignmentId(self.key()?),
            names: row.names(&target, subscriptions),
            origin: if activated { AssignmentOrigin::Activated } else { AssignmentOrigin::Assigned },
            member_type: row.member_type(),
            since: timestamp(row.start_date_time.as_deref()),
            until: timestamp(row.end_date_time.as_deref()),
            eligibility_schedule: said(row.linked_role_eligibility_schedule_id.as_deref())
                .map(ScheduleId::from),
            condition: row.condition(),
            target,
        })
    }
}

fn target(scope: &str, role: &str) -> Target {
    Target { plane: PlaneId::from(PLANE), role: RoleId::from(role), scope: ScopeId::from(scope) }
}

/// The GUID at the end of a role definition's path.
fn guid_of(role: &str) -> &str {
    role.rsplit('/').next().unwrap_or(role)
}

/// The built-in roles that can give others, and so oneself, any access:
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/privileged>.
fn hands_out_access(role: &str) -> bool {
    const ROLES: [&str; 3] = [
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", // Owner
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", // User Access Administrator
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168", // Role Based Access Control Administrator
    ];
    ROLES.iter().any(|id| id.eq_ignore_ascii_case(guid_of(role)))
}

/// A request. <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/get>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireRequest {
    scope: Option<String>,
    role_definition_id: Option<String>,
    request_type: Option<String>,
    status: Option<String>,
    created_on: Option<String>,
    justification: Option<String>,
    schedule_info: Option<WireSchedule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSchedule {
    start_date_time: Option<String>,
}

impl Resource<WireRequest> {
    /// The request under its own target.
    pub(crate) fn own(self) -> Option<Request> {
        let row = self.properties.as_ref()?;
        let target = target(said(row.scope.as_deref())?, said(row.role_definition_id.as_deref())?);
        self.about(target)
    }

    /// The request, about a target that is known already.
    pub(crate) fn about(self, target: Target) -> Option<Request> {
        let name = said(self.name.as_deref()).or_else(|| said(self.id.as_deref()).map(guid_of))?;
        let id = RequestId::from(name);
        let row = self.properties?;
        Some(Request {
            id,
            target,
            action: row.request_type.as_deref().map_or(RequestAction::Other, RequestAction::parse),
            status: RequestStatus::from(row.status?),
            created: timestamp(row.created_on.as_deref()),
            start: timestamp(row.schedule_info.and_then(|schedule| schedule.start_date_time).as_deref()),
            justification: row.justification,
            duration: None,
            names: None,
            ticket: None,
            completed: None,
        })
    }
}

/// A policy assignment with the rules that apply.
/// <https://learn.microsoft.com/rest/api/authorization/role-management-policy-assignments/list-for-scope>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PolicyAssignment {
    role_definition_id: Option<String>,
    pub(crate) effective_rules: Option<Vec<Rule>>,
}

impl PolicyAssignment {
    /// Compared by the GUID at the end: the path before it may name another scope.
    pub(crate) fn is_for(&self, role: &RoleId) -> bool {
        self.role_definition_id
            .as_deref()
            .is_some_and(|id| guid_of(id).eq_ignore_ascii_case(guid_of(role.as_str())))
    }
}

/// What is put to activate or deactivate.
/// <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/create>
#[derive(Debug, Serialize)]
pub(crate) struct Put<'a> {
    properties: PutProperties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PutProperties<'a> {
    /// The caller's own, whatever a row says.
    principal_id: PrincipalId,
    role_definition_id: &'a str,
    request_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_role_eligibility_schedule_id: Option<&'a str>,
    #[serde(flatten)]
    activation: Option<Activation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_version: Option<&'a str>,
}

impl<'a> Put<'a> {
    pub(crate) fn activate(principal: PrincipalId, draft: &'a Draft) -> Self {
        let properties = PutProperties {
            linked_role_eligibility_schedule_id: draft.eligibility_schedule.as_ref().map(ScheduleId::as_str),
            activation: Some(Activation::new(draft, "AfterDuration")),
            condition: draft.condition.as_ref().map(|condition| condition.expression.as_str()),
            condition_version: draft.condition.as_ref().map(|condition| condition.version.as_str()),
            ..PutProperties::new(principal, &draft.target, "SelfActivate")
        };
        Self { properties }
    }

    pub(crate) fn deactivate(principal: PrincipalId, assignment: &'a Assignment) -> Self {
        let properties = PutProperties {
            linked_role_eligibility_schedule_id: assignment
                .eligibility_schedule
                .as_ref()
                .map(ScheduleId::as_str),
            ..PutProperties::new(principal, &assignment.target, "SelfDeactivate")
        };
        Self { properties }
    }
}

impl<'a> PutProperties<'a> {
    fn new(principal_id: PrincipalId, target: &'a Target, request_type: &'static str) -> Self {
        Self {
            principal_id,
            role_definition_id: target.role.as_str(),
            request_type,
            linked_role_eligibility_schedule_id: None,
            activation: None,
            condition: None,
            condition_version: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-000000000001";
    const ME: &str = "11111111-2222-3333-4444-555555555555";

    fn role(guid: &str) -> String {
        format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
    }

    fn rows(json: Value) -> Vec<Resource<Instance>> {
        serde_json::from_value(json).unwrap()
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
        assert_eq!(serde_json::to_value(Put::activate(ME.parse().unwrap(), &draft)).unwrap(), expected);
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
        assert_eq!(serde_json::to_value(Put::deactivate(ME.parse().unwrap(), &active)).unwrap(), expected);
    }

    #[test]
    fn a_policy_is_for_a_role_whatever_scope_its_path_names() {
        let row: PolicyAssignment =
            serde_json::from_value(json!({ "roleDefinitionId": role("ABC"), "effectiveRules": [] })).unwrap();
        assert!(row.is_for(&RoleId::from("/providers/Microsoft.Authorization/roleDefinitions/abc")));
        assert!(!row.is_for(&RoleId::from("/providers/Microsoft.Authorization/roleDefinitions/abd")));
    }
}
