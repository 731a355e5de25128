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
