//! Requests that were sent, or wait to be.

use leptos::prelude::*;
use portal::PortalError;
use portal::selection::RowKey;

use super::{batch_from, caller, go_to_batch, go_to_selection, rows_from};

/// Selects again what was refused, with what was typed.
#[server(prefix = "/do", endpoint = "retry")]
pub(crate) async fn retry(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_selection(match batch_from(&batch) {
        Ok(batch) => context.portal.retry(&session, batch).await,
        Err(error) => Err(error),
    });
    Ok(())
}

/// Sends what waited for a stronger sign-in that was made meanwhile.
#[server(prefix = "/do", endpoint = "resume")]
pub(crate) async fn resume(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match batch_from(&batch) {
        Ok(batch) => context.portal.resume(&session, batch).await.map(|_| batch),
        Err(error) => Err(error),
    });
    Ok(())
}

/// Sends again what is known not to have gone through.
#[server(prefix = "/do", endpoint = "send-again")]
pub(crate) async fn send_again(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match batch_from(&batch) {
        Ok(batch) => context.portal.send_again(&session, batch).await.map(|_| batch),
        Err(error) => Err(error),
    });
    Ok(())
}

/// Takes back an operation that was not sent.
#[server(prefix = "/do", endpoint = "take-back")]
pub(crate) async fn take_back(batch: String, operation: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match (batch_from(&batch), operation.parse()) {
        (Ok(batch), Ok(operation)) => {
            context.portal.take_back(&session, batch, operation).await.map(|_| batch)
        }
        _ => Err(PortalError::NotFound),
    });
    Ok(())
}

/// Queues activations of roles that are still active for the time when they end.
#[server(prefix = "/do", endpoint = "reactivate-later")]
pub(crate) async fn reactivate_later(batch: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match batch_from(&batch) {
        Ok(batch) => context.portal.reactivate_later(&session, batch).await,
        Err(error) => Err(error),
    });
    Ok(())
}

/// Selects roles that a group leads to.
#[server(prefix = "/do", endpoint = "select-led-to")]
pub(crate) async fn select_led_to(
    batch: String,
    #[server(default)] rows: Vec<String>,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_selection(match batch_from(&batch) {
        Ok(batch) => context.portal.select_led_to(&session, batch, rows_from(&rows)).await,
        Err(error) => Err(error),
    });
    Ok(())
}

/// Withdraws one of the person's own requests: `plane:id`.
#[server(prefix = "/do", endpoint = "withdraw")]
pub(crate) async fn withdraw(request: String) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    go_to_batch(match RowKey::parse(&request) {
        Some(RowKey { plane, row }) => context.portal.cancel(&session, &plane, &row.into()).await,
        None => Err(PortalError::NotFound),
    });
    Ok(())
}
