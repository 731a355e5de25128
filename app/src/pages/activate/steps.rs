//! What will happen, in order and in words, and what the selection asks for in one sentence.

use jiff::Timestamp;
use leptos::prelude::*;
use portal::plan::{Line, Plan};

use crate::components::policy::approvers_in_words;
use crate::components::time::At;
use crate::fragments::demand;
use crate::words::{self, Asked};

/// What the selection asks for, in one sentence; empty when nothing can be sent.
pub(super) fn summary(plan: &Plan) -> String {
    let made = |line: &Line| {
        let step_up = plan.step_ups.iter().find(|one| Some(&one.challenge) == line.challenge.as_ref());
        step_up.is_some_and(|one| one.made)
    };
    let count = |wanted: &dyn Fn(&Line) -> bool| plan.ready().filter(|line| wanted(line)).count();
    let signs_in = |line: &Line| line.needs_step_up() && !made(line);
    let waits = |line: &Line| line.approvers().is_some();
    words::sum_up(Asked {
        ready: plan.ready().count(),
        at_once: count(&|line| {
            !signs_in(line) && !waits(line) && !line.may_ask_more() && line.start.is_none()
        }),
        sign_ins: count(&signs_in),
        approvals: count(&waits),
        unknown: count(&|line| line.may_ask_more()),
        later: count(&|line| line.start.is_some()),
        left_out: plan.lines.len() - plan.ready().count() + plan.unread.len() + plan.gone.len(),
    })
}

/// In order and in words.
pub(super) fn steps(plan: &Plan, now: Timestamp) -> AnyView {
    let mut steps: Vec<(AnyView, String)> = Vec::new();
    let title = |line: &Line| line.role.eligibility.names.title.clone();
    let at_once: Vec<_> = plan.ready().filter(|line| line.starts_at_once()).collect();
    match at_once.as_slice() {
        [] => {}
        [one] => steps
            .push((format!("{} starts at once", title(one)).into_any(), "usable in about a minute".into())),
        many => steps.push((
            format!("{} start at once", words::roles(many.len())).into_any(),
            format!(
                "{}; usable in about a minute",
                many.iter().map(|line| title(line)).collect::<Vec<_>>().join(", ")
            ),
        )),
    }
    for step_up in &plan.step_ups {
        let what = demand(&step_up.challenge, &plan.contexts);
        let whom = words::roles(step_up.lines);
        steps.push(if step_up.made {
            (format!("{whom}: {what} was made").into_any(), "good for ten minutes after the sign-in".into())
        } else {
            (
                format!("{what} for {whom}").into_any(),
                "you are sent to Microsoft's sign-in and back, and confirm; the others do not wait for it"
                    .into(),
            )
        });
    }
    let later = plan.ready().filter_map(|line| Some((line, line.start?)));
    for (line, start) in later {
        let what = if line.continues { "begins again" } else { "starts" };
        let what = view! { {title(line)}" "{what}" at "<At at=start now=now/> };
        steps.push((what.into_any(), "scheduled with Microsoft now".into()));
    }
    for line in plan.ready().filter(|line| !line.needs_step_up()) {
        if let Some(approvers) = line.approvers() {
            let text = "its time counts from the approval; the request ends after 24 h".to_owned();
            steps.push((
                format!("{} waits for {}", title(line), approvers_in_words(approvers)).into_any(),
                text,
            ));
        }
    }
    for line in plan.ready().filter(|line| line.may_ask_more()) {
        steps.push((
            format!("{} starts, or asks for more", title(line)).into_any(),
            "its rules could not be read; the result says which".into(),
        ));
    }
    if steps.is_empty() {
        return view! { <p class="quiet">"Nothing: none of these roles can be activated now."</p> }
            .into_any();
    }
    let items = steps
        .into_iter()
        .map(|(what, detail)| view! { <li><strong>{what}</strong><span>{detail}</span></li> });
    view! { <ol>{items.collect_view()}</ol> }.into_any()
}
