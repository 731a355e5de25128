//! What failed, why as far as known, and what to do.

use leptos::prelude::*;
use pim::error::{ErrorKind, PlaneError};
use pim::plane::Descriptor;

use super::icon::{Glyph, Icon};

/// A failure in words: what happened, and what to do about it.
pub(crate) fn words(error: &PlaneError) -> (String, &'static str) {
    let (what, todo) = match &error.kind {
        ErrorKind::Throttled { retry_after: Some(wait) } => {
            let text = format!("Microsoft asks to wait {} seconds", wait.as_secs().max(1));
            return (text, "Too many questions at once. Try again after that time.");
        }
        ErrorKind::Throttled { retry_after: None } => {
            ("Microsoft asks to slow down", "Try again in a minute.")
        }
        ErrorKind::StepUpRequired(_) => {
            ("Microsoft wants a stronger sign-in for this list", "Sign out and in again.")
        }
        ErrorKind::SignInRequired => ("Your session at Microsoft has ended", "Sign out and in again."),
        ErrorKind::Forbidden { missing_scope: Some(scope) } => {
            let text = format!("The portal lacks the permission {}", scope.replace(',', " or "));
            return (text, "An administrator has to grant it; the permissions page has the link.");
        }
        ErrorKind::Forbidden { missing_scope: None } => {
            ("You are not allowed to read this list", "Ask an administrator of your organisation.")
        }
        ErrorKind::ConsentMissing => (
            "Nobody has consented to this part of the portal yet",
            "An administrator has to grant it; the permissions page has the link.",
        ),
        ErrorKind::NotFound => ("Your organisation does not have this service", "Nothing has to be done."),
        ErrorKind::LicenceMissing => (
            "Your organisation has no licence for this",
            "It needs Microsoft Entra ID P2 or Microsoft Entra ID Governance.",
        ),
        ErrorKind::TimedOut => {
            ("Microsoft did not answer in time", "Try again; the other lists are not affected.")
        }
        ErrorKind::Unavailable => {
            ("Microsoft cannot be reached, or is out of order", "Try again in a minute.")
        }
        ErrorKind::Conflict | ErrorKind::Rejected(_) | ErrorKind::Protocol => (
            "Microsoft's answer could not be understood",
            "Try again. If it stays so, report it with the id below.",
        ),
    };
    (what.into(), todo)
}

/// A list that could not be read, with a retry. Never drawn as an empty list.
#[component]
pub(crate) fn ListFailure(
    /// The plane.
    plane: Descriptor,
    /// What could not be read: "roles", "active roles".
    what: &'static str,
    /// Why.
    error: PlaneError,
    /// The address that tries again.
    retry: String,
) -> impl IntoView {
    let (why, todo) = words(&error);
    let is_permission =
        matches!(error.kind, ErrorKind::Forbidden { missing_scope: Some(_) } | ErrorKind::ConsentMissing);
    let permissions = is_permission.then(|| view! { " "<a href="/permissions">"See the permissions"</a>"." });
    let ids = (error.code.is_some() || error.correlation_id.is_some()).then(|| {
        view! {
            <details class="ids">
                <summary>"For support"</summary>
                {error.code.map(|code| view! { <span>"Code "<code>{code}</code>" "</span> })}
                {error.correlation_id.map(|id| view! { <span>"Correlation id "<code>{id}</code></span> })}
            </details>
        }
    });
    view! {
        <div class="notice warn-ground" role="status">
            <Icon glyph=Glyph::Warning/>
            <div>
                <strong>{format!("{}: {what} could not be read. ", plane.title)}</strong>
                {format!("{why}. {todo}")}{permissions}" "<a href="/status">"See the status"</a>"."
                {ids}
            </div>
            <a class="button" href=retry>"Try again"<span class="for-readers">{format!(" to read {}", plane.title)}</span></a>
        </div>
    }
}
