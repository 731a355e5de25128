//! Nothing secret leaves the portal: not in a page, not in a log line, not in the file of its store.

use serde_json::Value;
use sim_tenant::walk::Consent;
use tracing_subscriber::EnvFilter;

use crate::support::{ADELE, Browser, Logged, World};

const REASON: &str = "Rotating-the-payroll-keys-4711";
const TICKET: &str = "Ticket-0815-for-nobodys-eyes";

/// Every long text in a JSON document: tokens, among others.
fn long_texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() > 60 => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| long_texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| long_texts(value, found)),
        _ => {}
    }
}

/// The tokens that the portal holds for this person: a refresh token and one access token a resource.
async fn tokens_of(world: &World, browser: &Browser) -> Vec<String> {
    let record = world.session_record(browser).await;
    let tokens = world.token_record(record["vault"].as_str().expect("a vault")).await.expect("tokens");
    let mut found = Vec::new();
    long_texts(&serde_json::from_str(&tokens).expect("JSON"), &mut found);
    assert_eq!(found.len(), 3, "two access tokens and a refresh token");
    assert_eq!(found.iter().filter(|token| token.starts_with("eyJ")).count(), 2);
    found
}

#[tokio::test]
async fn a_whole_journey_leaves_no_secret_behind() {
    let logged = Logged::default();
    let filter = EnvFilter::new(
        "debug,server=trace,app=trace,portal=trace,identity=trace,transport=trace,graph=trace,arm=trace,store=trace,\
         tower_http=trace,tower_sessions=trace,tower_sessions_core=trace,reqwest=trace,sim_tenant=off",
    );
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(logged.clone()).with_ansi(false);
    tracing::subscriber::set_global_default(subscriber.finish()).expect("the first subscriber");

    let world = World::start().await;
    let browser = world.browser();
    let back = browser.to_callback(ADELE, "/?q=searched-for-this", Consent::Accept).await;
    let landed = browser.get(&back).await;
    browser.get(landed.location()).await;
    browser.get("/sign-in/failed?problem=declined").await;
    let roles = [
        "Exchange Administrator, Directory",
        "Payroll Administrators, Member",
        "Contributor, Contoso Sandbox",
        "Conditional Access Administrator, Directory",
    ];
    let plan = browser.select(&roles).await;
    let result = browser.confirm(&plan, &[("justification", REASON), ("ticket_number", TICKET)]).await;
    assert_eq!(world.sim.ledger().await.len(), 3, "{}", result.text());
    browser.submit("/do/retry", &[("batch", &result.field("batch"))]).await;
    let session = browser.cookie(crate::support::SESSION).expect("a session");
    let mut secrets = tokens_of(&world, &browser).await;

    world.wait_everywhere(6).await;
    let overview = browser.get("/").await;
    let rows = roles[..3].iter().map(|role| overview.tick(role)).collect::<Vec<_>>();
    let fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
    browser.submit("/do/deactivate", &fields).await;
    // The tokens are refreshed once on the way.
    world.wait(jiff::SignedDuration::from_mins(58));
    browser.post("/do/refresh", &[]).await;
    browser.get("/").await;
    secrets.extend(tokens_of(&world, &browser).await);

    let query: Vec<_> =
        url::form_urlencoded::parse(back.split_once('?').expect("a query").1.as_bytes()).collect();
    let of = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string());
    secrets.extend([of("code").expect("a code"), of("state").expect("a state")]);
    let files = files_of(&world);
    browser.post("/auth/sign-out", &[]).await;

    let log = logged.text();
    for expected in ["signed in", "answered", "TRACE"] {
        assert!(log.contains(expected), "{expected:?} was captured: {log}");
    }
    for page in browser.seen() {
        for secret in secrets.iter().chain([&session]) {
            assert!(!page.body.contains(secret.as_str()), "{} shows {secret}", page.path);
        }
        let headers = format!("{:?}", page.location);
        let begins = page.path.starts_with("/auth/sign-in");
        assert!(begins || secrets.iter().all(|secret| !headers.contains(secret.as_str())), "{}", page.path);
    }
    secrets.extend([REASON, TICKET, "searched-for-this"].map(str::to_owned));
    secrets.push(session);
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "a log line holds {secret}");
        for (name, content) in &files {
            let inside = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!inside, "{name} holds {secret}");
        }
    }
    assert!(!log.contains("eyJ"), "a log line holds something like a token");
}

/// The files of the portal's store, byte by byte.
fn files_of(world: &World) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(world.portal.directory.path()).expect("a directory");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = files
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file")))
        .filter(|(name, _)| name.contains("portal.db"))
        .collect();
    assert!(files.iter().map(|(_, content)| content.len()).sum::<usize>() > 10_000, "the store was written");
    files
}
