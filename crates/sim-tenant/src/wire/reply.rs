//! One HTTP answer, before it becomes axum's.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

/// What an answer carries.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Empty,
    Json(Value),
    /// Content type and text.
    Text(&'static str, String),
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
        let (content_type, body) = match self.payload {
            Payload::Empty => (None, Body::empty()),
            Payload::Json(value) => (Some("application/json; charset=utf-8"), Body::from(value.to_string())),
            Payload::Text(kind, text) => (Some(kind), Body::from(text)),
        };
        let mut response = Response::new(body);
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
