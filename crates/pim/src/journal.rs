//! The journal: every write the portal carries out, stored before it is sent, with what is known of it since.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::assignment::Assignment;
use crate::draft::Draft;
use crate::error::Violation;
use crate::ids::{BatchId, OperationId, PrincipalId, RequestId, TenantId};
use crate::records::StoreError;
use crate::request::{Progress, RequestStatus};
use crate::target::{Names, Target};

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperationState {
    /// Stored, not sent.
    Prepared,
    /// About to be sent, or sent without an answer so far.
    Sending,
    /// The service took it and is working on it.
    Accepted,
    /// An approver has to decide.
    PendingApproval,
    /// Granted, to start later.
    Scheduled,
    /// The service says it is done; the assignment has not been seen yet.
    Provisioned,
    /// The assignment was seen.
    Usable,
    /// Deactivated.
    Revoked,
    /// Needs a stronger sign-in first; nothing was created.
    AwaitingStepUp,
    /// Refused; nothing was created.
    Rejected,
    /// An approver said no.
    Denied,
    /// Went wrong at the service.
    Failed,
    /// Withdrawn.
    Cancelled,
    /// Nobody decided in time.
    TimedOut,
    /// The answer was lost: it may have gone through.
    Unsure,
}

impl OperationState {
    /// Whether nothing more will happen to it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Usable
                | Self::Revoked
                | Self::AwaitingStepUp
                | Self::Rejected
                | Self::Denied
                | Self::Failed
                | Self::Cancelled
                | Self::TimedOut
        )
    }

    /// Whether the journal may go from `self` to `next`. A state never goes back to before the send.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Prepared => matches!(next, Self::Sending | Self::Rejected),
            Self::Sending | Self::Unsure => !matches!(next, Self::Prepared | Self::Sending),
            _ if self.is_final() => false,
            _ => !matches!(
                next,
                Self::Prepared | Self::Sending | Self::Unsure | Self::Rejected | Self::AwaitingStepUp
            ),
        }
    }

    /// The state that a request's status means.
    #[must_use]
    pub fn from_status(status: &RequestStatus, starts_later: bool) -> Self {
        match status.progress() {
            Progress::Provisioned => Self::Provisioned,
            Progress::Granted if starts_later => Self::Scheduled,
            Progress::Granted | Progress::Working | Progress::Unknown => Self::Accepted,
            Progress::WaitingForApproval | Progress::WaitingForAdministrator => Self::PendingApproval,
            Progress::Revoked => Self::Revoked,
            Progress::Denied => Self::Denied,
            Progress::Cancelled => Self::Cancelled,
            Progress::TimedOut => Self::TimedOut,
            Progress::Failed => Self::Failed,
        }
    }
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Activate.
    Activate(Draft),
    /// Deactivate.
    Deactivate(Assignment),
}

impl Intent {
    /// The role and scope.
    #[must_use]
    pub fn target(&self) -> &Target {
        match self {
            Self::Activate(draft) => &draft.target,
            Self::Deactivate(assignment) => &assignment.target,
        }
    }
}

/// Why an operation did not go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The service refused it for these reasons.
    Violations(Vec<Violation>),
    /// The service asked to slow down.
    Throttled,
    /// The person is not allowed to.
    Forbidden,
    /// The session at Microsoft's side is over.
    SignInRequired,
    /// Nobody has consented to this part of the portal.
    ConsentMissing,
    /// The portal stopped before it was sent.
    NotSent,
    /// The service could not be reached before anything was sent, or said so itself.
    Unavailable,
    /// Any other answer, by the service's code.
    Other(Option<String>),
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// The confirmation it belongs to.
    pub batch: BatchId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Whose it is.
    pub principal: PrincipalId,
    /// What it does.
    pub intent: Intent,
    /// What people call the target.
    pub names: Names,
    /// Chosen by the portal before the send; replaced by the service's own where the service chooses.
    pub request_id: RequestId,
    /// Where it stands.
    pub state: OperationState,
    /// Why it did not go through.
    pub refusal: Option<Refusal>,
    /// The service's id for the call.
    pub correlation_id: Option<String>,
    /// When the intent was stored.
    pub created: Timestamp,
    /// When the state last changed.
    pub updated: Timestamp,
}

/// Keeps operations. Contents are encrypted: they hold justifications.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Stores new operations, all or none.
    async fn append(&self, operations: &[Operation]) -> Result<(), StoreError>;

    /// Stores `operation` if its stored state is still `from`. Returns whether it was.
    async fn advance(&self, operation: &Operation, from: OperationState) -> Result<bool, StoreError>;

    /// One confirmation's operations, in the order they were appended. Empty unless all is the person's own.
    async fn batch(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        batch: BatchId,
    ) -> Result<Vec<Operation>, StoreError>;

    /// The person's operations that changed since `since`, newest first.
    async fn recent(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        since: Timestamp,
    ) -> Result<Vec<Operation>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::OperationState as S;

    #[test]
    fn a_final_state_stays_and_nothing_returns_to_before_the_send() {
        let all = [
            S::Prepared,
            S::Sending,
            S::Accepted,
            S::PendingApproval,
            S::Scheduled,
            S::Provisioned,
            S::Usable,
            S::Revoked,
            S::AwaitingStepUp,
            S::Rejected,
            S::Denied,
            S::Failed,
            S::Cancelled,
            S::TimedOut,
            S::Unsure,
        ];
        for from in all {
            assert!(!from.may_become(S::Prepared), "{from:?} back to prepared");
            for to in all {
                if from.is_final() {
                    assert!(!from.may_become(to), "{from:?} is final, yet may become {to:?}");
                }
            }
        }
        // What was never sent can end as such; nothing else skips the send.
        assert!(S::Prepared.may_become(S::Rejected) && !S::Prepared.may_become(S::Unsure));
        assert!(S::Prepared.may_become(S::Sending) && !S::Prepared.may_become(S::Accepted));
        assert!(S::Unsure.may_become(S::Provisioned) && S::Unsure.may_become(S::Failed));
        assert!(S::PendingApproval.may_become(S::Denied) && !S::PendingApproval.may_become(S::Rejected));
    }
}
