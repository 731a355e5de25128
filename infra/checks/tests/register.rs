//! `register.sh` against an `az` that writes down what it is asked and answers as Microsoft's does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use identity::PlaneSet;
use identity::scopes::{Resource, SCOPES};
use serde_json::Value;
use tempfile::TempDir;

const TENANT: &str = "3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11";
const CLIENT: &str = "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22";

/// Every call is a file: one argument per line, ended by NUL. The file `refuse` holds how often a service principal is refused yet.
const AZ: &str = r#"#!/bin/sh
here=$(dirname "$0")
count=$(ls "$here" | grep -c '^call-')
printf '%s\000' "$@" > "$here/call-$(printf %02d "$count")"
case "$*" in
  "account show"*) echo 3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11 ;;
  *endpoints.microsoftGraphResourceId*) echo https://graph.microsoft.com/ ;;
  *endpoints.activeDirectory*) echo https://login.microsoftonline.com ;;
  *"--method GET"*) echo 0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22 ;;
  *servicePrincipals*)
    left=$(cat "$here/refuse" 2>/dev/null || echo 0)
    if [ "$left" -gt 0 ]; then echo $((left - 1)) > "$here/refuse"; exit 1; fi ;;
esac
"#;

struct Azure(TempDir);

impl Azure {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let az = folder.path().join("az");
        fs::write(&az, AZ).expect("written");
        fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).expect("runnable");
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../azure-cli/register.sh");
        Command::new(script)
            .args(arguments)
            .env("PATH", format!("{}:/usr/bin:/bin", self.0.path().display()))
            .env("RETRY_SECONDS", "0")
            .output()
            .expect("the script runs")
    }

    /// The calls so far, each as its arguments.
    fn calls(&self) -> Vec<Vec<String>> {
        let entries =
            fs::read_dir(self.0.path()).expect("the folder").map(|entry| entry.expect("an entry").path());
        let is_call = |path: &std::path::PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("call-"))
        };
        let mut calls: Vec<_> = entries.filter(is_call).collect();
        calls.sort();
        let arguments = |path| {
            fs::read_to_string(path).expect("a call").split_terminator('\0').map(str::to_owned).collect()
        };
        calls.into_iter().map(arguments).collect()
    }

    /// Address and body of every write.
    fn writes(&self) -> Vec<(String, Value)> {
        let after = |call: &[String], name: &str| {
            let position = call.iter().position(|argument| argument == name).expect("an argument");
            call[position + 1].clone()
        };
        let calls = self.calls();
        let writes = calls.iter().filter(|call| call.contains(&"PATCH".to_owned()));
        writes
            .map(|call| {
                assert!(call.contains(&"Prefer=create-if-missing".to_owned()), "{call:?}");
                let body = serde_json::from_str(&after(call, "--body")).expect("the body is JSON");
                (after(call, "--url"), body)
            })
            .collect()
    }
}

const ORIGIN: [&str; 2] = ["--public-url", "https://pim.example.com"];

#[test]
fn it_registers_and_prints_the_link_for_consent() {
    let azure = Azure::new();
    let output = azure.run(&ORIGIN);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let link = format!(
        "https://login.microsoftonline.com/{TENANT}/v2.0/adminconsent?client_id={CLIENT}\
         &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default\
         &redirect_uri=https%3A%2F%2Fpim.example.com%2Fauth%2Fadmin-consent&state=cli"
    );
    assert!(text.contains(&link), "{text}");
    assert!(text.contains(&format!("PIM_PORTAL_CLIENT_ID={CLIENT}")), "{text}");
    assert!(!text.contains("ALLOWED_TENANTS"), "{text}");

    let writes = azure.writes();
    let [(application, body), (service_principal, principal)] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!(application, "https://graph.microsoft.com/v1.0/applications(uniqueName='pim-portal')");
    assert_eq!(body["signInAudience"], "AzureADMyOrg");
    assert_eq!(body["isFallbackPublicClient"], false);
    let redirects = ["/auth/callback", "/auth/admin-consent", "/sign-in"]
        .map(|path| format!("https://pim.example.com{path}"));
    assert_eq!(body["publicClient"]["redirectUris"], serde_json::json!(redirects));
    assert_eq!(body["web"]["redirectUris"], serde_json::json!([]));
    assert_eq!(
        *service_principal,
        format!("https://graph.microsoft.com/v1.0/servicePrincipals(appId='{CLIENT}')")
    );
    assert_eq!(principal["appRoleAssignmentRequired"], false);
}

#[test]
fn a_confidential_client_has_its_addresses_on_the_web_and_a_federated_credential() {
    let azure = Azure::new();
    let (issuer, subject) = ("https://oidc.cluster.example/", "system:serviceaccount:pim:pim-portal");
    let federated = ["--federated-issuer", issuer, "--federated-subject", subject];
    assert!(azure.run(&[&ORIGIN[..], &federated].concat()).status.success());
    let writes = azure.writes();
    let [(_, body), _, (credential, federation)] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!(body["publicClient"]["redirectUris"], serde_json::json!([]));
    assert_eq!(body["web"]["redirectUris"].as_array().map(Vec::len), Some(3));
    let address = "https://graph.microsoft.com/v1.0/applications(uniqueName='pim-portal')\
        /federatedIdentityCredentials(name='portal')";
    assert_eq!(credential, address);
    let audiences = ["api://AzureADTokenExchange"];
    let expected = serde_json::json!({ "issuer": issuer, "subject": subject, "audiences": audiences });
    assert_eq!(*federation, expected);
}

#[test]
fn other_tenants_are_listed_and_each_has_a_link_of_its_own() {
    let azure = Azure::new();
    let others = ["11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-22222222222b"];
    let list = others.join(",");
    let output = azure.run(&[&ORIGIN[..], &["--allowed-tenants", &list]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains(&format!("\n  PIM_PORTAL_ALLOWED_TENANTS={list}\n")), "{text}");
    for tenant in [TENANT].iter().chain(&others) {
        let link = format!(
            "\n  https://login.microsoftonline.com/{tenant}/v2.0/adminconsent?client_id={CLIENT}&scope="
        );
        assert!(text.contains(&link), "{tenant}: {text}");
    }
    assert_eq!(azure.writes()[0].1["signInAudience"], "AzureADMultipleOrgs");
}

/// Names of the permissions that a body asks for.
fn asked(body: &Value) -> Vec<&'static str> {
    let apis = body["requiredResourceAccess"].as_array().expect("APIs");
    let mut names = Vec::new();
    for api in apis {
        for permission in api["resourceAccess"].as_array().expect("permissions") {
            assert_eq!(permission["type"], "Scope");
            let scope =
                SCOPES.iter().find(|scope| permission["id"] == scope.id).expect("a scope of the table");
            assert_eq!(api["resourceAppId"], scope.resource.app_id());
            names.push(scope.name);
        }
    }
    names.sort_unstable();
    names
}

#[test]
fn it_asks_for_the_scopes_of_the_planes() {
    for (planes, set) in [
        ("entra,groups,azure", PlaneSet::ALL),
        ("entra", PlaneSet { entra: true, groups: false, azure: false }),
        ("groups,azure", PlaneSet { entra: false, groups: true, azure: true }),
        ("azure", PlaneSet { entra: false, groups: false, azure: true }),
    ] {
        let azure = Azure::new();
        assert!(azure.run(&[&ORIGIN[..], &["--planes", planes]].concat()).status.success());
        let wanted = SCOPES.iter().filter(|scope| {
            let its = scope.planes;
            its == PlaneSet::ALL
                || (its.entra && set.entra)
                || (its.groups && set.groups)
                || (its.azure && set.azure)
        });
        let mut wanted: Vec<&str> = wanted.map(|scope| scope.name).collect();
        wanted.sort_unstable();
        assert_eq!(asked(&azure.writes()[0].1), wanted, "{planes}");
        let apis = azure.writes()[0].1["requiredResourceAccess"].clone();
        let lists_azure =
            apis.as_array().expect("APIs").iter().any(|api| api["resourceAppId"] == Resource::Azure.app_id());
        assert_eq!(lists_azure, set.azure, "{planes}");
    }
}

#[test]
fn running_it_again_writes_the_same_again() {
    let azure = Azure::new();
    assert!(azure.run(&ORIGIN).status.success());
    let once = azure.writes();
    assert!(azure.run(&ORIGIN).status.success());
    assert_eq!(azure.writes(), [once.clone(), once].concat());
}

#[test]
fn it_waits_for_the_directory_and_gives_up_with_a_reason() {
    let azure = Azure::new();
    fs::write(azure.0.path().join("refuse"), "2").expect("written");
    assert!(azure.run(&ORIGIN).status.success());

    fs::write(azure.0.path().join("refuse"), "99").expect("written");
    let output = azure.run(&ORIGIN);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("service principal"), "{output:?}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_asked() {
    for arguments in [
        &[][..],
        &["--public-url", "http://pim.example.com"],
        &["--public-url", "https://pim.example.com/portal"],
        &["--public-url"],
        &["--public-url", "https://pim.example.com", "--planes", "mail"],
        &["--public-url", "https://pim.example.com", "--planes", ""],
        &["--public-url", "https://pim.example.com", "--name", "a\"b"],
        &["--public-url", "https://pim.example.com", "--unique-name", "a')"],
        &["--public-url", "https://pim.example.com", "--allowed-tenants", "fabrikam.example"],
        &["--client-secret", "no"],
        &["--public-url", "https://pim.example.com", "--federated-issuer", "https://oidc.cluster.example/"],
        &["--public-url", "https://pim.example.com", "--federated-subject", "the-portal"],
    ] {
        let azure = Azure::new();
        assert!(!azure.run(arguments).status.success(), "{arguments:?}");
        assert_eq!(azure.calls(), Vec::<Vec<String>>::new(), "{arguments:?}");
    }
}
