//! Everything that is known of one eligible role, in a row below its own.

use leptos::prelude::*;
use pim::context::AuthenticationContext;
use pim::policy::{ApprovalRequirement, Approver, ContextRequirement, PolicyReading, Requirement};
use portal::overview::EligibleRole;

use super::facts;
use crate::components::policy::{capitalised, why_unknown};
use crate::components::time::OnAt;

/// A line: what it is about, and what is known of it.
type Line = (&'static str, AnyView);

/// The row, across `width` columns. `uses` is how often the person activated the role with this portal.
pub(super) fn details(
    key: &str,
    role: &EligibleRole,
    contexts: &[AuthenticationContext],
    uses: u32,
    width: String,
    hidden: bool,
) -> AnyView {
    let lines = lines(role, contexts, uses).into_iter().map(|(name, what)| {
        view! { <div><dt>{name}</dt><dd>{what}</dd></div> }
    });
    let why = match &role.policy {
        PolicyReading::Known(_) => None,
        PolicyReading::Unreadable(reason) => Some(view! { <p class="warn">{why_unknown(*reason)}</p> }),
    };
    view! {
        <tr role="row" class="details" data-details=key.to_owned() hidden=hidden>
            <td role="cell" colspan=width>{why}<dl>{lines.collect_view()}</dl></td>
        </tr>
    }
    .into_any()
}

fn lines(role: &EligibleRole, contexts: &[AuthenticationContext], uses: u32) -> Vec<Line> {
    let EligibleRole { eligibility, policy } = role;
    let policy = policy.policy();
    let id = |text: &str| view! { <code>{legible(text)}</code> }.into_any();
    let until = match eligibility.until {
        Some(at) => view! { <OnAt at=at/> }.into_any(),
        None => "Permanent".into_any(),
    };
    let longest = match policy.maximum_duration {
        Some(longest) => format!("{} ({longest})", longest.words()),
        None => "Not known".to_owned(),
    };
    let mut lines: Vec<Line> = vec![
        ("Scope", id(eligibility.target.scope.as_str())),
        ("Role id", id(eligibility.target.role.as_str())),
        ("Held", capitalised(&facts::origin(&eligibility.member_type)).into_any()),
        ("Eligible until", until),
        ("Longest activation", longest.into_any()),
        ("Reason", required(policy.justification).into_any()),
        ("Ticket", required(policy.ticket).into_any()),
        ("MFA", required(policy.mfa).into_any()),
        ("Sign-in", sign_in(&policy.authentication_context, contexts)),
        ("Approval", approval(&policy.approval).into_any()),
    ];
    if let Some(condition) = &eligibility.condition {
        lines.push(("Condition", id(&condition.expression)));
    }
    let uses = match uses {
        0 => "Not in the last 90 days".to_owned(),
        1 => "Once in the last 90 days".to_owned(),
        many => format!("{many} times in the last 90 days"),
    };
    lines.push(("Activated with this portal", uses.into_any()));
    lines
}

fn required(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Required => "Required",
        Requirement::NotRequired => "Not required",
        Requirement::Unknown => "Not known",
    }
}

fn sign_in(requirement: &ContextRequirement, contexts: &[AuthenticationContext]) -> AnyView {
    let id = match requirement {
        ContextRequirement::NotRequired => return "As you are".into_any(),
        ContextRequirement::Unknown => return "Not known".into_any(),
        ContextRequirement::Required(id) => id,
    };
    let context = contexts.iter().find(|context| context.id == *id);
    let name = context.and_then(|context| context.name.as_deref());
    let name = name.map_or_else(|| "authentication context".to_owned(), |name| format!("“{name}”"));
    let description = context.and_then(|context| context.description.clone());
    let policies = context.map(|context| context.policies.join(", ")).filter(|names| !names.is_empty());
    view! {
        {format!("Must meet {id}, {name}")}
        {description.map(|text| view! { <span class="place">{text}</span> })}
        {policies.map(|names| view! { <span class="place">{format!("Conditional Access: {names}")}</span> })}
    }
    .into_any()
}

/// Who may approve. Those without a name are counted, because their ids say nothing to anybody.
fn approval(requirement: &ApprovalRequirement) -> String {
    let approvers = match requirement {
        ApprovalRequirement::NotRequired => return "Not required".to_owned(),
        ApprovalRequirement::Unknown => return "Not known".to_owned(),
        ApprovalRequirement::Required(approvers) if approvers.is_empty() => {
            return "Required, from an administrator".to_owned();
        }
        ApprovalRequirement::Required(approvers) => approvers,
    };
    let unnamed = |is_group| {
        approvers.iter().filter(|one: &&Approver| one.name.is_none() && one.is_group == is_group).count()
    };
    let count = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one} whose name cannot be read")),
        n => Some(format!("{n} {many} whose names cannot be read")),
    };
    let who: Vec<String> = approvers
        .iter()
        .filter_map(|one| one.name.clone())
        .chain(count(unnamed(false), "person", "people"))
        .chain(count(unnamed(true), "group", "groups"))
        .collect();
    format!("Required, from one of: {}", who.join(", "))
}

/// Text as it is, with what cannot be seen, or changes how the rest is seen, written as an escape.
fn legible(text: &str) -> String {
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().fold(String::new(), |mut told, c| {
        if is_odd(c) {
            told.extend(c.escape_unicode());
        } else {
            told.push(c);
        }
        told
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_approve_is_named_or_counted() {
        let one =
            |name: Option<&str>, is_group| Approver { id: None, name: name.map(str::to_owned), is_group };
        let said = |approvers: Vec<Approver>| approval(&ApprovalRequirement::Required(approvers));
        assert_eq!(said(vec![]), "Required, from an administrator");
        assert_eq!(
            said(vec![one(Some("Alex Wilber"), false), one(None, false), one(None, true), one(None, true)]),
            "Required, from one of: Alex Wilber, 1 person whose name cannot be read, 2 groups whose names cannot be read"
        );
    }

    #[test]
    fn nothing_in_an_expression_hides() {
        assert_eq!(legible("a == \u{202e}'b'\n"), "a == \\u{202e}'b'\\u{a}");
    }
}
