//! `/manifest.webmanifest`: what a browser needs to install the portal as an application.
//! <https://www.w3.org/TR/appmanifest/>
//!
//! There is no service worker, on purpose: browsers install without one, and one that answers offline would have to keep pages that show
//! who may do what. Without a connection the portal says so instead.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;

use crate::assets;

/// The route, for a portal that is called `name`. Open to everybody: browsers ask for it without cookies, and it tells nothing.
pub fn router(name: String) -> Router {
    Router::new().route("/manifest.webmanifest", get(move || async move { manifest(&name) }))
}

fn manifest(name: &str) -> impl IntoResponse + use<> {
    let icon = |logical: &str, sizes: &str, kind: &str, purpose: &str| {
        let url = assets::url(logical)?;
        Some(json!({ "src": url, "sizes": sizes, "type": kind, "purpose": purpose }))
    };
    let icons: Vec<_> = [
        icon("icon.svg", "any", "image/svg+xml", "any"),
        icon("icon-192.png", "192x192", "image/png", "any"),
        icon("icon-512.png", "512x512", "image/png", "maskable"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let manifest = json!({
        "id": "/",
        "name": name,
        "short_name": "PIM",
        "description": "Activate Microsoft Entra roles, groups and Azure resource roles.",
        "lang": "en",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": "#f6f7f9",
        "icons": icons,
        "shortcuts": [
            { "name": "Requests", "url": "/requests" },
            { "name": "Approvals", "url": "/approvals" },
        ],
    });
    let headers = [(CONTENT_TYPE, "application/manifest+json"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, manifest.to_string())
}
