//! `$batch` against a server of its own: one read inside it is throttled, another forbidden, a third goes on on a second page,
//! and the answers come in no order. Time stands still unless it is moved.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::{Request, State};
use axum::{Json, Router};
use graph::Groups;
use pim::challenge::{Challenge, Claims};
use pim::ids::{PrincipalId, TenantId};
use pim::plane::{Caller, Plane};
use pim::policy::{PolicyReading, Unreadable};
use pim::target::Target;
use pim::tokens::{Audience, TokenError, Tokens};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use transport::{Api, client};
use uuid::Uuid;

struct OneToken;

#[async_trait]
impl Tokens for OneToken {
    async fn access_token(&self, _: Audience) -> Result<SecretString, TokenError> {
        Ok(SecretString::from("token"))
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

/// The batches received, each as the urls in it; and the server's own address.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<(Vec<Vec<String>>, String)>>);

fn row(access: &str) -> Value {
    let rules = json!([{ "id": "Expiration_EndUser_Assignment", "maximumDuration": "PT2H" }]);
    json!({ "roleDefinitionId": access, "policy": { "rules": rules } })
}

async fn answer(State(server): State<Server>, request: Request) -> Json<Value> {
    if request.uri().path() == "/v1.0/next" {
        return Json(json!({ "value": [row("owner")] }));
    }
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let batch: Value = serde_json::from_slice(&body).unwrap();
    let inner = batch["requests"].as_array().unwrap().clone();
    let mut state = server.0.lock().unwrap();
    state.0.push(inner.iter().map(|inner| inner["url"].as_str().unwrap().to_owned()).collect());
    let again = state.0.len() > 1;
    let responses: Vec<Value> = inner
        .iter()
        .rev()
        .map(|inner| {
            let url = inner["url"].as_str().unwrap();
            let (status, headers, body) = if url.contains("'g-throttled'") && !again {
                (429, json!({ "Retry-After": "2" }), json!({ "error": { "code": "TooManyRequests" } }))
            } else if url.contains("'g-forbidden'") {
                (403, json!({}), json!({ "error": { "code": "Authorization_RequestDenied" } }))
            } else if url.contains("'g-long'") {
                let next = format!("{}/v1.0/next", state.1);
                (200, json!({}), json!({ "value": [row("member")], "@odata.nextLink": next }))
            } else {
                (200, json!({}), json!({ "value": [row("member"), row("owner")] }))
            };
            json!({ "id": inner["id"], "status": status, "headers": headers, "body": body })
        })
        .collect();
    Json(json!({ "responses": responses }))
}

fn target(group: &str, access: &str) -> Target {
    Target { plane: "groups".into(), role: access.into(), scope: group.into() }
}

/// Reads the policies of `targets`, letting two seconds pass at a time when nothing else moves.
async fn read(server: &Server, targets: Vec<Target>) -> HashMap<Target, PolicyReading> {
    // Keeps paused time from running on by itself while sockets are waited for.
    let (_still, receiver) = std::sync::mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || receiver.recv());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    server.0.lock().unwrap().1.clone_from(&base);
    let router = Router::new().fallback(answer).with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let caller =
        Caller::new(TenantId(Uuid::from_u128(1)), PrincipalId(Uuid::from_u128(2)), Arc::new(OneToken));
    let groups =
        Groups::new(Arc::new(Api::new(client(), base.parse().unwrap(), transport::Limits::default())), None);
    let task = tokio::spawn(async move { groups.policies(&caller, &targets).await });
    while !task.is_finished() {
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    task.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_what_was_throttled_is_asked_for_again() {
    let server = Server::default();
    let targets = vec![
        target("g-plain", "owner"),
        target("g-throttled", "member"),
        target("g-forbidden", "member"),
        target("g-long", "owner"),
        target("g-plain", "member"),
        target("no'group", "member"),
    ];
    let read = read(&server, targets).await;
    let known = |group, access| matches!(read[&target(group, access)], PolicyReading::Known(_));
    assert!(known("g-plain", "owner") && known("g-plain", "member"), "one read answers for both");
    assert!(known("g-throttled", "member"), "asked for again");
    assert!(known("g-long", "owner"), "on the second page");
    let unread = |group, access| read[&target(group, access)].clone();
    assert_eq!(unread("g-forbidden", "member"), PolicyReading::Unreadable(Unreadable::Forbidden));
    assert_eq!(unread("no'group", "member"), PolicyReading::Unreadable(Unreadable::Missing));
    let batches = server.0.lock().unwrap().0.clone();
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 1]);
    assert!(batches[1][0].contains("g-throttled"));
}

#[tokio::test(start_paused = true)]
async fn a_batch_holds_twenty_at_most() {
    let server = Server::default();
    let targets: Vec<Target> = (0..45).map(|n| target(&format!("g-{n}"), "member")).collect();
    let read = read(&server, targets).await;
    assert!(read.len() == 45 && read.values().all(|reading| matches!(reading, PolicyReading::Known(_))));
    let mut sizes: Vec<usize> = server.0.lock().unwrap().0.iter().map(Vec::len).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 20, 20]);
}
