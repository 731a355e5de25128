//! `/history.csv` and `/history.json`: the history as a file, with the filters of the page. `/profiles.json`: the profiles.
//! `/permissions.json`: what the portal may do, for machines.

use app::Asked;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use portal::history::{History, csv, json};

/// The routes.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/history.csv",
            get(async |context, query| file(context, query, "csv", "text/csv; charset=utf-8", csv).await),
        )
        .route(
            "/history.json",
            get(async |context, query| file(context, query, "json", "application/json", json).await),
        )
        .route("/profiles.json", get(profiles))
        .route("/permissions.json", get(permissions))
}

/// The person's profiles, as a file that can be imported again.
async fn profiles(Extension(context): Extension<app::Context>) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    match context.portal.export_profiles(&session).await {
        Ok(file) => attachment("pim-profiles.json", "application/json", file),
        Err(_) => store_failed(),
    }
}

/// Every permission, and whether the person's tokens carry it.
async fn permissions(Extension(context): Extension<app::Context>) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let standings = app::standings(&session, &context.site.permissions).await;
    let permissions = standings.into_iter().map(|(permission, standing)| {
        serde_json::json!({
            "scope": permission.scope,
            "planes": permission.planes,
            "purpose": permission.purpose,
            "consent": permission.consent,
            "state": standing.name(),
            "without": permission.without,
            "still": permission.still,
        })
    });
    let avoided = app::NOT_ASKED_FOR.map(|(what, why)| serde_json::json!({ "what": what, "why": why }));
    let file = serde_json::json!({
        "tenant": session.caller.tenant.to_string(),
        "adminConsentUrl": context.directory().map(|here| here.admin_consent_url.clone()),
        "permissions": permissions.collect::<Vec<_>>(),
        "notAskedFor": avoided,
    });
    attachment("pim-permissions.json", "application/json", format!("{file:#}"))
}

/// Somebody's own words: nothing between here and the disk keeps them.
fn attachment(name: &str, media_type: &'static str, content: String) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, content).into_response()
}

fn store_failed() -> Response {
    let text = "The portal's store does not answer. Try again in a minute.";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

async fn file(
    Extension(context): Extension<app::Context>,
    Query(query): Query<Vec<(String, String)>>,
    extension: &str,
    media_type: &'static str,
    write: fn(&History) -> String,
) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let value = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let filter = Asked::read(value).filter(context.portal.clock().now());
    match context.portal.history(&session, &filter).await {
        Ok(history) => attachment(&format!("pim-history.{extension}"), media_type, write(&history)),
        Err(_) => store_failed(),
    }
}
