//! Rows of the lists of eligibilities and assignments.

use std::collections::HashSet;

use pim::assignment::{Assignment, AssignmentOrigin};
use pim::eligibility::Eligibility;
use pim::ids::{AssignmentId, EligibilityId, ScheduleId};
use pim::target::{Condition, MemberType, Target};
use serde::Deserialize;
use transport::wire::{said, timestamp};

use super::{Expanded, Resource, last, names, target};
use crate::scope::{self, Subscriptions};

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

impl Instance {
    fn scope(&self) -> Option<&str> {
        let expanded = || self.expanded_properties.as_ref()?.scope_id();
        said(self.scope.as_deref()).or_else(expanded)
    }

    fn target(&self) -> Option<Target> {
        Some(target(self.scope()?, said(self.role_definition_id.as_deref())?))
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
    /// The row's scope.
    pub(crate) fn scope(&self) -> Option<&str> {
        self.properties.as_ref()?.scope()
    }

    /// Names of subscriptions that `rows` tell in passing.
    pub(crate) fn subscriptions(rows: &[Self]) -> Subscriptions {
        let name = |row: &Self| {
            let id = scope::subscription(row.scope()?)?;
            let name = row.properties.as_ref()?.expanded_properties.as_ref()?.scope_name()?;
            Some((id.to_ascii_lowercase(), name.to_owned()))
        };
        rows.iter().filter_map(name).collect()
    }

    /// Each row once, the first of those with the same id: lists at several scopes overlap.
    pub(crate) fn distinct(mut rows: Vec<Self>) -> Vec<Self> {
        let mut seen = HashSet::new();
        rows.retain(|row| row.key().is_none_or(|key| seen.insert(key.to_ascii_lowercase())));
        rows
    }

    /// The name is a GUID; the id also holds the scope, and tells two rows of one schedule at two scopes apart.
    fn key(&self) -> Option<&str> {
        said(self.id.as_deref()).or_else(|| said(self.name.as_deref()))
    }

    pub(crate) fn eligibility(&self, subscriptions: &Subscriptions) -> Option<Eligibility> {
        let row = self.properties.as_ref()?;
        let target = row.target()?;
        Some(Eligibility {
            id: EligibilityId::from(self.key()?),
            names: names(&target, row.expanded_properties.as_ref(), subscriptions),
            member_type: row.member_type(),
            until: timestamp(row.end_date_time.as_deref()),
            schedule: said(row.role_eligibility_schedule_id.as_deref())
                .map(|schedule| full_schedule(schedule, target.scope.as_str())),
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
            id: AssignmentId::from(self.key()?),
            names: names(&target, row.expanded_properties.as_ref(), subscriptions),
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

/// The schedule of an eligibility at `scope`, as a path. Microsoft's examples have its last part alone, which the service does not
/// take where the role is activated at a scope below.
fn full_schedule(schedule: &str, scope: &str) -> ScheduleId {
    if schedule.contains('/') {
        return ScheduleId::from(schedule);
    }
    let scope = scope.trim_end_matches('/');
    ScheduleId(format!("{scope}/providers/Microsoft.Authorization/roleEligibilitySchedules/{schedule}"))
}

/// The built-in roles that can give others, and so oneself, any access:
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/privileged>.
fn hands_out_access(role: &str) -> bool {
    const ROLES: [&str; 3] = [
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", // Owner
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", // User Access Administrator
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168", // Role Based Access Control Administrator
    ];
    ROLES.iter().any(|id| id.eq_ignore_ascii_case(last(role)))
}
