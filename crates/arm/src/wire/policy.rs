//! Policy assignments.

use pim::ids::RoleId;
use serde::Deserialize;
use transport::rules::Rule;

use super::last;

/// A policy assignment with the rules that apply.
/// <https://learn.microsoft.com/rest/api/authorization/role-management-policy-assignments/list-for-scope>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PolicyAssignment {
    role_definition_id: Option<String>,
    pub(crate) effective_rules: Option<Vec<Rule>>,
}

impl PolicyAssignment {
    /// Compared by the GUID at the end: the path before it may name another scope.
    pub(crate) fn is_for(&self, role: &RoleId) -> bool {
        self.role_definition_id
            .as_deref()
            .is_some_and(|id| last(id).eq_ignore_ascii_case(last(role.as_str())))
    }
}
