//! What is sent to activate one eligibility.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::duration::ActivationDuration;
use crate::ids::ScheduleId;
use crate::target::{Condition, Target};

/// A ticket in the organisation's ticketing system. Either part may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The number.
    pub number: String,
    /// The system's name.
    pub system: String,
}

/// An activation, complete and ready to be sent. `principalId` is not in it: it is always the caller's own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The role and scope.
    pub target: Target,
    /// From when.
    pub start: Timestamp,
    /// For how long.
    pub duration: ActivationDuration,
    /// Why; empty when none is given.
    pub justification: String,
    /// The ticket, when one is given.
    pub ticket: Option<Ticket>,
    /// Azure: the eligibility schedule that is activated.
    pub eligibility_schedule: Option<ScheduleId>,
    /// Azure: the eligibility's condition.
    pub condition: Option<Condition>,
}

impl std::fmt::Debug for Draft {
    /// Leaves the justification and the ticket out: drafts end up in traces, reasons must not.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("target", &self.target)
            .field("start", &self.start)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}
