//! Entra roles on the wire. Enumerations are compared without regard to case.

use pim::assignment::{Assignment, AssignmentOrigin};
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::ids::{AssignmentId, EligibilityId, PlaneId, PrincipalId, RoleId, ScheduleId, ScopeId};
use pim::target::{MemberType, Names, Target};
use serde::{Deserialize, Serialize};
use transport::wire::{Activation, timestamp};

use super::place::{self, Place};
use super::{PLANE, privileged};
use crate::wire::{Named, WireRequest};

/// Marks a scope that is an `appScopeId`, so that it goes back under that name. Directory scopes begin with `/`.
const APP_SCOPE: &str = "app:";

/// A row of either list: the two differ in `assignmentType` and in the schedule's name.
/// <https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityscheduleinstance>,
/// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentscheduleinstance>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instance {
    id: Option<String>,
    role_definition_id: Option<String>,
    directory_scope_id: Option<String>,
    app_scope_id: Option<String>,
    start_date_time: Option<String>,
    end_date_time: Option<String>,
    member_type: Option<String>,
    assignment_type: Option<String>,
    role_eligibility_schedule_id: Option<String>,
    role_definition: Option<Named>,
    directory_scope: Option<Named>,
}

impl Instance {
    pub(super) fn target(&self) -> Option<Target> {
        target(
            self.role_definition_id.as_deref(),
            self.directory_scope_id.as_deref(),
            self.app_scope_id.as_deref(),
        )
    }

    /// Where the row holds, as far as the row itself tells.
    pub(super) fn place(&self) -> Place<'_> {
        place::of(
            self.directory_scope_id.as_deref(),
            self.app_scope_id.as_deref(),
            self.directory_scope.as_ref(),
        )
    }

    fn names(&self, target: &Target, place: String) -> Names {
        let name = self.role_definition.as_ref().and_then(Named::name);
        Names { title: name.unwrap_or(target.role.as_str()).to_owned(), place }
    }

    fn member_type(&self) -> MemberType {
        self.member_type.as_deref().map_or(MemberType::Direct, MemberType::parse)
    }

    pub(super) fn eligibility(&self, place: String) -> Option<Eligibility> {
        let target = self.target()?;
        let template = self.role_definition.as_ref().and_then(|role| role.template_id.as_deref());
        Some(Eligibility {
            id: EligibilityId(self.id.clone().filter(|id| !id.is_empty())?),
            names: self.names(&target, place),
            member_type: self.member_type(),
            until: timestamp(self.end_date_time.as_deref()),
            schedule: self.role_eligibility_schedule_id.clone().map(ScheduleId),
            condition: None,
            privileged: privileged::is_privileged(template.unwrap_or(target.role.as_str())),
            target,
        })
    }

    pub(super) fn assignment(&self, place: String) -> Option<Assignment> {
        let target = self.target()?;
        let activated =
            self.assignment_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("activated"));
        Some(Assignment {
            id: AssignmentId(self.id.clone().filter(|id| !id.is_empty())?),
            names: self.names(&target, place),
            origin: if activated { AssignmentOrigin::Activated } else { AssignmentOrigin::Assigned },
            member_type: self.member_type(),
            since: timestamp(self.start_date_time.as_deref()),
            until: timestamp(self.end_date_time.as_deref()),
            eligibility_schedule: None,
            condition: None,
            target,
        })
    }
}

/// A target, from the three ids that make one.
fn target(role: Option<&str>, directory_scope: Option<&str>, app_scope: Option<&str>) -> Option<Target> {
    let said = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let scope = said(directory_scope).or_else(|| said(app_scope).map(|id| format!("{APP_SCOPE}{id}")))?;
    Some(Target { plane: PlaneId::from(PLANE), role: RoleId(said(role)?), scope: ScopeId(scope) })
}

/// A request's target.
pub(super) fn request_target(wire: &WireRequest) -> Option<Target> {
    target(
        wire.role_definition_id.as_deref(),
        wire.directory_scope_id.as_deref(),
        wire.app_scope_id.as_deref(),
    )
}

/// What is posted to activate or deactivate.
/// <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests>
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Post<'a> {
    action: &'static str,
    /// The caller's own, whatever a row says: with a group's id the role would be activated for every member.
    principal_id: PrincipalId,
    role_definition_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory_scope_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_scope_id: Option<&'a str>,
    #[serde(flatten)]
    activation: Option<Activation<'a>>,
}

impl<'a> Post<'a> {
    pub(super) fn activate(principal: PrincipalId, draft: &'a Draft) -> Self {
        Self {
            activation: Some(Activation::new(draft, "AfterDuration")),
            ..Self::new("selfActivate", principal, &draft.target)
        }
    }

    pub(super) fn deactivate(principal: PrincipalId, target: &'a Target) -> Self {
        Self::new("selfDeactivate", principal, target)
    }

    fn new(action: &'static str, principal_id: PrincipalId, target: &'a Target) -> Self {
        let scope = target.scope.as_str();
        let app_scope_id = scope.strip_prefix(APP_SCOPE);
        Self {
            action,
            principal_id,
            role_definition_id: target.role.as_str(),
            directory_scope_id: app_scope_id.is_none().then_some(scope),
            app_scope_id,
            activation: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ROLE: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
    const ME: &str = "11111111-2222-3333-4444-555555555555";

    fn instance(json: Value) -> Instance {
        serde_json::from_value(json).unwrap()
    }

    fn draft(scope: &str) -> Draft {
        Draft {
            target: Target { plane: PLANE.into(), role: ROLE.into(), scope: scope.into() },
            start: "2026-11-21T10:00:00.123456789Z".parse().unwrap(),
            duration: "PT1H45M".parse().unwrap(),
            justification: "Incident 7".into(),
            ticket: None,
            eligibility_schedule: None,
            condition: None,
        }
    }

    #[test]
    fn an_eligibility_through_a_group_keeps_every_id_as_it_was_written() {
        let row = instance(json!({
            "@odata.type": "#microsoft.graph.unifiedRoleEligibilityScheduleInstance",
            "id": "aBc_dEf-1-e", "principalId": "a-group-s-id", "roleDefinitionId": ROLE,
            "directoryScopeId": "/administrativeUnits/au-1", "appScopeId": null,
            "startDateTime": "2026-04-12T14:44:50.2876543Z", "endDateTime": "2027-04-10T00:00:00Z",
            "memberType": "Group", "roleEligibilityScheduleId": "schedule-1",
            "roleDefinition": { "id": ROLE, "displayName": "User Administrator", "isBuiltIn": true, "templateId": ROLE },
            "directoryScope": { "@odata.type": "#microsoft.graph.administrativeUnit", "displayName": "North" },
        }));
        let Place::Words(place) = row.place() else { panic!("named") };
        let expected = Eligibility {
            id: "aBc_dEf-1-e".into(),
            target: Target {
                plane: PLANE.into(),
                role: ROLE.into(),
                scope: "/administrativeUnits/au-1".into(),
            },
            names: Names { title: "User Administrator".into(), place: "Administrative unit: North".into() },
            member_type: MemberType::Group,
            until: "2027-04-10T00:00:00Z".parse().ok(),
            schedule: Some("schedule-1".into()),
            condition: None,
            privileged: true,
        };
        assert_eq!(row.eligibility(place), Some(expected));
    }

    #[test]
    fn a_row_with_next_to_nothing_is_read_and_one_without_ids_is_not() {
        let bare = instance(json!({ "id": "x", "roleDefinitionId": "r", "directoryScopeId": "/" }));
        let read = bare.eligibility("Directory".into()).unwrap();
        assert_eq!(
            (read.names.title.as_str(), read.until, read.member_type),
            ("r", None, MemberType::Direct)
        );
        for json in [
            json!({}),
            json!({ "id": "x", "roleDefinitionId": null, "directoryScopeId": "/" }),
            json!({ "id": "x", "roleDefinitionId": "r" }),
            json!({ "roleDefinitionId": "r", "directoryScopeId": "/" }),
        ] {
            assert_eq!(instance(json).eligibility(String::new()), None);
        }
    }

    #[test]
    fn only_what_was_activated_counts_as_activated() {
        for (kind, origin) in [
            (json!("Activated"), AssignmentOrigin::Activated),
            (json!("activated"), AssignmentOrigin::Activated),
            (json!("Assigned"), AssignmentOrigin::Assigned),
            (json!(null), AssignmentOrigin::Assigned),
        ] {
            let row = json!({ "id": "x", "roleDefinitionId": "r", "directoryScopeId": "/", "assignmentType": kind,
                "startDateTime": "2026-09-06T18:10:47.01Z" });
            let read = instance(row).assignment(String::new()).unwrap();
            assert_eq!(read.origin, origin);
            assert_eq!(read.since, "2026-09-06T18:10:47.010Z".parse().ok());
        }
    }

    #[test]
    fn an_activation_is_posted_for_the_caller_alone() {
        let mut draft = draft("/");
        let body = |draft: &Draft| serde_json::to_value(Post::activate(ME.parse().unwrap(), draft)).unwrap();
        let mut expected = json!({
            "action": "selfActivate", "principalId": ME, "roleDefinitionId": ROLE, "directoryScopeId": "/",
            "justification": "Incident 7",
            "scheduleInfo": { "startDateTime": "2026-11-21T10:00:00.123Z",
                "expiration": { "type": "AfterDuration", "duration": "PT1H45M" } },
        });
        assert_eq!(body(&draft), expected);
        draft.ticket = Some(pim::draft::Ticket { number: "7".into(), system: "Desk".into() });
        expected["ticketInfo"] = json!({ "ticketNumber": "7", "ticketSystem": "Desk" });
        assert_eq!(body(&draft), expected);
    }

    #[test]
    fn a_deactivation_says_no_more_than_it_must_and_an_app_scope_goes_back_as_one() {
        let target = target(Some(ROLE), None, Some("scope-7")).unwrap();
        let body = serde_json::to_value(Post::deactivate(ME.parse().unwrap(), &target)).unwrap();
        let expected = json!({
            "action": "selfDeactivate", "principalId": ME, "roleDefinitionId": ROLE, "appScopeId": "scope-7",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_request_that_waits_for_approval_says_so() {
        let wire: WireRequest = serde_json::from_value(json!({
            "id": "61998d6f", "status": "PendingApprovalProvisioning", "createdDateTime": "2026-09-06T17:53:52.0427885Z",
            "action": "selfActivate", "roleDefinitionId": ROLE, "directoryScopeId": "/", "justification": "why",
            "scheduleInfo": { "startDateTime": "2026-09-06T18:10:00Z", "recurrence": null,
                "expiration": { "type": "afterDuration", "endDateTime": null, "duration": "PT30M" } },
            "ticketInfo": { "ticketNumber": null, "ticketSystem": null },
        }))
        .unwrap();
        let target = request_target(&wire).unwrap();
        let request = wire.into_request(target).unwrap();
        assert_eq!(request.status.as_str(), "PendingApprovalProvisioning");
        assert_eq!(request.start, "2026-09-06T18:10:00Z".parse().ok());
        let removal: WireRequest =
            serde_json::from_value(json!({ "id": "1", "status": "Revoked", "scheduleInfo": null })).unwrap();
        assert_eq!(request_target(&removal), None);
    }
}
