//! The control port, and starting and stopping.

use std::net::TcpListener;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sim_tenant::tenant::{Tenant, demo};
use sim_tenant::{Options, Running};

use crate::support::{ADELE, ADELE_ID, Sim, entra};

const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

#[tokio::test]
async fn the_demo_tenant_is_what_it_promises() {
    let tenant = demo();
    assert!(tenant.personas.len() >= 5);
    let adele = tenant.entra.eligible.iter().filter(|e| e.who == "adele").count()
        + tenant.groups.eligible.iter().filter(|e| e.who == "adele").count()
        + tenant.azure.eligible.iter().filter(|e| e.who == "adele").count();
    assert_eq!(adele, 40, "two come through a group that she activates first, three have ended");
    assert!(tenant.personas.iter().all(|p| !p.summary.is_empty()));
    assert_eq!(tenant.persona(ADELE).map(|p| p.object_id.as_str()), Some(ADELE_ID));
}

#[tokio::test]
async fn a_seed_that_contradicts_itself_is_refused_with_the_reason() -> Result<()> {
    let sim = Sim::start().await?;
    let seed = include_str!("../../src/tenant/demo.toml");
    let broken = seed.replacen("policy = \"nothing-8h\"", "policy = \"no-such-policy\"", 1);
    assert!(
        format!("{:#}", Tenant::from_toml(&broken).err().context("accepted")?).contains("no-such-policy")
    );
    let response = sim.http.post(sim.running.control.join("/seed")?).body(broken).send().await?;
    assert_eq!(response.status(), 400);
    let response = sim
        .http
        .post(sim.running.control.join("/seed")?)
        .body(seed.replace("Adele Vance", "Adela Vance"))
        .send()
        .await?;
    assert_eq!(response.status(), 200);
    let personas = sim.control_get("/personas").await?;
    assert_eq!(personas[0]["displayName"], "Adela Vance");
    assert_eq!(sim.control_get("/healthz").await?["status"], "ok");
    Ok(())
}

#[tokio::test]
async fn calls_are_listed_faults_happen_as_often_as_ordered_and_reset_forgets() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    sim.control("/faults", json!({ "plane": "graph", "path_contains": "/me", "status": 503, "times": 2 }))
        .await?;
    let url = sim.graph_url("me");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = sim.http.get(&url).bearer_auth(&tokens.graph).header("client-request-id", "mine");
        statuses.push(request.send().await?.status().as_u16());
    }
    assert_eq!(statuses, [503, 503, 200]);
    let seen = sim.control_get("/requests").await?;
    let last = seen.as_array().and_then(|s| s.last()).context("nothing seen")?;
    assert_eq!(
        (&last["plane"], &last["method"], &last["path"]),
        (&json!("graph"), &json!("GET"), &json!("/v1.0/me"))
    );
    assert_eq!(
        (&last["status"], &last["clientRequestId"], &last["caller"]),
        (&json!(200), &json!("mine"), &json!(ADELE))
    );
    assert!(!seen.to_string().contains(&tokens.graph));
    sim.control("/reset", json!({})).await?;
    assert_eq!(sim.control_get("/requests").await?, json!([]));
    assert_eq!(sim.get(&tokens.graph, &url).await?.0, 401);
    Ok(())
}

#[tokio::test]
async fn an_answer_can_be_lost_before_or_after_the_commit() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let body = entra(ADELE_ID, READER, "/", "PT1H");
    for (kind, committed) in [("close_before", 0), ("close_after", 1)] {
        let order =
            json!({ "plane": "graph", "path_contains": "roleAssignmentScheduleRequests", "kind": kind });
        sim.control("/faults", order).await?;
        assert!(sim.entra_post(&tokens.graph, &body).await.is_err(), "{kind}");
        let ledger = sim.control_get("/ledger").await?;
        assert_eq!(ledger.as_array().map(Vec::len), Some(committed), "{kind}");
    }
    assert_eq!(sim.get(&tokens.graph, &sim.graph_url("me")).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn latency_holds_back_one_plane_only() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    sim.control("/latency", json!({ "plane": "azure", "milliseconds": 300 })).await?;
    sim.get(&tokens.graph, &sim.graph_url("me")).await?;
    sim.get(
        &tokens.azure,
        &sim.azure_url("subscriptions/5b000002-93d4-4e6a-8a0c-1f0000000002?api-version=2020-01-01"),
    )
    .await?;
    let seen = sim.control_get("/requests").await?;
    let elapsed = |plane: &str| {
        let of = |s: &&Value| s["plane"] == plane;
        seen.as_array()
            .and_then(|s| s.iter().rfind(of))
            .and_then(|s| s["elapsedMilliseconds"].as_u64())
            .unwrap_or(0)
    };
    assert!(elapsed("azure") >= 300, "{}", elapsed("azure"));
    assert!(elapsed("graph") < 300, "{}", elapsed("graph"));
    Ok(())
}

#[tokio::test]
async fn a_busy_port_is_named_with_its_flag() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?;
    let options = Options { graph: address, ..Options::ephemeral() };
    let message = format!("{:#}", Running::start(options).await.err().context("started")?);
    assert!(message.contains(&address.port().to_string()) && message.contains("--graph"), "{message}");
    Ok(())
}

#[tokio::test]
async fn pages_are_as_long_as_the_control_port_says() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    for role in [READER, "729827e3-9c14-49f7-bb1b-9608f156bbb8", "fe930be7-5e62-47db-91af-98c3a49a38b1"] {
        let (status, body) = sim.entra_post(&tokens.graph, &entra(ADELE_ID, role, "/", "PT1H")).await?;
        assert_eq!(status, 201, "{body}");
    }
    let url = sim.graph_url(
        "roleManagement/directory/roleAssignmentScheduleRequests/filterByCurrentUser(on='principal')",
    );
    for (size, expected) in [(2, 2), (1, 3), (100, 1)] {
        sim.control("/paging", json!({ "entra": size })).await?;
        let (rows, pages) = sim.rows(&tokens.graph, &url).await?;
        assert_eq!((rows.len(), pages), (3, expected), "{size}");
    }
    let (rows, pages) =
        sim.rows(&tokens.graph, &format!("{url}?$filter=roleDefinitionId eq '{READER}'")).await?;
    assert_eq!((rows.len(), pages), (1, 1));
    Ok(())
}
