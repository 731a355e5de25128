//! What each switch is about: its positions and who disagrees. `GET /switches/catalogue` tells it, so that a test can run
//! with each switch in each position.
//!
//! To extend: a line for every new field of [`Switches`]; a test holds the two together.

use serde_json::{Map, Value, json};

use super::Switches;

/// Name, positions, and what the sources say.
const TABLE: &[(&str, &str, &str)] = &[
    (
        "rule_message",
        "list|text|other_names",
        "Live captures show a JSON list of rule names (older) and `Rule - explanation` (newer, groups); one client's notes name `JustificationRuleViolated` and `MaximumDurationExceeded`.",
    ),
    (
        "acrs_form",
        "plain|wrapped|wrapped_nameless|nested",
        "The service's code with the claims as message (Azure, Graph); the same as JSON text inside the message under `UnknownError` (a client's fixture); with an empty code, as Graph answers other refusals; a whole envelope inside the message.",
    ),
    (
        "request_exists_status",
        "409|400",
        "409 in one client's tests, 400 in others, for a request id that is taken.",
    ),
    (
        "assignment_exists_code",
        "RoleAssignmentExists|RoleAssignmentInstanceAlreadyExists|RoleAssignmentAlreadyExists|DuplicateRoleCreated|MatchingRoleAssignmentExists|SubjectHasActiveAssignment",
        "The first is what most clients see; the others are in working code or in single sources.",
    ),
    (
        "pending_request_code",
        "PendingRoleAssignmentRequest|ConcurrentActivationInProgress|RequestConflict",
        "The first is what most clients see; the others come from single sources.",
    ),
    (
        "groups_capitalised",
        "false|true",
        "The live service prints `direct` and `activated` for groups, the documentation's samples `Direct` and `Activated`.",
    ),
    (
        "directory_policy_ids",
        "false|true",
        "Policy ids of directory roles begin with `DirectoryRole_` or, in other samples, `Directory_`.",
    ),
    (
        "entra_approvals_open",
        "false|true",
        "Documentation wants `RoleAssignmentSchedule.ReadWrite.Directory` to decide on a directory role; the service demanded `PrivilegedAccess.ReadWrite.AzureAD`.",
    ),
    (
        "group_approval_steps",
        "false|true",
        "The v1.0 schema has `stages` on group approvals, the documentation page prints `steps`.",
    ),
    (
        "azure_stage_body",
        "wrapped|flat",
        "The specification's example of a stage decision is wrapped in `properties`, its parameter is the properties object itself.",
    ),
    (
        "early_deactivation_fails",
        "false|true",
        "Deactivating within five minutes is answered 400 `ActiveDurationTooShort`, or, on Graph, 201 with the status `Failed`.",
    ),
    (
        "directory_policy_scope_type",
        "both|directory_role|directory",
        "Documentation asks for policies with `DirectoryRole`, one client with `Directory`, another asks for both.",
    ),
    (
        "policies_for_readers_only",
        "false|true",
        "Documentation wants a reader role for policy lists; tools read them as ordinary users.",
    ),
    (
        "privileged_access_opens_groups",
        "true|false",
        "The permission tables leave `PrivilegedAccess.ReadWrite.AzureADGroup` out, the service's own refusal names it.",
    ),
    (
        "contexts_readable",
        "false|true",
        "Documentation does not list `Policy.Read.All` for authentication contexts; whether it opens them is untested.",
    ),
    (
        "group_names_null",
        "false|true",
        "Three clients use `$expand=group`; one reports that the name is often null.",
    ),
    (
        "member_of_names",
        "false|true",
        "`/me/memberOf` gives limited properties for what the token cannot read; clients nevertheless take names from it.",
    ),
    (
        "group_ticket_refused",
        "false|true",
        "One client says that group requests have no `ticketInfo`; the schema and three clients have it.",
    ),
    (
        "expiration_casing_strict",
        "false|true",
        "Clients send `AfterDuration` everywhere; one insists on `afterDuration` for groups.",
    ),
    (
        "azure_root_as_target",
        "answered|forbidden|unauthorized",
        "Five clients list everything at the tenant root with `asTarget()`; others report InsufficientPermissions and crawl.",
    ),
    (
        "azure_subscriptions",
        "readable|eligible",
        "Subscriptions and management groups are listed where something is assigned; clients that crawl them count on seeing those with eligibilities only.",
    ),
    (
        "azure_requests_as_target",
        "full|empty",
        "`asTarget()` on requests is documented; one client says that it silently answers an empty list.",
    ),
    (
        "azure_eligibility_ids",
        "full|bare",
        "Microsoft's examples carry a bare GUID as the eligibility schedule's id, live data the full path.",
    ),
    (
        "azure_mandatory_mfa",
        "off|challenge|disallow",
        "Azure's own multifactor rule for writes is seen as a 401 with claims, as a 403 RequestDisallowedByAzure, and not at all where it is put off.",
    ),
    (
        "prompt_login_gives_mfa",
        "true|false",
        "No documented request means just multifactor authentication; whether a fresh sign-in has it depends on the tenant.",
    ),
    (
        "challenge_alphabet",
        "standard|url_safe",
        "The documentation says base64; libraries accept and produce both alphabets.",
    ),
    ("challenge_padded", "true|false", "Both are seen; samples that split on `=` lose the padding."),
    (
        "challenge_layout",
        "single|several_in_one_header|several_headers",
        "RFC 9110 allows all three; the documentation shows the first.",
    ),
    (
        "audit_log_absent",
        "false|true",
        "The audit log's reference lists the global and the US government clouds, not China.",
    ),
    (
        "throttles",
        "false|true",
        "Published limits for audit logs and Conditional Access; off so that tests need not wait.",
    ),
];

/// The positions of a line: JSON where it is JSON, otherwise text.
fn positions(text: &str) -> Vec<Value> {
    text.split('|').map(|one| serde_json::from_str(one).unwrap_or_else(|_| json!(one))).collect()
}

/// Every switch with its value, its default, its positions and what is disputed.
pub(crate) fn catalogue(now: &Switches) -> serde_json::Result<Value> {
    let (value, default) = (serde_json::to_value(now)?, serde_json::to_value(Switches::default())?);
    let described = TABLE.iter().map(|(name, values, disputed)| {
        let values = positions(values);
        let about =
            json!({ "value": value[name], "default": default[name], "values": values, "disputed": disputed });
        ((*name).to_owned(), about)
    });
    Ok(Value::Object(described.collect::<Map<_, _>>()))
}
