//! PIM for Groups: `/identityGovernance/privilegedAccess/group`.
//! See <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>.

use serde_json::{Value, json};

use super::entra::{only_principal, requests_on};
use super::requests::{self, About, Body};
use super::{Caller, GraphError, directory, on_of, scopes};
use crate::engine;
use crate::sim::Sim;
use crate::state::{Assignment, Eligibility, Plane, RoleRequest, Target, World};
use crate::wire::duration::{stamp, stamp_or_null};
use crate::wire::odata::{Expand, Shape};
use crate::wire::{Call, Reply};

const OPTIONS: &[&str] = &["select", "filter", "expand"];

const ELIGIBILITY: Shape<'_> = Shape {
    entity: "privilegedAccessGroupEligibilityScheduleInstance",
    context: "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances",
    properties: &[
        "id",
        "startDateTime",
        "endDateTime",
        "accessId",
        "groupId",
        "memberType",
        "principalId",
        "eligibilityScheduleId",
    ],
    navigations: &["group", "principal"],
    options: OPTIONS,
};

const ASSIGNMENT: Shape<'_> = Shape {
    entity: "privilegedAccessGroupAssignmentScheduleInstance",
    context: "identityGovernance/privilegedAccess/group/assignmentScheduleInstances",
    properties: &[
        "id",
        "startDateTime",
        "endDateTime",
        "accessId",
        "groupId",
        "memberType",
        "principalId",
        "assignmentType",
        "assignmentScheduleId",
    ],
    navigations: &["group", "principal", "activatedUsing"],
    options: OPTIONS,
};

const REQUEST: Shape<'_> = Shape {
    entity: "privilegedAccessGroupAssignmentScheduleRequest",
    context: "identityGovernance/privilegedAccess/group/assignmentScheduleRequests",
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
        "accessId",
        "groupId",
        "isValidationOnly",
        "targetScheduleId",
        "justification",
        "scheduleInfo",
        "ticketInfo",
    ],
    navigations: &["group", "principal", "activatedUsing", "targetSchedule"],
    options: OPTIONS,
};

/// The live service prints these enums in lower case, the documentation capitalised.
fn cased(world: &World, value: &str) -> String {
    if world.switches.groups_capitalised { value.to_owned() } else { value.to_ascii_lowercase() }
}

fn eligibility_row(world: &World, e: &Eligibility) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.privilegedAccessGroupEligibilityScheduleInstance",
        "id": e.instance_id,
        "startDateTime": stamp(e.start),
        "endDateTime": stamp_or_null(e.end),
        "memberType": cased(world, &e.member_type),
        "principalId": e.listed_principal,
        "accessId": e.target.role,
        "groupId": e.target.scope,
        "eligibilityScheduleId": format!("{}_{}_{}", e.target.scope, e.target.role, e.schedule_id),
    })
}

fn assignment_row(world: &World, a: &Assignment) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.privilegedAccessGroupAssignmentScheduleInstance",
        "id": a.instance_id,
        "startDateTime": if a.dateless { Value::Null } else { stamp(a.start) },
        "endDateTime": stamp_or_null(a.end),
        "accessId": a.target.role,
        "principalId": a.principal,
        "groupId": a.target.scope,
        "memberType": cased(world, &a.member_type),
        "assignmentType": cased(world, if a.activated { "Activated" } else { "Assigned" }),
        "assignmentScheduleId": format!("{}_{}_{}", a.target.scope, a.target.role, a.schedule_id),
    })
}

fn request_row(request: &RoleRequest, now: jiff::Timestamp) -> Value {
    let mut row = requests::common(request, now);
    row["createdBy"] = json!({ "user": { "id": request.requestor() } });
    row["accessId"] = json!(request.target.role);
    row["groupId"] = json!(request.target.scope);
    row["targetScheduleId"] =
        json!(format!("{}_{}_{}", request.target.scope, request.target.role, request.target_schedule()));
    row
}

fn navigate(world: &World, expand: &Expand, row: &Value) -> Value {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    match expand.name.as_str() {
        "group" => directory::group(world, text("groupId")),
        "principal" => directory::principal(world, text("principalId")),
        "activatedUsing" => {
            let used = world
                .assignments
                .iter()
                .find(|a| a.instance_id == text("id"))
                .and_then(|a| a.eligibility.as_ref());
            let found = world.eligibilities.iter().find(|e| used == Some(&e.instance_id));
            found.map_or(Value::Null, |e| eligibility_row(world, e))
        }
        _ => Value::Null,
    }
}

/// Answers below `/identityGovernance/privilegedAccess/group`.
pub(super) fn route(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    rest: &[&str],
    original: &[&str],
) -> Result<Reply, GraphError> {
    if caller.person.forbidden {
        // The service's own words for a caller it does not serve, whatever the token's scopes say.
        let named = [
            "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
            "PrivilegedAccess.ReadWrite.AzureADGroup",
        ];
        return Err(GraphError::scope_missing(&named));
    }
    let now = sim.now();
    let base = &sim.places.graph;
    let page = world.tenant.paging.groups;
    let me = caller.person.object_id.as_str();
    match (call.method.as_str(), rest) {
        ("GET", ["eligibilityscheduleinstances", function]) if on_of(function).is_some() => {
            scopes::groups(world, caller, scopes::GROUP_ELIGIBILITY)?;
            only_principal(function)?;
            let own = world.eligibilities_of(Plane::Groups, me, now);
            let rows = own.into_iter().map(|e| eligibility_row(world, e)).collect();
            Ok(ELIGIBILITY.list(call, base, page, rows, &|e, row| navigate(world, e, row))?)
        }
        ("GET", ["assignmentscheduleinstances", function]) if on_of(function).is_some() => {
            scopes::groups(world, caller, scopes::GROUP_ASSIGNMENT)?;
            only_principal(function)?;
            let own = world.assignments_of(Plane::Groups, me, now);
            let rows = own.into_iter().map(|a| assignment_row(world, a)).collect();
            Ok(ASSIGNMENT.list(call, base, page, rows, &|e, row| navigate(world, e, row))?)
        }
        ("GET", ["eligibilityschedulerequests", function]) if on_of(function).is_some() => {
            only_principal(function)?;
            let own = world.requests.iter().filter(|r| {
                r.target.plane == Plane::Groups
                    && r.principal == me
                    && r.is_about_eligibility()
                    && world.is_known(r, now)
            });
            let print = |r: &&RoleRequest| request_row(r, now);
            let own = own.collect();
            Ok(REQUEST.list_of(call, base, page, own, &print, &|e, row| navigate(world, e, row))?)
        }
        ("GET", ["assignmentschedulerequests", function]) if on_of(function).is_some() => {
            scopes::groups(world, caller, scopes::GROUP_REQUEST)?;
            let on = on_of(function).unwrap_or_default();
            let own = requests_on(world, Plane::Groups, caller, on, (REQUEST.filter(call)?.as_ref(), now))?;
            let print = |r: &&RoleRequest| request_row(r, now);
            Ok(REQUEST.list_of(call, base, page, own, &print, &|e, row| navigate(world, e, row))?)
        }
        (
            "GET",
            [
                kind @ ("eligibilityscheduleinstances"
                | "assignmentscheduleinstances"
                | "assignmentschedulerequests"),
            ],
        ) => unfiltered(sim, world, caller, call, kind),
        ("GET", ["assignmentschedulerequests" | "eligibilityschedulerequests", id]) => {
            scopes::groups(world, caller, scopes::GROUP_REQUEST)?;
            let found = requests::find(world, Plane::Groups, caller, id, now);
            let row = found.map(|r| request_row(r, now)).ok_or_else(|| GraphError::not_found(original[1]))?;
            Ok(REQUEST.entity(call, base, 200, &row, &|e, row| navigate(world, e, row))?)
        }
        ("POST", [collection @ ("assignmentschedulerequests" | "eligibilityschedulerequests")]) => {
            let about = if *collection == "assignmentschedulerequests" {
                About::Assignments
            } else {
                About::Eligibilities
            };
            scopes::groups(world, caller, scopes::GROUP_REQUEST)?;
            let body = Body::read(call)?;
            if world.switches.group_ticket_refused && body.has("ticketInfo") {
                return Err(GraphError::bad_request(
                    "The property 'ticketInfo' does not exist on type 'microsoft.graph.privilegedAccessGroupAssignmentScheduleRequest'. Make sure to only use property names that are defined by the type.",
                ));
            }
            let access = body.required("accessId")?.to_ascii_lowercase();
            if !["member", "owner"].contains(&access.as_str()) {
                return Err(GraphError::bad_request(format!(
                    "The value '{access}' is not valid for accessId."
                )));
            }
            let target = Target { plane: Plane::Groups, role: access, scope: body.required("groupId")? };
            if world.tenant.group_by_id(&target.scope).is_none() {
                return Err(GraphError::new(400, "ResourceNotFound", "The group could not be found."));
            }
            let request = requests::submit(now, world, caller, call, &body, target, about)?;
            Ok(REQUEST
                .entity(call, base, 201, &request_row(&request, now), &|e, row| navigate(world, e, row))?)
        }
        (_, ["assignmentapprovals", rest @ ..]) => {
            scopes::groups(world, caller, scopes::GROUP_REQUEST)?;
            super::approvals::groups(sim, world, caller, call, rest)
        }
        ("POST", ["assignmentschedulerequests" | "eligibilityschedulerequests", id, "cancel"]) => {
            scopes::groups(world, caller, scopes::GROUP_REQUEST)?;
            engine::cancel(world, &caller.asker(), id, now)?;
            Ok(Reply::empty(204))
        }
        _ => Err(GraphError::no_segment(original.first().copied().unwrap_or("group"))),
    }
}

/// The lists without `filterByCurrentUser` need a group or a principal in `$filter`; one's own rows are then readable.
fn unfiltered(
    sim: &Sim,
    world: &World,
    caller: &Caller,
    call: &Call,
    kind: &str,
) -> Result<Reply, GraphError> {
    let now = sim.now();
    let me = caller.person.object_id.as_str();
    let (shape, scopes, rows): (_, _, Vec<Value>) = match kind {
        "eligibilityscheduleinstances" => {
            let own = world.eligibilities_of(Plane::Groups, me, now);
            (
                ELIGIBILITY,
                scopes::GROUP_ELIGIBILITY,
                own.into_iter().map(|e| eligibility_row(world, e)).collect(),
            )
        }
        "assignmentscheduleinstances" => {
            let own = world.assignments_of(Plane::Groups, me, now);
            (
                ASSIGNMENT,
                scopes::GROUP_ASSIGNMENT,
                own.into_iter().map(|a| assignment_row(world, a)).collect(),
            )
        }
        _ => {
            let own = requests_on(world, Plane::Groups, caller, "principal", (None, now))?;
            (REQUEST, scopes::GROUP_REQUEST, own.into_iter().map(|r| request_row(r, now)).collect())
        }
    };
    scopes::groups(world, caller, scopes)?;
    let filter = shape.filter(call)?;
    let named = filter
        .as_ref()
        .is_some_and(|f| !f.values_of("groupId").is_empty() || !f.values_of("principalId").is_empty());
    if !named {
        return Err(GraphError::new(
            400,
            "MissingParameters",
            "The required parameters GroupId or PrincipalId is missing.",
        ));
    }
    let page = world.tenant.paging.groups;
    Ok(shape.list(call, &sim.places.graph, page, rows, &|e, row| navigate(world, e, row))?)
}
