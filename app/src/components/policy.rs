//! The policy matrix: what a role asks for, in three states. Absent is a dash, unknown is said and explained.

use leptos::prelude::*;
use pim::policy::{
    ApprovalRequirement, Approver, ContextRequirement, Policy, PolicyReading, Requirement, Unreadable,
};

use crate::view::choices::Column;

/// Why a policy is unknown, for people.
pub(crate) fn why_unknown(reason: Unreadable) -> &'static str {
    match reason {
        Unreadable::Forbidden => {
            "You may not read this role's rules. They still apply: the portal asks you for everything they might want."
        }
        Unreadable::NoAnswer => {
            "The rules of this role could not be read. They still apply: the portal asks you for everything they might want."
        }
        Unreadable::Missing => {
            "Microsoft has no rules on record for this role. The portal asks you for everything they might want."
        }
    }
}

/// A cell of a role's row.
pub(crate) fn policy_cell(column: Column, reading: &PolicyReading) -> AnyView {
    let why = match reading {
        PolicyReading::Known(_) => None,
        PolicyReading::Unreadable(reason) => Some(why_unknown(*reason)),
    };
    let policy = reading.policy();
    match column {
        Column::UpTo => match policy.maximum_duration {
            Some(maximum) => maximum.words().into_any(),
            None => unknown(why),
        },
        Column::Reason => cell(policy.justification, "Reason", why),
        Column::Ticket => cell(policy.ticket, "Ticket", why),
        Column::Mfa => cell(policy.mfa, "MFA", why),
        Column::SignIn => match &policy.authentication_context {
            ContextRequirement::Required(context) => {
                view! { <span class="violet" title="A stronger sign-in: authentication context">{context.to_string()}</span> }.into_any()
            }
            ContextRequirement::NotRequired => dash(),
            ContextRequirement::Unknown => unknown(why),
        },
        Column::Approval => match &policy.approval {
            ApprovalRequirement::Required(approvers) => {
                let title = approvers_in_words(approvers);
                view! { <span class="warn" title=title>{count_approvers(approvers)}</span> }.into_any()
            }
            ApprovalRequirement::NotRequired => dash(),
            ApprovalRequirement::Unknown => unknown(why),
        },
        // Not the policy's.
        Column::Until => ().into_any(),
    }
}

fn cell(requirement: Requirement, word: &'static str, why: Option<&'static str>) -> AnyView {
    match requirement {
        Requirement::Required => word.into_any(),
        Requirement::NotRequired => dash(),
        Requirement::Unknown => unknown(why),
    }
}

fn dash() -> AnyView {
    view! { <span class="none"><span aria-hidden="true">"–"</span><span class="for-readers">"not required"</span></span> }.into_any()
}

fn unknown(why: Option<&'static str>) -> AnyView {
    view! { <span class="unknown" title=why.unwrap_or("This rule was not among those that Microsoft gave.")>"unknown"</span> }.into_any()
}

fn count_approvers(approvers: &[Approver]) -> String {
    match approvers {
        [] => "Approval".into(),
        [one] if one.is_group => "1 group".into(),
        [_] => "1 approver".into(),
        many => format!("{} approvers", many.len()),
    }
}

/// "Alex Wilber", "Alex Wilber or 2 others", "one of 2 approvers", "an administrator".
pub(crate) fn approvers_in_words(approvers: &[Approver]) -> String {
    let named = approvers.iter().find_map(|approver| approver.name.as_deref());
    match (approvers, named) {
        ([], _) => "an administrator".into(),
        ([_], Some(name)) => name.into(),
        ([_, _], Some(name)) => format!("{name} or 1 other"),
        (all, Some(name)) => format!("{name} or {} others", all.len() - 1),
        ([one], None) if one.is_group => "a group of approvers".into(),
        ([_], None) => "an approver".into(),
        (all, None) => format!("one of {} approvers", all.len()),
    }
}

/// `text` as the beginning of a sentence.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// "Reason, ticket, MFA": what the person has to give.
pub(crate) fn gives(policy: &Policy) -> String {
    let mut words = Vec::new();
    for (requirement, word) in
        [(policy.justification, "reason"), (policy.ticket, "ticket"), (policy.mfa, "MFA")]
    {
        match requirement {
            Requirement::Required => words.push(word.to_owned()),
            Requirement::Unknown => words.push(format!("perhaps {word}")),
            Requirement::NotRequired => {}
        }
    }
    let text = words.join(", ");
    if text.is_empty() { "Asks for nothing".into() } else { capitalised(&text) }
}
