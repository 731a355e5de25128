//! The composition root: configuration, middleware, routes, wiring. No business rule lives here.
//!
//! A request passes, from the outside in: request id and trace, counting, security headers with the nonce, pages for errors, panic
//! guard, the limit on sign-ins, the check that forms are ours, body limit, compression, browser session, sign-in gate; then a page, a
//! server function, `/auth/…`, `/events/…` or an asset.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | every setting, its default, and what is refused |
//! | [`credentials`] | how the portal shows who it is |
//! | [`wiring`] | which port is served by which adapter: the place to add a plane |
//! | [`security`] | content security policy and the other headers |
//! | [`session`] | the cookie, who is signed in, the gate |
//! | [`auth`] | signing in and out |
//! | [`tenants`] | the directories that may be signed in to |
//! | [`floods`] | a limit on sign-ins for each address |
//! | [`listen`] | connections, and how long slow ones are waited for |
//! | [`events`] | what arrives after the page |
//! | [`health`] | whether the portal lives, and whether it can serve people |
//! | [`metrics`] | numbers for Prometheus, on a listener of their own |
//! | [`lifecycle`] | whether it is on its way down |
//! | [`failures`] | refusals and mistakes as pages |
//! | [`manifest`] | what makes the portal installable |
//! | [`branding`] | the organisation's name, logo, colours, links, announcement |
//! | [`rules`] | what a reason and a ticket have to be, as set |
//! | [`export`] | the history as a file |
//! | [`assets`] | style sheet, icons and islands, inside the binary |

#![recursion_limit = "256"]

pub mod assets;
pub mod auth;
pub mod branding;
pub mod config;
pub mod credentials;
pub mod events;
pub mod export;
pub mod failures;
pub mod floods;
pub mod health;
pub mod keys;
pub mod lifecycle;
pub mod listen;
pub mod manifest;
pub mod metrics;
pub mod rules;
pub mod security;
pub mod session;
pub mod tenants;
pub mod wiring;

use axum::Router;
use axum::routing::{get, post};
use leptos::prelude::{LeptosOptions, expect_context, provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;

use crate::wiring::State;

/// The largest form that is taken, in bytes. Two hundred ticked roles with Azure's long ids fit several times.
const LARGEST_BODY: usize = 256 * 1024;

/// The whole application.
pub fn router(state: &State) -> Router {
    let options = LeptosOptions::builder().output_name("app").build();
    let pages = Router::new()
        .leptos_routes_with_context(
            &options,
            generate_route_list(app::App),
            provide_page_context,
            app::document,
        )
        .fallback(leptos_axum::render_app_to_stream_in_order_with_context(
            provide_page_context,
            app::document,
        ))
        .with_state(options);

    let signed_in = pages
        .merge(events::router(state.clone()))
        .merge(export::router())
        .route("/session", post(session::used))
        .route("/events/session", get(session::told))
        .route("/auth/sign-in", get(auth::begin).with_state(state.clone()))
        .route("/auth/callback", get(auth::finish).with_state(state.clone()))
        .route("/auth/step-up/{batch}/{group}", get(auth::step_up).with_state(state.clone()))
        .route("/auth/consent", get(auth::ask_consent).with_state(state.clone()))
        .route("/auth/admin-consent", get(auth::consented).with_state(state.clone()))
        .route("/auth/tenant", post(tenants::switch).with_state(state.clone()))
        .route("/auth/sign-out", post(auth::sign_out).with_state(state.clone()))
        .layer(axum::middleware::from_fn_with_state(state.clone(), session::gate))
        .layer(session::layer(state))
        .layer(CompressionLayer::new())
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(axum::middleware::from_fn_with_state(state.clone(), security::only_our_forms))
        .layer(axum::middleware::from_fn_with_state(state.clone(), floods::limit))
        .layer(CatchPanicLayer::custom(failures::panicked))
        .layer(axum::middleware::from_fn_with_state(state.clone(), failures::pages))
        .layer(axum::middleware::from_fn_with_state(state.clone(), security::headers))
        .layer(axum::middleware::from_fn(metrics::note_route));

    Router::new()
        // Whoever crawls finds nothing but the way to sign in, and is told so.
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /\n" }))
        .merge(health::router(state))
        .merge(assets::router())
        .merge(manifest::router(state.site.brand.name.clone()))
        .merge(state.config.branding.router())
        .layer(axum::middleware::from_fn(metrics::note_route))
        .fallback_service(signed_in)
        .layer(axum::middleware::from_fn(metrics::observe))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(axum::middleware::map_request(security::plain_request_id))
}

/// Addresses that take a form, besides those of the server functions ([`actions`]).
pub const FORMS: [&str; 3] = ["/session", "/auth/tenant", "/auth/sign-out"];

/// Addresses of the server functions.
#[must_use]
pub fn actions() -> Vec<String> {
    let functions = leptos::server_fn::axum::server_fn_paths();
    functions.filter(|(_, method)| method != http::Method::GET).map(|(path, _)| path.to_owned()).collect()
}

/// Hands the request's context, put there by the gate, to the page.
fn provide_page_context() {
    let parts = expect_context::<axum::http::request::Parts>();
    if let Some(context) = parts.extensions.get::<app::Context>() {
        provide_context(context.clone());
    }
    if let Some(nonce) = parts.extensions.get::<leptos::nonce::Nonce>() {
        provide_context(nonce.clone());
    }
}

/// Method and path, never the query: codes and search words stand there.
fn span(request: &axum::http::Request<axum::body::Body>) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
}
