//! The simulator's clocks: the machine's time plus an offset that only the control port moves.
//!
//! There are two, because a test that lets an activation run out should not at the same time make every token and
//! every ID token of the tenant disagree with the wall clock of the program under test:
//!
//! - [`Hand::Planes`]: what Graph and Azure believe (schedules, the five-minute floor, request times);
//! - [`Hand::SignIn`]: what the sign-in origin believes (codes, token expiry, `iat`/`nbf`/`exp`).
//!
//! To extend: a new hand is one more variant and one more offset.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Which of the two clocks is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// Graph's and Azure's time.
    Planes,
    /// The sign-in origin's time, which also decides when a token has expired.
    SignIn,
}

/// The owner of the wall clock in this crate.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    planes: AtomicI64,
    sign_in: AtomicI64,
}

impl Clock {
    fn offset(&self, hand: Hand) -> &AtomicI64 {
        match hand {
            Hand::Planes => &self.planes,
            Hand::SignIn => &self.sign_in,
        }
    }

    /// The time on one hand, cut to milliseconds as the services print it.
    pub(crate) fn now(&self, hand: Hand) -> Timestamp {
        let wall = wall().as_millisecond() + self.offset(hand).load(Ordering::Relaxed);
        Timestamp::from_millisecond(wall).unwrap_or(Timestamp::MAX)
    }

    /// Moves one hand forward (or back, with a negative duration).
    pub(crate) fn advance(&self, hand: Hand, by: SignedDuration) {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(0);
        self.offset(hand).fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Puts both hands back to the machine's time.
    pub(crate) fn reset(&self) {
        self.planes.store(0, Ordering::Relaxed);
        self.sign_in.store(0, Ordering::Relaxed);
    }
}

#[expect(clippy::disallowed_methods, reason = "this module owns the simulator's clock")]
fn wall() -> Timestamp {
    Timestamp::now()
}
