//! Requests of others that wait for the person.

use leptos::prelude::*;
use pim::approval::Decision;
use pim::records::StoreError;
use portal::PortalError;

use super::{APPROVALS_FORM, caller, go, go_to_batch, go_with, rows_from, wrong_reason};

/// Decides on requests that wait for the person.
#[server(prefix = "/do", endpoint = "decide")]
pub(crate) async fn decide(
    #[server(default)] rows: Vec<String>,
    #[server(default)] reason: String,
    decision: String,
) -> Result<(), ServerFnError> {
    let (context, session) = caller()?;
    let decision = match decision.as_str() {
        "approve" => Decision::Approve,
        "deny" => Decision::Deny,
        _ => {
            go_with(&PortalError::NotFound);
            return Ok(());
        }
    };
    let rows = rows_from(&rows);
    let problem = if rows.is_empty() { Some("nothing-chosen") } else { wrong_reason(&context, &reason) };
    if let Some(problem) = problem {
        if context.portal.keep_typed(&session, APPROVALS_FORM, &reason).await.is_err() {
            go_with(&PortalError::Store(StoreError));
            return Ok(());
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("problem", problem);
        for row in &rows {
            query.append_pair("role", &row.to_string());
        }
        go(&format!("/approvals?{}", query.finish()));
        return Ok(());
    }
    let gone = context.portal.no_longer_waiting(&session, &rows).await;
    if gone == rows.len() {
        go("/approvals?problem=gone");
        return Ok(());
    }
    match context.portal.decide(&session, &rows, decision, &reason).await {
        Ok(batch) if gone > 0 => go(&format!("/requests/{batch}?gone={gone}")),
        made => go_to_batch(made),
    }
    Ok(())
}
