//! How fast things are expected to happen: every wait of the engine, in one place.
//!
//! The defaults follow what was seen of the real services; tests that run against a simulated tenant in a hurry scale them.

use std::time::Duration;

use jiff::SignedDuration;
use pim::journal::{Operation, OperationState};

/// Waits between two looks at an operation, in units; the last one repeats.
const LOOKS: [i32; 9] = [1, 1, 2, 3, 5, 10, 15, 30, 60];

/// The waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long a confirmation waits for answers before it shows what is known so far. Azure takes up to ten seconds for one write.
    pub patience: Duration,
    /// The longest that a write may take; the adapters' deadline.
    pub write: Duration,
    /// How long an operation belongs to whoever took it: longer than the longest deadline of a write. When it has passed, its holder
    /// counts as dead.
    pub lease: SignedDuration,
    /// How long after the send a write that cannot be found counts as never made: longer than a write may be on its way, and than
    /// the service's lists lag.
    pub absent_after: SignedDuration,
    /// How long after an operation was to be sent, by the confirmation or by the time it was queued for, whoever finds it still sends it.
    pub resume_within: SignedDuration,
    /// How long an operation waits for its stronger sign-in.
    pub step_up_within: SignedDuration,
    /// One unit of the waits between two looks.
    pub unit: SignedDuration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            patience: Duration::from_millis(2_500),
            write: Duration::from_secs(45),
            lease: SignedDuration::from_secs(90),
            absent_after: SignedDuration::from_secs(120),
            resume_within: SignedDuration::from_mins(5),
            step_up_within: SignedDuration::from_hours(1),
            unit: SignedDuration::from_secs(1),
        }
    }
}

impl Pace {
    /// For a simulated tenant on the same machine, which answers in milliseconds and does not lag: so that what takes minutes against the
    /// real services can be watched to its end in seconds. The relations stay: a lease outlives a write, and absence is proved last.
    #[must_use]
    pub const fn hurried() -> Self {
        Self {
            patience: Duration::from_millis(500),
            write: Duration::from_secs(5),
            lease: SignedDuration::from_secs(8),
            absent_after: SignedDuration::from_secs(9),
            resume_within: SignedDuration::from_mins(5),
            step_up_within: SignedDuration::from_hours(1),
            unit: SignedDuration::from_millis(100),
        }
    }

    /// How long to wait before `operation` is looked at again.
    pub(crate) fn next_look(&self, operation: &Operation) -> SignedDuration {
        let at = usize::try_from(operation.looks).unwrap_or(usize::MAX);
        let units = LOOKS.get(at).or(LOOKS.last()).copied().unwrap_or(60);
        // A person takes longer than a service.
        let floor = if operation.state == OperationState::PendingApproval { 5 } else { 1 };
        self.unit.saturating_mul(units.max(floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_ends_before_its_holder_counts_as_dead_and_that_before_it_counts_as_never_made() {
        for pace in [Pace::default(), Pace::hurried()] {
            let write = SignedDuration::try_from(pace.write).unwrap();
            assert!(write + write / 2 < pace.lease && pace.lease < pace.absent_after, "{pace:?}");
        }
    }
}
