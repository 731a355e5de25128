//! The store through the domain's ports, on a real SQLite.

mod common;
mod journal;
mod records;
mod sessions;
