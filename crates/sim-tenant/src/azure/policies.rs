//! Role management policy assignments at a scope, with the rules inline.
//! See <https://learn.microsoft.com/rest/api/authorization/role-management-policy-assignments/list-for-scope>.

use serde_json::{Value, json};

use super::rows::full_id;
use super::{ArmError, Caller, Place, list as page};
use crate::policy::{Dialect, Policy, rules};
use crate::random::stable_guid;
use crate::sim::Sim;
use crate::state::World;
use crate::wire::filter::Filter;
use crate::wire::{Call, Reply};

fn row(world: &World, place: &Place, role_id: &str, policy: &Policy) -> Value {
    // Rows are kept under lower-case ids; print the one Azure would.
    let role = world.tenant.azure_role(role_id);
    let role_id = role.map_or_else(|| role_id.to_owned(), |r| r.definition_id_at(&place.scope));
    let policy_guid = stable_guid(&["policy", &place.scope, &role_id]);
    let name = format!("{policy_guid}_{}", role_id.rsplit('/').next().unwrap_or_default());
    let scope = world.tenant.scope_by_id(&place.scope);
    json!({
        "properties": {
            "scope": place.scope,
            "roleDefinitionId": role_id,
            "policyId": full_id(&place.scope, "roleManagementPolicies", &policy_guid),
            "effectiveRules": rules(policy, &world.tenant, Dialect::Arm),
            "policyAssignmentProperties": {
                "scope": { "id": place.scope, "displayName": scope.map(|s| &s.name), "type": scope.map(|s| &s.kind) },
                "roleDefinition": {
                    "id": role_id,
                    "displayName": role.map(|r| &r.name),
                    "type": if role.is_some_and(|r| r.custom) { "CustomRole" } else { "BuiltInRole" },
                },
                "policy": { "id": full_id(&place.scope, "roleManagementPolicies", &policy_guid), "lastModifiedDateTime": null },
            },
        },
        "name": name,
        "id": full_id(&place.scope, "roleManagementPolicyAssignments", &name),
        "type": "Microsoft.Authorization/RoleManagementPolicyAssignments",
    })
}

/// `GET {scope}/…/roleManagementPolicyAssignments`; refused where the caller may not read policies.
pub(super) fn list(
    sim: &Sim,
    world: &World,
    caller: &Caller,
    call: &Call,
    place: &Place,
) -> Result<Reply, ArmError> {
    let action = "Microsoft.Authorization/roleManagementPolicyAssignments/read";
    let scope = world.tenant.scope_by_id(&place.scope);
    let hidden = scope.is_none_or(|s| s.policies_hidden_from.contains(&caller.person.key));
    if hidden {
        return Err(ArmError::authorization_failed(caller, action, &place.scope));
    }
    let filter = match call.param("$filter") {
        None => None,
        Some(text) => {
            let filter = Filter::parse(text).map_err(|_| ArmError::bad_filter(text))?;
            if filter.properties().iter().any(|p| *p != "roleDefinitionId") {
                return Err(ArmError::bad_filter(text));
            }
            Some(filter)
        }
    };
    let wanted = filter.as_ref().map(|f| f.values_of("roleDefinitionId"));
    let rows = world
        .azure_policies_at(&place.scope)
        .into_iter()
        .filter(|(role, _)| wanted.as_ref().is_none_or(|w| w.iter().any(|id| id.eq_ignore_ascii_case(role))))
        .map(|(role, policy)| row(world, place, &role, policy));
    page(sim, world, call, rows.collect())
}
