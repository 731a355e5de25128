//! Deactivating active roles.

use futures::future::join_all;
use pim::assignment::Assignment;
use pim::error::PlaneError;
use pim::ids::{BatchId, PlaneId};
use pim::journal::Intent;

use crate::selection::{MOST_ROLES, RowKey};
use crate::{Portal, PortalError, Session};

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

impl Portal {
    /// Looks the rows up among the person's own active roles. Anything else, assigned roles included, is not found.
    pub async fn to_deactivate(&self, session: &Session, rows: &[RowKey]) -> ToDeactivate {
        let mut found = ToDeactivate::default();
        let planes = self.planes().map(|plane| plane.id.clone());
        let needed: Vec<PlaneId> = planes.filter(|id| rows.iter().any(|row| &row.plane == id)).collect();
        let lists = join_all(needed.into_iter().map(async |plane| {
            let held = self.held(session, &plane).await;
            (plane, held)
        }))
        .await;
        for (plane, held) in lists {
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

    /// Deactivates the rows that are active. The result is in the batch.
    pub async fn deactivate(&self, session: &Session, rows: &[RowKey]) -> Result<BatchId, PortalError> {
        let found = self.to_deactivate(session, rows).await;
        if found.active.is_empty() {
            return Err(PortalError::NothingChosen);
        }
        let batch = BatchId::random();
        let intents = found.active.into_iter().map(|row| {
            let names = row.names.clone();
            (Intent::Deactivate(row), names)
        });
        self.carry_out(session, batch, intents.collect()).await?;
        Ok(batch)
    }
}
