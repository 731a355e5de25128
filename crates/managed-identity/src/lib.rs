//! Tokens of the managed identity that Azure gives to the machine or container the portal runs on.
//!
//! No secret is stored anywhere: a local endpoint hands out tokens to whoever runs there. They prove which identity asks, to Entra as a
//! client assertion and to PostgreSQL as a password. There are two such endpoints, see [`Endpoint`]; a third is a variant of it.
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview>

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pim::clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

/// How long one attempt may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// What is waited between attempts. The endpoint of a virtual machine asks for patience while it is brought up to date.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// Longest accepted answer, in bytes.
const LONGEST: usize = 64 * 1024;
/// A token this close to its end is asked for anew.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// One with less than this left is not handed out.
const LEAST: SignedDuration = SignedDuration::from_secs(30);

/// Where tokens come from.
#[derive(Clone)]
pub enum Endpoint {
    /// App Service and Container Apps: the variables `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    /// <https://learn.microsoft.com/azure/container-apps/managed-identity#rest-endpoint-reference>
    AppService {
        /// The endpoint.
        url: Url,
        /// What guards it against forged requests from inside.
        header: SecretString,
    },
    /// The instance metadata service of a virtual machine.
    /// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
    Metadata {
        /// The endpoint, such as [`METADATA`].
        url: Url,
    },
}

/// The instance metadata service, at an address that leads nowhere but to the machine's own host.
pub const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AppService { .. } => "AppService",
            Self::Metadata { .. } => "Metadata",
        })
    }
}

/// Why there is no token. Nothing of the request or the answer is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// The endpoint did not answer.
    #[error("the managed-identity endpoint does not answer")]
    NoAnswer,
    /// It refused.
    #[error("the managed-identity endpoint answered {0}")]
    Refused(u16),
    /// It answered something else than a token.
    #[error("the managed-identity endpoint answered something that is no token")]
    Malformed,
}

/// A token and its end.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub secret: SecretString,
    /// When it ends.
    pub expires: Timestamp,
}

/// A user-assigned managed identity.
pub struct ManagedIdentity {
    endpoint: Endpoint,
    client_id: String,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    /// The newest token for each resource. Locked while one is asked for: whoever comes meanwhile wants the same.
    kept: Mutex<HashMap<String, Token>>,
}

impl fmt::Debug for ManagedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedIdentity")
            .field("endpoint", &self.endpoint)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// What both endpoints answer. `expires_on` is seconds since 1970, as text or as a number.
#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    expires_on: serde_json::Value,
}

impl ManagedIdentity {
    /// The identity with this client id, asked for at `endpoint`. Nothing is asked yet.
    #[must_use]
    pub fn new(endpoint: Endpoint, client_id: String, clock: Arc<dyn Clock>) -> Self {
        Self { endpoint, client_id, clock, http: transport::local_client(), kept: Mutex::default() }
    }

    /// A token for `resource`, such as `api://AzureADTokenExchange`: the one that is there until five minutes before its end, then a
    /// new one. While the endpoint is away the old one serves to its end.
    pub async fn token(&self, resource: &str) -> Result<Token, NoToken> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        let left = |token: &Token| token.expires.duration_since(now);
        if let Some(token) = kept.get(resource).filter(|token| left(token) > MARGIN) {
            return Ok(token.clone());
        }
        match self.patiently(resource).await {
            Ok(token) => {
                kept.insert(resource.to_owned(), token.clone());
                Ok(token)
            }
            Err(error) => {
                tracing::warn!(%error, "no token of the managed identity");
                kept.get(resource).filter(|token| left(token) > LEAST).cloned().ok_or(error)
            }
        }
    }

    async fn patiently(&self, resource: &str) -> Result<Token, NoToken> {
        for pause in PAUSES {
            match self.ask(resource).await {
                Err(NoToken::NoAnswer | NoToken::Refused(404 | 410 | 429 | 500..)) => {
                    tokio::time::sleep(pause).await;
                }
                outcome => return outcome,
            }
        }
        self.ask(resource).await
    }

    async fn ask(&self, resource: &str) -> Result<Token, NoToken> {
        let (url, version) = match &self.endpoint {
            Endpoint::AppService { url, .. } => (url, "2019-08-01"),
            Endpoint::Metadata { url } => (url, "2018-02-01"),
        };
        let request = self.http.get(url.clone()).timeout(DEADLINE).query(&[
            ("api-version", version),
            ("resource", resource),
            ("client_id", &self.client_id),
        ]);
        let request = match &self.endpoint {
            Endpoint::AppService { header, .. } => {
                request.header("X-IDENTITY-HEADER", header.expose_secret())
            }
            Endpoint::Metadata { .. } => request.header("Metadata", "true"),
        };
        let mut answer = request.send().await.map_err(|_| NoToken::NoAnswer)?;
        if !answer.status().is_success() {
            return Err(NoToken::Refused(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| NoToken::NoAnswer)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(NoToken::Malformed);
            }
            body.extend_from_slice(&chunk);
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| NoToken::Malformed)?;
        let expires = match &answer.expires_on {
            serde_json::Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        let expires = expires.and_then(|at| Timestamp::from_second(at).ok()).ok_or(NoToken::Malformed)?;
        Ok(Token { secret: answer.access_token, expires })
    }
}

#[cfg(test)]
mod tests;
