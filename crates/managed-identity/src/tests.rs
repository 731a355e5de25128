//! Against a stub on loopback that answers what a test tells it to.

use std::collections::VecDeque;
use std::sync::Mutex as StdMutex;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use pim::clock::ManualClock;
use serde_json::{Value, json};

use super::*;

const RESOURCE: &str = "api://AzureADTokenExchange";
const START: i64 = 1_800_000_000;

#[derive(Default)]
struct Stub {
    answers: StdMutex<VecDeque<(u16, Value)>>,
    calls: StdMutex<Vec<(String, HeaderMap)>>,
}

async fn answer(
    State(stub): State<Arc<Stub>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> (StatusCode, String) {
    stub.calls.lock().unwrap().push((query.unwrap_or_default(), headers));
    let (status, body) = stub.answers.lock().unwrap().pop_front().unwrap_or((500, Value::Null));
    (StatusCode::from_u16(status).unwrap(), body.to_string())
}

struct World {
    stub: Arc<Stub>,
    clock: ManualClock,
    url: Url,
}

impl World {
    async fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let stub = Arc::new(Stub::default());
        stub.answers.lock().unwrap().extend(answers);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/token", listener.local_addr().unwrap())).unwrap();
        let router = Router::new().fallback(answer).with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { stub, clock: ManualClock::at(Timestamp::from_second(START).unwrap()), url }
    }

    fn identity(&self) -> ManagedIdentity {
        let endpoint = Endpoint::AppService { url: self.url.clone(), header: "guard".into() };
        ManagedIdentity::new(endpoint, "the-client".to_owned(), Arc::new(self.clock.clone()))
    }

    fn calls(&self) -> usize {
        self.stub.calls.lock().unwrap().len()
    }
}

fn token(name: &str, expires: i64) -> (u16, Value) {
    (200, json!({ "access_token": name, "expires_on": expires.to_string(), "token_type": "Bearer" }))
}

async fn told(identity: &ManagedIdentity) -> Result<String, NoToken> {
    identity.token(RESOURCE).await.map(|token| token.secret.expose_secret().to_owned())
}

#[tokio::test]
async fn each_endpoint_is_asked_in_its_own_words() {
    let world = World::new([token("one", START + 3600), token("two", START + 3600)]).await;
    assert_eq!(told(&world.identity()).await.unwrap(), "one");
    let machine = Endpoint::Metadata { url: world.url.clone() };
    let machine = ManagedIdentity::new(machine, "the-client".to_owned(), Arc::new(world.clock.clone()));
    assert_eq!(told(&machine).await.unwrap(), "two");

    let calls = world.stub.calls.lock().unwrap();
    let [(app, app_headers), (vm, vm_headers)] = calls.as_slice() else { panic!("two calls") };
    let rest = "resource=api%3A%2F%2FAzureADTokenExchange&client_id=the-client";
    assert_eq!(*app, format!("api-version=2019-08-01&{rest}"));
    assert_eq!(app_headers["x-identity-header"], "guard");
    assert!(!app_headers.contains_key("metadata"));
    assert_eq!(*vm, format!("api-version=2018-02-01&{rest}"));
    assert_eq!(vm_headers["metadata"], "true");
    assert!(!vm_headers.contains_key("x-identity-header"));
}

#[tokio::test]
async fn a_token_serves_until_five_minutes_before_its_end() {
    let world = World::new([token("first", START + 3600), token("second", START + 7200)]).await;
    let identity = world.identity();
    assert_eq!(told(&identity).await.unwrap(), "first");
    world.clock.advance(SignedDuration::from_secs(3299));
    assert_eq!(told(&identity).await.unwrap(), "first");
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(told(&identity).await.unwrap(), "second");
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn two_resources_share_nothing_and_two_callers_share_one_call() {
    let world = World::new([token("one", START + 3600), token("other", START + 3600)]).await;
    let identity = Arc::new(world.identity());
    let (left, right) = tokio::join!(told(&identity), told(&identity));
    assert_eq!((left.unwrap(), right.unwrap()), ("one".to_owned(), "one".to_owned()));
    let other = identity.token("https://ossrdbms-aad.database.windows.net").await.unwrap();
    assert_eq!(other.secret.expose_secret(), "other");
    assert_eq!(world.calls(), 2);
}

#[tokio::test]
async fn an_endpoint_that_is_away_is_asked_again_and_the_old_token_serves_meanwhile() {
    let away = || (503, Value::Null);
    let world = World::new([away(), token("first", START + 400), away(), away(), away()]).await;
    let identity = world.identity();
    assert_eq!(told(&identity).await.unwrap(), "first", "the second attempt brought it");
    world.clock.advance(SignedDuration::from_secs(200));
    assert_eq!(told(&identity).await.unwrap(), "first", "an old one is better than none");
    assert_eq!(world.calls(), 5);
    world.clock.advance(SignedDuration::from_secs(190));
    assert_eq!(told(&identity).await, Err(NoToken::Refused(500)), "but not at its end");
}

#[tokio::test]
async fn what_is_no_token_is_refused_without_being_shown() {
    for (status, body, expected) in [
        (400, json!({ "error": "invalid_request", "error_description": "canary" }), NoToken::Refused(400)),
        (200, json!({ "access_token": "canary" }), NoToken::Malformed),
        (200, json!({ "access_token": "canary", "expires_on": "soon" }), NoToken::Malformed),
        (200, json!("x".repeat(70_000)), NoToken::Malformed),
    ] {
        let world = World::new([(status, body)]).await;
        let error = told(&world.identity()).await.unwrap_err();
        assert_eq!(error, expected);
        assert!(!format!("{error} {error:?} {:?}", world.identity()).contains("canary"));
        assert_eq!(world.calls(), 1, "asking again would not help");
    }
}
