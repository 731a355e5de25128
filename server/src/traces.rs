//! Traces for OpenTelemetry, over OTLP and HTTP: a feature of the build (`otel`), on where the standard variables name an endpoint.
//! <https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/>
//!
//! What is handed over are the spans of requests and of calls to Microsoft, and the events in them: what the log says, and so no token, no
//! reason and no query.

use anyhow::Context as _;
use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

/// Traces are being handed over.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Hands over what is left.
    pub async fn end(self) {
        // It waits for a thread of its own, which needs this one's runtime to send.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be handed over");
        }
    }
}

/// Begins to hand traces over by `client`; within a runtime.
pub fn begin<S>(client: reqwest::Client) -> anyhow::Result<(Box<dyn Layer<S> + Send + Sync>, Traces)>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let client = Client { client, runtime: Handle::current() };
    let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
    let exporter = exporter.context("the settings of OpenTelemetry cannot be used")?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("pim-portal").build())
        .build();
    let ours =
        [("server", LevelFilter::INFO), ("portal", LevelFilter::INFO), ("transport", LevelFilter::DEBUG)];
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("pim-portal"));
    Ok((layer.with_filter(Targets::new().with_targets(ours)).boxed(), Traces(provider)))
}

/// The portal's own HTTP client, for a thread that has no runtime of its own.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
        });
        let (status, headers, body) = sending.await??;
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
