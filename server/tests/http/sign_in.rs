//! Signing in: where it ends when it works, and what is said when it does not.

use jiff::SignedDuration;
use serde_json::json;
use sim_tenant::walk::Consent;
use url::Url;

use crate::support::{ADELE, ALEX, Browser, NESTOR, Page, SESSION, World};

/// The sign-in ended on the page for `problem`, which says what happened and offers the next step; nobody is signed in.
async fn assert_failed(browser: &Browser, landed: &Page, problem: &str, heading: &str) {
    assert_eq!(landed.status, 303);
    let location = landed.location();
    let fits = location.split('&').next() == Some(&format!("/sign-in/failed?problem={problem}"));
    assert!(fits, "{problem}: {location}");
    let page = browser.get(location).await;
    assert_eq!((page.status, page.heading().as_str()), (400, heading));
    assert_eq!(page.link("Sign in again").as_deref(), Some("/auth/sign-in"));
    assert_eq!(browser.cookie(SESSION), None, "nobody is signed in");
    assert_eq!(browser.get("/").await.location(), "/sign-in");
}

#[tokio::test]
async fn it_ends_where_the_person_wanted_to_go() {
    let world = World::start().await;
    let browser = world.browser();
    let wanted = "/?plane=azure&q=key+vault";
    let gate = browser.get(wanted).await;
    assert_eq!(gate.status, 303);
    let door = browser.get(gate.location()).await;
    let link = door.link("Sign in").expect("a way in");
    assert_eq!(link, "/auth/sign-in?return_to=%2F%3Fplane%3Dazure%26q%3Dkey%2Bvault", "it remembers");

    let landed = browser.sign_in(ADELE, wanted).await;
    assert_eq!((landed.status, landed.location()), (303, wanted));
    let page = browser.get(wanted).await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Overview"));
    assert!(page.text().contains("Adele Vance"));
}

#[tokio::test]
async fn the_browser_gets_cookies_that_only_this_host_gets_back() {
    let world = World::start().await;
    let browser = world.browser();
    let landed = browser.sign_in(ADELE, "/").await;
    let begun = &browser.seen()[0];
    // The binding stays as long as the portal remembers the sign-in: whoever comes too late is told so, and not "another browser".
    for (page, name, life) in [(&landed, SESSION, 36_000), (begun, "__Host-pim-auth", 3_600)] {
        let cookie = page.set_cookie(name).expect("a cookie");
        let mut attributes: Vec<_> = cookie.split("; ").skip(1).map(str::to_ascii_lowercase).collect();
        attributes.sort_unstable();
        let age = attributes.remove(1);
        assert_eq!(attributes, ["httponly", "path=/", "samesite=lax", "secure"], "{name}");
        let seconds: i64 = age.strip_prefix("max-age=").and_then(|age| age.parse().ok()).expect("a life");
        assert!((life - 5..=life).contains(&seconds), "{name} lives {seconds} s");
    }
}

#[tokio::test]
async fn a_new_sign_in_has_a_new_session_and_ends_the_one_before() {
    let world = World::start().await;
    let browser = world.signed_in(ALEX).await;
    let before = Browser::with_cookies_of(&browser);
    assert!(before.get("/").await.text().contains("Alex Wilber"));

    assert_eq!(browser.sign_in(ADELE, "/").await.location(), "/");
    assert_ne!(browser.cookie(SESSION), before.cookie(SESSION));
    assert!(browser.get("/").await.text().contains("Adele Vance"));
    assert_eq!(before.get("/").await.location(), "/sign-in", "the old id opens nothing");
}

#[tokio::test]
async fn who_declines_is_told_so() {
    let world = World::start().await;
    let browser = world.browser();
    let landed = browser.sign_in_and(ADELE, "/", Consent::Decline).await;
    assert_failed(&browser, &landed, "declined", "You declined the permissions").await;
}

#[tokio::test]
async fn who_may_not_consent_is_given_a_link_for_an_administrator() {
    let world = World::start().await;
    world.sim.control("consent", json!({ "mode": "admin_required" })).await;
    let browser = world.browser();
    let landed = browser.sign_in(NESTOR, "/").await;
    assert_failed(&browser, &landed, "consent", "An administrator has to consent first").await;
    let page = browser.get(landed.location()).await;
    assert!(page.body.contains("/adminconsent?"), "{}", page.body);

    world.sim.control("consent", json!({ "granted": true })).await;
    assert_eq!(browser.sign_in(NESTOR, "/").await.location(), "/", "once granted, it works");
}

/// The `state` that the portal sends to the consent page.
async fn asked_for_consent(browser: &Browser) -> String {
    let begun = browser.get("/auth/consent").await;
    let url = Url::parse(begun.location()).expect("an absolute address");
    assert!(url.path().ends_with("/v2.0/adminconsent"), "{url}");
    let state = url.query_pairs().find(|(name, _)| name == "state").expect("a state");
    state.1.into_owned()
}

#[tokio::test]
async fn an_administrator_who_granted_signs_in_and_sees_what_the_tokens_carry() {
    let world = World::start().await;
    let browser = world.browser();
    let state = asked_for_consent(&browser).await;
    let answer = format!("/auth/admin-consent?admin_consent=True&tenant=x&state={state}");
    let stranger = world.browser();
    assert_eq!(stranger.get(&answer).await.location(), "/sign-in/consented?outcome=granted", "not its own");
    assert_eq!(browser.get(&answer).await.location(), "/auth/sign-in?return_to=%2Fpermissions");
    assert_eq!(browser.get("/").await.location(), "/sign-in", "the answer alone signs nobody in");
    assert_eq!(browser.get(&answer).await.location(), "/sign-in/consented?outcome=granted", "once");
    let landed = browser.sign_in(ADELE, "/permissions").await;
    assert_eq!(browser.get(landed.location()).await.heading(), "Permissions");
}

#[tokio::test]
async fn an_administrator_who_declined_is_told_so_whatever_else_the_answer_says() {
    let world = World::start().await;
    let browser = world.browser();
    let state = asked_for_consent(&browser).await;
    let answer = format!("/auth/admin-consent?admin_consent=True&error=consent_required&state={state}");
    assert_failed(&browser, &browser.get(&answer).await, "declined", "You declined the permissions").await;
}

#[tokio::test]
async fn an_administrator_who_was_sent_the_link_understands_what_it_was_about() {
    let world = World::start().await;
    for (answer, heading) in [
        ("admin_consent=True&tenant=x&state=portal", "Microsoft has taken your answer"),
        ("admin_consent=True&tenant=x&state=cli", "Microsoft has taken your answer"),
        ("admin_consent=True&error=access_denied&state=bicep", "The permissions were not granted"),
        ("", "Microsoft has taken your answer"),
        ("state=%3Cscript%3E&error=%3Cscript%3E", "The permissions were not granted"),
    ] {
        let browser = world.browser();
        let back = browser.get(&format!("/auth/admin-consent?{answer}")).await;
        let page = browser.get(back.location()).await;
        assert_eq!((page.status, page.heading().as_str()), (200, heading), "{answer}");
        assert!(!page.body.contains("<script>"), "{answer}");
        assert_eq!(browser.get("/").await.location(), "/sign-in", "nobody is signed in by it");
    }
    let odd = world.browser().get("/sign-in/consented?outcome=%3Cb%3Eyou+won%3C/b%3E").await;
    assert!(!odd.body.contains("you won"), "{}", odd.body);
    let elsewhere = world.browser().get("/auth/consent?tenant=0ddba11e-0000-4000-8000-00000000e15e").await;
    assert!(elsewhere.location().starts_with("/sign-in/failed?problem=tenant"), "{}", elsewhere.location());
}

#[tokio::test]
async fn an_id_token_that_is_not_right_signs_nobody_in() {
    let world = World::start().await;
    let not_passed = ("id-token", "Sign-in did not work");
    for (spoilt, (problem, heading)) in [
        ("wrong_tenant_token", ("tenant", "That account belongs to another organisation")),
        ("skewed_clock", ("clock", "The clocks do not agree")),
        ("expired", ("clock", "The clocks do not agree")),
        ("wrong_nonce", not_passed),
        ("no_nonce", not_passed),
        ("wrong_audience", not_passed),
        ("wrong_issuer", not_passed),
        ("bad_signature", not_passed),
        ("unknown_key", not_passed),
        ("alg_none", not_passed),
        ("old_version", not_passed),
        ("no_oid", not_passed),
        ("missing", ("protocol", "Sign-in did not work")),
    ] {
        world.sim.control("sign-in", json!({ "next": spoilt })).await;
        let browser = world.browser();
        let landed = browser.sign_in(ADELE, "/").await;
        assert_failed(&browser, &landed, problem, heading).await;
    }
    assert_eq!(world.browser().sign_in(ADELE, "/").await.location(), "/", "a good one does");
}

#[tokio::test]
async fn a_sign_in_has_to_be_finished_within_ten_minutes() {
    let world = World::start().await;
    let browser = world.browser();
    let back = browser.to_callback(ADELE, "/", Consent::Accept).await;
    world.wait(SignedDuration::from_mins(11));
    let landed = browser.get(&back).await;
    assert_failed(&browser, &landed, "expired", "Sign-in took too long").await;
}

#[tokio::test]
async fn a_callback_works_once() {
    let world = World::start().await;
    let browser = world.browser();
    let back = browser.to_callback(ADELE, "/", Consent::Accept).await;
    assert_eq!(browser.get(&back).await.location(), "/");

    let again = browser.get(&back).await;
    assert!(again.location().starts_with("/sign-in/failed?problem=replayed"), "{}", again.location());
    assert_eq!(browser.get(again.location()).await.heading(), "This sign-in was used already");
    assert!(browser.get("/").await.text().contains("Adele Vance"), "the first sign-in stands");
}

#[tokio::test]
async fn a_callback_belongs_to_the_browser_that_began_it() {
    let world = World::start().await;
    let mine = world.browser();
    let back = mine.to_callback(ADELE, "/", Consent::Accept).await;
    for other in [world.browser(), {
        let begun = world.browser();
        begun.get("/auth/sign-in").await;
        begun
    }] {
        let landed = other.get(&back).await;
        assert_failed(&other, &landed, "browser", "This sign-in was started in another browser").await;
    }
    assert_eq!(mine.get(&back).await.location(), "/", "it was not used up");
}

#[tokio::test]
async fn a_callback_that_nobody_began_signs_nobody_in() {
    let world = World::start().await;
    for (path, problem, heading) in [
        ("/auth/callback", "protocol", "Sign-in did not work"),
        ("/auth/callback?code=stolen", "protocol", "Sign-in did not work"),
        ("/auth/callback?code=stolen&state=made-up", "unknown", "This sign-in was used already"),
        ("/auth/callback?error=access_denied&state=made-up", "unknown", "This sign-in was used already"),
    ] {
        let browser = world.browser();
        let landed = browser.get(path).await;
        assert_failed(&browser, &landed, problem, heading).await;
    }
}

#[tokio::test]
async fn nobody_is_sent_away_from_the_portal() {
    let world = World::start().await;
    let browser = world.browser();
    for elsewhere in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\r\nset-cookie: a=b",
        "/\0",
        "/..//evil.example",
        "javascript:alert(1)",
        "",
    ] {
        let landed = browser.sign_in(ADELE, elsewhere).await;
        assert_eq!(landed.location(), "/", "{elsewhere:?}");
    }
}
