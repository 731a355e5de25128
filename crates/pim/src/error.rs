//! What can go wrong between the portal and a plane: one closed enum, the same for all planes.

use std::time::Duration;

use crate::challenge::Challenge;
use crate::tokens::TokenError;

/// A call that failed, with what is needed to explain it and to find it in Microsoft's logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct PlaneError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The service's own error code, such as `RoleAssignmentExists`. Never its free text: that may quote what was sent.
    pub code: Option<String>,
    /// The service's id for this call, for support.
    pub correlation_id: Option<String>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// Too many calls; the service asks to wait.
    #[error("throttled")]
    Throttled {
        /// For how long, where it says.
        retry_after: Option<Duration>,
    },
    /// The service wants a stronger sign-in.
    #[error("a stronger sign-in is needed")]
    StepUpRequired(Challenge),
    /// The session at Microsoft's side is over.
    #[error("sign-in is needed again")]
    SignInRequired,
    /// Not allowed.
    #[error("forbidden")]
    Forbidden {
        /// The permission the service misses, where it names one.
        missing_scope: Option<String>,
    },
    /// Nobody has consented to this resource.
    #[error("consent is missing")]
    ConsentMissing,
    /// Nothing there, or not yet.
    #[error("not found")]
    NotFound,
    /// Something like it exists already.
    #[error("conflict")]
    Conflict,
    /// The tenant lacks the licence.
    #[error("licence missing")]
    LicenceMissing,
    /// The service refused the request for a reason the person can act upon.
    #[error("rejected")]
    Rejected(Vec<Violation>),
    /// The service, or the way to it, is down.
    #[error("unavailable")]
    Unavailable,
    /// No answer within the deadline.
    #[error("timed out")]
    TimedOut,
    /// An answer that could not be understood.
    #[error("unexpected answer")]
    Protocol,
}

impl From<ErrorKind> for PlaneError {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, code: None, correlation_id: None }
    }
}

impl From<TokenError> for PlaneError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::SignInRequired => ErrorKind::SignInRequired,
            TokenError::ConsentRequired => ErrorKind::ConsentMissing,
            TokenError::StepUpRequired(challenge) => ErrorKind::StepUpRequired(challenge),
            TokenError::ResourceAbsent => ErrorKind::NotFound,
            TokenError::Unavailable => ErrorKind::Unavailable,
        }
        .into()
    }
}

/// One reason why the service refused a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Violation {
    /// `ExpirationRule`: longer than the policy allows.
    TooLong,
    /// `JustificationRule`: a reason is missing.
    JustificationMissing,
    /// `TicketingRule`: a ticket is missing.
    TicketMissing,
    /// `MfaRule`: the session has no multifactor sign-in.
    MfaMissing,
    /// An authentication context is asked for, and the service does not say which.
    ContextMissing,
    /// `EligibilityRule`: the person is not eligible (any more).
    NotEligible,
    /// `RoleAssignmentExists`: active already, or a deactivation is still settling.
    AlreadyActive,
    /// `PendingRoleAssignmentRequest`: a request is waiting already.
    AlreadyPending,
    /// `RoleAssignmentDoesNotExist`: not active (any more), or not yet everywhere.
    NotActive,
    /// `ActiveDurationTooShort`: active for less than five minutes.
    TooShort,
    /// `RoleAssignmentRequestExists`: a request with this id is there already, so it went through before.
    RequestExists,
    /// The start lies in the past by the service's clock.
    StartInPast,
    /// Anything else, by the service's code or rule name.
    Other(String),
}
