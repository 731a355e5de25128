//! Directory roles: `/roleManagement/directory`.
//! See <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::requests::{self, About, Body};
use super::{Caller, GraphError, directory, on_of, scopes};
use crate::engine;
use crate::sim::Sim;
use crate::state::{Assignment, Eligibility, Plane, RoleRequest, Target, World};
use crate::wire::duration::{stamp, stamp_or_null};
use crate::wire::filter::Filter;
use crate::wire::odata::{Expand, Shape, project};
use crate::wire::{Call, Reply};

const OPTIONS: &[&str] = &["select", "filter", "expand"];

const ELIGIBILITY: Shape<'_> = Shape {
    entity: "unifiedRoleEligibilityScheduleInstance",
    context: "Collection(unifiedRoleEligibilityScheduleInstance)",
    properties: &[
        "id",
        "principalId",
        "roleDefinitionId",
        "directoryScopeId",
        "appScopeId",
        "startDateTime",
        "endDateTime",
        "memberType",
        "roleEligibilityScheduleId",
    ],
    navigations: &["roleDefinition", "principal", "directoryScope", "appScope"],
    options: OPTIONS,
};

const ASSIGNMENT: Shape<'_> = Shape {
    entity: "unifiedRoleAssignmentScheduleInstance",
    context: "Collection(unifiedRoleAssignmentScheduleInstance)",
    properties: &[
        "id",
        "principalId",
        "roleDefinitionId",
        "directoryScopeId",
        "appScopeId",
        "startDateTime",
        "endDateTime",
        "assignmentType",
        "memberType",
        "roleAssignmentOriginId",
        "roleAssignmentScheduleId",
    ],
    navigations: &["roleDefinition", "principal", "directoryScope", "appScope", "activatedUsing"],
    options: OPTIONS,
};

const REQUEST: Shape<'_> = Shape {
    entity: "unifiedRoleAssignmentScheduleRequest",
    context: "roleManagement/directory/roleAssignmentScheduleRequests",
    properties: &[
        "id",
        "status",
        "createdDateTime",
        "completedDateTime",
        "approvalId",
        "customData",
        "createdBy",
        "action",
        "principalId",
        "roleDefinitionId",
        "directoryScopeId",
        "appScopeId",
        "isValidationOnly",
        "targetScheduleId",
        "justification",
        "scheduleInfo",
        "ticketInfo",
    ],
    navigations: &[
        "roleDefinition",
        "principal",
        "directoryScope",
        "appScope",
        "activatedUsing",
        "targetSchedule",
    ],
    options: OPTIONS,
};

const DEFINITION: Shape<'_> = Shape {
    entity: "unifiedRoleDefinition",
    context: "roleManagement/directory/roleDefinitions",
    properties: &[
        "id",
        "description",
        "displayName",
        "isBuiltIn",
        "isEnabled",
        "templateId",
        "version",
        "resourceScopes",
        "rolePermissions",
    ],
    navigations: &["inheritsPermissionsFrom"],
    options: OPTIONS,
};

fn eligibility_row(e: &Eligibility) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.unifiedRoleEligibilityScheduleInstance",
        "id": e.instance_id,
        "principalId": e.listed_principal,
        "roleDefinitionId": e.target.role,
        "directoryScopeId": e.target.scope,
        "appScopeId": null,
        "startDateTime": stamp(e.start),
        "endDateTime": stamp_or_null(e.end),
        "memberType": e.member_type,
        "roleEligibilityScheduleId": e.schedule_id,
    })
}

fn assignment_row(a: &Assignment) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.unifiedRoleAssignmentScheduleInstance",
        "id": a.instance_id,
        "principalId": a.principal,
        "roleDefinitionId": a.target.role,
        "directoryScopeId": a.target.scope,
        "appScopeId": null,
        "startDateTime": stamp(a.start),
        "endDateTime": stamp_or_null(a.end),
        "assignmentType": if a.activated { "Activated" } else { "Assigned" },
        "memberType": a.member_type,
        "roleAssignmentOriginId": a.instance_id,
        "roleAssignmentScheduleId": a.schedule_id,
    })
}

fn request_row(request: &RoleRequest, now: jiff::Timestamp) -> Value {
    let mut row = requests::common(request, now);
    row["createdBy"] = json!({ "application": null, "device": null, "user": { "displayName": null, "id": request.requestor() } });
    row["roleDefinitionId"] = json!(request.target.role);
    row["directoryScopeId"] = json!(request.target.scope);
    row["appScopeId"] = Value::Null;
    row["targetScheduleId"] = json!(request.target_schedule());
    if let Value::Object(info) = &mut row["scheduleInfo"] {
        info.insert("recurrence".to_owned(), Value::Null);
    }
    row
}

fn navigate(world: &World, expand: &Expand, row: &Value) -> Value {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    match expand.name.as_str() {
        "roleDefinition" => directory::role_definition(world, text("roleDefinitionId")),
        "principal" => directory::principal(world, text("principalId")),
        "directoryScope" => directory::directory_scope(world, text("directoryScopeId")),
        "activatedUsing" => activated_using(world, row),
        "targetSchedule" => target_schedule(world, row),
        _ => Value::Null,
    }
}

/// The eligibility an activation used; null for anything assigned.
fn activated_using(world: &World, row: &Value) -> Value {
    let used =
        world.assignments.iter().find(|a| row["id"].as_str() == Some(a.instance_id.as_str()) && a.activated);
    let used = used.and_then(|a| a.eligibility.as_deref());
    world
        .eligibilities
        .iter()
        .find(|e| used == Some(e.instance_id.as_str()))
        .map_or(Value::Null, eligibility_row)
}

fn target_schedule(world: &World, row: &Value) -> Value {
    let schedule = world.assignments.iter().find(|a| row["id"].as_str() == Some(a.schedule_id.as_str()));
    schedule.map_or(Value::Null, |a| {
        json!({
            "id": a.schedule_id, "principalId": a.principal, "roleDefinitionId": a.target.role,
            "directoryScopeId": a.target.scope, "appScopeId": null, "createdUsing": a.schedule_id,
            "createdDateTime": stamp(a.start), "modifiedDateTime": stamp(a.start), "status": "Provisioned",
            "assignmentType": if a.activated { "Activated" } else { "Assigned" }, "memberType": a.member_type,
            "scheduleInfo": { "startDateTime": stamp(a.start), "recurrence": null,
                "expiration": { "type": "afterDateTime", "endDateTime": stamp_or_null(a.end), "duration": null } },
        })
    })
}

/// Which of a person's requests a `filterByCurrentUser` means. Those that `$filter` rules out by their status are left
/// out at once, before anything is printed.
pub(super) fn requests_on<'w>(
    world: &'w World,
    plane: Plane,
    caller: &Caller,
    on: &str,
    (filter, now): (Option<&Filter>, Timestamp),
) -> Result<Vec<&'w RoleRequest>, GraphError> {
    let me = caller.person.object_id.as_str();
    let status = filter.and_then(|f| f.required("status"));
    let all = world
        .requests
        .iter()
        .filter(|r| r.target.plane == plane && !r.is_about_eligibility() && world.is_known(r, now))
        .filter(|r| status.is_none_or(|status| r.status_at(now).eq_ignore_ascii_case(status)));
    match on {
        "principal" | "createdby" => Ok(all.filter(|r| r.principal == me).collect()),
        "approver" => Ok(all
            .filter(|r| r.principal != me && r.is_pending(now) && world.approvers(&r.target).contains(me))
            .collect()),
        other => Err(unknown_on(other)),
    }
}

/// `filterByCurrentUser` with a value it does not have.
pub(super) fn unknown_on(on: &str) -> GraphError {
    GraphError::bad_request(format!(
        "The value '{on}' is not valid for the parameter 'on' of 'filterByCurrentUser'."
    ))
}

/// Answers below `/roleManagement/directory`; `rest` is lower case, `original` as sent.
pub(super) fn route(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    rest: &[&str],
    original: &[&str],
) -> Result<Reply, GraphError> {
    let now = sim.now();
    let base = &sim.places.graph;
    let page = world.tenant.paging.entra;
    let me = caller.person.object_id.as_str();
    match (call.method.as_str(), rest) {
        ("GET", ["roleeligibilityscheduleinstances", function]) if on_of(function).is_some() => {
            scopes::pim(caller, scopes::ENTRA_ELIGIBILITY)?;
            only_principal(function)?;
            let rows =
                world.eligibilities_of(Plane::Entra, me, now).into_iter().map(eligibility_row).collect();
            Ok(ELIGIBILITY.list(call, base, page, rows, &|e, row| navigate(world, e, row))?)
        }
        ("GET", ["roleassignmentscheduleinstances", function]) if on_of(function).is_some() => {
            scopes::pim(caller, scopes::ENTRA_ASSIGNMENT)?;
            only_principal(function)?;
            let rows = world.assignments_of(Plane::Entra, me, now).into_iter().map(assignment_row).collect();
            Ok(ASSIGNMENT.list(call, base, page, rows, &|e, row| navigate(world, e, row))?)
        }
        ("GET", ["roleeligibilityschedulerequests", function]) if on_of(function).is_some() => {
            only_principal(function)?;
            let own = world.requests.iter().filter(|r| {
                r.target.plane == Plane::Entra
                    && r.principal == me
                    && r.is_about_eligibility()
                    && world.is_known(r, now)
            });
            let print = |r: &&RoleRequest| request_row(r, now);
            let own = own.collect();
            Ok(REQUEST.list_of(call, base, page, own, &print, &|e, row| navigate(world, e, row))?)
        }
        ("GET", ["roleassignmentschedulerequests", function]) if on_of(function).is_some() => {
            scopes::pim(caller, scopes::ENTRA_REQUEST)?;
            let on = on_of(function).unwrap_or_default();
            let own = requests_on(world, Plane::Entra, caller, on, (REQUEST.filter(call)?.as_ref(), now))?;
            let print = |r: &&RoleRequest| request_row(r, now);
            Ok(REQUEST.list_of(call, base, page, own, &print, &|e, row| navigate(world, e, row))?)
        }
        // The unfiltered lists need a reader role in the directory.
        (
            "GET",
            [
                "roleeligibilityscheduleinstances"
                | "roleassignmentscheduleinstances"
                | "roleassignmentschedulerequests",
            ],
        ) => {
            scopes::pim(caller, scopes::ENTRA_REQUEST)?;
            Err(GraphError::denied())
        }
        ("GET", ["roleassignmentschedulerequests" | "roleeligibilityschedulerequests", id]) => {
            scopes::pim(caller, scopes::ENTRA_REQUEST)?;
            let found = requests::find(world, Plane::Entra, caller, id, now);
            let row = found.map(|r| request_row(r, now)).ok_or_else(|| GraphError::not_found(original[1]))?;
            Ok(REQUEST.entity(call, base, 200, &row, &|e, row| navigate(world, e, row))?)
        }
        ("POST", [collection @ ("roleassignmentschedulerequests" | "roleeligibilityschedulerequests")]) => {
            let about = if *collection == "roleassignmentschedulerequests" {
                About::Assignments
            } else {
                About::Eligibilities
            };
            scopes::pim(caller, scopes::ENTRA_REQUEST)?;
            let body = Body::read(call)?;
            let scope = body.text("directoryScopeId").or_else(|| body.text("appScopeId"));
            let target = Target {
                plane: Plane::Entra,
                role: body.required("roleDefinitionId")?,
                scope: scope.ok_or_else(|| {
                    GraphError::bad_request("Either directoryScopeId or appScopeId is required.")
                })?,
            };
            if world.tenant.role_by_id(&target.role).is_none() {
                return Err(GraphError::new(400, "RoleNotFound", "The role definition could not be found."));
            }
            let request = requests::submit(now, world, caller, call, &body, target, about)?;
            let row = request_row(&request, now);
            Ok(REQUEST.entity(call, base, 201, &row, &|e, row| navigate(world, e, row))?)
        }
        ("POST", ["roleassignmentschedulerequests" | "roleeligibilityschedulerequests", id, "cancel"]) => {
            scopes::pim(caller, scopes::ENTRA_REQUEST)?;
            engine::cancel(world, &caller.asker(), id, now)?;
            Ok(Reply::empty(204))
        }
        ("GET", ["roledefinitions"]) => {
            scopes::pim(caller, scopes::ENTRA_DEFINITION)?;
            let rows =
                world.tenant.entra.roles.iter().map(|r| directory::role_definition(world, &r.id)).collect();
            Ok(DEFINITION.list(call, base, 100, rows, &|_, _| json!([]))?)
        }
        ("GET", ["roledefinitions", id]) => {
            scopes::pim(caller, scopes::ENTRA_DEFINITION)?;
            let row = directory::role_definition(world, id);
            if row.is_null() {
                Err(GraphError::not_found(id))
            } else {
                Ok(DEFINITION.entity(call, base, 200, &row, &|_, _| json!([]))?)
            }
        }
        _ => Err(GraphError::no_segment(original.first().copied().unwrap_or("directory"))),
    }
}

/// Instances know only `on='principal'`.
pub(super) fn only_principal(function: &str) -> Result<(), GraphError> {
    match on_of(function) {
        Some("principal") => Ok(()),
        other => Err(unknown_on(other.unwrap_or_default())),
    }
}

/// Selects inside something already expanded; used by policies.
pub(super) fn narrow(value: Value, expand: &Expand) -> Value {
    project(value, expand.select.as_deref(), &expand.inner)
}
