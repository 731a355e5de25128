//! Activating and deactivating: what is accepted, what is refused and with which words, and what time does to it.

use anyhow::Result;
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, ALEX, LEE, LEE_ID, Sim, azure, entra, group};

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const GLOBAL_READER: &str = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";
const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
const HELPDESK: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
const EXCHANGE: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
const INTUNE: &str = "3a2c62db-5318-420d-8d74-23affee5d9d5";
const SECURITY: &str = "194ae4cb-b126-40b2-bd5b-6091b380977d";
const CONDITIONAL_ACCESS: &str = "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9";
const OPERATORS: &str = "97000001-7e2d-4c19-a0b3-5d0000000001";
const RESPONDERS: &str = "97000002-7e2d-4c19-a0b3-5d0000000002";
const PAYROLL: &str = "97000003-7e2d-4c19-a0b3-5d0000000003";
const CUSTODIANS: &str = "97000005-7e2d-4c19-a0b3-5d0000000005";
const POLICY_FAILED: &str = "RoleAssignmentRequestPolicyValidationFailed";

fn id(n: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{n:02}")
}

fn refusal(answer: &(u16, Value)) -> (u16, &str, &str) {
    let error = &answer.1["error"];
    (answer.0, error["code"].as_str().unwrap_or_default(), error["message"].as_str().unwrap_or_default())
}

fn without(mut body: Value, name: &str) -> Value {
    if let Value::Object(map) = &mut body {
        map.remove(name);
    }
    body
}

fn rules(names: &str) -> String {
    format!("The following policy rules failed: {names}")
}

#[tokio::test]
async fn one_role_per_plane_is_activated_listed_and_deactivated_after_five_minutes() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let (status, body) = sim
        .entra_post(&tokens.graph, &without(entra(ADELE_ID, GLOBAL_READER, "/", "PT1H"), "justification"))
        .await?;
    assert_eq!(
        (status, &body["status"], &body["action"]),
        (201, &json!("Provisioned"), &json!("selfActivate")),
        "{body}"
    );
    let entra_id = body["id"].as_str().unwrap_or_default().to_owned();
    let (status, body) = sim.group_post(&tokens.graph, &group(ADELE_ID, OPERATORS, "member", "PT8H")).await?;
    assert_eq!((status, &body["status"]), (201, &json!("Provisioned")), "{body}");
    let eligibility =
        sim.azure_eligibility(&tokens.azure, "Storage Blob Data Contributor", "contosoinvoices").await?;
    let scope = eligibility["scope"].as_str().unwrap_or_default();
    let (status, body) =
        sim.azure_put(&tokens.azure, scope, &id(1), &azure(&eligibility, ADELE_ID, "PT2H")).await?;
    assert_eq!((status, &body["properties"]["status"]), (201, &json!("Provisioned")), "{body}");

    let one = sim.graph_url(&format!("roleManagement/directory/roleAssignmentScheduleRequests/{entra_id}"));
    assert_eq!(sim.get(&tokens.graph, &one).await?.1["status"], "Provisioned");
    let active = sim.graph_url("roleManagement/directory/roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')?$filter=assignmentType eq 'Activated'&$expand=activatedUsing");
    let (rows, _) = sim.rows(&tokens.graph, &active).await?;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["roleAssignmentScheduleId"], entra_id.as_str());
    assert_eq!(rows[0]["activatedUsing"]["roleDefinitionId"], GLOBAL_READER);

    let leave_entra = json!({ "action": "selfDeactivate", "principalId": ADELE_ID, "roleDefinitionId": GLOBAL_READER, "directoryScopeId": "/" });
    let leave_group = json!({ "action": "selfDeactivate", "principalId": ADELE_ID, "groupId": OPERATORS, "accessId": "member" });
    let leave_azure = json!({ "requestType": "SelfDeactivate", "principalId": ADELE_ID, "roleDefinitionId": eligibility["roleDefinitionId"] });
    let early = [
        sim.entra_post(&tokens.graph, &leave_entra).await?,
        sim.group_post(&tokens.graph, &leave_group).await?,
        sim.azure_put(&tokens.azure, scope, &id(2), &leave_azure).await?,
    ];
    for answer in &early {
        assert_eq!(
            refusal(answer),
            (
                400,
                "ActiveDurationTooShort",
                "The Active duration is too short. Miniumum Required is 5 minutes."
            )
        );
    }
    sim.control("/clock", json!({ "advance": "PT6M" })).await?;
    assert_eq!(sim.entra_post(&tokens.graph, &leave_entra).await?.1["status"], "Revoked");
    assert_eq!(sim.group_post(&tokens.graph, &leave_group).await?.1["status"], "Revoked");
    assert_eq!(
        sim.azure_put(&tokens.azure, scope, &id(3), &leave_azure).await?.1["properties"]["status"],
        "Revoked"
    );
    assert_eq!(refusal(&sim.entra_post(&tokens.graph, &leave_entra).await?).1, "RoleAssignmentDoesNotExist");
    assert!(sim.rows(&tokens.graph, &active).await?.0.is_empty());
    let ledger = sim.control_get("/ledger").await?;
    assert_eq!(ledger.as_array().map(Vec::len), Some(6), "{ledger}");
    Ok(())
}

#[tokio::test]
async fn entra_refuses_with_the_documented_words() -> Result<()> {
    let sim = Sim::start().await?;
    let token = sim.sign_in(ADELE).await?.graph;
    for (body, expected) in [
        (entra(ADELE_ID, HELPDESK, "/", "PT2H"), r#"["ExpirationRule"]"#),
        (
            without(entra(ADELE_ID, USER_ADMINISTRATOR, "/", "PT1H"), "justification"),
            r#"["JustificationRule"]"#,
        ),
        (without(entra(ADELE_ID, EXCHANGE, "/", "PT1H"), "ticketInfo"), r#"["TicketingRule"]"#),
        (
            without(entra(ADELE_ID, USER_ADMINISTRATOR, "/", "PT10H"), "justification"),
            r#"["ExpirationRule","JustificationRule"]"#,
        ),
        (entra(ADELE_ID, HELPDESK, "/administrativeUnits/x", "PT1H"), r#"["EligibilityRule"]"#),
        (without(entra(ADELE_ID, USER_ADMINISTRATOR, "/", "PT1H"), "scheduleInfo"), r#"["ExpirationRule"]"#),
    ] {
        let answer = sim.entra_post(&token, &body).await?;
        assert_eq!(refusal(&answer), (400, POLICY_FAILED, rules(expected).as_str()));
    }
    sim.control("/switches", json!({ "rule_message": "text" })).await?;
    let answer = sim
        .entra_post(&token, &without(entra(ADELE_ID, USER_ADMINISTRATOR, "/", "PT1H"), "justification"))
        .await?;
    assert_eq!(refusal(&answer).2, rules("JustificationRule - Justification is required"));

    let other = sim.entra_post(&token, &entra(LEE_ID, GLOBAL_READER, "/", "PT1H")).await?;
    assert_eq!(other.0, 403);
    assert_eq!(sim.entra_post(&token, &entra(ADELE_ID, GLOBAL_READER, "/", "PT1H")).await?.0, 201);
    let mut again = entra(ADELE_ID, GLOBAL_READER, "/", "PT1H");
    assert_eq!(
        refusal(&sim.entra_post(&token, &again).await?),
        (400, "RoleAssignmentExists", "The Role assignment already exists.")
    );
    again["isValidationOnly"] = json!(true);
    assert_eq!(refusal(&sim.entra_post(&token, &again).await?).1, "RoleAssignmentExists");

    let (status, body) = sim.entra_post(&token, &entra(ADELE_ID, SECURITY, "/", "PT2H")).await?;
    assert_eq!((status, &body["status"]), (201, &json!("PendingApproval")));
    let pending = sim.entra_post(&token, &entra(ADELE_ID, SECURITY, "/", "PT2H")).await?;
    assert_eq!(refusal(&pending).1, "PendingRoleAssignmentRequest");
    let alex = sim.sign_in(ALEX).await?;
    let waiting = sim.graph_url("roleManagement/directory/roleAssignmentScheduleRequests/filterByCurrentUser(on='approver')?$filter=status eq 'PendingApproval'&$expand=roleDefinition,principal");
    let (rows, _) = sim.rows(&alex.graph, &waiting).await?;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["principal"]["displayName"], "Adele Vance");
    Ok(())
}

#[tokio::test]
async fn groups_and_azure_refuse_with_the_same_codes() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    for (body, expected) in [
        (group(ADELE_ID, RESPONDERS, "member", "PT9H"), r#"["ExpirationRule"]"#),
        (without(group(ADELE_ID, RESPONDERS, "member", "PT1H"), "justification"), r#"["JustificationRule"]"#),
        (without(group(ADELE_ID, PAYROLL, "member", "PT1H"), "ticketInfo"), r#"["TicketingRule"]"#),
        (group(ADELE_ID, RESPONDERS, "owner", "PT1H"), r#"["EligibilityRule"]"#),
    ] {
        assert_eq!(
            refusal(&sim.group_post(&tokens.graph, &body).await?),
            (400, POLICY_FAILED, rules(expected).as_str())
        );
    }
    let shop = sim.azure_eligibility(&tokens.azure, "Website Contributor", "rg-webshop-prod").await?;
    let deploy =
        sim.azure_eligibility(&tokens.azure, "Contoso Deployment Operator", "rg-webshop-prod").await?;
    let blob =
        sim.azure_eligibility(&tokens.azure, "Storage Blob Data Contributor", "contosoinvoices").await?;
    let scope = |e: &Value| e["scope"].as_str().unwrap_or_default().to_owned();
    let mut elsewhere = azure(&shop, ADELE_ID, "PT1H");
    elsewhere["roleDefinitionId"] =
        json!("/providers/Microsoft.Authorization/roleDefinitions/de139f84-1756-47ae-9be6-808fbbe84772");
    for (at, body, expected) in [
        (&shop, azure(&shop, ADELE_ID, "PT9H"), r#"["ExpirationRule"]"#),
        (&shop, without(azure(&shop, ADELE_ID, "PT1H"), "justification"), r#"["JustificationRule"]"#),
        (&deploy, without(azure(&deploy, ADELE_ID, "PT1H"), "ticketInfo"), r#"["TicketingRule"]"#),
        (&blob, without(azure(&blob, ADELE_ID, "PT1H"), "condition"), r#"["EligibilityRule"]"#),
        (&shop, elsewhere, r#"["EligibilityRule"]"#),
    ] {
        let answer = sim.azure_put(&tokens.azure, &scope(at), &id(9), &body).await?;
        assert_eq!(refusal(&answer), (400, POLICY_FAILED, rules(expected).as_str()));
    }
    let good = azure(&shop, ADELE_ID, "PT1H");
    assert_eq!(sim.azure_put(&tokens.azure, &scope(&shop), &id(10), &good).await?.0, 201);
    let again = sim.azure_put(&tokens.azure, &scope(&shop), &id(10), &good).await?;
    assert_eq!((again.0, refusal(&again).1), (409, "RoleAssignmentRequestExists"));
    let other = sim.azure_put(&tokens.azure, &scope(&shop), &id(11), &good).await?;
    assert_eq!(refusal(&other), (400, "RoleAssignmentExists", "The Role assignment already exists."));
    let path = format!(
        "{}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{}?api-version=2020-10-01",
        scope(&shop),
        id(10)
    );
    assert_eq!(
        sim.get(&tokens.azure, &sim.azure_url(&path)).await?.1["properties"]["requestType"],
        "SelfActivate"
    );
    let permanent = json!({ "requestType": "SelfDeactivate", "principalId": ADELE_ID,
        "roleDefinitionId": "/subscriptions/5b000002-93d4-4e6a-8a0c-1f0000000002/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7" });
    let answer = sim
        .azure_put(&tokens.azure, "/subscriptions/5b000002-93d4-4e6a-8a0c-1f0000000002", &id(12), &permanent)
        .await?;
    assert_eq!(refusal(&answer).1, "RoleAssignmentDoesNotExist");
    Ok(())
}

#[tokio::test]
async fn an_azure_role_is_narrowed_with_the_full_eligibility_id_only() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let sandbox = sim.azure_eligibility(&tokens.azure, "Contributor", "Contoso Sandbox").await?;
    let lab = "/subscriptions/5b000002-93d4-4e6a-8a0c-1f0000000002/resourceGroups/rg-lab";
    let mut body = azure(&sandbox, ADELE_ID, "PT1H");
    let full = body["linkedRoleEligibilityScheduleId"].clone();
    body["linkedRoleEligibilityScheduleId"] = json!(full.as_str().unwrap_or_default().rsplit('/').next());
    assert_eq!(sim.azure_put(&tokens.azure, lab, &id(20), &body).await?.0, 400);
    let own = sandbox["scope"].as_str().unwrap_or_default();
    assert_eq!(sim.azure_put(&tokens.azure, own, &id(21), &body).await?.0, 201);
    let reader = sim.azure_eligibility(&tokens.azure, "Reader", "Contoso Platform").await?;
    let unread = "/subscriptions/5b000001-93d4-4e6a-8a0c-1f0000000001/resourceGroups/rg-unread";
    let answer = sim.azure_put(&tokens.azure, unread, &id(23), &azure(&reader, ADELE_ID, "PT1H")).await?;
    assert_eq!((answer.0, refusal(&answer).1), (403, "AuthorizationFailed"), "no read access there yet");
    let production = "/subscriptions/5b000001-93d4-4e6a-8a0c-1f0000000001";
    assert_eq!(
        sim.azure_put(&tokens.azure, production, &id(24), &azure(&reader, ADELE_ID, "PT1H")).await?.0,
        201
    );
    body["linkedRoleEligibilityScheduleId"] = full;
    assert_eq!(sim.azure_put(&tokens.azure, lab, &id(22), &body).await?.0, 201);
    Ok(())
}

#[tokio::test]
async fn a_sign_in_without_mfa_fails_the_mfa_rule() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(LEE).await?;
    let answers = [
        sim.entra_post(&tokens.graph, &entra(LEE_ID, INTUNE, "/", "PT1H")).await?,
        sim.group_post(
            &tokens.graph,
            &group(LEE_ID, "97000006-7e2d-4c19-a0b3-5d0000000006", "member", "PT1H"),
        )
        .await?,
    ];
    for answer in &answers {
        assert_eq!(refusal(answer), (400, POLICY_FAILED, rules(r#"["MfaRule"]"#).as_str()));
    }
    let adele = sim.sign_in(ADELE).await?;
    assert_eq!(sim.entra_post(&adele.graph, &entra(ADELE_ID, INTUNE, "/", "PT1H")).await?.0, 201);
    Ok(())
}

#[tokio::test]
async fn an_authentication_context_asks_for_claims_and_is_satisfied_by_them() -> Result<()> {
    let sim = Sim::start().await?;
    let plain = sim.sign_in(ADELE).await?;
    let body = entra(ADELE_ID, CONDITIONAL_ACCESS, "/", "PT1H");
    let answer = sim.entra_post(&plain.graph, &body).await?;
    let claims = "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D";
    assert_eq!(refusal(&answer), (400, "RoleAssignmentRequestAcrsValidationFailed", claims));
    sim.control("/switches", json!({ "acrs_form": "wrapped" })).await?;
    let answer = sim.entra_post(&plain.graph, &body).await?;
    assert_eq!(refusal(&answer).1, "UnknownError");
    let inner: Value = serde_json::from_str(refusal(&answer).2)?;
    assert_eq!(inner["errorCode"], "RoleAssignmentRequestAcrsValidationFailed");

    // A refresh cannot prove anything by itself; a context without the capability does not count.
    let wanted = r#"{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"essential":true,"value":"c1"}}}"#;
    let (status, refused) = sim.refresh(&plain.refresh, "User.Read", Some(wanted)).await?;
    assert_eq!((status, &refused["error"]), (400, &json!("interaction_required")));
    assert!(refused["claims"].is_string());
    let bare =
        sim.sign_in_with(ADELE, Some(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#)).await?;
    assert_eq!(sim.entra_post(&bare.graph, &body).await?.0, 400);
    let strong = sim.sign_in_with(ADELE, Some(wanted)).await?;
    assert_eq!(sim.entra_post(&strong.graph, &body).await?.0, 201);
    assert_eq!(sim.group_post(&strong.graph, &group(ADELE_ID, CUSTODIANS, "member", "PT1H")).await?.0, 201);
    let access = sim.azure_eligibility(&strong.azure, "User Access Administrator", "Contoso Sandbox").await?;
    let scope = access["scope"].as_str().unwrap_or_default();
    let request = azure(&access, ADELE_ID, "PT1H");
    assert_eq!(refusal(&sim.azure_put(&plain.azure, scope, &id(30), &request).await?).0, 400);
    assert_eq!(sim.azure_put(&strong.azure, scope, &id(31), &request).await?.0, 201);
    let (status, everything) =
        sim.entra_post(&strong.graph, &entra(ADELE_ID, GLOBAL_ADMINISTRATOR, "/", "PT30M")).await?;
    assert_eq!((status, &everything["status"]), (201, &json!("PendingApproval")));
    Ok(())
}

#[tokio::test]
async fn time_starts_and_ends_an_activation() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let active = sim.graph_url("roleManagement/directory/roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')?$filter=assignmentType eq 'Activated'");
    let now = sim.control_get("/clock").await?;
    let start: jiff::Timestamp = now["planes"].as_str().unwrap_or_default().parse()?;
    let mut body = entra(ADELE_ID, GLOBAL_READER, "/", "PT1H");
    body["scheduleInfo"]["startDateTime"] = json!((start + jiff::SignedDuration::from_mins(10)).to_string());
    let (_, granted) = sim.entra_post(&tokens.graph, &body).await?;
    assert_eq!(granted["status"], "Granted");
    let one = sim.graph_url(&format!(
        "roleManagement/directory/roleAssignmentScheduleRequests/{}",
        granted["id"].as_str().unwrap_or_default()
    ));
    assert!(sim.rows(&tokens.graph, &active).await?.0.is_empty());
    sim.control("/clock", json!({ "advance": "PT11M" })).await?;
    assert_eq!(sim.rows(&tokens.graph, &active).await?.0.len(), 1);
    assert_eq!(sim.get(&tokens.graph, &one).await?.1["status"], "Provisioned");
    sim.control("/clock", json!({ "advance": "PT1H" })).await?;
    assert!(sim.rows(&tokens.graph, &active).await?.0.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_pending_request_can_be_cancelled() -> Result<()> {
    let sim = Sim::start().await?;
    let token = sim.sign_in(ADELE).await?.graph;
    let (_, pending) = sim.entra_post(&token, &entra(ADELE_ID, SECURITY, "/", "PT1H")).await?;
    let one = sim.graph_url(&format!(
        "roleManagement/directory/roleAssignmentScheduleRequests/{}",
        pending["id"].as_str().unwrap_or_default()
    ));
    assert_eq!(sim.call("POST", &token, &format!("{one}/cancel"), None).await?.0, 204);
    assert_eq!(sim.get(&token, &one).await?.1["status"], "Canceled");
    assert_eq!(sim.call("POST", &token, &format!("{one}/cancel"), None).await?.0, 400);
    Ok(())
}
