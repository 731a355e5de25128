//! A browser without a screen: it keeps cookies, posts forms as browsers do, and follows nothing unless told to.
//!
//! Cookies are kept here and not by the HTTP client, which would not send a `Secure` cookie over the plain HTTP of the tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use sim_tenant::walk::{self, Consent};
use url::Url;

use super::{Page, client};

/// The session's cookie.
pub(crate) const SESSION: &str = "__Host-pim";

#[derive(Clone)]
pub(crate) struct Browser {
    url: Url,
    http: reqwest::Client,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    seen: Arc<Mutex<Vec<Page>>>,
}

impl Browser {
    pub(super) fn new(url: Url) -> Self {
        Self { url, http: client(), cookies: Arc::default(), seen: Arc::default() }
    }

    /// Another window of the same browser as it is now: the cookies are the same, and changes to them stay here.
    pub(crate) fn with_cookies_of(other: &Self) -> Self {
        let cookies = other.cookies.lock().expect("no poison").clone();
        Self { cookies: Arc::new(Mutex::new(cookies)), seen: Arc::default(), ..other.clone() }
    }

    /// The same browser at another replica.
    pub(crate) fn at(&self, replica: Url) -> Self {
        Self { url: replica, ..self.clone() }
    }

    /// The value of a cookie it holds.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("no poison").get(name).cloned()
    }

    /// Every page it was shown.
    pub(crate) fn seen(&self) -> Vec<Page> {
        self.seen.lock().expect("no poison").clone()
    }

    /// Opens a page; redirects are not followed.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Method::GET, path, &[], None).await
    }

    /// Gets an address as a script does; redirects are not followed.
    pub(crate) async fn fetch(&self, path: &str) -> Page {
        self.send(Method::GET, path, &[(ACCEPT.as_str(), "*/*")], None).await
    }

    /// Posts a form of a page of ours; redirects are not followed.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let origin = self.url.origin().ascii_serialization();
        self.send(
            Method::POST,
            path,
            &[("sec-fetch-site", "same-origin"), (ORIGIN.as_str(), &origin)],
            Some(fields),
        )
        .await
    }

    /// Posts a form with other headers than a page of ours would send.
    pub(crate) async fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Page {
        self.send(Method::POST, path, headers, Some(fields)).await
    }

    /// Posts a form of a page of ours and goes where it leads.
    pub(crate) async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, 302, "{path} leads somewhere: {}", answer.body);
        self.get(answer.location()).await
    }

    /// The overview with all that belongs on it: what took a busy machine too long for the first page is there on a later one.
    pub(crate) async fn overview(&self) -> Page {
        let mut page = self.get("/").await;
        for _ in 0..20 {
            if !page.is_still_loading() {
                break;
            }
            page = self.get("/").await;
        }
        page
    }

    /// Ticks roles on the overview, named as they are read out, and goes to the plan.
    pub(crate) async fn select(&self, roles: &[&str]) -> Page {
        let overview = self.overview().await;
        let rows: Vec<String> = roles.iter().map(|role| overview.tick(role)).collect();
        let fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
        self.submit("/do/select", &fields).await
    }

    /// Confirms the plan on `page` with what is typed, and goes where that leads.
    pub(crate) async fn confirm(&self, page: &Page, typed: &[(&str, &str)]) -> Page {
        let selection = page.field("selection");
        let fields = [&[("selection", selection.as_str()), ("step", "confirm")], typed].concat();
        self.submit("/do/activate", &fields).await
    }

    /// Activates roles for a reason, and goes to the result.
    pub(crate) async fn activate(&self, roles: &[&str], reason: &str) -> Page {
        let plan = self.select(roles).await;
        let result = self.confirm(&plan, &[("justification", reason)]).await;
        assert!(result.path.starts_with("/requests/"), "it is sent: {}", result.text());
        result
    }

    /// Signs in as this person, from the portal's button to where the portal sends the browser afterwards.
    pub(crate) async fn sign_in(&self, upn: &str, return_to: &str) -> Page {
        self.sign_in_and(upn, return_to, Consent::Accept).await
    }

    /// Signs in and does this on the consent page.
    pub(crate) async fn sign_in_and(&self, upn: &str, return_to: &str, consent: Consent) -> Page {
        let back = self.to_callback(upn, return_to, consent).await;
        self.get(&back).await
    }

    /// Signs in at Microsoft's side, and returns the address with which the browser would come back.
    pub(crate) async fn to_callback(&self, upn: &str, return_to: &str, consent: Consent) -> String {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", return_to).finish();
        let begun = self.get(&format!("/auth/sign-in?{query}")).await;
        let authorize = Url::parse(begun.location()).expect("an absolute address");
        let back = walk::authorize(&authorize, upn, consent).await.expect("the sign-in comes to an end");
        assert_eq!(back.origin(), self.url.origin(), "it comes back to the portal");
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }

    /// Makes the stronger sign-in that a result page leads to, as this person, and goes where it leads back to.
    pub(crate) async fn step_up(&self, result: &Page, upn: &str) -> Page {
        let back = self.step_up_to_callback(result, upn, Consent::Accept).await;
        let landed = self.get(&back).await;
        self.get(landed.location()).await
    }

    /// The same, up to the address with which the browser would come back.
    pub(crate) async fn step_up_to_callback(&self, result: &Page, upn: &str, consent: Consent) -> String {
        let link = result.link("Sign in for it").expect("a way to the stronger sign-in");
        let begun = self.get(&link).await;
        let authorize = Url::parse(begun.location()).expect("an absolute address");
        let back = walk::authorize(&authorize, upn, consent).await.expect("the sign-in comes to an end");
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Page {
        let (address, _fragment) = path.split_once('#').unwrap_or((path, ""));
        let url = self.url.join(address).expect("a path");
        assert_eq!(url.origin(), self.url.origin(), "{path} stays on the portal");
        let mut request = self.http.request(method, url);
        if headers.iter().all(|(name, _)| *name != ACCEPT.as_str()) {
            request = request.header(ACCEPT, "text/html,application/xhtml+xml");
        }
        let cookies: Vec<_> = self
            .cookies
            .lock()
            .expect("no poison")
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(form) = form {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        let answer = request.send().await.expect("the portal answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("a cookie in ASCII"));
        }
        let location = headers.get(LOCATION).map(|to| to.to_str().expect("an address in ASCII").to_owned());
        let body = answer.text().await.expect("a whole body");
        let page = Page { path: path.to_owned(), status, headers, location, body };
        self.seen.lock().expect("no poison").push(page.clone());
        page
    }

    fn keep(&self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a name and a value");
        let mut cookies = self.cookies.lock().expect("no poison");
        if attributes.to_ascii_lowercase().contains("max-age=0") || value.is_empty() {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
