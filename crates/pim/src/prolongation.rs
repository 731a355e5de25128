//! Asking an administrator to lengthen an eligibility that ends, or to renew one that has ended.
//! <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend>

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ScheduleId;
use crate::target::Target;

/// A wish to keep an eligibility. It goes to an administrator.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prolongation {
    /// The role and scope.
    pub target: Target,
    /// Lengthen or renew.
    pub kind: ProlongationKind,
    /// The eligibility's schedule.
    pub schedule: Option<ScheduleId>,
    /// When it should begin: now for an extension.
    pub start: Timestamp,
    /// Until when it is wanted.
    pub until: Timestamp,
    /// Why.
    pub justification: String,
}

impl fmt::Debug for Prolongation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prolongation")
            .field("target", &self.target)
            .field("kind", &self.kind)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProlongationKind {
    /// `selfExtend`: it still runs.
    Extend,
    /// `selfRenew`: it has ended.
    Renew,
}
