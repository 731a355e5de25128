//! The use cases over planes and stores in memory.
#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it expects")]

mod chance;
mod lists;
mod plans;
mod profiles;
mod step_up;
mod stores;
mod support;
mod world;
mod writes;
