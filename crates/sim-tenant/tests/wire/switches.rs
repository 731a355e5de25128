//! Switches: described completely, and each does what its name says.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, Sim, Tokens, entra, group};

const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
const SECURITY: &str = "194ae4cb-b126-40b2-bd5b-6091b380977d";
const HELPDESK: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
const OPERATORS: &str = "97000001-7e2d-4c19-a0b3-5d0000000001";
const POLICIES: &str = "policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq";

async fn started() -> Result<(Sim, Tokens)> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    Ok((sim, tokens))
}

async fn set(sim: &Sim, name: &str, position: Value) -> Result<Value> {
    sim.control("/switches", Value::Object([(name.to_owned(), position)].into_iter().collect())).await
}

#[tokio::test]
async fn the_catalogue_names_every_switch_and_every_position_can_be_taken() -> Result<()> {
    let sim = Sim::start().await?;
    let now = sim.control_get("/switches").await?;
    let catalogue = sim.control_get("/switches/catalogue").await?;
    let names = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
    assert_eq!(names(&now), names(&catalogue));
    for (name, about) in catalogue.as_object().context("an object")? {
        let positions = about["values"].as_array().context("values")?;
        assert!(positions.len() > 1 && positions.contains(&about["default"]), "{name}: {about}");
        assert_eq!(about["value"], now[name], "{name}");
        assert!(about["disputed"].as_str().is_some_and(|text| text.len() > 20), "{name}");
        for position in positions {
            assert_eq!(set(&sim, name, position.clone()).await?[name], *position, "{name}");
        }
        assert!(set(&sim, name, json!("nonsense")).await.is_err(), "{name}");
        set(&sim, name, about["default"].clone()).await?;
    }
    assert_eq!(sim.control_get("/switches").await?, now);
    Ok(())
}

#[tokio::test]
async fn what_is_there_already_has_several_names() -> Result<()> {
    let (sim, tokens) = started().await?;
    assert_eq!(sim.entra_post(&tokens.graph, &entra(ADELE_ID, READER, "/", "PT1H")).await?.0, 201);
    assert_eq!(sim.entra_post(&tokens.graph, &entra(ADELE_ID, SECURITY, "/", "PT1H")).await?.0, 201);
    let catalogue = sim.control_get("/switches/catalogue").await?;
    for (switch, role) in [("assignment_exists_code", READER), ("pending_request_code", SECURITY)] {
        for code in catalogue[switch]["values"].as_array().context("values")? {
            set(&sim, switch, code.clone()).await?;
            let (status, body) = sim.entra_post(&tokens.graph, &entra(ADELE_ID, role, "/", "PT1H")).await?;
            assert_eq!((status, &body["error"]["code"]), (400, code), "{switch}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn rules_have_other_names_in_one_clients_notes() -> Result<()> {
    let (sim, tokens) = started().await?;
    set(&sim, "rule_message", json!("other_names")).await?;
    let mut body = entra(ADELE_ID, HELPDESK, "/", "PT9H");
    body["justification"] = json!("");
    let (_, answer) = sim.entra_post(&tokens.graph, &body).await?;
    let message = answer["error"]["message"].as_str().context("message")?;
    assert!(message.ends_with(r#"["MaximumDurationExceeded","JustificationRuleViolated"]"#), "{message}");
    Ok(())
}

#[tokio::test]
async fn directory_policies_have_one_scope_type_or_both_and_readers_or_everybody() -> Result<()> {
    let (sim, tokens) = started().await?;
    let count = async |kind: &str| -> Result<usize> {
        Ok(sim.rows(&tokens.graph, &sim.graph_url(&format!("{POLICIES} '{kind}'"))).await?.0.len())
    };
    let all = count("DirectoryRole").await?;
    assert!(all > 0);
    for (position, role, directory) in [("both", all, all), ("directory_role", all, 0), ("directory", 0, all)]
    {
        set(&sim, "directory_policy_scope_type", json!(position)).await?;
        assert_eq!(
            (count("DirectoryRole").await?, count("Directory").await?),
            (role, directory),
            "{position}"
        );
    }
    set(&sim, "policies_for_readers_only", json!(true)).await?;
    let url = sim.graph_url(&format!("{POLICIES} 'Directory'"));
    assert_eq!(sim.get(&tokens.graph, &url).await?.0, 403);
    assert_eq!(sim.entra_post(&tokens.graph, &entra(ADELE_ID, READER, "/", "PT1H")).await?.0, 201);
    assert_eq!(sim.get(&tokens.graph, &url).await?.0, 200, "an activated Global Reader reads them");
    Ok(())
}

#[tokio::test]
async fn a_policy_filter_takes_fifteen_alternatives() -> Result<()> {
    let (sim, tokens) = started().await?;
    for (count, status) in [(15, 200), (16, 400)] {
        let roles: Vec<String> = (0..count).map(|n| format!("roleDefinitionId eq '{n}'")).collect();
        let url = sim.graph_url(&format!("{POLICIES} 'DirectoryRole' and ({})", roles.join(" or ")));
        let (got, body) = sim.get(&tokens.graph, &url).await?;
        assert_eq!(got, status, "{count}: {body}");
    }
    Ok(())
}

#[tokio::test]
async fn groups_may_want_the_documented_scopes_and_no_ticket_and_exact_casing() -> Result<()> {
    let (sim, tokens) = started().await?;
    let wanted = group(ADELE_ID, OPERATORS, "member", "PT1H");
    set(&sim, "privileged_access_opens_groups", json!(false)).await?;
    let (status, body) = sim.group_post(&tokens.graph, &wanted).await?;
    let message = body["error"]["message"].as_str().context("message")?;
    assert_eq!(status, 403);
    assert!(
        message.contains("PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup")
            && !message.contains("PrivilegedAccess."),
        "{message}"
    );
    set(&sim, "privileged_access_opens_groups", json!(true)).await?;

    set(&sim, "group_ticket_refused", json!(true)).await?;
    let (status, body) = sim.group_post(&tokens.graph, &wanted).await?;
    assert_eq!(status, 400);
    assert!(body["error"]["message"].as_str().is_some_and(|m| m.contains("'ticketInfo'")), "{body}");
    let mut without = wanted.clone();
    without["ticketInfo"] = Value::Null;

    set(&sim, "expiration_casing_strict", json!(true)).await?;
    let mut shouted = without.clone();
    shouted["scheduleInfo"]["expiration"]["type"] = json!("AfterDuration");
    assert_eq!(sim.group_post(&tokens.graph, &shouted).await?.0, 400);
    assert_eq!(sim.group_post(&tokens.graph, &without).await?.0, 201);
    let mut quiet = entra(ADELE_ID, READER, "/", "PT1H");
    quiet["scheduleInfo"]["expiration"]["type"] = json!("afterDuration");
    assert_eq!(sim.entra_post(&tokens.graph, &quiet).await?.0, 400);
    set(&sim, "expiration_casing_strict", json!(false)).await?;
    assert_eq!(sim.entra_post(&tokens.graph, &quiet).await?.0, 201);
    Ok(())
}

#[tokio::test]
async fn azure_prints_eligibility_ids_in_full_or_bare() -> Result<()> {
    let (sim, tokens) = started().await?;
    let id = async || -> Result<String> {
        let found =
            sim.azure_eligibility(&tokens.azure, "Storage Blob Data Contributor", "contosoinvoices").await?;
        Ok(found["roleEligibilityScheduleId"].as_str().context("id")?.to_owned())
    };
    let full = id().await?;
    set(&sim, "azure_eligibility_ids", json!("bare")).await?;
    let bare = id().await?;
    assert!(full.starts_with('/') && full.ends_with(&format!("/{bare}")), "{full} {bare}");
    Ok(())
}
