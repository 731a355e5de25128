//! A started tenant, a plain HTTP client, and the few steps every test takes.

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sim_tenant::tenant::{DEMO_CLIENT_ID, DEMO_TENANT_ID, Tenant};
use sim_tenant::walk::{self, Consent};
use sim_tenant::{Options, Running};
use url::Url;

pub(crate) const VERIFIER: &str = "a-code-verifier-of-the-right-length-0123456789-abcdef";
pub(crate) const REDIRECT: &str = "http://localhost:4711/auth/callback";
pub(crate) const ADELE: &str = "adele@contoso.example";
pub(crate) const ADELE_ID: &str = "a1de1e00-51c8-4d0e-8f2a-6b1e00000001";
pub(crate) const ALEX: &str = "alex@contoso.example";
pub(crate) const FRIDA: &str = "frida@contoso.example";
pub(crate) const LEE: &str = "lee@contoso.example";
pub(crate) const LEE_ID: &str = "1ee00011-51c8-4d0e-8f2a-6b1e00000007";

/// The design's whole scope table.
pub(crate) const GRAPH_SCOPES: &str = "openid profile email offline_access User.Read \
    RoleManagement.ReadWrite.Directory PrivilegedAccess.ReadWrite.AzureADGroup RoleManagementPolicy.Read.AzureADGroup \
    Policy.Read.All AdministrativeUnit.Read.All AuditLog.Read.All";

pub(crate) struct Sim {
    pub(crate) running: Running,
    pub(crate) http: Client,
}

#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) graph: String,
    pub(crate) azure: String,
    pub(crate) refresh: String,
    pub(crate) answer: Value,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests speak to the simulator without the portal's transport"
)]
fn client() -> Result<Client> {
    Ok(Client::builder().redirect(Policy::none()).build()?)
}

pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()))
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

impl Sim {
    pub(crate) async fn start() -> Result<Self> {
        Ok(Self { running: Running::start(Options::ephemeral()).await?, http: client()? })
    }

    /// The same with several directories.
    pub(crate) async fn start_with(tenant: Tenant, directories: Vec<Tenant>) -> Result<Self> {
        let options = Options { tenant, directories, ..Options::ephemeral() };
        Ok(Self { running: Running::start(options).await?, http: client()? })
    }

    pub(crate) fn sign_in_url(&self, path: &str) -> Result<Url> {
        Ok(self.running.sign_in.join(&format!("/{DEMO_TENANT_ID}/{path}"))?)
    }

    pub(crate) fn azure_scope(&self) -> String {
        format!("{}user_impersonation", self.running.azure)
    }

    /// A good authorize URL with some parameters replaced (or, with an empty value, left out).
    pub(crate) fn authorize_url(&self, changes: &[(&str, &str)]) -> Result<Url> {
        let scope = format!("{GRAPH_SCOPES} {}", self.azure_scope());
        let challenge = challenge();
        let mut parameters = vec![
            ("client_id", DEMO_CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", scope.as_str()),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        parameters.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        parameters.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let mut url = self.sign_in_url("oauth2/v2.0/authorize")?;
        url.query_pairs_mut().extend_pairs(parameters);
        Ok(url)
    }

    pub(crate) async fn code(&self, upn: &str, changes: &[(&str, &str)]) -> Result<String> {
        let back = walk::authorize(&self.authorize_url(changes)?, upn, Consent::Accept).await?;
        parameter(&back, "code").with_context(|| format!("no code in {back}"))
    }

    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Result<(u16, Value)> {
        let response = self.http.post(self.sign_in_url("oauth2/v2.0/token")?).form(fields).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// The fields of a good redemption with some replaced (or left out).
    pub(crate) fn redemption<'a>(code: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", DEMO_CLIENT_ID),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("scope", "User.Read offline_access openid profile"),
        ];
        fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        fields
    }

    pub(crate) async fn refresh(
        &self,
        refresh: &str,
        scope: &str,
        claims: Option<&str>,
    ) -> Result<(u16, Value)> {
        let mut fields = vec![
            ("grant_type", "refresh_token"),
            ("client_id", DEMO_CLIENT_ID),
            ("refresh_token", refresh),
            ("scope", scope),
        ];
        fields.extend(claims.map(|c| ("claims", c)));
        self.token(&fields).await
    }

    /// Signs in and gets a token for each resource.
    pub(crate) async fn sign_in(&self, upn: &str) -> Result<Tokens> {
        self.sign_in_with(upn, None).await
    }

    pub(crate) async fn sign_in_with(&self, upn: &str, claims: Option<&str>) -> Result<Tokens> {
        let changes: Vec<(&str, &str)> = claims.map(|c| ("claims", c)).into_iter().collect();
        let code = self.code(upn, &changes).await?;
        let scope = format!("{}.default offline_access openid profile", self.running.graph);
        let (status, answer) = self.token(&Self::redemption(&code, &[("scope", &scope)])).await?;
        anyhow::ensure!(status == 200, "{answer}");
        let text = |name: &str| {
            answer[name].as_str().map(str::to_owned).with_context(|| format!("no {name}: {answer}"))
        };
        let refresh = text("refresh_token")?;
        let (status, azure) =
            self.refresh(&refresh, &format!("{}/.default", self.running.azure), claims).await?;
        anyhow::ensure!(status == 200, "{azure}");
        let azure = azure["access_token"].as_str().context("no Azure token")?.to_owned();
        Ok(Tokens { graph: text("access_token")?, azure, refresh, answer })
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        token: &str,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Response> {
        let mut request = self.http.request(method.parse()?, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        Ok(request.send().await?)
    }

    pub(crate) fn graph_url(&self, path: &str) -> String {
        format!("{}v1.0/{path}", self.running.graph)
    }

    pub(crate) fn azure_url(&self, path: &str) -> String {
        format!("{}{}", self.running.azure, path.trim_start_matches('/'))
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        token: &str,
        url: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value)> {
        let response = self.send(method, token, url, body).await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? }))
    }

    pub(crate) async fn get(&self, token: &str, url: &str) -> Result<(u16, Value)> {
        self.call("GET", token, url, None).await
    }

    /// All rows of a list, and how many pages they came on.
    pub(crate) async fn rows(&self, token: &str, url: &str) -> Result<(Vec<Value>, usize)> {
        let (mut rows, mut pages, mut next) = (Vec::new(), 0, Some(url.to_owned()));
        while let Some(url) = next {
            let (status, body) = self.get(token, &url).await?;
            anyhow::ensure!(status == 200, "{url}: {body}");
            rows.extend(body["value"].as_array().cloned().unwrap_or_default());
            pages += 1;
            next = body["@odata.nextLink"].as_str().or(body["nextLink"].as_str()).map(str::to_owned);
        }
        Ok((rows, pages))
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Result<Value> {
        let url = self.running.control.join(path)?;
        let response = self.http.post(url).json(&body).send().await?;
        let status = response.status();
        let answer: Value = response.json().await?;
        anyhow::ensure!(status.is_success(), "{path}: {answer}");
        Ok(answer)
    }

    pub(crate) async fn control_get(&self, path: &str) -> Result<Value> {
        Ok(self.http.get(self.running.control.join(path)?).send().await?.json().await?)
    }

    /// The Graph eligibility of a role, by name and scope.
    pub(crate) async fn entra_post(&self, token: &str, body: &Value) -> Result<(u16, Value)> {
        let url = self.graph_url("roleManagement/directory/roleAssignmentScheduleRequests");
        self.call("POST", token, &url, Some(body)).await
    }

    pub(crate) async fn group_post(&self, token: &str, body: &Value) -> Result<(u16, Value)> {
        let url = self.graph_url("identityGovernance/privilegedAccess/group/assignmentScheduleRequests");
        self.call("POST", token, &url, Some(body)).await
    }

    pub(crate) async fn azure_put(
        &self,
        token: &str,
        scope: &str,
        id: &str,
        properties: &Value,
    ) -> Result<(u16, Value)> {
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{id}?api-version=2020-10-01"
        );
        self.call("PUT", token, &self.azure_url(&path), Some(&json!({ "properties": properties }))).await
    }

    /// The `properties` of an Azure eligibility, by role and scope name.
    pub(crate) async fn azure_eligibility(&self, token: &str, role: &str, scope: &str) -> Result<Value> {
        let url = self.azure_url("providers/Microsoft.Authorization/roleEligibilityScheduleInstances?api-version=2020-10-01&$filter=asTarget()");
        let (rows, _) = self.rows(token, &url).await?;
        let found = rows.into_iter().map(|r| r["properties"].clone()).find(|p| {
            p["expandedProperties"]["roleDefinition"]["displayName"] == role
                && p["expandedProperties"]["scope"]["displayName"] == scope
        });
        found.with_context(|| format!("no eligibility for {role} at {scope}"))
    }
}

/// An Entra activation with everything a policy may want.
pub(crate) fn entra(principal: &str, role: &str, scope: &str, duration: &str) -> Value {
    json!({
        "action": "selfActivate", "principalId": principal, "roleDefinitionId": role, "directoryScopeId": scope,
        "justification": "a test", "ticketInfo": { "ticketNumber": "T-1", "ticketSystem": "Desk" },
        "scheduleInfo": { "expiration": { "type": "AfterDuration", "duration": duration } },
    })
}

pub(crate) fn group(principal: &str, group: &str, access: &str, duration: &str) -> Value {
    json!({
        "action": "selfActivate", "principalId": principal, "groupId": group, "accessId": access,
        "justification": "a test", "ticketInfo": { "ticketNumber": "T-1", "ticketSystem": "Desk" },
        "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": duration } },
    })
}

/// An Azure activation built from an eligibility as a careful client does it.
pub(crate) fn azure(eligibility: &Value, principal: &str, duration: &str) -> Value {
    json!({
        "requestType": "SelfActivate", "principalId": principal, "roleDefinitionId": eligibility["roleDefinitionId"],
        "linkedRoleEligibilityScheduleId": eligibility["roleEligibilityScheduleId"],
        "condition": eligibility["condition"], "conditionVersion": eligibility["conditionVersion"],
        "justification": "a test", "ticketInfo": { "ticketNumber": "T-1", "ticketSystem": "Desk" },
        "scheduleInfo": { "expiration": { "type": "AfterDuration", "duration": duration, "endDateTime": null } },
    })
}
