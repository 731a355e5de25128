//! A service that answers as it is told and remembers what it was asked.

use std::sync::{Arc, Mutex};

use arm::AzureResources;
use async_trait::async_trait;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pim::challenge::{Challenge, Claims};
use pim::ids::{PrincipalId, TenantId};
use pim::plane::Caller;
use pim::target::Target;
use pim::tokens::{Audience, TokenError, Tokens};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use transport::{Api, client};
use uuid::Uuid;

/// The caller.
pub(crate) const ME: PrincipalId = PrincipalId(Uuid::from_u128(0xade1e));

/// A call as the service saw it; the query is decoded.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn is(&self, method: &str, path_ends: &str) -> bool {
        self.method == method && self.path.ends_with(path_ends)
    }
}

/// What the service answers: a status and a body. Status 0 closes the connection instead.
pub(crate) type Said = (u16, Value);

/// The answer to anything that a test does not expect.
pub(crate) fn unexpected() -> Said {
    refusal(418, "Unexpected")
}

pub(crate) fn refusal(status: u16, code: &str) -> Said {
    (status, json!({ "error": { "code": code, "message": "text" } }))
}

/// A list of one page.
pub(crate) fn list(rows: Value) -> Said {
    (200, Value::from_iter([("value", rows)]))
}

pub(crate) struct Service {
    pub(crate) plane: AzureResources,
    pub(crate) caller: Caller,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Service {
    /// `answer` gets the call and how many calls with the same method and path came before it.
    pub(crate) async fn start(answer: impl Fn(&Call, usize) -> Said + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let log = Arc::clone(&calls);
        let router = Router::new().fallback(move |request: Request| {
            let (answer, log) = (answer.clone(), Arc::clone(&log));
            async move { said(request, &answer, &log).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let api = Arc::new(Api::new(client(), base, transport::Limits::default()));
        let caller = Caller::new(TenantId(Uuid::from_u128(1)), ME, Arc::new(OneToken));
        Self { plane: AzureResources::new(api, None), caller, calls }
    }

    /// What it was asked, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, method: &str, path_ends: &str) -> usize {
        self.calls().iter().filter(|call| call.is(method, path_ends)).count()
    }
}

async fn said(request: Request, answer: &impl Fn(&Call, usize) -> Said, log: &Mutex<Vec<Call>>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let query = parts.uri.query().unwrap_or_default().replace("%20", " ").replace("%27", "'");
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    let (status, body) = {
        let mut log = log.lock().unwrap();
        let before = log.iter().filter(|seen| seen.method == call.method && seen.path == call.path).count();
        log.push(call.clone());
        answer(&call, before)
    };
    match status {
        0 => Response::new(axum::body::Body::from_stream(futures::stream::once(async {
            Err::<String, _>(std::io::Error::other("closed"))
        }))),
        status => (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response(),
    }
}

struct OneToken;

#[async_trait]
impl Tokens for OneToken {
    async fn access_token(&self, _: Audience) -> Result<SecretString, TokenError> {
        Ok(SecretString::from("the-token"))
    }

    async fn stronger_token(&self, challenge: &Challenge) -> Result<SecretString, TokenError> {
        Err(TokenError::StepUpRequired(challenge.clone()))
    }

    async fn renewed_token(
        &self,
        _: Audience,
        _: &SecretString,
        _: Option<&Claims>,
    ) -> Result<SecretString, TokenError> {
        Err(TokenError::SignInRequired)
    }
}

pub(crate) const SUBSCRIPTION: &str = "/subscriptions/aaaa";

pub(crate) fn role() -> String {
    "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7".to_owned()
}

pub(crate) fn target(scope: &str) -> Target {
    Target { plane: "azure".into(), role: role().into(), scope: scope.into() }
}

pub(crate) fn now() -> jiff::Timestamp {
    use pim::clock::Clock;
    pim::clock::SystemClock.now()
}
