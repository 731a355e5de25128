//! The use cases over planes and stores in memory.
#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it expects")]

mod approvals;
mod cancel;
mod chance;
mod checks;
mod deactivate;
mod familiar;
mod feed;
mod follow_on;
mod history;
mod leases;
mod lists;
mod narrow;
mod plans;
mod profiles;
mod prolong;
mod reasons;
mod replay;
mod rules;
mod schedule;
mod settings;
mod step_up;
mod stores;
mod support;
mod world;
mod writes;
