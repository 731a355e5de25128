//! The browser's session: one opaque cookie, a record that says who is signed in, and the gate in front of every page.
//!
//! The record holds identity only. It is written when the response's headers are ready, so nothing may be put into it while a
//! page streams; tokens live in a vault of their own that the record names.

use std::sync::Arc;

use axum::extract::{Request, State as Extract};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use pim::ids::{TenantId, VaultId};
use pim::person::Person;
use pim::plane::Caller;
use serde::{Deserialize, Serialize};
use store::sessions::Sessions;
use tokio::time::Instant;
use tower_sessions::cookie::SameSite;
use tower_sessions::session::Error;
use tower_sessions::{Expiry, Session, SessionManagerLayer, session_store};

use crate::wiring::State;

/// A session ends this long after its last use.
pub const IDLE: SignedDuration = SignedDuration::from_mins(60);
/// A session ends this long after sign-in, whatever its use.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(10);
/// Use is written down at most this often, so that most requests write nothing.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// `__Host-`: only over a secure connection, only from this host, for every path.
const COOKIE: &str = "__Host-pim";
const KEY: &str = "signed-in";
/// The same person's sign-ins to other directories, to switch to.
const BESIDE: &str = "beside";

/// What the session record holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// Where the tokens are.
    pub vault: VaultId,
    /// When they signed in.
    pub since: Timestamp,
    /// When they last asked for a page, to the minute.
    pub seen: Timestamp,
}

/// The session layer.
#[must_use]
pub fn layer(state: &State) -> SessionManagerLayer<Sessions> {
    SessionManagerLayer::new(Sessions::new(state.records()))
        .with_name(COOKIE)
        .with_path("/")
        .with_http_only(true)
        .with_secure(true)
        // Strict would lose the cookie on the way back from Microsoft; every write is guarded by the CSRF layer besides.
        .with_same_site(SameSite::Lax)
        // The record outlives the idle limit, which `current` applies by the portal's own clock.
        .with_expiry(Expiry::OnInactivity(time::Duration::seconds(ABSOLUTE.as_secs())))
}

/// Makes `signed_in` the session, under a new id.
///
/// In the organisation's own tenant it is the only one: an earlier session, whoever's it was, has ended, tokens included. In another
/// directory it is added to the session that there is, and replaces the one that there was in that directory; where there is none,
/// nothing is begun and the new tokens are deleted: `false`.
pub async fn begin(state: &State, session: &Session, signed_in: &SignedIn) -> Result<bool, Error> {
    if signed_in.person.tenant == state.config.tenant_id {
        if end(state, session).await.is_err() {
            tracing::warn!("an earlier session could not be ended; its tokens expire by themselves");
        }
        session.clear().await;
        note(session, signed_in).await?;
        session.cycle_id().await?;
        return Ok(true);
    }
    let Some(here) = current(state, session).await.ok().flatten() else {
        forget(state, signed_in).await;
        return Ok(false);
    };
    let mut beside: Vec<SignedIn> = session.get(BESIDE).await?.unwrap_or_default();
    beside.push(here);
    let (replaced, beside): (Vec<_>, Vec<_>) =
        beside.into_iter().partition(|one| one.person.tenant == signed_in.person.tenant);
    for one in &replaced {
        forget(state, one).await;
    }
    change_to(session, signed_in, &beside).await?;
    Ok(true)
}

/// Goes on with the sign-in to another directory, under a new id. `false`: there is none, or it has reached its limit.
pub async fn switch(state: &State, session: &Session, tenant: TenantId) -> Result<bool, Error> {
    let Some(here) = session.get::<SignedIn>(KEY).await? else { return Ok(false) };
    let mut beside: Vec<SignedIn> = session.get(BESIDE).await?.unwrap_or_default();
    let Some(at) = beside.iter().position(|one| one.person.tenant == tenant) else { return Ok(false) };
    let now = state.clock.now();
    if now.duration_since(beside[at].since) >= ABSOLUTE {
        return Ok(false);
    }
    // The person was here all the time, in another directory.
    let there = SignedIn { seen: now, ..beside.swap_remove(at) };
    beside.push(here);
    change_to(session, &there, &beside).await?;
    Ok(true)
}

async fn change_to(session: &Session, signed_in: &SignedIn, beside: &[SignedIn]) -> Result<(), Error> {
    note(session, signed_in).await?;
    session.insert(BESIDE, beside).await?;
    session.cycle_id().await
}

/// Deletes the tokens of a sign-in that is of no use any more.
async fn forget(state: &State, signed_in: &SignedIn) {
    if state.identity.sign_out(signed_in.vault).await.is_err() {
        tracing::warn!("tokens could not be deleted; they expire by themselves");
    }
}

/// Writes the record. It lives, by the portal's clock, as long as a session may at most: so the gate meets one that was not used
/// for too long, and deletes its tokens.
async fn note(session: &Session, signed_in: &SignedIn) -> Result<(), Error> {
    let ends = signed_in.since.saturating_add(ABSOLUTE).unwrap_or(Timestamp::MAX);
    if let Ok(ends) = time::OffsetDateTime::from_unix_timestamp_nanos(ends.as_nanosecond()) {
        session.set_expiry(Some(Expiry::AtDateTime(ends)));
    }
    session.insert(KEY, signed_in).await
}

/// Ends the session, in every directory, and deletes its tokens.
pub async fn end(state: &State, session: &Session) -> Result<(), StatusCode> {
    let failed = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let here = session.get::<SignedIn>(KEY).await.ok().flatten();
    let beside = session.get::<Vec<SignedIn>>(BESIDE).await.ok().flatten().unwrap_or_default();
    for signed_in in here.into_iter().chain(beside) {
        state.identity.sign_out(signed_in.vault).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    }
    // Without an id there is nothing to end.
    if session.id().is_some() { session.flush().await.map_err(failed) } else { Ok(()) }
}

/// The header that makes a browser forget the cookie. tower-sessions sends one as well, but without `Secure`, which browsers refuse
/// for a `__Host-` name.
#[must_use]
pub fn forget_cookie() -> String {
    format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
}

/// Whether the page can be seen without signing in.
fn is_open(path: &str) -> bool {
    path == "/sign-in" || path.starts_with("/sign-in/") || path.starts_with("/auth/")
}

/// Lets only people who are signed in past, and gives the page its context.
pub async fn gate(
    Extract(state): Extract<State>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let signed_in = match current(&state, &session).await {
        Ok(signed_in) => signed_in,
        Err(status) => {
            return (status, "The portal's store does not answer. Try again in a minute.").into_response();
        }
    };
    let path = request.uri().path();
    if signed_in.is_none() && !is_open(path) {
        return to_sign_in(&request);
    }
    if let Some(signed_in) = &signed_in {
        let now = state.clock.now();
        if is_use(path) && now.duration_since(signed_in.seen) >= NOTED_EVERY {
            let noted = SignedIn { seen: now, ..signed_in.clone() };
            if note(&session, &noted).await.is_err() {
                tracing::warn!("the use of a session could not be noted");
            }
        }
    }
    let ends = signed_in.as_ref().map(|signed_in| ends(signed_in, is_use(path), state.clock.now()));
    let portal_session = signed_in.map(|signed_in| of(&state, &signed_in));
    let (settings, waiting) = match &portal_session {
        Some(session) => {
            (state.portal.settings_or_default(session).await, state.portal.waiting_known(session).await)
        }
        None => Default::default(),
    };
    request.extensions_mut().insert(app::Context {
        portal: state.portal.clone(),
        session: portal_session,
        settings,
        ends,
        site: Arc::clone(&state.site),
        waiting,
        status: Arc::clone(&state.status),
        began: Instant::now(),
    });
    next.run(request).await
}

/// Whether a request is somebody's doing: an open page asks for events by itself.
fn is_use(path: &str) -> bool {
    !path.starts_with("/events/")
}

/// When the session ends, as far as is known now.
fn ends(signed_in: &SignedIn, is_use: bool, now: Timestamp) -> app::SessionEnds {
    let after = |at: Timestamp, limit| at.saturating_add(limit).unwrap_or(Timestamp::MAX);
    let seen = if is_use { now } else { signed_in.seen };
    app::SessionEnds { idle: after(seen, IDLE), last: after(signed_in.since, ABSOLUTE) }
}

/// `/events/session`: when the session ends, in milliseconds since 1970, for a page that is open. Asking is no use.
pub async fn told(Extension(context): Extension<app::Context>) -> Response {
    match context.ends {
        Some(ends) => Json(serde_json::json!({
            "idle": ends.idle.as_millisecond(),
            "last": ends.last.as_millisecond(),
        }))
        .into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// `POST /session`: the person is still there. The gate has noted it as use; the answer says what came of it.
pub async fn used(context: Extension<app::Context>) -> Response {
    told(context).await
}

/// The session as the use cases want it.
#[must_use]
pub fn of(state: &State, signed_in: &SignedIn) -> portal::Session {
    let SignedIn { person, vault, .. } = signed_in;
    portal::Session {
        caller: Caller::new(person.tenant, person.id, state.identity.tokens(*vault)),
        vault: *vault,
        person: person.clone(),
    }
}

/// Who is signed in, unless the session has reached one of its limits.
async fn current(state: &State, session: &Session) -> Result<Option<SignedIn>, StatusCode> {
    let signed_in = match session.get::<SignedIn>(KEY).await {
        Ok(Some(signed_in)) => signed_in,
        Ok(None) => return Ok(None),
        // Written by another version: whoever it was signs in again.
        Err(Error::SerdeJson(_) | Error::Store(session_store::Error::Decode(_))) => {
            tracing::warn!("a session could not be read and counts as ended");
            return Ok(None);
        }
        Err(_) => return Err(StatusCode::SERVICE_UNAVAILABLE),
    };
    let now = state.clock.now();
    let over = now.duration_since(signed_in.since) >= ABSOLUTE || now.duration_since(signed_in.seen) >= IDLE;
    if over {
        end(state, session).await?;
        return Ok(None);
    }
    Ok(Some(signed_in))
}

fn to_sign_in(request: &Request) -> Response {
    if request.uri().path().starts_with("/events/") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
    // Only a page can be returned to; a form would have to be filled in again.
    if *request.method() != Method::GET || wanted == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    Redirect::to(&format!("/sign-in?{}", query.append_pair("return_to", wanted).finish())).into_response()
}
