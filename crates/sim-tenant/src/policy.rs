//! Role management policies: what activating a target asks for, and both wire forms of the seventeen rules.
//!
//! Only the four `…_EndUser_Assignment` rules differ between policies here; the administrator's and notification rules
//! carry fixed, plausible values so that a client has to look rules up by id.
//! See <https://learn.microsoft.com/graph/identity-governance-pim-rules-overview>.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::tenant::Tenant;

/// What activation of a target asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Longest activation, ISO 8601 (`PT8H`, `PT1H45M`, `P1D`).
    pub maximum: String,
    /// `Justification` is among the enabled rules.
    #[serde(default)]
    pub justification: bool,
    /// `Ticketing` is among the enabled rules.
    #[serde(default)]
    pub ticket: bool,
    /// `MultiFactorAuthentication` is among the enabled rules.
    #[serde(default)]
    pub mfa: bool,
    /// The authentication context (`c1`…) a token must carry.
    #[serde(default)]
    pub authentication_context: Option<String>,
    /// Somebody has to approve.
    #[serde(default)]
    pub approval: bool,
    /// Keys of the personas who may approve.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// Names of groups whose members may approve.
    #[serde(default)]
    pub approver_groups: Vec<String>,
}

impl Policy {
    /// The enabled rules, in the order the portal prints them.
    pub(crate) fn enabled_rules(&self) -> Vec<&'static str> {
        [
            (self.mfa, "MultiFactorAuthentication"),
            (self.justification, "Justification"),
            (self.ticket, "Ticketing"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect()
    }
}

/// The two spellings of the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Graph, directory roles: `operations: ["all"]`.
    GraphDirectory,
    /// Graph, groups: `operations: ["All"]`.
    GraphGroup,
    /// ARM: `ruleType` instead of `@odata.type`, nulls instead of empty lists.
    Arm,
}

fn target(dialect: Dialect, caller: &str, level: &str) -> Value {
    match dialect {
        Dialect::GraphDirectory => {
            json!({ "caller": caller, "operations": ["all"], "level": level, "inheritableSettings": [], "enforcedSettings": [] })
        }
        Dialect::GraphGroup => {
            json!({ "caller": caller, "operations": ["All"], "level": level, "inheritableSettings": [], "enforcedSettings": [] })
        }
        Dialect::Arm => {
            json!({ "caller": caller, "operations": ["All"], "level": level, "targetObjects": null, "inheritableSettings": null, "enforcedSettings": null })
        }
    }
}

fn rule(dialect: Dialect, kind: &str, id: &str, body: Value) -> Value {
    let caller = if id.contains("EndUser_Assignment") { "EndUser" } else { "Admin" };
    let level = if id.ends_with("Eligibility") { "Eligibility" } else { "Assignment" };
    let mut value = body;
    if dialect == Dialect::Arm {
        value["ruleType"] = json!(format!("RoleManagementPolicy{kind}Rule"));
    } else {
        value["@odata.type"] = json!(format!("#microsoft.graph.unifiedRoleManagementPolicy{kind}Rule"));
    }
    value["id"] = json!(id);
    value["target"] = target(dialect, caller, level);
    value
}

fn approvers(policy: &Policy, tenant: &Tenant, dialect: Dialect) -> Vec<Value> {
    let people = policy.approvers.iter().filter_map(|key| tenant.persona_by_key(key)).map(|person| {
        if dialect == Dialect::Arm {
            json!({ "id": person.object_id, "description": person.display_name, "isBackup": false, "userType": "User" })
        } else {
            json!({ "@odata.type": "#microsoft.graph.singleUser", "userId": person.object_id })
        }
    });
    let groups = policy.approver_groups.iter().filter_map(|name| tenant.group_by_name(name)).map(|group| {
        if dialect == Dialect::Arm {
            json!({ "id": group.id, "description": group.name, "isBackup": false, "userType": "Group" })
        } else {
            json!({ "@odata.type": "#microsoft.graph.groupMembers", "groupId": group.id })
        }
    });
    people.chain(groups).collect()
}

fn approval(policy: &Policy, tenant: &Tenant, dialect: Dialect) -> Value {
    let escalation = if dialect == Dialect::Arm { Value::Null } else { json!([]) };
    json!({ "setting": {
        "isApprovalRequired": policy.approval,
        "isApprovalRequiredForExtension": false,
        "isRequestorJustificationRequired": true,
        "approvalMode": "SingleStage",
        "approvalStages": [{
            "approvalStageTimeOutInDays": 1,
            "isApproverJustificationRequired": true,
            "escalationTimeInMinutes": 0,
            "isEscalationEnabled": false,
            "primaryApprovers": approvers(policy, tenant, dialect),
            "escalationApprovers": escalation,
        }],
    }})
}

/// All seventeen rules. Graph and ARM order them differently, and so does this.
pub(crate) fn rules(policy: &Policy, tenant: &Tenant, dialect: Dialect) -> Vec<Value> {
    let off = if dialect == Dialect::Arm { json!("") } else { Value::Null };
    let context = policy.authentication_context.as_ref().map_or(off, |c| json!(c));
    let mut out = vec![
        rule(
            dialect,
            "Expiration",
            "Expiration_Admin_Eligibility",
            json!({ "isExpirationRequired": false, "maximumDuration": "P365D" }),
        ),
        rule(dialect, "Enablement", "Enablement_Admin_Eligibility", json!({ "enabledRules": [] })),
        rule(
            dialect,
            "Expiration",
            "Expiration_Admin_Assignment",
            json!({ "isExpirationRequired": false, "maximumDuration": "P180D" }),
        ),
        rule(
            dialect,
            "Enablement",
            "Enablement_Admin_Assignment",
            json!({ "enabledRules": ["Justification"] }),
        ),
        rule(
            dialect,
            "Expiration",
            "Expiration_EndUser_Assignment",
            json!({ "isExpirationRequired": true, "maximumDuration": policy.maximum }),
        ),
        rule(
            dialect,
            "Enablement",
            "Enablement_EndUser_Assignment",
            json!({ "enabledRules": policy.enabled_rules() }),
        ),
        rule(dialect, "Approval", "Approval_EndUser_Assignment", approval(policy, tenant, dialect)),
        rule(
            dialect,
            "AuthenticationContext",
            "AuthenticationContext_EndUser_Assignment",
            json!({ "isEnabled": policy.authentication_context.is_some(), "claimValue": context }),
        ),
    ];
    for event in ["Admin_Eligibility", "Admin_Assignment", "EndUser_Assignment"] {
        for recipient in ["Admin", "Requestor", "Approver"] {
            out.push(rule(
                dialect,
                "Notification",
                &format!("Notification_{recipient}_{event}"),
                json!({ "notificationType": "Email", "recipientType": recipient, "notificationLevel": "All",
                        "isDefaultRecipientsEnabled": true, "notificationRecipients": [] }),
            ));
        }
    }
    if dialect == Dialect::Arm {
        out.rotate_left(5);
    }
    out
}
