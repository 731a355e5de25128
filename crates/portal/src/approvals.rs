//! What waits for the person's decision, plane by plane, and deciding on it, many at once.

use std::sync::Arc;

use futures::future::join_all;
use pim::approval::{Decision, Verdict, Waiting};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{BatchId, PlaneId};
use pim::journal::Intent;
use pim::plane::Descriptor;

use crate::carry_out::Task;
use crate::overview::key;
use crate::selection::{LONGEST_JUSTIFICATION, MOST_ROLES, RowKey};
use crate::{Portal, PortalError, Session};

impl Portal {
    /// What waits for the person on `plane`, the oldest first. Nothing, where the plane has no approvals. The person's own requests are
    /// not in it: nobody decides on them for themselves.
    pub async fn waiting(&self, session: &Session, plane: &PlaneId) -> Result<Arc<Vec<Waiting>>, PlaneError> {
        let port = self.plane(plane).ok_or(ErrorKind::NotFound)?.clone();
        if port.approvals().is_none() {
            return Ok(Arc::default());
        }
        let caller = session.caller.clone();
        self.kept
            .waiting
            .get(key(session, plane), async move {
                let approvals = port.approvals().ok_or(ErrorKind::NotFound)?;
                let mut waiting = approvals.waiting(&caller).await?;
                waiting.retain(|one| one.requester.id != Some(caller.principal));
                waiting.sort_by_key(|one| one.created);
                Ok(Arc::new(waiting))
            })
            .await
    }

    /// What waits for the person on each plane.
    pub async fn waiting_everywhere(
        &self,
        session: &Session,
    ) -> Vec<(Descriptor, Result<Arc<Vec<Waiting>>, PlaneError>)> {
        let planes = self.planes().map(async |plane| (plane.clone(), self.waiting(session, &plane.id).await));
        join_all(planes).await
    }

    /// The same, read anew.
    pub async fn waiting_anew(
        &self,
        session: &Session,
    ) -> Vec<(Descriptor, Result<Arc<Vec<Waiting>>, PlaneError>)> {
        for plane in self.planes() {
            self.kept.waiting.forget(&key(session, &plane.id)).await;
        }
        self.waiting_everywhere(session).await
    }

    /// How many requests wait for the person, as far as that was read lately. Asks nobody.
    pub async fn waiting_known(&self, session: &Session) -> usize {
        let known = self.planes().map(async |plane| self.kept.waiting.peek(&key(session, &plane.id)).await);
        join_all(known).await.into_iter().flatten().map(|waiting| waiting.len()).sum()
    }

    /// How many of `rows` do not wait for the person any more: somebody else decided, or they were withdrawn. Rows of a plane that cannot be
    /// read count as waiting.
    pub async fn no_longer_waiting(&self, session: &Session, rows: &[RowKey]) -> usize {
        let mut gone = 0;
        for row in rows {
            let waiting = self.waiting(session, &row.plane).await;
            gone += usize::from(waiting.is_ok_and(|all| !all.iter().any(|one| one.id.as_str() == row.row)));
        }
        gone
    }

    /// Decides on the rows that still wait, all alike. The result is in the batch.
    pub async fn decide(
        &self,
        session: &Session,
        rows: &[RowKey],
        decision: Decision,
        reason: &str,
    ) -> Result<BatchId, PortalError> {
        let reason: String = reason.trim().chars().take(LONGEST_JUSTIFICATION).collect();
        if self.rules.justification.problem(&reason).is_some() {
            return Err(PortalError::AgainstRules);
        }
        let planes: Vec<PlaneId> = self.planes().map(|plane| plane.id.clone()).collect();
        let mut tasks = Vec::new();
        for plane in planes.iter().filter(|plane| rows.iter().any(|row| &row.plane == *plane)) {
            let Ok(waiting) = self.waiting(session, plane).await else { continue };
            let chosen = waiting
                .iter()
                .filter(|one| rows.iter().any(|row| &row.plane == plane && row.row == one.id.as_str()));
            for one in chosen.take(MOST_ROLES) {
                let verdict = Verdict { waiting: one.clone(), decision, reason: reason.clone() };
                tasks.push(Task::new(Intent::Decide(verdict), one.names.clone()));
            }
        }
        if tasks.is_empty() {
            return Err(PortalError::NothingChosen);
        }
        let batch = BatchId::random();
        self.carry_out(session, batch, tasks).await?;
        Ok(batch)
    }
}
