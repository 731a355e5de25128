//! Role management policies of directory roles and groups.
//! See <https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicyassignments>.

use serde_json::{Value, json};

use super::entra::narrow;
use super::{Caller, GraphError, directory, scopes};
use crate::policy::{Dialect, Policy, rules};
use crate::random::stable_guid;
use crate::sim::Sim;
use crate::state::World;
use crate::state::switches::PolicyScopeType;
use crate::wire::odata::{Expand, Shape};
use crate::wire::{Call, Reply};

const ASSIGNMENT: Shape<'_> = Shape {
    entity: "unifiedRoleManagementPolicyAssignment",
    context: "policies/roleManagementPolicyAssignments",
    properties: &["id", "policyId", "scopeId", "scopeType", "roleDefinitionId"],
    navigations: &["policy"],
    options: &["filter", "expand", "select"],
};

/// How many alternatives a `$filter` may have; clients chunk at this number.
const MOST_CLAUSES: usize = 15;

fn row(prefix: &str, scope_type: &str, owner: &str, scope_id: &str, role: &str) -> Value {
    let policy_id = format!("{prefix}_{owner}_{}", stable_guid(&["policy", owner, role]));
    json!({
        "id": format!("{policy_id}_{role}"),
        "policyId": policy_id,
        "scopeId": scope_id,
        "scopeType": scope_type,
        "roleDefinitionId": role,
    })
}

/// The policy behind an assignment row.
fn policy_of<'w>(world: &'w World, row: &Value) -> Option<(&'w Policy, Dialect)> {
    let role = row["roleDefinitionId"].as_str()?;
    let (name, dialect) = if row["scopeType"] == "Group" {
        let group = world.tenant.group_by_id(row["scopeId"].as_str()?)?;
        let name =
            if role == "owner" { group.owner_policy.as_ref()? } else { group.member_policy.as_ref()? };
        (name, Dialect::GraphGroup)
    } else {
        (&world.tenant.role_by_id(role)?.policy, Dialect::GraphDirectory)
    };
    Some((world.tenant.policies.get(name)?, dialect))
}

fn navigate(world: &World, expand: &Expand, row: &Value) -> Value {
    let Some((policy, dialect)) = policy_of(world, row) else { return Value::Null };
    let name = row["scopeType"].as_str().unwrap_or_default();
    let mut out = json!({
        "id": row["policyId"],
        "displayName": name,
        "description": name,
        "isOrganizationDefault": false,
        "scopeId": row["scopeId"],
        "scopeType": row["scopeType"],
        "lastModifiedDateTime": null,
        "lastModifiedBy": { "displayName": null, "id": null },
    });
    for inner in &expand.inner {
        // `effectiveRules` holds what applies, `rules` what is configured; here nothing overrides anything.
        if ["rules", "effectiveRules"].contains(&inner.name.as_str()) {
            let list =
                rules(policy, &world.tenant, dialect).into_iter().map(|rule| narrow(rule, inner)).collect();
            out[&inner.name] = Value::Array(list);
        }
    }
    out
}

/// Documentation wants one of these roles besides the scope; the service was not seen to insist.
fn readers_only(sim: &Sim, world: &World, caller: &Caller) -> Result<(), GraphError> {
    const READERS: &[&str] = &[
        "Global Reader",
        "Security Reader",
        "Security Operator",
        "Security Administrator",
        "Privileged Role Administrator",
        "Global Administrator",
    ];
    let may =
        !world.switches.policies_for_readers_only || directory::holds_any(world, caller, READERS, sim.now());
    if may { Ok(()) } else { Err(GraphError::denied()) }
}

/// `GET /policies/roleManagementPolicyAssignments`; a `$filter` with scope id and scope type is required.
pub(super) fn list(sim: &Sim, world: &World, caller: &Caller, call: &Call) -> Result<Reply, GraphError> {
    ASSIGNMENT.check_options(call)?;
    let filter = ASSIGNMENT.filter(call)?;
    let missing =
        || GraphError::bad_request("The required parameters scopeId and scopeType are missing from $filter.");
    let filter = filter.ok_or_else(missing)?;
    let most = ["roleDefinitionId", "scopeId"].map(|name| filter.values_of(name).len()).into_iter().max();
    if let Some(count) = most.filter(|count| *count > MOST_CLAUSES) {
        let message = format!(
            "Too many child clauses specified in search filter expression containing 'OR' operators: {count}. Max allowed: {MOST_CLAUSES}."
        );
        return Err(GraphError::new(400, "InvalidFilter", message));
    }
    let types = filter.values_of("scopeType");
    let rows: Vec<Value> = match types.as_slice() {
        [kind @ ("Directory" | "DirectoryRole")] => {
            scopes::pim(caller, scopes::ENTRA_POLICY)?;
            readers_only(sim, world, caller)?;
            let answered = match world.switches.directory_policy_scope_type {
                PolicyScopeType::Both => true,
                PolicyScopeType::DirectoryRole => *kind == "DirectoryRole",
                PolicyScopeType::Directory => *kind == "Directory",
            };
            let prefix = if world.switches.directory_policy_ids { "Directory" } else { kind };
            let roles = world.tenant.entra.roles.iter().filter(|_| answered);
            roles.map(|role| row(prefix, kind, &world.tenant.id, "/", &role.id)).collect()
        }
        ["Group"] => {
            scopes::pim(caller, scopes::GROUP_POLICY)?;
            readers_only(sim, world, caller)?;
            let wanted = filter.values_of("scopeId");
            if wanted.is_empty() {
                return Err(missing());
            }
            // Several groups in one filter answer nothing: the service does not combine them reliably.
            let groups = world
                .tenant
                .groups
                .list
                .iter()
                .filter(|g| wanted.len() == 1 && g.id.eq_ignore_ascii_case(wanted[0]));
            groups
                .flat_map(|group| {
                    let member = group.member_policy.as_ref().map(|_| "member");
                    let owner = group.owner_policy.as_ref().map(|_| "owner");
                    member
                        .into_iter()
                        .chain(owner)
                        .map(|access| row("Group", "Group", &group.id, &group.id, access))
                })
                .collect()
        }
        _ => {
            return Err(GraphError::new(
                400,
                "InvalidFilter",
                "The filter is invalid: exactly one scopeType is required.",
            ));
        }
    };
    let page = world.tenant.paging.policies;
    Ok(ASSIGNMENT.list(call, &sim.places.graph, page, rows, &|expand, row| navigate(world, expand, row))?)
}
