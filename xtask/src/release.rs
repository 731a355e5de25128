//! `cargo xtask build`: one file, `target/release/pim-portal`, with every asset inside.

use std::fs;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use crate::{
    assets,
    process::{cargo, root, run as run_command, step, without_places},
    wasm::Profile,
};

/// Builds the release; fails where what a browser loads is over the budget.
pub(crate) fn run() -> Result<()> {
    let site = assets::build(Profile::Release)?;
    step(
        "Building the portal",
        "Optimised for speed, with the assets inside. The first time takes several minutes.",
    );
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--package", "server", "--bin", "pim-portal"]);
    run_command(without_places(&mut build)?.env("PIM_PORTAL_SITE", &site.directory))?;
    let binary = root().join("target/release/pim-portal");
    let bytes = fs::read(&binary)?;
    println!("\n{} ({} bytes)", binary.display(), bytes.len());
    // The same wherever it was built: docs/supply-chain.md.
    println!("SHA-256 {:x}", Sha256::digest(&bytes));
    Ok(())
}
