//! The built-in tenants beside the demo, as their clients see them.

use anyhow::Result;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{ADELE, Sim};

const GROUPS: &str = "v1.0/identityGovernance/privilegedAccess/group";

async fn seeded(name: &'static str) -> Result<Sim> {
    let sim = Sim::start().await?;
    let answer = sim.http.post(sim.running.control.join("seed")?).body(name).send().await?;
    assert_eq!(answer.status(), StatusCode::OK);
    Ok(sim)
}

async fn read(sim: &Sim, path: &str) -> Result<Value> {
    let tokens = sim.sign_in(ADELE).await?;
    let url = sim.running.graph.join(path)?;
    Ok(sim.http.get(url).bearer_auth(&tokens.graph).send().await?.error_for_status()?.json().await?)
}

#[tokio::test]
async fn hostile_answers_carry_fields_and_words_that_nobody_knows() -> Result<()> {
    let sim = seeded("hostile").await?;
    let path =
        format!("{GROUPS}/eligibilityScheduleInstances/filterByCurrentUser(on='principal')?$expand=group");
    let mut rows = Vec::new();
    let mut next = Some(path);
    while let Some(path) = next {
        let page = read(&sim, &path).await?;
        assert!(page["oddity"].is_object(), "{page}");
        rows.extend(page["value"].as_array().cloned().unwrap_or_default());
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert!(rows.iter().all(|row| row["oddity"].is_object() && row["group"]["oddity"].is_object()));
    let access: Vec<_> = rows.iter().filter(|row| row["accessId"] == "steward").collect();
    assert_eq!(access.len(), 1);
    assert_eq!(rows.iter().filter(|row| row["group"]["displayName"].is_null()).count(), 1);
    assert!(rows.iter().any(|row| row["group"]["displayName"] == "Null\0and\u{1b}[31mred\u{7}"));
    Ok(())
}

#[tokio::test]
async fn what_waits_in_large_waits_for_the_one_with_many() -> Result<()> {
    let sim = seeded("large").await?;
    let path = format!(
        "{GROUPS}/assignmentScheduleRequests/filterByCurrentUser(on='approver')?$filter=status eq 'PendingApproval'"
    );
    let waiting = read(&sim, &path).await?;
    assert_eq!(waiting["value"].as_array().map(Vec::len), Some(4), "{waiting}");
    Ok(())
}
