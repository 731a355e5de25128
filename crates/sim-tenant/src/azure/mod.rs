//! The Azure Resource Manager origin.
//!
//! A path is `{scope}/providers/Microsoft.Authorization/{type}[/{name}[/{verb}]]`; the scope is empty for the tenant root.
//! See <https://learn.microsoft.com/rest/api/authorization/>. To extend: a new resource type is a line in [`route`] and
//! in [`versions`], and a function in a module of its own.

mod approvals;
mod containers;
mod errors;
mod policies;
mod requests;
mod rows;

pub(crate) use errors::ArmError;

use serde_json::{Value, json};

use crate::engine::Asker;
use crate::journal::Seen;
use crate::random;
use crate::sign_in::{Access, Resource, challenge};
use crate::sim::Sim;
use crate::state::switches::{MandatoryMfa, RootAsTarget};
use crate::state::{Plane, World};
use crate::tenant::Persona;
use crate::wire::{Call, Reply, paging};

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

/// A path taken apart.
#[derive(Debug)]
pub(crate) struct Place {
    /// `/` for the tenant root.
    pub(crate) scope: String,
    /// Lower case.
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    /// Lower case.
    pub(crate) verb: Option<String>,
}

const PROVIDER: &str = "/providers/microsoft.authorization/";

fn place(path: &str) -> Option<Place> {
    let at = path.to_ascii_lowercase().rfind(PROVIDER)?;
    let scope = path[..at].trim_end_matches('/');
    let mut rest = path[at + PROVIDER.len()..].split('/').filter(|s| !s.is_empty());
    let kind = rest.next()?.to_ascii_lowercase();
    let (name, verb) = (rest.next().map(str::to_owned), rest.next().map(str::to_ascii_lowercase));
    let scope = if scope.is_empty() { "/".to_owned() } else { format!("/{}", scope.trim_start_matches('/')) };
    rest.next().is_none().then_some(Place { scope, kind, name, verb })
}

/// The api-versions of a resource type.
fn versions(kind: &str) -> &'static [&'static str] {
    match kind {
        "roleassignmentschedulerequests" | "roleeligibilityschedulerequests" => {
            &["2020-10-01", "2020-10-01-preview", "2022-04-01-preview", "2022-04-01"]
        }
        "rolemanagementpolicyassignments" => &["2020-10-01", "2020-10-01-preview", "2024-09-01-preview"],
        "managementgroups" => &["2020-02-01", "2020-05-01", "2021-04-01", "2023-04-01"],
        "subscriptions" => &["2016-06-01", "2019-06-01", "2020-01-01", "2021-01-01", "2022-12-01"],
        "tenants" => &["2020-01-01", "2021-01-01", "2022-12-01"],
        "roleassignmentapprovals" => &["2021-01-01-preview"],
        _ => &["2020-10-01", "2020-10-01-preview"],
    }
}

fn check_version(call: &Call, kind: &str) -> Result<(), ArmError> {
    let supported = versions(kind);
    match call.param("api-version") {
        None => Err(ArmError::new(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )),
        Some(version) if supported.contains(&version) => Ok(()),
        Some(version) => Err(ArmError::unknown_version(kind, version, supported)),
    }
}

/// Reads the bearer token.
/// See <https://learn.microsoft.com/azure/azure-resource-manager/management/authenticate-multi-tenant>.
fn authenticate(sim: &Sim, world: &World, call: &Call) -> Result<Caller, ArmError> {
    let Some(header) = call.header("authorization") else {
        return Err(ArmError::new(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        ));
    };
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, t)| t.trim());
    let Some(token) = token else {
        return Err(ArmError::new(
            401,
            "AuthenticationFailedInvalidHeader",
            "Authentication failed. The 'Authorization' header is provided in an invalid format.",
        ));
    };
    let Some(access) = world.sign_in.look_up(token, sim.sign_in_now()) else {
        return Err(ArmError::new(401, "InvalidAuthenticationToken", "The access token is invalid."));
    };
    if access.resource != Resource::Azure {
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one of the allowed audiences '{1}','{1}/'.",
            sim.places.graph, sim.places.azure
        );
        return Err(ArmError::new(401, "InvalidAuthenticationTokenAudience", message));
    }
    let now = sim.sign_in_now();
    if access.expires <= now {
        let message = format!(
            "The access token expiry UTC time '{}' is earlier than current UTC time '{now}'.",
            access.expires
        );
        return Err(ArmError::new(401, "ExpiredAuthenticationToken", message));
    }
    let person = world.tenant.persona_by_id(&access.oid).cloned();
    let person = person
        .ok_or_else(|| ArmError::new(401, "InvalidAuthenticationToken", "The access token is invalid."))?;
    if !access.scopes.contains("user_impersonation") {
        return Err(ArmError::new(
            403,
            "AuthorizationFailed",
            "The access token does not carry the scope 'user_impersonation'.",
        ));
    }
    Ok(Caller { person, access })
}

/// Answers one call, with ARM's own headers.
pub(crate) fn answer(sim: &Sim, world: &mut World, call: &Call, seen: &mut Seen) -> Reply {
    let reply = match authenticate(sim, world, call) {
        Ok(caller) if world.sign_in.is_revoked(&caller.access) => {
            seen.caller = Some(caller.person.upn);
            challenge::issued_later(sim, world)
        }
        Ok(caller) => {
            seen.caller = Some(caller.person.upn.clone());
            route(sim, world, &caller, call).unwrap_or_else(|error| error.reply(sim))
        }
        Err(error) => error.reply(sim),
    };
    let id = random::guid();
    let (kind, left) = if call.method == "GET" { ("reads", "11999") } else { ("writes", "1199") };
    let reply = reply
        .with("x-ms-request-id", id.clone())
        .with("x-ms-correlation-request-id", call.header("x-ms-correlation-request-id").unwrap_or(&id))
        .with("x-ms-routing-request-id", format!("SIMULATED:{id}"))
        .with("cache-control", "no-cache")
        .with(&format!("x-ms-ratelimit-remaining-tenant-{kind}"), left);
    match call.header("x-ms-client-request-id") {
        Some(own) => reply.with("x-ms-client-request-id", own),
        None => reply,
    }
}

/// Azure's mandatory multifactor authentication for whatever changes something.
/// See <https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication>.
fn mandatory_mfa(sim: &Sim, world: &World, caller: &Caller, call: &Call) -> Option<Reply> {
    if caller.access.mfa || call.method == "GET" {
        return None;
    }
    match world.switches.azure_mandatory_mfa {
        MandatoryMfa::Off => None,
        MandatoryMfa::Challenge => {
            let claims = json!({ "access_token": { "acrs": { "essential": true, "values": ["p1"] } } });
            Some(challenge::reply(sim, world, &claims))
        }
        MandatoryMfa::Disallow => {
            let message = "Resource was disallowed by Azure: Users must authenticate using MFA.";
            Some(ArmError::new(403, "RequestDisallowedByAzure", message).reply(sim))
        }
    }
}

fn route(sim: &Sim, world: &mut World, caller: &Caller, call: &Call) -> Result<Reply, ArmError> {
    if let Some(refused) = mandatory_mfa(sim, world, caller, call) {
        return Ok(refused);
    }
    let segments = call.segments();
    let lower: Vec<String> = segments.iter().map(|s| s.to_ascii_lowercase()).collect();
    match lower.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tenants"] => {
            check_version(call, "tenants")?;
            return containers::tenants(sim, world, caller, call);
        }
        ["subscriptions"] => {
            check_version(call, "subscriptions")?;
            return containers::subscriptions(sim, world, caller, call);
        }
        ["subscriptions", id] => {
            check_version(call, "subscriptions")?;
            return containers::subscription(sim, world, caller, id);
        }
        ["providers", "microsoft.management", "managementgroups"] => {
            check_version(call, "managementgroups")?;
            return containers::management_groups(sim, world, caller, call);
        }
        _ => {}
    }
    if let ["providers", "microsoft.authorization", "roleassignmentapprovals", id, rest @ ..] =
        lower.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
    {
        check_version(call, "roleassignmentapprovals")?;
        return approvals::route(sim, world, caller, call, id, rest);
    }
    let place = place(&call.path).ok_or_else(|| ArmError::no_resource(&call.path))?;
    check_version(call, &place.kind)?;
    if caller.person.forbidden {
        let verb = if call.method == "GET" { "read" } else { "write" };
        return Err(ArmError::authorization_failed(
            caller,
            &format!("Microsoft.Authorization/{}/{verb}", place.kind),
            &place.scope,
        ));
    }
    let parts = (call.method.as_str(), place.kind.as_str(), place.name.as_deref(), place.verb.as_deref());
    match parts {
        ("GET", "roleeligibilityscheduleinstances", None, None) => {
            let own = Mine::of(world, call, caller, &place)?;
            let rows = world.eligibilities_of(Plane::Azure, own.object_id, sim.now());
            let rows = rows.into_iter().filter(|e| own.includes(&e.target.scope));
            list(sim, world, call, rows.map(|e| rows::eligibility(world, e)).collect())
        }
        ("GET", "roleassignmentscheduleinstances", None, None) => {
            let own = Mine::of(world, call, caller, &place)?;
            let rows = world.assignments_of(Plane::Azure, own.object_id, sim.now());
            let rows = rows.into_iter().filter(|a| own.includes(&a.target.scope));
            list(sim, world, call, rows.map(|a| rows::assignment(world, a)).collect())
        }
        ("GET", "roleassignmentschedulerequests" | "roleeligibilityschedulerequests", None, None) => {
            requests::list(sim, world, caller, call, &place)
        }
        ("GET", "roleassignmentschedulerequests" | "roleeligibilityschedulerequests", Some(name), None) => {
            requests::get(sim, world, caller, &place, name)
        }
        ("PUT", "roleassignmentschedulerequests" | "roleeligibilityschedulerequests", Some(name), None) => {
            requests::put(sim, world, caller, call, &place, name)
        }
        (
            "POST",
            "roleassignmentschedulerequests" | "roleeligibilityschedulerequests",
            Some(name),
            Some("cancel"),
        ) => {
            crate::engine::cancel(world, &caller.asker(), name, sim.now())?;
            Ok(Reply::empty(200))
        }
        ("POST", "roleassignmentschedulerequests", Some(name), Some("validate")) => {
            requests::validate(sim, world, caller, call, &place, name)
        }
        ("GET", "rolemanagementpolicyassignments", None, None) => {
            policies::list(sim, world, caller, call, &place)
        }
        ("GET", "eligiblechildresources", None, None) => children(sim, world, call, &place),
        _ => Err(ArmError::no_resource(&call.path)),
    }
}

/// `asTarget()` at the tenant root, which some callers report to be refused.
fn root_as_target(world: &World, call: &Call, place: &Place) -> Result<(), ArmError> {
    let filter = call.param("$filter").unwrap_or_default().replace(' ', "");
    let refused = match world.switches.azure_root_as_target {
        RootAsTarget::Answered => return Ok(()),
        RootAsTarget::Forbidden => ArmError::insufficient(),
        RootAsTarget::Unauthorized => ArmError::insufficient_as(401),
    };
    if place.scope == "/" && filter.eq_ignore_ascii_case("asTarget()") { Err(refused) } else { Ok(()) }
}

/// Whose rows a list means, and at which scope.
pub(crate) struct Mine<'a> {
    object_id: &'a str,
    scope: &'a str,
}

impl<'a> Mine<'a> {
    /// Understands `asTarget()` and the two filters that name the caller; anything else needs read access at the scope,
    /// which nobody has here.
    fn of(world: &World, call: &Call, caller: &'a Caller, place: &'a Place) -> Result<Self, ArmError> {
        root_as_target(world, call, place)?;
        let object_id = caller.person.object_id.as_str();
        let filter = call.param("$filter").unwrap_or_default().replace(' ', "");
        let own = [
            "asTarget()".to_owned(),
            format!("assignedTo('{object_id}')"),
            format!("principalIdeq'{object_id}'"),
            format!("principalIdeq{object_id}"),
        ];
        if own.iter().any(|o| o.eq_ignore_ascii_case(&filter)) {
            return Ok(Self { object_id, scope: &place.scope });
        }
        let known = ["", "atScope()"].iter().any(|f| f.eq_ignore_ascii_case(&filter));
        let names_somebody = ["assignedTo('", "principalIdeq"].iter().any(|f| filter.starts_with(f));
        if known || names_somebody {
            Err(ArmError::insufficient())
        } else {
            Err(ArmError::bad_filter(&filter))
        }
    }

    /// At the tenant root every row; at a scope only what is defined exactly there.
    fn includes(&self, scope: &str) -> bool {
        self.scope == "/" || self.scope.eq_ignore_ascii_case(scope)
    }
}

/// A page of rows as ARM prints it.
fn list(sim: &Sim, world: &World, call: &Call, rows: Vec<Value>) -> Result<Reply, ArmError> {
    list_of(sim, world, call, rows, &Value::clone)
}

/// The same over what is not JSON yet; only the rows of the page are printed.
fn list_of<T>(
    sim: &Sim,
    world: &World,
    call: &Call,
    rows: Vec<T>,
    print: &dyn Fn(&T) -> Value,
) -> Result<Reply, ArmError> {
    for (name, _) in call.query.iter().filter(|(name, _)| name.starts_with('$')) {
        if !["$filter", "$skiptoken", "$getallchildren"].contains(&name.to_ascii_lowercase().as_str()) {
            return Err(ArmError::new(
                400,
                "InvalidQueryParameter",
                format!("The query parameter '{name}' is not supported."),
            ));
        }
    }
    let page = paging::page(call, &sim.places.azure, world.tenant.paging.azure, rows)
        .map_err(|message| ArmError::new(400, "InvalidSkipToken", message))?;
    let mut body = json!({ "value": page.rows.iter().map(print).collect::<Vec<_>>() });
    if let Some(next) = page.next {
        body["nextLink"] = Value::String(next);
    }
    Ok(Reply::json(200, body))
}

/// `GET {scope}/…/eligibleChildResources`: what an activation can be narrowed to.
/// See <https://learn.microsoft.com/rest/api/authorization/eligible-child-resources/get>.
fn children(sim: &Sim, world: &World, call: &Call, place: &Place) -> Result<Reply, ArmError> {
    let filter = call.param("$filter").unwrap_or_default().to_ascii_lowercase();
    let wanted = |kind: &str| filter.is_empty() || filter.contains(&format!("'{kind}'"));
    let below = world.tenant.azure.scopes.iter().filter(|s| {
        !s.id.eq_ignore_ascii_case(&place.scope)
            && world.tenant.is_within(&s.id, &place.scope)
            && !s.kind.contains('/')
    });
    let rows =
        below.filter(|s| wanted(&s.kind)).map(|s| json!({ "id": s.id, "name": s.name, "type": s.kind }));
    list(sim, world, call, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_path_is_taken_apart_at_the_last_provider() {
        let root = place("/providers/Microsoft.Authorization/roleEligibilityScheduleInstances").unwrap();
        assert_eq!((root.scope.as_str(), root.kind.as_str()), ("/", "roleeligibilityscheduleinstances"));
        let path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/n/cancel";
        let deep = place(path).unwrap();
        assert_eq!(
            deep.scope,
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
        );
        assert_eq!((deep.name.as_deref(), deep.verb.as_deref()), (Some("n"), Some("cancel")));
        assert!(place("/subscriptions/s").is_none());
    }
}
