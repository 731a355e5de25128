//! What became of operations: asks the service until each is at its end.

use futures::future::join_all;
use jiff::SignedDuration;
use pim::ids::BatchId;
use pim::journal::{Intent, Operation, OperationState, Refusal};
use pim::plane::{Fingerprint, Plane};
use pim::request::RequestAction;

use crate::{Portal, PortalError, Session};

/// How long a send may go without an answer before it counts as lost: longer than the longest deadline of a write.
const LOST_AFTER: SignedDuration = SignedDuration::from_secs(90);

impl Portal {
    /// The operations of one confirmation of this person, as the journal has them.
    pub async fn operations(&self, session: &Session, batch: BatchId) -> Result<Vec<Operation>, PortalError> {
        let operations = self.journal.batch(session.caller.tenant, session.caller.principal, batch).await?;
        if operations.is_empty() { Err(PortalError::NotFound) } else { Ok(operations) }
    }

    /// Asks the service once about every operation that is not at its end, and returns them all.
    pub async fn track(&self, session: &Session, batch: BatchId) -> Result<Vec<Operation>, PortalError> {
        let operations = self.operations(session, batch).await?;
        let before: Vec<_> = operations.iter().map(|operation| operation.state).collect();
        let mut operations =
            join_all(operations.into_iter().map(|operation| self.look(session, operation))).await;
        self.see_usable(session, &mut operations).await;
        let changed = operations.iter().zip(before).filter(|(operation, before)| operation.state != *before);
        for (operation, _) in changed {
            self.forget_plane(session, &operation.intent.target().plane).await;
        }
        Ok(operations)
    }

    /// Looks at the operation's own request.
    async fn look(&self, session: &Session, mut operation: Operation) -> Operation {
        let Some(plane) = self.plane(&operation.intent.target().plane).cloned() else { return operation };
        let known = operation.clone();
        let is_lost = self.clock.now().duration_since(operation.updated) > LOST_AFTER;
        let next = match operation.state {
            // Whoever would have sent it is gone. Taking it out of "prepared" makes sure that nobody does so now.
            OperationState::Prepared if is_lost => {
                operation.refusal = Some(Refusal::NotSent);
                Some(OperationState::Rejected)
            }
            OperationState::Sending if !is_lost => None,
            _ => self.ask(session, &*plane, &mut operation).await,
        };
        let Some(next) = next else { return known };
        if next == known.state {
            return known;
        }
        match self.advance(&mut operation, next).await {
            Ok(true) => operation,
            _ => known,
        }
    }

    /// The state that the service says the operation is in; `None` when it says nothing.
    async fn ask(
        &self,
        session: &Session,
        plane: &dyn Plane,
        operation: &mut Operation,
    ) -> Option<OperationState> {
        let caller = &session.caller;
        let target = operation.intent.target().clone();
        let request = match operation.state {
            state if state.is_final() => return None,
            OperationState::Prepared | OperationState::Provisioned => return None,
            OperationState::Sending | OperationState::Unsure => {
                plane.find(caller, &fingerprint(operation)).await.ok()?
            }
            _ => Some(plane.request(caller, &target, &operation.request_id).await.ok()?),
        };
        Some(request.map_or(OperationState::Unsure, |request| self.learn_request(operation, request)))
    }

    /// "Usable" is said only when the assignment was seen: one read a plane, whatever the number of roles.
    async fn see_usable(&self, session: &Session, operations: &mut [Operation]) {
        for descriptor in self.planes() {
            let waiting = |operation: &&mut Operation| {
                operation.state == OperationState::Provisioned
                    && matches!(operation.intent, Intent::Activate(_))
                    && operation.intent.target().plane == descriptor.id
            };
            let mut provisioned = operations.iter_mut().filter(waiting).peekable();
            let Some(plane) = provisioned.peek().and_then(|_| self.plane(&descriptor.id)) else { continue };
            let Ok(assignments) = plane.assignments(&session.caller).await else { continue };
            for operation in provisioned {
                let target = operation.intent.target();
                if assignments.iter().any(|row| row.is_active_role() && row.target.same_as(target)) {
                    let mut seen = operation.clone();
                    if matches!(self.advance(&mut seen, OperationState::Usable).await, Ok(true)) {
                        *operation = seen;
                    }
                }
            }
        }
    }
}

fn fingerprint(operation: &Operation) -> Fingerprint {
    let (action, justification) = match &operation.intent {
        Intent::Activate(draft) => (RequestAction::Activate, draft.justification.clone()),
        Intent::Deactivate(_) => (RequestAction::Deactivate, String::new()),
    };
    Fingerprint {
        request_id: operation.request_id.clone(),
        target: operation.intent.target().clone(),
        action,
        justification,
        sent: operation.created,
    }
}
