//! Role assignment schedule requests: list, get, put, validate.
//! See <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/create>.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{ArmError, Caller, Place, list_of as page, rows};
use crate::engine::{self, Draft, Expiration, Refusal};
use crate::journal;
use crate::sim::Sim;
use crate::state::rows::Action;
use crate::state::switches::RequestsAsTarget;
use crate::state::{Plane, RoleRequest, Target, World};
use crate::wire::duration;
use crate::wire::{Call, Reply};

/// `GET …/roleAssignmentScheduleRequests?$filter=asTarget()`, `asRequestor()` or `asApprover()`.
pub(super) fn list(
    sim: &Sim,
    world: &World,
    caller: &Caller,
    call: &Call,
    place: &Place,
) -> Result<Reply, ArmError> {
    let me = caller.person.object_id.as_str();
    super::root_as_target(world, call, place)?;
    let filter = call.param("$filter").unwrap_or_default().replace([' ', '\''], "").to_ascii_lowercase();
    let mine = format!("principalideq{me}");
    let here = |r: &&RoleRequest| {
        r.target.plane == Plane::Azure
            && r.is_about_eligibility() == is_about_eligibility(place)
            && world.is_known(r, sim.now())
            && (place.scope == "/" || r.target.scope.eq_ignore_ascii_case(&place.scope))
    };
    let all = world.requests.iter().filter(here);
    let chosen: Vec<&RoleRequest> = match filter.as_str() {
        "astarget()" if world.switches.azure_requests_as_target == RequestsAsTarget::Empty => Vec::new(),
        "astarget()" => all.filter(|r| r.principal == me).collect(),
        "asrequestor()" => all.filter(|r| r.requestor() == me).collect(),
        own if own == mine => all.filter(|r| r.principal == me).collect(),
        "asapprover()" => all
            .filter(|r| {
                r.principal != me && r.is_pending(sim.now()) && world.approvers(&r.target).contains(me)
            })
            .collect(),
        other if other.is_empty() || other == "atscope()" || other.starts_with("principalideq") => {
            return Err(ArmError::insufficient());
        }
        other => return Err(ArmError::bad_filter(other)),
    };
    page(sim, world, call, chosen, &|r| rows::request(world, r, sim.now()))
}

/// Whether the collection is that of requests about eligibilities.
fn is_about_eligibility(place: &Place) -> bool {
    place.kind == "roleeligibilityschedulerequests"
}

/// `GET …/roleAssignmentScheduleRequests/{name}`.
pub(super) fn get(
    sim: &Sim,
    world: &World,
    caller: &Caller,
    place: &Place,
    name: &str,
) -> Result<Reply, ArmError> {
    let me = caller.person.object_id.as_str();
    let found = world
        .requests
        .iter()
        .find(|r| r.target.plane == Plane::Azure && r.id.eq_ignore_ascii_case(name))
        .filter(|r| r.is_about_eligibility() == is_about_eligibility(place) && world.is_known(r, sim.now()))
        .filter(|r| r.target.scope.eq_ignore_ascii_case(&place.scope))
        .filter(|r| r.principal == me || world.approvers(&r.target).contains(me));
    let missing = || {
        ArmError::new(
            404,
            "RoleAssignmentScheduleRequestNotFound",
            format!("The role assignment schedule request '{name}' could not be found."),
        )
    };
    Ok(Reply::json(200, rows::request(world, found.ok_or_else(missing)?, sim.now())))
}

/// ARM itself refuses before PIM is asked when a role is narrowed to a resource group the caller cannot read yet.
fn check_readable(sim: &Sim, world: &World, caller: &Caller, scope: &str) -> Result<(), ArmError> {
    let me = caller.person.object_id.as_str();
    let eligible_here = |e: &&crate::state::Eligibility| e.target.scope.eq_ignore_ascii_case(scope);
    let covers = |a: &&crate::state::Assignment| world.tenant.is_within(scope, &a.target.scope);
    let known = world.eligibilities_of(Plane::Azure, me, sim.now()).iter().any(eligible_here)
        || world.assignments_of(Plane::Azure, me, sim.now()).iter().any(covers);
    if known || !scope.to_ascii_lowercase().contains("/resourcegroups/") {
        return Ok(());
    }
    Err(ArmError::authorization_failed(
        caller,
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        scope,
    ))
}

/// `PUT …/roleAssignmentScheduleRequests/{name}`; the name is the client's GUID and can be used once.
pub(super) fn put(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    place: &Place,
    name: &str,
) -> Result<Reply, ArmError> {
    check_readable(sim, world, caller, &place.scope)?;
    let draft = draft(world, call, place, name, false)?;
    if world.requests.iter().any(|r| r.id.eq_ignore_ascii_case(name)) {
        return Err(Refusal::request_exists(name, world.switches.request_exists_status).into());
    }
    let request = engine::submit(world, &caller.asker(), draft, sim.now())?;
    journal::record(world, &request, call);
    Ok(Reply::json(201, rows::request(world, &request, sim.now())))
}

/// `POST …/roleAssignmentScheduleRequests/{name}/validate`: the checks without the consequences.
pub(super) fn validate(
    sim: &Sim,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    place: &Place,
    name: &str,
) -> Result<Reply, ArmError> {
    let draft = draft(world, call, place, name, true)?;
    let request = engine::submit(world, &caller.asker(), draft, sim.now())?;
    Ok(Reply::json(200, rows::request(world, &request, sim.now())))
}

fn draft(
    world: &World,
    call: &Call,
    place: &Place,
    name: &str,
    validation_only: bool,
) -> Result<Draft, ArmError> {
    if Uuid::parse_str(name).is_err() {
        return Err(ArmError::new(
            400,
            "InvalidRoleAssignmentScheduleRequestId",
            format!("The role assignment schedule request id '{name}' is not a GUID."),
        ));
    }
    let body = call.json().ok_or_else(|| {
        ArmError::bad_body("The request content was invalid and could not be deserialized.")
    })?;
    let at = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    let required = |property: &str| {
        let missing = || ArmError::bad_body(format!("The required property '{property}' is missing."));
        at(&format!("/properties/{property}")).map(str::to_owned).ok_or_else(missing)
    };
    let action = match required("requestType")?.as_str() {
        "SelfExtend" if is_about_eligibility(place) => Action::Extend,
        "SelfRenew" if is_about_eligibility(place) => Action::Renew,
        "SelfActivate" if !is_about_eligibility(place) => Action::Activate,
        "SelfDeactivate" if !is_about_eligibility(place) => Action::Deactivate,
        "AdminAssign" | "AdminRemove" | "AdminUpdate" | "AdminExtend" | "AdminRenew" | "SelfExtend"
        | "SelfRenew" => {
            return Err(ArmError::insufficient());
        }
        other => {
            return Err(ArmError::bad_body(format!(
                "Error converting value \"{other}\" to type 'RequestType'."
            )));
        }
    };
    let role = required("roleDefinitionId")?;
    // Azure resolves the definition by its GUID but compares the id with the eligibility's verbatim.
    if world.tenant.azure_role(&role).is_none() {
        return Err(ArmError::new(
            400,
            "RoleDefinitionDoesNotExist",
            format!("The specified role definition with ID '{role}' does not exist."),
        ));
    }
    let time = |pointer: &str| -> Result<Option<Timestamp>, ArmError> {
        let Some(text) = at(pointer) else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| ArmError::bad_body(format!("Could not convert string to DateTime: {text}.")))
    };
    let kind = at("/properties/scheduleInfo/expiration/type").unwrap_or_default();
    let expiration = match kind {
        "AfterDuration" => {
            let text = at("/properties/scheduleInfo/expiration/duration").unwrap_or_default();
            if duration::parse(text).is_none() {
                return Err(ArmError::bad_body(format!(
                    "Error converting value \"{text}\" to type 'System.TimeSpan'."
                )));
            }
            Expiration::Duration(text.to_owned())
        }
        "AfterDateTime" => time("/properties/scheduleInfo/expiration/endDateTime")?
            .map_or(Expiration::Missing, Expiration::DateTime),
        "NoExpiration" => Expiration::Never,
        "" => Expiration::Missing,
        other => {
            return Err(ArmError::bad_body(format!("Error converting value \"{other}\" to type 'Type'.")));
        }
    };
    let own = |pointer: &str| at(pointer).map(str::to_owned);
    Ok(Draft {
        id: Some(name.to_ascii_lowercase()),
        action,
        principal: required("principalId")?,
        target: Target { plane: Plane::Azure, role, scope: place.scope.clone() },
        justification: own("/properties/justification"),
        ticket_number: own("/properties/ticketInfo/ticketNumber"),
        ticket_system: own("/properties/ticketInfo/ticketSystem"),
        start: time("/properties/scheduleInfo/startDateTime")?,
        expiration,
        linked: own("/properties/linkedRoleEligibilityScheduleId"),
        condition: own("/properties/condition"),
        condition_version: own("/properties/conditionVersion"),
        validation_only,
    })
}
