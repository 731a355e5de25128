//! The directory audit log.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, ALEX, Sim, Tokens, azure, entra, group};

const READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
const SECURITY: &str = "194ae4cb-b126-40b2-bd5b-6091b380977d";
const OPERATORS: &str = "97000001-7e2d-4c19-a0b3-5d0000000001";

async fn rows(sim: &Sim, token: &str, query: &str) -> Result<Vec<Value>> {
    Ok(sim.rows(token, &sim.graph_url(&format!("auditLogs/directoryAudits{query}"))).await?.0)
}

fn texts<'v>(rows: &'v [Value], name: &str) -> Vec<&'v str> {
    rows.iter().filter_map(|row| row[name].as_str()).collect()
}

/// Adele activates one role on each plane; Alex reads the log.
async fn activated(sim: &Sim) -> Result<(Tokens, Tokens, String)> {
    let (adele, alex) = (sim.sign_in(ADELE).await?, sim.sign_in(ALEX).await?);
    let (status, request) = sim.entra_post(&adele.graph, &entra(ADELE_ID, READER, "/", "PT1H")).await?;
    assert_eq!(status, 201, "{request}");
    assert_eq!(sim.group_post(&adele.graph, &group(ADELE_ID, OPERATORS, "member", "PT2H")).await?.0, 201);
    let eligibility =
        sim.azure_eligibility(&adele.azure, "Storage Blob Data Contributor", "contosoinvoices").await?;
    let scope = eligibility["scope"].as_str().unwrap_or_default();
    let id = "00000000-0000-4000-8000-000000000001";
    assert_eq!(sim.azure_put(&adele.azure, scope, id, &azure(&eligibility, ADELE_ID, "PT2H")).await?.0, 201);
    Ok((adele, alex, request["id"].as_str().context("id")?.to_owned()))
}

#[tokio::test]
async fn an_activation_leaves_its_rows_and_a_twin_and_its_end_is_the_services() -> Result<()> {
    let sim = Sim::start().await?;
    let (adele, alex, request) = activated(&sim).await?;
    let mine = format!("initiatedBy/user/id eq '{ADELE_ID}'");
    let entra_rows = "category eq 'RoleManagement'";
    let query = format!(
        "?$filter=loggedByService eq 'PIM' and {entra_rows} and {mine}&$orderby=activityDateTime asc"
    );
    let found = rows(&sim, &alex.graph, &query).await?;
    assert_eq!(
        texts(&found, "activityDisplayName"),
        ["Add member to role requested (PIM activation)", "Add member to role completed (PIM activation)"]
    );
    assert_eq!(found[0]["correlationId"], found[1]["correlationId"]);
    assert!(texts(&found, "id").iter().all(|id| id.starts_with("PIM_")));
    assert_eq!(found[1]["resultReason"], "a test");
    let kinds: Vec<&str> = found[1]["targetResources"]
        .as_array()
        .context("targets")?
        .iter()
        .filter_map(|t| t["type"].as_str())
        .collect();
    assert_eq!(kinds, ["Role", "Request", "User", "Directory", "Other"]);
    let details = found[1]["additionalDetails"].as_array().context("details")?;
    assert!(details.contains(&json!({ "key": "RequestId", "value": request })), "{details:?}");

    let twins = rows(&sim, &alex.graph, "?$filter=loggedByService eq 'Core Directory'").await?;
    let mut activities = texts(&twins, "activityDisplayName");
    activities.sort_unstable();
    assert_eq!(activities, ["Add member to group", "Add member to role"]);
    assert!(twins.iter().all(|t| t["initiatedBy"]["app"]["displayName"] == "MS-PIM"));
    let categories = ["GroupManagement", "ResourceManagement"];
    for category in categories {
        let found = rows(
            &sim,
            &alex.graph,
            &format!("?$filter=loggedByService eq 'PIM' and category eq '{category}'"),
        )
        .await?;
        assert_eq!(found.len(), 2, "{category}");
    }

    // The end is not the person's doing: only the target tells whose it was.
    sim.control("/clock", json!({ "advance": "PT61M" })).await?;
    let ended = "activityDisplayName eq 'Remove member from role (PIM activation expired)'";
    assert!(rows(&sim, &alex.graph, &format!("?$filter={ended} and {mine}")).await?.is_empty());
    let about = format!("targetResources/any(t:t/id eq '{ADELE_ID}')");
    let found = rows(&sim, &alex.graph, &format!("?$filter={ended} and {about}")).await?;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["initiatedBy"]["user"]["displayName"], "Azure AD PIM");
    assert!(found[0]["additionalDetails"].to_string().contains(&request));

    let leave = json!({ "action": "selfDeactivate", "principalId": ADELE_ID, "groupId": OPERATORS, "accessId": "member" });
    assert_eq!(sim.group_post(&adele.graph, &leave).await?.0, 201);
    let left = rows(&sim, &alex.graph, "?$filter=startswith(activityDisplayName,'Remove member from role') and loggedByService eq 'PIM' and category eq 'GroupManagement'").await?;
    assert_eq!(left.len(), 2);
    assert!(texts(&left, "activityDisplayName").iter().all(|name| name.ends_with("(PIM deactivate)")));
    Ok(())
}

#[tokio::test]
async fn approval_and_cancellation_are_logged() -> Result<()> {
    let sim = Sim::start().await?;
    let (adele, alex) = (sim.sign_in(ADELE).await?, sim.sign_in(ALEX).await?);
    let (_, request) = sim.entra_post(&adele.graph, &entra(ADELE_ID, SECURITY, "/", "PT1H")).await?;
    let id = request["id"].as_str().context("id")?;
    let cancel =
        sim.graph_url(&format!("roleManagement/directory/roleAssignmentScheduleRequests/{id}/cancel"));
    assert_eq!(sim.call("POST", &adele.graph, &cancel, None).await?.0, 204);
    let found = rows(&sim, &alex.graph, "?$orderby=activityDateTime").await?;
    let mut names = texts(&found, "activityDisplayName");
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "Add member to role approval requested (PIM activation)",
            "Add member to role canceled (PIM activation)",
            "Add member to role requested (PIM activation)",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn the_log_is_paged_ordered_and_filtered_by_time() -> Result<()> {
    let sim = Sim::start().await?;
    let (_, alex, _) = activated(&sim).await?;
    let url = sim.graph_url("auditLogs/directoryAudits?$top=3&$orderby=activityDateTime desc");
    let (found, pages) = sim.rows(&alex.graph, &url).await?;
    assert_eq!((found.len(), pages), (8, 3));
    let times = texts(&found, "activityDateTime").into_iter().map(str::parse::<Timestamp>);
    let times = times.collect::<Result<Vec<_>, _>>()?;
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    for (query, count) in
        [("activityDateTime ge 2020-01-01T00:00:00Z", 8), ("activityDateTime le 2020-01-01T00:00:00Z", 0)]
    {
        assert_eq!(rows(&sim, &alex.graph, &format!("?$filter={query}")).await?.len(), count, "{query}");
    }
    for wrong in ["?$orderby=category", "?$top=0", "?$top=1000", "?$filter=nonsense eq 'x'", "?$search=x"] {
        let url = sim.graph_url(&format!("auditLogs/directoryAudits{wrong}"));
        assert_eq!(sim.get(&alex.graph, &url).await?.0, 400, "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn the_log_is_for_readers_who_may_have_activated_the_role() -> Result<()> {
    let sim = Sim::start().await?;
    let adele = sim.sign_in(ADELE).await?;
    let url = sim.graph_url("auditLogs/directoryAudits");
    let (status, body) = sim.get(&adele.graph, &url).await?;
    assert_eq!((status, body["error"]["code"].is_string()), (403, true), "{body}");
    assert_eq!(sim.entra_post(&adele.graph, &entra(ADELE_ID, READER, "/", "PT1H")).await?.0, 201);
    assert_eq!(sim.get(&adele.graph, &url).await?.0, 200);
    let (_, narrow) = sim.refresh(&adele.refresh, "User.Read", None).await?;
    assert_eq!(sim.get(narrow["access_token"].as_str().context("token")?, &url).await?.0, 403);
    Ok(())
}

#[tokio::test]
async fn the_log_may_be_throttled_or_not_exist() -> Result<()> {
    let sim = Sim::start().await?;
    let alex = sim.sign_in(ALEX).await?;
    sim.control("/switches", json!({ "throttles": true })).await?;
    let url = sim.graph_url("auditLogs/directoryAudits");
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(sim.get(&alex.graph, &url).await?.0);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    let refused = sim.send("GET", &alex.graph, &url, None).await?;
    assert_eq!(refused.headers()["retry-after"], "10");
    sim.control("/clock", json!({ "advance": "PT10S" })).await?;
    assert_eq!(sim.get(&alex.graph, &url).await?.0, 200);
    let policies = sim.graph_url("identity/conditionalAccess/policies");
    assert_eq!(sim.get(&alex.graph, &policies).await?.0, 200);
    let refused = sim.send("GET", &alex.graph, &policies, None).await?;
    assert_eq!((refused.status().as_u16(), refused.headers().get("retry-after")), (429, None));
    sim.control("/switches", json!({ "audit_log_absent": true })).await?;
    let (status, body) = sim.get(&alex.graph, &url).await?;
    assert_eq!(
        (status, &body["error"]["message"]),
        (400, &json!("Resource not found for the segment 'auditLogs'."))
    );
    Ok(())
}
