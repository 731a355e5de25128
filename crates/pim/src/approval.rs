//! What waits for a person's decision, and the decision. An ability that a plane may offer.
//! <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-approval-workflow>

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::challenge::Challenge;
use crate::draft::Ticket;
use crate::duration::ActivationDuration;
use crate::error::PlaneError;
use crate::ids::{ApprovalId, PrincipalId, RequestId};
use crate::plane::Caller;
use crate::target::{Names, Target};

/// Somebody's request that waits for the caller.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Names the approval within its plane.
    pub id: ApprovalId,
    /// The request it decides.
    pub request: RequestId,
    /// The role and scope asked for.
    pub target: Target,
    /// What people call it.
    pub names: Names,
    /// Who asks.
    pub requester: Requester,
    /// Why.
    pub justification: Option<String>,
    /// The ticket.
    pub ticket: Option<Ticket>,
    /// From when; `None` as soon as it is approved.
    pub start: Option<Timestamp>,
    /// For how long.
    pub duration: Option<ActivationDuration>,
    /// When it was asked.
    pub created: Option<Timestamp>,
}

impl fmt::Debug for Waiting {
    /// Leaves out who asks and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("id", &self.id).field("target", &self.target).finish_non_exhaustive()
    }
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    /// Their object id, where the service gives it.
    pub id: Option<PrincipalId>,
    /// Their name, where the service gives it.
    pub name: Option<String>,
    /// Their sign-in name or mail address, where the service gives it.
    pub username: Option<String>,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Decision {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

/// A decision on one approval, with its reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is decided.
    pub waiting: Waiting,
    /// How.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict")
            .field("waiting", &self.waiting)
            .field("decision", &self.decision)
            .finish_non_exhaustive()
    }
}

/// What is known after a decision was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It counts.
    Done,
    /// Somebody else decided before.
    BySomebodyElse,
    /// It is the caller's own request, which nobody may decide for themselves.
    OwnRequest,
    /// There is no such approval any more: withdrawn, or timed out.
    Gone,
    /// A stronger sign-in is needed; nothing was decided.
    StepUp(Challenge),
    /// No answer, or none that tells: to be looked up with [`Approvals::outcome`].
    Unsure,
}

/// What an approval says when it is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody has decided.
    Open,
    /// The caller decided it so.
    Own(Decision),
    /// Somebody decided, who is not the caller or is not named.
    Other,
    /// There is no such approval any more.
    Gone,
}

/// Decides on other people's requests.
#[async_trait]
pub trait Approvals: Send + Sync {
    /// All that waits for the caller.
    async fn waiting(&self, caller: &Caller) -> Result<Vec<Waiting>, PlaneError>;

    /// Sends a decision, once. An `Err` means that nothing was decided; [`Forbidden`](crate::error::ErrorKind::Forbidden) where the
    /// portal's permissions do not reach: the decision has to be made in Microsoft's own admin center.
    async fn decide(&self, caller: &Caller, verdict: &Verdict) -> Result<Decided, PlaneError>;

    /// Reads an approval again, after a decision whose answer was lost.
    async fn outcome(&self, caller: &Caller, waiting: &Waiting) -> Result<Outcome, PlaneError>;
}
