//! `cargo xtask test`: unit, integration and browser tests.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::{
    assets::{self, Site},
    browser,
    canaries::Canaries,
    disputed,
    process::{
        cargo, install_debian_packages, on_path, root, run as run_command, status, step, stop_children,
    },
    stage,
    wasm::Profile,
};

/// Below `target`: what portal and tenant keep and say while the browser tests run.
const DIRECTORY: &str = "browser-test";

/// Traces are searched for what must not be in them, so they are built in.
const FEATURES: [&str; 2] = ["--features", "server/otel"];

/// Which tests; without a flag, all of them.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Only what cargo runs: unit, integration and documentation tests.
    #[arg(long)]
    unit: bool,
    /// Only the browser tests.
    #[arg(long)]
    browser: bool,
    /// The whole portal over HTTP, once for every position of every disputed behaviour of the simulated tenant.
    #[arg(long, conflicts_with_all = ["unit", "browser"])]
    disputed: bool,
    /// Handed to Playwright, after `--`: `-- --project javascript -g deactivate`.
    #[arg(last = true)]
    playwright: Vec<String>,
}

/// Runs what was asked for; fails when a test fails.
pub(crate) fn run(test: &Test) -> Result<()> {
    if test.disputed {
        return disputed::run();
    }
    let everything = test.unit == test.browser;
    // What is missing shows at once, not after ten minutes of building.
    let tools = (everything || test.browser).then(browser::ensure).transpose()?;
    // The whole command tests what a release embeds, and weighs it; one half of it is for the work in between and builds sooner.
    // Unit tests embed the same assets as browser tests, or cargo would build the portal twice.
    let site = assets::build(if everything { Profile::Release } else { Profile::Dev })?;
    if everything || test.unit {
        unit(&site)?;
    }
    let Some(tools) = tools else { return Ok(()) };

    // All targets: exactly the features the unit tests were built with.
    let selection: &[&str] = if everything {
        &["--workspace", "--all-targets"]
    } else {
        &["--package", "server", "--package", "sim-tenant"]
    };
    stage::build_servers(&site, &[selection, &FEATURES].concat())?;
    let mut stage = stage::start_watched(DIRECTORY)?;
    stage.start_branded(DIRECTORY)?;
    let directory = root().join("target").join(DIRECTORY);
    step("Running the browser tests", "Every journey, in Chromium, with JavaScript and without.");
    let report = directory.join("report.json");
    let mut playwright = tools.playwright(&stage);
    playwright.args(&test.playwright).env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    let outcome = status(&mut playwright)?;
    let alive = stage.check();
    let canaries = Canaries::of(stage.ports.control);
    let metrics = stage.keep_metrics();
    stop_children();
    alive?;
    println!("{}", closing_line(&report)?);
    if !outcome.success() {
        bail!("browser tests failed; traces are in e2e/test-results, logs in {}", directory.display());
    }
    let canaries = canaries?;
    metrics?;
    let visited = test.playwright.is_empty();
    canaries.search(&directory, visited)?;
    canaries.search(&directory.join("branded"), visited)
}

fn unit(site: &Site) -> Result<()> {
    step(
        "Running unit and integration tests",
        "Rules, adapters and the whole server against the simulated tenant.",
    );
    if !scratch_postgres::is_installed() {
        install_debian_packages(
            &[scratch_postgres::DEBIAN_PACKAGE],
            "The store is tested on SQLite and on PostgreSQL, and there is no PostgreSQL",
        )?;
    }
    // One for all tests: each has a database of its own in it.
    let postgres = scratch_postgres::Server::start()?;
    let handed_on = (scratch_postgres::HANDED_ON, postgres.directory());
    let nextest = on_path("cargo-nextest");
    let mut tests = cargo();
    if nextest {
        tests.args(["nextest", "run"]);
    } else {
        tests.arg("test");
    }
    run_command(
        tests
            .arg("--workspace")
            .args(FEATURES)
            .env("PIM_PORTAL_SITE", &site.directory)
            .env(handed_on.0, handed_on.1),
    )?;
    if nextest {
        step("Running documentation tests", "cargo-nextest leaves them out.");
        let mut documentation = cargo();
        documentation.args(["test", "--workspace", "--doc"]).args(FEATURES);
        run_command(documentation.env("PIM_PORTAL_SITE", &site.directory))?;
    }
    Ok(())
}

/// The outcome in one line, from Playwright's own report.
fn closing_line(report: &std::path::Path) -> Result<String> {
    let report = fs::read_to_string(report).context("Playwright left no report")?;
    let report: serde_json::Value = serde_json::from_str(&report)?;
    let count = |field: &str| report["stats"][field].as_u64().unwrap_or_default();
    // `flaky` passed on a retry; `skipped` did not run, by a test's own decision.
    Ok(format!(
        "\nBrowser tests: {} passed, {} failed, {} skipped",
        count("expected") + count("flaky"),
        count("unexpected"),
        count("skipped")
    ))
}
