//! What the service said to a dry run, and what a dry run cannot tell.

use leptos::prelude::*;
use pim::plane::Validation;
use portal::check::{Check, MOST_CHECKS};

use crate::components::failure;
use crate::components::operation::violation;

/// What it came to for all of them.
pub(super) fn summary(checks: &[Option<Check>]) -> AnyView {
    let count = |wanted: fn(&Check) -> bool| checks.iter().flatten().filter(|check| wanted(check)).count();
    let parts = [
        (count(|check| matches!(check, Check::Said(Validation::Passes))), "would go through"),
        (
            count(|check| matches!(check, Check::Said(Validation::StepUp(_)))),
            "would ask for a stronger sign-in",
        ),
        (count(|check| matches!(check, Check::Said(Validation::Fails(_)))), "would be refused"),
        (count(|check| !matches!(check, Check::Said(_))), "could not be checked"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, text)| format!("{count} {text}"))
        .collect();
    view! {
        <div class="notice warn-ground" id="checked" role="status" tabindex="-1">
            <div>
                <strong>"Checked; nothing was sent. "</strong>{format!("{}. ", parts.join(", "))}
                "A check does not tell whether somebody has to approve, and holds for now: what starts later is decided then."
            </div>
        </div>
    }
    .into_any()
}

/// What it came to for one line.
pub(super) fn line(check: &Check, starts_later: bool) -> AnyView {
    let not = |why: String| view! { <span class="warn">{format!("Not checked: {why}.")}</span> }.into_any();
    match check {
        Check::Said(Validation::Passes) if starts_later => {
            view! { <span class="mark good">"Would be taken now"</span><span class="quiet">"it is looked at again when it starts"</span> }.into_any()
        }
        Check::Said(Validation::Passes) => view! { <span class="mark good">"Would go through"</span> }.into_any(),
        Check::Said(Validation::StepUp(_)) => {
            view! { <span class="mark violet-mark">"Would ask for a stronger sign-in"</span> }.into_any()
        }
        Check::Said(Validation::Fails(violations)) => {
            let reasons = violations.iter().map(|each| violation(each).0).collect::<Vec<_>>().join(" ");
            view! { <span class="mark bad">"Would be refused"</span><span class="problem">{reasons}</span> }.into_any()
        }
        Check::Failed(error) => not(failure::words(error).0),
        Check::Late => not("Microsoft did not answer in time".into()),
        Check::Continues => {
            not("it begins when what is active now ends, and Microsoft refuses whatever overlaps until then".into())
        }
        Check::TooMany => not(format!("the portal checks {MOST_CHECKS} roles at a time")),
    }
}
