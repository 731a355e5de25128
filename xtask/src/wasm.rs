//! The islands: `app` compiled to WebAssembly, and the JavaScript that loads it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    process::{command, on_path, root, run, step, without_places},
    toolchain::{self, TARGET},
};

/// The npm package that brings wasm-opt. Debian 12's own is too old for what today's compiler writes.
const BINARYEN: &str = "binaryen@132.0.0";

/// What the compiler uses of WebAssembly, and every browser knows. With `--all-features` wasm-opt would write
/// encodings that browsers do not read yet (compact imports, in version 132).
const FEATURES: [&str; 8] = [
    "bulk-memory",
    "bulk-memory-opt",
    "call-indirect-overlong",
    "multivalue",
    "mutable-globals",
    "nontrapping-float-to-int",
    "reference-types",
    "sign-ext",
];

/// What the build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Demo and tests: built in a fraction of the time.
    Dev,
    /// Deployments: as small as it gets.
    Release,
}

impl Profile {
    /// The cargo profile of the islands.
    pub(crate) fn cargo(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }

    /// The directory below `target/site`.
    pub(crate) fn site(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

/// Builds the islands and returns the directory with `app.js`, `app_bg.wasm` and `snippets/`.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    let compiler = toolchain::ensure()?;
    step(
        &format!("Building the islands ({})", profile.cargo()),
        "Countdowns, search and the like run in the browser. The first time this compiles Leptos, 1 to 3 minutes.",
    );
    let directory = root().join(compiler.target_directory());
    let mut build = compiler.cargo();
    build.args(["build", "--package", "app", "--lib", "--no-default-features", "--features", "hydrate"]);
    build.args(["--target", TARGET, "--profile", profile.cargo()]).args(compiler.arguments());
    build.arg("--target-dir").arg(&directory);
    if profile == Profile::Release {
        without_places(&mut build)?;
    }
    run(&mut build)?;

    let module = directory.join(TARGET).join(profile.cargo()).join("app.wasm");
    let pkg = root().join("target/site").join(format!("{}-pkg", profile.site()));
    if pkg.is_dir() {
        fs::remove_dir_all(&pkg)?;
    }
    bind(&module, &pkg, profile)?;
    if profile == Profile::Release {
        optimize(&pkg.join("app_bg.wasm"))?;
    }
    Ok(pkg)
}

/// What the `wasm-bindgen` program does, from the library behind it: nothing to install, and one version for both.
fn bind(module: &Path, pkg: &Path, profile: Profile) -> Result<()> {
    Bindgen::new()
        .input_path(module)
        .out_name("app")
        .web(true)?
        .typescript(false)
        .remove_name_section(profile == Profile::Release)
        .remove_producers_section(profile == Profile::Release)
        .generate(pkg)
        .with_context(|| format!("cannot bind {}", module.display()))
}

/// Shrinks the module with wasm-opt where npm can fetch it.
fn optimize(module: &Path) -> Result<()> {
    let tools = root().join("target/tools/binaryen");
    let program = tools.join("node_modules/.bin/wasm-opt");
    if !program.is_file() {
        if !on_path("npm") {
            println!(
                "\n▸ Going without wasm-opt\n  It makes the islands about a third smaller, and comes with npm ({BINARYEN}), which is not here."
            );
            return Ok(());
        }
        step(
            &format!("Fetching wasm-opt ({BINARYEN})"),
            "It makes the islands about a third smaller. It goes into target/, nothing is installed.",
        );
        fs::create_dir_all(&tools)?;
        let mut npm = command("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
        run(npm.arg(&tools).arg(BINARYEN))?;
    }
    step("Shrinking the islands with wasm-opt", "Everything a page loads counts against one budget.");
    let mut optimize = command(program);
    optimize.arg("-Oz").args(FEATURES.map(|feature| format!("--enable-{feature}")));
    run(optimize.arg(module).arg("-o").arg(module))
}
