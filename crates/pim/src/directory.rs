//! The directories (tenants) that a person's account is in: at home as a member, elsewhere mostly as a guest. An ability that a plane
//! may offer. <https://learn.microsoft.com/rest/api/resources/tenants/list>

use async_trait::async_trait;

use crate::error::PlaneError;
use crate::ids::TenantId;
use crate::plane::Caller;

/// A directory that the account is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its id.
    pub id: TenantId,
    /// What it is called, where the service says.
    pub name: Option<String>,
    /// Its domains, the default one first; may be none.
    pub domains: Vec<String>,
}

/// Lists directories.
#[async_trait]
pub trait Directories: Send + Sync {
    /// All that the caller's account is in, whichever of them the caller is in now, by name. The list may lag behind an invitation.
    async fn directories(&self, caller: &Caller) -> Result<Vec<Directory>, PlaneError>;
}
