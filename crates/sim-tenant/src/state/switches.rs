//! Behaviours the sources dispute, and how the simulator behaves right now. `POST /switches` changes them.
//!
//! To extend: a field with its default, and a line in `catalogue.rs` that says which sources disagree.

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
    /// A list with the names that one client's notes give.
    OtherNames,
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

/// The code for something that is there already; serialised as the service spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ExistsCode {
    #[default]
    RoleAssignmentExists,
    RoleAssignmentInstanceAlreadyExists,
    RoleAssignmentAlreadyExists,
    DuplicateRoleCreated,
    MatchingRoleAssignmentExists,
    SubjectHasActiveAssignment,
}

/// The code for a request that is under way; serialised as the service spells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PendingCode {
    #[default]
    PendingRoleAssignmentRequest,
    ConcurrentActivationInProgress,
    RequestConflict,
}

/// Which `scopeType` of directory policies has rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PolicyScopeType {
    #[default]
    Both,
    DirectoryRole,
    Directory,
}

/// What `asTarget()` at Azure's tenant root does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RootAsTarget {
    /// Lists the caller's rows at every scope.
    #[default]
    Answered,
    /// 403 `InsufficientPermissions`.
    Forbidden,
    /// 401 `InsufficientPermissions`.
    Unauthorized,
}

/// Which subscriptions and management groups a caller sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Listed {
    /// Where something is assigned or active.
    #[default]
    Readable,
    /// Also where the caller is only eligible.
    Eligible,
}

/// What `asTarget()` on Azure's requests answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestsAsTarget {
    #[default]
    Full,
    Empty,
}

/// How Azure prints the id of an eligibility schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EligibilityIds {
    #[default]
    Full,
    /// A bare GUID.
    Bare,
}

/// Where Azure reads a decision on an approval's stage from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StageBody {
    /// `{"properties": {"reviewResult", …}}`, as the specification's example.
    #[default]
    Wrapped,
    /// `{"reviewResult", …}`, as the specification's parameter.
    Flat,
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
    /// Approvals of directory roles are open to the scope that the documentation names, instead of one that the service demands.
    pub(crate) entra_approvals_open: bool,
    /// Approvals of groups have `steps` (a documentation page) instead of `stages` (the schema).
    pub(crate) group_approval_steps: bool,
    /// A decision on an Azure stage is read from `properties`, from the top, or from either.
    pub(crate) azure_stage_body: StageBody,
    /// Deactivating within five minutes: a 400, or a 201 that has failed.
    pub(crate) early_deactivation_fails: bool,
    /// The alphabet of a claims challenge's base64.
    pub(crate) challenge_alphabet: Alphabet,
    /// Whether it is padded.
    pub(crate) challenge_padded: bool,
    pub(crate) challenge_layout: Layout,
    /// An interactive sign-in with `prompt=login` is one with multifactor authentication.
    pub(crate) prompt_login_gives_mfa: bool,
    pub(crate) assignment_exists_code: ExistsCode,
    pub(crate) pending_request_code: PendingCode,
    /// Which `scopeType` of directory policies has rows.
    pub(crate) directory_policy_scope_type: PolicyScopeType,
    /// Policy lists of Graph need a reader role.
    pub(crate) policies_for_readers_only: bool,
    /// `PrivilegedAccess.ReadWrite.AzureADGroup` opens PIM for Groups.
    pub(crate) privileged_access_opens_groups: bool,
    /// `Policy.Read.All` is enough for the names of authentication contexts.
    pub(crate) contexts_readable: bool,
    /// `$expand=group` has no names.
    pub(crate) group_names_null: bool,
    /// `/me/memberOf` has names although the token reads no groups.
    pub(crate) member_of_names: bool,
    /// Group requests know no `ticketInfo`.
    pub(crate) group_ticket_refused: bool,
    /// `expiration.type` is `AfterDuration` for directory roles and `afterDuration` for groups, and nothing else.
    pub(crate) expiration_casing_strict: bool,
    pub(crate) azure_root_as_target: RootAsTarget,
    pub(crate) azure_subscriptions: Listed,
    pub(crate) azure_requests_as_target: RequestsAsTarget,
    pub(crate) azure_eligibility_ids: EligibilityIds,
    /// The cloud has no audit log API.
    pub(crate) audit_log_absent: bool,
    /// Published limits are enforced.
    pub(crate) throttles: bool,
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
            entra_approvals_open: false,
            group_approval_steps: false,
            azure_stage_body: StageBody::default(),
            early_deactivation_fails: false,
            challenge_alphabet: Alphabet::Standard,
            challenge_padded: true,
            challenge_layout: Layout::Single,
            prompt_login_gives_mfa: true,
            azure_mandatory_mfa: MandatoryMfa::Off,
            assignment_exists_code: ExistsCode::RoleAssignmentExists,
            pending_request_code: PendingCode::PendingRoleAssignmentRequest,
            directory_policy_scope_type: PolicyScopeType::Both,
            policies_for_readers_only: false,
            privileged_access_opens_groups: true,
            contexts_readable: false,
            group_names_null: false,
            member_of_names: false,
            group_ticket_refused: false,
            expiration_casing_strict: false,
            azure_root_as_target: RootAsTarget::Answered,
            azure_subscriptions: Listed::Readable,
            azure_requests_as_target: RequestsAsTarget::Full,
            azure_eligibility_ids: EligibilityIds::Full,
            audit_log_absent: false,
            throttles: false,
        }
    }
}
