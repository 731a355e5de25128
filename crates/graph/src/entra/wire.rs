//! Entra roles on the wire. Enumerations are compared without regard to case.

use pim::assignment::{Assignment, AssignmentOrigin};
use pim::eligibility::Eligibility;
use pim::ids::{AssignmentId, EligibilityId, PlaneId, RoleId, ScheduleId, ScopeId};
use pim::target::{MemberType, Names, Target};
use serde::Deserialize;
use transport::wire::timestamp;

use super::place::{self, Place};
use super::{PLANE, privileged};
use crate::wire::{Named, TargetIds, WireRequest};

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

/// How a target goes back.
pub(super) fn ids(target: &Target) -> TargetIds<'_> {
    let scope = target.scope.as_str();
    let app_scope_id = scope.strip_prefix(APP_SCOPE);
    TargetIds {
        role_definition_id: Some(target.role.as_str()),
        directory_scope_id: app_scope_id.is_none().then_some(scope),
        app_scope_id,
        ..TargetIds::default()
    }
}

/// What a request's target is called. An administrative unit whose name did not come along keeps its id.
pub(super) fn request_names(wire: &WireRequest, target: &Target) -> Names {
    let place = place::of(
        wire.directory_scope_id.as_deref(),
        wire.app_scope_id.as_deref(),
        wire.directory_scope.as_ref(),
    );
    let title = wire.role_definition.as_ref().and_then(Named::name);
    Names {
        title: title.unwrap_or(target.role.as_str()).to_owned(),
        place: match place {
            Place::Words(words) => words,
            Place::UnnamedUnit(id) => place::unit(id),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ROLE: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";

    fn instance(json: Value) -> Instance {
        serde_json::from_value(json).unwrap()
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
    fn an_app_scope_goes_back_as_one() {
        let written = |target: &Target| serde_json::to_value(ids(target)).unwrap();
        let app = target(Some(ROLE), None, Some("scope-7")).unwrap();
        assert_eq!(written(&app), json!({ "roleDefinitionId": ROLE, "appScopeId": "scope-7" }));
        let unit = target(Some(ROLE), Some("/administrativeUnits/1"), None).unwrap();
        let expected = json!({ "roleDefinitionId": ROLE, "directoryScopeId": "/administrativeUnits/1" });
        assert_eq!(written(&unit), expected);
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
        let names = request_names(&wire, &target);
        assert_eq!((names.title.as_str(), names.place.as_str()), (ROLE, "Directory"));
        let request = wire.request(target, Some(names)).unwrap();
        assert_eq!((request.duration, &request.ticket), ("PT30M".parse().ok(), &None));
        assert_eq!(request.status.as_str(), "PendingApprovalProvisioning");
        assert_eq!(request.start, "2026-09-06T18:10:00Z".parse().ok());
        let removal: WireRequest =
            serde_json::from_value(json!({ "id": "1", "status": "Revoked", "scheduleInfo": null })).unwrap();
        assert_eq!(request_target(&removal), None);
    }
}
