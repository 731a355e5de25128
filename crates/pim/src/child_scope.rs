//! Scopes below an eligibility's own, to which an activation can be narrowed. An ability that a plane may offer.
//! <https://learn.microsoft.com/rest/api/authorization/eligible-child-resources/get>

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::PlaneError;
use crate::ids::ScopeId;
use crate::listing::Listing;
use crate::plane::Caller;

/// A scope below another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildScope {
    /// Its id, verbatim.
    pub scope: ScopeId,
    /// Its name, or the last part of its id.
    pub name: String,
    /// What it is, in words: "Subscription", "Resource group".
    pub kind: String,
    /// What lies above it, in words, outermost first; empty where that is the eligibility's own scope.
    pub path: Vec<String>,
}

/// Lists what lies below a scope.
#[async_trait]
pub trait ChildScopes: Send + Sync {
    /// Whether anything can lie below `scope`.
    fn has_children(&self, scope: &ScopeId) -> bool;

    /// All that lies below `scope`, every page of it, by name. Slow on large management groups: 15 s and more.
    async fn children(&self, caller: &Caller, scope: &ScopeId) -> Result<Listing<ChildScope>, PlaneError>;
}
