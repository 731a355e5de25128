//! Approvals on Graph: groups in `v1.0` with stages, directory roles in `beta` only, with steps.
//! See <https://learn.microsoft.com/graph/api/resources/approval> and <https://learn.microsoft.com/graph/api/approvalstage-update>.

use serde_json::{Map, Value, json};

use super::requests::Body;
use super::{Caller, GraphError};
use crate::engine;
use crate::sim::Sim;
use crate::state::{Plane, RoleRequest, World};
use crate::wire::duration::stamp;
use crate::wire::{Call, Reply};

/// `/identityGovernance/privilegedAccess/group/assignmentApprovals/…`.
pub(super) fn groups(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let parts = if world.switches.group_approval_steps { "steps" } else { "stages" };
    answer(sim, world, caller, call, Plane::Groups, parts, rest)
}

/// `/beta/roleManagement/directory/roleAssignmentApprovals/…`.
pub(super) fn entra(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    if !world.switches.entra_approvals_open {
        return Err(GraphError::scope_missing(&[
            "PrivilegedAccess.ReadWrite.AzureAD",
            "PrivilegedAccess.Read.AzureAD",
        ]));
    }
    answer(sim, world, caller, call, Plane::Entra, "steps", rest)
}

fn answer(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    plane: Plane,
    parts: &str,
    rest: &[&str],
) -> Result<Reply, GraphError> {
    let me = caller.person.object_id.clone();
    match (call.method.as_str(), rest) {
        ("GET", [id]) => {
            let request = engine::review_of(world, plane, &me, id)?;
            let mut row = Map::from_iter([("id".to_owned(), json!(request.id))]);
            match call.param("$expand") {
                Some(expand) if expand.eq_ignore_ascii_case(parts) => {
                    row.insert(parts.to_owned(), json!([stage(sim, world, request, &me)]));
                }
                Some(other) => {
                    return Err(GraphError::bad_request(format!(
                        "Parsing OData Select and Expand failed: Could not find a property named '{other}' on type 'microsoft.graph.approval'."
                    )));
                }
                None => {}
            }
            Ok(Reply::json(200, Value::Object(row)))
        }
        ("GET", [id, kind]) if *kind == parts => {
            let request = engine::review_of(world, plane, &me, id)?;
            Ok(Reply::json(200, json!({ "value": [stage(sim, world, request, &me)] })))
        }
        ("GET", [id, kind, _]) if *kind == parts => {
            let request = engine::review_of(world, plane, &me, id)?;
            Ok(Reply::json(200, stage(sim, world, request, &me)))
        }
        ("PATCH", [id, kind, part]) if *kind == parts && part.eq_ignore_ascii_case(id) => {
            let body = Body::read(call)?;
            let approved = match body.required("reviewResult")?.as_str() {
                "Approve" => true,
                "Deny" => false,
                other => {
                    let message = format!("The value '{other}' is not valid for reviewResult.");
                    return Err(GraphError::bad_request(message));
                }
            };
            let reason = body.text("justification").unwrap_or_default();
            engine::decide(world, plane, &me, id, (approved, &reason), sim.now())?;
            Ok(Reply::empty(204))
        }
        (_, [_, kind, ..]) if *kind != parts => Err(GraphError::no_segment(kind)),
        _ => Err(GraphError::not_found(rest.first().copied().unwrap_or_default())),
    }
}

/// The one stage; its id is the request's.
fn stage(sim: &Sim, world: &World, request: &RoleRequest, me: &str) -> Value {
    let review = request.review.as_ref();
    let by = review.and_then(|review| world.tenant.persona_by_id(&review.by));
    let is_open = request.is_pending(sim.now());
    let result = review.map_or("NotReviewed", |review| if review.approved { "Approve" } else { "Deny" });
    json!({
        "id": request.id,
        "displayName": null,
        "reviewedDateTime": review.map(|review| stamp(review.at)),
        "reviewResult": result,
        "status": if is_open { "InProgress" } else { "Completed" },
        "assignedToMe": is_open && request.principal != me && world.approvers(&request.target).contains(me),
        "justification": review.map_or("", |review| review.justification.as_str()),
        "reviewedBy": by.map(|by| json!({ "id": by.object_id, "displayName": by.display_name, "userPrincipalName": by.upn })),
    })
}
