//! The store through the domain's ports, on a real SQLite.
#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it expects")]

mod common;
mod journal;
mod migrations;
mod records;
mod sessions;
