//! The checks on the files themselves.

use std::path::{Path, PathBuf};

use deployment_checks::bicep::Bicep;
use deployment_checks::{azure, containers, graph, helm, probes, scopes, settings, stop, workflows};

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
        let described = file.undocumented();
        let problems =
            [file.problems(), graph::problems(&file), azure::problems(&file), modules, described].concat();
        assert!(problems.is_empty(), "{}:\n  {}", path.display(), problems.join("\n  "));
    }
}

#[test]
fn bicep_makes_everything_that_is_looked_at() {
    let files: Vec<Bicep> =
        with_extension("infra/bicep", "bicep").iter().map(|path| Bicep::parse(&read(path))).collect();
    let made: Vec<&str> = files.iter().flat_map(azure::made).collect();
    for kind in azure::types() {
        assert!(made.contains(&kind), "{kind}");
    }
}

#[test]
fn a_database_is_signed_in_to_without_a_password() {
    let (count, problems) = azure::addresses(&read("infra/bicep/modules/database.bicep"));
    assert_eq!((count, problems), (1, Vec::new()));
    let portal = Bicep::parse(&read("infra/bicep/modules/portal.bicep"));
    assert_eq!(portal.variable("isShared"), Some("!empty(databaseUrl)"));
    let settings = portal.variable("storeSettings").expect("a variable");
    let (shared, alone) = settings.split_once("] : [").expect("two cases");
    assert!(shared.starts_with("isShared ?") && shared.contains("value: databaseUrl"), "{shared}");
    assert!(shared.contains("'PIM_PORTAL_DATABASE_AUTH', value: 'managed-identity'"), "{shared}");
    assert!(alone.contains("sqlite://"), "{alone}");
}

#[test]
fn the_key_is_copied_for_the_user_that_the_portal_runs_as() {
    let image = read("infra/container/Containerfile");
    let user = image.lines().find_map(|line| line.strip_prefix("USER ")).expect("a user");
    let portal = read("infra/bicep/modules/portal.bicep");
    let copy = Bicep::parse(&portal).variable("keyCopy").expect("a variable").to_owned();
    // Its folder stays root's, so that a replica cannot add a key that the others do not know.
    for step in
        ["'umask 077 && ", " && cp /vault/key ${copiedKey}", &format!(" && chown {user} ${{copiedKey}}'")]
    {
        assert!(copy.contains(step), "{copy}");
    }
    assert!(!copy.contains("-R") && copy.matches("chown").count() == 1, "{copy}");
    assert!(portal.contains("{ name: 'PIM_PORTAL_KEY_FILE', value: copiedKey }"));
}

#[test]
fn the_subscription_takes_and_gives_what_the_resource_group_does() {
    let main = Bicep::parse(&read("infra/bicep/main.bicep"));
    let file = read("infra/bicep/subscription.bicep");
    let subscription = Bicep::parse(&file);
    assert_eq!(subscription.given("main.bicep"), main.parameters().into_keys().collect());
    assert_eq!(subscription.outputs(), main.outputs());
    let values = read("infra/bicep/subscription.parameters.json");
    let values: serde_json::Value = serde_json::from_str(&values).expect("JSON");
    let values = values["parameters"].as_object().expect("parameters");
    for (name, has_default) in subscription.parameters() {
        assert!(has_default || values.contains_key(name), "azd would ask for {name}");
    }
    for name in values.keys() {
        assert!(subscription.parameters().contains_key(name.as_str()), "{name}");
    }
}

#[test]
fn the_guide_knows_every_parameter() {
    let guide = read("docs/deploy/azure-container-apps.md");
    for file in ["infra/bicep/main.bicep", "infra/bicep/vault.bicep"] {
        for name in Bicep::parse(&read(file)).parameters().into_keys() {
            assert!(guide.contains(&format!("`{name}`")), "{file}: {name}");
        }
    }
}

#[test]
fn the_portal_is_given_the_time_to_stop() {
    let reference = read("docs/configuration.md");
    let row = reference.lines().find(|line| line.starts_with("| `shutdown_grace` |")).expect("a row");
    let grace = row.split('|').nth(4).expect("a default").trim().trim_matches('`').parse().expect("seconds");
    for (path, marker) in [
        ("infra/bicep/modules/portal.bicep", "terminationGracePeriodSeconds:"),
        ("infra/helm/pim-portal/templates/deployment.yaml", "terminationGracePeriodSeconds:"),
        ("infra/compose/compose.yaml", "stop_grace_period:"),
        ("infra/systemd/pim-portal.service", "TimeoutStopSec="),
    ] {
        assert_eq!(stop::problems(&read(path), marker, grace), Vec::<String>::new(), "{path}");
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
fn exceptions_from_advisories_are_the_same_for_both_tools() {
    let ids = |path: &str| -> Vec<String> {
        let text = read(path);
        let ids =
            text.match_indices("\"RUSTSEC-").map(|(at, _)| text[at..].split('"').nth(1).expect("quoted"));
        ids.map(str::to_owned).collect()
    };
    assert_eq!(ids("deny.toml"), ids(".cargo/audit.toml"));
    let reasons = read("deny.toml")
        .lines()
        .filter(|line| line.contains("\"RUSTSEC-"))
        .all(|line| line.contains("reason = "));
    assert!(reasons, "an exception without a reason");
}

#[test]
fn containers_are_pinned_and_unprivileged() {
    assert_eq!(containers::container_file(&read("infra/container/Containerfile")), Vec::<String>::new());
    let base = read("infra/compose/compose.yaml");
    assert_eq!(containers::compose(&[&base]), Vec::<String>::new());
    let with_postgres = [&*base, &read("infra/compose/compose.postgres.yaml")];
    assert_eq!(containers::compose(&with_postgres), Vec::<String>::new());
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
fn values_that_the_guides_set_are_in_the_chart() {
    let values: serde_json::Value =
        serde_yaml_ng::from_str(&read("infra/helm/pim-portal/values.yaml")).expect("YAML");
    let guides = ["docs/deploy", ".github"].into_iter().flat_map(below).map(read).collect::<String>();
    let set = ["--set ", "--set-string "].into_iter().flat_map(|option| guides.split(option).skip(1));
    let names: Vec<_> = set.filter_map(|rest| rest.split_once('=')).map(|(name, _)| name).collect();
    assert!(names.contains(&"image.digest") && names.len() > 10, "{names:?}");
    let known = settings::known(&read("server/src/config.rs"));
    for name in names {
        let exists = match name.strip_prefix("portal.settings.") {
            Some(setting) => known.contains(&setting.to_uppercase()),
            None => values.pointer(&format!("/{}", name.replace('.', "/"))).is_some(),
        };
        assert!(exists, "{name}");
    }
}

/// A variable that stands twice counts once, and which of the two is not said anywhere.
#[test]
fn the_chart_refuses_settings_that_it_makes_itself() {
    let schema = read("infra/helm/pim-portal/values.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let refused = &schema["properties"]["portal"]["properties"]["settings"]["propertyNames"]["not"]["enum"];
    let refused = refused.as_array().expect("names").iter().filter_map(serde_json::Value::as_str);
    let refused: Vec<String> = refused.map(|name| format!("PIM_PORTAL_{}", name.to_uppercase())).collect();
    let template = read("infra/helm/pim-portal/templates/deployment.yaml");
    let made = template.lines().filter_map(|line| line.trim().strip_prefix("- name: PIM_PORTAL_"));
    let made = made.filter(|name| !name.contains("{{")).map(|name| format!("PIM_PORTAL_{name}"));
    // Made with `portal.clientAuth` only, which does not have every choice.
    let made = made.filter(|name| !name.ends_with("_CLIENT_AUTH") && !name.ends_with("_ASSERTION_FILE"));
    assert_eq!(made.collect::<Vec<_>>(), refused);
}

#[test]
fn workflows_are_pinned_and_tight() {
    for path in with_extension(".github/workflows", "yaml") {
        assert_eq!(workflows::problems(&read(&path)), Vec::<String>::new(), "{}", path.display());
    }
}

/// `az acr build` takes `**/` for one folder at least.
#[test]
fn what_every_builder_leaves_out_is_said_for_the_root_as_well() {
    let ignored = read(".dockerignore");
    let anywhere: Vec<_> = ignored.lines().filter_map(|line| line.strip_prefix("**/")).collect();
    assert!(anywhere.contains(&"*.key") && anywhere.contains(&".env"), "{anywhere:?}");
    for pattern in anywhere {
        assert!(ignored.lines().any(|line| line == pattern), "{pattern}");
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
