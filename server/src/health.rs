//! `/healthz` and `/readyz`: what a balancer, an orchestrator and `pim-portal healthcheck` ask.
//!
//! | address | asks | says no when |
//! |---|---|---|
//! | `/healthz` | nothing | the process does not answer: start it again |
//! | `/readyz` | the store | the store does not answer in time, or the portal is on its way down: send people elsewhere |
//!
//! Neither asks Microsoft: an outage there must not take the portal away. Neither names anything but the reason.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Mutex;

use crate::wiring::State;

/// How long the store may take to answer, waiting for one's turn included. Shorter than the deadlines of the probes.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers.
pub const ALIVE: &str = "/healthz";
/// The portal can serve people.
pub const READY: &str = "/readyz";

/// The routes.
pub fn router(state: &State) -> Router {
    let ready = get(ready).with_state((state.clone(), Turn::default()));
    Router::new().route(ALIVE, get(|| async { "ok" })).route(READY, ready)
}

/// Anybody may ask, so that the store is asked once at a time.
type Turn = Arc<Mutex<()>>;

async fn ready(Extract((state, turn)): Extract<(State, Turn)>) -> Response {
    if state.lifecycle.is_stopping() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, "the portal is stopping");
    }
    let asked = async {
        let _turn = turn.lock().await;
        state.ping().await
    };
    let problem = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(())) => return answer(StatusCode::OK, "ok"),
        Ok(Err(_)) => "the store fails",
        Err(_) => "the store does not answer",
    };
    answer(StatusCode::SERVICE_UNAVAILABLE, problem)
}

fn answer(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}
