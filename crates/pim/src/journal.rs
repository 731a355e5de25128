//! The journal: every write the portal carries out, stored before it is sent, with what is known of it since.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::approval::Verdict;
use crate::assignment::Assignment;
use crate::challenge::Challenge;
use crate::draft::Draft;
use crate::error::Violation;
use crate::ids::{BatchId, OperationId, PrincipalId, RequestId, TenantId, VaultId};
use crate::prolongation::{Prolongation, ProlongationKind};
use crate::records::StoreError;
use crate::request::{Progress, RequestAction, RequestRef, RequestStatus};
use crate::target::{Names, Target};

/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperationState {
    /// Stored, not sent.
    Prepared,
    /// Confirmed, to be sent by the portal at a time that the person knows.
    Queued,
    /// Needs a stronger sign-in before it is sent, or sent again; nothing was created.
    AwaitingStepUp,
    /// About to be sent, or sent without an answer so far.
    Sending,
    /// The answer was lost: it may have gone through.
    Unsure,
    /// The answer was lost, and the service has nothing of it: it did not go through. The person may send it again.
    NotCreated,
    /// The service took it and is working on it.
    Accepted,
    /// An approver, or an administrator, has to decide.
    PendingApproval,
    /// Granted, to start later.
    Scheduled,
    /// The service says it is done; the assignment has not been seen yet.
    Provisioned,
    /// The assignment was seen.
    Usable,
    /// Its time was over before the assignment was seen.
    Ended,
    /// Deactivated.
    Revoked,
    /// Carried out: a decision, or an extension that an administrator agreed to.
    Done,
    /// Refused; nothing was created.
    Rejected,
    /// Somebody said no.
    Denied,
    /// Went wrong at the service.
    Failed,
    /// Withdrawn.
    Cancelled,
    /// Nobody decided in time.
    TimedOut,
}

impl OperationState {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Prepared,
        Self::Queued,
        Self::AwaitingStepUp,
        Self::Sending,
        Self::Unsure,
        Self::NotCreated,
        Self::Accepted,
        Self::PendingApproval,
        Self::Scheduled,
        Self::Provisioned,
        Self::Usable,
        Self::Ended,
        Self::Revoked,
        Self::Done,
        Self::Rejected,
        Self::Denied,
        Self::Failed,
        Self::Cancelled,
        Self::TimedOut,
    ];

    /// Whether nothing more will happen to it by itself. What [was not created](Self::NotCreated) the person may send again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::NotCreated
                | Self::Usable
                | Self::Ended
                | Self::Revoked
                | Self::Done
                | Self::Rejected
                | Self::Denied
                | Self::Failed
                | Self::Cancelled
                | Self::TimedOut
        )
    }

    /// Whether it may have reached the service: from here on it is never sent blindly.
    #[must_use]
    pub const fn may_exist(self) -> bool {
        !matches!(
            self,
            Self::Prepared | Self::Queued | Self::AwaitingStepUp | Self::NotCreated | Self::Rejected
        )
    }

    /// Whether the journal may go from `self` to `next`. Nothing else may move an operation.
    ///
    /// ```text
    /// prepared ─► sending ─► accepted ─► pending approval ─► provisioned ─► usable | ended
    ///   ▲   ▲        │           ├─► scheduled ─────────────────┘
    ///   │   queued   │           └─► denied | failed | cancelled | timed out | revoked | done
    ///   │            ├─► awaiting step-up ─► sending
    ///   │            ├─► rejected
    ///   │            └─► unsure ─► (found) accepted … | (sent again under the same id) sending
    ///   └─ (the person confirms) ── not created ◄─┘ (proved absent)
    /// ```
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Prepared => matches!(next, Self::Sending | Self::AwaitingStepUp | Self::Rejected),
            Self::Queued => matches!(next, Self::Prepared | Self::Cancelled | Self::Rejected),
            Self::AwaitingStepUp => matches!(next, Self::Sending | Self::Rejected | Self::Cancelled),
            Self::Sending => {
                !matches!(next, Self::Prepared | Self::Queued | Self::Sending | Self::NotCreated)
            }
            Self::Unsure => !matches!(next, Self::Prepared | Self::Queued | Self::Unsure),
            Self::NotCreated => matches!(next, Self::Prepared),
            Self::Accepted => {
                matches!(next, Self::PendingApproval | Self::Scheduled) || next.follows_decision()
            }
            Self::PendingApproval => {
                matches!(next, Self::Accepted | Self::Scheduled) || next.follows_decision()
            }
            Self::Scheduled => {
                matches!(next, Self::Accepted | Self::PendingApproval) || next.follows_decision()
            }
            Self::Provisioned => next.follows_decision() && next.is_final(),
            Self::Usable
            | Self::Ended
            | Self::Revoked
            | Self::Done
            | Self::Rejected
            | Self::Denied
            | Self::Failed
            | Self::Cancelled
            | Self::TimedOut => false,
        }
    }

    /// Whether the service can still come to this once nobody has to be waited for.
    const fn follows_decision(self) -> bool {
        matches!(
            self,
            Self::Provisioned
                | Self::Usable
                | Self::Ended
                | Self::Revoked
                | Self::Done
                | Self::Denied
                | Self::Failed
                | Self::Cancelled
                | Self::TimedOut
        )
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
    /// Withdraw a request.
    Cancel(RequestRef),
    /// Decide on somebody else's request.
    Decide(Verdict),
    /// Ask an administrator to lengthen or renew an eligibility.
    Prolong(Prolongation),
}

impl Intent {
    /// The role and scope.
    #[must_use]
    pub fn target(&self) -> &Target {
        match self {
            Self::Activate(draft) => &draft.target,
            Self::Deactivate(assignment) => &assignment.target,
            Self::Cancel(request) => &request.target,
            Self::Decide(verdict) => &verdict.waiting.target,
            Self::Prolong(wish) => &wish.target,
        }
    }

    /// What a request made from it asks for.
    #[must_use]
    pub fn action(&self) -> RequestAction {
        match self {
            Self::Activate(_) => RequestAction::Activate,
            Self::Deactivate(_) => RequestAction::Deactivate,
            Self::Cancel(request) => request.action,
            Self::Decide(_) => RequestAction::Other,
            Self::Prolong(wish) => match wish.kind {
                ProlongationKind::Extend => RequestAction::Extend,
                ProlongationKind::Renew => RequestAction::Renew,
            },
        }
    }

    /// The reason that is sent with it.
    #[must_use]
    pub fn justification(&self) -> &str {
        match self {
            Self::Activate(draft) => &draft.justification,
            Self::Decide(verdict) => &verdict.reason,
            Self::Prolong(wish) => &wish.justification,
            Self::Deactivate(_) | Self::Cancel(_) => "",
        }
    }
}

/// Why an operation did not go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The service refused it for these reasons.
    Violations(Vec<Violation>),
    /// Something like it is there already.
    Exists(Existing),
    /// The stronger sign-in was made, and the service still asks for it.
    StepUpInVain,
    /// The stronger sign-in was not made in time.
    StepUpNotMade,
    /// Somebody else decided before.
    DecidedBySomebodyElse,
    /// Nobody decides on their own request.
    OwnRequest,
    /// What was to be decided or withdrawn is not there any more.
    Gone,
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

/// What stands in the way of a second request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Existing {
    /// The role is active, until then where the service says.
    Active(Option<Timestamp>),
    /// A request is waiting for somebody or is being worked on.
    InFlight,
    /// An activation that starts later overlaps; it starts then where the service says.
    Scheduled(Option<Timestamp>),
    /// Nothing can be seen of it: an earlier activation or deactivation is still settling.
    Settling,
}

/// A state that an operation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub state: OperationState,
    /// When.
    pub at: Timestamp,
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
    /// The tokens with which it is watched while the person is away.
    pub vault: VaultId,
    /// What it does.
    pub intent: Intent,
    /// What people call the target.
    pub names: Names,
    /// Chosen by the portal before the send; replaced by the service's own where the service chooses.
    pub request_id: RequestId,
    /// Where it stands.
    pub state: OperationState,
    /// The states it came to, in order; the last is `state`.
    pub timeline: Vec<Step>,
    /// The stronger sign-in that it needs, or was sent with.
    pub challenge: Option<Challenge>,
    /// When it was last sent.
    pub sent: Option<Timestamp>,
    /// Not to be sent before; for [`OperationState::Queued`].
    pub not_before: Option<Timestamp>,
    /// How often the service was asked about it since its state changed.
    pub looks: u32,
    /// Why it did not go through.
    pub refusal: Option<Refusal>,
    /// The service's id for the call.
    pub correlation_id: Option<String>,
    /// When the intent was stored.
    pub created: Timestamp,
    /// When the state last changed.
    pub updated: Timestamp,
}

impl Operation {
    /// Where its request is to be found.
    #[must_use]
    pub fn request(&self) -> RequestRef {
        match &self.intent {
            Intent::Cancel(request) => request.clone(),
            intent => RequestRef {
                id: self.request_id.clone(),
                target: intent.target().clone(),
                action: intent.action(),
            },
        }
    }

    /// When what it was made from came to `from`: in its own state when only what is known of it changes, else in the state before. A copy
    /// that was overtaken may find the state again, but not since then.
    #[must_use]
    pub fn was_since(&self, from: OperationState) -> Option<Timestamp> {
        let before = usize::from(from != self.state);
        self.timeline.iter().nth_back(before).filter(|step| step.state == from).map(|step| step.at)
    }

    /// Moves it on, in memory.
    pub fn enter(&mut self, state: OperationState, now: Timestamp) {
        self.state = state;
        self.updated = now;
        self.looks = 0;
        self.timeline.push(Step { state, at: now });
    }
}

/// A place in the order in which operations changed; grows by at least one with every change of state.
pub type Sequence = u64;

/// Keeps operations. Contents are encrypted: they hold justifications.
///
/// Every operation that is not at its end has a time at which it is due for a look. Whoever [claims](Journal::claim) it moves that time on, which
/// is a lease: nobody else gets it before, and when its holder dies it is due again.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Stores the operations of a new batch, all or none, due at `due`. Returns whether they were stored: not where their batch has
    /// operations already, so that of several who carry out the same confirmation one alone does.
    async fn append(&self, operations: &[Operation], due: Timestamp) -> Result<bool, StoreError>;

    /// Stores `operation` if what is stored is still what it was made from, due at `due` (`None`: never): in the state `from`, and
    /// [since then](Operation::was_since). Returns whether it was. `from` may be the operation's own state: then only what is known of it
    /// changes, and nobody is told.
    async fn advance(
        &self,
        operation: &Operation,
        from: OperationState,
        due: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// Takes up to `most` operations that are due at `now`, the longest due first; they are due again at `until`.
    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<Operation>, StoreError>;

    /// One confirmation's operations, in the order they were appended. Empty unless all is the person's own.
    async fn batch(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        batch: BatchId,
    ) -> Result<Vec<Operation>, StoreError>;

    /// The person's operations that changed at `since` or later, newest first.
    async fn recent(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        since: Timestamp,
    ) -> Result<Vec<Operation>, StoreError>;

    /// The person's operations whose state changed after `after`, each as it is now, with the place of its last change; in that order.
    async fn changes(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        after: Sequence,
        most: usize,
    ) -> Result<Vec<(Sequence, Operation)>, StoreError>;

    /// Deletes operations at their end whose last change came before `before`: this person's, or everybody's. Returns how many.
    async fn forget(
        &self,
        whose: Option<(TenantId, PrincipalId)>,
        before: Timestamp,
    ) -> Result<u64, StoreError>;

    /// The place of the person's last change; 0 when there is none.
    async fn latest(&self, tenant: TenantId, principal: PrincipalId) -> Result<Sequence, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::OperationState as S;

    /// The table, written out a second time: a change has to be meant.
    fn successors(state: S) -> &'static [S] {
        const AFTER: &[S] = &[
            S::PendingApproval,
            S::Scheduled,
            S::Provisioned,
            S::Usable,
            S::Ended,
            S::Revoked,
            S::Done,
            S::Denied,
            S::Failed,
            S::Cancelled,
            S::TimedOut,
        ];
        match state {
            S::Prepared => &[S::Sending, S::AwaitingStepUp, S::Rejected],
            S::Queued => &[S::Prepared, S::Cancelled, S::Rejected],
            S::AwaitingStepUp => &[S::Sending, S::Rejected, S::Cancelled],
            S::Accepted => AFTER,
            S::NotCreated => &[S::Prepared],
            _ => &[],
        }
    }

    #[test]
    fn the_table_is_as_it_is_meant() {
        for from in [S::Prepared, S::Queued, S::AwaitingStepUp, S::Accepted, S::NotCreated] {
            for to in S::ALL {
                assert_eq!(from.may_become(to), successors(from).contains(&to), "{from:?} to {to:?}");
            }
        }
        // A write is sent from here only: after a lost answer under the same id, or once it is known that nothing was created.
        let sends = S::ALL.into_iter().filter(|from| from.may_become(S::Sending)).collect::<Vec<_>>();
        assert_eq!(sends, [S::Prepared, S::AwaitingStepUp, S::Unsure]);
        assert!(S::Unsure.may_become(S::NotCreated) && !S::Sending.may_become(S::NotCreated));
    }

    #[test]
    fn an_end_is_an_end_and_only_the_person_goes_back() {
        for from in S::ALL {
            for to in S::ALL {
                if from.is_final() && from != S::NotCreated {
                    assert!(!from.may_become(to), "{from:?} is an end, yet may become {to:?}");
                }
                if from.may_exist() && from != S::Sending && from != S::Unsure {
                    assert!(
                        to.may_exist() || !from.may_become(to),
                        "{from:?} forgets that it exists as {to:?}"
                    );
                }
            }
            assert!(!from.may_become(from), "{from:?} is no change");
        }
    }
}
