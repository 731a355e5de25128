//! A simulated tenant, the real portal in front of it, and browsers to go there with.
//!
//! The portal's clock stands still until a test moves it; the tenant's clocks run with the machine's until its control port moves
//! them. Everything listens on a free port of its own, so tests run side by side.

mod browser;
mod logged;
mod page;

use std::sync::Arc;

use identity::PlaneSet;
use jiff::SignedDuration;
use pim::clock::{Clock, ManualClock, SystemClock};
use pim::records::RecordKind;
use portal::pace::Pace;
use portal::rules::Rules;
use serde_json::Value;
use server::branding::Branding;
use server::config::{Cloud, Config};
use server::credentials::Credentials;
use server::listen;
use server::operation::Operation;
use server::tenants::Tenant;
use server::wiring::State;
use sim_tenant::tenant::{self, DEMO_CLIENT_ID, DEMO_TENANT_ID, demo};
use sim_tenant::{Options, Running};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

pub(crate) use browser::{Browser, SESSION};
pub(crate) use logged::Logged;
pub(crate) use page::{Page, Row, text};

pub(crate) const ADELE: &str = "adele@contoso.example";
pub(crate) const ADELE_ID: &str = "a1de1e00-51c8-4d0e-8f2a-6b1e00000001";
pub(crate) const ALEX: &str = "alex@contoso.example";
pub(crate) const ALEX_ID: &str = "a1e0000b-51c8-4d0e-8f2a-6b1e00000002";
pub(crate) const FRIDA: &str = "frida@contoso.example";
pub(crate) const LEE: &str = "lee@contoso.example";
pub(crate) const NESTOR: &str = "nestor@contoso.example";

/// Names the variable with the positions of switches that every tenant starts with, as a JSON object: `cargo xtask test --disputed` runs
/// the suite once for each position that is not the default.
const SWITCHES: &str = "SIM_SWITCHES";

#[expect(
    clippy::disallowed_methods,
    reason = "the tests stand in for a browser, without the portal's transport"
)]
pub(crate) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    client.expect("a client can be built")
}

/// A tenant and a portal.
pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) portal: Portal,
}

impl World {
    /// The demo tenant.
    pub(crate) async fn start() -> Self {
        Self::of(demo()).await
    }

    /// Another tenant.
    pub(crate) async fn of(tenant: tenant::Tenant) -> Self {
        let sim = Sim::start(tenant).await;
        let portal = Portal::start(&sim).await;
        Self { sim, portal }
    }

    /// A browser that was never here.
    pub(crate) fn browser(&self) -> Browser {
        self.portal.browser()
    }

    /// A browser in which this person has just signed in.
    pub(crate) async fn signed_in(&self, upn: &str) -> Browser {
        self.portal.signed_in(upn).await
    }

    /// What the portal's store holds for the person signed in with this browser.
    pub(crate) async fn session_record(&self, browser: &Browser) -> Value {
        let id = browser.cookie(SESSION).expect("a session");
        let record = self.portal.state.records().get(RecordKind::Session, &id).await.expect("a store");
        let mut session: Value = serde_json::from_slice(&record.expect("a session").content).expect("JSON");
        session["signed-in"].take()
    }

    /// What the portal holds of their tokens; `None` when they are gone.
    pub(crate) async fn token_record(&self, vault: &str) -> Option<String> {
        let record = self.portal.state.records().get(RecordKind::Tokens, vault).await.expect("a store")?;
        Some(String::from_utf8(record.content).expect("JSON"))
    }

    /// Moves the portal's clock.
    pub(crate) fn wait(&self, by: SignedDuration) {
        self.portal.clock.advance(by);
    }

    /// Moves the portal's clock and the one that Graph and Azure go by.
    pub(crate) async fn wait_everywhere(&self, minutes: i64) {
        self.wait(SignedDuration::from_mins(minutes));
        self.sim.control("clock", serde_json::json!({ "advance": format!("PT{minutes}M") })).await;
    }
}

/// A running portal with a store of its own.
pub(crate) struct Portal {
    pub(crate) url: Url,
    pub(crate) state: State,
    pub(crate) clock: ManualClock,
    pub(crate) directory: TempDir,
}

impl Portal {
    pub(crate) async fn start(sim: &Sim) -> Self {
        Self::start_with(sim, |_| {}).await
    }

    /// One with other settings.
    pub(crate) async fn start_with(sim: &Sim, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let url = Url::parse(&format!("http://localhost:{}", address.port())).expect("a URL");
        let directory = TempDir::new().expect("a directory");
        let mut config = Config {
            public_url: url.clone(),
            listen: address,
            operation: Operation::default(),
            tenant_id: DEMO_TENANT_ID.parse().expect("a tenant id"),
            tenants: vec![Tenant {
                id: DEMO_TENANT_ID.parse().expect("a tenant id"),
                name: "Contoso".to_owned(),
            }],
            client_id: DEMO_CLIENT_ID.to_owned(),
            cloud: Cloud {
                login: sim.running.sign_in.clone(),
                graph: sim.running.graph.clone(),
                arm: sim.running.azure.clone(),
                admin_center: "https://admin.example".to_owned(),
                is_custom: true,
            },
            planes: PlaneSet { entra: true, groups: true, azure: true },
            database_url: format!("sqlite://{}", directory.path().join("portal.db").display()),
            key_file: directory.path().join("portal.key"),
            trusted_proxies: Vec::new(),
            credentials: Credentials::default(),
            history_kept: SignedDuration::from_hours(365 * 24),
            pace: Pace::default(),
            branding: Branding::default(),
            rules: Rules::default(),
        };
        change(&mut config);
        let clock = ManualClock::at(SystemClock.now());
        let state = State::open(config, Arc::new(clock.clone())).await.expect("the portal opens");
        let router = server::router(&state);
        tokio::spawn(listen::serve(listener, router, listen::PATIENCE, std::future::pending()));
        Self { url, state, clock, directory }
    }

    /// Another replica: the same settings, store and time on another port.
    pub(crate) async fn beside(&self) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let config = (*self.state.config).clone();
        let state = State::open(config, Arc::new(self.clock.clone())).await.expect("the replica opens");
        let router = server::router(&state);
        tokio::spawn(listen::serve(listener, router, listen::PATIENCE, std::future::pending()));
        Url::parse(&format!("http://localhost:{port}")).expect("a URL")
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.url.clone())
    }

    /// The portal's time.
    pub(crate) fn clock_now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    pub(crate) async fn signed_in(&self, upn: &str) -> Browser {
        let browser = self.browser();
        let landed = browser.sign_in(upn, "/").await;
        assert_eq!(landed.location(), "/", "{upn} signs in: {}", landed.body);
        browser
    }
}

/// A running tenant, with its control port.
pub(crate) struct Sim {
    pub(crate) running: Running,
    http: reqwest::Client,
}

impl Sim {
    pub(crate) async fn start(tenant: tenant::Tenant) -> Self {
        Self::start_with(tenant, Vec::new()).await
    }

    /// With other directories beside it.
    pub(crate) async fn start_with(tenant: tenant::Tenant, directories: Vec<tenant::Tenant>) -> Self {
        let running = Running::start(Options { tenant, directories, ..Options::ephemeral() }).await;
        let sim = Self::of(running.expect("the tenant starts"));
        #[expect(clippy::disallowed_methods, reason = "a test's own parameter")]
        let positions = std::env::var(SWITCHES);
        if let Ok(positions) = positions {
            sim.control("switches", serde_json::from_str(&positions).expect("positions of switches")).await;
        }
        sim
    }

    /// Ends every fault that was ordered.
    pub(crate) async fn end_faults(&self) {
        let url = self.running.control.join("faults").expect("a path");
        let answer = self.http.delete(url).send().await.expect("an answer");
        assert!(answer.status().is_success());
    }

    /// One that runs already.
    pub(crate) fn of(running: Running) -> Self {
        Self { running, http: client() }
    }

    /// Orders something at the control port.
    pub(crate) async fn control(&self, path: &str, order: Value) {
        self.ask(path, &order).await;
    }

    /// Orders something, and reads what the control port answers.
    pub(crate) async fn ask(&self, path: &str, order: &Value) -> Value {
        let url = self.running.control.join(path).expect("a path");
        let answer = self.http.post(url).json(order).send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{path} {order}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Forgets faults and delays.
    pub(crate) async fn heal(&self) {
        let url = self.running.control.join("faults").expect("a path");
        self.http.delete(url).send().await.expect("an answer");
    }

    /// A list that the control port tells.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let url = self.running.control.join(path).expect("a path");
        self.http.get(url).send().await.expect("an answer").json().await.expect("a list")
    }

    /// An object that the control port tells.
    pub(crate) async fn object(&self, path: &str) -> serde_json::Map<String, Value> {
        let url = self.running.control.join(path).expect("a path");
        self.http.get(url).send().await.expect("an answer").json().await.expect("an object")
    }

    /// Every role request that was committed.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        self.list("ledger").await
    }

    /// The one role request that was committed.
    pub(crate) async fn only_commit(&self) -> Value {
        let mut ledger = self.ledger().await;
        assert_eq!(ledger.len(), 1, "{ledger:#?}");
        ledger.remove(0)
    }

    /// Every call to Graph and Azure so far.
    pub(crate) async fn calls(&self) -> Vec<Value> {
        let mut calls = self.list("requests").await;
        calls.retain(|call| call["plane"] != "sign-in");
        calls
    }

    /// How often tokens were asked for.
    pub(crate) async fn token_calls(&self) -> usize {
        let calls = self.list("requests").await;
        calls.iter().filter(|call| call["path"].as_str().is_some_and(|path| path.ends_with("/token"))).count()
    }

    /// The calls among them that ask to activate or deactivate something.
    pub(crate) async fn writes(&self) -> Vec<Value> {
        let mut calls = self.calls().await;
        calls.retain(|call| {
            let path = call["path"].as_str().unwrap_or_default().to_ascii_lowercase();
            call["method"] != "GET" && path.contains("schedulerequests")
        });
        calls
    }
}
