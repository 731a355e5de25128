//! Numbers for Prometheus, on a listener of their own (`metrics_listen`): what operates the portal reads them, and nobody else can.
//!
//! `transport` counts calls to Microsoft, `identity` those to the sign-in service and refreshes, `store` its own; this module counts
//! requests, and asks the store for what is in it when somebody reads. All of them are in [`TABLE`].
//!
//! No label says who, which tenant, which role or which request: every value is one of a few that the code knows, and a path is the
//! template of its route. To add a metric, use `metrics` where it happens and add a row to [`TABLE`] and to `docs/deploy/operation.md`.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::wiring::State;

/// Bounds of the histograms, in seconds: from a query of SQLite to the longest write.
const BOUNDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 45.0];
/// How often what was measured is put into the histograms, when nobody reads.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long the store may take to count.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution, in seconds.
    Histogram,
}

/// Every metric: its name, what it is, its labels, and what it says.
pub const TABLE: &[(&str, Kind, &[&str], &str)] = &[
    (
        "pim_portal_http_requests_total",
        Kind::Counter,
        &["method", "route", "status"],
        "Requests of browsers that were answered.",
    ),
    (
        "pim_portal_http_request_duration_seconds",
        Kind::Histogram,
        &["method", "route"],
        "Time until an answer began; pages and events stream on.",
    ),
    (
        "pim_portal_upstream_requests_total",
        Kind::Counter,
        &["plane", "host", "method", "route", "status"],
        "Calls to Microsoft, every attempt; without an answer the status is unreachable, timeout or broken.",
    ),
    (
        "pim_portal_upstream_request_duration_seconds",
        Kind::Histogram,
        &["plane", "host", "method", "route"],
        "Time until a call to Microsoft was answered in full.",
    ),
    (
        "pim_portal_upstream_throttled_total",
        Kind::Counter,
        &["plane", "host"],
        "Calls to Microsoft that were answered 429.",
    ),
    (
        "pim_portal_token_refreshes_total",
        Kind::Counter,
        &["audience", "outcome"],
        "Uses of a refresh token: refreshed, refused by the sign-in service, or failed.",
    ),
    (
        "pim_portal_journal_transitions_total",
        Kind::Counter,
        &["state"],
        "Operations that this replica brought to a state.",
    ),
    ("pim_portal_store_duration_seconds", Kind::Histogram, &["operation"], "Time of a call to the store."),
    ("pim_portal_store_errors_total", Kind::Counter, &["operation"], "Calls to the store that failed."),
    (
        "pim_portal_store_up",
        Kind::Gauge,
        &[],
        "1 when the store answered just now, 0 otherwise; the two below are from then.",
    ),
    ("pim_portal_sessions", Kind::Gauge, &[], "Sessions that have not ended, of all replicas on this store."),
    (
        "pim_portal_journal_open",
        Kind::Gauge,
        &["state"],
        "Operations that are not at their end, of all replicas on this store.",
    ),
    ("pim_portal_build_info", Kind::Gauge, &["version"], "1, for the version that runs."),
    (
        "process_start_time_seconds",
        Kind::Gauge,
        &[],
        "When the process began, in seconds since 1970-01-01 UTC.",
    ),
];

/// Takes up counting, for the whole process. Fails when something else counts already.
pub fn install(state: &State) -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BOUNDS)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| anyhow::anyhow!("something else counts already"))?;
    for (name, kind, _, help) in TABLE {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *help),
            Kind::Gauge => metrics::describe_gauge!(*name, *help),
            Kind::Histogram => metrics::describe_histogram!(*name, *help),
        }
    }
    gauge!("pim_portal_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!("process_start_time_seconds").set(state.clock.now().as_duration().as_secs_f64());
    Ok(handle)
}

/// `/metrics`, and nothing else.
pub fn router(state: &State, handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(read).with_state((state.clone(), handle)))
}

/// Listens at `address`.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another address with PIM_PORTAL_METRICS_LISTEN")
    })?;
    tracing::info!(address = %listener.local_addr()?, "metrics can be read");
    Ok(listener)
}

/// Answers until the future is dropped.
pub async fn serve(state: State, handle: PrometheusHandle, listener: TcpListener) -> std::io::Result<()> {
    let router = router(&state, handle.clone());
    let upkeep = async {
        let mut every = tokio::time::interval(UPKEEP);
        loop {
            every.tick().await;
            handle.run_upkeep();
        }
    };
    tokio::select! {
        served = axum::serve(listener, router) => served,
        () = upkeep => Ok(()),
    }
}

async fn read(Extract((state, handle)): Extract<(State, PrometheusHandle)>) -> Response {
    let census = tokio::time::timeout(PATIENCE, state.census()).await;
    let is_up = matches!(census, Ok(Ok(_)));
    gauge!("pim_portal_store_up").set(f64::from(u8::from(is_up)));
    if let Ok(Ok(census)) = census {
        gauge!("pim_portal_sessions").set(count(census.sessions));
        for (state, open) in census.open {
            gauge!("pim_portal_journal_open", "state" => format!("{state:?}")).set(count(open));
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}

/// Gauges are floating-point numbers; counts stay far below what these hold exactly.
fn count(of: u64) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}

/// The template of the route that answered, on its way out.
#[derive(Clone)]
struct Answered(MatchedPath);

/// Notes which route answers, for [`observe`], which stands too far out to see it.
pub async fn note_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(Answered(route));
    }
    response
}

/// Counts requests. Where no route answers, the route is `other`: paths are anybody's to invent.
pub async fn observe(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    };
    let response = next.run(request).await;
    let route = response.extensions().get::<Answered>();
    let route = route.map_or_else(|| "other".to_owned(), |Answered(route)| route.as_str().to_owned());
    histogram!("pim_portal_http_request_duration_seconds", "method" => method, "route" => route.clone())
        .record(began.elapsed());
    counter!(
        "pim_portal_http_requests_total",
        "method" => method, "route" => route, "status" => status(response.status())
    )
    .increment(1);
    response
}

fn status(status: StatusCode) -> String {
    status.as_str().to_owned()
}
