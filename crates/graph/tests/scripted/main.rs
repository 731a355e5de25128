//! The adapter against a service that answers as each test tells it, over HTTP.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

mod approvals;
mod reading;
mod requests;
mod service;
