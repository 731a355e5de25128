//! What is logged, and how it looks. Logs go to standard error; [`crate::config`] chooses the form.
//!
//! Every line of a request stands in the span `request` with its `request_id`, which the answer's header `x-request-id` and the pages of
//! failures show too. Every call to Microsoft names the ids of both sides: `client_request_id` is ours, `correlation_id` theirs.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::Config;
use crate::operation::LogFormat;

/// tower-sessions warns of every cookie whose session has ended, which is everyday life.
const USUAL: &str = "info,sqlx=warn,tower_sessions_core=error";

#[cfg(feature = "otel")]
pub use crate::traces::Traces;

/// Traces are handed over by builds with the feature `otel`; this is none.
#[cfg(not(feature = "otel"))]
pub struct Traces(std::convert::Infallible);

#[cfg(not(feature = "otel"))]
impl Traces {
    /// Hands over what is left: nothing.
    pub fn end(self) -> std::future::Ready<()> {
        match self.0 {}
    }
}

/// Begins to log, and to hand traces over where the configuration names somebody who takes them, for the rest of the process.
#[must_use]
pub fn begin(config: &Config) -> Option<Traces> {
    let is_terminal = std::io::stderr().is_terminal();
    let lines = lines(config.operation.log_format, is_terminal).with_filter(filter());
    #[cfg(feature = "otel")]
    let (handed, traces) =
        match config.operation.traces.then(|| crate::traces::begin(config.operation.outbound.client())) {
            Some(Ok((layer, traces))) => (Some(layer), Some(traces)),
            Some(Err(error)) => {
                eprintln!("no traces are handed over: {error:#}");
                (None, None)
            }
            None => (None, None),
        };
    #[cfg(not(feature = "otel"))]
    let (handed, traces) = (None::<tracing_subscriber::layer::Identity>, None);
    tracing_subscriber::registry().with(handed).with(lines).init();
    if config.operation.traces && cfg!(not(feature = "otel")) {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, and this build hands no traces over: it was made without the feature otel"
        );
    }
    traces
}

/// One line for each event: for people, or for machines.
fn lines<S>(format: LogFormat, ansi: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(ansi);
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(false).boxed(),
    }
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_env("PIM_PORTAL_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL))
}
