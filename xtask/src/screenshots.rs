//! `cargo xtask screenshots`: the pictures that README and documents show, in `docs/pictures`.
//!
//! Which screens they show is a table in `e2e/pictures/pictures.spec.ts`.

use std::fs;

use anyhow::{Result, bail};

use crate::{
    assets, browser,
    process::{root, run as run_command, step},
    stage,
    wasm::Profile,
};

/// What a picture may weigh, in bytes: the repository keeps every one that it ever had.
const HEAVIEST: u64 = 250_000;

/// Takes every picture anew and prints what each weighs.
pub(crate) fn run() -> Result<()> {
    let tools = browser::ensure()?;
    let site = assets::build(Profile::Dev)?;
    stage::build_servers(&site, &["--package", "server", "--package", "sim-tenant"])?;
    let stage = stage::start_afresh("screenshots")?;
    step("Taking the pictures", "Light and dark, wide and narrow, always at the same time of the same day.");
    let pictures = root().join("docs/pictures");
    let mut playwright = tools.playwright(&stage);
    run_command(playwright.args(["--project", "pictures"]).env("PICTURES", &pictures))?;
    stage.check()?;
    let mut files = fs::read_dir(&pictures)?.collect::<std::io::Result<Vec<_>>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let bytes = file.metadata()?.len();
        println!("    {:<32} {bytes:>8} bytes", file.file_name().display());
        if bytes > HEAVIEST {
            bail!("{} is over {HEAVIEST} bytes", file.path().display());
        }
    }
    Ok(())
}
