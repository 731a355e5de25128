//! A lane: the calls of one person to one plane. Each lane has its own limit on calls at a time and its own gate that a
//! `Retry-After` closes, so that neither a plane nor a person that is throttled or hangs slows another.
//!
//! A lane is wide until the service throttles it, and narrow for a while after: Microsoft publishes no limit for the PIM endpoints, so
//! the service's own word decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, PrincipalId};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

/// Lanes are looked over for idle ones when there are this many.
const MANY: usize = 4096;

/// How many calls at a time a throttled lane allows: PIM's clients report that its endpoints bear no more when they are strained.
const NARROW: usize = 4;

/// How long a lane stays narrow after it was last throttled.
const CAREFUL: Duration = Duration::from_mins(5);

pub(crate) struct Lane {
    wide: Semaphore,
    narrow: Semaphore,
    gate: Mutex<Gate>,
}

#[derive(Default)]
struct Gate {
    closed_until: Option<Instant>,
    narrow_until: Option<Instant>,
}

/// The right to make one call. Dropped when the call is over.
pub(crate) struct Turn<'a> {
    narrow: Option<SemaphorePermit<'a>>,
    _wide: SemaphorePermit<'a>,
}

impl Lane {
    fn new(concurrency: usize) -> Self {
        Self { wide: Semaphore::new(concurrency), narrow: Semaphore::new(NARROW), gate: Mutex::default() }
    }

    /// Until when no call may be sent; `None` when calls may be sent now.
    pub(crate) fn closed_until(&self) -> Option<Instant> {
        let until = self.gate.lock().unwrap_or_else(PoisonError::into_inner).closed_until;
        until.filter(|until| *until > Instant::now())
    }

    fn is_narrow(&self) -> bool {
        let until = self.gate.lock().unwrap_or_else(PoisonError::into_inner).narrow_until;
        until.is_some_and(|until| until > Instant::now())
    }

    /// The service asks to send nothing for `wait` from now; a gate that is closed for longer stays so.
    pub(crate) fn throttled_for(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        gate.closed_until = Some(gate.closed_until.map_or(until, |before| before.max(until)));
        gate.narrow_until = Some(until + CAREFUL);
    }

    /// Waits for the gate to open and for a free place. Fails at once when the gate will not open before `deadline`.
    pub(crate) async fn turn(&self, deadline: Instant) -> Result<Turn<'_>, PlaneError> {
        loop {
            while let Some(until) = self.closed_until() {
                if until >= deadline {
                    let retry_after = Some(until.duration_since(Instant::now()));
                    return Err(ErrorKind::Throttled { retry_after }.into());
                }
                sleep_until(until).await;
            }
            let narrow = if self.is_narrow() { Some(place(&self.narrow, deadline).await?) } else { None };
            let turn = Turn { narrow, _wide: place(&self.wide, deadline).await? };
            // The call that held the place before may have closed the gate.
            if self.closed_until().is_none() && (turn.narrow.is_some() || !self.is_narrow()) {
                return Ok(turn);
            }
        }
    }
}

async fn place(places: &Semaphore, deadline: Instant) -> Result<SemaphorePermit<'_>, PlaneError> {
    let place = timeout_at(deadline, places.acquire()).await.map_err(|_| ErrorKind::TimedOut)?;
    Ok(place.map_err(|_| ErrorKind::Unavailable)?)
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
        lanes.lane(&entra, ONE).throttled_for(Duration::from_secs(10));
        lanes.lane(&entra, ONE).throttled_for(Duration::from_secs(1));
        assert!(lanes.lane(&entra, ONE).closed_until().is_some(), "the longer wait holds");
        assert!(lanes.lane(&entra, TWO).closed_until().is_none(), "another person");
        assert!(lanes.lane(&groups, ONE).closed_until().is_none(), "another plane");
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(lanes.lane(&entra, ONE).closed_until().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_was_throttled_is_narrow_for_a_while_andwide_again() {
        let lane = Lane::new(20);
        let soon = || Instant::now() + Duration::from_millis(1);
        let places = async |most: usize| {
            let mut turns = Vec::new();
            for _ in 0..most {
                match lane.turn(soon()).await {
                    Ok(turn) => turns.push(turn),
                    Err(_) => break,
                }
            }
            turns.len()
        };
        assert_eq!(places(30).await, 20);
        lane.throttled_for(Duration::from_secs(1));
        assert_eq!(places(30).await, 0, "the gate is closed");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(places(30).await, NARROW);
        tokio::time::advance(CAREFUL).await;
        assert_eq!(places(30).await, 20);
    }
}
