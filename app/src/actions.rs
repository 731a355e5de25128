//! The server functions: what the forms post to. Each does one thing and sends the browser on to a page (post, redirect, get), so
//! that a reload never repeats a write. What went wrong stands on that page; nothing travels in an error parameter.

use leptos::prelude::*;
use pim::duration::ActivationDuration;
use portal::activate::Confirmation;
use portal::selection::{Fields, RowKey, Wanted};
use portal::{PortalError, Session};

use crate::context::{Context, signed_in};

/// Why the overview is shown instead of what was asked for. A closed list: an address can put no other words on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    NothingChosen,
    Gone,
    StoreFailed,
}

impl Notice {
    const ALL: [(Self, &'static str); 3] =
        [(Self::NothingChosen, "nothing-chosen"), (Self::Gone, "gone"), (Self::StoreFailed, "store")];

    pub(crate) fn parse(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == slug).map(|(notice, _)| notice)
    }

    fn slug(self) -> &'static str {
        Self::ALL.into_iter().find(|(notice, _)| *notice == self).map_or("", |(_, slug)| slug)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NothingChosen => "Nothing was chosen. Tick at least one role first.",
            Self::Gone => {
                "That page is no longer there: it was used up, has expired, or belongs to somebody else. Nothing was sent."
            }
            Self::StoreFailed => {
                "The portal could not write to its own store, so nothing was sent. Try again; if it stays so, tell whoever runs the portal."
            }
        }
    }
}

/// The one way on after a form. Behind a wrapper, because its signature changes with Leptos 0.9.
fn go(path: &str) {
    leptos_axum::redirect(path);
}

fn go_with(error: &PortalError) {
    let notice = match error {
        PortalError::NothingChosen => Notice::NothingChosen,
        PortalError::NotFound => Notice::Gone,
        PortalError::Store(_) => Notice::StoreFailed,
    };
    go(&format!("/?notice={}", notice.slug()));
}

fn caller() -> Result<(Context, Session), ServerFnError> {
    // The server's gate lets nobody else through; this is the second lock on the same door.
    signed_in().ok_or_else(|| ServerFnError::new("signed out"))
}

fn rows_from(texts: &[String]) -> Vec<RowKey> {
    texts.iter().filter_map(|text| RowKey::parse(text)).collect()
}

/// Starts a selection.
#[server(prefix = "/do", endpoint = "select")]
pub(crate) async fn select(#[server(default)] rows: Vec<String>) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    match context.portal.select(&session, rows_from(&rows)).await {
        Ok(selection) => go(&format!("/activate/{}", selection.id)),
        Err(error) => go_with(&error),
    }
    Ok(())
}

/// Does what a button of the activate page says: confirm, work out again, or remove a role.
#[server(prefix = "/do", endpoint = "activate")]
pub(crate) async fn activate(
    selection: String,
    #[server(default)] step: String,
    #[server(default)] wanted: String,
    #[server(default)] justification: String,
    #[server(default)] ticket_number: String,
    #[server(default)] ticket_system: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let Ok(id) = selection.parse() else {
        go_with(&PortalError::NotFound);
        return Ok(());
    };
    let minutes = wanted.parse().ok().and_then(ActivationDuration::from_minutes);
    let fields = Fields {
        wanted: minutes.map_or(Wanted::Longest, Wanted::For),
        justification,
        ticket_number,
        ticket_system,
    };
    let page = format!("/activate/{id}");
    let next = if let Some(row) = step.strip_prefix("remove:").and_then(RowKey::parse) {
        let left = context.portal.deselect(&session, id, &row, fields).await;
        left.map(|selection| if selection.rows.is_empty() { "/".to_owned() } else { page })
    } else if step == "again" {
        context.portal.keep_fields(&session, id, fields).await.map(|_| page)
    } else {
        context.portal.confirm(&session, id, fields).await.map(|confirmation| match confirmation {
            Confirmation::CarriedOut(batch) => format!("/requests/{batch}"),
            Confirmation::NotYet => format!("{page}#problems"),
        })
    };
    match next {
        Ok(path) => go(&path),
        Err(error) => go_with(&error),
    }
    Ok(())
}

/// Selects again what was refused, with what was typed.
#[server(prefix = "/do", endpoint = "retry")]
pub(crate) async fn retry(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let again = match batch.parse() {
        Ok(batch) => context.portal.retry(&session, batch).await,
        Err(_) => Err(PortalError::NotFound),
    };
    match again {
        Ok(selection) => go(&format!("/activate/{}", selection.id)),
        Err(error) => go_with(&error),
    }
    Ok(())
}

/// Deactivates active roles.
#[server(prefix = "/do", endpoint = "deactivate")]
pub(crate) async fn deactivate(#[server(default)] rows: Vec<String>) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    match context.portal.deactivate(&session, &rows_from(&rows)).await {
        Ok(batch) => go(&format!("/requests/{batch}")),
        Err(error) => go_with(&error),
    }
    Ok(())
}

/// Forgets what was read, so that the overview is fresh.
#[server(prefix = "/do", endpoint = "refresh")]
pub(crate) async fn refresh(
    #[server(default)] q: String,
    #[server(default)] plane: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    context.portal.forget(&session).await;
    go(&crate::fragments::Narrowed { search: q, plane }.address("/"));
    Ok(())
}
