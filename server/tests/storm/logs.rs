//! What a portal logs for machines: one JSON object a line, each of a request with its id, each call with the ids of both sides.

use serde_json::Value;
use sim_tenant::{Options, Running};

use crate::portal::Portal;
use crate::tenant::upn;
use crate::visit::{Browser, Control};
use crate::weather::Weather;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_is_json_and_every_call_can_be_found_at_both_sides() {
    let options = Options { tenant: crate::tenant::of(&Weather::small()), ..Options::ephemeral() };
    let tenant = Running::start(options).await.expect("the tenant starts");
    let settings = [("LOG_FORMAT", "json"), ("LOG", "info,transport=debug")];
    let portal = Portal::start_with(&tenant, 1, &settings).await;
    let mut browser = Browser::new(&portal.url);
    let way = browser.begin_sign_in(&upn(0)).await.expect("a way back");
    browser.get(&way).await.expect("an answer");
    browser.get("/").await.expect("an answer");
    portal.tell_to_stop();
    portal.ended().await;

    let log = portal.log();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let calls: Vec<&Value> = lines.iter().filter(|line| line["message"] == "answered").collect();
    assert!(!calls.is_empty(), "{log}");
    let received = Control::new(&tenant.control).get("requests").await.to_string();
    for call in calls {
        let spans = call["spans"].as_array().expect("spans");
        let request = spans.iter().find(|span| span["name"] == "request").unwrap_or_else(|| panic!("{call}"));
        assert!(request["request_id"].as_str().is_some_and(|id| id.len() == 36), "{call}");
        let ours = call["client_request_id"].as_str().expect("our id");
        assert!(received.contains(ours), "the tenant was told {ours}");
        let theirs = call["correlation_id"].as_str().expect("their id");
        assert_ne!(ours, theirs);
    }
    let code = url::Url::parse(&format!("http://portal{way}")).expect("an address");
    let code = code.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    assert!(!log.contains(&code), "no code is logged");
}
