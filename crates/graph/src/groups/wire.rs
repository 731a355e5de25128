//! PIM for Groups on the wire. The documentation prints `Direct` and `Activated`, the service answers `direct` and `activated`:
//! compared without regard to case.

use pim::assignment::{Assignment, AssignmentOrigin};
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::ids::{AssignmentId, EligibilityId, PlaneId, PrincipalId, RoleId, ScheduleId, ScopeId};
use pim::target::{MemberType, Names, Target};
use serde::{Deserialize, Serialize};
use transport::wire::{Activation, timestamp};

use super::PLANE;
use crate::wire::{Named, WireRequest};

/// A row of either list.
/// <https://learn.microsoft.com/graph/api/resources/privilegedaccessgroupeligibilityscheduleinstance>,
/// <https://learn.microsoft.com/graph/api/resources/privilegedaccessgroupassignmentscheduleinstance>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Instance {
    id: Option<String>,
    group_id: Option<String>,
    access_id: Option<String>,
    start_date_time: Option<String>,
    end_date_time: Option<String>,
    member_type: Option<String>,
    assignment_type: Option<String>,
    eligibility_schedule_id: Option<String>,
    group: Option<Named>,
}

impl Instance {
    fn target(&self) -> Option<Target> {
        target(self.group_id.as_deref(), self.access_id.as_deref())
    }

    /// The group's name, its id where the expansion brought none.
    fn names(&self, target: &Target) -> Names {
        let name = self.group.as_ref().and_then(Named::name);
        let place = match target.role.as_str() {
            "owner" => "Owner",
            "member" => "Member",
            other => other,
        };
        Names { title: name.unwrap_or(target.scope.as_str()).to_owned(), place: place.to_owned() }
    }

    fn member_type(&self) -> MemberType {
        self.member_type.as_deref().map_or(MemberType::Direct, MemberType::parse)
    }

    pub(super) fn eligibility(self) -> Option<Eligibility> {
        let target = self.target()?;
        Some(Eligibility {
            names: self.names(&target),
            member_type: self.member_type(),
            until: timestamp(self.end_date_time.as_deref()),
            schedule: self.eligibility_schedule_id.map(ScheduleId),
            condition: None,
            // What a group leads to cannot be read from here.
            privileged: false,
            id: EligibilityId(self.id.filter(|id| !id.is_empty())?),
            target,
        })
    }

    pub(super) fn assignment(self) -> Option<Assignment> {
        let target = self.target()?;
        let activated =
            self.assignment_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("activated"));
        Some(Assignment {
            names: self.names(&target),
            origin: if activated { AssignmentOrigin::Activated } else { AssignmentOrigin::Assigned },
            member_type: self.member_type(),
            since: timestamp(self.start_date_time.as_deref()),
            until: timestamp(self.end_date_time.as_deref()),
            eligibility_schedule: None,
            condition: None,
            id: AssignmentId(self.id.filter(|id| !id.is_empty())?),
            target,
        })
    }
}

/// One group can give the same person both kinds of access: the pair is the target.
fn target(group: Option<&str>, access: Option<&str>) -> Option<Target> {
    let group = group.filter(|id| !id.is_empty())?;
    let access = access.filter(|access| !access.is_empty())?.to_ascii_lowercase();
    Some(Target { plane: PlaneId::from(PLANE), role: RoleId(access), scope: ScopeId::from(group) })
}

/// A request's target.
pub(super) fn request_target(wire: &WireRequest) -> Option<Target> {
    target(wire.group_id.as_deref(), wire.access_id.as_deref())
}

/// What is posted to activate or deactivate.
/// <https://learn.microsoft.com/graph/api/privilegedaccessgroup-post-assignmentschedulerequests>
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Post<'a> {
    action: &'static str,
    /// The caller's own, whatever a row says.
    principal_id: PrincipalId,
    group_id: &'a str,
    access_id: &'a str,
    #[serde(flatten)]
    activation: Option<Activation<'a>>,
}

impl<'a> Post<'a> {
    pub(super) fn activate(principal: PrincipalId, draft: &'a Draft) -> Self {
        Self {
            activation: Some(Activation::new(draft, "afterDuration")),
            ..Self::new("selfActivate", principal, &draft.target)
        }
    }

    pub(super) fn deactivate(principal: PrincipalId, target: &'a Target) -> Self {
        Self::new("selfDeactivate", principal, target)
    }

    fn new(action: &'static str, principal_id: PrincipalId, target: &'a Target) -> Self {
        let (group_id, access_id) = (target.scope.as_str(), target.role.as_str());
        Self { action, principal_id, group_id, access_id, activation: None }
    }
}
