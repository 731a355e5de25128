//! Withdrawing requests that wait for somebody or for their start.
//! <https://learn.microsoft.com/graph/api/unifiedroleassignmentschedulerequest-cancel>

use pim::ids::{BatchId, OperationId, PlaneId, RequestId};
use pim::journal::{Intent, OperationState};
use pim::request::RequestRef;
use pim::target::Names;

use crate::carry_out::Task;
use crate::{Portal, PortalError, Session};

impl Portal {
    /// Withdraws one of the person's own open requests. The result is in the batch.
    pub async fn cancel(
        &self,
        session: &Session,
        plane: &PlaneId,
        id: &RequestId,
    ) -> Result<BatchId, PortalError> {
        let held = self.held(session, plane).await.map_err(|_| PortalError::NotFound)?;
        let open = held.open.as_deref().unwrap_or_default();
        let request = open.iter().find(|request| &request.id == id).ok_or(PortalError::NotFound)?;
        let names = match &request.names {
            Some(names) => names.clone(),
            None => self.name_of(session, &request.target).await,
        };
        let reference =
            RequestRef { id: request.id.clone(), target: request.target.clone(), action: request.action };
        let batch = BatchId::random();
        self.carry_out(session, batch, vec![Task::new(Intent::Cancel(reference), names)]).await?;
        Ok(batch)
    }

    /// Takes back an operation that the portal has not sent: one that is queued, or waits for a stronger sign-in. Returns whether it
    /// was still to be taken back.
    pub async fn take_back(
        &self,
        session: &Session,
        batch: BatchId,
        id: OperationId,
    ) -> Result<bool, PortalError> {
        let operations = self.operations(session, batch).await?;
        let operation = operations.into_iter().find(|operation| operation.id == id);
        let mut operation = operation.ok_or(PortalError::NotFound)?;
        let can = matches!(operation.state, OperationState::Queued | OperationState::AwaitingStepUp);
        Ok(can && self.advance(&mut operation, OperationState::Cancelled).await?)
    }

    /// What a target is called, as far as the lists know.
    pub(crate) async fn name_of(&self, session: &Session, target: &pim::target::Target) -> Names {
        let eligible = self.eligible(session, &target.plane).await;
        let known = eligible.ok().and_then(|eligible| {
            let row = eligible.roles.iter().find(|role| role.eligibility.target.same_as(target))?;
            Some(row.eligibility.names.clone())
        });
        known.unwrap_or_else(|| Names {
            title: target.role.as_str().to_owned(),
            place: target.scope.as_str().to_owned(),
        })
    }
}
