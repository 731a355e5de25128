//! Starts and stops the four servers, and takes every call through latency, faults, its origin and the journal.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::directories::Directories;
use crate::faults::{End, Meeting};
use crate::journal::Seen;
use crate::options::Options;
use crate::sign_in::challenge;
use crate::sim::{Places, Seeds, Sim};
use crate::wire::{Call, Origin, Reply};
use crate::{azure, control, graph, sign_in};

/// Largest body that is read; Graph's own limit for a batch is 4 MB.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// A running simulated tenant. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct Running {
    /// The sign-in origin, as clients see it.
    pub sign_in: Url,
    /// The Graph origin, as clients see it.
    pub graph: Url,
    /// The Azure origin, as clients see it.
    pub azure: Url,
    /// The control port: `http://127.0.0.1:{port}`.
    pub control: Url,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "the simulated tenant cannot listen on {address}: port {} is busy or not allowed; choose another with {flag} ADDRESS:PORT",
            address.port()
        )
    })
}

fn public(given: Option<Url>, listener: &TcpListener) -> anyhow::Result<Url> {
    match given {
        Some(url) => Ok(url),
        None => Ok(Url::parse(&format!("http://localhost:{}", listener.local_addr()?.port()))?),
    }
}

fn base(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

impl Running {
    /// Binds all four addresses and serves. Fails when an address is taken, naming it and the flag that moves it.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listeners = [
            (Origin::SignIn, bind(options.sign_in, "--sign-in").await?),
            (Origin::Graph, bind(options.graph, "--graph").await?),
            (Origin::Azure, bind(options.azure, "--azure").await?),
            (Origin::Control, bind(options.control, "--control").await?),
        ];
        let sign_in = public(options.public_sign_in, &listeners[0].1)?;
        let graph = public(options.public_graph, &listeners[1].1)?;
        let azure = public(options.public_azure, &listeners[2].1)?;
        let control = Url::parse(&format!("http://{}", listeners[3].1.local_addr()?))?;
        let places = Places { sign_in: base(&sign_in), graph: base(&graph), azure: base(&azure) };
        let seeds: Seeds =
            std::iter::once(options.tenant).chain(options.directories).map(Mutex::new).collect();
        let sims = (0..seeds.len()).map(|at| {
            Sim::new(Arc::clone(&seeds), at, places.clone(), options.redirect_uris.clone()).map(Arc::new)
        });
        let directories = Arc::new(Directories(sims.collect::<anyhow::Result<_>>()?));

        let (stop, stopped) = watch::channel(false);
        let servers = listeners
            .into_iter()
            .map(|(origin, listener)| {
                let router = Router::new().fallback(serve).with_state((Arc::clone(&directories), origin));
                let mut stopped = stopped.clone();
                let signal = async move {
                    let _ = stopped.wait_for(|stop| *stop).await;
                };
                tokio::spawn(async move {
                    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(signal).await {
                        tracing::error!(%error, origin = origin.name(), "a server of the simulated tenant ended");
                    }
                })
            })
            .collect();
        Ok(Self { sign_in, graph, azure, control, stop, servers })
    }

    /// Stops all servers; calls under way get a second to finish.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for mut server in self.servers {
            if tokio::time::timeout(Duration::from_secs(1), &mut server).await.is_err() {
                server.abort();
            }
        }
    }
}

async fn read(request: Request) -> Option<Call> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.ok()?;
    Some(Call::new(
        parts.method,
        parts.uri.path(),
        parts.uri.query().unwrap_or_default(),
        parts.headers,
        body,
    ))
}

/// Ends the connection without an answer: hyper drops it when the service unwinds. No panic message is printed.
fn drop_connection() -> ! {
    std::panic::resume_unwind(Box::new("the connection is dropped on purpose"))
}

fn carry_out(sim: &Sim, origin: Origin, call: &Call, seen: &mut Seen) -> Reply {
    match origin {
        Origin::Control => control::answer(sim, call),
        Origin::SignIn => sign_in::answer(sim, &mut sim.world(), call),
        Origin::Graph => {
            let mut world = sim.world();
            let reply = graph::answer(sim, &mut world, call, seen);
            world.tenant.odd.distort(reply)
        }
        Origin::Azure => {
            let mut world = sim.world();
            let reply = azure::answer(sim, &mut world, call, seen);
            world.tenant.odd.distort(reply)
        }
    }
}

async fn serve(
    State((directories, origin)): State<(Arc<Directories>, Origin)>,
    request: Request,
) -> Response<Body> {
    let Some(call) = read(request).await else { return Reply::empty(413).into_response() };
    if Directories::is_for_all(origin, &call) {
        directories.0.iter().for_each(|sim| sim.reset(None));
    }
    let sim = Arc::clone(directories.of(origin, &call));
    if origin == Origin::Control {
        let mut unseen = Seen::new(origin, &call, sim.now());
        return carry_out(&sim, origin, &call, &mut unseen).into_response();
    }
    let began = Instant::now();
    let mut seen = Seen::new(origin, &call, sim.now());
    let (delay, hit) = {
        let mut world = sim.world();
        let principal = world.sign_in.bearer(&call).unwrap_or_default();
        let meeting = Meeting { origin, call: &call, principal: &principal, inside: false };
        (world.faults.delay(origin, &call), world.faults.take(&meeting))
    };
    seen.fault = hit.as_ref().map(|hit| hit.label().to_owned());
    let wait = delay + hit.as_ref().map_or(Duration::ZERO, |hit| hit.wait);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    let end = match hit {
        None => End::Whole(carry_out(&sim, origin, &call, &mut seen)),
        Some(hit) => hit.end(|| carry_out(&sim, origin, &call, &mut seen)),
    };
    seen.status = end.status();
    seen.elapsed_milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(origin = origin.name(), method = %call.method, path = %call.path, status = ?seen.status, "answered");
    sim.world().journal.see(seen);
    match end {
        End::Whole(reply) => reply.into_response(),
        End::Cut(reply) => reply.into_cut_response(),
        End::Challenged => challenge::issued_later(&sim, &sim.world()).into_response(),
        End::Dropped => drop_connection(),
    }
}
