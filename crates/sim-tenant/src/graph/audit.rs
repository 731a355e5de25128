//! The directory audit log, worked out from the role requests: `GET /auditLogs/directoryAudits`.
//!
//! One activation leaves two to four rows under one correlation id. The end of an activation is logged by the service,
//! not by the person. Core Directory writes a row of its own for what PIM did. See
//! <https://learn.microsoft.com/graph/api/directoryaudit-list> and
//! <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-use-audit-log>.
//!
//! To extend: a new step in the life of a request is a line in [`steps`].

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Caller, GraphError, directory, scopes};
use crate::random::stable_guid;
use crate::sim::Sim;
use crate::state::rows::Action;
use crate::state::{Plane, RoleRequest, World};
use crate::wire::duration::{stamp, stamp_or_null};
use crate::wire::odata::Shape;
use crate::wire::{Call, Reply};

const AUDIT: Shape<'_> = Shape {
    entity: "directoryAudit",
    context: "auditLogs/directoryAudits",
    properties: &[
        "id",
        "category",
        "correlationId",
        "result",
        "resultReason",
        "activityDisplayName",
        "activityDateTime",
        "loggedByService",
        "operationType",
        "initiatedBy",
        "targetResources",
        "additionalDetails",
    ],
    navigations: &[],
    options: &["filter", "orderby", "select", "top", "count"],
};

/// Who may read the log, besides what the token carries.
const READERS: &[&str] = &[
    "Reports Reader",
    "Security Reader",
    "Security Administrator",
    "Security Operator",
    "Global Reader",
    "Global Administrator",
];

/// How long after its end the service logs that an activation has expired.
const EXPIRY_LAG: SignedDuration = SignedDuration::from_secs(6);

/// Who caused a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Requester,
    /// PIM itself.
    Service,
}

/// One row to be: when, what, by whom, and whether the directory changed with it.
struct Step {
    at: Timestamp,
    activity: &'static str,
    operation: &'static str,
    by: By,
    directory: Option<&'static str>,
    result: &'static str,
}

impl Step {
    fn new(at: Timestamp, activity: &'static str, operation: &'static str) -> Self {
        Self { at, activity, operation, by: By::Requester, directory: None, result: "success" }
    }

    fn with_directory(mut self, activity: &'static str) -> Self {
        self.directory = Some(activity);
        self
    }

    fn by_service(mut self) -> Self {
        self.by = By::Service;
        self
    }
}

/// When an activation ended by itself, if it did.
fn expired(world: &World, request: &RoleRequest, now: Timestamp) -> Option<Timestamp> {
    let end = world.assignments.iter().find(|a| a.activated && a.schedule_id == request.id)?.end?;
    let own = request.schedule.as_ref().is_some_and(|s| s.end.is_none_or(|wanted| end >= wanted));
    (own && end + EXPIRY_LAG <= now).then_some(end)
}

/// What the log tells of a request so far.
fn steps(world: &World, request: &RoleRequest, now: Timestamp) -> Vec<Step> {
    let groups = request.target.plane == Plane::Groups;
    let (added, removed) = match (groups, request.target.role.as_str()) {
        (true, "owner") => ("Add owner to group", "Remove owner from group"),
        (true, _) => ("Add member to group", "Remove member from group"),
        _ => ("Add member to role", "Remove member from role"),
    };
    let created = request.created;
    let ended = request.completed.unwrap_or(created).max(created);
    if request.action == Action::Deactivate {
        return vec![
            Step::new(created, "Remove member from role requested (PIM deactivate)", "Delete"),
            Step::new(ended, "Remove member from role completed (PIM deactivate)", "Delete")
                .with_directory(removed),
        ];
    }
    if request.action != Action::Activate {
        return Vec::new();
    }
    let mut out = vec![Step::new(
        created,
        "Add member to role requested (PIM activation)",
        "CreateRequestPermanentEligibleRole",
    )];
    if world.policy(&request.target).is_some_and(|policy| policy.approval) {
        out.push(Step::new(created, "Add member to role approval requested (PIM activation)", "Request"));
    }
    match request.status_at(now) {
        "Canceled" => out.push(Step::new(ended, "Add member to role canceled (PIM activation)", "Cancel")),
        "Denied" | "AdminDenied" => {
            out.push(Step::new(ended, "Add member to role request denied (PIM activation)", "Deny"));
        }
        "TimedOut" => out.push(Step::new(ended, "PIM activation request expired", "Expire").by_service()),
        "Failed" => out.push(Step {
            result: "failure",
            ..Step::new(
                ended,
                "Add member to role completed (PIM activation)",
                "CreateRequestPermanentEligibleRole",
            )
        }),
        "Provisioned" => {
            let start = request.schedule.as_ref().map_or(ended, |s| s.start).max(created);
            out.push(
                Step::new(
                    start,
                    "Add member to role completed (PIM activation)",
                    "CreateRequestPermanentEligibleRole",
                )
                .with_directory(added),
            );
        }
        _ => {}
    }
    if let Some(end) = expired(world, request, now) {
        out.push(
            Step::new(end + EXPIRY_LAG, "Remove member from role (PIM activation expired)", "Delete")
                .by_service()
                .with_directory(removed),
        );
    }
    out
}

fn service(world: &World) -> Value {
    let id = stable_guid(&["service", "Azure AD PIM", &world.tenant.id]);
    json!({ "id": id, "displayName": "Azure AD PIM", "userPrincipalName": null, "ipAddress": null, "userType": null })
}

fn person(world: &World, id: &str) -> Value {
    let found = world.tenant.persona_by_id(id);
    json!({
        "id": id,
        "displayName": found.map(|p| &p.display_name),
        "userPrincipalName": found.map(|p| &p.upn),
        "ipAddress": "203.0.113.7",
        "userType": null,
        "homeTenantId": null,
        "homeTenantName": null,
    })
}

fn resource(id: Option<&str>, name: Option<&str>, kind: &str, upn: Option<&str>) -> Value {
    json!({ "id": id, "displayName": name, "type": kind, "userPrincipalName": upn, "groupType": null, "modifiedProperties": [] })
}

fn targets(world: &World, request: &RoleRequest) -> Vec<Value> {
    let (role, scope) = world.names(&request.target);
    let who = world.tenant.persona_by_id(&request.principal);
    let at = match request.target.plane {
        Plane::Entra => resource(Some(&world.tenant.id), Some(&world.tenant.name), "Directory", None),
        Plane::Groups => resource(Some(&request.target.scope), Some(&scope), "Group", None),
        Plane::Azure => resource(Some(&request.target.scope), Some(&scope), "Resource", None),
    };
    vec![
        resource(Some(&request.target.role), Some(&role), "Role", None),
        resource(Some(&request.id), None, "Request", None),
        resource(
            Some(&request.principal),
            who.map(|p| p.display_name.as_str()),
            "User",
            who.map(|p| p.upn.as_str()),
        ),
        at,
        resource(None, None, "Other", None),
    ]
}

fn details(world: &World, request: &RoleRequest, step: &Step) -> Vec<Value> {
    let pair = |key: &str, value: &str| json!({ "key": key, "value": value });
    if step.by == By::Service {
        let origin = world.assignments.iter().find(|a| a.schedule_id == request.id);
        return vec![
            pair("AuditType", "RemoveActivatedRole"),
            pair("ActionType", "Revoke"),
            pair("OriginRoleAssignmentId", origin.map_or("", |a| a.instance_id.as_str())),
            pair("RoleAssignmentRequestId", &request.id),
        ];
    }
    let schedule = request.schedule.as_ref();
    let time = |at: Option<Timestamp>| stamp_or_null(at).as_str().unwrap_or_default().to_owned();
    vec![
        pair("RoleDefinitionOriginId", &request.target.role),
        pair("RoleDefinitionOriginType", "BuiltInRole"),
        pair("TemplateId", &request.target.role),
        pair("StartTime", &time(schedule.map(|s| s.start))),
        pair("ExpirationTime", &time(schedule.and_then(|s| s.end))),
        pair("Justification", request.justification.as_deref().unwrap_or_default()),
        pair("oid", &request.principal),
        pair("tid", &world.tenant.id),
        pair("ipaddr", "203.0.113.7"),
        pair("RequestId", &request.id),
    ]
}

/// The rows of one request: PIM's, and Core Directory's twins.
fn rows_of(world: &World, request: &RoleRequest, now: Timestamp) -> Vec<Value> {
    let category = match request.target.plane {
        Plane::Entra => "RoleManagement",
        Plane::Groups => "GroupManagement",
        Plane::Azure => "ResourceManagement",
    };
    let mut out = Vec::new();
    for (n, step) in steps(world, request, now).iter().enumerate() {
        let kind = if step.by == By::Service { "service" } else { "person" };
        let correlation = stable_guid(&["correlation", kind, &request.id]);
        let mark = step.at.as_nanosecond() / 100;
        let initiator =
            if step.by == By::Service { service(world) } else { person(world, &request.principal) };
        out.push(json!({
            "id": format!("PIM_{correlation}_{}_{mark}", stable_guid(&["row", &request.id, &n.to_string()])),
            "category": category,
            "correlationId": correlation,
            "result": step.result,
            "resultReason": request.justification,
            "activityDisplayName": step.activity,
            "activityDateTime": stamp(step.at),
            "loggedByService": "PIM",
            "operationType": step.operation,
            "initiatedBy": { "app": null, "user": initiator },
            "targetResources": targets(world, request),
            "additionalDetails": details(world, request, step),
        }));
        // Azure roles are not the directory's.
        if let Some(activity) = step.directory.filter(|_| request.target.plane != Plane::Azure) {
            let correlation = stable_guid(&["directory", activity, &request.id]);
            let at = if step.by == By::Service { step.at - EXPIRY_LAG } else { step.at };
            out.push(json!({
                "id": format!("Directory_{correlation}_{:05X}_{}", n, mark % 1_000_000_000),
                "category": category,
                "correlationId": correlation,
                "result": "success",
                "resultReason": "",
                "activityDisplayName": activity,
                "activityDateTime": stamp(at),
                "loggedByService": "Core Directory",
                "operationType": if activity.starts_with("Add") { "Assign" } else { "Unassign" },
                "initiatedBy": {
                    "user": null,
                    "app": { "appId": null, "displayName": "MS-PIM", "servicePrincipalName": null,
                        "servicePrincipalId": stable_guid(&["service", "MS-PIM", &world.tenant.id]) },
                },
                "targetResources": targets(world, request).drain(2..3).collect::<Vec<_>>(),
                "additionalDetails": [],
            }));
        }
    }
    out
}

/// `$orderby` knows the time only; newest first when it is missing.
fn ascending(call: &Call) -> Result<bool, GraphError> {
    match call.param("$orderby").map(str::trim) {
        None | Some("activityDateTime desc") => Ok(false),
        Some("activityDateTime" | "activityDateTime asc") => Ok(true),
        Some(other) => Err(GraphError::bad_request(format!("Invalid orderby clause: '{other}'."))),
    }
}

/// `GET /auditLogs/directoryAudits`.
pub(super) fn list(sim: &Sim, world: &mut World, caller: &Caller, call: &Call) -> Result<Reply, GraphError> {
    if world.switches.audit_log_absent {
        return Err(GraphError::no_segment("auditLogs"));
    }
    scopes::plain(caller, scopes::AUDIT_LOG)?;
    let now = sim.now();
    if world.switches.throttles && !world.throttles.audit.admit(now) {
        return Ok(GraphError::throttled().reply(sim, call).with("retry-after", "10"));
    }
    if !directory::holds_any(world, caller, READERS, now) {
        return Err(GraphError::new(
            403,
            "Authentication_RequestFromUnsupportedUserRole",
            "User is not in the allowed roles",
        ));
    }
    let ascending = ascending(call)?;
    let most = match call.param("$top").map(str::parse::<usize>) {
        None => usize::MAX,
        Some(Ok(top @ 1..=999)) => top,
        Some(_) => {
            return Err(GraphError::bad_request("Invalid page size specified: a number from 1 to 999."));
        }
    };
    let page = most.min(world.tenant.paging.audit);
    let mut rows: Vec<Value> =
        world.requests.iter().flat_map(|request| rows_of(world, request, now)).collect();
    let time = |row: &Value| row["activityDateTime"].as_str().and_then(|t| t.parse::<Timestamp>().ok());
    rows.sort_by_key(time);
    if !ascending {
        rows.reverse();
    }
    Ok(AUDIT.list(call, &sim.places.graph, page, rows, &|_, _| Value::Null)?)
}
