//! Policy assignments: which policy holds for which role.
//! <https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicyassignments>

use pim::policy::{PolicyReading, Unreadable};
use serde::Deserialize;
use transport::rules::{self, Rule};

/// The path, without a filter.
pub(crate) const PATH: &str = "/v1.0/policies/roleManagementPolicyAssignments";

/// One row: a role and its policy, expanded with its rules.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireAssignment {
    /// A role definition's id, or `member` or `owner`.
    pub(crate) role_definition_id: Option<String>,
    policy: Option<WirePolicy>,
}

#[derive(Debug, Deserialize)]
struct WirePolicy {
    rules: Option<Vec<Rule>>,
}

/// The reading for `role` among `rows`.
pub(crate) fn reading(rows: &[WireAssignment], role: &str) -> PolicyReading {
    let is_for = |row: &&WireAssignment| {
        row.role_definition_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(role))
    };
    let Some(row) = rows.iter().find(is_for) else {
        return PolicyReading::Unreadable(Unreadable::Missing);
    };
    rules::reading(row.policy.as_ref().and_then(|policy| policy.rules.as_deref()))
}
