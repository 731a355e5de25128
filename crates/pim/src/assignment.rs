//! What a person holds now.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::duration::ActivationDuration;
use crate::ids::{AssignmentId, ScheduleId};
use crate::target::{Condition, MemberType, Names, Target};

/// How an assignment came about (Microsoft's `assignmentType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AssignmentOrigin {
    /// By an administrator; it cannot be deactivated here, time-bound or not.
    Assigned,
    /// By activating an eligibility.
    Activated,
}

/// One row of a person's assignments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Names the row within its plane.
    pub id: AssignmentId,
    /// The role and scope.
    pub target: Target,
    /// What people call it.
    pub names: Names,
    /// Assigned or activated.
    pub origin: AssignmentOrigin,
    /// Direct, through a group, or inherited.
    pub member_type: MemberType,
    /// When it began, where the service says.
    pub since: Option<Timestamp>,
    /// When it ends; `None` is permanent.
    pub until: Option<Timestamp>,
    /// Azure: the eligibility schedule it was activated from.
    pub eligibility_schedule: Option<ScheduleId>,
    /// Azure: its condition.
    pub condition: Option<Condition>,
}

impl Assignment {
    /// Whether it was activated, and so can be deactivated.
    #[must_use]
    pub fn is_active_role(&self) -> bool {
        self.origin == AssignmentOrigin::Activated
    }

    /// Whether it was activated and has not ended at `now`.
    #[must_use]
    pub fn is_active_at(&self, now: Timestamp) -> bool {
        self.is_active_role() && self.until.is_none_or(|until| until > now)
    }

    /// When PIM will first accept a deactivation: five minutes after the start. `None` where the start is not known.
    #[must_use]
    pub fn deactivatable_from(&self) -> Option<Timestamp> {
        self.since?.checked_add(ActivationDuration::SHORTEST.signed()).ok()
    }

    /// Time left at `now`, never negative; `None` when permanent.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Option<SignedDuration> {
        Some(self.until?.duration_since(now).max(SignedDuration::ZERO))
    }
}
