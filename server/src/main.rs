//! The `pim-portal` binary.

fn main() {}
