//! `cargo xtask build`: one file, `target/release/pim-portal`, with every asset inside.

use std::fs;

use anyhow::{Result, bail};

use crate::{
    assets::{self, BUDGET, Site},
    process::{cargo, root, run as run_command, step},
    wasm::{self, Profile},
};

/// Builds the release, reports what a browser loads, and fails where that exceeds the budget.
pub(crate) fn run() -> Result<()> {
    let pkg = wasm::build(Profile::Release)?;
    step(
        "Compressing the assets",
        "They are embedded as brotli and gzip too, so that serving them costs nothing.",
    );
    let site = assets::assemble(&pkg, Profile::Release)?;
    report(&site);
    if site.budgeted() > BUDGET {
        bail!(
            "what the browser loads is {} bytes over the budget of {BUDGET} (brotli)",
            site.budgeted() - BUDGET
        );
    }
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

fn report(site: &Site) {
    println!("\n    {:<24} {:>10} {:>10}", "bytes", "raw", "brotli");
    for weight in &site.weights {
        let brotli = weight.brotli.map_or_else(|| "-".into(), |bytes| bytes.to_string());
        println!("    {:<24} {:>10} {:>10}", weight.name, weight.raw, brotli);
    }
    println!("    {:<24} {:>10} {:>10}   (budget {BUDGET})", "islands, glue, CSS", "", site.budgeted());
}
