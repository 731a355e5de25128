//! Reads on all three planes: tokens, paging, queries, batches, policies.

use std::collections::HashSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, ALEX, FRIDA, Sim};

const ENTRA: &str =
    "roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')";
const GROUPS: &str = "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances/filterByCurrentUser(on='principal')";
const AZURE: &str = "providers/Microsoft.Authorization/roleEligibilityScheduleInstances?api-version=2020-10-01&$filter=asTarget()";

#[tokio::test]
async fn tokens_are_checked_for_signature_audience_scope_and_expiry() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let me = sim.graph_url("me");
    let (status, body) = sim.get(&tokens.graph, &me).await?;
    assert_eq!((status, &body["id"]), (200, &json!(ADELE_ID)));
    for wrong in ["nonsense", "a.b.c", tokens.azure.as_str()] {
        let response = sim.send("GET", wrong, &me, None).await?;
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
        assert_eq!(response.json::<Value>().await?["error"]["code"], "InvalidAuthenticationToken");
    }
    let (status, body) = sim.get(&tokens.graph, &sim.azure_url(AZURE)).await?;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("InvalidAuthenticationTokenAudience")));
    let (_, narrow) = sim.refresh(&tokens.refresh, "User.Read", None).await?;
    let (status, body) =
        sim.get(narrow["access_token"].as_str().context("token")?, &sim.graph_url(ENTRA)).await?;
    assert_eq!(status, 403);
    let inner: Value = serde_json::from_str(body["error"]["message"].as_str().unwrap_or_default())?;
    assert_eq!(inner["errorCode"], "PermissionScopeNotGranted");
    sim.control("/clock", json!({ "advance": "PT2H", "of": "sign_in" })).await?;
    let (status, body) = sim.get(&tokens.graph, &me).await?;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("InvalidAuthenticationToken")));
    let (status, body) = sim.get(&tokens.azure, &sim.azure_url(AZURE)).await?;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("ExpiredAuthenticationToken")));
    Ok(())
}

#[tokio::test]
async fn adele_has_her_eligibilities_on_several_pages() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let expand = "?$expand=roleDefinition($select=id,displayName,isBuiltIn),directoryScope";
    let (entra, pages) = sim.rows(&tokens.graph, &sim.graph_url(&format!("{ENTRA}{expand}"))).await?;
    assert_eq!((entra.len(), pages), (14, 2));
    let scoped: Vec<&Value> = entra.iter().filter(|r| r["directoryScopeId"] != "/").collect();
    assert_eq!(scoped.len(), 2);
    assert!(scoped.iter().any(|r| r["directoryScope"]["displayName"] == "Seattle Branch"));
    assert!(scoped.iter().any(|r| r["directoryScope"]["displayName"] == "Expense Reporting"));
    assert!(entra.iter().all(|r| r["roleDefinition"]["displayName"].is_string()));
    assert!(entra.iter().all(|r| r["roleDefinition"].get("templateId").is_none()), "$select inside $expand");
    assert!(entra.iter().any(|r| r["memberType"] == "Group"));

    let (groups, pages) = sim
        .rows(&tokens.graph, &sim.graph_url(&format!("{GROUPS}?$expand=group($select=id,displayName)")))
        .await?;
    assert_eq!((groups.len(), pages), (7, 2));
    assert_eq!(groups.iter().map(|r| r["groupId"].to_string()).collect::<HashSet<_>>().len(), 6);
    assert!(groups.iter().all(|r| r["memberType"] == "direct"), "lower case, as the live service");

    let (azure, pages) = sim.rows(&tokens.azure, &sim.azure_url(AZURE)).await?;
    assert_eq!((azure.len(), pages), (14, 3));
    let kinds: HashSet<String> =
        azure.iter().map(|r| r["properties"]["expandedProperties"]["scope"]["type"].to_string()).collect();
    assert!(kinds.len() >= 4, "{kinds:?}");
    assert_eq!(azure.iter().filter(|r| r["properties"]["memberType"] == "Group").count(), 2);
    assert_eq!(azure.iter().filter(|r| r["properties"]["condition"].is_string()).count(), 1);
    Ok(())
}

#[tokio::test]
async fn permanent_assignments_are_listed_as_assigned() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let entra = sim.graph_url("roleManagement/directory/roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')?$expand=activatedUsing");
    let (rows, _) = sim.rows(&tokens.graph, &entra).await?;
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|r| r["assignmentType"] == "Assigned" && r["activatedUsing"].is_null()));
    assert!(rows.iter().any(|r| r["endDateTime"].is_null()));
    let groups = sim.graph_url("identityGovernance/privilegedAccess/group/assignmentScheduleInstances/filterByCurrentUser(on='principal')");
    let (rows, _) = sim.rows(&tokens.graph, &groups).await?;
    assert!(rows.iter().all(|r| r["assignmentType"] == "assigned"));
    let azure = sim.azure_url("providers/Microsoft.Authorization/roleAssignmentScheduleInstances?api-version=2020-10-01&$filter=asTarget()");
    let (rows, _) = sim.rows(&tokens.azure, &azure).await?;
    assert_eq!(rows.len(), 2);
    Ok(())
}

#[tokio::test]
async fn forbidden_reads_have_each_planes_own_shape() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(FRIDA).await?;
    let (status, body) = sim.get(&tokens.graph, &sim.graph_url(ENTRA)).await?;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("Authorization_RequestDenied")));
    let (status, body) = sim.get(&tokens.graph, &sim.graph_url(GROUPS)).await?;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("UnknownError")));
    let inner: Value = serde_json::from_str(body["error"]["message"].as_str().unwrap_or_default())?;
    assert_eq!(inner["errorCode"], "PermissionScopeNotGranted");
    let (status, body) = sim.get(&tokens.azure, &sim.azure_url(AZURE)).await?;
    assert_eq!((status, &body["error"]["code"]), (403, &json!("AuthorizationFailed")));
    assert_eq!(sim.get(&tokens.graph, &sim.graph_url("me")).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn unsupported_queries_are_refused_not_ignored() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    for query in [
        "$top=5",
        "$filter=colour eq 'red'",
        "$expand=colour",
        "$select=colour",
        "$filter=status eq",
        "$skiptoken=x",
    ] {
        let (status, body) = sim.get(&tokens.graph, &sim.graph_url(&format!("{ENTRA}?{query}"))).await?;
        assert_eq!((status, &body["error"]["code"]), (400, &json!("BadRequest")), "{query}: {body}");
    }
    let (status, _) = sim.get(&tokens.graph, &sim.graph_url(&ENTRA.replace("principal", "nobody"))).await?;
    assert_eq!(status, 400);
    let groups = "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances";
    let (_, body) = sim.get(&tokens.graph, &sim.graph_url(groups)).await?;
    assert_eq!(body["error"]["code"], "MissingParameters");
    let (_, body) =
        sim.get(&tokens.graph, &sim.graph_url("roleManagement/directory/roleAssignmentApprovals/x")).await?;
    assert_eq!(body["error"]["message"], "Resource not found for the segment 'roleAssignmentApprovals'.");
    let (rows, _) = sim
        .rows(
            &tokens.graph,
            &sim.graph_url(&format!(
                "{ENTRA}?$filter=directoryScopeId eq '/' and memberType eq 'Group'&$select=id"
            )),
        )
        .await?;
    assert_eq!(rows.len(), 2);
    assert!(rows[0].get("memberType").is_none());
    for (path, code) in [
        (AZURE.replace("2020-10-01", "2015-01-01"), "NoRegisteredProviderFound"),
        (AZURE.replace("api-version=2020-10-01&", ""), "MissingApiVersionParameter"),
        (AZURE.replace("asTarget()", "atScope()"), "InsufficientPermissions"),
        (AZURE.replace("asTarget()", "nonsense"), "InvalidFilter"),
    ] {
        let (_, body) = sim.get(&tokens.azure, &sim.azure_url(&path)).await?;
        assert_eq!(body["error"]["code"], code, "{path}: {body}");
    }
    Ok(())
}

fn rule<'v>(rules: &'v Value, id: &str) -> Option<&'v Value> {
    rules.as_array()?.iter().find(|r| r["id"] == id)
}

#[tokio::test]
async fn policies_are_readable_per_plane_except_where_they_are_not() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let url = sim.graph_url("policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$expand=policy($expand=rules)");
    let (rows, pages) = sim.rows(&tokens.graph, &url).await?;
    assert_eq!((rows.len(), pages), (18, 2));
    let global = rows
        .iter()
        .find(|r| r["roleDefinitionId"] == "62e90394-69f5-4237-9190-012177145e10")
        .context("no policy")?;
    let rules = &global["policy"]["rules"];
    assert_eq!(rules.as_array().map(Vec::len), Some(17));
    assert_eq!(rule(rules, "Expiration_EndUser_Assignment").context("rule")?["maximumDuration"], "PT30M");
    assert_eq!(rule(rules, "AuthenticationContext_EndUser_Assignment").context("rule")?["claimValue"], "c1");
    let stage = &rule(rules, "Approval_EndUser_Assignment").context("rule")?["setting"]["approvalStages"][0];
    assert_eq!(stage["primaryApprovers"][0]["@odata.type"], "#microsoft.graph.singleUser");
    assert_eq!(stage["primaryApprovers"][1]["@odata.type"], "#microsoft.graph.groupMembers");

    let group = "97000001-7e2d-4c19-a0b3-5d0000000001";
    let url = sim.graph_url(&format!("policies/roleManagementPolicyAssignments?$filter=scopeId eq '{group}' and scopeType eq 'Group'&$expand=policy($expand=rules)"));
    let (rows, _) = sim.rows(&tokens.graph, &url).await?;
    assert_eq!(
        rows.iter().filter_map(|r| r["roleDefinitionId"].as_str()).collect::<Vec<_>>(),
        ["member", "owner"]
    );

    for (role, scope, readable) in
        [("Owner", "Contoso Production", true), ("Network Contributor", "Contoso Connectivity", false)]
    {
        let eligibility = sim.azure_eligibility(&tokens.azure, role, scope).await?;
        let id = eligibility["roleDefinitionId"].as_str().unwrap_or_default();
        let scope = eligibility["scope"].as_str().unwrap_or_default();
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/roleManagementPolicyAssignments?api-version=2020-10-01&$filter=roleDefinitionId eq '{id}'"
        );
        let (status, body) = sim.get(&tokens.azure, &sim.azure_url(&path)).await?;
        assert_eq!(status, if readable { 200 } else { 403 });
        if readable {
            assert_eq!(body["value"].as_array().map(Vec::len), Some(1));
            let rules = &body["value"][0]["properties"]["effectiveRules"];
            assert_eq!(
                rule(rules, "Expiration_EndUser_Assignment").context("rule")?["maximumDuration"],
                "PT30M"
            );
            assert_eq!(
                rule(rules, "Enablement_EndUser_Assignment").context("rule")?["enabledRules"],
                json!(["Justification", "Ticketing"])
            );
        } else {
            assert_eq!(body["error"]["code"], "AuthorizationFailed");
        }
    }
    for path in [
        "identity/conditionalAccess/authenticationContextClassReferences",
        "identity/conditionalAccess/policies",
    ] {
        assert_eq!(sim.get(&tokens.graph, &sim.graph_url(path)).await?.0, 403, "{path}");
    }
    let alex = sim.sign_in(ALEX).await?;
    assert_eq!(sim.get(&alex.graph, &sim.graph_url("identity/conditionalAccess/policies")).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_batch_answers_each_item_in_another_order() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    sim.control("/faults", json!({ "plane": "graph", "path_contains": "administrativeUnits", "status": 429, "headers": { "Retry-After": "7" } })).await?;
    let unit = "directory/administrativeUnits/ad000001-2c4e-4f60-9b1d-7a5500000001";
    let item = |id: &str, url: &str| json!({ "id": id, "method": "GET", "url": url });
    let body = json!({ "requests": [item("1", "/me"), item("2", &format!("/{unit}")), item("3", "/nonsense"), item("4", "me?$select=id")] });
    let (status, answer) = sim.call("POST", &tokens.graph, &sim.graph_url("$batch"), Some(&body)).await?;
    assert_eq!(status, 200);
    let responses = answer["responses"].as_array().context("no responses")?;
    let order: Vec<&str> = responses.iter().filter_map(|r| r["id"].as_str()).collect();
    assert_ne!(order, ["1", "2", "3", "4"]);
    let of = |id: &str| responses.iter().find(|r| r["id"] == id).cloned().unwrap_or_default();
    assert_eq!(
        [of("1"), of("2"), of("3"), of("4")].map(|r| r["status"].as_u64().unwrap_or_default()),
        [200, 429, 400, 200]
    );
    assert_eq!(of("2")["headers"]["Retry-After"], "7");
    assert_eq!(of("4")["body"]["id"], ADELE_ID);
    let many: Vec<Value> = (0..21).map(|n| item(&n.to_string(), "/me")).collect();
    let (status, _) =
        sim.call("POST", &tokens.graph, &sim.graph_url("$batch"), Some(&json!({ "requests": many }))).await?;
    assert_eq!(status, 400);
    Ok(())
}
