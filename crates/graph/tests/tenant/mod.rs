//! A simulated tenant with somebody signed in, for the tests of every plane.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use pim::challenge::{Challenge, Claims};
use pim::ids::{PrincipalId, TenantId};
use pim::plane::Caller;
use pim::tokens::{Audience, TokenError, Tokens};
use secrecy::SecretString;
use serde_json::{Value, json};
use sim_tenant::walk::{self, Consent};
use sim_tenant::{Options, Running};
use transport::{Api, Limits, client};
use url::Url;

const TENANT: &str = "5f0c2a1e-7d43-4b8e-9a61-c0de7e0a2b01";
const CLIENT: &str = "9b1d6c52-3e0f-4f7a-8c25-0a11c11e0701";
const CALLBACK: &str = "http://localhost:8080/auth/callback";

/// The pair of RFC 7636, appendix B: good enough for a tenant that guards nothing.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Adele Vance, who may activate a little of everything.
pub(crate) const ADELE: (&str, &str) = ("adele@contoso.example", "a1de1e00-51c8-4d0e-8f2a-6b1e00000001");

/// Somebody for whom every plane answers 403.
pub(crate) const FRIDA: (&str, &str) = ("frida@contoso.example", "f41da00f-51c8-4d0e-8f2a-6b1e00000005");

struct SignedIn(HashMap<Audience, String>);

#[async_trait]
impl Tokens for SignedIn {
    async fn access_token(&self, audience: Audience) -> Result<SecretString, TokenError> {
        self.0.get(&audience).cloned().map(SecretString::from).ok_or(TokenError::ResourceAbsent)
    }

    async fn stronger_token(&self, challenge: &Challenge) -> Result<SecretString, TokenError> {
        Err(TokenError::StepUpRequired(challenge.clone()))
    }

    async fn renewed_token(
        &self,
        audience: Audience,
        _: &SecretString,
        claims: Option<&Claims>,
    ) -> Result<SecretString, TokenError> {
        let wanted =
            |claims: &Claims| TokenError::StepUpRequired(Challenge::from_claims(audience, claims.clone()));
        Err(claims.map_or(TokenError::SignInRequired, wanted))
    }
}

/// A running tenant.
pub(crate) struct Tenant(Running);

impl Tenant {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_with(Options::ephemeral()).await
    }

    pub(crate) async fn start_with(options: Options) -> anyhow::Result<Self> {
        Ok(Self(Running::start(options).await?))
    }

    /// The host for `audience`.
    pub(crate) fn api(&self, audience: Audience, limits: Limits) -> Arc<Api> {
        let base = match audience {
            Audience::Graph => &self.0.graph,
            Audience::Azure => &self.0.azure,
        };
        Arc::new(Api::new(client(), base.clone(), limits))
    }

    /// Signs `person` in as a browser would.
    pub(crate) async fn caller(&self, person: (&str, &str)) -> anyhow::Result<Caller> {
        let scopes = format!(
            "{0}User.Read {0}RoleManagement.ReadWrite.Directory {0}PrivilegedAccess.ReadWrite.AzureADGroup \
             {0}RoleManagementPolicy.Read.AzureADGroup {0}Policy.Read.All {0}AdministrativeUnit.Read.All",
            "https://graph.microsoft.com/"
        );
        let graph = self.token(person.0, &scopes).await?;
        let azure = self.token(person.0, "https://management.azure.com/user_impersonation").await?;
        let tokens = SignedIn([(Audience::Graph, graph), (Audience::Azure, azure)].into());
        Ok(Caller::new(TENANT.parse::<TenantId>()?, person.1.parse::<PrincipalId>()?, Arc::new(tokens)))
    }

    async fn token(&self, upn: &str, scopes: &str) -> anyhow::Result<String> {
        let endpoint = |name: &str| self.0.sign_in.join(&format!("/{TENANT}/oauth2/v2.0/{name}"));
        let scope = format!("openid profile offline_access {scopes}");
        let mut authorize = endpoint("authorize")?;
        authorize.query_pairs_mut().extend_pairs([
            ("client_id", CLIENT),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", &scope),
            ("state", "state"),
            ("nonce", "nonce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        let back = walk::authorize(&authorize, upn, Consent::Accept).await?;
        let code = back.query_pairs().find(|(name, _)| name == "code").context("no code")?.1.into_owned();
        let form = [
            ("client_id", CLIENT),
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("scope", &scope),
        ];
        let answer: Value = client().post(endpoint("token")?).form(&form).send().await?.json().await?;
        Ok(answer["access_token"].as_str().with_context(|| answer.to_string())?.to_owned())
    }

    /// Orders something at the control port.
    pub(crate) async fn order(&self, path: &str, order: Value) -> anyhow::Result<()> {
        let url: Url = self.0.control.join(path)?;
        let answer = client().post(url).json(&order).send().await?;
        anyhow::ensure!(answer.status().is_success(), "{path}: {}", answer.text().await?);
        Ok(())
    }

    /// One fault, met once.
    pub(crate) async fn fault(&self, fault: Value) -> anyhow::Result<()> {
        self.order("/faults", fault).await
    }

    /// How many calls with this method came to a path that contains this.
    pub(crate) async fn calls(&self, method: &str, path: &str) -> anyhow::Result<usize> {
        let seen: Value = client().get(self.0.control.join("/requests")?).send().await?.json().await?;
        let seen = seen.as_array().or_else(|| seen["requests"].as_array()).context("not a list")?;
        let fits = |call: &&Value| {
            call["method"] == json!(method)
                && call["path"]
                    .as_str()
                    .is_some_and(|p| p.to_ascii_lowercase().contains(&path.to_ascii_lowercase()))
        };
        Ok(seen.iter().filter(fits).count())
    }
}
