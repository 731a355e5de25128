//! Signing in and out, and every way in which it does not work.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use sim_tenant::walk::Consent;

use crate::world::{Page, World};

const ADELE: &str = "adele@contoso.example";
const COOKIE: &str = "__Host-pim";

#[track_caller]
fn ends_with(page: &Page, problem: &str) {
    let expected = format!("/sign-in/failed?problem={problem}");
    assert!(page.location().starts_with(&expected), "{} is not {expected}", page.location());
}

#[tokio::test]
async fn signing_in_leads_where_the_person_wanted_to_go_and_nowhere_else() {
    let world = World::start().await;
    for (wanted, expected) in [
        ("/deactivate%3Frole%3Dentra%253Ax", "/deactivate?role=entra%3Ax"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("https://evil.example/", "/"),
        ("/%0D%0Aset-cookie:x", "/"),
    ] {
        let browser = world.browser();
        let start = format!("/auth/sign-in?return_to={wanted}");
        let back = browser.back_from_microsoft(&start, ADELE, Consent::Accept).await;
        assert_eq!(browser.get(&back).await.location(), expected, "{wanted}");
    }
}

#[tokio::test]
async fn the_session_is_one_opaque_cookie_with_a_new_id() {
    let world = World::start().await;
    let browser = world.browser();
    browser.set_cookie(COOKIE, "AAAAAAAAAAAAAAAAAAAAAA");
    let back = browser.back_from_microsoft("/auth/sign-in", ADELE, Consent::Accept).await;
    let landed = browser.get(&back).await;
    let cookies: Vec<_> =
        landed.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("__Host-pim=")).expect("a session cookie");
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(part), "{session} lacks {part}");
    }
    let first = browser.cookie(COOKIE).expect("signed in");
    assert_ne!(first, "AAAAAAAAAAAAAAAAAAAAAA");

    // Signing in again replaces the session; the old id is worth nothing.
    let back = browser.back_from_microsoft("/auth/sign-in", ADELE, Consent::Accept).await;
    browser.get(&back).await;
    assert_ne!(browser.cookie(COOKIE).expect("signed in"), first);
    let stale = world.browser();
    stale.set_cookie(COOKIE, &first);
    assert_eq!(stale.get("/").await.location(), "/sign-in");
}

#[tokio::test]
async fn a_sign_in_that_fails_says_what_happened_and_offers_the_next_step() {
    let world = World::start().await;
    let browser = world.browser();
    let declined = browser.back_from_microsoft("/auth/sign-in", ADELE, Consent::Decline).await;
    ends_with(&browser.get(&declined).await, "declined");

    world.control("/consent", json!({ "mode": "admin_required" })).await;
    let back = browser.back_from_microsoft("/auth/sign-in", ADELE, Consent::Accept).await;
    let page = browser.get(&back).await;
    ends_with(&page, "consent");
    let page = browser.get(page.location()).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.says("An administrator has to consent first");
    page.says("Grant the permissions for the organisation");
    page.says("Sign in again");
    world.control("/consent", json!({ "mode": "user", "granted": true })).await;

    for (spoiled, problem) in [
        ("wrong_tenant_token", "tenant"),
        ("skewed_clock", "clock"),
        ("wrong_nonce", "id-token"),
        ("wrong_audience", "id-token"),
        ("bad_signature", "id-token"),
        ("alg_none", "id-token"),
        ("no_oid", "id-token"),
    ] {
        world.control("/sign-in", json!({ "next": spoiled })).await;
        let browser = world.browser();
        let back = browser.back_from_microsoft("/auth/sign-in", ADELE, Consent::Accept).await;
        let page = browser.get(&back).await;
        ends_with(&page, problem);
        browser.get(page.location()).await.says("Sign in again");
        assert_eq!(browser.get("/").await.location(), "/sign-in", "{spoiled} signed somebody in");
    }
}

#[tokio::test]
async fn a_callback_counts_once_in_time_and_in_its_own_browser() {
    let world = World::start().await;
    let browser = world.browser();
    let back = browser.back_from_microsoft("/auth/sign-in", ADELE, Consent::Accept).await;
    ends_with(&world.browser().get(&back).await, "browser");
    assert_eq!(browser.get(&back).await.location(), "/");
    ends_with(&browser.get(&back).await, "replayed");

    let browser = world.browser();
    let late = browser.back_from_microsoft("/auth/sign-in", ADELE, Consent::Accept).await;
    world.clock.advance(SignedDuration::from_mins(11));
    ends_with(&browser.get(&late).await, "expired");
    ends_with(&browser.get("/auth/callback?code=x&state=never-heard-of").await, "unknown");
}

#[tokio::test]
async fn signing_out_deletes_the_session_and_the_cookie() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let session = browser.cookie(COOKIE).expect("signed in");
    let (_, page) = browser.submit("/auth/sign-out", &[]).await;
    page.says("You are signed out");
    assert_eq!(browser.cookie(COOKIE), None);
    browser.set_cookie(COOKIE, &session);
    assert_eq!(browser.get("/").await.location(), "/sign-in");
}

#[tokio::test]
async fn a_session_ends_when_idle_and_at_the_end_of_the_day() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_mins(50));
        assert_eq!(browser.get("/deactivate").await.status, StatusCode::OK);
    }
    world.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(browser.get("/").await.location(), "/sign-in");

    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for _ in 0..11 {
        world.clock.advance(SignedDuration::from_mins(50));
        assert_eq!(browser.get("/deactivate").await.status, StatusCode::OK);
    }
    world.clock.advance(SignedDuration::from_mins(51));
    assert_eq!(browser.get("/").await.location(), "/sign-in");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_its_own_nonce() {
    let world = World::start().await;
    let browser = world.browser();
    let mut policies = Vec::new();
    for path in ["/sign-in", "/", "/sign-in/failed?problem=clock"] {
        let page = browser.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(page.headers.get(name).expect(name), value, "{path}");
        }
        let policy =
            page.headers.get("content-security-policy").expect("a policy").to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'nonce-"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        policies.push(policy);
    }
    policies.dedup();
    assert_eq!(policies.len(), 3, "a nonce was used twice");
}
