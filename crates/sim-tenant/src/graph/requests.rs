//! What the two Graph planes' schedule requests have in common: reading a body, judging it, printing the result.
//! See <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests> and
//! <https://learn.microsoft.com/graph/api/privilegedaccessgroup-post-assignmentschedulerequests>.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Caller, GraphError};
use crate::engine::{self, Draft, Expiration};
use crate::journal;
use crate::state::rows::Action;
use crate::state::{Plane, RoleRequest, Target, World};
use crate::wire::Call;
use crate::wire::duration::{self, stamp, stamp_or_null};

/// A posted JSON object.
pub(super) struct Body(Value);

impl Body {
    pub(super) fn read(call: &Call) -> Result<Self, GraphError> {
        let kind = call.header("content-type").unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/json") {
            return Err(GraphError::bad_request(
                "A Content-Type of application/json is required for a request with a body.",
            ));
        }
        call.json()
            .filter(Value::is_object)
            .map(Self)
            .ok_or_else(|| GraphError::bad_request("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."))
    }

    /// A text property that is there, not null and not empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
    }

    /// Whether a property is there and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    pub(super) fn required(&self, name: &str) -> Result<String, GraphError> {
        self.text(name)
            .ok_or_else(|| GraphError::bad_request(format!("The required property '{name}' is missing.")))
    }

    fn at(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer).and_then(Value::as_str)
    }

    fn time(&self, pointer: &str) -> Result<Option<Timestamp>, GraphError> {
        let Some(text) = self.at(pointer) else { return Ok(None) };
        let wrong = || {
            GraphError::bad_request(format!(
                "Cannot convert the literal '{text}' to the expected type 'Edm.DateTimeOffset'."
            ))
        };
        text.parse().map(Some).map_err(|_| wrong())
    }

    /// The expiration; `spelling` is how the type `afterDuration` must be spelt when the service insists.
    fn expiration(&self, spelling: Option<&str>) -> Result<Expiration, GraphError> {
        let sent = self.at("/scheduleInfo/expiration/type").unwrap_or_default();
        let kind = sent.to_ascii_lowercase();
        if kind == "afterduration" && spelling.is_some_and(|s| s != sent) {
            return Err(GraphError::bad_request(format!(
                "The value '{sent}' is not valid for an expirationPatternType."
            )));
        }
        match kind.as_str() {
            "afterduration" => {
                let text = self.at("/scheduleInfo/expiration/duration").unwrap_or_default();
                if duration::parse(text).is_none() {
                    let message =
                        format!("Cannot convert the literal '{text}' to the expected type 'Edm.Duration'.");
                    return Err(GraphError::bad_request(message));
                }
                Ok(Expiration::Duration(text.to_owned()))
            }
            "afterdatetime" => {
                let end = self.time("/scheduleInfo/expiration/endDateTime")?;
                Ok(end.map_or(Expiration::Missing, Expiration::DateTime))
            }
            "noexpiration" => Ok(Expiration::Never),
            "" | "notspecified" => Ok(Expiration::Missing),
            other => Err(GraphError::bad_request(format!(
                "The value '{other}' is not valid for an expirationPatternType."
            ))),
        }
    }
}

/// Which collection a request is posted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Assignments,
    Eligibilities,
}

/// Judges and carries out what a body asks for.
pub(super) fn submit(
    now: Timestamp,
    world: &mut World,
    caller: &Caller,
    call: &Call,
    body: &Body,
    target: Target,
    about: About,
) -> Result<RoleRequest, GraphError> {
    let action = match body.required("action")?.as_str() {
        "selfActivate" if about == About::Assignments => Action::Activate,
        "selfDeactivate" if about == About::Assignments => Action::Deactivate,
        "selfExtend" if about == About::Eligibilities => Action::Extend,
        "selfRenew" if about == About::Eligibilities => Action::Renew,
        other @ ("adminAssign" | "adminUpdate" | "adminRemove" | "adminExtend" | "adminRenew"
        | "selfExtend" | "selfRenew") => {
            let message = format!("The caller is not allowed to perform the action '{other}'.");
            return Err(GraphError::new(403, "Authorization_RequestDenied", message));
        }
        other => {
            let message = format!("Requested value '{other}' was not found for the property 'action'.");
            return Err(GraphError::bad_request(message));
        }
    };
    let spelling = if target.plane == Plane::Groups { "afterDuration" } else { "AfterDuration" };
    let spelling = Some(spelling).filter(|_| world.switches.expiration_casing_strict);
    let draft = Draft {
        id: None,
        action,
        principal: body.required("principalId")?,
        target,
        justification: body.text("justification"),
        ticket_number: body.at("/ticketInfo/ticketNumber").map(str::to_owned),
        ticket_system: body.at("/ticketInfo/ticketSystem").map(str::to_owned),
        start: body.time("/scheduleInfo/startDateTime")?,
        expiration: body.expiration(spelling)?,
        linked: None,
        condition: None,
        condition_version: None,
        validation_only: body.0.get("isValidationOnly").and_then(Value::as_bool).unwrap_or(false),
    };
    let request = engine::submit(world, &caller.asker(), draft, now)?;
    if !request.validation_only {
        journal::record(world, &request, call);
    }
    Ok(request)
}

/// One request that the caller made or may decide on.
pub(super) fn find<'w>(
    world: &'w World,
    plane: Plane,
    caller: &Caller,
    id: &str,
    now: Timestamp,
) -> Option<&'w RoleRequest> {
    let me = caller.person.object_id.as_str();
    world
        .requests
        .iter()
        .find(|r| r.target.plane == plane && r.id.eq_ignore_ascii_case(id))
        .filter(|r| world.is_known(r, now))
        .filter(|r| r.principal == me || world.approvers(&r.target).contains(me))
}

/// The properties both planes print.
pub(super) fn common(request: &RoleRequest, now: Timestamp) -> Value {
    let schedule = request.schedule.as_ref().map_or(Value::Null, |schedule| {
        let expiration = match &schedule.duration {
            Some(duration) => json!({ "type": "afterDuration", "endDateTime": null, "duration": duration }),
            None if schedule.end.is_none() => {
                json!({ "type": "noExpiration", "endDateTime": null, "duration": null })
            }
            None => {
                json!({ "type": "afterDateTime", "endDateTime": stamp_or_null(schedule.end), "duration": null })
            }
        };
        json!({ "startDateTime": stamp(schedule.start), "expiration": expiration })
    });
    let status = request.status_at(now);
    json!({
        "id": request.id,
        "status": status,
        "createdDateTime": stamp(request.created),
        "completedDateTime": stamp_or_null(request.completed),
        "approvalId": request.is_pending(now).then_some(&request.id),
        "customData": null,
        "action": request.action.graph(),
        "principalId": request.principal,
        "isValidationOnly": request.validation_only,
        "justification": request.justification,
        "scheduleInfo": schedule,
        "ticketInfo": { "ticketNumber": request.ticket_number, "ticketSystem": request.ticket_system },
    })
}
