//! An answer from Microsoft, whatever its status.

use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use pim::error::{ErrorKind, PlaneError};
use pim::tokens::Audience;

/// What carries the service's id for a call, the best first.
/// <https://learn.microsoft.com/graph/best-practices-concept>,
/// <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>
const CORRELATION: [&str; 3] = ["request-id", "x-ms-correlation-request-id", "x-ms-request-id"];

/// An answer that arrived in full.
#[derive(Clone)]
pub struct Answer {
    /// Whose answer it is: a challenge in it is about this service's token.
    pub audience: Audience,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; never logged.
    pub body: Vec<u8>,
}

impl Answer {
    /// The service's id for this call: `request-id` (Graph) or `x-ms-correlation-request-id` (Azure).
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        correlation_id(&self.headers)
    }

    /// The body as JSON. Fails with [`ErrorKind::Protocol`]; the reason is not kept, because it may quote the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, PlaneError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            tracing::warn!(
                line = error.line(),
                column = error.column(),
                "an answer that is not the JSON expected"
            );
            PlaneError { kind: ErrorKind::Protocol, code: None, correlation_id: self.correlation_id() }
        })
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// See [`Answer::correlation_id`]. Anything that does not look like an id is left out.
pub(crate) fn correlation_id(headers: &HeaderMap) -> Option<String> {
    let id = CORRELATION.iter().find_map(|name| headers.get(*name))?.to_str().ok()?;
    let harmless = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.');
    (!id.is_empty() && id.len() <= 128 && id.bytes().all(harmless)).then(|| id.to_owned())
}
