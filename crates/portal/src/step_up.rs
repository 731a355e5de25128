//! Operations that wait for a stronger sign-in, and their resumption.
//!
//! A challenge stays on the server, in the journal; the browser gets the ids of the batch and of one operation. After the sign-in
//! the person sees what is about to be sent and confirms it: nothing is sent by the way back.

use pim::challenge::Challenge;
use pim::ids::{BatchId, OperationId};
use pim::journal::{Operation, OperationState};

use crate::{Portal, PortalError, Session};

/// Operations of one batch that one stronger sign-in serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Names the group: the first of its operations.
    pub id: OperationId,
    /// What the sign-in has to bring.
    pub challenge: Challenge,
    /// The operations.
    pub operations: Vec<Operation>,
    /// Whether a sign-in of the last ten minutes serves: they can be sent.
    pub made: bool,
}

impl Portal {
    /// The operations of the batch that wait for a stronger sign-in, by what it has to bring.
    pub async fn awaiting_step_up(&self, session: &Session, operations: &[Operation]) -> Vec<Waiting> {
        let mut groups: Vec<Waiting> = Vec::new();
        for operation in operations.iter().filter(|one| one.state == OperationState::AwaitingStepUp) {
            let Some(challenge) = &operation.challenge else { continue };
            match groups.iter_mut().find(|group| &group.challenge == challenge) {
                Some(group) => group.operations.push(operation.clone()),
                None => groups.push(Waiting {
                    id: operation.id,
                    challenge: challenge.clone(),
                    operations: vec![operation.clone()],
                    made: false,
                }),
            }
        }
        for group in &mut groups {
            group.made = session.caller.tokens.stronger_token(&group.challenge).await.is_ok();
        }
        groups
    }

    /// What the stronger sign-in for one group of a batch has to bring.
    pub async fn challenge(
        &self,
        session: &Session,
        batch: BatchId,
        group: OperationId,
    ) -> Result<Challenge, PortalError> {
        let operations = self.operations(session, batch).await?;
        let operation = operations
            .into_iter()
            .find(|operation| operation.id == group && operation.state == OperationState::AwaitingStepUp);
        operation.and_then(|operation| operation.challenge).ok_or(PortalError::NotFound)
    }

    /// Sends what waited for a stronger sign-in that was made meanwhile, because the person confirms it. What went through before is not
    /// touched, and what waits for another sign-in goes on waiting. Returns how many were sent.
    pub async fn resume(&self, session: &Session, batch: BatchId) -> Result<usize, PortalError> {
        let operations = self.operations(session, batch).await?;
        let groups = self.awaiting_step_up(session, &operations).await;
        let ready: Vec<Operation> =
            groups.into_iter().filter(|group| group.made).flat_map(|group| group.operations).collect();
        let count = ready.len();
        self.send_all(session, batch, ready).await;
        Ok(count)
    }
}
