//! PIM for Groups on the wire. The documentation prints `Direct` and `Activated`, the service answers `direct` and `activated`:
//! compared without regard to case.

use pim::assignment::{Assignment, AssignmentOrigin};
use pim::eligibility::Eligibility;
use pim::ids::{AssignmentId, EligibilityId, PlaneId, RoleId, ScheduleId, ScopeId};
use pim::target::{MemberType, Names, Target};
use serde::Deserialize;
use transport::wire::timestamp;

use super::PLANE;
use crate::wire::{Named, TargetIds, WireRequest};

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

    fn member_type(&self) -> MemberType {
        self.member_type.as_deref().map_or(MemberType::Direct, MemberType::parse)
    }

    pub(super) fn eligibility(self) -> Option<Eligibility> {
        let target = self.target()?;
        Some(Eligibility {
            names: names(self.group.as_ref(), &target),
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
            names: names(self.group.as_ref(), &target),
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

/// How a target goes back.
pub(super) fn ids(target: &Target) -> TargetIds<'_> {
    TargetIds {
        group_id: Some(target.scope.as_str()),
        access_id: Some(target.role.as_str()),
        ..TargetIds::default()
    }
}

/// The group's name, its id where the expansion brought none, and the kind of access.
fn names(group: Option<&Named>, target: &Target) -> Names {
    let name = group.and_then(Named::name);
    let place = match target.role.as_str() {
        "owner" => "Owner",
        "member" => "Member",
        other => other,
    };
    Names { title: name.unwrap_or(target.scope.as_str()).to_owned(), place: place.to_owned() }
}

/// What a request's target is called.
pub(super) fn request_names(wire: &WireRequest, target: &Target) -> Names {
    names(wire.group.as_ref(), target)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_and_a_group_without_a_name() {
        for (direct, access) in [("direct", "owner"), ("Direct", "Owner")] {
            let row: Instance = serde_json::from_value(json!({
                "id": "g-1_owner_1", "groupId": "g-1", "accessId": access, "memberType": direct,
                "eligibilityScheduleId": "s", "group": null, "endDateTime": null,
            }))
            .unwrap();
            let read = row.eligibility().unwrap();
            assert_eq!((read.target.role.as_str(), read.target.scope.as_str()), ("owner", "g-1"));
            assert_eq!((read.names.title.as_str(), read.names.place.as_str()), ("g-1", "Owner"));
            assert_eq!(read.member_type, MemberType::Direct);
        }
    }
}
