//! Directories, and subscriptions and management groups as a client sees them that cannot list at the tenant root.

use serde_json::{Value, json};

use super::{ArmError, Caller, list};
use crate::sim::Sim;
use crate::state::switches::Listed;
use crate::state::{Plane, World};
use crate::tenant::{AzureScope, Tenant};
use crate::wire::{Call, Reply};

/// Whether the caller sees a container: something is assigned to them there, above or below; by switch an eligibility
/// is enough.
fn sees(sim: &Sim, world: &World, caller: &Caller, id: &str) -> bool {
    let me = caller.person.object_id.as_str();
    let touches = |scope: &str| world.tenant.is_within(scope, id) || world.tenant.is_within(id, scope);
    let assigned = world.assignments_of(Plane::Azure, me, sim.now());
    let eligible = world.eligibilities_of(Plane::Azure, me, sim.now());
    assigned.iter().any(|a| touches(&a.target.scope))
        || (world.switches.azure_subscriptions == Listed::Eligible
            && eligible.iter().any(|e| touches(&e.target.scope)))
}

fn tenant_row(tenant: &Tenant) -> Value {
    let name = Some(tenant.name.as_str()).filter(|name| !name.is_empty());
    json!({
        "id": format!("/tenants/{}", tenant.id), "tenantId": tenant.id, "displayName": name, "countryCode": "CH",
        "defaultDomain": tenant.domain, "domains": [tenant.domain], "tenantCategory": "Home", "tenantType": "AAD",
    })
}

/// `GET /tenants`: every directory that the caller's account is in, whichever of them the token is of.
/// See <https://learn.microsoft.com/rest/api/resources/tenants/list>.
pub(super) fn tenants(sim: &Sim, world: &World, caller: &Caller, call: &Call) -> Result<Reply, ArmError> {
    list(sim, world, call, sim.directories_of(caller.person.account(), tenant_row))
}

fn subscription_row(world: &World, scope: &AzureScope) -> Value {
    let id = scope.id.rsplit('/').next().unwrap_or_default();
    json!({
        "id": scope.id, "subscriptionId": id, "tenantId": world.tenant.id, "displayName": scope.name, "state": "Enabled",
        "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionPolicies": { "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off" },
    })
}

fn seen<'w>(sim: &Sim, world: &'w World, caller: &Caller, kind: &str) -> Vec<&'w AzureScope> {
    let of_kind = world.tenant.azure.scopes.iter().filter(|scope| scope.kind == kind);
    of_kind.filter(|scope| sees(sim, world, caller, &scope.id)).collect()
}

/// `GET /subscriptions`. See <https://learn.microsoft.com/rest/api/resources/subscriptions/list>.
pub(super) fn subscriptions(
    sim: &Sim,
    world: &World,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, ArmError> {
    let rows = seen(sim, world, caller, "subscription");
    list(sim, world, call, rows.into_iter().map(|scope| subscription_row(world, scope)).collect())
}

/// `GET /subscriptions/{id}`. See <https://learn.microsoft.com/rest/api/resources/subscriptions/get>.
pub(super) fn subscription(sim: &Sim, world: &World, caller: &Caller, id: &str) -> Result<Reply, ArmError> {
    let full = format!("/subscriptions/{id}");
    let missing =
        || ArmError::new(404, "SubscriptionNotFound", format!("The subscription '{id}' could not be found."));
    let scope = world.tenant.scope_by_id(&full).ok_or_else(missing)?;
    if !sees(sim, world, caller, &scope.id) {
        return Err(ArmError::authorization_failed(caller, "Microsoft.Resources/subscriptions/read", &full));
    }
    Ok(Reply::json(200, subscription_row(world, scope)))
}

/// `GET /providers/Microsoft.Management/managementGroups`.
/// See <https://learn.microsoft.com/rest/api/managementgroups/management-groups/list>.
pub(super) fn management_groups(
    sim: &Sim,
    world: &World,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, ArmError> {
    let rows = seen(sim, world, caller, "managementgroup").into_iter().map(|scope| {
        json!({
            "id": scope.id,
            "type": "Microsoft.Management/managementGroups",
            "name": scope.id.rsplit('/').next(),
            "properties": { "tenantId": world.tenant.id, "displayName": scope.name },
        })
    });
    list(sim, world, call, rows.collect())
}
