//! Eligibilities that have ended: only the administrator's requests tell of them, and they can be renewed.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, ALEX, Sim, Tokens, entra, group};

const ENTRA: &str = "roleManagement/directory/roleEligibilityScheduleRequests";
const GROUPS: &str = "identityGovernance/privilegedAccess/group/eligibilityScheduleRequests";
const AZURE: &str = "providers/Microsoft.Authorization/roleEligibilityScheduleRequests";

/// Adele's rows of a list on the three planes; Azure's are unwrapped.
async fn lists(sim: &Sim, tokens: &Tokens, [entra, groups, azure]: [&str; 3]) -> Result<[Vec<Value>; 3]> {
    let on = "filterByCurrentUser(on='principal')";
    let azure = sim.azure_url(&format!("{azure}?api-version=2020-10-01&$filter=asTarget()"));
    let (azure, _) = sim.rows(&tokens.azure, &azure).await?;
    Ok([
        sim.rows(&tokens.graph, &sim.graph_url(&format!("{entra}/{on}"))).await?.0,
        sim.rows(&tokens.graph, &sim.graph_url(&format!("{groups}/{on}"))).await?.0,
        azure.into_iter().map(|row| row["properties"].clone()).collect(),
    ])
}

async fn requests(sim: &Sim, tokens: &Tokens) -> Result<[Vec<Value>; 3]> {
    lists(sim, tokens, [ENTRA, GROUPS, AZURE]).await
}

async fn instances(sim: &Sim, tokens: &Tokens) -> Result<[usize; 3]> {
    let paths = [ENTRA, GROUPS, AZURE].map(|path| path.replace("Requests", "Instances"));
    let [entra, groups, azure] = &paths;
    Ok(lists(sim, tokens, [entra, groups, azure]).await?.map(|rows| rows.len()))
}

/// The rows whose schedule is over.
fn ended(rows: &[Value]) -> Vec<&Value> {
    #[expect(clippy::disallowed_methods, reason = "the tenant's clock runs with the machine's in this test")]
    let now = jiff::Timestamp::now();
    let end = |row: &Value| row["scheduleInfo"]["expiration"]["endDateTime"].as_str()?.parse().ok();
    let over = |row: &&Value| end(row).is_some_and(|end: jiff::Timestamp| end < now);
    rows.iter().filter(over).collect()
}

/// What asks for an ended eligibility again.
fn wish(row: &Value, kind: &str) -> Value {
    let mut body = json!({
        "principalId": ADELE_ID, "justification": "still on call",
        "scheduleInfo": { "expiration": { "type": "AfterDuration", "duration": "P30D" } },
    });
    let action = if row["requestType"].is_string() { "requestType" } else { "action" };
    body[action] = json!(if action == "action" { format!("self{kind}") } else { format!("Self{kind}") });
    for name in ["roleDefinitionId", "directoryScopeId", "groupId", "accessId"] {
        if row[name].is_string() {
            body[name] = row[name].clone();
        }
    }
    body
}

async fn ask(sim: &Sim, tokens: &Tokens, row: &Value, kind: &str, id: &str) -> Result<(u16, Value)> {
    let body = wish(row, kind);
    if let Some(scope) = row["scope"].as_str() {
        let url = sim.azure_url(&format!("{scope}/{AZURE}/{id}?api-version=2020-10-01"));
        return sim.call("PUT", &tokens.azure, &url, Some(&json!({ "properties": body }))).await;
    }
    let path = if row["groupId"].is_string() { GROUPS } else { ENTRA };
    sim.call("POST", &tokens.graph, &sim.graph_url(path), Some(&body)).await
}

#[tokio::test]
async fn every_direct_eligibility_shows_as_the_request_that_made_it() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let all = requests(&sim, &tokens).await?;
    for (rows, action) in all.iter().zip(["adminAssign", "adminAssign", "AdminAssign"]) {
        let told = |row: &Value| {
            let word = if row["action"].is_null() { &row["requestType"] } else { &row["action"] };
            word == action && row["status"] == "Provisioned" && row["principalId"] == ADELE_ID
        };
        assert!(rows.iter().all(told), "{rows:?}");
        assert_eq!(ended(rows).len(), 1);
        let kinds = |kind: &str| {
            let is = |row: &&Value| {
                row["scheduleInfo"]["expiration"]["type"]
                    .as_str()
                    .is_some_and(|told| told.eq_ignore_ascii_case(kind))
            };
            rows.iter().filter(is).count()
        };
        assert_eq!(kinds("noExpiration") + kinds("afterDateTime"), rows.len());
        assert!(kinds("noExpiration") > 0);
    }
    assert_eq!(all.map(|rows| rows.len()), [13, 8, 13]);
    assert_eq!(instances(&sim, &tokens).await?, [14, 7, 14], "what has ended is no instance");

    // Adele did not ask for any of it.
    let url = sim.azure_url(&format!("{AZURE}?api-version=2020-10-01&$filter=asRequestor()"));
    assert_eq!(sim.rows(&tokens.azure, &url).await?.0.len(), 0);
    Ok(())
}

#[tokio::test]
async fn what_has_ended_is_not_activated_or_extended_but_renewed_by_an_administrator() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let before = instances(&sim, &tokens).await?;
    let all = requests(&sim, &tokens).await?;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let (role, owned) = (ended(&all[0])[0], ended(&all[1])[0]);
    let activation = entra(ADELE_ID, &text(role, "roleDefinitionId"), "/", "PT1H");
    assert_eq!(sim.entra_post(&tokens.graph, &activation).await?.0, 400);
    let activation = group(ADELE_ID, &text(owned, "groupId"), &text(owned, "accessId"), "PT1H");
    assert_eq!(sim.group_post(&tokens.graph, &activation).await?.0, 400);

    for (n, rows) in all.iter().enumerate() {
        let row = ended(rows)[0];
        let id = |kind: usize| format!("00000000-0000-4000-8000-0000000000{n}{kind}");
        let (status, body) = ask(&sim, &tokens, row, "Extend", &id(0)).await?;
        assert_eq!(status, 400, "{body}");
        let (status, body) = ask(&sim, &tokens, row, "Renew", &id(1)).await?;
        let told = if body["properties"].is_object() { &body["properties"] } else { &body };
        assert_eq!((status, &told["status"]), (201, &json!("PendingAdminDecision")), "{body}");
        assert_eq!(ask(&sim, &tokens, row, "Renew", &id(2)).await?.0, 400, "one is enough");
        let request = body["id"].as_str().and_then(|id| id.rsplit('/').next()).context("no id")?;
        let order = json!({ "request": request, "decision": "approve", "by": ALEX });
        sim.control("/decide", order).await?;
    }
    assert_eq!(instances(&sim, &tokens).await?, before.map(|count| count + 1));
    Ok(())
}
