//! Roles that the person has: active ones, and eligibilities that end.

use leptos::prelude::*;
use pim::records::StoreError;
use portal::PortalError;
use portal::deactivate::TooEarly;
use portal::selection::RowKey;

use super::{EXTEND_FORM, caller, go, go_to_batch, go_to_selection, go_with, rows_from, wrong_reason};

/// Selects active roles that are to begin again when they end.
#[server(prefix = "/do", endpoint = "continue")]
pub(crate) async fn continue_active(#[server(default)] rows: Vec<String>) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_selection(context.portal.continue_active(&session, &rows_from(&rows)).await);
    Ok(())
}

/// Deactivates active roles; with `when` = "allowed", those that are too young as soon as that is possible.
#[server(prefix = "/do", endpoint = "deactivate")]
pub(crate) async fn deactivate(
    #[server(default)] rows: Vec<String>,
    #[server(default)] when: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let too_early = if when == "allowed" { TooEarly::Queue } else { TooEarly::Send };
    go_to_batch(context.portal.deactivate(&session, &rows_from(&rows), too_early).await);
    Ok(())
}

/// Asks an administrator to keep an eligibility for some days more.
#[server(prefix = "/do", endpoint = "prolong")]
pub(crate) async fn prolong(
    row: String,
    days: u16,
    #[server(default)] justification: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let Some(row) = RowKey::parse(&row) else {
        go_with(&PortalError::NotFound);
        return Ok(());
    };
    if let Some(problem) = wrong_reason(&context, &justification) {
        if context.portal.keep_typed(&session, EXTEND_FORM, &justification).await.is_err() {
            go_with(&PortalError::Store(StoreError));
            return Ok(());
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("role", &row.to_string()).append_pair("problem", problem);
        query.append_pair("days", &days.to_string());
        go(&format!("/extend?{}", query.finish()));
        return Ok(());
    }
    let hours = i64::from(days.clamp(1, 365)) * 24;
    let until = context.portal.clock().now().saturating_add(jiff::SignedDuration::from_hours(hours));
    go_to_batch(match until {
        Ok(until) => context.portal.prolong(&session, &row, until, &justification).await,
        Err(_) => Err(PortalError::NotFound),
    });
    Ok(())
}
