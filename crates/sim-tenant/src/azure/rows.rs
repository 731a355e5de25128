//! Schedule instances and requests as ARM prints them.
//! See <https://learn.microsoft.com/rest/api/authorization/role-eligibility-schedule-instances/list-for-scope>.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::state::switches::EligibilityIds;
use crate::state::{Assignment, Eligibility, RoleRequest, Target, World};
use crate::wire::duration::{stamp, stamp_or_null};

/// The full id of something of this provider at a scope.
pub(super) fn full_id(scope: &str, kind: &str, name: &str) -> String {
    format!("{}/providers/Microsoft.Authorization/{kind}/{name}", scope.trim_end_matches('/'))
}

/// The id of an eligibility's schedule, as full path or bare.
fn schedule_id(world: &World, e: &Eligibility) -> String {
    match world.switches.azure_eligibility_ids {
        EligibilityIds::Full => full_id(&e.target.scope, "roleEligibilitySchedules", &e.schedule_id),
        EligibilityIds::Bare => e.schedule_id.clone(),
    }
}

fn principal_type(world: &World, id: &str) -> &'static str {
    if world.tenant.group_by_id(id).is_some() { "Group" } else { "User" }
}

fn expanded(world: &World, target: &Target, principal: &str) -> Value {
    let scope = world.tenant.scope_by_id(&target.scope);
    let role = world.tenant.azure_role(&target.role);
    let tail = target.scope.rsplit('/').next().unwrap_or_default();
    let who = match (world.tenant.persona_by_id(principal), world.tenant.group_by_id(principal)) {
        (Some(person), _) => json!({
            "id": person.object_id, "displayName": person.display_name,
            "email": person.mail.as_ref().unwrap_or(&person.upn), "type": "User",
        }),
        (_, Some(group)) => json!({ "id": group.id, "displayName": group.name, "type": "Group" }),
        _ => json!({ "id": principal, "type": "Unknown" }),
    };
    json!({
        "scope": {
            "id": target.scope,
            "displayName": scope.map_or(tail, |s| s.name.as_str()),
            "type": scope.map_or("resourcegroup", |s| s.kind.as_str()),
        },
        "roleDefinition": {
            "id": target.role,
            "displayName": role.map(|r| r.name.as_str()),
            "type": if role.is_some_and(|r| r.custom) { "CustomRole" } else { "BuiltInRole" },
        },
        "principal": who,
    })
}

fn condition(properties: &mut Value, condition: Option<&String>) {
    properties["condition"] = json!(condition);
    properties["conditionVersion"] = json!(condition.map(|_| "2.0"));
}

/// An eligibility schedule instance.
pub(super) fn eligibility(world: &World, e: &Eligibility) -> Value {
    let mut properties = json!({
        "scope": e.target.scope,
        "roleDefinitionId": e.target.role,
        "principalId": e.listed_principal,
        "principalType": principal_type(world, &e.listed_principal),
        "status": "Provisioned",
        "roleEligibilityScheduleId": schedule_id(world, e),
        "startDateTime": stamp(e.start),
        "memberType": e.member_type,
        "createdOn": stamp(e.start),
        "expandedProperties": expanded(world, &e.target, &e.listed_principal),
    });
    if let Some(end) = e.end {
        properties["endDateTime"] = stamp(end);
    }
    condition(&mut properties, e.condition.as_ref());
    json!({
        "properties": properties,
        "name": e.instance_id,
        // Casing of this segment differs between the service's own answers; clients compare without regard to it.
        "id": full_id(&e.target.scope, "RoleEligibilityScheduleInstances", &e.instance_id),
        "type": "Microsoft.Authorization/RoleEligibilityScheduleInstances",
    })
}

/// An assignment schedule instance.
pub(super) fn assignment(world: &World, a: &Assignment) -> Value {
    let used = world.eligibilities.iter().find(|e| Some(&e.instance_id) == a.eligibility.as_ref());
    let linked = used.map(|e| schedule_id(world, e));
    let instance = used.map(|e| full_id(&e.target.scope, "roleEligibilityScheduleInstances", &e.instance_id));
    let mut properties = json!({
        "scope": a.target.scope,
        "roleDefinitionId": a.target.role,
        "principalId": a.principal,
        "principalType": "User",
        "status": "Provisioned",
        "assignmentType": if a.activated { "Activated" } else { "Assigned" },
        "memberType": a.member_type,
        "originRoleAssignmentId": full_id(&a.target.scope, "roleAssignments", &a.instance_id),
        "roleAssignmentScheduleId": full_id(&a.target.scope, "roleAssignmentSchedules", &a.schedule_id),
        "linkedRoleEligibilityScheduleId": linked,
        "linkedRoleEligibilityScheduleInstanceId": instance,
        "startDateTime": stamp(a.start),
        "createdOn": stamp(a.start),
        "expandedProperties": expanded(world, &a.target, &a.principal),
    });
    if let Some(end) = a.end {
        properties["endDateTime"] = stamp(end);
    }
    condition(&mut properties, a.condition.as_ref());
    json!({
        "properties": properties,
        "name": a.instance_id,
        "id": full_id(&a.target.scope, "roleAssignmentScheduleInstances", &a.instance_id),
        "type": "Microsoft.Authorization/roleAssignmentScheduleInstances",
    })
}

/// A schedule request.
pub(super) fn request(world: &World, r: &RoleRequest, now: Timestamp) -> Value {
    let schedule = r.schedule.as_ref().map(|schedule| {
        let expiration = match &schedule.duration {
            Some(duration) => json!({ "type": "AfterDuration", "endDateTime": null, "duration": duration }),
            None if schedule.end.is_none() => {
                json!({ "type": "NoExpiration", "endDateTime": null, "duration": null })
            }
            None => {
                json!({ "type": "AfterDateTime", "endDateTime": stamp_or_null(schedule.end), "duration": null })
            }
        };
        json!({ "startDateTime": stamp(schedule.start), "expiration": expiration })
    });
    let linked = world.eligibilities.iter().find(|e| Some(&e.schedule_id) == r.linked_eligibility.as_ref());
    let mut properties = json!({
        "scope": r.target.scope,
        "roleDefinitionId": r.target.role,
        "principalId": r.principal,
        "principalType": "User",
        "requestType": r.action.azure(),
        "status": r.status_at(now),
        "approvalId": r.is_pending(now).then(|| format!("/providers/Microsoft.Authorization/roleAssignmentApprovals/{}", r.id)),
        "scheduleInfo": schedule,
        "ticketInfo": { "ticketNumber": r.ticket_number, "ticketSystem": r.ticket_system },
        "justification": r.justification,
        "requestorId": r.requestor(),
        "createdOn": stamp(r.created),
        "linkedRoleEligibilityScheduleId": linked.map(|e| schedule_id(world, e)),
        "expandedProperties": expanded(world, &r.target, &r.principal),
    });
    let (kind, about, schedules) = if r.is_about_eligibility() {
        ("RoleEligibilityScheduleRequests", "targetRoleEligibilityScheduleId", "roleEligibilitySchedules")
    } else {
        ("RoleAssignmentScheduleRequests", "targetRoleAssignmentScheduleId", "roleAssignmentSchedules")
    };
    properties[about] = json!(full_id(&r.target.scope, schedules, r.target_schedule()));
    properties[about.replace("ScheduleId", "ScheduleInstanceId")] = Value::Null;
    if let Some(completed) = r.completed {
        properties["completedOn"] = stamp_or_null(Some(completed));
    }
    condition(&mut properties, r.condition.as_ref());
    json!({
        "properties": properties,
        "name": r.id,
        "id": full_id(&r.target.scope, kind, &r.id),
        "type": format!("Microsoft.Authorization/{kind}"),
    })
}
