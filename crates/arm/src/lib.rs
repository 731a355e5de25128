//! Adapter: Azure resource roles over Azure Resource Manager, `Microsoft.Authorization`, api-version `2020-10-01` where no other is
//! named.
//!
//! | module | what |
//! |---|---|
//! | [`plane`] | the plane: which ability answers which call of the port |
//! | [`survey`] | lists of eligibilities and assignments: at once, or scope by scope |
//! | [`names`] | names of subscriptions, kept per person |
//! | [`requests`] | requests: put, read, listed, withdrawn, tried |
//! | [`policies`] | what a role's policy asks of an activation |
//! | [`children`] | the ability to narrow an activation to a scope below |
//! | [`directories`] | the ability to tell which directories the account is in |
//! | [`approvals`] | the ability to decide on other people's requests |
//! | [`scope`] | Azure scopes: checked before they become part of a path, and written for people |
//! | [`wire`] | JSON rows and bodies |
//!
//! To teach it another call, add it to the module of its ability and its JSON to [`wire`]; a new ability is a module of its own.
//!
//! <https://learn.microsoft.com/rest/api/authorization/privileged-role-assignment-rest-sample>

mod approvals;
mod children;
mod directories;
mod names;
mod plane;
mod policies;
mod requests;
mod scope;
mod survey;
mod wire;

pub use plane::AzureResources;
