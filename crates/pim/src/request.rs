//! Role requests: what was asked of the service, and what the service says of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::draft::Ticket;
use crate::duration::ActivationDuration;
use crate::ids::{RequestId, ScheduleId};
use crate::target::{Names, Target};

/// The status of a request: one vocabulary on all planes.
/// <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/get>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct RequestStatus(String);

/// What a status means for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The assignment was made. It is usable once its instance can be seen.
    Provisioned,
    /// Granted; it starts later, or is being provisioned.
    Granted,
    /// The service is working on it.
    Working,
    /// An approver has to decide.
    WaitingForApproval,
    /// An administrator has to decide (extending or renewing).
    WaitingForAdministrator,
    /// Taken away, as asked.
    Revoked,
    /// Refused by a person.
    Denied,
    /// Withdrawn.
    Cancelled,
    /// Nobody decided in time.
    TimedOut,
    /// Went wrong at the service.
    Failed,
    /// A word this version does not know.
    Unknown,
}

impl RequestStatus {
    /// The service's own word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it means.
    #[must_use]
    pub fn progress(&self) -> Progress {
        match self.0.to_ascii_lowercase().as_str() {
            "provisioned" | "schedulecreated" => Progress::Provisioned,
            "granted" | "adminapproved" => Progress::Granted,
            "accepted"
            | "pendingevaluation"
            | "pendingprovisioning"
            | "pendingschedulecreation"
            | "provisioningstarted"
            | "pendingexternalprovisioning"
            | "pendingrevocation" => Progress::Working,
            "pendingapproval" | "pendingapprovalprovisioning" => Progress::WaitingForApproval,
            "pendingadmindecision" => Progress::WaitingForAdministrator,
            "revoked" => Progress::Revoked,
            "denied" | "admindenied" => Progress::Denied,
            "canceled" => Progress::Cancelled,
            "timedout" => Progress::TimedOut,
            "failed" | "failedasresourceislocked" | "invalid" => Progress::Failed,
            _ => Progress::Unknown,
        }
    }
}

impl From<String> for RequestStatus {
    fn from(word: String) -> Self {
        Self(word)
    }
}

impl From<RequestStatus> for String {
    fn from(status: RequestStatus) -> Self {
        status.0
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestAction {
    /// `selfActivate`.
    Activate,
    /// `selfDeactivate`.
    Deactivate,
    /// `selfExtend`.
    Extend,
    /// `selfRenew`.
    Renew,
    /// An administrator makes the person eligible, or changes, extends or renews that.
    Grant,
    /// An administrator takes an eligibility away.
    Remove,
    /// Anything an administrator, or a later version, asks for.
    Other,
}

impl RequestAction {
    /// Reads the service's word without regard to case.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "selfactivate" => Self::Activate,
            "selfdeactivate" => Self::Deactivate,
            "selfextend" => Self::Extend,
            "selfrenew" => Self::Renew,
            _ => Self::Other,
        }
    }

    /// Reads the word of a request about an eligibility: there, what administrators do says what became of it.
    #[must_use]
    pub fn about_eligibility(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "adminassign" | "adminupdate" | "adminextend" | "adminrenew" => Self::Grant,
            "adminremove" => Self::Remove,
            _ => Self::parse(word),
        }
    }
}

/// Where a request is to be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRef {
    /// Its id.
    pub id: RequestId,
    /// The role and scope: Azure keeps a request at its scope.
    pub target: Target,
    /// What it asks for: requests about eligibilities are kept apart from those about assignments.
    pub action: RequestAction,
}

/// A request as the service tells it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The role and scope.
    pub target: Target,
    /// What it asks for.
    pub action: RequestAction,
    /// Where it stands.
    pub status: RequestStatus,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it starts.
    pub start: Option<Timestamp>,
    /// For how long.
    pub duration: Option<ActivationDuration>,
    /// When what it asks for ends; `None` is without end, or not said.
    pub until: Option<Timestamp>,
    /// The schedule it made or is about; Azure wants it named when an eligibility is renewed.
    pub schedule: Option<ScheduleId>,
    /// What people call the target, where the service says.
    pub names: Option<Names>,
    /// The ticket given.
    pub ticket: Option<Ticket>,
    /// When the service was done with it. For one that starts later this is the start, not the decision.
    pub completed: Option<Timestamp>,
    /// The reason given; part of the fingerprint by which a lost request is found again.
    pub justification: Option<String>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("id", &self.id)
            .field("target", &self.target)
            .field("action", &self.action)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_has_a_meaning() {
        for word in [
            "Accepted",
            "PendingEvaluation",
            "Granted",
            "Denied",
            "PendingProvisioning",
            "Provisioned",
            "PendingRevocation",
            "Revoked",
            "Canceled",
            "Failed",
            "PendingApprovalProvisioning",
            "PendingApproval",
            "FailedAsResourceIsLocked",
            "PendingAdminDecision",
            "AdminApproved",
            "AdminDenied",
            "TimedOut",
            "ProvisioningStarted",
            "Invalid",
            "PendingScheduleCreation",
            "ScheduleCreated",
            "PendingExternalProvisioning",
        ] {
            assert_ne!(RequestStatus::from(word.to_owned()).progress(), Progress::Unknown, "{word}");
        }
        assert_eq!(RequestStatus::from("Invented".to_owned()).progress(), Progress::Unknown);
    }
}
