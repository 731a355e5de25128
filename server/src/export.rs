//! `/history.csv` and `/history.json`: the history as a file, with the filters of the page.

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
        Ok(history) => {
            let disposition = format!("attachment; filename=\"pim-history.{extension}\"");
            // Somebody's own reasons: nothing between here and the disk keeps them.
            let headers = [
                (CONTENT_TYPE, media_type.to_owned()),
                (CONTENT_DISPOSITION, disposition),
                (CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, write(&history)).into_response()
        }
        Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The portal's store does not answer. Try again in a minute.")
                .into_response()
        }
    }
}
