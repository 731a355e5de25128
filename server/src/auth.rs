//! `/auth/…`: to Microsoft's sign-in and back, and out.
//!
//! The way in is the organisation's own tenant. Another directory is entered by somebody who is signed in ([`crate::tenants`]): its sign-in
//! is then one more of this browser's session, and never the first.

use axum::Extension;
use axum::extract::{Path, Query, State as Extract};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use identity::flow::KEPT;
use identity::{BrowserBinding, Callback, Finished, ReturnTo, SignInError, StepUp};
use pim::ids::{BatchId, OperationId, TenantId};
use portal::directories::Consent;
use serde::Deserialize;
use tower_sessions::Session;

use crate::session::{self, SignedIn};
use crate::wiring::State;

/// Ties a sign-in to the browser that began it. Apart from the session, which does not exist yet.
const BINDING: &str = "__Host-pim-auth";

/// The query of `/auth/sign-in`.
#[derive(Deserialize)]
pub struct Begin {
    return_to: Option<String>,
}

/// Sends the browser to Microsoft's sign-in.
pub async fn begin(
    Extract(state): Extract<State>,
    Query(query): Query<Begin>,
    headers: HeaderMap,
) -> Response {
    let return_to = query.return_to.as_deref().and_then(ReturnTo::parse).unwrap_or_default();
    let binding =
        binding(&headers).and_then(BrowserBinding::from_cookie).unwrap_or_else(BrowserBinding::random);
    match state.identity.begin_in(state.config.tenant_id, binding, return_to, None).await {
        Ok(begun) => send_off(&begun),
        Err(error) => failed(&error),
    }
}

/// Sends the browser of somebody who is signed in to the sign-in of another directory. `hint` is the account to suggest.
pub(crate) async fn begin_at(
    state: &State,
    tenant: TenantId,
    headers: &HeaderMap,
    hint: Option<&str>,
) -> Response {
    let binding =
        binding(headers).and_then(BrowserBinding::from_cookie).unwrap_or_else(BrowserBinding::random);
    match state.identity.begin_in(tenant, binding, ReturnTo::default(), hint).await {
        Ok(begun) => send_off(&begun),
        Err(error) => failed(&error),
    }
}

fn send_off(begun: &identity::Begin) -> Response {
    let cookie = format!(
        "{BINDING}={}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Lax",
        begun.binding.cookie_value(),
        KEPT.as_secs()
    );
    let mut response = Redirect::to(begun.url.as_str()).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// Sends the browser to the stronger sign-in that a group of a batch's operations waits for. What it has to bring stays on the server: the
/// address only names the group.
pub async fn step_up(
    Extract(state): Extract<State>,
    Extension(context): Extension<app::Context>,
    Path((batch, group)): Path<(BatchId, OperationId)>,
    headers: HeaderMap,
) -> Response {
    let page = format!("/requests/{batch}");
    let Some(session) = context.session.clone() else {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        return Redirect::to(&format!("/sign-in?{}", query.append_pair("return_to", &page).finish()))
            .into_response();
    };
    // Taken back, sent by another tab, or somebody else's: the page says which.
    let Ok(challenge) = context.portal.challenge(&session, batch, group).await else {
        return Redirect::to(&page).into_response();
    };
    let binding =
        binding(&headers).and_then(BrowserBinding::from_cookie).unwrap_or_else(BrowserBinding::random);
    let step_up = StepUp { vault: session.vault, principal: session.person.id, challenge };
    let return_to = ReturnTo::parse(&page).unwrap_or_default();
    let tenant = session.person.tenant;
    match state
        .identity
        .begin_step_up(tenant, binding, step_up, return_to, Some(&session.person.username))
        .await
    {
        Ok(begun) => send_off(&begun),
        Err(error) => failed(&error),
    }
}

/// Takes the browser back from Microsoft's sign-in.
pub async fn finish(
    Extract(state): Extract<State>,
    Query(callback): Query<Callback>,
    headers: HeaderMap,
    session: Session,
) -> Response {
    let tenant = match state.config.tenants.len() {
        1 => None,
        _ => state.identity.tenant_of(&callback).await,
    };
    let finished = state.identity.finish(callback, binding(&headers)).await;
    if let Some(tenant) = tenant {
        note_consent(&state, tenant, &finished).await;
    }
    let signed_in = match finished {
        Ok(Finished::SignedIn(signed_in)) => signed_in,
        Ok(Finished::SteppedUp { return_to }) => {
            // The session keeps its id. A new one guards against an id that somebody knew before the sign-in, and this session got one
            // then; since, the same person goes on, and only the vault on the server has changed. The flow names that vault and belongs
            // to this browser. Under a new id, another tab's request that is under way would end by taking the cookie away.
            tracing::info!("a stronger sign-in was made");
            return Redirect::to(return_to.as_str()).into_response();
        }
        Ok(Finished::NotSteppedUp { return_to, error }) => {
            let problem = error.slug();
            tracing::warn!(problem, correlation_id = error.correlation_id(), "a stronger sign-in failed");
            return Redirect::to(&format!("{}?step_up={problem}", return_to.as_str())).into_response();
        }
        Err(error) => return failed_at(tenant.filter(|tenant| *tenant != state.config.tenant_id), &error),
    };
    let now = state.clock.now();
    let record = SignedIn { person: signed_in.person, vault: signed_in.vault, since: now, seen: now };
    match session::begin(&state, &session, &record).await {
        Ok(true) => {}
        // Signed out meanwhile, or never signed in: nobody enters by another directory.
        Ok(false) => return failed(&SignInError::FlowUnknown),
        Err(_) => return failed(&SignInError::Store(pim::records::StoreError)),
    }
    tracing::info!(tenant = %record.person.tenant, person = %record.person.id, "signed in");
    // What an earlier session began is watched with this one's tokens from now on.
    if state.portal.adopt(&session::of(&state, &record)).await.is_err() {
        tracing::warn!("operations of an earlier session could not be taken over");
    }
    Redirect::to(signed_in.return_to.as_str()).into_response()
}

/// Remembers what a sign-in showed of the consent in its directory.
async fn note_consent(state: &State, tenant: TenantId, finished: &Result<Finished, SignInError>) {
    let consent = match finished {
        Ok(Finished::SignedIn(signed_in)) => Consent::Granted { missing: state.missing(&signed_in.granted) },
        Err(SignInError::ConsentRequired(_)) => Consent::Refused,
        _ => return,
    };
    if state.portal.note_consent(tenant, consent).await.is_err() {
        tracing::warn!("what was consented to in a directory could not be noted");
    }
}

/// The query of `/auth/consent`.
#[derive(Deserialize)]
pub struct AskConsent {
    tenant: Option<TenantId>,
}

/// Sends the browser to the consent page of a directory.
pub async fn ask_consent(
    Extract(state): Extract<State>,
    Query(query): Query<AskConsent>,
    headers: HeaderMap,
) -> Response {
    let binding =
        binding(&headers).and_then(BrowserBinding::from_cookie).unwrap_or_else(BrowserBinding::random);
    match state.identity.begin_consent(query.tenant.unwrap_or(state.config.tenant_id), binding).await {
        Ok(begun) => send_off(&begun),
        Err(error) => failed(&error),
    }
}

/// What an administrator comes back with from the consent page. `admin_consent=True` is there even when it went wrong, and anybody
/// can write all of it.
#[derive(Deserialize)]
pub struct Consented {
    state: Option<String>,
    error: Option<String>,
}

/// Takes an administrator back from the consent page. In the browser that asked, a fresh sign-in to that directory brings the tokens that
/// prove what was granted, and the page of permissions says what they carry. Any other is told what it was about.
pub async fn consented(
    Extract(state): Extract<State>,
    Extension(context): Extension<app::Context>,
    Query(answer): Query<Consented>,
    headers: HeaderMap,
) -> Response {
    let known =
        state.identity.finish_consent(answer.state.as_deref().unwrap_or_default(), binding(&headers)).await;
    let to = match (known, answer.error) {
        (Some(_), Some(_)) => "/sign-in/failed?problem=declined",
        (Some(tenant), None) if tenant != state.config.tenant_id => {
            // A directory is entered by somebody who is signed in.
            let Some(session) = context.session else { return Redirect::to("/sign-in").into_response() };
            return begin_at(&state, tenant, &headers, Some(&session.person.username)).await;
        }
        (Some(_), None) => "/auth/sign-in?return_to=%2Fpermissions",
        (None, Some(_)) => "/sign-in/consented?outcome=declined",
        (None, None) => "/sign-in/consented?outcome=granted",
    };
    Redirect::to(to).into_response()
}

/// Deletes the tokens and ends the session.
pub async fn sign_out(Extract(state): Extract<State>, session: Session) -> Response {
    match session::end(&state, &session).await {
        Ok(()) => {
            let forget = AppendHeaders([(SET_COOKIE, session::forget_cookie())]);
            (forget, Redirect::to("/sign-in?signed_out=1")).into_response()
        }
        Err(status) => {
            (status, "The portal's store failed, so you may still be signed in. Try again.").into_response()
        }
    }
}

fn binding(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == BINDING)
        .map(|(_, value)| value)
}

fn failed(error: &SignInError) -> Response {
    failed_at(None, error)
}

/// `tenant` is the directory that was to be entered, where it is not the organisation's own.
fn failed_at(tenant: Option<TenantId>, error: &SignInError) -> Response {
    tracing::warn!(problem = error.slug(), correlation_id = error.correlation_id(), "sign-in failed");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("problem", error.slug());
    if let Some(id) = error.correlation_id() {
        query.append_pair("correlation", &id);
    }
    if let Some(tenant) = tenant {
        query.append_pair("tenant", &tenant.to_string());
    }
    (StatusCode::SEE_OTHER, [("location", format!("/sign-in/failed?{}", query.finish()))]).into_response()
}
