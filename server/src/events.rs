//! `/events/…`, `/palette` and `/details`: what arrives after the page, as server-sent events or, asked for once, as markup.
//!
//! An event `part` carries an element's id, a line break, and the markup that replaces it; `end` says that nothing more comes. An event
//! `operation` says in JSON what changed. Event ids are places in the journal's order of changes: a browser that comes back with the last
//! one it saw misses nothing.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::convert::Infallible;
use std::time::Duration;

use app::View;
use app::fragments::{batch_parts, late_part, requests_part, role_details};
use axum::extract::{Path, Query, RawQuery, State as Extract};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use futures::future::join_all;
use futures::stream::{FuturesUnordered, Stream, StreamExt};
use pim::ids::BatchId;
use pim::journal::Sequence;
use portal::Session;
use portal::feed::Feed;
use portal::selection::RowKey;
use serde::Serialize;

use crate::wiring::State;

/// How many parts one page can wait for: two a plane, the heads of the columns, and room for more planes.
const MOST_PARTS: usize = 16;
/// The waits between two looks at a batch, in seconds; the last one repeats.
const WAITS: [u64; 6] = [1, 1, 2, 3, 5, 10];
/// How long a stream of changes is kept open.
const LONGEST: Duration = Duration::from_mins(10);
/// How long a browser waits before it opens a stream again that ended because the portal stops.
const COME_AGAIN: Duration = Duration::from_secs(1);
/// After this many looks the browser has to come through the gate again, and does.
const MOST_LOOKS: usize = 60;

/// The routes.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/events/overview", get(overview))
        .route("/events/requests/{batch}", get(requests))
        .route("/events/ends", get(ends))
        .route("/events/mine", get(mine))
        .route("/events/changes", get(changes))
        .route("/palette", get(palette))
        .route("/details", get(details))
        .with_state(state)
}

fn part(id: &str, html: &str) -> Event {
    // A carriage return would end the field; markup has none that matters.
    Event::default().event("part").data(format!("{id}\n{}", html.replace('\r', "")))
}

/// All was said. A browser does not hear an event without data, and would come back for all of it again, and again.
fn end() -> Event {
    Event::default().event("end").data("all")
}

/// The portal stops.
fn again() -> Event {
    Event::default().retry(COME_AGAIN).comment("the portal is stopping: come again")
}

fn stream(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default()).into_response()
}

/// A stream that lasts: when the portal stops, it ends with a word to come again soon, and the browser finds another replica, or this one
/// when it is back.
fn lasting(state: &State, events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let (lifecycle, ended) = (state.lifecycle.clone(), state.lifecycle.clone());
    let stopped = async move { lifecycle.stopped().await };
    // A stream that came to its own end says nothing of the kind.
    let word = futures::stream::once(async move { ended.is_stopping().then(again) });
    stream(events.take_until(stopped).chain(word.filter_map(async |word| word)))
}

/// How the overview is looked at: as the query says, and as the person likes it where that says nothing.
async fn view(context: &app::Context, session: &Session, query: Option<String>) -> View {
    let own = context.portal.own_view(session).await.unwrap_or_default();
    View::parse(&query.unwrap_or_default(), &own)
}

/// The parts of the overview that `part` parameters name, each when it is there.
async fn overview(
    Extension(context): Extension<app::Context>,
    Query(parts): Query<Vec<(String, String)>>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let view = view(&context, &session, query).await;
    let wanted = parts.into_iter().filter(|(name, _)| name == "part").map(|(_, id)| id).take(MOST_PARTS);
    let parts: FuturesUnordered<_> = wanted
        .map(|id| {
            let (context, session, view) = (context.clone(), session.clone(), view.clone());
            async move { late_part(context, session, &id, view).await }
        })
        .collect();
    let events = parts.filter_map(|ready| async move { ready.map(|(id, html)| part(&id, &html)) });
    stream(events.chain(futures::stream::once(async { end() })))
}

/// A role that ends.
#[derive(Serialize)]
struct End {
    /// The row on the overview.
    key: String,
    name: String,
    /// In milliseconds since 1970.
    until: i64,
}

/// Which active roles end when, for a page that is to say so in time. Lists that cannot be read are left out: the next look tells.
async fn ends(Extension(context): Extension<app::Context>) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let planes = context.portal.planes().map(async |plane| {
        let held = context.portal.held(&session, &plane.id).await.ok()?;
        let ends = held.active.iter().filter_map(|row| {
            Some(End {
                key: RowKey::new(&plane.id, row.id.as_str()).to_string(),
                name: row.names.title.clone(),
                until: row.until?.as_millisecond(),
            })
        });
        Some(ends.collect::<Vec<_>>())
    });
    Json(join_all(planes).await.into_iter().flatten().flatten().collect::<Vec<_>>()).into_response()
}

/// The person's own requests as they are now.
async fn mine(Extension(context): Extension<app::Context>) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let (id, html) = requests_part(context, session).await;
    stream(futures::stream::iter([part(id, &html), end()]))
}

/// What is known of the role that `role` names, drawn for the view that the rest of the query says.
async fn details(
    Extension(context): Extension<app::Context>,
    Query(pairs): Query<Vec<(String, String)>>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let view = view(&context, &session, query).await;
    let row = pairs.into_iter().find(|(name, _)| name == "role").map(|(_, row)| row).unwrap_or_default();
    match role_details(context, session, &row, view).await {
        Some(markup) => Html(markup).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The palette's entries, fetched when it is opened.
async fn palette(Extension(context): Extension<app::Context>) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    Html(app::fragments::palette_entries(context, session).await).into_response()
}

/// The place of the last change that the browser has seen: what it sends when it opens a stream again.
fn last_seen(headers: &HeaderMap) -> Option<Sequence> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// The lines of a batch, whenever they change, until all are at their end. While somebody looks, the service is asked more often than
/// the watch would.
async fn requests(
    Extract(state): Extract<State>,
    Extension(context): Extension<app::Context>,
    Path(batch): Path<BatchId>,
    headers: HeaderMap,
) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    if context.portal.operations(&session, batch).await.is_err() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let seen = last_seen(&headers);
    let Ok(feed) = context.portal.feed(&session, seen).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let start = Following { feed, look: 0, lines: String::new(), next: String::new(), done: false };
    let looks = futures::stream::unfold(start, move |mut following| {
        let (context, session) = (context.clone(), session.clone());
        async move {
            // Without an `end` the browser opens the stream again by itself, through the gate.
            if following.done || following.look == MOST_LOOKS {
                return None;
            }
            let wait = WAITS.get(following.look).or(WAITS.last()).copied().unwrap_or(10);
            let mut id = None;
            let mut ask = false;
            match tokio::time::timeout(Duration::from_secs(wait), following.feed.next()).await {
                Ok(Ok(changes)) => id = changes.last().map(|(sequence, _)| *sequence),
                Ok(Err(_)) => return None,
                Err(_nothing_changed) => {
                    following.look += 1;
                    ask = true;
                }
            }
            let mut events = Vec::new();
            if let Some(now) = batch_parts(context, session, batch, ask).await {
                if now.next != following.next {
                    events.push(part("next", &now.next));
                    following.next = now.next;
                }
                if now.lines != following.lines {
                    let event = part("lines", &now.lines);
                    events.push(match id {
                        Some(id) => event.id(id.to_string()),
                        None => event,
                    });
                    following.lines = now.lines;
                }
                if now.is_done {
                    events.push(end());
                    following.done = true;
                }
            }
            Some((events, following))
        }
    });
    lasting(&state, looks.flat_map(futures::stream::iter))
}

/// Where a stream of one batch stands.
struct Following {
    feed: Feed,
    look: usize,
    lines: String,
    next: String,
    done: bool,
}

/// What changed for the person, in every open tab: an event `operation` for each change, its id the place to go on from.
async fn changes(
    Extract(state): Extract<State>,
    Extension(context): Extension<app::Context>,
    headers: HeaderMap,
) -> Response {
    let Some(session) = context.session.clone() else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let Ok(feed) = context.portal.feed(&session, last_seen(&headers)).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    // A stream ends before its session could: the browser comes through the gate again.
    let until = tokio::time::Instant::now() + LONGEST;
    let events = futures::stream::unfold(feed, move |mut feed| async move {
        let changes = tokio::time::timeout_at(until, feed.next()).await.ok()?.ok()?;
        let events: Vec<Event> = changes
            .into_iter()
            .map(|(sequence, operation)| {
                let change = Change {
                    plane: operation.intent.target().plane.to_string(),
                    batch: operation.batch.to_string(),
                    operation: operation.id.to_string(),
                    state: format!("{:?}", operation.state),
                };
                let event = Event::default().event("operation").id(sequence.to_string());
                event.json_data(change).unwrap_or_default()
            })
            .collect();
        Some((events, feed))
    });
    lasting(&state, events.flat_map(futures::stream::iter))
}

/// What an `operation` event tells.
#[derive(Serialize)]
struct Change {
    plane: String,
    batch: String,
    operation: String,
    state: String,
}
