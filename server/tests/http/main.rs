//! The whole portal over HTTP, against the simulated tenant: real router, real store, real sign-in.

mod sessions;
mod sign_in;
mod support;
