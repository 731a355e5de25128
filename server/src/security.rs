//! The headers that make a browser distrust everything but ourselves, and the distrust of requests that are not ours.

use axum::extract::{Request, State as Extract};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::nonce::Nonce;
use url::Url;

use crate::wiring::State;

/// Lets a request that may change something past only if the browser says that a page of ours sends it.
///
/// `Sec-Fetch-Site` says so in every current browser, and no page can set it; where it is missing, `Origin` has to be ours. Where both are
/// there, both have to fit, and where neither is, nobody vouches for the request. Our origin is the public one, or, for a replica that is
/// asked directly, the host that the request names.
pub async fn only_our_forms(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        || is_ours(request.headers(), &state.config.public_url)
    {
        return next.run(request).await;
    }
    tracing::warn!("a form that is not of this site was refused");
    (StatusCode::FORBIDDEN, "This did not come from the portal.").into_response()
}

fn is_ours(headers: &HeaderMap, public_url: &Url) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let site = text(&HeaderName::from_static("sec-fetch-site"));
    let origin = text(&header::ORIGIN).map(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        origin == public_url.origin().ascii_serialization() || (host.is_some() && host == text(&header::HOST))
    });
    match (site, origin) {
        (Some(site), origin) => site == "same-origin" && origin != Some(false),
        (None, origin) => origin == Some(true),
    }
}

/// Takes away a request id that a client or a proxy made up in a form of its own: it is written into the log.
pub async fn plain_request_id(mut request: Request) -> Request {
    const NAME: HeaderName = HeaderName::from_static("x-request-id");
    let is_plain = |id: &HeaderValue| {
        let id = id.as_bytes();
        (1..=64).contains(&id.len())
            && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if !request.headers().get(NAME).is_some_and(is_plain) {
        request.headers_mut().remove(NAME);
    }
    request
}

/// Mints the request's nonce and sets the headers, also on errors.
pub async fn headers(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let login = state.config.cloud.login.origin().ascii_serialization();
    let policy = content_security_policy(&nonce.to_string(), &login);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not "no-referrer": server functions find their way back by the referrer of our own pages.
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            header::HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        // Pages show who may do what: no cache keeps them, the browser's included.
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.config.public_url.scheme() == "https" {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    response
}

/// The policy. `'wasm-unsafe-eval'` compiles the islands and nothing else; the sign-in host is there because a browser applies
/// `form-action` to the redirects that follow a form as well.
fn content_security_policy(nonce: &str, login: &str) -> String {
    [
        "default-src 'none'".to_owned(),
        format!("script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"),
        "style-src 'self'".to_owned(),
        "img-src 'self'".to_owned(),
        "connect-src 'self'".to_owned(),
        "manifest-src 'self'".to_owned(),
        format!("form-action 'self' {login}"),
        "base-uri 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ]
    .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_this_and_no_more() {
        assert_eq!(
            content_security_policy("n0nce", "https://login.example"),
            "default-src 'none'; script-src 'self' 'nonce-n0nce' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
             connect-src 'self'; manifest-src 'self'; form-action 'self' https://login.example; base-uri 'none'; frame-ancestors 'none'"
        );
    }
}
