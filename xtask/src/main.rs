//! Everything that is not plain cargo: `cargo xtask demo`, `cargo xtask test`, `cargo xtask build`,
//! `cargo xtask screenshots`, `cargo xtask bench`.

mod assets;
mod bench;
mod browser;
mod canaries;
mod demo;
mod disputed;
mod http;
mod ports;
mod process;
mod release;
mod screenshots;
mod site;
mod stage;
mod test;
mod toolchain;
mod wasm;
mod watch;

use std::process::ExitCode;

use clap::Parser;

/// Build, demo and test pim-portal.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
enum Task {
    /// Build and start the portal with a simulated tenant; print the address to open.
    Demo(demo::Demo),
    /// Run every test: unit, integration, browser.
    Test(test::Test),
    /// Build the release: one self-contained file.
    Build,
    /// Take the pictures that README and documents show.
    Screenshots,
    /// Measure what the documents claim.
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let task = Task::parse();
    let result = process::stop_children_on_signal().and_then(|()| match &task {
        Task::Demo(demo) => demo::run(demo),
        Task::Test(test) => test::run(test),
        Task::Build => release::run(),
        Task::Screenshots => screenshots::run(),
        Task::Bench(bench) => bench::run(bench),
    });
    process::stop_children();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
