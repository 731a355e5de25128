//! What the browser tests need: Chromium, Node.js and Playwright.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::process::{command, environment, install_debian_packages, on_path, root, run, step};

/// Where Linux distributions put a browser that Playwright can drive.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
];

/// Finds or installs everything and returns the browser.
pub(crate) fn ensure() -> Result<PathBuf> {
    let browser = ensure_browser()?;
    ensure_node()?;
    ensure_playwright()?;
    Ok(browser)
}

/// A command that runs Playwright in `e2e/`.
pub(crate) fn playwright(browser: &Path) -> Command {
    let mut playwright = command("npx");
    playwright.current_dir(e2e()).args(["--no-install", "playwright", "test"]).env("CHROMIUM", browser);
    playwright
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
        &["chromium"],
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

fn ensure_node() -> Result<()> {
    if on_path("npm") && on_path("npx") {
        return Ok(());
    }
    install_debian_packages(
        &["nodejs", "npm"],
        "Playwright runs on Node.js (18 or newer) with npm, and they are not here",
    )
}

fn ensure_playwright() -> Result<()> {
    let lock = e2e().join("package-lock.json");
    let installed = e2e().join("node_modules/.package-lock.json");
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    if changed(&installed).is_some_and(|installed| changed(&lock).is_some_and(|lock| lock <= installed)) {
        return Ok(());
    }
    step("Installing Playwright and axe into e2e/node_modules", "They are the browser tests' own tools.");
    let mut npm = command("npm");
    npm.current_dir(e2e()).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    // The browser is the one found above; Playwright's own would be another download of 150 MB.
    run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
}
