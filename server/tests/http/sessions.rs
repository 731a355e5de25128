//! How a session ends: by signing out, by not being used, and at last in any case.

use jiff::SignedDuration;

use crate::support::{ADELE, Browser, SESSION, World};

async fn vault_of(world: &World, browser: &Browser) -> String {
    world.session_record(browser).await["vault"].as_str().expect("a vault").to_owned()
}

async fn has_tokens(world: &World, vault: &str) -> bool {
    world.token_record(vault).await.is_some()
}

#[tokio::test]
async fn signing_out_deletes_the_tokens_and_the_session() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.get("/").await;
    let (kept, vault) = (Browser::with_cookies_of(&browser), vault_of(&world, &browser).await);
    assert!(has_tokens(&world, &vault).await);

    let out = browser.post("/auth/sign-out", &[]).await;
    assert_eq!((out.status, out.location()), (303, "/sign-in?signed_out=1"));
    assert_eq!(browser.cookie(SESSION), None, "the browser forgets the cookie");
    assert!(browser.get(out.location()).await.text().contains("the portal has deleted your tokens"));
    assert!(!has_tokens(&world, &vault).await);

    let calls = world.sim.calls().await.len();
    for path in ["/", "/deactivate", "/events/overview?part=eligible-entra"] {
        let page = kept.get(path).await;
        assert!(
            matches!(page.status, 303 | 401),
            "a copy of the cookie opens nothing: {path} {}",
            page.status
        );
    }
    assert_eq!(kept.post("/do/refresh", &[]).await.location(), "/sign-in");
    assert_eq!(world.sim.calls().await.len(), calls, "and makes no call");
}

#[tokio::test]
async fn a_session_ends_an_hour_after_its_last_use() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let vault = vault_of(&world, &browser).await;
    for _ in 0..3 {
        world.wait(SignedDuration::from_mins(59));
        assert_eq!(browser.get("/").await.status, 200, "use keeps it alive");
    }
    // An open page asks by itself; that is not use.
    world.wait(SignedDuration::from_mins(30));
    assert_eq!(browser.get("/events/overview").await.status, 200);
    world.wait(SignedDuration::from_mins(30));
    assert_eq!(browser.get("/").await.location(), "/sign-in");
    assert!(!has_tokens(&world, &vault).await, "its tokens are gone with it");
}

#[tokio::test]
async fn a_session_ends_ten_hours_after_sign_in_whatever_its_use() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for _ in 0..11 {
        world.wait(SignedDuration::from_mins(54));
        assert_eq!(browser.get("/deactivate").await.status, 200, "within ten hours");
    }
    let vault = vault_of(&world, &browser).await;
    world.wait(SignedDuration::from_mins(6));
    assert_eq!(browser.get("/deactivate").await.location(), "/sign-in?return_to=%2Fdeactivate");
    assert!(!has_tokens(&world, &vault).await);
}

#[tokio::test]
async fn two_replicas_refresh_a_token_once() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.get("/").await;
    let other = browser.at(world.portal.beside().await);
    assert_eq!(other.get("/").await.status, 200, "it knows the session");
    for round in 1..=3 {
        let before = world.sim.token_calls().await;
        // Within an hour of use, and beyond the end of every token. A page would read lists, and might still read them when the clock
        // has moved on: they would count as fresh.
        for _ in 0..2 {
            world.wait(SignedDuration::from_mins(50));
            assert_eq!(browser.post("/do/refresh", &[]).await.status, 302);
            assert_eq!(other.post("/do/refresh", &[]).await.status, 302);
        }
        let (one, two) = tokio::join!(browser.overview(), other.overview());
        assert_eq!((one.status, two.status), (200, 200));
        assert_eq!(
            world.sim.token_calls().await - before,
            2,
            "round {round}: one for Graph and one for Azure"
        );
    }
}
