//! A compiler for the WebAssembly part: rustup's, and where its server cannot be reached, Debian's.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::process::{cargo, command, install_debian_packages, on_path, run, step};

/// The target of the islands.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler and the sources of its standard library, which it builds for the target itself.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_SOURCES: [&str; 2] = ["/usr/bin/wasm-ld", "/usr/bin/cargo"];

/// Which compiler builds the islands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compiler {
    /// The one that builds everything else; it has the target.
    Own,
    /// Debian's, beside it.
    Debian,
}

/// Finds a compiler for the target and installs one where there is none.
pub(crate) fn ensure() -> Result<Compiler> {
    if has_target() {
        return Ok(Compiler::Own);
    }
    if on_path("rustup") {
        step(
            &format!("Adding the {TARGET} target with rustup"),
            "The islands run in the browser as WebAssembly; the compiler needs a standard library for that.",
        );
        // Without it rustup asks five times, and a machine that cannot reach the server waits for nothing.
        let mut add = command("rustup");
        add.args(["target", "add", TARGET]).env("RUSTUP_MAX_RETRIES", "1");
        if run(&mut add).is_ok() && has_target() {
            return Ok(Compiler::Own);
        }
        println!("  rustup could not fetch it from here; Debian's compiler can build it instead.");
    }
    if !debian_is_there() {
        install_debian_packages(
            &DEBIAN_PACKAGES,
            &format!(
                "There is no compiler for {TARGET}: neither `rustup target add {TARGET}` nor Debian's packages"
            ),
        )?;
    }
    if !debian_is_there() {
        bail!(
            "Debian's packages {} are installed, but {DEBIAN_RUSTC} is not there",
            DEBIAN_PACKAGES.join(", ")
        );
    }
    Ok(Compiler::Debian)
}

impl Compiler {
    /// A cargo that builds for the target.
    pub(crate) fn cargo(self) -> Command {
        match self {
            Self::Own => cargo(),
            Self::Debian => {
                let mut command = command(DEBIAN_CARGO);
                // The variables of rustup's cargo, which runs xtask, would lead Debian's back to rustup's rustc.
                for variable in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTDOC", "RUSTC_WRAPPER", "LD_LIBRARY_PATH"] {
                    command.env_remove(variable);
                }
                // BOOTSTRAP: a released compiler takes `-Z` options only with it.
                command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
                command
            }
        }
    }

    /// What `cargo build` needs to be told besides the target.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Own => &[],
            Self::Debian => &["-Zbuild-std=std,panic_abort"],
        }
    }

    /// One directory per compiler, or each would throw away what the other built.
    pub(crate) fn target_directory(self) -> &'static str {
        match self {
            Self::Own => "target/wasm",
            Self::Debian => "target/wasm-debian",
        }
    }
}

fn has_target() -> bool {
    sysroot().is_some_and(|sysroot| sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

fn sysroot() -> Option<PathBuf> {
    let output = command("rustc").args(["--print", "sysroot"]).output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn debian_is_there() -> bool {
    let sources = || {
        let mut rustc = command(DEBIAN_RUSTC);
        let output = rustc.args(["--print", "sysroot"]).output().ok()?;
        let sysroot = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        Some(sysroot.join("lib/rustlib/src/rust/library/std").is_dir())
    };
    DEBIAN_SOURCES.iter().all(|file| Path::new(file).is_file()) && sources().unwrap_or_default()
}
