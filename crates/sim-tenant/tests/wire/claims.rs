//! Continuous access evaluation, claims challenges, and what a step-up satisfies.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use reqwest::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};
use sim_tenant::walk::{self, Consent};

use crate::support::{ADELE, ADELE_ID, ALEX, LEE, LEE_ID, Sim, Tokens, azure, entra, parameter};

const CP1: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
const STEP_UP: &str =
    r#"{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"essential":true,"value":"c1"}}}"#;
const CONDITIONAL_ACCESS: &str = "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9";
const INTUNE: &str = "3a2c62db-5318-420d-8d74-23affee5d9d5";
const ACRS: &str = "RoleAssignmentRequestAcrsValidationFailed";

fn azure_list(sim: &Sim) -> String {
    sim.azure_url("providers/Microsoft.Authorization/roleAssignmentScheduleInstances?api-version=2020-10-01&$filter=asTarget()")
}

/// Status and every `WWW-Authenticate` of a read on each plane.
async fn reads(sim: &Sim, tokens: &Tokens) -> Result<[(u16, Vec<String>); 2]> {
    let mut out = Vec::new();
    for (token, url) in [(&tokens.graph, sim.graph_url("me")), (&tokens.azure, azure_list(sim))] {
        let response = sim.send("GET", token, &url, None).await?;
        let headers = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let headers = headers.map(|v| Ok(v.to_str()?.to_owned())).collect::<Result<Vec<_>>>()?;
        out.push((response.status().as_u16(), headers));
    }
    out.try_into().ok().context("two reads")
}

fn statuses(reads: &[(u16, Vec<String>); 2]) -> [u16; 2] {
    [reads[0].0, reads[1].0]
}

/// The claims text of the `Bearer` challenge.
fn challenge(headers: &[String]) -> Option<&str> {
    let bearer = headers.iter().find_map(|h| h.split_once("Bearer realm=\"\"").map(|(_, rest)| rest))?;
    let (_, claims) = bearer.split_once("error=\"insufficient_claims\", claims=\"")?;
    claims.split('"').next()
}

#[tokio::test]
async fn a_revoked_token_is_challenged_and_refreshing_heals_it() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in_with(ADELE, Some(CP1)).await?;
    let plain = sim.sign_in(ADELE).await?;
    let other = sim.sign_in_with(ALEX, Some(CP1)).await?;
    sim.control("/revoke", json!({ "how": "cae", "who": ADELE, "plane": "azure" })).await?;
    assert_eq!(statuses(&reads(&sim, &tokens).await?), [200, 401]);
    sim.control("/revoke", json!({ "how": "cae", "who": ADELE })).await?;
    let after = reads(&sim, &tokens).await?;
    assert_eq!(statuses(&after), [401, 401]);
    let claims = STANDARD.decode(challenge(&after[0].1).context("a challenge")?)?;
    let claims: Value = serde_json::from_slice(&claims)?;
    let from = claims["access_token"]["nbf"]["value"].as_str().context("nbf")?.parse::<i64>()?;
    assert!(from > 1_600_000_000);
    // Without the capability nobody is challenged, and others are not concerned.
    assert_eq!(statuses(&reads(&sim, &plain).await?), [200, 200]);
    assert_eq!(statuses(&reads(&sim, &other).await?), [200, 200]);
    let mut wanted = claims;
    wanted["access_token"]["xms_cc"] = json!({ "values": ["cp1"] });
    let scope = format!("{}.default", sim.running.graph);
    let (status, fresh) = sim.refresh(&tokens.refresh, &scope, Some(&wanted.to_string())).await?;
    assert_eq!(status, 200, "{fresh}");
    let healed = Tokens { graph: fresh["access_token"].as_str().context("token")?.to_owned(), ..tokens };
    assert_eq!(statuses(&reads(&sim, &healed).await?), [200, 401]);
    Ok(())
}

#[tokio::test]
async fn a_challenge_comes_in_both_alphabets_and_every_layout() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in_with(ADELE, Some(CP1)).await?;
    sim.control("/revoke", json!({ "how": "cae" })).await?;
    for (alphabet, padded, engine) in [
        ("standard", true, &STANDARD),
        ("standard", false, &STANDARD_NO_PAD),
        ("url_safe", true, &URL_SAFE),
        ("url_safe", false, &URL_SAFE_NO_PAD),
    ] {
        for (layout, count) in [("single", 1), ("several_in_one_header", 1), ("several_headers", 3)] {
            let order = json!({ "challenge_alphabet": alphabet, "challenge_padded": padded, "challenge_layout": layout });
            sim.control("/switches", order).await?;
            for (status, headers) in reads(&sim, &tokens).await? {
                assert_eq!((status, headers.len()), (401, count), "{headers:?}");
                let text = challenge(&headers).with_context(|| format!("{headers:?}"))?;
                assert_eq!(text.ends_with('='), padded, "{text}");
                assert_eq!(text.contains(['-', '_']), alphabet == "url_safe", "{text}");
                let claims: Value = serde_json::from_slice(&engine.decode(text)?)?;
                assert!(claims["access_token"]["nbf"]["value"].is_string(), "{claims}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn one_call_is_challenged_on_order_reads_and_writes_alike() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in_with(ADELE, Some(CP1)).await?;
    let body = entra(ADELE_ID, "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "/", "PT1H");
    sim.control("/faults", json!({ "plane": "graph", "method": "POST", "kind": "claims" })).await?;
    let url = sim.graph_url("roleManagement/directory/roleAssignmentScheduleRequests");
    let response = sim.send("POST", &tokens.graph, &url, Some(&body)).await?;
    assert_eq!(response.status(), 401);
    assert!(response.headers()[WWW_AUTHENTICATE].to_str()?.contains("insufficient_claims"));
    assert_eq!(sim.control_get("/ledger").await?, json!([]));
    assert_eq!(sim.entra_post(&tokens.graph, &body).await?.0, 201);
    sim.control("/faults", json!({ "plane": "azure", "kind": "claims" })).await?;
    assert_eq!(statuses(&reads(&sim, &tokens).await?), [200, 401]);
    assert_eq!(statuses(&reads(&sim, &tokens).await?), [200, 200]);
    Ok(())
}

#[tokio::test]
async fn what_was_revoked_cannot_be_refreshed_and_a_new_sign_in_heals() -> Result<()> {
    let sim = Sim::start().await?;
    for (how, error, number, reads_fail) in [
        ("sessions", "invalid_grant", 50173, true),
        ("password_changed", "invalid_grant", 50173, true),
        ("sign_in_frequency", "invalid_grant", 70043, false),
        ("interaction", "interaction_required", 50076, false),
    ] {
        let tokens = sim.sign_in_with(ADELE, Some(CP1)).await?;
        let other = sim.sign_in_with(ALEX, Some(CP1)).await?;
        sim.control("/revoke", json!({ "how": how, "who": ADELE })).await?;
        let expected = if reads_fail { [401, 401] } else { [200, 200] };
        assert_eq!(statuses(&reads(&sim, &tokens).await?), expected, "{how}");
        let (status, answer) = sim.refresh(&tokens.refresh, "User.Read", None).await?;
        assert_eq!(
            (status, &answer["error"], &answer["error_codes"]),
            (400, &json!(error), &json!([number])),
            "{how}: {answer}"
        );
        assert_eq!(answer["claims"].is_string(), how == "interaction");
        assert_eq!(sim.refresh(&other.refresh, "User.Read", None).await?.0, 200);
        let again = sim.sign_in_with(ADELE, Some(CP1)).await?;
        assert_eq!(statuses(&reads(&sim, &again).await?), [200, 200], "{how}");
    }
    Ok(())
}

#[tokio::test]
async fn a_browser_whose_sessions_were_revoked_has_to_sign_in_again() -> Result<()> {
    let sim = Sim::start().await?;
    sim.control("/consent", json!({ "granted": true })).await?;
    let page = sim.http.get(sim.authorize_url(&[])?).send().await?.text().await?;
    let flow = page.split("name=\"flow\" value=\"").nth(1).and_then(|p| p.split('"').next());
    let fields = [("flow", flow.context("no flow")?), ("step", "pick"), ("upn", ADELE)];
    let picked = sim.http.post(sim.sign_in_url("login")?).form(&fields).send().await?;
    let cookie = picked.headers()["set-cookie"].to_str()?.split(';').next().unwrap_or_default().to_owned();
    let silent = async || -> Result<String> {
        let url = sim.authorize_url(&[("prompt", "none")])?;
        let response = sim.http.get(url).header("cookie", &cookie).send().await?;
        Ok(response.headers()["location"].to_str()?.to_owned())
    };
    assert!(silent().await?.contains("code="));
    sim.control("/revoke", json!({ "how": "sessions", "who": ADELE })).await?;
    assert!(silent().await?.contains("error=login_required"));
    Ok(())
}

/// What an access token says of itself; a client must not look, a test may.
fn payload(token: &str) -> Result<Value> {
    let payload = token.split('.').nth(1).context("a token has three parts")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?)
}

#[tokio::test]
async fn a_token_carries_what_its_own_exchange_asked_for() -> Result<()> {
    let sim = Sim::start().await?;
    let two =
        r#"{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"essential":true,"values":["c1","c2"]}}}"#;
    let tokens = sim.sign_in_with(ADELE, Some(two)).await?;
    let scope = format!("{}/.default", sim.running.azure);
    for (claims, capability, contexts) in [
        (None, Value::Null, Value::Null),
        (Some(CP1), json!(["cp1"]), Value::Null),
        (Some(STEP_UP), json!(["cp1"]), json!(["c1"])),
        (Some(two), json!(["cp1"]), json!(["c1", "c2"])),
    ] {
        let (_, answer) = sim.refresh(&tokens.refresh, &scope, claims).await?;
        let token = payload(answer["access_token"].as_str().context("token")?)?;
        assert_eq!((&token["xms_cc"], &token["acrs"]), (&capability, &contexts), "{claims:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_disabled_account_is_out_until_it_is_enabled() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in_with(ADELE, Some(CP1)).await?;
    sim.control("/revoke", json!({ "how": "disabled", "who": ADELE })).await?;
    assert_eq!(statuses(&reads(&sim, &tokens).await?), [401, 401]);
    let (status, answer) = sim.refresh(&tokens.refresh, "User.Read", None).await?;
    assert_eq!((status, &answer["error_codes"]), (400, &json!([50057])));
    let stuck = walk::authorize(&sim.authorize_url(&[])?, ADELE, Consent::Accept).await;
    assert!(format!("{:#}", stuck.err().context("signed in")?).contains("AADSTS50057"));
    sim.control("/revoke", json!({ "how": "enabled", "who": ADELE })).await?;
    let (_, answer) = sim.refresh(&tokens.refresh, "User.Read", None).await?;
    assert_eq!(answer["error_codes"], json!([50173]), "what was issued before stays dead");
    sim.sign_in(ADELE).await?;
    Ok(())
}

#[tokio::test]
async fn a_step_up_counts_for_its_own_exchange_and_resource() -> Result<()> {
    let sim = Sim::start().await?;
    let code = sim.code(ADELE, &[("claims", STEP_UP)]).await?;
    let (_, answer) = sim
        .token(&Sim::redemption(
            &code,
            &[("scope", &format!("{}.default offline_access", sim.running.graph))],
        ))
        .await?;
    let graph = answer["access_token"].as_str().context("token")?.to_owned();
    let refresh = answer["refresh_token"].as_str().context("refresh token")?.to_owned();
    let wanted = entra(ADELE_ID, CONDITIONAL_ACCESS, "/", "PT1H");
    assert_eq!(sim.entra_post(&graph, &wanted).await?.0, 201);

    let scope = format!("{}/.default", sim.running.azure);
    let token = |answer: &Value| answer["access_token"].as_str().unwrap_or_default().to_owned();
    let (_, without) = sim.refresh(&refresh, &scope, Some(CP1)).await?;
    let (_, with) = sim.refresh(&refresh, &scope, Some(STEP_UP)).await?;
    let rows = sim.rows(&token(&with), &sim.azure_url("providers/Microsoft.Authorization/roleEligibilityScheduleInstances?api-version=2020-10-01&$filter=asTarget()")).await?.0;
    let mut refused = 0;
    for (n, row) in rows.iter().enumerate() {
        let eligibility = &row["properties"];
        let scope = eligibility["scope"].as_str().unwrap_or_default();
        let body = azure(eligibility, ADELE_ID, "PT30M");
        let id = |n: usize| format!("00000000-0000-4000-8000-{n:012}");
        let (status, answer) = sim.azure_put(&token(&without), scope, &id(n), &body).await?;
        if answer["error"]["code"] == ACRS {
            refused += 1;
            assert_eq!(status, 400);
            assert_eq!(sim.azure_put(&token(&with), scope, &id(100 + n), &body).await?.0, 201);
        }
    }
    assert!(refused > 0, "the demo tenant has no Azure role with an authentication context");
    // A context that this session has not proved is not given silently; several at once are asked for as one list.
    let two =
        r#"{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"essential":true,"values":["c1","c2"]}}}"#;
    let (status, answer) = sim.refresh(&refresh, &scope, Some(two)).await?;
    assert_eq!((status, &answer["error"]), (400, &json!("interaction_required")));
    let asked: Value = serde_json::from_str(answer["claims"].as_str().context("claims")?)?;
    assert_eq!(asked["access_token"]["acrs"]["values"], json!(["c1", "c2"]));
    assert!(sim.sign_in_with(ADELE, Some(two)).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn conditional_access_can_refuse_a_context_in_three_places() -> Result<()> {
    let sim = Sim::start().await?;
    let wanted = entra(ADELE_ID, CONDITIONAL_ACCESS, "/", "PT1H");
    for outcome in ["exclude", "distrust"] {
        sim.control("/contexts", json!({ "context": "c1", "who": ADELE, "outcome": outcome })).await?;
        let tokens = sim.sign_in_with(ADELE, Some(STEP_UP)).await?;
        let (status, answer) = sim.entra_post(&tokens.graph, &wanted).await?;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(ACRS)), "{outcome}");
    }
    let tokens = sim.sign_in_with(ADELE, Some(STEP_UP)).await?;
    sim.control("/contexts", json!({ "context": "c1", "who": ADELE, "outcome": "block" })).await?;
    let back = walk::authorize(&sim.authorize_url(&[("claims", STEP_UP)])?, ADELE, Consent::Accept).await?;
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert!(parameter(&back, "error_description").unwrap_or_default().starts_with("AADSTS53003"));
    let (status, answer) = sim.refresh(&tokens.refresh, "User.Read", Some(STEP_UP)).await?;
    assert_eq!((status, &answer["error_codes"]), (400, &json!([53003])));
    // Only that person and that context.
    assert!(sim.sign_in_with(ALEX, Some(STEP_UP)).await.is_ok());
    sim.control("/contexts", json!({ "context": "c1", "who": ADELE, "outcome": "allow" })).await?;
    let tokens = sim.sign_in_with(ADELE, Some(STEP_UP)).await?;
    assert_eq!(sim.entra_post(&tokens.graph, &wanted).await?.0, 201);
    Ok(())
}

#[tokio::test]
async fn a_proof_can_grow_stale() -> Result<()> {
    let sim = Sim::start().await?;
    sim.control("/contexts", json!({ "context": "c1", "fresh": "PT10M" })).await?;
    let tokens = sim.sign_in_with(ADELE, Some(STEP_UP)).await?;
    sim.control("/clock", json!({ "advance": "PT11M", "of": "sign_in" })).await?;
    let wanted = entra(ADELE_ID, CONDITIONAL_ACCESS, "/", "PT1H");
    let (status, answer) = sim.entra_post(&tokens.graph, &wanted).await?;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(ACRS)));
    let (status, answer) = sim.refresh(&tokens.refresh, "User.Read", Some(STEP_UP)).await?;
    assert_eq!((status, &answer["error"]), (400, &json!("interaction_required")));
    let tokens = sim.sign_in_with(ADELE, Some(STEP_UP)).await?;
    assert_eq!(sim.entra_post(&tokens.graph, &wanted).await?.0, 201);
    Ok(())
}

#[tokio::test]
async fn multifactor_authentication_comes_with_an_interactive_sign_in_that_asks_for_it() -> Result<()> {
    let sim = Sim::start().await?;
    let wanted = entra(LEE_ID, INTUNE, "/", "PT1H");
    let scope = format!("{}.default", sim.running.graph);
    let amr = r#"{"id_token":{"amr":{"values":["mfa"]}}}"#;
    for (change, passes) in [
        (("state", "s"), false),
        (("prompt", "select_account"), false),
        (("prompt", "login"), true),
        (("claims", amr), true),
        (("acr_values", "possessionorinherence"), true),
        (("claims", STEP_UP), true),
    ] {
        let code = sim.code(LEE, &[change]).await?;
        let (_, answer) = sim.token(&Sim::redemption(&code, &[("scope", &scope)])).await?;
        let token = answer["access_token"].as_str().context("token")?;
        let (_, answer) = sim.entra_post(token, &validation(&wanted)).await?;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(!message.contains("MfaRule"), passes, "{change:?}: {answer}");
    }
    sim.control("/switches", json!({ "prompt_login_gives_mfa": false })).await?;
    let code = sim.code(LEE, &[("prompt", "login")]).await?;
    let (_, answer) = sim.token(&Sim::redemption(&code, &[("scope", &scope)])).await?;
    let (_, answer) = sim.entra_post(answer["access_token"].as_str().context("token")?, &wanted).await?;
    assert!(answer["error"]["message"].as_str().unwrap_or_default().contains("MfaRule"), "{answer}");
    Ok(())
}

/// The same body as a dry run.
fn validation(body: &Value) -> Value {
    let mut body = body.clone();
    body["isValidationOnly"] = json!(true);
    body
}

#[tokio::test]
async fn azure_may_insist_on_multifactor_authentication_for_writes() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(LEE).await?;
    let write = |token: String| {
        let sim = &sim;
        async move {
            let path = "subscriptions/5b000002-93d4-4e6a-8a0c-1f0000000002/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/00000000-0000-4000-8000-000000000001?api-version=2020-10-01";
            sim.send("PUT", &token, &sim.azure_url(path), Some(&json!({ "properties": {} }))).await
        }
    };
    assert_eq!(write(tokens.azure.clone()).await?.status(), 400);
    sim.control("/switches", json!({ "azure_mandatory_mfa": "disallow" })).await?;
    let response = write(tokens.azure.clone()).await?;
    assert_eq!(response.status(), 403);
    assert_eq!(response.json::<Value>().await?["error"]["code"], "RequestDisallowedByAzure");
    sim.control("/switches", json!({ "azure_mandatory_mfa": "challenge" })).await?;
    let response = write(tokens.azure.clone()).await?;
    assert_eq!(response.status(), 401);
    let header = response.headers()[WWW_AUTHENTICATE].to_str()?.to_owned();
    let claims = String::from_utf8(STANDARD.decode(challenge(&[header]).context("a challenge")?)?)?;
    assert_eq!(sim.get(&tokens.azure, &azure_list(&sim)).await?.0, 200);
    let stronger = sim.sign_in_with(LEE, Some(claims.trim())).await?;
    assert_eq!(write(stronger.azure).await?.status(), 400);
    Ok(())
}

#[tokio::test]
async fn the_context_refusal_has_every_form_that_was_seen() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    for (form, code) in
        [("plain", ACRS), ("wrapped", "UnknownError"), ("wrapped_nameless", ""), ("nested", "UnknownError")]
    {
        sim.control("/switches", json!({ "acrs_form": form })).await?;
        let (status, answer) =
            sim.entra_post(&tokens.graph, &entra(ADELE_ID, CONDITIONAL_ACCESS, "/", "PT1H")).await?;
        let message = answer["error"]["message"].as_str().context("message")?;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{form}");
        assert!(message.contains("&claims=%7B%22access_token%22"), "{form}: {message}");
        let inner = serde_json::from_str::<Value>(message).ok();
        match form {
            "plain" => assert!(inner.is_none()),
            "nested" => assert_eq!(inner.context("JSON")?["error"]["code"], ACRS),
            _ => assert_eq!(inner.context("JSON")?["errorCode"], ACRS),
        }
    }
    Ok(())
}
