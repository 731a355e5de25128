//! Refusals and mistakes as pages: whoever opened an address in a browser gets a page that says what happened and what to do, with the
//! request's id for support. Streams, files and scripts get the bare status as before.
//!
//! To say something new, add it to `app::failure_page`.

use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::wiring::State;

/// Puts a page in the place of an error that has none.
pub async fn pages(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_visit = accept.is_some_and(|accept| accept.contains("text/html"));
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let response = next.run(request).await;
    let status = response.status();
    if !is_visit || is_page(&response) || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ETAG] {
        parts.headers.remove(name);
    }
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let page = app::failure_page(&state.site, status, id.as_deref());
    Response::from_parts(parts, Body::from(page))
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// What a request that panicked is answered with; [`pages`] makes a page of it.
pub fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, "The portal made a mistake.").into_response()
}
