//! The server functions: what the forms post to, a module for each page that has them. Each does one thing and sends the browser on to
//! a page (post, redirect, get), so that a reload never repeats a write. What went wrong stands on that page; nothing travels in an error
//! parameter.
//!
//! To add one: a function with `#[server(prefix = "/do", endpoint = …)]` that begins with [`caller`] and ends with [`go`]. It is routed by
//! itself, and tested as every form is (`server/tests/http/checklist.rs`).

mod activate;
mod approvals;
mod overview;
mod profiles;
mod requests;
mod roles;
mod settings;

use leptos::prelude::*;
use pim::duration::ActivationDuration;
use pim::ids::BatchId;
use portal::selection::{RowKey, Selection};
use portal::{PortalError, Session};

use crate::context::{Context, signed_in};

/// Why the overview is shown instead of what was asked for. A closed list: an address can put no other words on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    NothingChosen,
    NotEligible,
    Gone,
    AgainstRules,
    StoreFailed,
}

impl Notice {
    const ALL: [(Self, &'static str); 5] = [
        (Self::NothingChosen, "nothing-chosen"),
        (Self::NotEligible, "not-eligible"),
        (Self::Gone, "gone"),
        (Self::AgainstRules, "rules"),
        (Self::StoreFailed, "store"),
    ];

    pub(crate) fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == slug).map(|(notice, _)| notice)
    }

    fn slug(self) -> &'static str {
        Self::ALL.into_iter().find(|(notice, _)| *notice == self).map_or("", |(_, slug)| slug)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NothingChosen => "Nothing was chosen. Tick at least one role first.",
            Self::NotEligible => "You are not eligible for any of these roles any more. Nothing was sent.",
            Self::Gone => {
                "That page is no longer there: it was used up, has expired, or belongs to somebody else. Nothing was sent."
            }
            Self::AgainstRules => "The reason is not as your organisation asks. Nothing was sent.",
            Self::StoreFailed => {
                "The portal could not write to its own store, so nothing was sent. Try again; if it stays so, tell whoever runs the portal."
            }
        }
    }
}

/// The one way on after a form. Behind a wrapper, because its signature changes with Leptos 0.9.
pub(crate) fn go(path: &str) {
    leptos_axum::redirect(path);
}

fn go_with(error: &PortalError) {
    let notice = match error {
        PortalError::NothingChosen => Notice::NothingChosen,
        PortalError::NotEligible => Notice::NotEligible,
        PortalError::NotFound => Notice::Gone,
        PortalError::AgainstRules => Notice::AgainstRules,
        PortalError::Store(_) => Notice::StoreFailed,
    };
    go(&format!("/?notice={}", notice.slug()));
}

fn caller() -> Result<(Context, Session), ServerFnError> {
    // The server's gate lets nobody else through; this is the second lock on the same door.
    signed_in().ok_or_else(|| ServerFnError::new("signed out"))
}

/// The forms whose text comes back when it is refused.
pub(crate) const APPROVALS_FORM: &str = "approvals";
pub(crate) const EXTEND_FORM: &str = "extend";

/// What is wrong with a reason that is needed, as the address says it.
fn wrong_reason(context: &Context, reason: &str) -> Option<&'static str> {
    if reason.trim().is_empty() {
        Some("no-reason")
    } else {
        context.portal.rules().justification.problem(reason).map(|_| "rules")
    }
}

fn rows_from(texts: &[String]) -> Vec<RowKey> {
    texts.iter().filter_map(|text| RowKey::parse(text)).collect()
}

fn duration(minutes: &str) -> Option<ActivationDuration> {
    minutes.parse().ok().and_then(ActivationDuration::from_minutes)
}

/// Sends the browser to the selection that came of `made`.
fn go_to_selection(made: Result<Selection, PortalError>) {
    match made {
        Ok(selection) => go(&format!("/activate/{}", selection.id)),
        Err(error) => go_with(&error),
    }
}

/// Sends the browser to the batch that came of `made`.
fn go_to_batch(made: Result<BatchId, PortalError>) {
    match made {
        Ok(batch) => go(&format!("/requests/{batch}")),
        Err(error) => go_with(&error),
    }
}

fn batch_from(text: &str) -> Result<BatchId, PortalError> {
    text.parse().map_err(|_| PortalError::NotFound)
}
