//! The token endpoint: what is sent, what comes back, and the HTTP underneath.
//!
//! The `oauth2` crate's own error type drops `suberror`, `claims`, `error_codes` and `correlation_id`, and its token response has no
//! ID token, so both are replaced here. There is no secret, no `Authorization` and no `Origin`: a public client sends its id only, one
//! with a federated credential an assertion beside it ([`ClientAuth`]).
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-access-token-with-a-certificate-credential>

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use metrics::{counter, histogram};
use oauth2::basic::{BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, ClientId, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use pim::challenge::Claims;
use pim::ids::TenantId;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::client_auth::ClientAuth;
use crate::error::Trace;
use crate::settings::Settings;

/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long a call to the sign-in service may take.
const DEADLINE: Duration = Duration::from_secs(15);
/// Longest accepted answer, in bytes.
const LONGEST: usize = 512 * 1024;

/// The sign-in service's error, as far as it is looked at.
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application>
#[derive(Deserialize, Serialize)]
pub(crate) struct EntraError {
    pub(crate) error: String,
    #[serde(default)]
    pub(crate) suberror: Option<String>,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    correlation_id: Option<String>,
    // May name the account.
    #[serde(default, skip_serializing)]
    error_description: Option<SecretString>,
    #[serde(default, skip_serializing)]
    claims: Option<SecretString>,
}

impl EntraError {
    pub(crate) fn trace(&self) -> Trace {
        let told =
            self.error_description.as_ref().map(|text| described(text.expose_secret())).unwrap_or_default();
        let correlation_id = self.correlation_id.as_deref().and_then(|id| Uuid::try_parse(id).ok());
        Trace {
            correlation_id: correlation_id.or(told.correlation_id),
            code: self.error_codes.first().copied().or(told.code),
        }
    }

    /// Whether a stronger sign-in is asked for.
    pub(crate) fn has_claims(&self) -> bool {
        self.claims.is_some()
    }

    /// What it has to bring, where that can be read.
    pub(crate) fn claims(&self) -> Option<Claims> {
        Claims::parse(self.claims.as_ref()?.expose_secret())
    }
}

impl fmt::Debug for EntraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntraError({self})")
    }
}

impl fmt::Display for EntraError {
    /// The OAuth error only where it looks like one: the text comes from outside.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.error.len() <= 40 && self.error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        write!(f, "{}{}", if plain { &self.error } else { "(unusual error)" }, self.trace())
    }
}

impl oauth2::ErrorResponse for EntraError {}

/// The ID token beside the access token.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct WithIdToken {
    #[serde(default, skip_serializing)]
    id_token: Option<SecretString>,
}

impl oauth2::ExtraTokenFields for WithIdToken {}

type EntraToken = StandardTokenResponse<WithIdToken, BasicTokenType>;

type Client = oauth2::Client<
    EntraError,
    EntraToken,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What a call to the token endpoint brought.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) access: SecretString,
    pub(crate) refresh: Option<SecretString>,
    pub(crate) id_token: Option<SecretString>,
    pub(crate) scopes: Vec<String>,
    pub(crate) obtained: Timestamp,
    pub(crate) expires: Timestamp,
}

/// Why a call to the token endpoint brought nothing.
#[derive(Debug)]
pub(crate) enum NoGrant {
    /// The service said why.
    Refused(Box<EntraError>),
    /// No answer, or a failure of the service's own.
    Unavailable,
    /// The portal has nothing to show that it is the registered application; nothing was sent.
    Unauthenticated,
    /// An answer that is not what the protocol says.
    Malformed,
}

/// The client of the app registration in one tenant.
pub(crate) struct Wire {
    http: Http,
    client: Client,
    redirect: RedirectUrl,
    auth: ClientAuth,
}

impl Wire {
    pub(crate) fn new(settings: &Settings, tenant: TenantId, http: Http) -> Self {
        let redirect = RedirectUrl::from_url(settings.callback());
        let client = oauth2::Client::new(ClientId::new(settings.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(settings.authorize(tenant)))
            .set_token_uri(TokenUrl::from_url(settings.token(tenant)))
            .set_redirect_uri(redirect.clone());
        Self { http, client, redirect, auth: settings.client_auth.clone() }
    }

    /// The fields that authenticate the client.
    async fn authentication(&self) -> Result<Vec<(&'static str, SecretString)>, NoGrant> {
        match self.auth.assertion().await {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(assertion)) => {
                Ok(vec![("client_assertion_type", ASSERTION_TYPE.into()), ("client_assertion", assertion)])
            }
            Err(error) => {
                tracing::error!(%error, "the portal cannot authenticate itself at the sign-in service");
                Err(NoGrant::Unauthenticated)
            }
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Redeems a code for tokens of one resource; `scope` may name only one.
    pub(crate) async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        scope: &str,
        claims: &str,
        now: Timestamp,
    ) -> Result<Grant, NoGrant> {
        let authentication = self.authentication().await?;
        let request = self
            .client
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .add_extra_param("scope", scope)
            .add_extra_param("claims", claims);
        let request = authentication
            .iter()
            .fold(request, |request, (name, value)| request.add_extra_param(*name, value.expose_secret()));
        grant(request.request_async(&self.http).await, now)
    }

    /// Uses a refresh token for tokens of one resource.
    pub(crate) async fn refresh(
        &self,
        refresh: &SecretString,
        scope: &str,
        claims: &str,
        now: Timestamp,
    ) -> Result<Grant, NoGrant> {
        let authentication = self.authentication().await?;
        let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
        let request = self
            .client
            .exchange_refresh_token(&refresh)
            .add_extra_param("scope", scope)
            .add_extra_param("claims", claims)
            // Tells Entra which platform of the registration is meant; without it, it may take the app for a confidential one.
            .add_extra_param("redirect_uri", self.redirect.as_str());
        let request = authentication
            .iter()
            .fold(request, |request, (name, value)| request.add_extra_param(*name, value.expose_secret()));
        grant(request.request_async(&self.http).await, now)
    }
}

fn grant(
    answer: Result<EntraToken, RequestTokenError<HttpError, EntraError>>,
    now: Timestamp,
) -> Result<Grant, NoGrant> {
    // A parse failure holds the whole body: it goes no further than this.
    let token = answer.map_err(|error| match error {
        RequestTokenError::ServerResponse(refused) => NoGrant::Refused(Box::new(refused)),
        RequestTokenError::Request(_) => NoGrant::Unavailable,
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => NoGrant::Malformed,
    })?;
    let lasts = token.expires_in().map_or(0, |lasts| i64::try_from(lasts.as_secs()).unwrap_or(0));
    Ok(Grant {
        access: token.access_token().secret().clone().into(),
        refresh: token.refresh_token().map(|refresh| refresh.secret().clone().into()),
        scopes: token
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.as_str().to_owned()).collect())
            .unwrap_or_default(),
        id_token: token.extra_fields().id_token.clone(),
        obtained: now,
        expires: now.saturating_add(SignedDuration::from_secs(lasts)).unwrap_or(now),
    })
}

/// Number and correlation id in the text of an error.
pub(crate) fn described(text: &str) -> Trace {
    let after = |marker: &str| text.split_once(marker).map(|(_, rest)| rest);
    let code = after("AADSTS").and_then(|rest| {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest[..digits].parse().ok()
    });
    let correlation_id =
        after("Correlation ID: ").and_then(|rest| rest.get(..36)).and_then(|id| Uuid::try_parse(id).ok());
    Trace { correlation_id, code }
}

/// HTTP, for the token endpoint and the signing keys.
#[derive(Clone)]
pub(crate) struct Http(pub(crate) reqwest::Client);

/// What of HTTP failed. Nothing of the request or the answer is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("no answer")]
    NoAnswer,
    #[error("status {0}")]
    Status(u16),
    #[error("the answer is too long")]
    TooLong,
}

impl Http {
    /// Sends a request and reads the answer. "Too many requests" and server errors count as failures: their bodies mean nothing.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let asked = Asked::of(&request);
        let started = Instant::now();
        let answer = self.exchange(request).await;
        asked.count(&answer, started.elapsed());
        match &answer {
            Err(HttpError::Status(status)) => {
                tracing::warn!(status, route = asked.route, "the sign-in service turned a request away");
            }
            Err(error) => tracing::warn!(%error, route = asked.route, "the sign-in service did not answer"),
            Ok(answer) => {
                let status = answer.status().as_u16();
                let correlation_id = request_id(answer.headers());
                tracing::debug!(status, route = asked.route, correlation_id, "the sign-in service answered");
            }
        }
        answer
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut request = reqwest::Request::try_from(request).map_err(|_| HttpError::NoAnswer)?;
        *request.timeout_mut() = Some(DEADLINE);
        let mut answer = self.0.execute(request).await.map_err(no_answer)?;
        let status = answer.status();
        if status.as_u16() == 429 || status.is_server_error() {
            return Err(HttpError::Status(status.as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    /// Reads a JSON document.
    pub(crate) async fn get_json<T: serde::de::DeserializeOwned>(
        &self,
        url: &url::Url,
    ) -> Result<T, HttpError> {
        let request = http::Request::get(url.as_str())
            .header(http::header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|_| HttpError::NoAnswer)?;
        let answer = self.send(request).await?;
        if answer.status() != http::StatusCode::OK {
            return Err(HttpError::Status(answer.status().as_u16()));
        }
        serde_json::from_slice(answer.body()).map_err(|_| HttpError::NoAnswer)
    }
}

fn no_answer(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    tracing::debug!(%error, "no answer");
    HttpError::NoAnswer
}

/// The service's id for a call. <https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application>
fn request_id(headers: &http::HeaderMap) -> Option<String> {
    let id = headers.get("x-ms-request-id")?.to_str().ok()?;
    Uuid::try_parse(id).ok().map(|id| id.to_string())
}

/// What is counted of a call: `pim_portal_upstream_requests_total` and the others of `transport`, with the plane `sign-in`.
struct Asked {
    method: &'static str,
    route: &'static str,
}

impl Asked {
    fn of(request: &HttpRequest) -> Self {
        // The addresses hold the tenant.
        let route = match request.uri().path().rsplit('/').next() {
            Some("token") => "token",
            Some("keys") => "keys",
            _ => "other",
        };
        let method = if request.method() == http::Method::GET { "GET" } else { "POST" };
        Self { method, route }
    }

    fn count(&self, answer: &Result<HttpResponse, HttpError>, elapsed: Duration) {
        let (plane, host) = ("sign-in", "sign-in");
        let &Self { method, route } = self;
        let status = match answer {
            Ok(answer) => answer.status().as_str().to_owned(),
            Err(HttpError::Status(status)) => status.to_string(),
            Err(HttpError::NoAnswer) => "unreachable".to_owned(),
            Err(HttpError::TooLong) => "broken".to_owned(),
        };
        if status == "429" {
            counter!("pim_portal_upstream_throttled_total", "plane" => plane, "host" => host).increment(1);
        }
        histogram!(
            "pim_portal_upstream_request_duration_seconds",
            "plane" => plane, "host" => host, "method" => method, "route" => route
        )
        .record(elapsed);
        counter!(
            "pim_portal_upstream_requests_total",
            "plane" => plane, "host" => host, "method" => method, "route" => route, "status" => status
        )
        .increment(1);
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_a_description_and_only_a_guid_passes() {
        let id = "0d3b6b1c-8f2a-4b5e-9f5b-2f3f0c5d9a11";
        let found = described(&format!("AADSTS700016: App. Trace ID: x Correlation ID: {id} Timestamp: t"));
        assert_eq!((found.code, found.correlation_id), (Some(700_016), Uuid::try_parse(id).ok()));
        for odd in
            ["", "AADSTS", "AADSTS99999999999999", "Correlation ID: <script>alert(1)</script>xxxxxxxxxxxx"]
        {
            assert_eq!(described(odd), Trace::default(), "{odd}");
        }
        assert_eq!(described("Correlation ID: ü"), Trace::default());
    }

    #[test]
    fn an_error_keeps_what_decides_and_shows_no_text() {
        let error: EntraError = serde_json::from_str(
            r#"{"error":"invalid_grant","error_description":"AADSTS50076: adele must use MFA.","error_codes":[50076],
                "correlation_id":"0d3b6b1c-8f2a-4b5e-9f5b-2f3f0c5d9a11","suberror":"basic_action",
                "claims":"{\"access_token\":{\"capolids\":{\"essential\":true,\"values\":[\"canary\"]}}}"}"#,
        )
        .unwrap();
        assert!(error.has_claims());
        assert_eq!(error.trace().code, Some(50076));
        let shown = format!("{error} {error:?} {}", serde_json::to_string(&error).unwrap());
        assert!(
            shown.contains("AADSTS50076") && !shown.contains("adele") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
