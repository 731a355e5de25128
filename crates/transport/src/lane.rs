//! A lane: the calls of one person to one plane. Each lane has its own limit on calls at a time and its own gate that a
//! `Retry-After` closes, so that neither a plane nor a person that is throttled or hangs slows another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pim::ids::{PlaneId, PrincipalId};
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Lanes are looked over for idle ones when there are this many.
const MANY: usize = 4096;

pub(crate) struct Lane {
    pub(crate) permits: Semaphore,
    closed_until: Mutex<Option<Instant>>,
}

impl Lane {
    fn new(concurrency: usize) -> Self {
        Self { permits: Semaphore::new(concurrency), closed_until: Mutex::new(None) }
    }

    /// Until when no call may be sent; `None` when calls may be sent now.
    pub(crate) fn closed_until(&self) -> Option<Instant> {
        let until = *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| *until > Instant::now())
    }

    /// Sends nothing for `wait` from now; a gate that is closed for longer stays so.
    pub(crate) fn close_for(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut closed = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = Some(closed.map_or(until, |before| before.max(until)));
    }
}

/// All lanes to one host.
pub(crate) struct Lanes {
    concurrency: usize,
    lanes: Mutex<HashMap<(PlaneId, PrincipalId), Arc<Lane>>>,
}

impl Lanes {
    pub(crate) fn new(concurrency: usize) -> Self {
        Self { concurrency: concurrency.max(1), lanes: Mutex::default() }
    }

    pub(crate) fn lane(&self, plane: &PlaneId, principal: PrincipalId) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= MANY {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || lane.closed_until().is_some());
        }
        let lane =
            lanes.entry((plane.clone(), principal)).or_insert_with(|| Arc::new(Lane::new(self.concurrency)));
        Arc::clone(lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: PrincipalId = PrincipalId(uuid::Uuid::from_u128(1));
    const TWO: PrincipalId = PrincipalId(uuid::Uuid::from_u128(2));

    #[tokio::test(start_paused = true)]
    async fn a_closed_gate_is_one_lane_s_alone_and_opens_in_time() {
        let lanes = Lanes::new(4);
        let (entra, groups) = (PlaneId::from("entra"), PlaneId::from("groups"));
        lanes.lane(&entra, ONE).close_for(Duration::from_secs(10));
        lanes.lane(&entra, ONE).close_for(Duration::from_secs(1));
        assert!(lanes.lane(&entra, ONE).closed_until().is_some(), "the longer wait holds");
        assert!(lanes.lane(&entra, TWO).closed_until().is_none(), "another person");
        assert!(lanes.lane(&groups, ONE).closed_until().is_none(), "another plane");
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(lanes.lane(&entra, ONE).closed_until().is_none());
    }
}
