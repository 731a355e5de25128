//! Everything that is not plain cargo.

fn main() {}
