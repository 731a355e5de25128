//! The Microsoft Graph origin, `/v1.0`.
//!
//! To extend: a new resource is a module with a function `fn(&Ask) -> Result<Reply, GraphError>` (or one that takes the
//! world mutably) and a line in [`route`]. Scopes that open a resource are listed in `scopes.rs`.

mod approvals;
mod audit;
mod batch;
mod directory;
mod entra;
mod errors;
mod groups;
mod policies;
mod requests;
mod scopes;

pub(crate) use errors::GraphError;

use crate::engine::Asker;
use crate::faults::{End, Meeting};
use crate::journal::Seen;
use crate::random;
use crate::sign_in::{Access, Resource, challenge};
use crate::sim::Sim;
use crate::state::World;
use crate::tenant::Persona;
use crate::wire::{Call, Origin, Reply};

/// Who calls, with what token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) person: Persona,
    pub(crate) access: Access,
}

impl Caller {
    pub(crate) fn asker(&self) -> Asker {
        Asker {
            object_id: self.person.object_id.clone(),
            mfa: self.access.mfa,
            acrs: self.access.acrs.keys().cloned().collect(),
            cp1: self.access.cp1,
        }
    }
}

/// Reads the bearer token. See <https://learn.microsoft.com/graph/resolve-auth-errors>.
fn authenticate(sim: &Sim, world: &World, call: &Call) -> Result<Caller, GraphError> {
    let header = call.header("authorization").unwrap_or_default();
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, t)| t.trim());
    let Some(token) = token.filter(|t| !t.is_empty()) else {
        return Err(GraphError::unauthenticated("Access token is empty."));
    };
    let Some(access) = world.sign_in.look_up(token, sim.sign_in_now()) else {
        return Err(GraphError::unauthenticated(if token.split('.').count() == 3 {
            "Access token validation failure. Invalid signature."
        } else {
            "CompactToken parsing failed with error code: 80049217"
        }));
    };
    if access.resource != Resource::Graph {
        return Err(GraphError::unauthenticated("Access token validation failure. Invalid audience."));
    }
    if access.expires <= sim.sign_in_now() {
        return Err(GraphError::unauthenticated("Lifetime validation failed, the token is expired."));
    }
    let person = world.tenant.persona_by_id(&access.oid).cloned();
    let person = person
        .ok_or_else(|| GraphError::unauthenticated("The identity of the calling user could not be found."))?;
    Ok(Caller { person, access })
}

/// Answers one call, with Graph's own headers.
pub(crate) fn answer(sim: &Sim, world: &mut World, call: &Call, seen: &mut Seen) -> Reply {
    let reply = match authenticate(sim, world, call) {
        Ok(caller) if world.sign_in.is_revoked(&caller.access) => {
            seen.caller = Some(caller.person.upn);
            challenge::issued_later(sim, world)
        }
        Ok(caller) => {
            seen.caller = Some(caller.person.upn.clone());
            let segments = call.segments();
            if let ["v1.0", last] = segments.as_slice()
                && last.eq_ignore_ascii_case("$batch")
            {
                batch::answer(sim, world, &caller, call)
            } else {
                respond(sim, world, &caller, call)
            }
        }
        Err(error) => error.reply(sim, call),
    };
    let mut reply = reply
        .with("request-id", random::guid())
        .with("odata-version", "4.0")
        .with("cache-control", "no-cache")
        .with("strict-transport-security", "max-age=31536000");
    if let Some(id) = call.header("client-request-id") {
        reply = reply.with("client-request-id", id);
    }
    if matches!(reply.payload, crate::wire::reply::Payload::Json(_)) && !reply.has_header("content-type") {
        let kind = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
        reply = reply.with("content-type", kind);
    }
    reply
}

/// One call that has passed the token check; `$batch` sends its items here.
fn respond(sim: &Sim, world: &mut World, caller: &Caller, call: &Call) -> Reply {
    route(sim, world, caller, call).unwrap_or_else(|error| error.reply(sim, call))
}

/// A call inside a batch: journalled and met by faults like any other.
fn respond_inside(sim: &Sim, world: &mut World, caller: &Caller, call: &Call) -> Reply {
    let mut seen = Seen::new(Origin::Graph, call, sim.now());
    seen.batched = true;
    seen.caller = Some(caller.person.upn.clone());
    let meeting = Meeting { origin: Origin::Graph, call, principal: &caller.person.object_id, inside: true };
    let hit = world.faults.take(&meeting);
    seen.fault = hit.as_ref().map(|hit| hit.label().to_owned());
    let reply = match hit {
        None => respond(sim, world, caller, call),
        Some(hit) => match hit.end(|| respond(sim, world, caller, call)) {
            End::Whole(reply) | End::Cut(reply) => reply,
            End::Challenged => challenge::issued_later(sim, world),
            End::Dropped => Reply::empty(500),
        },
    };
    seen.status = Some(reply.status);
    world.journal.see(seen);
    reply
}

fn route(sim: &Sim, world: &mut World, caller: &Caller, call: &Call) -> Result<Reply, GraphError> {
    let segments = call.segments();
    let lower: Vec<String> = segments.iter().map(|s| s.to_ascii_lowercase()).collect();
    let parts: Vec<&str> = lower.iter().map(String::as_str).collect();
    if let ["beta", "rolemanagement", "directory", "roleassignmentapprovals", rest @ ..] = parts.as_slice() {
        return approvals::entra(sim, world, caller, call, rest);
    }
    let ["v1.0", rest @ ..] = parts.as_slice() else {
        return Err(GraphError::bad_request("Invalid version. The simulated tenant serves v1.0."));
    };
    let original = &segments[1..];
    let method = call.method.as_str();
    match (method, rest) {
        ("GET", ["me"]) => directory::me(sim, caller, call),
        (_, ["rolemanagement", "directory", rest @ ..]) => {
            entra::route(sim, world, caller, call, rest, &original[2..])
        }
        (_, ["identitygovernance", "privilegedaccess", "group", rest @ ..]) => {
            groups::route(sim, world, caller, call, rest, &original[3..])
        }
        ("GET", ["policies", "rolemanagementpolicyassignments"]) => policies::list(sim, world, caller, call),
        ("GET", ["me", "memberof"]) => directory::member_of(sim, world, caller, call),
        // Both need scopes that read the directory at large, which the registration does not have.
        ("POST", ["directoryobjects", "getbyids"]) | ("GET", ["groups", _]) => Err(GraphError::denied()),
        ("GET", ["auditlogs", "directoryaudits"]) => audit::list(sim, world, caller, call),
        ("GET", ["directory", "administrativeunits", id]) => {
            directory::administrative_unit(sim, world, caller, call, id)
        }
        ("GET", ["identity", "conditionalaccess", "authenticationcontextclassreferences"]) => {
            directory::authentication_contexts(sim, world, caller, call)
        }
        ("GET", ["identity", "conditionalaccess", "policies"]) => {
            directory::conditional_access(sim, world, caller, call)
        }
        _ => Err(GraphError::no_segment(original.first().copied().unwrap_or_default())),
    }
}

/// The `on` of `filterByCurrentUser(on='…')`, when the segment is that function.
fn on_of(segment: &str) -> Option<&str> {
    segment.strip_prefix("filterbycurrentuser(on='")?.strip_suffix("')")
}
