//! Behaviours the sources dispute, and how the simulator behaves right now. `POST /switches` changes them.
//!
//! To extend: a field with its default, and a line of documentation that says which sources disagree.

use serde::{Deserialize, Serialize};

/// How failed policy rules are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RuleMessage {
    /// `["ExpirationRule","JustificationRule"]`: the older form.
    #[default]
    List,
    /// `JustificationRule - Justification is required`: the newer form.
    Text,
}

/// How the authentication context refusal is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AcrsForm {
    /// `code` says it and `message` carries the claims.
    #[default]
    Plain,
    /// `code` is `UnknownError` and `message` is JSON text with both.
    Wrapped,
}

/// All switches; every field may be left out of a `POST /switches`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Switches {
    pub(crate) rule_message: RuleMessage,
    pub(crate) acrs_form: AcrsForm,
    /// Status of `RoleAssignmentRequestExists`: 409 in one client's tests, 400 in others.
    pub(crate) request_exists_status: u16,
    /// Groups print `Direct`/`Activated` (documentation) instead of lower case (live).
    pub(crate) groups_capitalised: bool,
    /// Policy ids of directory roles begin with `Directory_` instead of `DirectoryRole_`.
    pub(crate) directory_policy_ids: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            rule_message: RuleMessage::List,
            acrs_form: AcrsForm::Plain,
            request_exists_status: 409,
            groups_capitalised: false,
            directory_policy_ids: false,
        }
    }
}
