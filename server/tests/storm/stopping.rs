//! How a portal ends that is told to: it says so, ends its streams, answers who is there, and is gone.

use serde_json::json;
use sim_tenant::{Options, Running};

use crate::portal::Portal;
use crate::tenant::upn;
use crate::visit::{Browser, Control, client};
use crate::weather::Weather;

/// Long enough for everything that is asked of it meanwhile.
const DELAY: &str = "3";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_so_ends_its_streams_answers_who_is_there_and_is_gone() {
    let options = Options { tenant: crate::tenant::of(&Weather::small()), ..Options::ephemeral() };
    let tenant = Running::start(options).await.expect("the tenant starts");
    let portal = Portal::start_with(&tenant, 1, &[("SHUTDOWN_DELAY", DELAY), ("LOG", "info")]).await;
    let mut browser = Browser::new(&portal.url);
    let way = browser.begin_sign_in(&upn(0)).await.expect("a way back");
    assert_eq!(browser.get(&way).await.expect("an answer").location.as_deref(), Some("/"));
    let asked = async |path: &str| {
        let answer = client().get(portal.url.join(path).expect("a path")).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    assert_eq!(asked("readyz").await, (200, "ok".to_owned()));

    let events = browser.listen("/events/changes").await;
    // A page that takes longer than everything else here.
    Control::new(&tenant.control).post("latency", json!({ "plane": "*", "milliseconds": 1_500 })).await;
    let mut other = browser.clone();
    let page = tokio::spawn(async move { other.get("/").await.expect("an answer").body });
    portal.tell_to_stop();
    let ready = async {
        while asked("readyz").await.0 == 200 {
            tokio::task::yield_now().await;
        }
        asked("readyz").await
    };
    let ready = tokio::time::timeout(std::time::Duration::from_secs(2), ready).await.expect("it says so");
    assert_eq!(ready, (503, "the portal is stopping".to_owned()));
    assert_eq!(asked("healthz").await, (200, "ok".to_owned()));
    let heard = events.text().await.expect("the stream ends as streams do");
    assert!(heard.contains("retry: 1000") || heard.contains("retry:1000"), "{heard}");
    assert!(page.await.expect("no panic").contains("</html>"), "who was there is answered in full");

    assert!(portal.ended().await.success());
    assert!(browser.get("/healthz").await.is_none(), "nobody answers any more");
    assert!(portal.log().contains("the portal has stopped"), "{}", portal.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_does_not_keep_it() {
    let options = Options { tenant: crate::tenant::of(&Weather::small()), ..Options::ephemeral() };
    let tenant = Running::start(options).await.expect("the tenant starts");
    let settings = [("SHUTDOWN_GRACE", "1"), ("LOG", "info")];
    let portal = Portal::start_with(&tenant, 1, &settings).await;
    let mut browser = Browser::new(&portal.url);
    let way = browser.begin_sign_in(&upn(0)).await.expect("a way back");
    browser.get(&way).await.expect("an answer");
    // A write that is answered long after the portal has to be gone; the person waits half a second for it.
    let hanging = json!({ "plane": "graph", "method": "POST", "path_contains": "ScheduleRequests", "kind": "delay", "milliseconds": 4_000 });
    Control::new(&tenant.control).post("faults", hanging).await;
    browser.activate_first().await;
    portal.tell_to_stop();
    assert!(portal.ended().await.success());
    assert!(portal.log().contains("were put down"), "{}", portal.log());
}
