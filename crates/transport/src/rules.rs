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

/// The words of an enablement rule: <https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicyenablementrule>.
const JUSTIFICATION: &str = "Justification";
const TICKETING: &str = "Ticketing";
const MFA: &str = "MultiFactorAuthentication";

fn is_known(word: &str) -> bool {
    [JUSTIFICATION, TICKETING, MFA].iter().any(|known| known.eq_ignore_ascii_case(word))
}

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
    #[serde(deserialize_with = "crate::wire::name")]
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
    // A word that is not known may be a new name for any of the known: what is not named is then not known to be free.
    let all_known = enabled.is_none_or(|enabled| enabled.iter().all(|word| is_known(word)));
    if !all_known {
        tracing::debug!("an enablement rule asks for something unknown");
    }
    let enablement = |name: &str| match enabled {
        Some(enabled) if enabled.iter().any(|word| word.eq_ignore_ascii_case(name)) => Requirement::Required,
        Some(_) if all_known => Requirement::NotRequired,
        _ => Requirement::Unknown,
    };
    let maximum = rule("Expiration").and_then(|rule| rule.maximum_duration.as_deref());
    Policy {
        maximum_duration: maximum.and_then(|text| text.parse().ok()),
        justification: enablement(JUSTIFICATION),
        ticket: enablement(TICKETING),
        mfa: enablement(MFA),
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
    let name = said(&wire.description);
    // Somebody without name or id ("the requestor's manager") cannot be counted as one approver.
    let id = said(&wire.user_id).or_else(|| said(&wire.group_id)).or_else(|| said(&wire.id));
    name.as_ref().or(id.as_ref())?;
    Some(Approver { name, id, is_group: wire.group_id.is_some() || kind.contains("group") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(rules: &Value) -> Policy {
        policy(&serde_json::from_value::<Vec<Rule>>(rules.clone()).unwrap())
    }

    #[test]
    fn reads_graph_s_rules_by_id_in_any_order() {
        let rules = json!([
            { "@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule",
              "id": "Expiration_Admin_Assignment", "isExpirationRequired": false, "maximumDuration": "P365D" },
            { "id": "Approval_EndUser_Assignment", "setting": { "isApprovalRequired": true, "approvalStages": [
                { "primaryApprovers": [
                    { "@odata.type": "#microsoft.graph.singleUser", "userId": "u-1", "description": "Alex" },
                    { "@odata.type": "#microsoft.graph.groupMembers", "groupId": "g-1" },
                    { "@odata.type": "#microsoft.graph.requestorManager" } ] } ] } },
            { "id": "AuthenticationContext_EndUser_Assignment", "isEnabled": true, "claimValue": "c1" },
            { "id": "Enablement_EndUser_Assignment", "enabledRules": ["justification", "Ticketing"] },
            { "id": "Expiration_EndUser_Assignment", "isExpirationRequired": true, "maximumDuration": "PT1H45M" },
        ]);
        let expected = Policy {
            maximum_duration: "PT1H45M".parse().ok(),
            justification: Requirement::Required,
            ticket: Requirement::Required,
            mfa: Requirement::NotRequired,
            authentication_context: ContextRequirement::Required("c1".into()),
            approval: ApprovalRequirement::Required(vec![
                Approver { name: Some("Alex".into()), id: Some("u-1".into()), is_group: false },
                Approver { name: None, id: Some("g-1".into()), is_group: true },
            ]),
        };
        assert_eq!(read(&rules), expected);
    }

    proptest! {
        #[test]
        fn whatever_a_rule_says_a_duration_is_whole_minutes_and_a_context_says_something(
            duration in "P?[0-9]{0,12}D?T?[0-9]{0,12}[HMS]?.{0,4}",
            claim in prop::option::of(".{0,4}"),
            enabled in prop::option::of(any::<bool>()),
            words in prop::collection::vec("Justification|Ticketing|.{0,8}", 0..4),
        ) {
            let policy = read(&json!([
                { "id": "Expiration_EndUser_Assignment", "maximumDuration": duration },
                { "id": "AuthenticationContext_EndUser_Assignment", "isEnabled": enabled, "claimValue": claim },
                { "id": "Enablement_EndUser_Assignment", "enabledRules": &words },
            ]));
            prop_assert!(policy.maximum_duration.is_none_or(|maximum| maximum.minutes() > 0));
            if let ContextRequirement::Required(context) = policy.authentication_context {
                prop_assert!(enabled == Some(true) && !context.as_str().is_empty());
            }
            let names = |known: &str| words.iter().any(|word: &String| word.eq_ignore_ascii_case(known));
            prop_assert_eq!(policy.justification == Requirement::Required, names(JUSTIFICATION));
            let all_known = words.iter().all(|word| is_known(word));
            prop_assert_eq!(policy.mfa == Requirement::NotRequired, all_known && !names(MFA));
        }

        #[test]
        fn rules_of_any_shape_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(rules) = serde_json::from_slice::<Vec<Rule>>(&bytes) {
                prop_assert!(!rules.is_empty() || policy(&rules) == Policy::unknown());
            }
        }
    }

    #[test]
    fn reads_azure_s_rules() {
        let rules = json!([
            { "id": "AuthenticationContext_EndUser_Assignment", "isEnabled": false, "claimValue": "",
              "ruleType": "RoleManagementPolicyAuthenticationContextRule",
              "target": { "caller": "EndUser", "operations": ["All"], "targetObjects": null } },
            { "id": "Enablement_EndUser_Assignment", "enabledRules": ["MultiFactorAuthentication"] },
            { "id": "Approval_EndUser_Assignment", "setting": { "isApprovalRequired": true, "approvalStages": [
                { "primaryApprovers": [ { "id": "g", "description": "Owners", "isBackup": false, "userType": "Group" } ],
                  "escalationApprovers": null } ] } },
        ]);
        let policy = read(&rules);
        assert_eq!(policy.maximum_duration, None, "not said");
        assert_eq!((policy.mfa, policy.ticket), (Requirement::Required, Requirement::NotRequired));
        assert_eq!(policy.authentication_context, ContextRequirement::NotRequired);
        let owners = vec![Approver { name: Some("Owners".into()), id: Some("g".into()), is_group: true }];
        assert_eq!(policy.approval, ApprovalRequirement::Required(owners));
    }

    #[test]
    fn beside_an_unknown_word_what_is_not_named_is_unknown() {
        let rules = json!([{ "id": "Enablement_EndUser_Assignment", "enabledRules": ["Justification", "Incantation"] }]);
        let expected = Policy { justification: Requirement::Required, ..Policy::unknown() };
        assert_eq!(read(&rules), expected);
    }

    #[test]
    fn what_is_not_said_is_unknown() {
        assert_eq!(read(&json!([])), Policy::unknown());
        assert_eq!(
            read(&json!([
                { "id": "Enablement_EndUser_Assignment", "enabledRules": null },
                { "id": "Approval_EndUser_Assignment", "setting": {} },
                { "id": "AuthenticationContext_EndUser_Assignment", "isEnabled": true, "claimValue": null },
                { "id": "Expiration_EndUser_Assignment", "maximumDuration": "for ever" },
            ])),
            Policy::unknown()
        );
        assert_eq!(reading(Some(&[])), PolicyReading::Unreadable(Unreadable::NoAnswer));
        assert_eq!(reading(None), PolicyReading::Unreadable(Unreadable::NoAnswer));
    }
}
