//! One HTTP answer, before it becomes axum's.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use futures::stream;
use serde_json::Value;

/// What an answer carries.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Empty,
    Json(Value),
    /// Content type and text.
    Text(&'static str, String),
    /// Content type and bytes that need not be text, for answers that are broken on purpose.
    Bytes(&'static str, Vec<u8>),
}

/// Status, headers and payload.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) payload: Payload,
}

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), payload: Payload::Json(body) }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), payload: Payload::Empty }
    }

    pub(crate) fn html(status: u16, page: String) -> Self {
        Self::text(status, "text/html; charset=utf-8", page)
            .with("cache-control", "no-store")
            .with("content-security-policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'")
            .with("referrer-policy", "strict-origin-when-cross-origin")
    }

    pub(crate) fn text(status: u16, content_type: &'static str, text: String) -> Self {
        Self { status, headers: Vec::new(), payload: Payload::Text(content_type, text) }
    }

    /// A 302, as Entra redirects.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::empty(302).with("location", to).with("cache-control", "no-store")
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Whether the status says that it worked.
    pub(crate) fn is_success(&self) -> bool {
        (200..400).contains(&self.status)
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        self.respond(Body::from)
    }

    /// An answer that announces its whole length and breaks off after half of it.
    pub(crate) fn into_cut_response(self) -> Response<Body> {
        let mut length = 0;
        let mut response = self.respond(|bytes| {
            length = bytes.len();
            let half = Bytes::from(bytes).slice(..length / 2);
            Body::from_stream(stream::unfold(Some(half), |half| async {
                match half {
                    Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
                    // Waiting once lets the half that was given leave before the error ends the connection.
                    _ => {
                        tokio::task::yield_now().await;
                        Some((Err(std::io::Error::other("cut on purpose")), None))
                    }
                }
            }))
        });
        response.headers_mut().insert("content-length", HeaderValue::from(length.max(1)));
        response
    }

    fn respond(self, body: impl FnOnce(Vec<u8>) -> Body) -> Response<Body> {
        let (content_type, bytes) = match self.payload {
            Payload::Empty => (None, Vec::new()),
            Payload::Json(value) => (Some("application/json; charset=utf-8"), value.to_string().into_bytes()),
            Payload::Text(kind, text) => (Some(kind), text.into_bytes()),
            Payload::Bytes(kind, bytes) => (Some(kind), bytes),
        };
        let mut response = Response::new(body(bytes));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(kind) = content_type {
            headers.insert("content-type", HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) else {
                continue;
            };
            if name == "content-type" {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
        response
    }
}
