//! What a person may activate.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{EligibilityId, ScheduleId};
use crate::target::{Condition, MemberType, Names, Target};

/// One row of a person's eligibilities. Rows that differ in anything are never merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eligibility {
    /// Names the row within its plane.
    pub id: EligibilityId,
    /// The role and scope.
    pub target: Target,
    /// What people call it.
    pub names: Names,
    /// Direct, through a group, or inherited.
    pub member_type: MemberType,
    /// When the eligibility ends; `None` is permanent.
    pub until: Option<Timestamp>,
    /// The eligibility schedule behind the row; Azure wants it named on activation.
    pub schedule: Option<ScheduleId>,
    /// Azure: the condition the activation must carry.
    pub condition: Option<Condition>,
    /// Whether the role is one of Microsoft's privileged roles, or an Azure role that hands out access.
    pub privileged: bool,
}
