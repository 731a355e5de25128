//! Discovery, the pages, the token endpoint and its refusals.

use anyhow::{Context as _, Result};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use sim_tenant::tenant::{DEMO_CLIENT_ID, DEMO_TENANT_ID};
use sim_tenant::walk::{self, Consent};

use crate::support::{ADELE, ADELE_ID, FRIDA, Sim, parameter};

async fn claims(sim: &Sim, token: &str) -> Result<Value> {
    let discovery: Value =
        sim.http.get(sim.sign_in_url("v2.0/.well-known/openid-configuration")?).send().await?.json().await?;
    let keys = discovery["jwks_uri"].as_str().context("no jwks_uri")?;
    let keys: JwkSet = sim.http.get(keys).send().await?.json().await?;
    let kid = decode_header(token)?.kid.context("no kid")?;
    let key = DecodingKey::from_jwk(keys.find(&kid).context("unknown kid")?)?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[DEMO_CLIENT_ID]);
    validation.set_issuer(&[discovery["issuer"].as_str().context("no issuer")?]);
    Ok(decode::<Value>(token, &key, &validation)?.claims)
}

#[tokio::test]
async fn a_person_signs_in_and_gets_tokens_for_both_resources() -> Result<()> {
    let sim = Sim::start().await?;
    let tokens = sim.sign_in(ADELE).await?;
    let claims = claims(&sim, tokens.answer["id_token"].as_str().context("no id_token")?).await?;
    assert_eq!(claims["oid"], ADELE_ID);
    assert_eq!(claims["tid"], DEMO_TENANT_ID);
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims["preferred_username"], ADELE);
    assert_eq!(claims["email"], ADELE);
    assert_eq!(claims["ver"], "2.0");
    let scope = tokens.answer["scope"].as_str().unwrap_or_default();
    assert!(scope.contains(&format!("{}RoleManagement.ReadWrite.Directory", sim.running.graph)), "{scope}");
    assert!(!scope.contains("offline_access"), "{scope}");
    let life = tokens.answer["expires_in"].as_i64().unwrap_or_default();
    assert!((3600..=5400).contains(&life), "{life}");
    // The old refresh token stays valid beside the new one.
    let (first, again) = sim.refresh(&tokens.refresh, "User.Read", None).await?;
    let (second, _) = sim.refresh(&tokens.refresh, "User.Read", None).await?;
    assert_eq!((first, second), (200, 200));
    assert_ne!(again["refresh_token"], tokens.refresh.as_str());
    assert_eq!(again["scope"], "User.Read");
    // The double slash is what the documentation's `.default` form of Azure comes to.
    let (status, _) = sim.refresh(&tokens.refresh, &format!("{}/.default", sim.running.azure), None).await?;
    assert_eq!(status, 200);
    sim.running.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_pages_are_plain_and_consent_is_asked_once() -> Result<()> {
    let sim = Sim::start().await?;
    let page = sim.http.get(sim.authorize_url(&[])?).send().await?.text().await?;
    for part in [
        "<html lang=\"en\">",
        "<title>",
        "<main>",
        "<h1>Pick an account</h1>",
        "Adele Vance",
        "Simulated tenant",
    ] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="));
    let declined = walk::authorize(&sim.authorize_url(&[])?, ADELE, Consent::Decline).await?;
    assert_eq!(parameter(&declined, "error").as_deref(), Some("access_denied"));
    assert!(parameter(&declined, "error_description").unwrap_or_default().starts_with("AADSTS65004"));
    assert_eq!(parameter(&declined, "state").as_deref(), Some("the-state"));
    sim.code(ADELE, &[]).await?;
    // Consented now: declining has nothing to decline any more.
    let again = walk::authorize(&sim.authorize_url(&[])?, ADELE, Consent::Decline).await?;
    assert!(parameter(&again, "code").is_some(), "{again}");
    Ok(())
}

#[tokio::test]
async fn a_bad_client_or_redirect_ends_on_a_page_and_never_redirects() -> Result<()> {
    let sim = Sim::start().await?;
    for (change, number) in [
        (("client_id", "00000000-0000-4000-8000-000000000000"), "AADSTS700016"),
        (("redirect_uri", "http://localhost:4711/elsewhere"), "AADSTS50011"),
        (("redirect_uri", "https://evil.example/auth/callback"), "AADSTS50011"),
    ] {
        let response = sim.http.get(sim.authorize_url(&[change])?).send().await?;
        assert_eq!(response.status(), 400);
        assert!(response.headers().get("location").is_none());
        assert!(response.text().await?.contains(number));
    }
    Ok(())
}

#[tokio::test]
async fn a_bad_authorize_request_is_told_to_the_client() -> Result<()> {
    let sim = Sim::start().await?;
    for (change, number) in [
        (("response_type", "token"), "AADSTS700054"),
        (("code_challenge", ""), "AADSTS50147"),
        (("code_challenge_method", "plain"), "AADSTS501491"),
        (("scope", "https://unknown.example/.default"), "AADSTS500011"),
        (("scope", "Nonsense.Read"), "AADSTS650053"),
        (("prompt", "none"), "AADSTS50058"),
    ] {
        let back = walk::authorize(&sim.authorize_url(&[change])?, ADELE, Consent::Accept).await?;
        let text = parameter(&back, "error_description").unwrap_or_default();
        assert!(text.starts_with(number), "{change:?}: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn the_token_endpoint_refuses_what_a_public_client_must_not_send() -> Result<()> {
    let sim = Sim::start().await?;
    let code = sim.code(ADELE, &[]).await?;
    let two = format!("User.Read {}", sim.azure_scope());
    for (change, error, number) in [
        (("code_verifier", ""), "invalid_grant", 50147),
        (
            ("code_verifier", "another-verifier-of-the-right-length-0123456789-abcdef"),
            "invalid_grant",
            501_481,
        ),
        (("client_secret", "s3cret"), "invalid_client", 700_025),
        (("client_assertion", "eyJ"), "invalid_client", 700_025),
        (("redirect_uri", "http://localhost:4712/auth/callback"), "invalid_client", 500_112),
        (("scope", two.as_str()), "invalid_request", 28000),
        (("scope", ""), "invalid_request", 28003),
        (("code", "1.nonsense"), "invalid_grant", 70000),
        (("client_id", "00000000-0000-4000-8000-000000000000"), "unauthorized_client", 700_016),
        (("grant_type", "password"), "unsupported_grant_type", 70003),
    ] {
        let (status, body) = sim.token(&Sim::redemption(&code, &[change])).await?;
        assert!(status >= 400, "{change:?}");
        assert_eq!(
            (&body["error"], &body["error_codes"]),
            (&json!(error), &json!([number])),
            "{change:?}: {body}"
        );
        for field in ["trace_id", "correlation_id", "timestamp"] {
            assert!(body[field].is_string(), "{field}: {body}");
        }
    }
    let url = sim.sign_in_url("oauth2/v2.0/token")?;
    let crossed =
        sim.http.post(url).header("origin", "http://localhost:4711").form(&Sim::redemption(&code, &[]));
    let body: Value = crossed.send().await?.json().await?;
    assert_eq!(body["error_codes"], json!([9_002_326]));
    // None of that used the code up; the first good call does.
    let (status, _) = sim.token(&Sim::redemption(&code, &[])).await?;
    assert_eq!(status, 200);
    let (status, body) = sim.token(&Sim::redemption(&code, &[])).await?;
    assert_eq!((status, &body["error_codes"]), (400, &json!([54005])));
    Ok(())
}

#[tokio::test]
async fn codes_and_refresh_tokens_run_out_and_unconsented_scopes_are_refused() -> Result<()> {
    let sim = Sim::start().await?;
    let code = sim.code(ADELE, &[("scope", "openid profile offline_access User.Read")]).await?;
    let (_, answer) = sim.token(&Sim::redemption(&code, &[])).await?;
    let refresh = answer["refresh_token"].as_str().context("no refresh token")?;
    let (_, refused) = sim.refresh(refresh, &sim.azure_scope(), None).await?;
    assert_eq!(
        (&refused["error"], &refused["suberror"]),
        (&json!("invalid_grant"), &json!("consent_required"))
    );
    assert_eq!(refused["error_codes"], json!([65001]));
    let (_, unknown) = sim.refresh("1.nonsense", "User.Read", None).await?;
    assert_eq!(unknown["error_codes"], json!([70000]));
    let late = sim.code(ADELE, &[]).await?;
    sim.control("/clock", json!({ "advance": "PT11M", "of": "sign_in" })).await?;
    let (_, expired) = sim.token(&Sim::redemption(&late, &[])).await?;
    assert_eq!(expired["error_codes"], json!([70008]));
    sim.control("/clock", json!({ "advance": "P91D", "of": "sign_in" })).await?;
    let (_, dead) = sim.refresh(refresh, "User.Read", None).await?;
    assert_eq!(dead["error_codes"], json!([700_082]));
    Ok(())
}

#[tokio::test]
async fn an_id_token_can_be_spoilt_once() -> Result<()> {
    let sim = Sim::start().await?;
    for (how, broken) in [
        ("wrong_tenant_token", true),
        ("bad_signature", true),
        ("unknown_key", true),
        ("wrong_audience", true),
    ] {
        sim.control("/sign-in", json!({ "next": how })).await?;
        let answer = sim.sign_in(ADELE).await?.answer;
        assert_eq!(
            claims(&sim, answer["id_token"].as_str().unwrap_or_default()).await.is_err(),
            broken,
            "{how}"
        );
    }
    sim.control("/sign-in", json!({ "next": "no_oid" })).await?;
    let answer = sim.sign_in(ADELE).await?.answer;
    assert_eq!(claims(&sim, answer["id_token"].as_str().unwrap_or_default()).await?["oid"], Value::Null);
    let answer = sim.sign_in(ADELE).await?.answer;
    assert_eq!(claims(&sim, answer["id_token"].as_str().unwrap_or_default()).await?["oid"], ADELE_ID);
    Ok(())
}

#[tokio::test]
async fn admin_consent_can_be_required_and_given() -> Result<()> {
    let sim = Sim::start().await?;
    sim.control("/consent", json!({ "mode": "admin_required" })).await?;
    let back = walk::authorize(&sim.authorize_url(&[])?, FRIDA, Consent::Accept).await?;
    assert!(parameter(&back, "error_description").unwrap_or_default().starts_with("AADSTS90094"));

    let mut url = sim.sign_in_url("v2.0/adminconsent")?;
    let scope = format!("{}.default", sim.running.graph);
    url.query_pairs_mut().extend_pairs([
        ("client_id", DEMO_CLIENT_ID),
        ("redirect_uri", "http://localhost:4711/auth/admin-consent"),
        ("scope", scope.as_str()),
        ("state", "s"),
    ]);
    let page = sim.http.get(url.clone()).send().await?.text().await?;
    let flow =
        page.split("name=\"flow\" value=\"").nth(1).and_then(|p| p.split('"').next()).context("no flow")?;
    url.set_query(None);
    let response = sim.http.post(url).form(&[("flow", flow), ("decision", "accept")]).send().await?;
    let location = response.headers()["location"].to_str()?.parse()?;
    assert_eq!(parameter(&location, "admin_consent").as_deref(), Some("True"));
    assert_eq!(parameter(&location, "tenant").as_deref(), Some(DEMO_TENANT_ID));
    assert!(
        walk::authorize(&sim.authorize_url(&[])?, FRIDA, Consent::Decline).await?.as_str().contains("code=")
    );
    Ok(())
}

#[tokio::test]
async fn a_signed_in_browser_is_not_asked_again_unless_the_client_wants_it() -> Result<()> {
    let sim = Sim::start().await?;
    sim.control("/consent", json!({ "granted": true })).await?;
    let page = sim.http.get(sim.authorize_url(&[])?).send().await?.text().await?;
    let flow =
        page.split("name=\"flow\" value=\"").nth(1).and_then(|p| p.split('"').next()).context("no flow")?;
    let fields = [("flow", flow), ("step", "pick"), ("upn", ADELE)];
    let picked = sim.http.post(sim.sign_in_url("login")?).form(&fields).send().await?;
    assert_eq!(picked.status(), 302);
    let cookie = picked.headers()["set-cookie"].to_str()?.split(';').next().unwrap_or_default().to_owned();
    for (changes, redirected) in [
        (vec![], true),
        (vec![("prompt", "none")], true),
        (vec![("login_hint", ADELE)], true),
        (vec![("login_hint", FRIDA)], false),
        (vec![("prompt", "select_account")], false),
        (vec![("prompt", "login")], false),
    ] {
        let response = sim.http.get(sim.authorize_url(&changes)?).header("cookie", &cookie).send().await?;
        assert_eq!(response.status() == 302, redirected, "{changes:?}");
        if redirected {
            assert!(response.headers()["location"].to_str()?.contains("code="), "{changes:?}");
        }
    }
    let out = sim.http.get(sim.sign_in_url("oauth2/v2.0/logout")?).header("cookie", &cookie).send().await?;
    assert_eq!(out.status(), 200);
    let response = sim.http.get(sim.authorize_url(&[])?).header("cookie", &cookie).send().await?;
    assert_eq!(response.status(), 200, "the picker again");
    Ok(())
}

#[tokio::test]
async fn sign_out_goes_back_to_a_registered_origin_only() -> Result<()> {
    let sim = Sim::start().await?;
    for (to, status) in [("http://localhost:4711/signed-out", 302), ("https://evil.example/", 200)] {
        let mut url = sim.sign_in_url("oauth2/v2.0/logout")?;
        url.query_pairs_mut().append_pair("post_logout_redirect_uri", to);
        assert_eq!(sim.http.get(url).send().await?.status(), status, "{to}");
    }
    Ok(())
}

#[tokio::test]
async fn a_scope_that_the_tenant_withholds_is_in_no_token_and_its_resource_refuses() -> Result<()> {
    let sim = Sim::start().await?;
    sim.control("/consent", json!({ "without": ["RoleManagement.ReadWrite.Directory"] })).await?;
    let tokens = sim.sign_in(ADELE).await?;
    let scope = tokens.answer["scope"].as_str().unwrap_or_default();
    assert!(!scope.contains("RoleManagement.ReadWrite") && scope.contains("Policy.Read.All"), "{scope}");
    let list =
        "roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')";
    let token = tokens.answer["access_token"].as_str().context("no access_token")?;
    let (status, answer) = sim.get(token, &sim.graph_url(list)).await?;
    assert_eq!(status, 403, "{answer}");
    Ok(())
}
