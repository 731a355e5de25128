//! A line: one host on behalf of one person and one plane. Every call of an adapter goes through here.
//!
//! | call | sent again after | what it tells |
//! |---|---|---|
//! | [`Line::get_json`], [`Line::pages`], [`Line::query_json`] | 429, 502, 503, 504, a connection that broke | the value, or a [`PlaneError`] |
//! | [`Line::send`], [`Line::post`] | 429 (nothing happened) | an [`Outcome`] |
//!
//! After a 401 nothing has happened either: a line asks once for another token and repeats the call once, a write too. A token that
//! a stronger sign-in brought has no other in its place; what the service asks for then is the error.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::PlaneId;
use pim::plane::Caller;
use pim::tokens::Audience;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use url::Url;
use uuid::Uuid;

use crate::answer::{Answer, correlation_id};
use crate::api::{Api, Limits};
use crate::lane::Lane;
use crate::route::Route;
use crate::told::Told;
use crate::{challenge, refusal, retry_after};

/// An answer longer than this is refused. A tenant's 130 role policies take about 2 MB.
const LARGEST_ANSWER: usize = 32 << 20;

/// How often a call is sent at most.
const ATTEMPTS: u32 = 5;

/// One host on behalf of one person and one plane.
pub struct Line {
    pub(crate) api: Arc<Api>,
    lane: Arc<Lane>,
    plane: PlaneId,
    caller: Caller,
    audience: Audience,
    credential: Mutex<Credential>,
    pub(crate) limits: Limits,
}

/// What a line shows.
struct Credential {
    token: SecretString,
    /// Whether it came in place of one that the service did not take. What is not taken either is not renewed again.
    renewed: bool,
}

/// What is known after a write was to be sent.
#[derive(Debug)]
pub enum Outcome {
    /// The service answered, and the answer tells whether it did what was asked.
    Answered(Answer),
    /// Nothing left this machine or nothing arrived: no connection, no time left while waiting for one's turn, or no token that the
    /// service takes.
    NotSent(PlaneError),
    /// It was sent and may have been carried out: no answer in time, a broken one, or an error of the service's own (5xx) that
    /// does not name a reason.
    Unsure {
        /// The service's id for the call, where an answer had begun.
        correlation_id: Option<String>,
    },
}

/// What came of one attempt.
pub(crate) enum Attempt {
    Answered(Answer),
    Unreachable,
    Lost { timed_out: bool, correlation_id: Option<String> },
}

impl Attempt {
    /// The answer, when the service did not take the token.
    fn not_authenticated(&self) -> Option<&Answer> {
        match self {
            Self::Answered(answer) if answer.status == StatusCode::UNAUTHORIZED => Some(answer),
            _ => None,
        }
    }
}

impl Line {
    pub(crate) fn new(
        api: Arc<Api>,
        lane: Arc<Lane>,
        plane: PlaneId,
        caller: Caller,
        audience: Audience,
        token: SecretString,
    ) -> Self {
        let limits = api.limits;
        let credential = Mutex::new(Credential { token, renewed: false });
        Self { api, lane, plane, caller, audience, credential, limits }
    }

    /// The same line, for a list that is slow: `patience` for each page, and for all of them.
    #[must_use]
    pub fn patient(self, patience: Duration) -> Self {
        Self { limits: Limits { read: patience, list: patience, ..self.limits }, ..self }
    }

    /// How many calls are worth beginning at a time: more would only use up their own time while they wait for their turn.
    #[must_use]
    pub fn width(&self) -> usize {
        self.limits.concurrency
    }

    /// For tests: until when this lane's gate is closed.
    #[cfg(test)]
    pub(crate) fn lane_closed_until(&self) -> Option<Instant> {
        self.lane.closed_until()
    }

    /// Reads one resource.
    pub async fn get_json<T: DeserializeOwned>(&self, route: &Route) -> Result<T, PlaneError> {
        self.get(route, Instant::now() + self.limits.read).await?.json()
    }

    /// Asks a question that has to be a POST and changes nothing, such as `$batch` of reads.
    pub async fn query_json<T: DeserializeOwned>(
        &self,
        route: &Route,
        body: &(impl Serialize + Sync),
    ) -> Result<T, PlaneError> {
        let body = serde_json::to_vec(body).map_err(|_| ErrorKind::Protocol)?;
        let url = self.api.address(route.path()).ok_or(ErrorKind::Protocol)?;
        let deadline = Instant::now() + self.limits.read;
        self.read(&Method::POST, &url, route.template(), Some(body), deadline).await?.json()
    }

    pub(crate) async fn get(&self, route: &Route, deadline: Instant) -> Result<Answer, PlaneError> {
        let url = self.api.address(route.path()).ok_or(ErrorKind::Protocol)?;
        self.get_url(&url, route.template(), deadline).await
    }

    /// `url` has been checked to be on this host.
    pub(crate) async fn get_url(
        &self,
        url: &Url,
        template: &'static str,
        deadline: Instant,
    ) -> Result<Answer, PlaneError> {
        self.read(&Method::GET, url, template, None, deadline).await
    }

    /// Sends until there is a usable answer, a refusal, or no time left.
    async fn read(
        &self,
        method: &Method,
        url: &Url,
        template: &'static str,
        body: Option<Vec<u8>>,
        deadline: Instant,
    ) -> Result<Answer, PlaneError> {
        let call = Uuid::from(CallId::random());
        let mut tries = 0;
        loop {
            let permit = self.lane.turn(deadline).await?;
            tries += 1;
            let token = self.token().await;
            let attempt = self.attempt(method, url, template, body.clone(), call, &token, deadline).await?;
            drop(permit);
            if let Some(refusal) = attempt.not_authenticated() {
                self.renew(&token, refusal, deadline).await?;
                continue;
            }
            let (error, wait) = match attempt {
                Attempt::Answered(answer) if answer.status.is_success() => return Ok(answer),
                Attempt::Answered(answer) => (refusal::of(&answer), self.again_after(&answer, tries, call)),
                Attempt::Unreachable => (ErrorKind::Unavailable.into(), Some(backoff(tries, call))),
                Attempt::Lost { timed_out: true, correlation_id } => {
                    (PlaneError { kind: ErrorKind::TimedOut, code: None, correlation_id }, None)
                }
                Attempt::Lost { timed_out: false, correlation_id } => (
                    PlaneError { kind: ErrorKind::Unavailable, code: None, correlation_id },
                    Some(backoff(tries, call)),
                ),
            };
            match wait {
                Some(wait) if tries < ATTEMPTS && Instant::now() + wait < deadline => {
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(error),
            }
        }
    }

    /// Sends a write, exactly once unless the service answered 429 or 401.
    ///
    /// The deadline is [`Limits::write`](crate::Limits::write), waiting for one's turn and for `Retry-After` included.
    pub async fn send(&self, method: &Method, route: &Route, body: &(impl Serialize + Sync)) -> Outcome {
        match serde_json::to_vec(body) {
            Ok(body) => self.write(method, route, body).await,
            Err(_) => Outcome::NotSent(ErrorKind::Protocol.into()),
        }
    }

    /// Posts without a body, as actions want it; otherwise like [`Line::send`].
    pub async fn post(&self, route: &Route) -> Outcome {
        self.write(&Method::POST, route, Vec::new()).await
    }

    async fn write(&self, method: &Method, route: &Route, body: Vec<u8>) -> Outcome {
        let Some(url) = self.api.address(route.path()) else {
            return Outcome::NotSent(ErrorKind::Protocol.into());
        };
        let deadline = Instant::now() + self.limits.write;
        let call = Uuid::from(CallId::random());
        let mut tries = 0;
        loop {
            let permit = match self.lane.turn(deadline).await {
                Ok(permit) => permit,
                Err(error) => return Outcome::NotSent(error),
            };
            tries += 1;
            let token = self.token().await;
            let attempt = self
                .attempt(method, &url, route.template(), Some(body.clone()), call, &token, deadline)
                .await;
            drop(permit);
            if let Ok(attempt) = &attempt
                && let Some(refusal) = attempt.not_authenticated()
            {
                match self.renew(&token, refusal, deadline).await {
                    Ok(()) => continue,
                    Err(error) => return Outcome::NotSent(error),
                }
            }
            let answer = match attempt {
                Ok(Attempt::Answered(answer)) => answer,
                Ok(Attempt::Unreachable) => return Outcome::NotSent(ErrorKind::Unavailable.into()),
                Ok(Attempt::Lost { correlation_id, .. }) => return Outcome::Unsure { correlation_id },
                Err(error) => return Outcome::NotSent(error),
            };
            if answer.status == StatusCode::TOO_MANY_REQUESTS
                && tries < ATTEMPTS
                && let Some(wait) = self.again_after(&answer, tries, call)
                && Instant::now() + wait < deadline
            {
                tokio::time::sleep(wait).await;
                continue;
            }
            if refusal::is_ambiguous(&answer) {
                return Outcome::Unsure { correlation_id: answer.correlation_id() };
            }
            return Outcome::Answered(answer);
        }
    }

    async fn token(&self) -> SecretString {
        self.credential.lock().await.token.clone()
    }

    /// Puts another token in place of `refused`, once. An `Err` is the end of the call.
    async fn renew(
        &self,
        refused: &SecretString,
        answer: &Answer,
        deadline: Instant,
    ) -> Result<(), PlaneError> {
        let error = refusal::of(answer);
        // Who waits here while another call renews goes on with what that one got.
        let renewal = async {
            let mut credential = self.credential.lock().await;
            if credential.token.expose_secret() != refused.expose_secret() {
                return Ok(());
            }
            if credential.renewed {
                return Err(error.clone());
            }
            credential.renewed = true;
            let claims = challenge::in_headers(&answer.headers);
            let renewed = self.caller.renewed_token(self.audience, refused, claims.as_ref()).await;
            credential.token = renewed
                .map_err(|reason| PlaneError { kind: PlaneError::from(reason).kind, ..error.clone() })?;
            Ok(())
        };
        timeout_at(deadline, renewal)
            .await
            .unwrap_or_else(|_| Err(PlaneError { kind: ErrorKind::TimedOut, ..error.clone() }))
    }

    /// How long to wait before the same call is sent again; `None` when it should not be. Closes the lane's gate meanwhile.
    fn again_after(&self, answer: &Answer, tries: u32, call: Uuid) -> Option<Duration> {
        let asked = match answer.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => retry_after(&answer.headers),
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => None,
            _ => return None,
        };
        // Azure sends `Retry-After: 0` and still throttles the call that follows at once.
        let wait = asked.filter(|asked| !asked.is_zero()).unwrap_or_else(|| backoff(tries, call));
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            self.lane.throttled_for(wait);
        }
        Some(wait)
    }

    /// Sends once. `Err`: nothing was sent.
    #[expect(clippy::too_many_arguments, reason = "one call, taken apart; both ways of sending spell it out")]
    async fn attempt(
        &self,
        method: &Method,
        url: &Url,
        template: &'static str,
        body: Option<Vec<u8>>,
        call: Uuid,
        token: &SecretString,
        deadline: Instant,
    ) -> Result<Attempt, PlaneError> {
        let request = self.request(method, url, body, call, token)?;
        let started = Instant::now();
        let attempt = self.exchange(request, deadline).await;
        let told = Told { plane: &self.plane, audience: self.audience, method, route: template, call };
        told.tell(&attempt, started.elapsed());
        Ok(attempt)
    }

    fn request(
        &self,
        method: &Method,
        url: &Url,
        body: Option<Vec<u8>>,
        call: Uuid,
        token: &SecretString,
    ) -> Result<reqwest::Request, PlaneError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| ErrorKind::SignInRequired)?;
        bearer.set_sensitive(true);
        let mut request = self
            .api
            .client
            .request(method.clone(), url.clone())
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json")
            // Graph reads the first, Azure the second.
            .header("client-request-id", call.to_string())
            .header("x-ms-client-request-id", call.to_string());
        if let Some(body) = body {
            request = if body.is_empty() {
                // Azure answers 411 without it.
                request.header(CONTENT_LENGTH, 0)
            } else {
                request.header(CONTENT_TYPE, "application/json").body(body)
            };
        }
        request.build().map_err(|_| ErrorKind::Protocol.into())
    }

    async fn exchange(&self, request: reqwest::Request, deadline: Instant) -> Attempt {
        let lost = |timed_out, correlation_id| Attempt::Lost { timed_out, correlation_id };
        let response = match timeout_at(deadline, self.api.client.execute(request)).await {
            Err(_) => return lost(true, None),
            Ok(Err(error)) if error.is_connect() => {
                tracing::debug!(error = %error.without_url(), "no connection");
                return Attempt::Unreachable;
            }
            Ok(Err(error)) => {
                let timed_out = error.is_timeout();
                tracing::debug!(error = %error.without_url(), "no answer");
                return lost(timed_out, None);
            }
            Ok(Ok(response)) => response,
        };
        let (audience, status, headers) = (self.audience, response.status(), response.headers().clone());
        match timeout_at(deadline, whole(response)).await {
            Ok(Some(body)) => Attempt::Answered(Answer { audience, status, headers, body }),
            // A refusal is a refusal, whatever became of its explanation.
            _ if status.is_client_error() => {
                Attempt::Answered(Answer { audience, status, headers, body: Vec::new() })
            }
            Ok(None) => lost(false, correlation_id(&headers)),
            Err(_) => lost(true, correlation_id(&headers)),
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("plane", &self.plane).field("api", &self.api).finish_non_exhaustive()
    }
}

/// The whole body; `None` when it breaks off or is too long.
async fn whole(mut response: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// Exponential from one second, with up to a quarter more, so that several calls do not come back together.
fn backoff(tries: u32, call: Uuid) -> Duration {
    let base = Duration::from_secs(1 << (tries - 1).min(4));
    base + base * u32::from(call.as_bytes()[0]) / 1024
}

/// Names one call in Microsoft's logs, as `client-request-id`. It guards nothing.
struct CallId(Uuid);

impl CallId {
    #[expect(clippy::disallowed_methods, reason = "`client-request-id` is minted here and nowhere else")]
    fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl From<CallId> for Uuid {
    fn from(id: CallId) -> Self {
        id.0
    }
}
