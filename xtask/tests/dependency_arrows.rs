//! Dependencies between our crates point inward and never back: the picture in `docs/architecture.md`, as a test.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

/// Every arrow that is drawn. What is not here fails.
const ARROWS: [(&str, &[&str]); 14] = [
    // `transport` and `pim` for wiring only: the composition root builds what the adapters take.
    (
        "server",
        &["app", "arm", "graph", "identity", "managed-identity", "pim", "portal", "store", "transport"],
    ),
    ("app", &["pim", "portal"]),
    ("portal", &["pim"]),
    ("graph", &["pim", "transport"]),
    ("arm", &["pim", "transport"]),
    ("identity", &["managed-identity", "pim", "transport"]),
    ("managed-identity", &["pim", "transport"]),
    ("transport", &["pim"]),
    ("store", &["pim"]),
    ("pim", &[]),
    // It must be able to contradict the adapters, so it shares nothing with them.
    ("sim-tenant", &[]),
    ("scratch-postgres", &[]),
    // It starts the database that all tests share.
    ("xtask", &["scratch-postgres"]),
    // Compares what is deployed with the table of scopes.
    ("deployment-checks", &["identity"]),
];

/// Who may test against the simulated tenant.
const TESTED_AGAINST_SIM_TENANT: [&str; 4] = ["server", "graph", "arm", "identity"];

/// Who may test on a real PostgreSQL.
const TESTED_ON_POSTGRES: [&str; 2] = ["server", "store"];

#[test]
fn every_arrow_between_our_crates_is_drawn() {
    let metadata = cargo(&["metadata", "--format-version=1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo metadata writes JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: BTreeSet<&str> = packages.iter().map(|package| text(package, "name")).collect();
    let mut undrawn = Vec::new();
    for package in packages {
        let from = text(package, "name");
        let Some((_, drawn)) = ARROWS.iter().find(|(name, _)| *name == from) else {
            undrawn.push(format!("{from}: a crate that the picture does not know"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let to = text(dependency, "name");
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            let tests = kind == "dev"
                && ((to == "sim-tenant" && TESTED_AGAINST_SIM_TENANT.contains(&from))
                    || (to == "scratch-postgres" && TESTED_ON_POSTGRES.contains(&from)));
            // A crate that tests itself with other features is no arrow.
            let itself = kind == "dev" && to == from;
            let allowed = itself || (kind != "build" && drawn.contains(&to)) || tests;
            if ours.contains(to) && !allowed {
                undrawn.push(format!("{from} ─► {to} ({kind} dependency)"));
            }
        }
    }
    assert!(undrawn.is_empty(), "these arrows are not in the picture:\n  {}", undrawn.join("\n  "));
}

#[test]
fn islands_see_the_domain_and_nothing_else_of_ours() {
    let tree = cargo(&[
        "tree",
        "--package=app",
        "--no-default-features",
        "--features=hydrate",
        "--target=wasm32-unknown-unknown",
        "--edges=normal",
        "--prefix=none",
    ]);
    let mut undrawn = BTreeSet::new();
    for line in tree.lines() {
        // Ours are the ones with a path: `pim v0.1.0 (/…/crates/pim)`.
        let name = line.split_whitespace().next().unwrap_or_default();
        if line.contains(" (/") && !["app", "pim"].contains(&name) {
            undrawn.insert(format!("app (in the browser) ─► {name}"));
        }
    }
    assert!(tree.contains("pim v"), "the islands know the domain:\n{tree}");
    assert!(undrawn.is_empty(), "these arrows are not in the picture: {undrawn:?}");
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .expect("cargo starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {} failed: {errors}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no text in `{field}`"))
}
