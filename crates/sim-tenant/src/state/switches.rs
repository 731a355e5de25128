//! Behaviours the sources dispute, and how the simulator behaves right now. `POST /switches` changes them.
//!
//! To extend: a field with its default, and a line of documentation that says which sources disagree.

use serde::{Deserialize, Serialize};

use crate::sign_in::challenge::{Alphabet, Layout};

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
    /// The same with an empty `code`, as Graph answers at times.
    WrappedNameless,
    /// `code` is `UnknownError` and `message` is the JSON text of a whole error envelope.
    Nested,
}

/// Azure's own rule that whoever changes resources has signed in with several factors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MandatoryMfa {
    /// The tenant has put it off.
    #[default]
    Off,
    /// 401 with a claims challenge.
    Challenge,
    /// 403 `RequestDisallowedByAzure`.
    Disallow,
}

/// All switches; every field may be left out of a `POST /switches`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each with its own two positions")]
pub(crate) struct Switches {
    pub(crate) rule_message: RuleMessage,
    pub(crate) acrs_form: AcrsForm,
    /// Status of `RoleAssignmentRequestExists`: 409 in one client's tests, 400 in others.
    pub(crate) request_exists_status: u16,
    /// Groups print `Direct`/`Activated` (documentation) instead of lower case (live).
    pub(crate) groups_capitalised: bool,
    /// Policy ids of directory roles begin with `Directory_` instead of `DirectoryRole_`.
    pub(crate) directory_policy_ids: bool,
    /// The alphabet of a claims challenge's base64.
    pub(crate) challenge_alphabet: Alphabet,
    /// Whether it is padded.
    pub(crate) challenge_padded: bool,
    pub(crate) challenge_layout: Layout,
    /// An interactive sign-in with `prompt=login` is one with multifactor authentication.
    pub(crate) prompt_login_gives_mfa: bool,
    /// What Azure does to writes of a session without multifactor authentication.
    pub(crate) azure_mandatory_mfa: MandatoryMfa,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            rule_message: RuleMessage::List,
            acrs_form: AcrsForm::Plain,
            request_exists_status: 409,
            groups_capitalised: false,
            directory_policy_ids: false,
            challenge_alphabet: Alphabet::Standard,
            challenge_padded: true,
            challenge_layout: Layout::Single,
            prompt_login_gives_mfa: true,
            azure_mandatory_mfa: MandatoryMfa::Off,
        }
    }
}
