//! The policy rules an activation is judged by.
//! See <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings>.

use jiff::{SignedDuration, Timestamp};

use super::{Asker, Draft, Expiration};
use crate::policy::Policy;
use crate::state::Eligibility;
use crate::wire::duration;

/// A rule that failed, and the newer form's explanation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub(crate) rule: &'static str,
    pub(crate) why: &'static str,
}

impl Failed {
    /// The name in one client's notes.
    pub(crate) fn other_name(&self) -> String {
        if self.rule == "ExpirationRule" {
            "MaximumDurationExceeded".to_owned()
        } else {
            format!("{}Violated", self.rule)
        }
    }

    pub(crate) fn justification() -> Self {
        Self { rule: "JustificationRule", why: "Justification is required" }
    }

    pub(crate) fn eligibility() -> Self {
        Self { rule: "EligibilityRule", why: "The principal is not eligible for this role at this scope" }
    }
}

/// When an activation would end; `None` when it would not or the text cannot be read.
pub(crate) fn end(expiration: &Expiration, start: Timestamp) -> Option<Timestamp> {
    match expiration {
        Expiration::Duration(text) => duration::parse(text).and_then(|length| start.checked_add(length).ok()),
        Expiration::DateTime(end) => Some(*end),
        Expiration::Never | Expiration::Missing => None,
    }
}

fn expiration(policy: &Policy, draft: &Draft, start: Timestamp) -> Option<Failed> {
    let why = match &draft.expiration {
        Expiration::Never | Expiration::Missing => "The policy does not allow permanent assignment",
        _ => "The requested duration exceeds the maximum the policy allows",
    };
    let failed = Some(Failed { rule: "ExpirationRule", why });
    let Some(end) = end(&draft.expiration, start) else { return failed };
    let length = end.duration_since(start);
    let maximum = duration::parse(&policy.maximum).unwrap_or(SignedDuration::ZERO);
    if length > maximum || length < SignedDuration::from_mins(5) { failed } else { None }
}

fn blank(text: Option<&String>) -> bool {
    text.is_none_or(|t| t.trim().is_empty())
}

/// Every rule that the draft fails, in the order the service names them.
pub(crate) fn failed(
    policy: Option<&Policy>,
    eligibility: Option<&Eligibility>,
    asker: &Asker,
    draft: &Draft,
    start: Timestamp,
) -> Vec<Failed> {
    let mut out = Vec::new();
    let condition_differs = eligibility.is_some_and(|e| {
        e.condition.is_some() && (e.condition != draft.condition || blank(draft.condition_version.as_ref()))
    });
    if eligibility.is_none() || condition_differs {
        out.push(Failed::eligibility());
    }
    let Some(policy) = policy else { return out };
    out.extend(expiration(policy, draft, start));
    if policy.justification && blank(draft.justification.as_ref()) {
        out.push(Failed::justification());
    }
    if policy.ticket && blank(draft.ticket_number.as_ref()) {
        out.push(Failed { rule: "TicketingRule", why: "Ticket information is required" });
    }
    if policy.mfa && !asker.mfa {
        out.push(Failed { rule: "MfaRule", why: "Multifactor authentication is required" });
    }
    out
}
