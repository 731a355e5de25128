//! Carries out operations: stores the intent, sends it once, stores what is known after it.
//!
//! Used by activation and deactivation alike. The only place that calls [`Plane::submit`](pim::plane::Plane::submit) and
//! [`Plane::deactivate`](pim::plane::Plane::deactivate).

use std::time::Duration;

use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};
use pim::error::{ErrorKind, PlaneError, Violation};
use pim::ids::{BatchId, OperationId, RequestId};
use pim::journal::{Intent, Operation, OperationState, Refusal};
use pim::plane::{Rejection, Submission};
use pim::request::Request;
use pim::target::Names;

use crate::{Portal, PortalError, Session};

/// How long a confirmation waits for answers before it shows what is known so far. Azure takes up to ten seconds for one write.
const PATIENCE: Duration = Duration::from_millis(2_500);

impl Portal {
    /// Stores `intents` as one batch and carries them out side by side. Returns when all have been answered, or when the
    /// person has waited long enough; whatever is still under way goes on.
    pub(crate) async fn carry_out(
        &self,
        session: &Session,
        batch: BatchId,
        intents: Vec<(Intent, Names)>,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let operations: Vec<Operation> = intents
            .into_iter()
            .map(|(intent, names)| Operation {
                id: OperationId::random(),
                batch,
                tenant: session.caller.tenant,
                principal: session.caller.principal,
                intent,
                names,
                request_id: RequestId(OperationId::random().to_string()),
                state: OperationState::Prepared,
                refusal: None,
                correlation_id: None,
                created: now,
                updated: now,
            })
            .collect();
        self.journal.append(&operations).await?;

        let (portal, session) = (self.clone(), session.clone());
        let work = tokio::spawn(async move {
            let mut sending: FuturesUnordered<_> =
                operations.into_iter().map(|operation| portal.send(&session, operation)).collect();
            while sending.next().await.is_some() {}
            drop(sending);
            join_all(portal.planes().map(|plane| portal.forget_plane(&session, &plane.id))).await;
            // One look at once: what is usable already should be called so on the first page.
            let _ = portal.track(&session, batch).await;
        });
        let _ = tokio::time::timeout(PATIENCE, work).await;
        Ok(())
    }

    async fn send(&self, session: &Session, mut operation: Operation) {
        // Whoever moves it out of "prepared" sends it; nobody else does.
        match self.advance(&mut operation, OperationState::Sending).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => {
                return tracing::error!(operation = %operation.id, "journal failed; the operation was not sent");
            }
        }
        let Some(plane) = self.plane(&operation.intent.target().plane).cloned() else { return };
        let answer = match &operation.intent {
            Intent::Activate(draft) => plane.submit(&session.caller, draft, &operation.request_id).await,
            Intent::Deactivate(assignment) => {
                plane.deactivate(&session.caller, assignment, &operation.request_id).await
            }
        };
        let next = self.learn(&mut operation, answer);
        if self.advance(&mut operation, next).await.is_err() {
            tracing::error!(operation = %operation.id, "journal failed after the send; it will be looked up");
        }
    }

    /// What an answer means for the operation.
    fn learn(&self, operation: &mut Operation, answer: Result<Submission, PlaneError>) -> OperationState {
        match answer {
            Ok(Submission::Accepted(request)) => self.learn_request(operation, request),
            Ok(Submission::Unsure) => OperationState::Unsure,
            Ok(Submission::Rejected(Rejection { violations, correlation_id })) => {
                operation.correlation_id = correlation_id;
                let step_up =
                    violations.iter().any(|v| matches!(v, Violation::ContextMissing | Violation::MfaMissing));
                operation.refusal = Some(Refusal::Violations(violations));
                if step_up { OperationState::AwaitingStepUp } else { OperationState::Rejected }
            }
            Err(error) => {
                let step_up = error.kind == ErrorKind::StepUpRequired;
                operation.correlation_id = error.correlation_id;
                operation.refusal = Some(refusal(error.kind, error.code));
                if step_up { OperationState::AwaitingStepUp } else { OperationState::Rejected }
            }
        }
    }

    /// What the service's own account of a request means for the operation.
    pub(crate) fn learn_request(&self, operation: &mut Operation, request: Request) -> OperationState {
        let starts_later = request.start.is_some_and(|start| start > self.clock.now());
        operation.request_id = request.id;
        OperationState::from_status(&request.status, starts_later)
    }

    /// Moves the operation on and stores it. `Ok(false)`: somebody else was quicker, and nothing was stored.
    pub(crate) async fn advance(
        &self,
        operation: &mut Operation,
        to: OperationState,
    ) -> Result<bool, PortalError> {
        let from = operation.state;
        operation.state = to;
        operation.updated = self.clock.now();
        Ok(self.journal.advance(operation, from).await?)
    }
}

fn refusal(kind: ErrorKind, code: Option<String>) -> Refusal {
    match kind {
        ErrorKind::Throttled { .. } => Refusal::Throttled,
        ErrorKind::Forbidden { .. } => Refusal::Forbidden,
        ErrorKind::ConsentMissing => Refusal::ConsentMissing,
        ErrorKind::SignInRequired => Refusal::SignInRequired,
        ErrorKind::Unavailable | ErrorKind::TimedOut => Refusal::Unavailable,
        ErrorKind::Rejected(violations) => Refusal::Violations(violations),
        ErrorKind::StepUpRequired => Refusal::Violations(vec![Violation::ContextMissing]),
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::LicenceMissing | ErrorKind::Protocol => {
            Refusal::Other(code)
        }
    }
}
