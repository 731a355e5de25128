//! The store through the domain's ports: the same tests on a real SQLite and on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test stops where something is not as it expects")]
#![expect(clippy::duplicate_mod, reason = "the same tests for each engine")]

mod addresses;
mod common;
mod postgres;
mod sqlite;
