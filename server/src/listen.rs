//! Connections: how long a slow one is waited for, and how all of them come to an end.
//!
//! A client has [`HEAD`] to send the head of a request, also on a connection that is kept alive, and [`BODY`] for each piece of a body.
//! Answers may take as long as they like: pages stream, and event streams stay open.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower::Service as _;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// How long the head of a request may take.
pub const HEAD: Duration = Duration::from_secs(20);
/// How long may pass between two pieces of a body.
pub const BODY: Duration = Duration::from_secs(20);
/// How long is waited after a connection could not be taken (too many open files, usually).
const PAUSE: Duration = Duration::from_millis(200);

/// How patient the portal is with a client that sends slowly.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request.
    pub head: Duration,
    /// Between two pieces of a body.
    pub body: Duration,
}

/// What the portal runs with.
pub const PATIENCE: Patience = Patience { head: HEAD, body: BODY };

/// Serves until `stop` ends, then takes no new connections and returns when those there are have done their work.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let router = router.layer(RequestBodyTimeoutLayer::new(patience.body));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.head);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(patience.head).max_concurrent_streams(100);
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            // A client that left meanwhile, or no room: neither ends the portal.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(from));
            router.clone().call(request)
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(error, "a connection broke off");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}
