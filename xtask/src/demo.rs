//! `cargo xtask demo`: everything a newcomer needs, from the toolchain to an address to open.

use std::{fs, thread, time::Duration};

use anyhow::{Context as _, Result};

use crate::{assets, http, ports::Ports, process::root, stage, wasm::Profile};

/// The demo's flags.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    #[command(flatten)]
    ports: Ports,
    /// Keep what an earlier demo stored: sessions, the activation journal.
    #[arg(long)]
    keep: bool,
    /// What is in the simulated tenant: `demo`, `large`, `hostile`, or a TOML file.
    #[arg(long, value_name = "NAME|FILE", default_value = "demo")]
    seed: String,
}

/// Builds, starts and waits; ends with Ctrl-C, or with an error when one of the programs ends by itself.
pub(crate) fn run(demo: &Demo) -> Result<()> {
    // Before minutes of building, and again when it matters.
    demo.ports.check()?;
    let site = assets::build(Profile::Dev)?;
    stage::build_servers(&site, &["--package", "server", "--package", "sim-tenant"])?;

    let directory = root().join("target/demo");
    if !demo.keep && directory.is_dir() {
        fs::remove_dir_all(&directory).context("cannot clear what the last demo stored")?;
    }
    demo.ports.check()?;
    let stage = stage::start(demo.ports, &directory, &demo.seed, None)?;
    announce(&stage)?;
    loop {
        thread::sleep(Duration::from_millis(500));
        stage.check()?;
    }
}

fn announce(stage: &stage::Stage) -> Result<()> {
    let personas = http::get_json(stage.ports.control, "/personas")?;
    println!(
        "\nThe portal is ready. Open\n\n    {}\n\nand sign in as any of these (no password):\n",
        stage.portal_url()
    );
    for persona in personas.as_array().context("the simulated tenant lists no personas")? {
        let field = |name| stage::text(persona, name);
        println!("    {} ({})\n        {}\n", field("displayName")?, field("upn")?, field("summary")?);
    }
    let [portal, tenant] = stage.logs();
    println!("Logs: {}\n      {}", portal.display(), tenant.display());
    println!("Ctrl-C stops both.");
    Ok(())
}
