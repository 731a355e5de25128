//! Deactivating active roles, at once or as soon as the service allows it.

use std::sync::Arc;

use futures::future::join_all;
use jiff::SignedDuration;
use pim::assignment::Assignment;
use pim::duration::ActivationDuration;
use pim::error::PlaneError;
use pim::ids::{BatchId, PlaneId};
use pim::journal::Intent;

use crate::carry_out::Task;
use crate::overview::Held;
use crate::selection::{MOST_ROLES, RowKey};
use crate::{Portal, PortalError, Session};

/// How long after the floor a queued deactivation is sent: the service's clock may be a little behind.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Active roles that were asked for, as they are now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToDeactivate {
    /// Still active.
    pub active: Vec<Assignment>,
    /// No longer active.
    pub gone: usize,
    /// Planes that could not be read: whether the role is active is not known.
    pub unread: Vec<(PlaneId, PlaneError)>,
}

/// What to do with roles that have not been active for five minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TooEarly {
    /// Try all the same: the service decides.
    #[default]
    Send,
    /// Deactivate them when the service allows it: the portal sends it then.
    Queue,
}

impl Portal {
    /// Looks the rows up among the person's own active roles. Anything else, assigned roles included, is not found.
    pub async fn to_deactivate(&self, session: &Session, rows: &[RowKey]) -> ToDeactivate {
        let mut found = ToDeactivate::default();
        for (plane, held) in self.held_on(session, |plane| rows.iter().any(|row| &row.plane == plane)).await {
            let wanted: Vec<_> = rows.iter().filter(|row| row.plane == plane).take(MOST_ROLES).collect();
            match held {
                Ok(held) => {
                    let before = found.active.len();
                    let is_wanted =
                        |row: &&Assignment| wanted.iter().any(|wanted| wanted.row == row.id.as_str());
                    found.active.extend(held.active.iter().filter(is_wanted).cloned());
                    found.gone += wanted.len().saturating_sub(found.active.len() - before);
                }
                Err(error) => found.unread.push((plane, error)),
            }
        }
        found
    }

    /// All active roles of the person, as far as they could be read.
    pub async fn all_active(&self, session: &Session) -> ToDeactivate {
        let mut found = ToDeactivate::default();
        for (plane, held) in self.held_on(session, |_| true).await {
            match held {
                Ok(held) => found.active.extend(held.active.iter().take(MOST_ROLES).cloned()),
                Err(error) => found.unread.push((plane, error)),
            }
        }
        found
    }

    /// What the person holds on the planes that are `wanted`.
    async fn held_on(
        &self,
        session: &Session,
        wanted: impl Fn(&PlaneId) -> bool,
    ) -> Vec<(PlaneId, Result<Arc<Held>, PlaneError>)> {
        let planes = self.planes().map(|plane| plane.id.clone()).filter(wanted);
        join_all(planes.map(async |plane| {
            let held = self.held(session, &plane).await;
            (plane, held)
        }))
        .await
    }

    /// Deactivates the rows that are active. The result is in the batch; in an earlier one where all of it is queued already.
    pub async fn deactivate(
        &self,
        session: &Session,
        rows: &[RowKey],
        too_early: TooEarly,
    ) -> Result<BatchId, PortalError> {
        let found = self.to_deactivate(session, rows).await;
        let now = self.clock.now();
        let tasks = found.active.into_iter().map(|row| {
            let names = row.names.clone();
            let floor = row.deactivatable_from().filter(|from| *from > now);
            let not_before = match too_early {
                TooEarly::Queue => floor.and_then(|from| from.checked_add(MARGIN).ok()),
                TooEarly::Send => None,
            };
            Task { not_before, ..Task::new(Intent::Deactivate(row), names) }
        });
        let since = now.saturating_sub(ActivationDuration::SHORTEST.signed() + MARGIN).unwrap_or(now);
        let _alone = self.kept.queueing(session).await;
        let (tasks, earlier) = self.not_queued(session, since, tasks.collect()).await?;
        if tasks.is_empty() {
            return earlier.ok_or(PortalError::NothingChosen);
        }
        let batch = BatchId::random();
        self.carry_out(session, batch, tasks).await?;
        Ok(batch)
    }
}
