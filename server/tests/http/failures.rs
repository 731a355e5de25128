//! What stands where a page should be when something is refused: a page of the portal's own, with the right status.

use jiff::SignedDuration;

use crate::support::{ADELE, Page, World};

fn assert_is_page(page: &Page, status: u16, heading: &str) {
    assert_eq!((page.status, page.heading().as_str()), (status, heading), "{}", page.body);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.header("content-type"));
    assert!(page.body.contains("rel=\"stylesheet\"") && page.body.contains("<title>"), "{}", page.body);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
}

#[tokio::test]
async fn a_wrong_address_a_visit_to_a_form_and_a_batch_that_is_not_there_are_pages() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for path in ["/nowhere", "/requests/not-an-id", "/requests/6f1c7a50-0000-4000-8000-000000000000"] {
        assert_is_page(&browser.get(path).await, 404, "There is nothing here");
    }
    assert_is_page(&browser.get("/do/select").await, 405, "This address takes a form");
    assert_is_page(&browser.get("/auth/step-up/not/ids").await, 400, "This could not be understood");
}

#[tokio::test]
async fn a_form_that_is_too_large_or_from_elsewhere_is_refused_on_a_page() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let own = [("accept", "text/html"), ("sec-fetch-site", "same-origin")];
    let large = "x".repeat(300 * 1024);
    let page = browser.post_with("/do/import-profiles", &own, &[("file", &large)]).await;
    assert_is_page(&page, 413, "That is too much at once");
    let foreign = [("accept", "text/html"), ("origin", "https://elsewhere.example")];
    let page = browser.post_with("/do/refresh", &foreign, &[]).await;
    assert_is_page(&page, 403, "This did not come from the portal");
    assert!(page.text().contains("request id"), "{}", page.text());
}

#[tokio::test]
async fn what_no_browser_shows_as_a_page_keeps_its_bare_status() {
    let world = World::start().await;
    let browser = world.browser();
    let answer = browser.fetch("/events/session").await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
}

#[tokio::test]
async fn an_open_page_learns_when_its_session_ends_without_using_it_and_can_lengthen_it() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let ends = async |page: Page| {
        assert_eq!(page.status, 200, "{}", page.body);
        let told: serde_json::Value = serde_json::from_str(&page.body).expect("JSON");
        let now = world.portal.clock_now().as_millisecond();
        let left = |name: &str| (told[name].as_i64().expect("milliseconds") - now) / 60_000;
        (left("idle"), left("last"))
    };
    assert_eq!(ends(browser.get("/events/session").await).await, (60, 600));
    world.wait(SignedDuration::from_mins(56));
    assert_eq!(ends(browser.get("/events/session").await).await, (4, 544), "asking is no use");
    assert_eq!(ends(browser.post("/session", &[]).await).await, (60, 544));
    world.wait(SignedDuration::from_mins(59));
    assert_eq!(browser.get("/requests").await.status, 200, "it was lengthened");
    world.wait(SignedDuration::from_mins(60));
    assert_eq!(browser.get("/events/session").await.status, 401);
    assert_eq!(browser.post("/session", &[]).await.location(), "/sign-in");
}

#[tokio::test]
async fn the_portal_can_be_installed_and_registers_no_service_worker() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let manifest = browser.get("/manifest.webmanifest").await;
    assert_eq!((manifest.status, manifest.header("content-type")), (200, "application/manifest+json"));
    let told: serde_json::Value = serde_json::from_str(&manifest.body).expect("JSON");
    assert_eq!((told["start_url"].as_str(), told["display"].as_str()), (Some("/"), Some("standalone")));
    let icons = told["icons"].as_array().expect("icons");
    assert_eq!(icons.len(), 3);
    for icon in icons {
        let icon_file = browser.get(icon["src"].as_str().expect("an address")).await;
        assert_eq!((icon_file.status, Some(icon_file.header("content-type"))), (200, icon["type"].as_str()));
    }
    for path in ["/", "/sign-in"] {
        let page = browser.get(path).await;
        assert!(page.body.contains("rel=\"manifest\" href=\"/manifest.webmanifest\""), "{path}");
        assert!(page.header("content-security-policy").contains("manifest-src 'self'"));
        assert!(!page.body.contains("serviceWorker"), "{path}");
    }
    for path in ["/sw.js", "/service-worker.js"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_open_page_learns_which_roles_end_and_no_others() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let ends = browser.get("/events/ends").await;
    assert_eq!(ends.body, "[]", "nothing is active");
    browser.activate(&["Global Reader, Directory"], "Short").await;
    let until = browser.get("/").await;
    let ends = browser.get("/events/ends").await;
    let told: serde_json::Value = serde_json::from_str(&ends.body).expect("JSON");
    let one = &told[0];
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(one["name"], "Global Reader");
    assert!(until.body.contains(&format!("data-left=\"{}\"", one["until"])), "as on the overview: {told}");
    assert!(until.body.contains(&format!("value=\"{}\"", one["key"].as_str().expect("a key"))));
}
