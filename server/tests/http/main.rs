//! The whole portal over HTTP, against the simulated tenant: real router, real store, real sign-in.

mod activate;
mod after;
mod approvals;
mod branding;
mod client_auth;
mod deactivate;
mod failures;
mod forty;
mod guards;
mod hostile;
mod lost;
mod others;
mod overview;
mod permissions;
mod profiles;
mod refusals;
mod requests;
mod rules;
mod secrets;
mod sessions;
mod settings;
mod sign_in;
mod step_up;
mod support;
mod switches;
mod tenants;
