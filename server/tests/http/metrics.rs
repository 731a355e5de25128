//! Metrics: on a listener of their own, and with nobody and nothing in particular in them.

use std::collections::{BTreeMap, BTreeSet};

use pim::journal::OperationState;
use server::metrics::{Kind, TABLE};

use crate::support::{ADELE, Page, SESSION, World};

/// One line: the metric, its labels, its value.
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

fn samples(text: &str) -> Vec<Sample> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let sample = |line: &str| {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels =
            labels.trim_end_matches('}').split("\",").filter(|label| !label.is_empty()).map(|label| {
                let (name, value) = label.split_once("=\"").expect("a label");
                (name.to_owned(), value.trim_end_matches('"').to_owned())
            });
        Sample { name: name.to_owned(), labels: labels.collect(), value: value.parse().expect("a number") }
    };
    lines.map(sample).collect()
}

/// What Prometheus reads.
struct Metrics(axum::Router);

impl Metrics {
    fn of(world: &World) -> Self {
        let state = &world.portal.state;
        Self(server::metrics::router(state, server::metrics::install(state).expect("nothing else counts")))
    }

    async fn read(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(axum::serve(listener, self.0.clone()).into_future());
        let page = crate::support::client().get(format!("http://{address}/metrics")).send().await;
        let text = page.expect("an answer").text().await.expect("text");
        serving.abort();
        text
    }
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> f64 {
    let has = |sample: &&Sample| {
        sample.name == name
            && labels.iter().all(|(name, value)| sample.labels.get(*name).is_some_and(|its| its == value))
    };
    samples.iter().filter(has).map(|sample| sample.value).sum()
}

#[tokio::test]
async fn what_happens_is_counted() {
    let world = World::start().await;
    let metrics = Metrics::of(&world);
    let browser = world.signed_in(ADELE).await;
    browser.get("/").await;
    browser.activate(&["Global Reader, Directory"], "Short").await;
    world.sim.control("faults", serde_json::json!({ "plane": "graph", "path_contains": "roleManagement/directory", "status": 429, "times": 1 })).await;
    world.wait(jiff::SignedDuration::from_mins(50));
    browser.get("/settings").await;
    world.wait(jiff::SignedDuration::from_mins(50));
    browser.post("/do/refresh", &[]).await;
    browser.get("/").await;

    let samples = samples(&metrics.read().await);
    let value = |name: &str, labels: &[(&str, &str)]| value(&samples, name, labels);
    let page = [("method", "GET"), ("route", "/"), ("status", "200")];
    assert!(value("pim_portal_http_requests_total", &page) >= 2.0);
    assert!(value("pim_portal_http_request_duration_seconds_count", &page[..2]) >= 2.0);
    for (plane, host) in [("entra", "graph"), ("groups", "graph"), ("azure", "azure"), ("sign-in", "sign-in")]
    {
        let calls = [("plane", plane), ("host", host), ("status", "200")];
        assert!(value("pim_portal_upstream_requests_total", &calls) >= 1.0, "{plane}");
    }
    assert!(
        value("pim_portal_token_refreshes_total", &[("audience", "graph"), ("outcome", "refreshed")]) >= 1.0
    );
    assert!(value("pim_portal_journal_transitions_total", &[("state", "Sending")]) >= 1.0);
    assert!(value("pim_portal_store_duration_seconds_count", &[("operation", "get record")]) >= 1.0);
    assert!(value("pim_portal_upstream_throttled_total", &[("plane", "entra")]) >= 1.0);
    assert_eq!(value("pim_portal_sessions", &[]).to_string(), "1");
    assert_eq!(value("pim_portal_store_up", &[]).to_string(), "1");
    assert!(value("process_start_time_seconds", &[]) > 1.7e9);
    let build = value("pim_portal_build_info", &[("version", env!("CARGO_PKG_VERSION"))]);
    assert_eq!(build.to_string(), "1");

    world.portal.state.close().await;
    let without = self::samples(&metrics.read().await);
    assert_eq!(self::value(&without, "pim_portal_store_up", &[]).to_string(), "0");
    assert!(self::value(&without, "pim_portal_store_errors_total", &[("operation", "census")]) >= 1.0);
}

/// Whether a template names nothing in particular: it is made of words, and has no figure but those of a version.
fn is_template(route: &str) -> bool {
    let bare = route.replace("v1.0", "");
    bare.chars().all(|c| c.is_ascii_alphabetic() || "/{}()*='$._-:".contains(c))
}

#[tokio::test]
async fn labels_come_from_closed_sets_whatever_is_asked() {
    let world = World::start().await;
    let metrics = Metrics::of(&world);
    let browser = world.signed_in(ADELE).await;
    browser.get("/").await;
    let page = browser.activate(&["Global Reader, Directory"], "A secret reason").await;
    assert!(page.status < 500);
    let odd = async |number: usize| {
        let id = format!("6f1c7a50-0000-4000-8000-{number:012}");
        for path in [
            format!("/requests/{id}"),
            format!("/nowhere/{id}"),
            format!("/{id}?q={id}"),
            format!("/auth/step-up/{id}/{id}"),
        ] {
            browser.get(&path).await;
        }
        let method = reqwest::Method::from_bytes(format!("ODD{number}").as_bytes()).expect("a method");
        let asked = crate::support::client().request(method, world.portal.url.clone()).send().await;
        asked.expect("an answer");
    };
    odd(0).await;
    let series = |text: &str| -> BTreeSet<String> {
        let lines = text.lines().filter(|line| line.starts_with("pim_portal_http"));
        lines.filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned())).collect()
    };
    let before = series(&metrics.read().await);
    for number in 1..20 {
        odd(number).await;
    }
    let text = metrics.read().await;
    assert_eq!(series(&text), before, "what is asked makes no new series");

    let states: Vec<String> = OperationState::ALL.iter().map(|state| format!("{state:?}")).collect();
    let operations = [
        "ping",
        "census",
        "get record",
        "put record",
        "replace record",
        "take record",
        "delete record",
        "purge records",
        "append to journal",
        "advance in journal",
        "claim in journal",
        "read a batch",
        "read recent operations",
        "read changes",
        "read the last change",
    ];
    let samples = samples(&text);
    assert!(samples.len() > 100, "{}", samples.len());
    for Sample { name, labels, .. } in &samples {
        let bare =
            ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let (_, kind, known, _) =
            TABLE.iter().find(|row| row.0 == bare).unwrap_or_else(|| panic!("{name} is in no table"));
        for (label, value) in labels {
            let is_bound = label == "le" && *kind == Kind::Histogram;
            assert!(is_bound || known.contains(&label.as_str()), "{name} has a label {label}");
            let is_closed = match label.as_str() {
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                "method" => {
                    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "other"].contains(&value.as_str())
                }
                "status" => {
                    ["unreachable", "timeout", "broken"].contains(&value.as_str())
                        || value.parse::<u16>().is_ok_and(|status| (100..600).contains(&status))
                }
                "plane" => ["entra", "groups", "azure", "audit", "conditional-access", "sign-in"]
                    .contains(&value.as_str()),
                "host" => ["graph", "azure", "sign-in"].contains(&value.as_str()),
                "audience" => ["graph", "azure"].contains(&value.as_str()),
                "outcome" => ["refreshed", "refused", "failed"].contains(&value.as_str()),
                "state" => states.contains(value),
                "operation" => operations.contains(&value.as_str()),
                "version" => value == env!("CARGO_PKG_VERSION"),
                "route" => is_template(value),
                other => panic!("{name} has a label {other} that nobody closed"),
            };
            assert!(is_closed, "{name}: {label}={value}");
        }
    }
    let secrets = [
        browser.cookie(SESSION).expect("a session"),
        world.portal.state.config.tenant_id.to_string(),
        world.portal.state.config.client_id.clone(),
        "adele".to_owned(),
        "secret reason".to_owned(),
    ];
    for secret in secrets {
        assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret}");
    }
}

#[test]
fn the_guide_names_every_metric() {
    let guide = include_str!("../../../docs/deploy/operation.md");
    let row = |(name, _, labels, says): &(&str, Kind, &[&str], &str)| {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{name}` | {} | {says} |\n", labels.join(", "))
    };
    let rows: String = TABLE.iter().map(row).collect();
    let table = format!("| metric | labels | says |\n|---|---|---|\n{rows}");
    let (_, rest) = guide.split_once("<!-- metrics -->\n").expect("the table begins");
    let (written, _) = rest.split_once("<!-- /metrics -->").expect("the table ends");
    assert_eq!(written, table, "docs/deploy/operation.md; this belongs there:\n{table}");
}

#[tokio::test]
async fn the_portal_itself_shows_no_metrics() {
    let world = World::start().await;
    let page: Page = world.signed_in(ADELE).await.get("/metrics").await;
    assert_eq!(page.status, 404);
}
