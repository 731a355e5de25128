//! The checklist of a backend for a browser, line by line, and the test that fails without each.
//!
//! | line | test |
//! |---|---|
//! | session fixation | [`a_session_id_that_was_planted_is_not_used`], `sign_in::a_new_sign_in_has_a_new_session_and_ends_the_one_before`, `tenants::a_person_enters_another_directory_and_goes_back_at_once` |
//! | cookie flags | [`cookies_are_for_this_host_alone_and_for_no_script`] |
//! | cross-site forms | [`every_form_is_refused_unless_the_browser_says_it_is_ours`], `guards::another_site_can_post_nothing`, `guards::a_link_does_nothing` |
//! | nothing without a session | [`no_form_does_anything_for_who_is_not_signed_in`], `guards::nothing_is_done_for_who_is_not_signed_in` |
//! | open redirects | `sign_in::nobody_is_sent_away_from_the_portal`, [`no_answer_leads_where_a_header_says`] |
//! | state, nonce, PKCE | [`codes_and_states_of_two_sign_ins_cannot_be_swapped`], `sign_in::an_id_token_that_is_not_right_signs_nobody_in`, `sign_in::a_callback_that_nobody_began_signs_nobody_in` |
//! | replayed callback, another browser's | `sign_in::a_callback_works_once`, `sign_in::a_callback_belongs_to_the_browser_that_began_it` |
//! | mix-up | `tenants::a_code_of_one_directory_is_of_no_use_in_another`, `identity::callback::tests::another_issuer_is_refused_even_with_a_code` |
//! | links to another host | `transport::tests::a_link_to_another_host_is_refused_before_the_token_is_attached` |
//! | header injection | [`no_answer_leads_where_a_header_says`], `sign_in::nobody_is_sent_away_from_the_portal` |
//! | clickjacking, content security policy, HTTPS for good | `guards::every_answer_carries_the_headers`, `guards::a_portal_with_https_is_asked_by_nothing_else_any_more`, `guards::no_page_has_a_script_or_a_style_that_the_policy_forbids` |
//! | scripts in upstream texts | `hostile::*` |
//! | oversized bodies | `guards::every_answer_carries_the_headers` (413), [`a_body_without_a_length_is_cut_off_as_well`] |
//! | slow clients | [`a_client_that_sends_its_request_slowly_is_not_waited_for`] |
//! | floods | [`who_begins_too_many_sign_ins_has_to_wait_and_nobody_else_has`], `server::floods::tests::*` |
//! | forged log lines | [`a_request_cannot_write_into_the_log`] |
//! | tokens in pages, logs, the database | `secrets::*` |
//! | idle and absolute limits | `sessions::*` |
//! | another person's data | `others::*` |

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use server::floods::Network;
use server::listen::{self, Patience};
use sim_tenant::tenant::demo;
use sim_tenant::walk::Consent;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::support::{ADELE, Logged, Portal, SESSION, Sim, World};

/// Every address that takes something else than GET, with whether it is the portal's own or a server function's.
fn forms() -> Vec<String> {
    let own = server::FORMS.iter().map(|path| (*path).to_owned());
    let actions = server::actions();
    assert!(actions.len() > 20, "the server functions are known: {actions:?}");
    own.chain(actions).collect()
}

#[tokio::test]
async fn every_form_is_refused_unless_the_browser_says_it_is_ours() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let ours = world.portal.url.origin().ascii_serialization();
    let forged: [&[(&str, &str)]; 9] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("sec-fetch-site", "cross-site"), ("origin", &ours)],
        &[("sec-fetch-site", "same-site"), ("origin", &ours)],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "Same-Origin "), ("referer", &ours)],
    ];
    // An address that nobody has thought of is guarded as well.
    for path in forms().into_iter().chain(["/".to_owned(), "/nothing-here".to_owned()]) {
        for headers in forged {
            let answer = browser.post_with(&path, headers, &[("x", "y")]).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            assert_eq!(browser.with_method(method.clone(), &path).await.status, 403, "{method} {path}");
        }
    }
    assert_eq!(world.sim.writes().await, Vec::<serde_json::Value>::new());
    assert_eq!(browser.get("/").await.status, 200, "and nobody was signed out");
    let older = [("origin", ours.as_str())];
    assert_eq!(
        browser.post_with("/do/refresh", &older, &[]).await.status,
        302,
        "a browser without Sec-Fetch-Site"
    );
}

#[tokio::test]
async fn no_form_does_anything_for_who_is_not_signed_in() {
    let world = World::start().await;
    let stranger = world.browser();
    for path in forms().into_iter().filter(|path| path != "/auth/sign-out") {
        let answer = stranger.post(&path, &[("x", "y")]).await;
        let to_sign_in = answer.status == 303 && answer.location().starts_with("/sign-in");
        assert!(
            to_sign_in || matches!(answer.status, 401 | 422),
            "{path}: {} {:?}",
            answer.status,
            answer.location
        );
    }
    assert_eq!(stranger.post("/auth/sign-out", &[]).await.location(), "/sign-in?signed_out=1");
    assert_eq!(world.sim.calls().await, Vec::<serde_json::Value>::new());
}

/// What takes forms stands in one list: a route for one elsewhere would not be tested.
#[test]
fn forms_are_routed_in_one_place() {
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut left = vec![std::path::PathBuf::from(sources)];
    while let Some(entry) = left.pop() {
        if entry.is_dir() {
            let inside = std::fs::read_dir(&entry).expect("the sources");
            left.extend(inside.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(&entry).expect("a source");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let routes = ["routing::post", "post(", "put(", "patch(", "delete(", "any(", "on("];
        let is_the_list = entry.ends_with("lib.rs");
        for route in routes.iter().filter(|_| !is_the_list) {
            let found = text.lines().find(|line| line.contains(".route(") && line.contains(route));
            assert_eq!(found, None, "{}", entry.display());
        }
    }
}

#[tokio::test]
async fn a_session_id_that_was_planted_is_not_used() {
    let world = World::start().await;
    let attacker = world.signed_in(crate::support::ALEX).await;
    let planted = attacker.cookie(SESSION).expect("a session");
    for id in [planted.as_str(), "AAAAAAAAAAAAAAAAAAAAAA", "x", ""] {
        let victim = world.browser();
        victim.plant(SESSION, id);
        assert_eq!(victim.sign_in(ADELE, "/").await.location(), "/");
        assert_ne!(victim.cookie(SESSION).as_deref(), Some(id));
        assert!(victim.get("/").await.text().contains("Adele Vance"));
        let thief = world.browser();
        thief.plant(SESSION, id);
        assert_eq!(thief.get("/").await.location(), "/sign-in", "{id:?} opens nothing");
    }
}

#[tokio::test]
async fn cookies_are_for_this_host_alone_and_for_no_script() {
    let world = World::start().await;
    let browser = world.browser();
    let begun = browser.get("/auth/sign-in").await;
    let landed = browser.sign_in(ADELE, "/").await;
    let out = browser.post("/auth/sign-out", &[]).await;
    let mut seen = 0;
    for page in [begun, landed, out] {
        for cookie in page.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("ASCII");
            // The session layer forgets its cookie too, without `Secure`; a browser refuses that for this name.
            if cookie.contains("Max-Age=0") && !cookie.contains("Secure") {
                continue;
            }
            let parts: Vec<String> = cookie.split(';').map(|part| part.trim().to_lowercase()).collect();
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            for flag in ["secure", "httponly", "samesite=lax", "path=/"] {
                assert!(parts.iter().any(|part| part == flag), "{flag}: {cookie}");
            }
            assert!(!parts.iter().any(|part| part.starts_with("domain")), "{cookie}");
            seen += 1;
        }
    }
    assert!(seen >= 3, "{seen} cookies");
}

#[tokio::test]
async fn codes_and_states_of_two_sign_ins_cannot_be_swapped() {
    let world = World::start().await;
    let browser = world.browser();
    let parameter = |path: &str, name: &str| {
        let url = Url::parse(&format!("http://localhost{path}")).expect("an address");
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).expect(name)
    };
    let one = browser.to_callback(ADELE, "/one", Consent::Accept).await;
    let other = browser.to_callback(crate::support::ALEX, "/other", Consent::Accept).await;
    let swapped = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &parameter(&one, "code"))
        .append_pair("state", &parameter(&other, "state"))
        .finish();
    let landed = browser.get(&format!("/auth/callback?{swapped}")).await;
    assert!(landed.location().starts_with("/sign-in/failed?problem=protocol"), "{}", landed.location());
    assert_eq!(browser.cookie(SESSION), None);
    let twice = format!("{one}&state={}", parameter(&other, "state"));
    assert!(matches!(browser.get(&twice).await.status, 400 | 303));
    assert_eq!(browser.cookie(SESSION), None);
}

#[tokio::test]
async fn no_answer_leads_where_a_header_says() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let ours = world.portal.url.origin().ascii_serialization();
    let own = [("sec-fetch-site", "same-origin"), ("origin", ours.as_str())];
    for lie in [
        ("referer", "https://evil.example/"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "javascript"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "https://evil.example/"),
    ] {
        for path in ["/do/refresh", "/do/save-settings", "/auth/sign-out"] {
            let answer = browser.post_with(path, &[&own[..], &[lie]].concat(), &[("theme", "dark")]).await;
            let location = answer.location.clone().unwrap_or_default();
            assert!(
                !location.contains("evil") && !location.contains("javascript"),
                "{path} {lie:?}: {location}"
            );
            assert!(!answer.body.contains("evil.example"), "{path} {lie:?}");
        }
        let begun = world.browser().get_with("/auth/sign-in", &[lie]).await;
        assert!(!begun.location().contains("evil"), "{}", begun.location());
    }
}

/// A raw connection: what it sends, and what comes back until the end.
async fn talk(portal: &Url, pieces: &[&[u8]]) -> String {
    let address = format!("127.0.0.1:{}", portal.port().expect("a port"));
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    for piece in pieces {
        // The portal may have hung up already.
        if stream.write_all(piece).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_off_as_well() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let head = format!(
        "POST /do/refresh HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nCookie: {SESSION}={}\r\nTransfer-Encoding: chunked\r\n\r\n",
        browser.cookie(SESSION).expect("a session")
    );
    let piece = [b"10000\r\n".as_slice(), &vec![b'a'; 0x10000], b"\r\n"].concat();
    let answer =
        talk(&world.portal.url, &[head.as_bytes(), &piece, &piece, &piece, &piece, &piece, b"0\r\n\r\n"])
            .await;
    // It may hang up before the client has read why.
    let is_done = answer.starts_with("HTTP/1.1 2") || answer.starts_with("HTTP/1.1 3");
    assert!(!is_done, "{answer}");
}

#[tokio::test]
async fn a_client_that_sends_its_request_slowly_is_not_waited_for() {
    let sim = Sim::start(demo()).await;
    let portal = Portal::start(&sim).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = Url::parse(&format!("http://localhost:{}", listener.local_addr().expect("bound").port()))
        .expect("a URL");
    let short = Duration::from_millis(200);
    let patience = Patience { head: short, body: short };
    tokio::spawn(listen::serve(listener, server::router(&portal.state), patience, std::future::pending()));

    let limit = Duration::from_secs(20);
    let head = tokio::time::timeout(limit, talk(&url, &[b"GET /sign-in HTTP/1.1\r\nHost: local"])).await;
    assert!(!head.expect("hung up on").contains("200 OK"), "a head that does not end");
    let slow = b"POST /auth/sign-out HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
        Content-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\ntenant=";
    let slow = String::from_utf8_lossy(slow).replace("/auth/sign-out", "/auth/tenant");
    let body = tokio::time::timeout(limit, talk(&url, &[slow.as_bytes()])).await;
    assert!(!body.expect("answered").contains("200 OK"), "a body that does not end");
    let good = b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let good = tokio::time::timeout(limit, talk(&url, &[good])).await.expect("answered");
    assert!(good.starts_with("HTTP/1.1 200 OK"), "{good}");
}

#[tokio::test]
async fn who_begins_too_many_sign_ins_has_to_wait_and_nobody_else_has() {
    let sim = Sim::start(demo()).await;
    let trust = |config: &mut server::config::Config| {
        config.trusted_proxies = vec![Network::parse("127.0.0.0/8").expect("a network")];
    };
    let world = World { portal: Portal::start_with(&sim, trust).await, sim };
    let from = async |address: &'static str| {
        world.browser().get_with("/auth/sign-in", &[("x-forwarded-for", address)]).await
    };
    for _ in 0..30 {
        assert_eq!(from("192.0.2.1").await.status, 303);
    }
    let turned_away = from("192.0.2.1").await;
    assert_eq!(turned_away.status, 429);
    assert_eq!(turned_away.heading(), "Too many sign-ins");
    assert_eq!(turned_away.header("retry-after"), "3");
    assert_eq!(from("203.0.113.9, 192.0.2.1").await.status, 429, "a claim of its own does not help");
    assert_eq!(from("192.0.2.2").await.status, 303);
    assert_eq!(world.browser().get_with("/sign-in", &[("x-forwarded-for", "192.0.2.1")]).await.status, 200);
    world.wait(SignedDuration::from_secs(2));
    assert_eq!(from("192.0.2.1").await.status, 303, "once it has waited");
}

#[tokio::test]
async fn a_request_cannot_write_into_the_log() {
    let logged = Logged::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(logged.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let world = World::start().await;
    let browser = world.browser();
    let forged = "x id=1 ERROR forged: signed in tenant=evil";
    let answer = browser.get_with("/sign-in", &[("x-request-id", forged), ("user-agent", forged)]).await;
    assert_ne!(answer.header("x-request-id"), forged, "an id of the portal's own");
    browser.get_with("/auth/callback?error=x%0aERROR%20forged&state=a%0d%0aERROR%20forged", &[]).await;
    browser.get_with("/sign-in/failed?problem=%0aERROR%20forged&correlation=%0aforged", &[]).await;
    browser.get_with("/%0d%0aERROR%20forged%1b[31m", &[]).await;
    let own = "7e3f0a52-50b5-4f2e-8a57-0c8f3c3a9d11";
    let kept = browser.get_with("/sign-in", &[("x-request-id", own)]).await;
    assert_eq!(kept.header("x-request-id"), own, "a proxy's id is kept");
    let log = logged.text();
    assert!(log.contains("/sign-in"), "it was captured: {log}");
    assert!(!log.contains("ERROR forged") && !log.contains('\u{1b}') && !log.contains('\r'), "{log}");
}
