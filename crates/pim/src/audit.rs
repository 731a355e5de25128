//! The directory's audit log, as far as it is about PIM. A port of its own: it covers Entra roles and groups, not Azure, and
//! ordinary people may not read it.
//! <https://learn.microsoft.com/graph/api/directoryaudit-list>

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::PlaneError;
use crate::ids::{PlaneId, RequestId, RoleId, ScopeId};
use crate::plane::Caller;

/// One row of the log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The row's id.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Which plane it is about.
    pub plane: PlaneId,
    /// What happened.
    pub activity: Activity,
    /// Whether it worked.
    pub succeeded: bool,
    /// Rows of one activation share it.
    pub correlation_id: Option<String>,
    /// The request it is about, where the row names it.
    pub request: Option<RequestId>,
    /// The role, where the row names it.
    pub role: Option<RoleId>,
    /// The role's or the group's name.
    pub title: Option<String>,
    /// The scope, where the row names it.
    pub scope: Option<ScopeId>,
    /// Who did it, where it was a person.
    pub actor: Option<String>,
    /// Whether the service did it by itself, as when an activation ends.
    pub by_service: bool,
    /// The reason given.
    pub justification: Option<String>,
}

impl std::fmt::Debug for AuditEntry {
    /// Leaves out who and why.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditEntry")
            .field("id", &self.id)
            .field("at", &self.at)
            .field("activity", &self.activity)
            .finish_non_exhaustive()
    }
}

/// What happened (`activityDisplayName`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activity {
    /// An activation was asked for.
    ActivationRequested,
    /// An approver was asked.
    ApprovalRequested,
    /// An approver said yes.
    Approved,
    /// An approver said no.
    Denied,
    /// It became active.
    Activated,
    /// It was withdrawn.
    Cancelled,
    /// Nobody decided in time.
    RequestExpired,
    /// A deactivation was asked for.
    DeactivationRequested,
    /// It was deactivated.
    Deactivated,
    /// Its time was over.
    Ended,
    /// Anything else, in the service's words.
    Other(String),
}

/// Reads the log.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// All rows about the caller from `since` to `until`, newest first; those that the service wrote by itself included.
    async fn entries(
        &self,
        caller: &Caller,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<AuditEntry>, PlaneError>;
}
