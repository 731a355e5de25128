//! One person: signs in, ticks some roles, confirms, and looks until every line is at its end. When something does not answer they do
//! what people do: try the same again.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::Value;
use sim_tenant::walk::{self, Consent};
use url::Url;

use crate::portal::Portal;
use crate::tenant::{ROLES, upn};
use crate::weather::Weather;

/// How often something is tried before the person gives up.
const TRIES: usize = 240;
/// How long they wait before they try again.
const BEFORE_AGAIN: Duration = Duration::from_millis(150);

#[expect(
    clippy::disallowed_methods,
    reason = "the tests stand in for a browser, without the portal's transport"
)]
pub(crate) fn client() -> reqwest::Client {
    // Every request on a connection of its own, so that a balancer spreads them.
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0);
    client.timeout(Duration::from_secs(30)).build().expect("a client can be built")
}

/// The tenant's control port.
pub(crate) struct Control {
    url: Url,
    http: reqwest::Client,
}

impl Control {
    pub(crate) fn new(url: &Url) -> Self {
        Self { url: url.clone(), http: client() }
    }

    fn at(&self, path: &str) -> Url {
        self.url.join(path).expect("a path")
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.http.get(self.at(path)).send().await.expect("an answer").json().await.expect("JSON")
    }

    pub(crate) async fn post(&self, path: &str, order: Value) {
        let answer = self.http.post(self.at(path)).json(&order).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }

    pub(crate) async fn delete(&self, path: &str) {
        self.http.delete(self.at(path)).send().await.expect("an answer");
    }
}

/// A line that the portal shows.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) role: String,
    pub(crate) state: String,
}

/// Somebody, after their visit.
pub(crate) struct Person {
    pub(crate) number: usize,
    /// The confirmation's page; `None` when nothing could be confirmed.
    pub(crate) page: Option<String>,
    pub(crate) lines: Vec<Line>,
    browser: Browser,
}

/// What a page answered.
pub(crate) struct Answer {
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

#[derive(Clone)]
pub(crate) struct Browser {
    http: reqwest::Client,
    url: Url,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(url: &Url) -> Self {
        Self { http: client(), url: url.clone(), cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Option<Answer> {
        self.send(path, None).await
    }

    /// A stream of events that a page keeps open.
    pub(crate) async fn listen(&self, path: &str) -> reqwest::Response {
        let request =
            self.http.get(self.url.join(path).expect("a path")).header(COOKIE, self.cookie_header());
        let answer = request.header(ACCEPT, "text/event-stream").send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer
    }

    /// Selects the first role there is and confirms it; the page with the result.
    pub(crate) async fn activate_first(&mut self) -> String {
        let form = |fields: &[(&str, &str)]| -> Vec<(String, String)> {
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let row = loop {
            if let Some(mut rows) = rows(self, &[ROLES[0].1]).await {
                break rows.remove(0);
            }
        };
        let selected = self.send("/do/select", Some(&form(&[("rows[]", &row)]))).await.expect("an answer");
        let selection = selected.location.expect("a place").trim_start_matches("/activate/").to_owned();
        let fields = [("selection", selection.as_str()), ("step", "confirm"), ("justification", "Replicas")];
        let confirmed = self.send("/do/activate", Some(&form(&fields))).await.expect("an answer");
        let page = confirmed.location.expect("a place");
        assert!(page.starts_with("/requests/"), "{page}");
        page
    }

    fn cookie_header(&self) -> String {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    /// `None` when nothing answers, as when the portal was killed.
    async fn send(&mut self, path: &str, form: Option<&[(String, String)]>) -> Option<Answer> {
        let url = self.url.join(path).ok()?;
        let cookies = self.cookie_header();
        let request = match form {
            None => self.http.get(url),
            Some(form) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
                let request = self.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                let origin = self.url.origin().ascii_serialization();
                request.header(ORIGIN, origin).header("sec-fetch-site", "same-origin").body(body)
            }
        };
        let answer = request.header(ACCEPT, "text/html").header(COOKIE, cookies).send().await.ok()?;
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("ASCII");
            let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a name and a value");
            if rest.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
        Some(Answer { location, body: answer.text().await.ok()? })
    }

    /// Makes the stronger sign-in that a result page leads to.
    async fn step_up(&mut self, way: &str, upn: &str) -> Option<()> {
        let begun = self.send(way, None).await?.location?;
        let back = walk::authorize(&Url::parse(&begun).ok()?, upn, Consent::Accept).await.ok()?;
        self.send(&format!("{}?{}", back.path(), back.query()?), None).await.map(drop)
    }

    /// Goes to Microsoft's side and signs in there; the way back.
    pub(crate) async fn begin_sign_in(&mut self, upn: &str) -> Option<String> {
        let begun = self.send("/auth/sign-in", None).await?.location?;
        let back = walk::authorize(&Url::parse(&begun).ok()?, upn, Consent::Accept).await.ok()?;
        Some(format!("{}?{}", back.path(), back.query()?))
    }

    async fn sign_in(&mut self, upn: &str) -> Option<()> {
        let way = self.begin_sign_in(upn).await?;
        let landed = self.send(&way, None).await?.location?;
        (landed == "/").then_some(())
    }
}

/// Signs in, selects and confirms.
pub(crate) async fn activate(portal: &Portal, weather: &Weather, number: usize) -> Person {
    let browser = Browser::new(&portal.url);
    let mut person = Person { number, page: None, lines: Vec::new(), browser };
    let wanted: Vec<&str> = {
        let count = 1 + weather.chance("count", number, ROLES.len());
        let first = weather.chance("first", number, ROLES.len());
        (0..count).map(|step| ROLES[(first + step * 3) % ROLES.len()].1).collect()
    };
    let mut selection: Option<String> = None;
    let mut is_in = false;
    for _ in 0..TRIES {
        let browser = &mut person.browser;
        if !is_in {
            is_in = browser.sign_in(&upn(number)).await.is_some();
        } else if let Some(id) = selection.clone() {
            let form = [("selection", id.as_str()), ("step", "confirm"), ("justification", "The storm")];
            let form: Vec<_> =
                form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            match browser.send("/do/activate", Some(&form)).await.and_then(|answer| answer.location) {
                Some(to) if to.starts_with("/requests/") => {
                    person.page = Some(to);
                    break;
                }
                Some(to) if to.starts_with("/sign-in") => is_in = false,
                // Nobody answered, or a list could not be read: the same again. Nothing is confirmed twice.
                _ => {}
            }
        } else if let Some(rows) = rows(browser, &wanted).await {
            let form: Vec<_> = rows.into_iter().map(|row| ("rows[]".to_owned(), row)).collect();
            let answer = browser.send("/do/select", Some(&form)).await.and_then(|answer| answer.location);
            match answer {
                Some(to) if to.starts_with("/sign-in") => is_in = false,
                Some(to) => selection = to.strip_prefix("/activate/").map(str::to_owned),
                None => {}
            }
        } else {
            // A list that failed is read anew; a session that Microsoft ended is begun anew.
            match browser.send("/do/refresh", Some(&[])).await.and_then(|answer| answer.location) {
                Some(to) if to.starts_with("/sign-in") => is_in = false,
                _ => {}
            }
        }
        tokio::time::sleep(BEFORE_AGAIN).await;
    }
    person
}

/// The keys of the wanted roles, once the overview shows them all.
async fn rows(browser: &mut Browser, wanted: &[&str]) -> Option<Vec<String>> {
    let page = browser.send("/", None).await?.body;
    let boxes: Vec<&str> = page.split("<input").filter(|one| one.contains("name=\"rows[]\"")).collect();
    let key = |role: &&str| {
        let label = format!("aria-label=\"{role},");
        let found = boxes.iter().find(|one| one.contains(&label))?;
        let value = found.split("value=\"").nth(1)?.split('"').next()?;
        Some(value.replace("&#x2F;", "/").replace("&#x27;", "'").replace("&amp;", "&"))
    };
    wanted.iter().map(key).collect()
}

impl Person {
    /// Whether every line that they saw is at its end. Who could confirm nothing has none.
    pub(crate) fn is_at_the_end(&self) -> bool {
        self.page.is_none()
            || (!self.lines.is_empty() && self.lines.iter().all(|line| crate::judge::is_end(&line.state)))
    }

    /// Looks at the confirmation's page.
    pub(crate) async fn look(&mut self) {
        let Some(page) = self.page.clone() else { return };
        let Some(answer) = self.browser.send(&page, None).await else { return };
        if answer.location.is_some_and(|to| to.starts_with("/sign-in")) {
            let _ = self.browser.sign_in(&upn(self.number)).await;
            return;
        }
        // A token that was not taken twice in a row: the service wants the person.
        if let Some(way) = answer
            .body
            .split("href=\"")
            .skip(1)
            .find_map(|rest| rest.split('"').next().filter(|href| href.starts_with("/auth/step-up/")))
        {
            let _ = self.browser.step_up(way, &upn(self.number)).await;
        }
        if answer.body.contains("action=\"/do/resume\"") {
            let batch = page.trim_start_matches("/requests/").split(['?', '#']).next().unwrap_or_default();
            let _ = self.browser.send("/do/resume", Some(&[("batch".to_owned(), batch.to_owned())])).await;
        }
        let lines: Vec<Line> = answer
            .body
            .split("<li")
            .skip(1)
            .filter_map(|part| {
                let state = part.split("data-state=\"").nth(1)?.split('"').next()?.to_owned();
                let role = part.split("<strong>").nth(1)?.split('<').next()?.to_owned();
                Some(Line { role, state })
            })
            .collect();
        if !lines.is_empty() {
            self.lines = lines;
        }
    }
}
