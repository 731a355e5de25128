//! The pages, one module each, named after their address.

pub(crate) mod activate;
pub(crate) mod approvals;
pub(crate) mod consented;
pub(crate) mod deactivate;
pub(crate) mod extend;
pub(crate) mod failure;
pub(crate) mod history;
pub(crate) mod mine;
pub(crate) mod not_found;
pub(crate) mod overview;
pub(crate) mod permissions;
pub(crate) mod profiles;
pub(crate) mod requests;
pub(crate) mod scopes;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod sign_in_failed;
pub(crate) mod status;
pub(crate) mod tenants;
