//! Adapter: Azure resource roles over Azure Resource Manager, `Microsoft.Authorization`, api-version `2020-10-01`.
//!
//! | module | what |
//! |---|---|
//! | [`wire`] | JSON rows and bodies |
//! | [`scope`] | Azure scopes: checked before they become part of a path, and written for people |
//! | [`plane`] | the calls |
//!
//! <https://learn.microsoft.com/rest/api/authorization/privileged-role-assignment-rest-sample>

mod plane;
mod scope;
mod wire;

pub use plane::AzureResources;

/// Calls at a time of one person: policies are read one per (scope, role).
const CONCURRENCY: usize = 8;

/// What to give [`transport::Api`] for Azure Resource Manager.
#[must_use]
pub fn limits() -> transport::Limits {
    transport::Limits { concurrency: CONCURRENCY, ..transport::Limits::default() }
}
