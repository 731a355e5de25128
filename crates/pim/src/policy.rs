//! What a role's policy asks of an activation, as far as it could be read.
//!
//! Unknown is never the same as not required: a [`Requirement`] has three states, and an unreadable policy is
//! [`Policy::unknown`], which asks the person for everything a policy might want.
//! <https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>

use serde::{Deserialize, Serialize};

use crate::duration::ActivationDuration;
use crate::ids::ContextId;

/// Whether something must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Requirement {
    /// It must.
    Required,
    /// The policy was read and does not ask for it.
    NotRequired,
    /// The policy could not be read.
    Unknown,
}

impl Requirement {
    /// From a rule that was read.
    #[must_use]
    pub const fn known(required: bool) -> Self {
        if required { Self::Required } else { Self::NotRequired }
    }

    /// Whether the person should be asked for it: when required, and when unknown.
    #[must_use]
    pub const fn should_ask(self) -> bool {
        !matches!(self, Self::NotRequired)
    }
}

/// Whether an authentication context is asked for, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContextRequirement {
    /// Sign-in must satisfy this context.
    Required(ContextId),
    /// None is asked for.
    NotRequired,
    /// The policy could not be read.
    Unknown,
}

/// Whether somebody has to approve, and who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApprovalRequirement {
    /// One of these has to approve. Empty: the service's default approvers.
    Required(Vec<Approver>),
    /// Nobody has to.
    NotRequired,
    /// The policy could not be read.
    Unknown,
}

/// Somebody who may approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approver {
    /// The name, where the service gives one: Microsoft Graph gives ids only.
    pub name: Option<String>,
    /// The object id, for whoever has no name here.
    #[serde(default)]
    pub id: Option<String>,
    /// A group of people rather than one person.
    pub is_group: bool,
}

/// The rules for activation (`…_EndUser_Assignment`) of one role at one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The longest activation; `None` when unknown.
    pub maximum_duration: Option<ActivationDuration>,
    /// A reason.
    pub justification: Requirement,
    /// A ticket number and system.
    pub ticket: Requirement,
    /// Multifactor authentication in this session.
    pub mfa: Requirement,
    /// A stronger sign-in.
    pub authentication_context: ContextRequirement,
    /// Approval.
    pub approval: ApprovalRequirement,
}

impl Policy {
    /// The policy of which nothing is known.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            maximum_duration: None,
            justification: Requirement::Unknown,
            ticket: Requirement::Unknown,
            mfa: Requirement::Unknown,
            authentication_context: ContextRequirement::Unknown,
            approval: ApprovalRequirement::Unknown,
        }
    }

    /// `wanted`, shortened to what the policy allows.
    #[must_use]
    pub fn clamp(&self, wanted: ActivationDuration) -> ActivationDuration {
        self.maximum_duration.map_or(wanted, |maximum| wanted.min(maximum))
    }
}

/// What came of reading a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyReading {
    /// It was read.
    Known(Policy),
    /// It was not, and why.
    Unreadable(Unreadable),
}

impl PolicyReading {
    /// The policy, [`Policy::unknown`] where it could not be read.
    #[must_use]
    pub fn policy(&self) -> Policy {
        match self {
            Self::Known(policy) => policy.clone(),
            Self::Unreadable(_) => Policy::unknown(),
        }
    }
}

/// Why a policy could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unreadable {
    /// The person may not read it; it still applies.
    Forbidden,
    /// The service gave no answer, or none that could be understood.
    NoAnswer,
    /// The service has no policy for this target.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u32) -> ActivationDuration {
        ActivationDuration::from_minutes(n).unwrap()
    }

    #[test]
    fn clamps_to_the_maximum_and_only_when_it_is_known() {
        let policy = Policy { maximum_duration: Some(minutes(105)), ..Policy::unknown() };
        assert_eq!(policy.clamp(minutes(480)), minutes(105));
        assert_eq!(policy.clamp(minutes(30)), minutes(30));
        assert_eq!(Policy::unknown().clamp(minutes(480)), minutes(480));
    }

    #[test]
    fn what_is_unknown_is_asked_for() {
        assert!(Requirement::Unknown.should_ask());
        assert!(Requirement::Required.should_ask());
        assert!(!Requirement::NotRequired.should_ask());
    }
}
