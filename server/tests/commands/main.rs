//! The binary's commands, as they are typed.

use std::process::{Command, Output};

use store::KeyRing;
use tempfile::TempDir;

const TENANT: &str = "3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11";
const CLIENT: &str = "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22";

/// Runs the binary in an empty folder, with these variables and no others.
fn run(folder: &TempDir, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pim-portal"))
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied())
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

#[test]
fn the_consent_link_comes_from_settings_or_flags_and_leaves_nothing_behind() {
    let link = |login: &str, graph: &str| {
        format!(
            "https://{login}/{TENANT}/v2.0/adminconsent?client_id={CLIENT}&scope=https%3A%2F%2F{graph}%2F.default\
             &redirect_uri=https%3A%2F%2Fpim.example.com%2Fauth%2Fadmin-consent&state=cli\n"
        )
    };
    let public = link("login.microsoftonline.com", "graph.microsoft.com");
    let folder = tempfile::tempdir().expect("a folder");
    let settings = [
        ("PIM_PORTAL_PUBLIC_URL", "https://pim.example.com"),
        ("PIM_PORTAL_TENANT_ID", TENANT),
        ("PIM_PORTAL_CLIENT_ID", CLIENT),
    ];
    let flags =
        ["consent-url", "--public-url", "https://pim.example.com", "--tenant", TENANT, "--client-id", CLIENT];

    assert_eq!(text(run(&folder, &settings, &["consent-url"]).stdout), public);
    assert_eq!(text(run(&folder, &[], &flags).stdout), public);
    let other = [("PIM_PORTAL_CLIENT_ID", "another"), ("PIM_PORTAL_TENANT_ID", "no GUID")];
    assert_eq!(text(run(&folder, &other, &flags).stdout), public, "a flag wins");
    let china = run(&folder, &settings, &["consent-url", "--cloud", "china"]);
    assert_eq!(
        text(china.stdout),
        link("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn")
    );
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 0, "no store, no key");
}

#[test]
fn the_consent_link_is_refused_with_every_reason_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(&folder, &[], &["consent-url", "--tenant", "contoso.com"]);
    assert!(!output.status.success());
    assert_eq!(text(output.stdout), "");
    let reasons = text(output.stderr);
    for key in ["PIM_PORTAL_TENANT_ID", "PIM_PORTAL_CLIENT_ID", "PIM_PORTAL_PUBLIC_URL"] {
        assert!(reasons.contains(key), "{reasons}");
    }
}

/// What `pim-portal key …` prints, and whether it worked.
fn key(folder: &TempDir, arguments: &[&str]) -> (bool, String) {
    let settings = [
        ("PIM_PORTAL_PUBLIC_URL", "https://pim.example.com"),
        ("PIM_PORTAL_TENANT_ID", TENANT),
        ("PIM_PORTAL_CLIENT_ID", CLIENT),
    ];
    let output = run(folder, &settings, &[&["key"], arguments].concat());
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), text(said))
}

#[test]
fn a_key_is_added_for_later_and_nothing_is_made_where_there_was_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let (worked, said) = key(&folder, &["rotate"]);
    assert!(!worked && said.contains("pim-portal.key cannot be read"), "{said}");
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 0);

    KeyRing::from_file(&folder.path().join("pim-portal.key")).expect("a key file");
    let before = key(&folder, &["list"]).1;
    assert!(before.contains("0 rows  in use") && before.lines().count() == 1, "{before}");
    let (worked, said) = key(&folder, &["rotate"]);
    assert!(worked, "{said}");
    let after = key(&folder, &["list"]).1;
    let lines: Vec<_> = after.lines().collect();
    assert_eq!(lines.len(), 2, "{after}");
    assert_eq!(lines[0], before.trim_end(), "it is not used yet");
    assert!(lines[1].contains("from 20") && said.contains(&lines[1][..16]), "{after} {said}");
    let (worked, said) = key(&folder, &["retire"]);
    assert!(worked && said.contains("took 0 keys"), "what is still to come is not older: {said}");
    let (worked, said) = key(&folder, &["forget"]);
    assert!(worked && said.contains("nothing was deleted"), "{said}");
}
