//! Identity over HTTP against a stub that answers exactly what a test tells it to: what a real tenant would hardly ever do.
//! How a tenant does behave is tested against the simulated one.
#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it expects")]

mod id_token;
mod sign_in;
mod step_up;
mod support;
mod tokens;
