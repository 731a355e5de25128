//! Approvals on Azure.
//! See <https://learn.microsoft.com/rest/api/authorization/role-assignment-approval-step>.

use serde_json::{Value, json};

use super::{ArmError, Caller};
use crate::engine;
use crate::sim::Sim;
use crate::state::switches::StageBody;
use crate::state::{Plane, RoleRequest, World};
use crate::wire::duration::stamp;
use crate::wire::{Call, Reply};

/// Below `…/roleAssignmentApprovals/{id}`; `rest` is lower case.
pub(super) fn route(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    id: &str,
    rest: &[&str],
) -> Result<Reply, ArmError> {
    let me = caller.person.object_id.clone();
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let request = engine::review_of(world, Plane::Azure, &me, id)?;
            let path = path(request);
            Ok(Reply::json(
                200,
                json!({
                    "id": path, "name": request.id, "type": "Microsoft.Authorization/roleAssignmentApprovals",
                    "properties": { "stages": [stage(sim, world, request, &me)] },
                }),
            ))
        }
        ("GET", ["stages"]) => {
            let request = engine::review_of(world, Plane::Azure, &me, id)?;
            Ok(Reply::json(200, json!({ "value": [stage(sim, world, request, &me)] })))
        }
        ("GET", ["stages", _]) => {
            let request = engine::review_of(world, Plane::Azure, &me, id)?;
            Ok(Reply::json(200, stage(sim, world, request, &me)))
        }
        ("PUT" | "PATCH", ["stages", part]) if part.eq_ignore_ascii_case(id) => {
            let body = call.json().unwrap_or_default();
            let from = match world.switches.azure_stage_body {
                StageBody::Wrapped => body.get("properties").cloned().unwrap_or_default(),
                StageBody::Flat => body,
            };
            let text = |name: &str| from.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let approved = match text("reviewResult").as_str() {
                "Approve" => true,
                "Deny" => false,
                _ => return Err(ArmError::bad_body("The property 'reviewResult' is missing or not valid.")),
            };
            engine::decide(world, Plane::Azure, &me, id, (approved, &text("justification")), sim.now())?;
            let request = engine::review_of(world, Plane::Azure, &me, id)?;
            Ok(Reply::json(200, stage(sim, world, request, &me)))
        }
        _ => Err(ArmError::no_resource(&call.path)),
    }
}

fn path(request: &RoleRequest) -> String {
    format!("/providers/Microsoft.Authorization/roleAssignmentApprovals/{}", request.id)
}

/// The one stage; its name is the request's.
fn stage(sim: &Sim, world: &World, request: &RoleRequest, me: &str) -> Value {
    let review = request.review.as_ref();
    let by = review.and_then(|review| world.tenant.persona_by_id(&review.by));
    let is_open = request.is_pending(sim.now());
    let result = review.map_or("NotReviewed", |review| if review.approved { "Approve" } else { "Deny" });
    json!({
        "id": format!("{}/stages/{}", path(request), request.id),
        "name": request.id,
        "type": "Microsoft.Authorization/roleAssignmentApprovals/stages",
        "properties": {
            "displayName": "",
            "status": if is_open { "InProgress" } else { "Completed" },
            "assignedToMe": is_open && request.principal != me && world.approvers(&request.target).contains(me),
            "reviewedBy": by.map(|by| json!({ "principalType": "user", "principalId": by.object_id,
                "principalName": by.display_name, "userPrincipalName": by.upn })),
            "reviewedDateTime": review.map(|review| stamp(review.at)),
            "reviewResult": result,
            "justification": review.map_or("", |review| review.justification.as_str()),
        },
    })
}
