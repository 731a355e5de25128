//! `cargo xtask bench`: the measurements behind the figures in the documents.

use anyhow::Result;

use crate::process;

/// What is measured.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// Many activations while a third of all calls to Microsoft goes wrong: nothing may happen twice, be lost, or be told wrongly.
    Storm(Storm),
    /// Forty roles over three planes, every call to Graph and Azure taking 200 ms: how long the plan takes, and the results.
    Forty,
}

/// The storm's measures.
#[derive(Debug, clap::Args)]
pub(crate) struct Storm {
    /// How many people confirm a selection, each of one to ten roles.
    #[arg(long, default_value_t = 1_000)]
    operations: usize,
    /// What chance follows from.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How often the portal is killed (SIGKILL) and started again meanwhile.
    #[arg(long, default_value_t = 0)]
    kills: usize,
    /// Writes the result to this file as well.
    #[arg(long)]
    json: Option<std::path::PathBuf>,
}

/// Runs a measurement.
pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Storm(storm) => run_storm(storm),
        Bench::Forty => run_forty(),
    }
}

fn run_storm(storm: &Storm) -> Result<()> {
    process::step(
        "A storm",
        "The simulated tenant spoils a share of all calls; what the portal shows is compared with its ledger.",
    );
    let mut command = process::cargo();
    command
        .args([
            "test",
            "--package",
            "server",
            "--test",
            "storm",
            "--",
            "--ignored",
            "--exact",
            "as_ordered",
            "--nocapture",
        ])
        .env("STORM_OPERATIONS", storm.operations.to_string())
        .env("STORM_SEED", storm.seed.to_string())
        .env("STORM_KILLS", storm.kills.to_string());
    if let Some(file) = &storm.json {
        command.env("STORM_JSON", std::path::absolute(file)?);
    }
    // No islands are needed: nobody looks at the pages but a program.
    process::run(&mut command)
}

fn run_forty() -> Result<()> {
    process::step("Forty roles", "Every call to Graph and Azure takes 200 ms.");
    let test = ["--test", "http", "--", "--nocapture", "forty::"];
    process::run(process::cargo().args(["test", "--release", "--package", "server"]).args(test))
}
