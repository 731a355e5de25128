//! What became of a batch: one line for each operation, and what can be done next.

use leptos::prelude::*;
use pim::journal::{Operation, OperationState};
use portal::Session;
use portal::activate::can_retry;

use super::approvers_of;
use crate::components::operation::OperationLine;
use crate::context::Context;

/// The lines of a batch, ready to be drawn. What can be done next follows from them, so it is part of them.
pub(crate) async fn lines(
    context: &Context,
    session: &Session,
    operations: Vec<Operation>,
) -> impl FnOnce() -> AnyView + Send + use<> {
    let now = context.now();
    let again =
        operations.iter().filter(|operation| can_retry(operation)).map(|operation| operation.batch).next();
    let mut drawn = Vec::new();
    for operation in operations {
        let target = operation.intent.target();
        let plane =
            context.portal.planes().find(|plane| plane.id == target.plane).map_or("", |plane| plane.singular);
        let approvers = match operation.state {
            OperationState::PendingApproval => {
                let eligible = context.portal.eligible(session, &target.plane).await.ok();
                eligible.and_then(|all| {
                    all.iter().find(|role| role.eligibility.target.same_as(target)).and_then(approvers_of)
                })
            }
            _ => None,
        };
        drawn.push((operation, approvers, plane));
    }
    move || {
        let lines = drawn.into_iter().map(|(operation, approvers, plane)| {
            view! { <OperationLine operation=operation approvers=approvers plane=plane now=now/> }
        });
        let again = again.map(|batch| {
            view! {
                <form method="post" action="/do/retry">
                    <input type="hidden" name="batch" value=batch.to_string()/>
                    <button class="button">"Put it right and try again"</button>
                </form>
            }
        });
        view! {
            <div id="lines">
                <ol class="panel operations">{lines.collect_view()}</ol>
                <div class="after"><a class="button primary" href="/">"Back to the overview"</a>{again}</div>
            </div>
        }
        .into_any()
    }
}
