//! What the browser tests need: Chromium, Node.js and Playwright.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::{
    process::{command, environment, install_debian_packages, on_path, root, run, step},
    stage::Stage,
};

/// Where Linux distributions put a browser that Playwright can drive.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
];

/// The font of the pictures that the browser tests compare pages with.
const FONT: &str = "fonts-dejavu-core";

/// Playwright needs at least this major version of Node.js.
const NODE_AT_LEAST: u32 = 20;
/// The npm package that brings a Node.js of its own, for a system whose own is too old (Debian 12 has 18).
const NODE: &str = "node@24.21.0";

/// What a run of Playwright needs to know.
pub(crate) struct Tools {
    browser: PathBuf,
    /// `PATH` with a suitable Node.js in front.
    path: OsString,
}

/// Finds or installs everything.
pub(crate) fn ensure() -> Result<Tools> {
    let browser = ensure_browser()?;
    let path = ensure_node()?;
    ensure_playwright(&path)?;
    Ok(Tools { browser, path })
}

impl Tools {
    /// A command that runs Playwright in `e2e/`, against what is on the stage.
    pub(crate) fn playwright(&self, stage: &Stage) -> Command {
        let mut playwright = command("npx");
        playwright.current_dir(e2e()).args(["--no-install", "playwright", "test"]);
        playwright.env("CHROMIUM", &self.browser).env("PATH", &self.path);
        playwright.env("PORTAL_URL", stage.portal_url()).env("SIGN_IN_URL", stage.sign_in_url());
        playwright.env("CONTROL_URL", stage.control_url()).env("BRANDED_URL", stage.branded_url());
        playwright
    }
}

fn e2e() -> PathBuf {
    root().join("e2e")
}

fn ensure_browser() -> Result<PathBuf> {
    if let Some(named) = environment("CHROMIUM") {
        let named = PathBuf::from(named);
        if named.is_file() {
            return Ok(named);
        }
        bail!("CHROMIUM names {}, which is not there", named.display());
    }
    if let Some(found) = find_browser() {
        return Ok(found);
    }
    install_debian_packages(
        &["chromium", FONT],
        "The browser tests drive Chromium, and there is none. Set CHROMIUM to one elsewhere, or install it",
    )?;
    match find_browser() {
        Some(found) => Ok(found),
        None => bail!("Debian's package chromium is installed, but none of {} is there", BROWSERS.join(", ")),
    }
}

fn find_browser() -> Option<PathBuf> {
    BROWSERS.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// Returns the `PATH` to run Node.js with.
fn ensure_node() -> Result<OsString> {
    let path = environment("PATH").unwrap_or_default();
    if !on_path("npm") || !on_path("npx") {
        install_debian_packages(
            &["nodejs", "npm"],
            &format!("Playwright runs on Node.js ({NODE_AT_LEAST} or newer) with npm, and they are not here"),
        )?;
    }
    if node_version(&path).is_some_and(|version| version >= NODE_AT_LEAST) {
        return Ok(path);
    }
    let tools = root().join("target/tools/node");
    let programs = tools.join("node_modules/.bin");
    let path = std::env::join_paths(std::iter::once(programs.clone()).chain(std::env::split_paths(&path)))?;
    if node_version(&path).is_none_or(|version| version < NODE_AT_LEAST) {
        step(
            &format!("Fetching a newer Node.js ({NODE})"),
            "Playwright needs one that the system does not have. It goes into target/, nothing is installed.",
        );
        fs::create_dir_all(&tools)?;
        let mut npm = command("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
        run(npm.arg(&tools).arg(NODE))?;
    }
    match node_version(&path) {
        Some(version) if version >= NODE_AT_LEAST => Ok(path),
        _ => bail!("Playwright needs Node.js {NODE_AT_LEAST} or newer; install it and start again"),
    }
}

/// The major version of the `node` that a path leads to.
fn node_version(path: &OsStr) -> Option<u32> {
    let output = command("node").arg("--version").env("PATH", path).output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn ensure_playwright(path: &OsStr) -> Result<()> {
    let lock = e2e().join("package-lock.json");
    let installed = e2e().join("node_modules/.package-lock.json");
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    if changed(&installed).is_some_and(|installed| changed(&lock).is_some_and(|lock| lock <= installed)) {
        return Ok(());
    }
    step(
        "Installing Playwright, axe and Lighthouse into e2e/node_modules",
        "They are the browser tests' own tools.",
    );
    let mut npm = command("npm");
    npm.current_dir(e2e()).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    // The browser is the one found above; Playwright's own would be another download of 150 MB.
    run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1").env("PATH", path))
}
