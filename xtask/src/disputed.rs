//! `cargo xtask test --disputed`: the tests of the whole portal over HTTP, once for every position of every switch of the simulated
//! tenant that is not the default.
//!
//! Some positions take away what most of those tests begin with, and a few tests are about the default position itself. Both are named
//! here with the reason; the journey in `server/tests/http/switches.rs`, which is part of every test run, covers them. All other tests
//! have to pass in all other positions.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::process::{cargo, root, run as run_command, status, step, stop_children};
use crate::stage;

/// Switches whose other positions take away what most tests begin with.
const TAKES_AWAY: &[(&str, &str)] = &[
    ("privileged_access_opens_groups", "no group can be read"),
    ("group_names_null", "groups have no names to find them by"),
    ("azure_root_as_target", "roles below the scopes that the person sees are not listed"),
    ("policies_for_readers_only", "no policy can be read"),
];

/// A switch, and beginnings of the names of tests that are about its default position.
const ABOUT_THE_DEFAULT: &[(&str, &[&str])] = &[
    // A page for what the service refuses.
    ("entra_approvals_open", &["approvals::what_the_permission_does_not_reach"]),
    // The lost answer is that of a form which the service does not understand: nothing was decided.
    ("azure_stage_body", &["approvals::a_decision_whose_answer_was_lost"]),
    // A context's id where its name cannot be read.
    (
        "contexts_readable",
        &["step_up::a_demand_that_no_policy_named", "step_up::one_sign_in_serves_a_context_on_graph"],
    ),
    // A sign-in that brings multifactor authentication.
    ("prompt_login_gives_mfa", &["step_up::a_rule_for_multifactor_sign_in"]),
    // The audit log's own steps.
    ("audit_log_absent", &["after::who_may_read_the_audit_log"]),
    // A person's requests: only they tell of an eligibility that has ended.
    ("azure_requests_as_target", &["after::an_eligibility_that_has_ended"]),
    // A group that has no name.
    ("member_of_names", &["overview::every_role_of_the_tenant_is_there_once"]),
    // A ticket that a group's policy wants.
    (
        "group_ticket_refused",
        &[
            "activate::a_reason_comes_back_as_text",
            "activate::three_planes_at_once",
            "activate::nothing_is_sent_until",
            "secrets::a_whole_journey",
        ],
    ),
];

/// Runs the suite in each position; fails at the end, naming the positions in which a test failed.
pub(crate) fn run() -> Result<()> {
    step("Building the simulated tenant", "It tells what its switches are.");
    run_command(cargo().args(["build", "--package", "sim-tenant"]))?;
    let catalogue = stage::disputed(&root().join("target/disputed"));
    stop_children();
    let catalogue = catalogue?;
    let catalogue = catalogue.as_object().context("the catalogue is no object")?;
    let mut failed = Vec::new();
    for (name, about) in catalogue {
        if let Some((_, why)) = TAKES_AWAY.iter().find(|(switch, _)| switch == name) {
            step(&format!("Leaving out {name}"), why);
            continue;
        }
        let positions = about["values"].as_array().context("a switch without positions")?;
        for position in positions.iter().filter(|position| **position != about["default"]) {
            step(&format!("{name} = {position}"), about["disputed"].as_str().unwrap_or_default());
            if !suite(name, position)? {
                failed.push(format!("{name} = {position}"));
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!("tests failed with {}", failed.join(", "))
}

fn suite(name: &str, position: &Value) -> Result<bool> {
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--package", "server", "--test", "http", "--"]);
    // They set switches, or measure, themselves.
    let own = ["switches::", "forty::"];
    let about = ABOUT_THE_DEFAULT.iter().filter(|(switch, _)| *switch == name).flat_map(|(_, tests)| *tests);
    for skipped in own.iter().chain(about) {
        tests.args(["--skip", skipped]);
    }
    let switches = Value::Object([(name.to_owned(), position.clone())].into_iter().collect());
    Ok(status(tests.env("SIM_SWITCHES", json!(switches).to_string()))?.success())
}
