//! The wrapper against a server of its own, over HTTP. Time stands still unless a test moves it, so that no test waits and no
//! deadline passes by accident.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Response};
use pim::challenge::{Challenge, Claims};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, PrincipalId, TenantId};
use pim::plane::Caller;
use pim::tokens::{Audience, TokenError, Tokens};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use crate::line::{Line, Outcome};
use crate::{Api, Limits, Route};

/// Gives "the-token", and "another-token" in its place; or says why not.
#[derive(Default)]
struct Renewals {
    refuses: Option<TokenError>,
    /// The token that was refused and the claims that were asked for, each time.
    asked: Mutex<Vec<(String, Option<Claims>)>>,
}

impl Renewals {
    fn asked(&self) -> Vec<(String, Option<Claims>)> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Tokens for Renewals {
    async fn access_token(&self, _: Audience) -> Result<SecretString, TokenError> {
        Ok(SecretString::from("the-token"))
    }

    async fn stronger_token(&self, _: &Challenge) -> Result<SecretString, TokenError> {
        Ok(SecretString::from("the-token"))
    }

    async fn renewed_token(
        &self,
        _: Audience,
        refused: &SecretString,
        claims: Option<&Claims>,
    ) -> Result<SecretString, TokenError> {
        self.asked.lock().unwrap().push((refused.expose_secret().to_owned(), claims.cloned()));
        self.refuses.clone().map_or_else(|| Ok(SecretString::from("another-token")), Err)
    }
}

/// Keeps paused time from running on by itself while sockets are waited for.
struct StandStill(
    #[expect(dead_code, reason = "dropping it lets the blocking task end")] std::sync::mpsc::Sender<()>,
);

impl StandStill {
    fn new() -> Self {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || receiver.recv());
        Self(sender)
    }
}

/// One call as the server saw it.
#[derive(Clone)]
struct Seen {
    path: String,
    bearer: Option<String>,
    id: Option<String>,
    length: Option<String>,
    at: Instant,
}

struct Server {
    base: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
    _still: StandStill,
}

/// What the server does with its n-th call.
enum Act {
    Answer(u16, &'static [(&'static str, &'static str)], Value),
    Broken,
    Never,
}

impl Server {
    async fn start(act: impl Fn(usize, &str) -> Act + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (log, count) = (Arc::clone(&seen), Arc::new(AtomicUsize::new(0)));
        let answer = move |request: Request| {
            let n = count.fetch_add(1, Ordering::SeqCst);
            let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            let path = request.uri().to_string();
            let bearer =
                header("authorization").and_then(|value| Some(value.strip_prefix("Bearer ")?.to_owned()));
            let (id, length) = (header("client-request-id"), header("content-length"));
            let call = Seen { path: path.clone(), bearer, id, length, at: Instant::now() };
            log.lock().unwrap().push(call);
            let act = act(n, &path);
            async move {
                match act {
                    Act::Answer(status, headers, body) => {
                        let response = Response::builder().status(status).header("request-id", "their-id");
                        let response = headers
                            .iter()
                            .fold(response, |response, (name, value)| response.header(*name, *value));
                        response.body(Body::from(body.to_string())).unwrap()
                    }
                    Act::Broken => Response::builder()
                        .status(201)
                        .header("content-length", "1000")
                        .body(Body::from("{\"id\":"))
                        .unwrap(),
                    Act::Never => std::future::pending().await,
                }
            }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { base, seen, _still: StandStill::new() }
    }

    async fn line(&self) -> Line {
        line(self.base.clone(), Limits { pages: 5, ..Limits::default() }).await
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Until the server has seen `n` calls. Lets sockets move on without letting time pass.
    async fn until(&self, n: usize) {
        while self.seen().len() < n {
            tokio::task::yield_now().await;
        }
    }
}

async fn line(base: Url, limits: Limits) -> Line {
    line_of(base, limits, &Arc::default(), None).await
}

/// A line with these tokens, stronger ones where `challenge` says what they meet.
async fn line_of(base: Url, limits: Limits, tokens: &Arc<Renewals>, challenge: Option<Challenge>) -> Line {
    let tokens: Arc<dyn Tokens> = tokens.clone();
    let caller = Caller::new(TenantId(Uuid::from_u128(1)), PrincipalId(Uuid::from_u128(2)), tokens);
    let caller = challenge.map_or_else(|| caller.clone(), |challenge| caller.stronger(challenge));
    let api = Arc::new(Api::new(crate::client(), base, limits));
    api.line(&caller, &PlaneId::from("test"), Audience::Graph).await.unwrap()
}

async fn get(line: &Line) -> Result<Value, PlaneError> {
    line.get_json(&Route::fixed("/v1.0/me?$select=id")).await
}

async fn list(line: &Line) -> Result<Vec<u32>, PlaneError> {
    line.pages(&Route::fixed("/list")).await
}

async fn send(line: &Line) -> Outcome {
    line.send(&Method::POST, &Route::fixed("/requests"), &json!({ "justification": "secret" })).await
}

/// What the server asks for in [`NOT_TAKEN`].
const ASKED: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#;
const NOT_TAKEN: Act = Act::Answer(
    401,
    &[(
        "www-authenticate",
        r#"Basic realm="x", Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn19fQ""#,
    )],
    Value::Null,
);

/// A server that does not take the first `refused` calls, and a line to it.
async fn unwilling(refused: usize, tokens: &Arc<Renewals>, challenge: Option<Challenge>) -> (Server, Line) {
    let server =
        Server::start(move |n, _| if n < refused { NOT_TAKEN } else { Act::Answer(200, &[], json!({})) })
            .await;
    let line = line_of(server.base.clone(), Limits::default(), tokens, challenge).await;
    (server, line)
}

fn shown(server: &Server) -> Vec<String> {
    server.seen().into_iter().filter_map(|call| call.bearer).collect()
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_taken_is_renewed_once_and_the_call_repeated_a_write_too() {
    for write in [false, true] {
        let tokens = Arc::new(Renewals::default());
        let (server, line) = unwilling(1, &tokens, None).await;
        if write {
            let Outcome::Answered(answer) = send(&line).await else { panic!("not answered") };
            assert_eq!(answer.status.as_u16(), 200);
        } else {
            assert_eq!(get(&line).await, Ok(json!({})));
        }
        assert_eq!(shown(&server), ["the-token", "another-token"]);
        assert_eq!(tokens.asked(), [("the-token".to_owned(), Claims::parse(ASKED))]);
        assert!(get(&line).await.is_ok());
        assert_eq!(shown(&server)[2], "another-token", "the line keeps it");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_side_by_side_share_one_renewal() {
    let tokens = Arc::new(Renewals::default());
    let (server, line) = unwilling(2, &tokens, None).await;
    let (one, other) = tokio::join!(get(&line), get(&line));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!((tokens.asked().len(), server.seen().len()), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn a_renewed_token_that_is_not_taken_either_is_the_end() {
    let tokens = Arc::new(Renewals::default());
    let (server, line) = unwilling(9, &tokens, None).await;
    let asked = Challenge::from_claims(Audience::Graph, Claims::parse(ASKED).unwrap());
    let error = get(&line).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::StepUpRequired(asked.clone()));
    assert_eq!(error.correlation_id.as_deref(), Some("their-id"));
    assert_eq!(
        crate::write::submission(send(&line).await, |_| Err(())),
        Ok(pim::plane::Submission::StepUp(asked))
    );
    assert_eq!((tokens.asked().len(), server.seen().len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn what_the_renewal_says_is_what_the_call_says() {
    let stronger = Challenge::mfa(Audience::Graph);
    for (refusal, kind) in [
        (TokenError::SignInRequired, ErrorKind::SignInRequired),
        (TokenError::StepUpRequired(stronger.clone()), ErrorKind::StepUpRequired(stronger)),
        (TokenError::Unavailable, ErrorKind::Unavailable),
    ] {
        let tokens = Arc::new(Renewals { refuses: Some(refusal), ..Renewals::default() });
        let (server, line) = unwilling(9, &tokens, None).await;
        let Outcome::NotSent(error) = send(&line).await else { panic!("carried out without a token") };
        assert_eq!((error.kind, server.seen().len()), (kind, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stronger_token_is_not_renewed() {
    let known = Challenge::context(Audience::Graph, "c1".into());
    let asked = Challenge::from_claims(Audience::Graph, Claims::parse(ASKED).unwrap());
    let tokens = Arc::new(Renewals::default());
    let (server, line) = unwilling(9, &tokens, Some(known.clone())).await;
    assert_eq!(get(&line).await.unwrap_err().kind, ErrorKind::StepUpRequired(asked));
    assert_eq!((tokens.asked().len(), server.seen().len()), (0, 1));
    let server = Server::start(|_, _| Act::Answer(401, &[], Value::Null)).await;
    let line = line_of(server.base.clone(), Limits::default(), &tokens, Some(known.clone())).await;
    assert_eq!(get(&line).await.unwrap_err().kind, ErrorKind::StepUpRequired(known), "no claims: its own");
}

#[tokio::test(start_paused = true)]
async fn an_action_is_posted_without_a_body() {
    let server = Server::start(|_, _| Act::Answer(204, &[], Value::Null)).await;
    let Outcome::Answered(answer) = server.line().await.post(&Route::fixed("/cancel")).await else {
        panic!("not answered")
    };
    assert_eq!((answer.status.as_u16(), server.seen()[0].length.as_deref()), (204, Some("0")));
}

const THROTTLED: Act = Act::Answer(429, &[("retry-after", "3")], Value::Null);

#[tokio::test(start_paused = true)]
async fn a_list_is_followed_to_its_end_under_either_name_of_the_link() {
    // The links are absolute, so the server has to know its own address first.
    let base: Arc<Mutex<String>> = Arc::default();
    let known = Arc::clone(&base);
    let server = Server::start(move |_, path| {
        let base = known.lock().unwrap().clone();
        Act::Answer(
            200,
            &[],
            match path {
                "/list" => json!({ "value": [1, 2], "@odata.nextLink": format!("{base}list?page=2") }),
                "/list?page=2" => json!({ "value": [3], "nextLink": format!("{base}list?page=3") }),
                _ => json!({ "value": [4], "nextLink": null }),
            },
        )
    })
    .await;
    *base.lock().unwrap() = server.base.to_string();
    assert_eq!(list(&server.line().await).await, Ok(vec![1, 2, 3, 4]));
    assert!(
        server.seen().iter().all(|call| call.bearer.as_deref() == Some("the-token") && call.id.is_some())
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_host_is_refused_before_the_token_is_attached() {
    let elsewhere = Server::start(|_, _| Act::Answer(200, &[], json!({ "value": [9] }))).await;
    let link = elsewhere.base.join("/list?page=2").unwrap().to_string();
    let server =
        Server::start(move |_, _| Act::Answer(200, &[], json!({ "value": [1], "@odata.nextLink": link })))
            .await;
    assert_eq!(list(&server.line().await).await, Err(ErrorKind::Protocol.into()));
    assert!(elsewhere.seen().is_empty(), "nothing may be sent there");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_leads_elsewhere_is_not_followed() {
    let elsewhere = Server::start(|_, _| Act::Answer(200, &[], json!({}))).await;
    let link: &'static str = String::leak(elsewhere.base.join("/next").unwrap().to_string());
    for (status, same_host) in [(301, false), (302, true), (307, false), (308, true)] {
        let place: &'static [_] = Vec::leak(vec![("location", if same_host { "/next" } else { link })]);
        let server = Server::start(move |_, _| Act::Answer(status, place, json!({}))).await;
        let here = server.line().await;
        assert!(get(&here).await.is_err(), "{status}");
        assert_eq!(server.seen().len(), 1, "{status}");
    }
    assert!(elsewhere.seen().is_empty(), "nothing may be sent there");
}

#[tokio::test(start_paused = true)]
async fn a_list_without_an_end_fails_as_a_whole() {
    for same in [true, false] {
        let base: Arc<Mutex<String>> = Arc::default();
        let known = Arc::clone(&base);
        let server = Server::start(move |n, _| {
            let page = if same { 0 } else { n };
            let link = format!("{}list?page={page}", known.lock().unwrap());
            Act::Answer(200, &[], json!({ "value": [1], "nextLink": link }))
        })
        .await;
        *base.lock().unwrap() = server.base.to_string();
        assert_eq!(list(&server.line().await).await, Err(ErrorKind::Protocol.into()));
        assert!(server.seen().len() <= 5, "the cap is five pages");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_read_waits_as_long_as_it_is_told_and_its_lane_with_it() {
    let server =
        Server::start(|n, _| if n == 0 { THROTTLED } else { Act::Answer(200, &[], json!({})) }).await;
    let line = Arc::new(server.line().await);
    let (first, other) = (Arc::clone(&line), Arc::clone(&line));
    let first = tokio::spawn(async move { get(&first).await });
    while line.lane_closed_until().is_none() {
        tokio::task::yield_now().await;
    }
    let other = tokio::spawn(async move { get(&other).await });
    tokio::time::advance(Duration::from_millis(2_900)).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.seen().len(), 1, "the gate is closed for three seconds");
    tokio::time::advance(Duration::from_millis(200)).await;
    assert!(first.await.unwrap().is_ok() && other.await.unwrap().is_ok());
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen[1..].iter().all(|call| call.at - seen[0].at >= Duration::from_secs(3)));
    assert_eq!(seen[1..].iter().filter(|call| call.id == seen[0].id).count(), 1, "one id per call");
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_is_not_waited_for() {
    let server = Server::start(|_, _| Act::Answer(429, &[("retry-after", "60")], Value::Null)).await;
    let line = server.line().await;
    let throttled = |seconds| ErrorKind::Throttled { retry_after: Some(Duration::from_secs(seconds)) };
    assert_eq!(get(&line).await.map_err(|error| error.kind), Err(throttled(60)));
    // The gate is closed: the next call fails without being sent, a write too.
    assert!(matches!(get(&line).await.map_err(|e| e.kind), Err(ErrorKind::Throttled { .. })));
    let Outcome::NotSent(error) = send(&line).await else { panic!("sent through a closed gate") };
    assert!(matches!(error.kind, ErrorKind::Throttled { .. }));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_gets_no_answer_times_out() {
    let server = Server::start(|_, _| Act::Never).await;
    let line = server.line().await;
    let call = tokio::spawn(async move { get(&line).await });
    server.until(1).await;
    tokio::time::advance(Duration::from_secs(13)).await;
    assert_eq!(call.await.unwrap(), Err(ErrorKind::TimedOut.into()));
}

#[tokio::test(start_paused = true)]
async fn a_patient_line_waits_for_a_slow_list_and_not_for_ever() {
    let server = Server::start(|_, _| Act::Never).await;
    let line = server.line().await.patient(Duration::from_secs(45));
    let call = tokio::spawn(async move { list(&line).await });
    server.until(1).await;
    tokio::time::advance(Duration::from_secs(44)).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert!(!call.is_finished(), "gave up too early");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(call.await.unwrap(), Err(ErrorKind::TimedOut.into()));
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_sent_once_and_unsure() {
    let acts: [fn() -> Act; 4] = [
        || Act::Broken,
        || Act::Answer(500, &[], json!({ "error": { "code": "InternalServerError" } })),
        || Act::Answer(503, &[("retry-after", "1")], Value::Null),
        || Act::Answer(504, &[], Value::Null),
    ];
    for act in acts {
        let server = Server::start(move |_, _| act()).await;
        assert!(matches!(send(&server.line().await).await, Outcome::Unsure { .. }));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_gets_no_answer_in_time_is_sent_once_and_unsure() {
    let server = Server::start(|_, _| Act::Never).await;
    let line = server.line().await;
    let call = tokio::spawn(async move { send(&line).await });
    server.until(1).await;
    tokio::time::advance(Duration::from_secs(46)).await;
    assert!(matches!(call.await.unwrap(), Outcome::Unsure { .. }));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_is_sent_again() {
    let server =
        Server::start(|n, _| if n == 0 { THROTTLED } else { Act::Answer(201, &[], json!({})) }).await;
    let line = Arc::new(server.line().await);
    let sent = Arc::clone(&line);
    let call = tokio::spawn(async move { send(&sent).await });
    while line.lane_closed_until().is_none() {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_millis(3_100)).await;
    let Outcome::Answered(answer) = call.await.unwrap() else { panic!("not answered") };
    assert_eq!((answer.status.as_u16(), answer.correlation_id().as_deref()), (201, Some("their-id")));
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_reaches_nobody_was_never_sent() {
    let _still = StandStill::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let line = line(base, Limits::default()).await;
    let Outcome::NotSent(error) = send(&line).await else { panic!("nobody listens there") };
    assert_eq!(error.kind, ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn neither_the_token_nor_the_query_shows_in_what_is_printed() {
    let server = Server::start(|_, _| Act::Answer(200, &[], json!(["not", "it"]))).await;
    let line = server.line().await;
    let wrong: Result<crate::Page<u32>, PlaneError> =
        line.get_json(&Route::fixed("/v1.0/me?$select=id")).await;
    let error = wrong.unwrap_err();
    assert_eq!(
        (error.kind.clone(), error.correlation_id.as_deref()),
        (ErrorKind::Protocol, Some("their-id"))
    );
    let printed = format!("{line:?} {error:?} {error}");
    assert!(!printed.contains("the-token") && !printed.contains("select"), "{printed}");
    assert_eq!(server.seen()[0].path, "/v1.0/me?$select=id");
}
