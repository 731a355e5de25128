//! Whether the portal lives, and whether it can serve people.

use crate::support::{ADELE, Page, World};

fn told(page: &Page) -> (u16, &str) {
    (page.status, &page.body)
}

#[tokio::test]
async fn it_is_ready_while_its_store_answers_and_asks_microsoft_nothing() {
    let world = World::start().await;
    let anybody = world.portal.browser();
    assert_eq!(told(&anybody.get("/healthz").await), (200, "ok"));
    assert_eq!(told(&anybody.get("/readyz").await), (200, "ok"));
    assert_eq!(world.sim.calls().await.len(), 0, "an outage at Microsoft must not take the portal away");

    world.portal.state.close().await;
    assert_eq!(told(&anybody.get("/healthz").await), (200, "ok"), "starting it again would not help");
    assert_eq!(told(&anybody.get("/readyz").await), (503, "the store fails"));
}

#[tokio::test]
async fn on_its_way_down_it_is_not_ready_and_still_serves_who_is_there() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    world.portal.state.lifecycle.stop();
    assert_eq!(told(&browser.get("/readyz").await), (503, "the portal is stopping"));
    assert_eq!(told(&browser.get("/healthz").await), (200, "ok"));
    assert_eq!(browser.get("/settings").await.status, 200);
}
