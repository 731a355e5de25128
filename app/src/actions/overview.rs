//! How the overview is shown.

use leptos::prelude::*;
use portal::selection::RowKey;
use portal::{PortalError, Session};

use super::{caller, go, go_with};
use crate::context::Context;
use crate::view::View;

/// Forgets what was read, so that the page is fresh.
#[server(prefix = "/do", endpoint = "refresh")]
pub(crate) async fn refresh(
    #[server(default)] view: String,
    #[server(default)] page: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    context.portal.forget(&session).await;
    if matches!(page.as_str(), "/approvals" | "/requests") {
        go(&page);
    } else {
        go_to_view(&context, &session, &view).await;
    }
    Ok(())
}

/// Shows the overview as `view` says, a query.
async fn go_to_view(context: &Context, session: &Session, view: &str) {
    let own = context.portal.own_view(session).await.unwrap_or_default();
    go(&View::parse(view, &own).address("/"));
}

/// Makes a role a favourite, or none, and shows the overview as `view` says.
#[server(prefix = "/do", endpoint = "star")]
pub(crate) async fn set_favourite(
    #[server(default)] star: String,
    #[server(default)] unstar: String,
    #[server(default)] view: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let starred = unstar.is_empty();
    let done = match RowKey::parse(if starred { &star } else { &unstar }) {
        Some(row) => context.portal.star(&session, &row, starred).await,
        None => Err(PortalError::NotFound),
    };
    match done {
        Ok(()) => go_to_view(&context, &session, &view).await,
        Err(error) => go_with(&error),
    }
    Ok(())
}

/// Keeps how the overview is sorted and grouped, and its columns, as the person's default; with `step` = "forget", keeps none.
#[server(prefix = "/do", endpoint = "keep-view")]
pub(crate) async fn keep_view(
    #[server(default)] view: String,
    #[server(default)] step: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let layout = if step == "forget" { String::new() } else { View::parse(&view, "").layout.query() };
    match context.portal.keep_own_view(&session, &layout).await {
        Ok(()) => go_to_view(&context, &session, &view).await,
        Err(error) => go_with(&error),
    }
    Ok(())
}
