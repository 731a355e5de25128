//! A portal, a simulated tenant, and browsers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use identity::PlaneSet;
use jiff::SignedDuration;
use pim::clock::{Clock, ManualClock, SystemClock};
use serde_json::{Value, json};
use server::config::{Cloud, Config};
use server::wiring::State;
use sim_tenant::walk::{Consent, authorize};
use sim_tenant::{Options, Running};
use url::Url;

/// A portal and its tenant; both end with it.
pub(crate) struct World {
    pub(crate) base: Url,
    pub(crate) clock: ManualClock,
    sim: Running,
    directory: tempfile::TempDir,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl World {
    /// Starts both, the portal's clock at the real time.
    pub(crate) async fn start() -> Self {
        let sim = Running::start(Options::ephemeral()).await.expect("the simulated tenant starts");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let listen = listener.local_addr().expect("an address");
        let base = Url::parse(&format!("http://localhost:{}", listen.port())).expect("an address");
        let directory = tempfile::tempdir().expect("a directory");
        let clock = ManualClock::at(SystemClock.now());
        let config = Config {
            public_url: base.clone(),
            listen,
            tenant_id: sim_tenant::tenant::DEMO_TENANT_ID.parse().expect("a GUID"),
            client_id: sim_tenant::tenant::DEMO_CLIENT_ID.into(),
            cloud: Cloud {
                login: sim.sign_in.clone(),
                graph: sim.graph.clone(),
                arm: sim.azure.clone(),
                admin_center: "https://entra.microsoft.com".into(),
                is_custom: true,
            },
            planes: PlaneSet::ALL,
            database_url: format!("sqlite://{}", directory.path().join("portal.db").display()),
            key_file: directory.path().join("key"),
        };
        let state = State::open(config, Arc::new(clock.clone())).await.expect("the portal opens");
        let router = server::router(&state);
        let serving =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("the portal serves") });
        Self { base, clock, sim, directory, serving }
    }

    /// A browser that has never been here.
    pub(crate) fn browser(&self) -> Browser {
        Browser { client: transport::client(), base: self.base.clone(), cookies: Mutex::default() }
    }

    /// A browser in which somebody is signed in.
    pub(crate) async fn signed_in(&self, upn: &str) -> Browser {
        let browser = self.browser();
        let back = browser.back_from_microsoft("/auth/sign-in", upn, Consent::Accept).await;
        let landed = browser.get(&back).await;
        assert_eq!(landed.location(), "/", "{}", landed.body);
        browser
    }

    /// Tells the tenant's control port something.
    pub(crate) async fn control(&self, path: &str, order: Value) {
        let url = self.sim.control.join(path).expect("a path");
        let answer =
            transport::client().post(url).json(&order).send().await.expect("the control port answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }

    /// Makes the tenant answer the next matching call of a plane's host like this.
    pub(crate) async fn refuse_next(&self, host: &str, method: &str, code: &str, message: &str) {
        let body = json!({ "error": { "code": code, "message": message } });
        let fault = json!({ "plane": host, "path_contains": "ssignmentScheduleRequests", "method": method,
            "status": 400, "times": 1, "body": body });
        self.control("/faults", fault).await;
    }

    /// Every role request that the tenant has committed.
    pub(crate) async fn ledger(&self) -> Vec<Value> {
        let url = self.sim.control.join("/ledger").expect("a path");
        transport::client().get(url).send().await.expect("the ledger").json().await.expect("a list")
    }

    /// Moves the tenant's clock and the portal's.
    pub(crate) async fn wait_minutes(&self, minutes: i64) {
        self.control("/clock", json!({ "advance": format!("PT{minutes}M") })).await;
        self.clock.advance(SignedDuration::from_mins(minutes));
    }

    /// Everything in the portal's store, as bytes on the disk.
    pub(crate) fn stored(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.directory.path()).expect("a directory");
        files.flat_map(|file| std::fs::read(file.expect("a file").path()).expect("bytes")).collect()
    }
}

/// As much of a browser as the portal needs: cookies, forms, and no scripts.
pub(crate) struct Browser {
    client: reqwest::Client,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    /// Where it redirects to.
    pub(crate) fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().expect("text"))
    }

    /// Fails unless the page says `words`.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(self.text().contains(words), "the page does not say {words:?}:\n{}", self.text());
    }

    /// Fails if the page says `words`.
    #[track_caller]
    pub(crate) fn is_silent_about(&self, words: &str) {
        assert!(!self.text().contains(words), "the page says {words:?}:\n{}", self.text());
    }

    /// What a person reads: without tags and comments, spaces as one.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut in_tag = false;
        let parts = self.body.split("<!--").enumerate();
        let bare: String = parts
            .map(
                |(index, part)| {
                    if index == 0 { part } else { part.split_once("-->").map_or("", |(_, rest)| rest) }
                },
            )
            .collect();
        for letter in bare.chars() {
            match letter {
                '<' => in_tag = true,
                '>' => {
                    in_tag = false;
                    text.push(' ');
                }
                _ if !in_tag => text.push(letter),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The `value` of the tick box of the role that is called `name`.
    #[track_caller]
    pub(crate) fn tick(&self, name: &str) -> String {
        let inputs = self.body.split("<input").filter(|input| input.contains("type=\"checkbox\""));
        let label = format!("aria-label=\"{name}\"");
        let input = inputs.into_iter().find(|input| input.contains(&label));
        let input = input.unwrap_or_else(|| panic!("there is no box for {name:?}"));
        let value = input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next());
        value.expect("a value").replace("&amp;", "&")
    }
}

impl Browser {
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("cookies").insert(name.into(), value.into());
    }

    /// Opens a page of the portal: a path, or an address of the portal.
    pub(crate) async fn get(&self, path: &str) -> Page {
        let url = self.base.join(path).expect("an address");
        self.send(self.client.get(url)).await
    }

    /// Opens a page and follows redirects within the portal.
    pub(crate) async fn open(&self, path: &str) -> Page {
        let mut page = self.get(path).await;
        for _ in 0..5 {
            if !page.status.is_redirection() {
                return page;
            }
            page = self.get(page.location()).await;
        }
        panic!("{path} redirects for ever");
    }

    /// Sends a form of the portal's own page, and opens the page it leads to.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> (String, Page) {
        let sent = self.post(path, fields, "same-origin").await;
        assert!(sent.status.is_redirection(), "{path} answered {}: {}", sent.status, sent.text());
        let place = sent.location().to_owned();
        let page = self.open(&place).await;
        (place, page)
    }

    /// Sends a form from a page of `site` (`same-origin`, `cross-site`).
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)], site: &str) -> Page {
        let url = self.base.join(path).expect("an address");
        let origin = if site == "same-origin" {
            self.base.origin().ascii_serialization()
        } else {
            "https://evil.example".into()
        };
        let form = self.client.post(url).form(fields).header("origin", origin).header("sec-fetch-site", site);
        self.send(form).await
    }

    /// Begins a sign-in at `start`, does what the person does at Microsoft, and returns where Microsoft sends the browser.
    pub(crate) async fn back_from_microsoft(&self, start: &str, upn: &str, consent: Consent) -> String {
        let begun = self.get(start).await;
        let there = Url::parse(begun.location()).expect("the authorize address");
        authorize(&there, upn, consent).await.expect("Microsoft's pages").to_string()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let jar = self.cookies.lock().expect("cookies").clone();
        let jar: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("accept", "text/html").header("cookie", jar.join("; "));
        let answer = request.send().await.expect("the portal answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            // What a browser insists on before it takes a cookie with this prefix.
            let is_host_cookie =
                cookie.contains("Secure") && cookie.contains("Path=/") && !cookie.contains("Domain");
            if name.starts_with("__Host-") && !is_host_cookie {
                continue;
            }
            let mut cookies = self.cookies.lock().expect("cookies");
            if value.is_empty() || cookie.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.into(), value.into());
            }
        }
        Page { status, headers, body: answer.text().await.expect("a body") }
    }

    /// Ticks roles of the overview and returns the plan's address, the id of its selection, and the plan.
    pub(crate) async fn select(&self, names: &[&str]) -> (String, Page) {
        let overview = self.open("/").await;
        let ticks: Vec<String> = names.iter().map(|name| overview.tick(name)).collect();
        let fields: Vec<(&str, &str)> = ticks.iter().map(|tick| ("rows[]", tick.as_str())).collect();
        let (place, plan) = self.submit("/do/select", &fields).await;
        let id = place.strip_prefix("/activate/").expect("the plan's address").to_owned();
        (id, plan)
    }

    /// Ticks, types and confirms; returns the place and the page it leads to.
    pub(crate) async fn activate(&self, names: &[&str], typed: &[(&str, &str)]) -> (String, Page) {
        let (id, _) = self.select(names).await;
        self.confirm(&id, typed).await
    }

    /// Confirms a selection.
    pub(crate) async fn confirm(&self, id: &str, typed: &[(&str, &str)]) -> (String, Page) {
        let mut fields = vec![("selection", id), ("step", "confirm")];
        fields.extend(typed);
        self.submit("/do/activate", &fields).await
    }
}
