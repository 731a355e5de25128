//! Azure's tenant root, what is left when it refuses, and whose requests a list shows.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use sim_tenant::tenant::{Persona, Tenant, demo, fabrikam, litware};

use crate::support::{ADELE, ADELE_ID, ALEX, FRIDA, LEE, Sim, azure};

const PROVIDER: &str = "providers/Microsoft.Authorization";

fn list(sim: &Sim, scope: &str, kind: &str, filter: &str) -> String {
    sim.azure_url(&format!(
        "{}/{PROVIDER}/{kind}?api-version=2020-10-01&$filter={filter}",
        scope.trim_end_matches('/')
    ))
}

fn ids(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().filter_map(|r| r["id"].as_str()).map(str::to_ascii_lowercase).collect()
}

#[tokio::test]
async fn when_the_root_refuses_the_containers_are_the_way() -> Result<()> {
    let sim = Sim::start().await?;
    let token = sim.sign_in(ADELE).await?.azure;
    let kind = "roleEligibilityScheduleInstances";
    let (all, _) = sim.rows(&token, &list(&sim, "", kind, "asTarget()")).await?;
    for (position, status) in [("forbidden", 403), ("unauthorized", 401)] {
        sim.control("/switches", json!({ "azure_root_as_target": position })).await?;
        for kind in [kind, "roleAssignmentScheduleInstances", "roleAssignmentScheduleRequests"] {
            let (got, body) = sim.get(&token, &list(&sim, "", kind, "asTarget()")).await?;
            assert_eq!((got, &body["error"]["code"]), (status, &json!("InsufficientPermissions")), "{kind}");
        }
    }
    sim.control("/switches", json!({ "azure_subscriptions": "eligible" })).await?;
    let (mut containers, pages) = sim
        .rows(
            &token,
            &sim.azure_url("providers/Microsoft.Management/managementGroups?api-version=2020-05-01"),
        )
        .await?;
    assert!(pages >= 1 && containers.iter().all(|c| c["properties"]["displayName"].is_string()));
    let (subscriptions, _) = sim.rows(&token, &sim.azure_url("subscriptions?api-version=2022-12-01")).await?;
    assert!(subscriptions.iter().all(|s| s["subscriptionId"].is_string() && s["displayName"].is_string()));
    containers.extend(subscriptions);
    let mut found = Vec::new();
    for container in &containers {
        let scope = container["id"].as_str().context("id")?;
        let (rows, _) = sim.rows(&token, &list(&sim, scope, kind, "asTarget()")).await?;
        assert!(rows.iter().all(|r| r["properties"]["scope"] == scope), "only what is defined at the scope");
        found.extend(rows);
    }
    let at_containers = |row: &&Value| {
        ["managementgroup", "subscription"]
            .iter()
            .any(|kind| row["properties"]["expandedProperties"]["scope"]["type"] == *kind)
    };
    let expected: Vec<Value> = all.iter().filter(at_containers).cloned().collect();
    assert_eq!(ids(&found), ids(&expected));
    assert!(!expected.is_empty() && expected.len() < all.len());
    Ok(())
}

#[tokio::test]
async fn containers_are_listed_where_something_is_assigned() -> Result<()> {
    let sim = Sim::start().await?;
    let token = sim.sign_in(ADELE).await?.azure;
    let url = sim.azure_url("subscriptions?api-version=2022-12-01");
    let (readable, _) = sim.rows(&token, &url).await?;
    sim.control("/switches", json!({ "azure_subscriptions": "eligible" })).await?;
    let (eligible, _) = sim.rows(&token, &url).await?;
    assert!(!readable.is_empty() && ids(&readable).is_subset(&ids(&eligible)));
    let nestor = sim.sign_in("nestor@contoso.example").await?.azure;
    assert_eq!(sim.get(&nestor, &url).await?, (200, json!({ "value": [] })));
    assert_eq!(sim.get(&nestor, &sim.azure_url("subscriptions")).await?.0, 400, "no api-version");
    Ok(())
}

fn without(mut tenant: Tenant, key: &str) -> Tenant {
    tenant.personas.retain(|persona: &Persona| persona.key != key);
    tenant
}

#[tokio::test]
async fn the_directories_of_an_account_are_those_that_it_is_in() -> Result<()> {
    let nameless = Tenant { name: String::new(), ..without(litware(), "lee") };
    let sim = Sim::start_with(demo(), vec![without(fabrikam(), "alex"), nameless]).await?;
    let url = sim.azure_url("tenants?api-version=2022-12-01");
    let names = |rows: &[Value]| rows.iter().map(|row| row["displayName"].clone()).collect::<Vec<_>>();
    let signed_in = sim.sign_in(ADELE).await?;
    let (rows, pages) = sim.rows(&signed_in.azure, &url).await?;
    assert_eq!((names(&rows), pages), (vec![json!("Contoso"), json!("Fabrikam"), Value::Null], 1));
    let id = fabrikam().id;
    assert_eq!(
        rows[1],
        json!({
            "id": format!("/tenants/{id}"), "tenantId": id, "displayName": "Fabrikam", "countryCode": "CH",
            "defaultDomain": "fabrikam.example", "domains": ["fabrikam.example"], "tenantCategory": "Home", "tenantType": "AAD",
        })
    );
    sim.control("/paging", json!({ "azure": 2 })).await?;
    assert_eq!(sim.rows(&signed_in.azure, &url).await?, (rows, 2));
    for (person, directories) in [(ALEX, 2), (LEE, 2), (FRIDA, 3)] {
        let token = sim.sign_in(person).await?.azure;
        assert_eq!(sim.rows(&token, &url).await?.0.len(), directories, "{person}");
    }

    assert_eq!(sim.get(&signed_in.azure, &sim.azure_url("tenants")).await?.0, 400, "no api-version");
    let (status, body) = sim.get(&signed_in.graph, &url).await?;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("InvalidAuthenticationTokenAudience")));
    Ok(())
}

#[tokio::test]
async fn requests_are_found_by_requestor_by_principal_and_mostly_by_target() -> Result<()> {
    let sim = Sim::start().await?;
    let (token, alex) = (sim.sign_in(ADELE).await?.azure, sim.sign_in(ALEX).await?.azure);
    let eligibility =
        sim.azure_eligibility(&token, "Storage Blob Data Contributor", "contosoinvoices").await?;
    let scope = eligibility["scope"].as_str().context("scope")?;
    let id = "00000000-0000-4000-8000-000000000001";
    assert_eq!(sim.azure_put(&token, scope, id, &azure(&eligibility, ADELE_ID, "PT2H")).await?.0, 201);
    let kind = "roleAssignmentScheduleRequests";
    let principal = format!("principalId eq '{ADELE_ID}'");
    for filter in ["asTarget()", "asRequestor()", principal.as_str(), &principal.replace('\'', "")] {
        for scope in ["", scope] {
            let (rows, _) = sim.rows(&token, &list(&sim, scope, kind, filter)).await?;
            assert_eq!(rows.iter().map(|r| &r["name"]).collect::<Vec<_>>(), [id], "{filter} at {scope}");
        }
    }
    assert_eq!(sim.get(&alex, &list(&sim, "", kind, &principal)).await?.0, 403, "somebody else's");
    assert_eq!(sim.rows(&alex, &list(&sim, "", kind, "asRequestor()")).await?.0, Vec::<Value>::new());
    sim.control("/switches", json!({ "azure_requests_as_target": "empty" })).await?;
    assert_eq!(sim.rows(&token, &list(&sim, "", kind, "asTarget()")).await?.0, Vec::<Value>::new());
    assert_eq!(sim.rows(&token, &list(&sim, "", kind, "asRequestor()")).await?.0.len(), 1);
    Ok(())
}
