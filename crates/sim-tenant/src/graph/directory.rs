//! Directory objects: the signed-in user, role definitions, administrative units, and what only readers may see.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Caller, GraphError, scopes};
use crate::random::stable_guid;
use crate::sim::Sim;
use crate::state::{Plane, World};
use crate::tenant::{Persona, Tenant};
use crate::wire::odata::Shape;
use crate::wire::{Call, Reply};

const USER: Shape<'_> = Shape {
    entity: "user",
    context: "users",
    properties: &[
        "id",
        "displayName",
        "userPrincipalName",
        "mail",
        "givenName",
        "surname",
        "jobTitle",
        "businessPhones",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "userType",
        "accountEnabled",
    ],
    navigations: &[],
    options: &["select", "expand"],
};

const UNIT: Shape<'_> = Shape {
    entity: "administrativeUnit",
    context: "directory/administrativeUnits",
    properties: &[
        "id",
        "deletedDateTime",
        "displayName",
        "description",
        "membershipRule",
        "membershipType",
        "visibility",
    ],
    navigations: &[],
    options: &["select"],
};

const CONTEXT: Shape<'_> = Shape {
    entity: "authenticationContextClassReference",
    context: "identity/conditionalAccess/authenticationContextClassReferences",
    properties: &["id", "displayName", "description", "isAvailable"],
    navigations: &[],
    options: &["select", "filter"],
};

fn user(person: &Persona) -> Value {
    let (given, surname) = person.display_name.split_once(' ').unwrap_or((&person.display_name, ""));
    json!({
        "businessPhones": [],
        "displayName": person.display_name,
        "givenName": given,
        "jobTitle": person.job_title,
        "mail": person.mail.as_ref().unwrap_or(&person.upn),
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": surname,
        "userPrincipalName": person.upn,
        "id": person.object_id,
    })
}

/// `GET /me`. See <https://learn.microsoft.com/graph/api/user-get>.
pub(super) fn me(sim: &Sim, caller: &Caller, call: &Call) -> Result<Reply, GraphError> {
    scopes::plain(caller, scopes::ME)?;
    let mut row = user(&caller.person);
    if call.param("$select").is_some() {
        row["userType"] = json!(if caller.person.guest { "Guest" } else { "Member" });
        row["accountEnabled"] = json!(true);
    }
    Ok(USER.entity(call, &sim.places.graph, 200, &row, &|_, _| Value::Null)?)
}

/// Whether the caller holds one of these directory roles right now, permanently or by activating it.
pub(super) fn holds_any(world: &World, caller: &Caller, roles: &[&str], now: Timestamp) -> bool {
    let held = world.assignments_of(Plane::Entra, &caller.person.object_id, now);
    let mut names = held.iter().filter_map(|a| world.tenant.role_by_id(&a.target.role));
    caller.person.security_reader || names.any(|role| roles.contains(&role.name.as_str()))
}

/// A role definition, or null.
pub(super) fn role_definition(world: &World, id: &str) -> Value {
    world.tenant.role_by_id(id).map_or(Value::Null, |role| {
        json!({
            "id": role.id,
            "description": role.description,
            "displayName": role.name,
            "isBuiltIn": !role.custom,
            "isEnabled": true,
            "templateId": role.id,
            "version": if role.custom { Value::Null } else { json!("1") },
            "resourceScopes": ["/"],
            "rolePermissions": [],
        })
    })
}

/// A person or group as `$expand=principal` shows it.
pub(super) fn principal(world: &World, id: &str) -> Value {
    if let Some(person) = world.tenant.persona_by_id(id) {
        let mut row = user(person);
        row["@odata.type"] = json!("#microsoft.graph.user");
        return row;
    }
    let mut row = group(world, id);
    if !row.is_null() {
        row["@odata.type"] = json!("#microsoft.graph.group");
    }
    row
}

/// A group as `$expand=group` shows it; some come without a name.
pub(super) fn group(world: &World, id: &str) -> Value {
    world.tenant.group_by_id(id).map_or(Value::Null, |group| {
        let nameless = group.nameless || world.switches.group_names_null;
        json!({
            "id": group.id,
            "displayName": if nameless { Value::Null } else { json!(group.name) },
            "description": if nameless { Value::Null } else { json!(group.description) },
            "mailEnabled": false,
            "securityEnabled": true,
            "isAssignableToRole": true,
        })
    })
}

/// The object behind a directory scope; null for the whole directory.
pub(super) fn directory_scope(world: &World, scope: &str) -> Value {
    if let Some(id) = scope.strip_prefix("/administrativeUnits/") {
        let unit = world.tenant.entra.administrative_units.iter().find(|u| u.id == id);
        return unit.map_or(Value::Null, |u| {
            json!({ "@odata.type": "#microsoft.graph.administrativeUnit", "id": u.id, "displayName": u.name })
        });
    }
    let application =
        world.tenant.entra.applications.iter().find(|a| scope.strip_prefix('/') == Some(a.id.as_str()));
    application.map_or(
        Value::Null,
        |a| json!({ "@odata.type": "#microsoft.graph.application", "id": a.id, "displayName": a.name }),
    )
}

impl Tenant {
    /// The name of what a directory scope id points at.
    pub(crate) fn directory_scope_name(&self, scope: &str) -> Option<&str> {
        let id = scope.rsplit('/').next().filter(|id| !id.is_empty())?;
        let named = self.entra.administrative_units.iter().chain(&self.entra.applications);
        named.clone().find(|n| n.id == id).map(|n| n.name.as_str())
    }
}

/// `GET /directory/administrativeUnits/{id}`; guests need a directory role for it.
/// See <https://learn.microsoft.com/graph/api/administrativeunit-get>.
pub(super) fn administrative_unit(
    sim: &Sim,
    world: &World,
    caller: &Caller,
    call: &Call,
    id: &str,
) -> Result<Reply, GraphError> {
    scopes::plain(caller, scopes::ADMINISTRATIVE_UNIT)?;
    let role = || world.assignments_of(Plane::Entra, &caller.person.object_id, sim.now()).is_empty();
    if caller.person.forbidden || (caller.person.guest && role()) {
        return Err(GraphError::denied());
    }
    let unit = world.tenant.entra.administrative_units.iter().find(|u| u.id.eq_ignore_ascii_case(id));
    let unit = unit.ok_or_else(|| GraphError::not_found(id))?;
    let row = json!({
        "id": unit.id, "deletedDateTime": null, "displayName": unit.name, "description": null,
        "membershipRule": null, "membershipType": null, "membershipRuleProcessingState": null, "visibility": null,
    });
    Ok(UNIT.entity(call, &sim.places.graph, 200, &row, &|_, _| Value::Null)?)
}

/// Names of authentication contexts: neither `Policy.Read.All` nor an ordinary user reads them, says the documentation.
/// See <https://learn.microsoft.com/graph/api/conditionalaccessroot-list-authenticationcontextclassreferences>.
pub(super) fn authentication_contexts(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, GraphError> {
    conditional_access_limit(sim, world)?;
    if world.switches.contexts_readable {
        scopes::plain(caller, scopes::CONDITIONAL_ACCESS)?;
    } else {
        scopes::plain(caller, scopes::AUTHENTICATION_CONTEXT)?;
        readers_of_conditional_access(sim, world, caller)?;
    }
    let rows = world.tenant.authentication_contexts.iter();
    let rows = rows
        .map(|(id, name)| json!({ "id": id, "displayName": name, "description": name, "isAvailable": true }));
    Ok(CONTEXT.list(call, &sim.places.graph, 100, rows.collect(), &|_, _| Value::Null)?)
}

/// One call a second for the whole tenant, and no word about when to try again.
fn conditional_access_limit(sim: &Sim, world: &mut World) -> Result<(), GraphError> {
    let fits = !world.switches.throttles || world.throttles.conditional_access.admit(sim.now());
    if fits { Ok(()) } else { Err(GraphError::throttled()) }
}

fn readers_of_conditional_access(sim: &Sim, world: &World, caller: &Caller) -> Result<(), GraphError> {
    const READERS: &[&str] = &[
        "Security Reader",
        "Global Reader",
        "Conditional Access Administrator",
        "Security Administrator",
        "Global Administrator",
    ];
    if holds_any(world, caller, READERS, sim.now()) { Ok(()) } else { Err(GraphError::denied()) }
}

/// Conditional Access policies need a reader role besides the scope. There is one policy for each authentication context.
/// See <https://learn.microsoft.com/graph/api/conditionalaccessroot-list-policies>.
pub(super) fn conditional_access(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, GraphError> {
    conditional_access_limit(sim, world)?;
    scopes::plain(caller, scopes::CONDITIONAL_ACCESS)?;
    readers_of_conditional_access(sim, world, caller)?;
    let shape = Shape {
        entity: "conditionalAccessPolicy",
        context: "identity/conditionalAccess/policies",
        properties: &[
            "id",
            "displayName",
            "createdDateTime",
            "modifiedDateTime",
            "state",
            "conditions",
            "grantControls",
            "sessionControls",
        ],
        navigations: &[],
        options: &["select", "filter"],
    };
    let rows = world.tenant.authentication_contexts.iter().map(|(id, name)| {
        json!({
            "id": stable_guid(&["conditional access", id]),
            "displayName": format!("Require: {name}"),
            "createdDateTime": null,
            "modifiedDateTime": null,
            "state": "enabled",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {
                    "includeApplications": [], "excludeApplications": [], "includeUserActions": [],
                    "includeAuthenticationContextClassReferences": [id],
                },
                "users": { "includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": [],
                    "includeRoles": [], "excludeRoles": [] },
            },
            "grantControls": { "operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": [], "termsOfUse": [] },
            "sessionControls": null,
        })
    });
    Ok(shape.list(call, &sim.places.graph, 100, rows.collect(), &|_, _| Value::Null)?)
}

/// `GET /me/memberOf`: groups, through PIM or without it, and directory roles. Of what the token cannot read only type and
/// id are given. See <https://learn.microsoft.com/graph/api/user-list-memberof>.
pub(super) fn member_of(sim: &Sim, world: &World, caller: &Caller, call: &Call) -> Result<Reply, GraphError> {
    scopes::plain(caller, scopes::ME)?;
    let me = &caller.person;
    let shape = Shape {
        entity: "directoryObject",
        context: "directoryObjects",
        properties: &["id", "displayName", "description", "roleTemplateId"],
        navigations: &[],
        options: &["select", "filter"],
    };
    let held = world.assignments_of(Plane::Groups, &me.object_id, sim.now());
    let joined = held.iter().filter(|a| a.target.role == "member").map(|a| a.target.scope.as_str());
    let always =
        me.member_of.iter().filter_map(|name| world.tenant.group_by_name(name)).map(|g| g.id.as_str());
    let groups: BTreeSet<&str> = joined.chain(always).collect();
    let named = world.switches.member_of_names;
    let groups = groups.into_iter().filter_map(|id| world.tenant.group_by_id(id)).map(|group| {
        let name = Some(&group.name).filter(|_| named);
        json!({ "@odata.type": "#microsoft.graph.group", "id": group.id, "displayName": name, "description": null })
    });
    let roles = world.assignments_of(Plane::Entra, &me.object_id, sim.now());
    let roles = roles.iter().filter(|a| a.target.scope == "/");
    let roles = roles.filter_map(|a| world.tenant.role_by_id(&a.target.role)).map(|role| {
        json!({ "@odata.type": "#microsoft.graph.directoryRole", "id": stable_guid(&["directory role", &role.id]),
            "displayName": role.name, "description": role.description, "roleTemplateId": role.id })
    });
    let rows = groups.chain(roles).collect();
    Ok(shape.list(call, &sim.places.graph, world.tenant.paging.groups, rows, &|_, _| Value::Null)?)
}
