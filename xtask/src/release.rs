//! `cargo xtask build`: one file, `target/release/pim-portal`, with every asset inside.

use std::fs;

use anyhow::Result;

use crate::{
    assets,
    process::{cargo, root, run as run_command, step},
    wasm::Profile,
};

/// Builds the release; fails where what a browser loads is over the budget.
pub(crate) fn run() -> Result<()> {
    let site = assets::build(Profile::Release)?;
    step(
        "Building the portal",
        "Optimised for speed, with the assets inside. The first time takes several minutes.",
    );
    run_command(
        cargo()
            .args(["build", "--release", "--package", "server", "--bin", "pim-portal"])
            .env("PIM_PORTAL_SITE", &site.directory),
    )?;
    let binary = root().join("target/release/pim-portal");
    println!("\n{} ({} bytes)", binary.display(), fs::metadata(&binary)?.len());
    Ok(())
}
