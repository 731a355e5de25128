//! `/events/…`: what arrives after the page, as server-sent events.
//!
//! An event `part` carries an element's id, a line break, and the markup that replaces it; `end` says that nothing more comes.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::convert::Infallible;
use std::time::Duration;

use app::fragments::{Narrowed, batch_lines, late_part};
use axum::extract::{Path, Query};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures::stream::{FuturesUnordered, Stream, StreamExt};
use pim::ids::BatchId;

use crate::wiring::State;

/// How many parts one page can wait for: two a plane, and room for more planes.
const MOST_PARTS: usize = 16;
/// The waits between two looks at a batch, in seconds; the last one repeats.
const WAITS: [u64; 6] = [1, 1, 2, 3, 5, 10];
/// After this many looks the browser has to ask again, and does.
const MOST_LOOKS: usize = 60;

/// The routes.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/events/overview", get(overview))
        .route("/events/requests/{batch}", get(requests))
        .with_state(state)
}

fn part(id: &str, html: &str) -> Result<Event, Infallible> {
    // A carriage return would end the field; markup has none that matters.
    Ok(Event::default().event("part").data(format!("{id}\n{}", html.replace('\r', ""))))
}

fn end() -> Result<Event, Infallible> {
    Ok(Event::default().event("end").data(""))
}

fn stream(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// The parts of the overview that `part` parameters name, each when it is there.
async fn overview(
    Extension(context): Extension<app::Context>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let Some(session) = context.session.clone() else {
        return axum::http::StatusCode::UNAUTHORIZED.into_response();
    };
    let value = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    let narrowed =
        Narrowed { search: value("q").unwrap_or_default(), plane: value("plane").unwrap_or_default() };
    let wanted = query.into_iter().filter(|(name, _)| name == "part").map(|(_, id)| id).take(MOST_PARTS);
    let parts: FuturesUnordered<_> = wanted
        .map(|id| {
            let (context, session, narrowed) = (context.clone(), session.clone(), narrowed.clone());
            async move { late_part(context, session, &id, narrowed).await }
        })
        .collect();
    let events = parts.filter_map(|ready| async move { ready.map(|(id, html)| part(&id, &html)) });
    stream(events.chain(futures::stream::once(async { end() })))
}

/// The lines of a batch, whenever they change, until all are at their end.
async fn requests(Extension(context): Extension<app::Context>, Path(batch): Path<BatchId>) -> Response {
    let Some(session) = context.session.clone() else {
        return axum::http::StatusCode::UNAUTHORIZED.into_response();
    };
    // Somebody else's, or none at all: nothing to wait for.
    if context.portal.operations(&session, batch).await.is_err() {
        return axum::http::StatusCode::NOT_FOUND.into_response();
    }
    let looks = futures::stream::unfold((0, String::new(), false), move |(look, last, done)| {
        let (context, session) = (context.clone(), session.clone());
        async move {
            if done || look == MOST_LOOKS {
                return None;
            }
            let wait = WAITS.get(look).or(WAITS.last()).copied().unwrap_or(10);
            tokio::time::sleep(Duration::from_secs(wait)).await;
            let (html, done) = batch_lines(context, session, batch).await.unwrap_or_default();
            let changed = !html.is_empty() && html != last;
            let event = changed.then(|| part("lines", &html));
            Some((event, (look + 1, if changed { html } else { last }, done)))
        }
    });
    stream(looks.filter_map(|event| async move { event }).chain(futures::stream::once(async { end() })))
}
