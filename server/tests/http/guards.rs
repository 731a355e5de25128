//! What other sites cannot make the browser do, and the headers that make it distrust everything but the portal.

use sim_tenant::tenant::demo;

use crate::support::{ADELE, Browser, Page, Portal, SESSION, Sim, World};

const READER: &str = "Global Reader, Directory";

/// Everything that does something when it is posted to, with fields that would do it.
async fn doers(browser: &Browser) -> [(&'static str, Vec<(&'static str, String)>); 7] {
    let row = browser.get("/").await.tick(READER);
    let plan = browser.select(&[READER]).await;
    let batch = "1c5b3a2e-0d5f-4a66-9f0e-0a1b2c3d4e5f".to_owned();
    [
        ("/do/select", vec![("rows[]", row.clone())]),
        ("/do/activate", vec![("selection", plan.field("selection")), ("step", "confirm".into())]),
        ("/do/retry", vec![("batch", batch)]),
        ("/do/deactivate", vec![("rows[]", row)]),
        ("/do/save-settings", vec![("theme", "dark".into())]),
        ("/do/refresh", vec![]),
        ("/auth/sign-out", vec![]),
    ]
}

#[tokio::test]
async fn another_site_can_post_nothing() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let foreign: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://evil.localhost")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ];
    for (path, fields) in doers(&browser).await {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for headers in foreign {
            let answer = browser.post_with(path, headers, &fields).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
    }
    assert_eq!(world.sim.writes().await, Vec::<serde_json::Value>::new());
    assert_eq!(browser.get("/").await.status, 200, "and nobody was signed out");
}

#[tokio::test]
async fn a_link_does_nothing() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for (path, fields) in doers(&browser).await {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let answer = browser.get(&format!("{path}?{query}")).await;
        assert!(matches!(answer.status, 404 | 405), "GET {path}: {}", answer.status);
    }
    assert_eq!(world.sim.writes().await, Vec::<serde_json::Value>::new());
    assert_eq!(browser.get("/").await.status, 200, "and nobody was signed out");
}

#[tokio::test]
async fn nothing_is_done_for_who_is_not_signed_in() {
    let world = World::start().await;
    let (adele, stranger) = (world.signed_in(ADELE).await, world.browser());
    for (path, fields) in doers(&adele).await {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = stranger.post(path, &fields).await;
        assert!(answer.location().starts_with("/sign-in"), "{path}: {}", answer.location());
    }
    for events in
        ["/events/overview?part=eligible-entra", "/events/requests/1c5b3a2e-0d5f-4a66-9f0e-0a1b2c3d4e5f"]
    {
        assert_eq!(stranger.get(events).await.status, 401, "{events}");
    }
    assert_eq!(world.sim.writes().await, Vec::<serde_json::Value>::new());
}

fn nonce(page: &Page) -> String {
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
    nonce.unwrap_or_else(|| panic!("{} has a nonce: {policy}", page.path)).to_owned()
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let stranger = world.browser();
    let answers = [
        (200, browser.get("/").await),
        (200, stranger.get("/sign-in").await),
        (400, stranger.get("/sign-in/failed?problem=clock").await),
        (404, browser.get("/nothing-here").await),
        (303, stranger.get("/").await),
        (303, stranger.get("/auth/sign-in").await),
        (302, browser.post("/do/refresh", &[]).await),
        (403, browser.post_with("/do/refresh", &[("sec-fetch-site", "cross-site")], &[]).await),
        (413, browser.post("/do/refresh", &[("q", &"a".repeat(300 * 1024))]).await),
        (401, stranger.get("/events/overview").await),
        (200, browser.get("/events/overview").await),
    ];
    let mut nonces = Vec::new();
    for (status, answer) in &answers {
        assert_eq!(answer.status, *status, "{}", answer.path);
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'self';"] {
            assert!(policy.contains(part), "{}: {policy}", answer.path);
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{name} on {} {}", answer.status, answer.path);
        }
        nonces.push(nonce(answer));
    }
    let count = nonces.len();
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!(nonces.len(), count, "no nonce is used twice");
}

#[tokio::test]
async fn a_portal_with_https_is_asked_by_nothing_else_any_more() {
    let sim = Sim::start(demo()).await;
    let on_https = |config: &mut server::config::Config| {
        config.public_url = "https://roles.contoso.example/".parse().expect("an origin");
    };
    let (open, secure) = (Portal::start(&sim).await, Portal::start_with(&sim, on_https).await);
    for (portal, expected) in [(open, None), (secure, Some("max-age=63072000"))] {
        for path in ["/sign-in", "/", "/nothing-here"] {
            let answer = portal.browser().get(path).await;
            let said =
                answer.headers.get("strict-transport-security").map(|value| value.to_str().expect("ASCII"));
            assert_eq!(said, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn no_page_has_a_script_or_a_style_that_the_policy_forbids() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[READER]).await;
    for page in [browser.get("/").await, plan, browser.get("/deactivate").await] {
        assert!(!page.body.contains("<style") && !page.body.contains(" style=\""), "{}", page.path);
        assert!(!page.body.contains(" onclick=") && !page.body.contains("javascript:"), "{}", page.path);
        let nonce = nonce(&page);
        for script in page.body.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap_or_default();
            let allowed = tag.contains(" src=\"/assets/") || tag.contains(&format!("nonce=\"{nonce}\""));
            assert!(allowed, "{}: <script{tag}>", page.path);
        }
    }
}

#[tokio::test]
async fn a_style_sheet_may_be_kept_for_ever() {
    let world = World::start().await;
    let browser = world.browser();
    let door = browser.get("/sign-in").await;
    let sheet = door.body.split('"').find(|text| text.starts_with("/assets/app-")).expect("a style sheet");
    let sheet = browser.get(sheet).await;
    assert_eq!((sheet.status, sheet.header("content-type")), (200, "text/css; charset=utf-8"));
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(sheet.header("x-content-type-options"), "nosniff");
    assert_eq!(sheet.set_cookie(SESSION), None);
}
