//! What became of a batch: one line for each operation, and what can be done next.

use leptos::prelude::*;
use pim::challenge::{Challenge, Demand};
use pim::context::AuthenticationContext;
use pim::ids::BatchId;
use pim::journal::{Operation, OperationState};
use portal::Session;
use portal::activate::can_retry;
use portal::follow_on::can_reactivate_at;
use portal::step_up::Waiting;

use super::approvers_of;
use crate::components::operation::OperationLine;
use crate::components::time::At;
use crate::context::Context;
use crate::words;

/// The lines of a batch, ready to be drawn. What can be done next follows from them, so it is part of them.
pub(crate) async fn lines(
    context: &Context,
    session: &Session,
    operations: Vec<Operation>,
) -> impl FnOnce() -> AnyView + Send + use<> {
    let now = context.now();
    let batch = operations.first().map(|operation| operation.batch);
    let count = |wanted: fn(&Operation) -> bool| operations.iter().filter(|one| wanted(one)).count();
    let retry = count(can_retry);
    // What somebody said no to, or nobody decided, is asked for again as it was.
    let refused = count(|operation| {
        can_retry(operation) && matches!(operation.state, OperationState::Rejected | OperationState::Failed)
    });
    let lost = count(|operation| operation.state == OperationState::NotCreated);
    let later = operations.iter().filter_map(can_reactivate_at).min();
    let step_ups = context.portal.awaiting_step_up(session, &operations).await;
    let contexts = if step_ups.is_empty() { None } else { Some(context.portal.contexts(session).await) };
    let usable = usable(context, &operations);
    let mut drawn = Vec::new();
    for operation in operations {
        let target = operation.intent.target();
        let descriptor = context.portal.planes().find(|plane| plane.id == target.plane);
        let plane = descriptor.map_or("", |plane| plane.singular);
        let admin_page = descriptor.and_then(|plane| plane.admin_page.clone());
        let approvers = match operation.state {
            OperationState::PendingApproval => {
                let eligible = context.portal.eligible(session, &target.plane).await.ok();
                eligible.and_then(|all| {
                    let mut roles = all.roles.iter();
                    roles.find(|role| role.eligibility.target.same_as(target)).and_then(approvers_of)
                })
            }
            _ => None,
        };
        drawn.push((operation, approvers, plane, admin_page));
    }
    move || {
        let lines = drawn.into_iter().map(|(operation, approvers, plane, admin_page)| {
            view! { <OperationLine operation=operation approvers=approvers plane=plane admin_page=admin_page now=now/> }
        });
        let Some(batch) = batch else { return ().into_any() };
        let known = contexts.as_deref().map_or(&[][..], Vec::as_slice);
        let next = [
            (retry > 0).then(|| {
                let text = if refused > 0 { "Put it right and try again" } else { "Ask again…" };
                post("/do/retry", batch, text.into())
            }),
            (lost > 0).then(|| post("/do/send-again", batch, format!("Send {} again", words::roles(lost)))),
        ];
        let later = later.map(|at| {
            view! {
                <form method="post" action="/do/reactivate-later" class="later">
                    <input type="hidden" name="batch" value=batch.to_string()/>
                    <button class="button">"Activate again at "<At at=at now=now/></button>
                </form>
            }
        });
        view! {
            <div id="lines">
                {usable.map(usable_view)}
                {step_ups_view(batch, &step_ups, known)}
                <ol class="panel operations">{lines.collect_view()}</ol>
                <div class="after"><a class="button primary" href="/">"Back to the overview"</a>{next.collect_view()}{later}</div>
            </div>
        }
        .into_any()
    }
}

/// What has become usable, and where it may not be seen yet.
struct Usable {
    /// How many roles, of how many.
    count: usize,
    of: usize,
    /// For each plane with one of them its tools, and what to do there.
    planes: Vec<(&'static str, &'static [(&'static str, &'static str)])>,
}

fn usable(context: &Context, operations: &[Operation]) -> Option<Usable> {
    let usable = || operations.iter().filter(|operation| operation.state == OperationState::Usable);
    let planes =
        context.portal.planes().filter(|plane| usable().any(|one| one.intent.target().plane == plane.id));
    let planes = planes.map(|plane| (plane.title, plane.seen_late)).collect();
    let count = usable().count();
    (count > 0).then_some(Usable { count, of: operations.len(), planes })
}

fn usable_view(Usable { count, of, planes }: Usable) -> AnyView {
    let text = match (count, of) {
        (1, 1) => "The role is usable now.".to_owned(),
        (count, of) if count == of => format!("All {of} roles are usable now."),
        (1, of) => format!("1 of {of} roles is usable now; what became of the others is told below."),
        (count, of) => {
            format!("{count} of {of} roles are usable now; what became of the others is told below.")
        }
    };
    let planes = planes.into_iter().map(|(title, tools)| {
        let tools = tools.iter().map(|(tool, what)| view! { <dt>{*tool}</dt><dd>{*what}</dd> });
        view! { <h3>{title}</h3><dl>{tools.collect_view()}</dl> }
    });
    view! {
        <div class="notice good-ground" role="status">
            <div>
                <strong>{text}</strong>
                <details class="seen-late">
                    <summary>"A tool that was open before does not see it?"</summary>
                    {planes.collect_view()}
                </details>
            </div>
        </div>
    }
    .into_any()
}

fn post(action: &'static str, batch: BatchId, text: String) -> AnyView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="batch" value=batch.to_string()/>
            <button class="button">{text}</button>
        </form>
    }
    .into_any()
}

/// The stronger sign-ins that operations wait for, each with the way there; and what can be confirmed because one was made.
fn step_ups_view(batch: BatchId, step_ups: &[Waiting], contexts: &[AuthenticationContext]) -> AnyView {
    let made: usize = step_ups.iter().filter(|one| one.made).map(|one| one.operations.len()).sum();
    let resume = (made > 0).then(|| {
        view! {
            <div class="notice good-ground" role="status">
                <div>"You have signed in as asked. "{format!("{} can be activated now; nothing was sent so far.", words::roles(made))}</div>
                <form method="post" action="/do/resume">
                    <input type="hidden" name="batch" value=batch.to_string()/>
                    <button class="button primary">{format!("Activate {}", words::roles(made))}</button>
                </form>
            </div>
        }
    });
    let asked = step_ups.iter().filter(|one| !one.made).map(|one| {
        let names: Vec<_> = one.operations.iter().map(|operation| operation.names.title.clone()).collect();
        view! {
            <div class="notice violet-ground" role="status">
                <div><strong>{format!("{} for {}. ", demand(&one.challenge, contexts), words::roles(names.len()))}</strong>{names.join(", ")}
                    {asked_by(&one.challenge, contexts).map(|by| view! { <span class="place">{by}</span> })}</div>
                <a class="button" href=format!("/auth/step-up/{batch}/{}", one.id)>"Sign in for it"</a>
            </div>
        }
    });
    view! { {resume}{asked.collect_view()} }.into_any()
}

/// The Conditional Access policies behind a demand, where the person may read them.
fn asked_by(challenge: &Challenge, contexts: &[AuthenticationContext]) -> Option<String> {
    let known = contexts.iter().filter(|context| challenge.contexts().any(|id| *id == context.id));
    let policies: Vec<&str> = known.flat_map(|context| context.policies.iter().map(String::as_str)).collect();
    (!policies.is_empty()).then(|| format!("Conditional Access: {}", policies.join(", ")))
}

/// What a stronger sign-in has to bring, in words.
pub(crate) fn demand(challenge: &Challenge, contexts: &[AuthenticationContext]) -> String {
    match &challenge.demand {
        Demand::Mfa => "Multifactor sign-in".into(),
        Demand::Claims(_) => "A stronger sign-in".into(),
        Demand::Contexts(ids) => {
            let name = |id: &pim::ids::ContextId| {
                let known = contexts.iter().find(|context| &context.id == id);
                let name = known.and_then(|context| context.name.clone());
                name.map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
            };
            format!("Stronger sign-in: {}", ids.iter().map(name).collect::<Vec<_>>().join(", "))
        }
    }
}
