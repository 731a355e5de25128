//! The plane against a service whose every answer the test writes: for what a tenant does rarely, or should never do.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

mod approvals;
mod children;
mod lists;
mod requests;
mod service;
