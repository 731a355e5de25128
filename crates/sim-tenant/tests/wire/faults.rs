//! Faults on order, storms from a seed, and what the journal keeps of it all.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, Sim, entra};

const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

/// What a client gets to see of one call.
#[derive(Debug, PartialEq)]
enum Seen {
    NoAnswer,
    /// Status, and then the body ended too early.
    Cut(u16),
    Bytes(u16, Vec<u8>),
}

impl Seen {
    fn json(&self) -> Option<Value> {
        match self {
            Self::Bytes(_, bytes) => serde_json::from_slice(bytes).ok(),
            _ => None,
        }
    }

    fn status(&self) -> Option<u16> {
        match self {
            Self::NoAnswer => None,
            Self::Cut(status) | Self::Bytes(status, _) => Some(*status),
        }
    }
}

async fn see(sim: &Sim, method: &str, token: &str, url: &str, body: Option<&Value>) -> Seen {
    let Ok(response) = sim.send(method, token, url, body).await else { return Seen::NoAnswer };
    let status = response.status().as_u16();
    response.bytes().await.map_or(Seen::Cut(status), |bytes| Seen::Bytes(status, bytes.to_vec()))
}

async fn committed(sim: &Sim) -> Result<usize> {
    sim.control_get("/ledger").await?.as_array().map(Vec::len).context("no ledger")
}

/// Orders a fault for the next Entra write, writes, and says what came back and whether it was committed.
async fn write_under(sim: &Sim, fault: Value) -> Result<(Seen, bool)> {
    sim.control("/reset", json!({})).await?;
    let token = sim.sign_in(ADELE).await?.graph;
    let mut order = json!({ "plane": "graph", "method": "POST" });
    if let (Value::Object(order), Value::Object(fault)) = (&mut order, fault) {
        order.extend(fault);
    }
    sim.control("/faults", order).await?;
    let url = sim.graph_url("roleManagement/directory/roleAssignmentScheduleRequests");
    let seen = see(sim, "POST", &token, &url, Some(&entra(ADELE_ID, READER, "/", "PT1H"))).await;
    Ok((seen, committed(sim).await? == 1))
}

#[tokio::test]
async fn every_kind_shows_the_client_what_it_says_and_commits_when_it_says_so() -> Result<()> {
    let sim = Sim::start().await?;
    for (kind, status, commits) in [
        ("answer", Some(503), false),
        ("answer_after", Some(503), true),
        ("throttled", Some(429), false),
        ("throttled_bare", Some(429), false),
        ("throttled_zero", Some(429), false),
        ("close_before", None, false),
        ("close_after", None, true),
        ("close_middle", Some(201), true),
        ("truncated", Some(200), false),
        ("truncated_after", Some(201), true),
        ("html", Some(200), false),
        ("html_after", Some(201), true),
        ("empty", Some(200), false),
        ("empty_after", Some(201), true),
        ("wrong_type", Some(200), false),
        ("wrong_type_after", Some(201), true),
        ("invalid_utf8", Some(200), false),
        ("invalid_utf8_after", Some(201), true),
        ("delay", Some(201), true),
    ] {
        let (seen, went_through) = write_under(&sim, json!({ "kind": kind, "milliseconds": 1 })).await?;
        assert_eq!((seen.status(), went_through), (status, commits), "{kind}: {seen:?}");
        let readable = seen.json().is_some_and(|body| body.is_object());
        assert_eq!(
            readable,
            kind.starts_with("answer") || kind.starts_with("throttled") || kind == "delay",
            "{kind}: {seen:?}"
        );
        assert_eq!(matches!(seen, Seen::Cut(_)), kind == "close_middle", "{kind}: {seen:?}");
        let report = sim.control_get("/faults").await?;
        assert_eq!(
            (&report["injected"]["total"], &report["orders"]),
            (&json!(1), &json!(0)),
            "{kind}: {report}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn retry_after_is_there_missing_or_zero_as_ordered() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    for (kind, value) in [("throttled", Some("1")), ("throttled_bare", None), ("throttled_zero", Some("0"))] {
        sim.control("/faults", json!({ "plane": "graph", "kind": kind })).await?;
        let response = sim.send("GET", &tokens.graph, &sim.graph_url("me"), None).await?;
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers().get("retry-after").map(|v| v.to_str()).transpose()?, value, "{kind}");
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_may_carry_another_status() -> Result<()> {
    let sim = Sim::start().await?;
    let (seen, went_through) = write_under(&sim, json!({ "kind": "html_after", "status": 502 })).await?;
    assert_eq!((seen.status(), went_through), (Some(502), true));
    let (seen, went_through) = write_under(&sim, json!({ "kind": "answer_after", "status": 500 })).await?;
    assert_eq!((seen.status(), went_through), (Some(500), true));
    Ok(())
}

/// A fixed run of calls under a storm: statuses as seen, and the storm's own count.
async fn run(sim: &Sim, seed: u64) -> Result<(Vec<Option<u16>>, Value)> {
    sim.control("/reset", json!({})).await?;
    let tokens = sim.sign_in(ADELE).await?;
    sim.control("/faults", json!({ "storm": { "seed": seed, "rate": 0.3, "milliseconds": 2 } })).await?;
    let mut statuses = Vec::new();
    let azure = sim.azure_url("providers/Microsoft.Authorization/roleAssignmentScheduleInstances?api-version=2020-10-01&$filter=asTarget()");
    for _ in 0..60 {
        statuses.push(see(sim, "GET", &tokens.graph, &sim.graph_url("me"), None).await.status());
        statuses.push(see(sim, "GET", &tokens.azure, &azure, None).await.status());
    }
    Ok((statuses, sim.control_get("/faults").await?))
}

#[tokio::test]
async fn a_storm_is_the_same_again_from_the_same_seed() -> Result<()> {
    let sim = Sim::start().await?;
    let (first, report) = run(&sim, 7).await?;
    let (again, same) = run(&sim, 7).await?;
    let (other, _) = run(&sim, 8).await?;
    assert_eq!((&first, &report), (&again, &same));
    assert_ne!(first, other);
    let hit = report["injected"]["total"].as_u64().context("no total")?;
    assert!((15..=60).contains(&hit), "{report}");
    assert_eq!((&report["storm"]["calls"], &report["storm"]["hit"]), (&json!(120), &json!(hit)));
    let kinds = report["injected"]["kinds"].as_object().context("no kinds")?;
    assert!(kinds.len() > 5, "{report}");
    assert_eq!(kinds.values().filter_map(Value::as_u64).sum::<u64>(), hit);
    let marked = sim.control_get("/requests").await?;
    assert!(marked.as_array().is_some_and(|calls| calls.iter().any(|call| call["fault"].is_string())));
    // The end of the storm keeps the count and hits nothing more.
    sim.http.delete(sim.running.control.join("/faults")?).send().await?;
    let tokens = sim.sign_in(ADELE).await?;
    for _ in 0..20 {
        assert_eq!(sim.get(&tokens.graph, &sim.graph_url("me")).await?.0, 200);
    }
    let after = sim.control_get("/faults").await?;
    assert_eq!(after["storm"], Value::Null);
    assert!(after["injected"]["total"].as_u64() > Some(0));
    Ok(())
}

#[tokio::test]
async fn a_storm_keeps_to_its_planes_and_kinds_and_reaches_into_a_batch() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let storm = json!({ "seed": 1, "rate": 1.0, "planes": ["azure"], "kinds": ["throttled"] });
    sim.control("/faults", json!({ "storm": storm })).await?;
    assert_eq!(sim.get(&tokens.graph, &sim.graph_url("me")).await?.0, 200);
    let subscription =
        sim.azure_url("subscriptions/5b000002-93d4-4e6a-8a0c-1f0000000002?api-version=2020-01-01");
    assert_eq!(sim.get(&tokens.azure, &subscription).await?.0, 429);

    // Closing a connection cannot happen to one call of a batch; a 429 can, beside others that are answered.
    let batch = json!({ "requests": (0..20).map(|n| json!({ "id": n.to_string(), "method": "GET", "url": "/me" })).collect::<Vec<_>>() });
    let storm =
        json!({ "seed": 3, "rate": 0.5, "planes": ["graph"], "kinds": ["throttled", "close_before"] });
    sim.control("/faults", json!({ "storm": storm })).await?;
    let mut inner = Vec::new();
    for _ in 0..10 {
        let seen = see(&sim, "POST", &tokens.graph, &sim.graph_url("$batch"), Some(&batch)).await;
        if let (Some(200), Some(body)) = (seen.status(), seen.json()) {
            let answers = body["responses"].as_array().cloned().unwrap_or_default();
            inner.extend(answers.iter().filter_map(|answer| answer["status"].as_u64()));
            let throttled = answers.iter().filter(|answer| answer["status"] == 429);
            assert!(throttled.clone().all(|answer| answer["headers"]["retry-after"] == "1"), "{body}");
        }
    }
    assert!(inner.contains(&429) && inner.contains(&200), "{inner:?}");
    assert!(inner.iter().all(|status| [200, 429].contains(status)), "{inner:?}");
    Ok(())
}

#[tokio::test]
async fn an_order_that_makes_no_sense_is_refused() -> Result<()> {
    let sim = Sim::start().await?;
    for order in [
        json!({ "storm": { "seed": 1, "rate": 1.5 } }),
        json!({ "storm": { "seed": 1, "rate": 0.5, "planes": ["mars"] } }),
        json!({ "storm": { "seed": 1, "rate": 0.5, "kinds": ["plague"] } }),
        json!({ "storm": { "seed": 1, "rate": 0.5 }, "plane": "graph" }),
        json!({ "plane": "graph", "kind": "plague" }),
    ] {
        assert!(sim.control("/faults", order.clone()).await.is_err(), "{order}");
    }
    Ok(())
}

#[tokio::test]
async fn only_the_newest_calls_are_kept() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    sim.control("/requests", json!({ "keep": 3 })).await?;
    for n in 0..5 {
        sim.get(&tokens.graph, &sim.graph_url(&format!("me?$select=id&n={n}"))).await?;
    }
    let seen = sim.control_get("/requests").await?;
    let queries: Vec<&str> =
        seen.as_array().context("a list")?.iter().filter_map(|s| s["query"].as_str()).collect();
    assert_eq!(queries, ["$select=id&n=2", "$select=id&n=3", "$select=id&n=4"]);
    sim.http.delete(sim.running.control.join("/requests")?).send().await?;
    assert_eq!(sim.control_get("/requests").await?, json!([]));
    Ok(())
}
