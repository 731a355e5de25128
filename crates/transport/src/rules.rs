//! Policy rules as Graph and Azure write them, and what they ask of an activation.
//!
//! Both services list some 17 rules per policy and tell them apart by `id`; the order means nothing. Four of them, those that
//! end in `_EndUser_Assignment`, matter for an activation:
//! <https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>,
//! <https://learn.microsoft.com/rest/api/authorization/role-management-policies/get>.
//! What a rule does not say stays unknown; it is never read as "not required".

use pim::error::{ErrorKind, PlaneError};
use pim::ids::ContextId;
use pim::policy::{
    ApprovalRequirement, Approver, ContextRequirement, Policy, PolicyReading, Requirement, Unreadable,
};
use serde::Deserialize;

/// One rule of any kind: each kind fills in its own fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    id: Option<String>,
    maximum_duration: Option<String>,
    enabled_rules: Option<Vec<String>>,
    setting: Option<ApprovalSetting>,
    is_enabled: Option<bool>,
    claim_value: Option<String>,
}

/// <https://learn.microsoft.com/graph/api/resources/approvalsettings>
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ApprovalSetting {
    is_approval_required: Option<bool>,
    approval_stages: Option<Vec<ApprovalStage>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ApprovalStage {
    primary_approvers: Option<Vec<WireApprover>>,
}

/// Graph: `@odata.type`, `userId` or `groupId`, `description`. Azure: `userType`, `id`, `description` (the name).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireApprover {
    #[serde(rename = "@odata.type")]
    odata_type: Option<String>,
    user_type: Option<String>,
    id: Option<String>,
    user_id: Option<String>,
    group_id: Option<String>,
    description: Option<String>,
}

/// The reading of a policy that came with `rules`. Without any it is no answer: it does not say that nothing is asked for.
#[must_use]
pub fn reading(rules: Option<&[Rule]>) -> PolicyReading {
    match rules {
        None | Some([]) => PolicyReading::Unreadable(Unreadable::NoAnswer),
        Some(rules) => PolicyReading::Known(policy(rules)),
    }
}

/// Why a failed call leaves its policies unread.
#[must_use]
pub fn unreadable(error: &PlaneError) -> Unreadable {
    match error.kind {
        ErrorKind::Forbidden { .. } => Unreadable::Forbidden,
        ErrorKind::NotFound => Unreadable::Missing,
        _ => Unreadable::NoAnswer,
    }
}

/// What `rules` ask of an activation.
#[must_use]
pub fn policy(rules: &[Rule]) -> Policy {
    let rule = |name: &str| {
        rules.iter().find(|rule| {
            let id = rule.id.as_deref().and_then(|id| id.strip_suffix("_EndUser_Assignment"));
            id == Some(name)
        })
    };
    let enabled = rule("Enablement").and_then(|rule| rule.enabled_rules.as_deref());
    let enablement = |name: &str| {
        let listed = |enabled: &[String]| enabled.iter().any(|word| word.eq_ignore_ascii_case(name));
        enabled.map_or(Requirement::Unknown, |enabled| Requirement::known(listed(enabled)))
    };
    let maximum = rule("Expiration").and_then(|rule| rule.maximum_duration.as_deref());
    Policy {
        maximum_duration: maximum.and_then(|text| text.parse().ok()),
        justification: enablement("Justification"),
        ticket: enablement("Ticketing"),
        mfa: enablement("MultiFactorAuthentication"),
        authentication_context: rule("AuthenticationContext").map_or(ContextRequirement::Unknown, context),
        approval: rule("Approval")
            .and_then(|rule| rule.setting.as_ref())
            .map_or(ApprovalRequirement::Unknown, approval),
    }
}

fn context(rule: &Rule) -> ContextRequirement {
    match (rule.is_enabled, rule.claim_value.as_deref()) {
        (Some(false), _) => ContextRequirement::NotRequired,
        (Some(true), Some(claim)) if !claim.is_empty() => {
            ContextRequirement::Required(ContextId::from(claim))
        }
        _ => ContextRequirement::Unknown,
    }
}

fn approval(setting: &ApprovalSetting) -> ApprovalRequirement {
    match setting.is_approval_required {
        None => ApprovalRequirement::Unknown,
        Some(false) => ApprovalRequirement::NotRequired,
        Some(true) => {
            let stages = setting.approval_stages.iter().flatten();
            ApprovalRequirement::Required(
                stages
                    .flat_map(|stage| stage.primary_approvers.iter().flatten())
                    .filter_map(approver)
                    .collect(),
            )
        }
    }
}

fn approver(wire: &WireApprover) -> Option<Approver> {
    let kind =
        wire.user_type.as_deref().or(wire.odata_type.as_deref()).unwrap_or_default().to_ascii_lowercase();
    let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let name = said(&wire.description).or_else(|| said(&wire.user_id)).or_else(|| said(&wire.group_id));
    Some(Approver {
        name: name.or_else(|| said(&wire.id))?,
        is_group: wire.group_id.is_some() || kind.contains("group"),
    })
}
