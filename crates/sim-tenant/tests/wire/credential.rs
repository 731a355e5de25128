//! Client authentication: what a registration on the platform "Web" asks for, and where assertions come from.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sim_tenant::IDENTITY_HEADER;
use sim_tenant::tenant::{DEMO_CLIENT_ID, DEMO_TENANT_ID};

use crate::support::{ADELE, Sim};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const IDENTITY: &str = "3f1e7a60-9c44-4f0b-a0c2-5d0e1d7e0901";
const AUDIENCE: &str = "api://AzureADTokenExchange";

async fn refresh_with(sim: &Sim, refresh: &str, more: &[(&str, &str)]) -> Result<(u16, Value)> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", DEMO_CLIENT_ID),
        ("refresh_token", refresh),
        ("scope", "User.Read"),
    ];
    sim.token(&[&fields, more].concat()).await
}

#[tokio::test]
async fn a_confidential_client_needs_the_assertion_that_its_registration_names() -> Result<()> {
    let sim = Sim::start().await?;
    let refresh = sim.sign_in(ADELE).await?.refresh;
    let (_, refused) = refresh_with(&sim, &refresh, &[("client_assertion", "a.b.c")]).await?;
    assert_eq!(refused["error_codes"][0], 700_025, "a public client has nothing to show");

    let good = json!({ "issuer": "https://issuer.example", "subject": "the-portal", "audience": AUDIENCE });
    sim.control("client", json!({ "platform": "web", "federated_credentials": [good] })).await?;
    for (fields, number) in [
        (&[][..], 7_000_218),
        (&[("client_secret", "x")][..], 7_000_215),
        (&[("client_assertion_type", TYPE), ("client_assertion", "nonsense")][..], 50027),
        (&[("client_assertion", "a.b.c")][..], 900_144),
    ] {
        let (_, refused) = refresh_with(&sim, &refresh, fields).await?;
        assert_eq!(refused["error_codes"][0], number, "{fields:?}: {refused}");
    }
    for (change, number) in [
        (json!({}), None),
        (json!({ "signature": "bad" }), Some(700_027)),
        (json!({ "lasts": "-PT1H" }), Some(700_024)),
        (json!({ "issuer": "https://other.example" }), Some(700_211)),
        (json!({ "subject": "The-Portal" }), Some(700_213)),
        (json!({ "audience": "api://other" }), Some(700_212)),
    ] {
        let mut order = good.clone();
        for (name, value) in change.as_object().context("an object")? {
            order[name] = value.clone();
        }
        let assertion = sim.control("assertion", order).await?;
        let assertion = assertion["assertion"].as_str().context("an assertion")?.to_owned();
        let fields = [("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())];
        let (status, answer) = refresh_with(&sim, &refresh, &fields).await?;
        let expected = number.map_or(Value::Null, Value::from);
        assert_eq!(answer["error_codes"][0], expected, "{change}: {answer}");
        assert_eq!(status, if number.is_some() { 401 } else { 200 }, "{change}");
    }
    sim.running.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_managed_identity_gives_its_tokens_to_whoever_knows_the_header() -> Result<()> {
    let sim = Sim::start().await?;
    let refresh = sim.sign_in(ADELE).await?.refresh;
    let ask = async |path: &str, header: (&str, &str), client: &str, version: &str| -> Result<(u16, Value)> {
        let query = [("api-version", version), ("resource", AUDIENCE), ("client_id", client)];
        let url = sim.running.control.join(path)?;
        let answer = sim.http.get(url).query(&query).header(header.0, header.1).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    };
    let issuer = format!("{}{DEMO_TENANT_ID}/v2.0", sim.running.sign_in);
    let credential = json!({ "issuer": issuer, "audience": AUDIENCE,
        "subject": "3f1e7a60-9c44-4f0b-a0c2-5d0e1d7e0902" });
    sim.control("client", json!({ "platform": "web", "federated_credentials": [credential] })).await?;
    for (path, header, version) in [
        ("msi/token", ("x-identity-header", IDENTITY_HEADER), "2019-08-01"),
        ("metadata/identity/oauth2/token", ("metadata", "true"), "2018-02-01"),
    ] {
        let (status, answer) = ask(path, header, IDENTITY, version).await?;
        assert_eq!(status, 200, "{path}: {answer}");
        assert!(answer["expires_on"].as_str().is_some_and(|at| at.parse::<i64>().is_ok()), "{answer}");
        let assertion = answer["access_token"].as_str().context("a token")?;
        let fields = [("client_assertion_type", TYPE), ("client_assertion", assertion)];
        assert_eq!(refresh_with(&sim, &refresh, &fields).await?.0, 200, "{path}");

        assert_eq!(ask(path, (header.0, "guess"), IDENTITY, version).await?.0, 400, "{path}");
        assert_eq!(ask(path, header, DEMO_CLIENT_ID, version).await?.0, 400, "{path}");
        assert_eq!(ask(path, header, IDENTITY, "2017-09-01").await?.0, 400, "{path}");
    }
    sim.running.stop().await;
    Ok(())
}
