//! `/status`: which plane works, and what support asks for of the call that failed last.

use jiff::SignedDuration;
use serde_json::json;

use crate::support::{ADELE, ALEX, World};

#[tokio::test]
async fn a_plane_that_fails_is_told_with_the_ids_until_it_works_again() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let page = browser.get("/status").await;
    assert_eq!((page.status, page.heading().as_str()), (200, "Status"));
    assert_eq!(page.body.matches("✓ Works now").count(), 3, "{}", page.text());
    assert_eq!(page.body.matches("No call has failed lately").count(), 3);

    let body = json!({ "error": { "code": "InternalServerError", "message": "Adele was here" } });
    world
        .sim
        .control("faults", json!({ "plane": "azure", "status": 500, "times": 1000, "body": body }))
        .await;
    let page = browser.get("/status").await;
    assert_eq!(page.body.matches("✓ Works now").count(), 2, "one plane never hurts another: {}", page.text());
    let text = page.text();
    for told in ["✗ Fails now", "500 InternalServerError", "Not since", "once"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    // Azure is asked several things at once; the failure that arrives last is the one that is told.
    let called = ["{scope}/providers/Microsoft.Authorization/", "/providers/Microsoft.", "/subscriptions"];
    assert!(called.iter().any(|path| text.contains(&format!("Call GET {path}"))), "{text}");
    assert!(!page.body.contains("Adele was here"), "no text of an answer");
    let ours = page.body.split("id=\"client-azure\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1));
    let ours = ours.and_then(|rest| rest.split('"').next()).expect("our id for the call");
    assert!(
        world.sim.calls().await.iter().any(|call| call.to_string().contains(ours)),
        "the tenant was told {ours}"
    );
    let notice = browser.get("/").await;
    assert!(notice.body.contains("href=\"/status\""), "the failure leads here");

    let alex = world.signed_in(ALEX).await;
    world.sim.end_faults().await;
    assert!(!alex.get("/status").await.body.contains(ours), "one person's failure is nobody else's");
    world.wait(SignedDuration::from_mins(1));
    let page = browser.get("/status").await;
    assert_eq!(page.body.matches("✓ Works now").count(), 3, "{}", page.text());
    assert!(page.text().contains("Since") && !page.text().contains("Not since"), "{}", page.text());
}
