//! The `sim-tenant` binary.

fn main() {}
