//! What authentication contexts are called. A port of its own: the names are in Microsoft Graph, the contexts on every plane.
//! <https://learn.microsoft.com/graph/api/conditionalaccessroot-list-authenticationcontextclassreferences>

use async_trait::async_trait;

use crate::error::PlaneError;
use crate::ids::ContextId;
use crate::plane::Caller;

/// An authentication context, as far as the person may read about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationContext {
    /// Its id: `c1` to `c99`.
    pub id: ContextId,
    /// Its name, where it can be read.
    pub name: Option<String>,
    /// What it is for, where that can be read.
    pub description: Option<String>,
    /// Names of the Conditional Access policies that target it, where they can be read.
    pub policies: Vec<String>,
}

/// Names of authentication contexts.
#[async_trait]
pub trait AuthenticationContexts: Send + Sync {
    /// All that the caller can read something about; a context that is missing is shown by its id. Rarely to be asked: the service
    /// takes one call a second per tenant.
    async fn contexts(&self, caller: &Caller) -> Result<Vec<AuthenticationContext>, PlaneError>;
}
