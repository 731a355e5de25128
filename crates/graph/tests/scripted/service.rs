//! A service that answers as it is told and remembers what it was asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pim::challenge::{Challenge, Claims};
use pim::ids::{PrincipalId, TenantId};
use pim::plane::Caller;
use pim::tokens::{Audience, TokenError, Tokens};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use transport::{Api, client};
use uuid::Uuid;

/// The caller.
pub(crate) const ME: PrincipalId = PrincipalId(Uuid::from_u128(0xade1e));

/// A call as the service saw it; the path ends with its decoded query.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.path.contains(part)
    }
}

/// What the service answers: a status and a body. Status 0 breaks the answer off.
pub(crate) type Said = (u16, Value);

pub(crate) fn refusal(status: u16, code: &str) -> Said {
    (status, json!({ "error": { "code": code, "message": "text" } }))
}

/// A list of one page.
pub(crate) fn list(rows: &Value) -> Said {
    (200, json!({ "value": rows }))
}

pub(crate) struct Service {
    pub(crate) api: Arc<Api>,
    pub(crate) caller: Caller,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Service {
    pub(crate) async fn start(answer: impl Fn(&Call) -> Said + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let log = Arc::clone(&calls);
        let router = Router::new().fallback(move |request: Request| {
            let (answer, log) = (answer.clone(), Arc::clone(&log));
            async move { said(request, &answer, &log).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let caller = Caller::new(TenantId(Uuid::from_u128(1)), ME, Arc::new(OneToken));
        Self { api: Arc::new(Api::new(client(), base, transport::Limits::default())), caller, calls }
    }

    /// What it was asked with `method` at a path that contains `part`, in order.
    pub(crate) fn calls(&self, method: &str, part: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.is(method, part)).cloned().collect()
    }
}

async fn said(request: Request, answer: &impl Fn(&Call) -> Said, log: &Mutex<Vec<Call>>) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let call = Call {
        method: parts.method.to_string(),
        path: parts.uri.to_string().replace("%20", " ").replace("%27", "'"),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    log.lock().unwrap().push(call.clone());
    match answer(&call) {
        (0, _) => Response::new(Body::from_stream(futures::stream::once(async {
            Err::<String, _>(std::io::Error::other("broken off"))
        }))),
        (204, _) => StatusCode::NO_CONTENT.into_response(),
        (status, body) => (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response(),
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
