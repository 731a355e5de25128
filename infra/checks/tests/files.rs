//! The checks on the files themselves.

use std::path::{Path, PathBuf};

use deployment_checks::bicep::Bicep;
use deployment_checks::{containers, graph, helm, probes, scopes, settings};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder of the repository, or the file itself.
fn below(path: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(path)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder of the repository");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn with_extension(path: &str, extension: &str) -> Vec<PathBuf> {
    let files = below(path).into_iter().filter(|path| path.extension().is_some_and(|its| its == extension));
    let files: Vec<_> = files.collect();
    assert!(!files.is_empty(), "{path} has no *.{extension}");
    files
}

#[test]
fn bicep_is_bicep_and_holds_no_secret() {
    for path in with_extension("infra/bicep", "bicep") {
        let file = Bicep::parse(&read(&path));
        let folder = path.parent().expect("a folder");
        let modules = file.modules(&|relative| std::fs::read_to_string(folder.join(relative)).ok());
        let problems = [file.problems(), graph::problems(&file), modules].concat();
        assert!(problems.is_empty(), "{}:\n  {}", path.display(), problems.join("\n  "));
    }
}

#[test]
fn bicep_gives_out_where_the_portal_is_and_who_has_to_consent() {
    for file in ["infra/bicep/main.bicep", "infra/bicep/subscription.bicep"] {
        let file = Bicep::parse(&read(file));
        for output in ["portalUrl", "clientId", "redirectUri", "adminConsentUrl"] {
            assert!(file.outputs().contains(output), "{output}");
        }
    }
}

#[test]
fn registrations_list_the_scopes_of_the_code() {
    for (path, comment) in
        [("infra/bicep/modules/app-registration.bicep", "//"), ("infra/azure-cli/register.sh", "#")]
    {
        assert_eq!(scopes::problems(&read(path), comment), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn registrations_send_people_back_to_addresses_of_the_portal() {
    for path in ["infra/bicep/modules/app-registration.bicep", "infra/azure-cli/register.sh"] {
        let text = read(path);
        for address in [identity::CALLBACK_PATH, identity::ADMIN_CONSENT_PATH, "/sign-in"] {
            assert!(text.contains(address), "{path}: {address}");
        }
    }
}

#[test]
fn clouds_are_those_of_the_portal() {
    let code = read("server/src/config.rs");
    let (bicep, guide) = (read("infra/bicep/main.bicep"), read("docs/deploy/national-clouds.md"));
    for cloud in ["public", "usgov", "usgov-dod", "china"] {
        let (_, hosts) = code.split_once(&format!("\"{cloud}\" => (")).expect("a row of the table of clouds");
        let hosts: Vec<&str> = hosts.split('"').skip(1).step_by(2).take(3).collect();
        let [login, graph, arm] = hosts[..] else { panic!("{hosts:?}") };
        let entry = [format!("{cloud}: '{graph}'"), format!("'{cloud}': '{graph}'")];
        assert!(entry.iter().any(|entry| bicep.contains(entry)), "{cloud}: {graph}");
        let row = guide
            .lines()
            .find(|line| line.starts_with(&format!("| `{cloud}` |")))
            .expect("a row of the guide");
        for host in [login, graph, arm] {
            assert!(row.contains(host.trim_start_matches("https://")), "{row}: {host}");
        }
    }
}

#[test]
fn every_setting_is_one_of_the_portal() {
    let known = settings::known(&read("server/src/config.rs"));
    assert!(known.contains("PUBLIC_URL") && known.contains("DATABASE_URL"), "{known:?}");
    let files = ["infra", "docs/deploy", "azure.yaml", ".github"].into_iter().flat_map(below);
    for path in files.filter(|path| !path.starts_with(root().join("infra/checks"))) {
        let problems = settings::problems(&read(&path), &known);
        assert!(problems.is_empty(), "{}:\n  {}", path.display(), problems.join("\n  "));
    }
}

#[test]
fn containers_are_pinned_and_unprivileged() {
    assert_eq!(containers::container_file(&read("infra/container/Containerfile")), Vec::<String>::new());
    for path in with_extension("infra/compose", "yaml") {
        assert_eq!(containers::compose(&read(&path)), Vec::<String>::new(), "{}", path.display());
    }
}

#[test]
fn probes_ask_what_is_meant_for_them() {
    let chart = read("infra/helm/pim-portal/templates/deployment.yaml");
    let problems = probes::problems(&chart, |name| format!("{}Probe:", name.to_lowercase()));
    assert_eq!(problems, Vec::<String>::new());
    let problems =
        probes::problems(&read("infra/bicep/modules/portal.bicep"), |name| format!("type: '{name}'"));
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn the_chart_fits_its_values() {
    let values = read("infra/helm/pim-portal/values.yaml");
    assert_eq!(
        helm::values(&values, &read("infra/helm/pim-portal/values.schema.json")),
        Vec::<String>::new()
    );
    for path in below("infra/helm/pim-portal/templates") {
        let problems = helm::template(&read(&path), &values);
        assert!(problems.is_empty(), "{}:\n  {}", path.display(), problems.join("\n  "));
    }
}

#[test]
fn what_is_yaml_is_yaml() {
    let charts = ["infra/helm/pim-portal/Chart.yaml", "infra/helm/pim-portal/values.yaml", "azure.yaml"];
    for path in charts.iter().map(|path| root().join(path)).chain(with_extension(".github/workflows", "yaml"))
    {
        let parsed: Result<serde_json::Value, _> = serde_yaml_ng::from_str(&read(&path));
        assert!(parsed.is_ok(), "{}: {:?}", path.display(), parsed.err());
    }
}
