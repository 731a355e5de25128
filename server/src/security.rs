//! The headers that make a browser distrust everything but ourselves.

use axum::extract::{Request, State as Extract};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use leptos::nonce::Nonce;

use crate::wiring::State;

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
