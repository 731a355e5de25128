//! The two limits that are published for what the portal reads, kept while the switch `throttles` is on.
//! See <https://learn.microsoft.com/graph/throttling-limits>.
//!
//! To extend: another limit is a field of [`Throttles`] and a call of [`Window::admit`] where it holds.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// So many calls in so long a time.
#[derive(Debug)]
pub(crate) struct Window {
    most: usize,
    length: SignedDuration,
    calls: VecDeque<Timestamp>,
}

impl Window {
    fn new(most: usize, seconds: i64) -> Self {
        Self { most, length: SignedDuration::from_secs(seconds), calls: VecDeque::new() }
    }

    /// Whether one more call fits; if so it counts.
    pub(crate) fn admit(&mut self, now: Timestamp) -> bool {
        while self.calls.front().is_some_and(|at| now.duration_since(*at) >= self.length) {
            self.calls.pop_front();
        }
        let fits = self.calls.len() < self.most;
        if fits {
            self.calls.push_back(now);
        }
        fits
    }
}

/// Every limit.
#[derive(Debug)]
pub(crate) struct Throttles {
    /// Audit logs: five calls in ten seconds.
    pub(crate) audit: Window,
    /// Conditional Access: one call a second, without a `Retry-After`.
    pub(crate) conditional_access: Window,
}

impl Default for Throttles {
    fn default() -> Self {
        Self { audit: Window::new(5, 10), conditional_access: Window::new(1, 1) }
    }
}
