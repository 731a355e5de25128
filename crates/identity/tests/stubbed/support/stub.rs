//! The stub of the sign-in service: a token endpoint and a key set on loopback.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::TENANT;

type Fields = HashMap<String, String>;

/// A call to the token endpoint.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) headers: HeaderMap,
    pub(crate) fields: Fields,
}

struct Shared {
    calls: Mutex<Vec<Call>>,
    count: watch::Sender<usize>,
    answer: Mutex<(u16, Value)>,
    /// What it answers before that, once each.
    first: Mutex<VecDeque<(u16, Value)>>,
    keys: Mutex<(u16, Value)>,
    key_reads: Mutex<usize>,
    /// Each answer of the token endpoint takes a permit.
    gate: Semaphore,
}

#[derive(Clone)]
pub(crate) struct Stub {
    origin: String,
    shared: Arc<Shared>,
}

impl Stub {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            count: watch::Sender::new(0),
            answer: Mutex::new((500, Value::Null)),
            first: Mutex::default(),
            keys: Mutex::new((500, Value::Null)),
            key_reads: Mutex::new(0),
            gate: Semaphore::new(10_000),
        });
        let router = Router::new()
            .route(&format!("/{TENANT}/oauth2/v2.0/token"), post(token))
            .route(&format!("/{TENANT}/discovery/v2.0/keys"), get(keys))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin, shared }
    }

    pub(crate) fn origin(&self) -> String {
        self.origin.clone()
    }

    /// What the token endpoint answers from now on.
    pub(crate) fn answer(&self, status: u16, body: Value) {
        *self.shared.answer.lock().unwrap() = (status, body);
    }

    /// What it answers to the next call, before [`answer`](Self::answer) holds again.
    pub(crate) fn answer_once(&self, status: u16, body: Value) {
        self.shared.first.lock().unwrap().push_back((status, body));
    }

    /// Tokens for whatever resource is asked for, named `name`.
    pub(crate) fn answer_tokens(&self, name: &str, lasts: i64) {
        self.answer(
            200,
            json!({
                "token_type": "Bearer", "expires_in": lasts, "scope": "x",
                "access_token": format!("access-{name}"), "refresh_token": format!("refresh-{name}"),
            }),
        );
    }

    pub(crate) fn refuse(&self, error: &str, code: u32) {
        self.answer(
            400,
            json!({"error": error, "error_codes": [code], "error_description": "canary-description"}),
        );
    }

    pub(crate) fn set_keys(&self, keys: Value) {
        *self.shared.keys.lock().unwrap() = (200, keys);
    }

    pub(crate) fn break_keys(&self) {
        *self.shared.keys.lock().unwrap() = (503, Value::Null);
    }

    pub(crate) fn key_reads(&self) -> usize {
        *self.shared.key_reads.lock().unwrap()
    }

    /// Holds every answer back until [`open`](Self::open).
    pub(crate) async fn close(&self) {
        self.shared.gate.acquire_many(10_000).await.unwrap().forget();
    }

    pub(crate) fn open(&self) {
        self.shared.gate.add_permits(10_000);
    }

    /// The calls to the token endpoint so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// Waits until the token endpoint was called this often.
    pub(crate) async fn called(&self, times: usize) {
        self.shared.count.subscribe().wait_for(|count| *count >= times).await.unwrap();
    }
}

fn answered((status, body): (u16, Value)) -> Response {
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

async fn token(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    shared.calls.lock().unwrap().push(Call { headers, fields });
    shared.count.send_modify(|count| *count += 1);
    let answer = {
        let permit = shared.gate.acquire().await.unwrap();
        let first = shared.first.lock().unwrap().pop_front();
        let answer = first.unwrap_or_else(|| shared.answer.lock().unwrap().clone());
        drop(permit);
        answer
    };
    answered(answer)
}

async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    *shared.key_reads.lock().unwrap() += 1;
    let answer = shared.keys.lock().unwrap().clone();
    answered(answer)
}
