//! The control port: what a test needs and a tenant never offers.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /healthz` | `{"status":"ok"}` |
//! | `GET /tenant` | the ids a client has to be told: `tenantId`, `clientId` |
//! | `GET /personas` | who can sign in |
//! | `GET /requests`, `GET /ledger` | the newest calls received; every committed role request |
//! | `GET /canaries` | every token, code, verifier, claim and justification so far, see [`crate::canaries`] |
//! | `POST /requests` | `{"keep": 20000}`: how many calls are kept; `DELETE` forgets them |
//! | `POST /clock` | `{"advance":"PT6M","of":"planes"\|"sign_in"\|"all"}`, `planes` when left out |
//! | `POST /latency` | `{"plane","milliseconds","path_contains"}` |
//! | `POST /faults` | one fault, or `{"storm":{"seed","rate"}}`, see [`crate::faults`]; `GET` counts what was injected, `DELETE` ends faults, storm and latencies |
//! | `POST /paging` | `{"entra","groups","policies","azure","audit"}`: rows per page; what is left out gets its default |
//! | `POST /consent` | `{"granted":bool}`, `{"mode":"user"\|"admin_required"}`, `{"without":["AuditLog.Read.All"]}`: scopes that are missing from every token from now on, whoever consented |
//! | `POST /client` | `{"platform":"public"\|"web","federated_credentials":[{"issuer","subject","audience"}]}`: how the registered client authenticates itself |
//! | `GET /msi/token`, `GET /metadata/identity/oauth2/token`, `POST /assertion` | see [`crate::managed_identity`] |
//! | `POST /sign-in` | `{"next": …}`, or `{"next": null}`: spoils the next ID token |
//! | `POST /switches` | disputed behaviours; `GET` shows them, `GET /switches/catalogue` says what each is about |
//! | `POST /revoke` | `{"how","who","plane"}`: what happens to somebody's (or everybody's) tokens and sessions, see `sign_in::standing::How`; without `how` access tokens are forgotten, with `{"refresh":true}` refresh tokens too |
//! | `POST /contexts` | `{"context":"c1","who","outcome":"allow"\|"exclude"\|"distrust"\|"block","fresh":"PT10M"}`: what Conditional Access makes of an authentication context |
//! | `POST /decide` | `{"request","decision":"approve"\|"deny","by":upn}`: somebody decides on a request that waits |
//! | `POST /lag` | `{"plane","provisioning","instance","request","removal","settling"}` or `{"preset":"realistic"}`, see `state::lag` |
//! | `GET /assignments` | everything that somebody holds now, whether lists show it or not |
//! | `POST /reset`, `POST /seed` | starts over, from the same tenant, or from the name of a built-in one or TOML |
//!
//! Where there are several directories, an order is about the first, unless `?tenant=` names another by id or domain; `/reset` is about
//! all.
//!
//! To extend: a line in [`answer`] and one in this table.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::clock::Hand;
use crate::faults::Latency;
use crate::managed_identity;
use crate::sign_in::standing::{ContextRule, How, Outcome};
use crate::sign_in::{ConsentMode, Resource, Spoil};
use crate::sim::Sim;
use crate::state::catalogue::catalogue;
use crate::state::{Switches, World};
use crate::tenant::{FederatedCredential, Platform, Tenant};
use crate::wire::{Call, Reply, duration};

fn problem(message: impl std::fmt::Display) -> Reply {
    Reply::json(400, json!({ "error": message.to_string() }))
}

fn done() -> Reply {
    Reply::json(200, json!({ "ok": true }))
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T, Reply> {
    let body: &[u8] = if call.body.is_empty() { b"{}" } else { &call.body };
    serde_json::from_slice(body).map_err(problem)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockOrder {
    advance: String,
    #[serde(default)]
    of: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentOrder {
    #[serde(default)]
    granted: Option<bool>,
    #[serde(default)]
    mode: Option<ConsentMode>,
    #[serde(default)]
    without: Option<BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientOrder {
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default)]
    federated_credentials: Option<Vec<FederatedCredential>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestsOrder {
    keep: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInOrder {
    next: Option<Spoil>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeOrder {
    #[serde(default)]
    how: How,
    /// A user principal name; everybody when missing.
    #[serde(default)]
    who: Option<String>,
    /// `graph` or `azure`; both when missing.
    #[serde(default)]
    plane: Option<String>,
    #[serde(default)]
    refresh: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextOrder {
    context: String,
    #[serde(default)]
    who: Option<String>,
    #[serde(default)]
    outcome: Outcome,
    /// How long a proof counts, ISO 8601.
    #[serde(default)]
    fresh: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecideOrder {
    request: String,
    decision: Verdict,
    by: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Approve,
    Deny,
}

fn lag(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: crate::state::lag::Order = read(call)?;
    let lag = order.lag().map_err(problem)?;
    let plane = order.plane.as_deref().unwrap_or("*");
    if sim.world().set_lag(plane, lag) {
        Ok(done())
    } else {
        Err(problem(format!("`plane` is entra, groups, azure or *, not {plane}")))
    }
}

/// Everything that somebody holds now, whether lists show it or not.
fn assignments(sim: &Sim) -> Reply {
    let (world, now) = (sim.world(), sim.now());
    let held = world.assignments.iter().filter(|a| a.holds(now));
    let rows = held.map(|a| {
        json!({ "plane": a.target.plane.name(), "principalId": a.principal, "role": a.target.role, "scope": a.target.scope,
            "activated": a.activated, "endDateTime": a.end.map(|end| end.to_string()) })
    });
    Reply::json(200, Value::Array(rows.collect()))
}

fn decide(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: DecideOrder = read(call)?;
    let mut world = sim.world();
    let by = world.tenant.persona(&order.by).map(|p| p.object_id.clone());
    let by = by.ok_or_else(|| problem(format!("nobody is called {}", order.by)))?;
    let found = world.requests.iter().find(|r| r.id.eq_ignore_ascii_case(&order.request));
    let (plane, is_prolongation) = found
        .map(|r| (r.target.plane, r.is_about_eligibility()))
        .ok_or_else(|| problem("there is no such request"))?;
    if is_prolongation {
        let approved = matches!(order.decision, Verdict::Approve);
        crate::engine::decide_prolongation(&mut world, &order.request, approved, sim.now())
            .map_err(|refusal| problem(refusal.message))?;
        return Ok(done());
    }
    let verdict = (matches!(order.decision, Verdict::Approve), "Decided elsewhere");
    crate::engine::decide(&mut world, plane, &by, &order.request, verdict, sim.now())
        .map_err(|refusal| problem(refusal.message))?;
    Ok(done())
}

fn clock(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: ClockOrder = read(call)?;
    let by =
        duration::parse(&order.advance).ok_or_else(|| problem("`advance` is not an ISO 8601 duration"))?;
    let hands: &[Hand] = match order.of.as_deref() {
        None | Some("planes") => &[Hand::Planes],
        Some("sign_in") => &[Hand::SignIn],
        Some("all") => &[Hand::Planes, Hand::SignIn],
        Some(other) => return Err(problem(format!("`of` is planes, sign_in or all, not {other}"))),
    };
    for hand in hands {
        sim.clock.advance(*hand, by);
    }
    Ok(Reply::json(200, json!({ "planes": sim.now().to_string(), "signIn": sim.sign_in_now().to_string() })))
}

fn consent(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: ConsentOrder = read(call)?;
    let mut world = sim.world();
    if let Some(mode) = order.mode {
        world.sign_in.consent_mode = mode;
    }
    if let Some(without) = order.without {
        world.sign_in.withheld = without;
    }
    match order.granted {
        Some(true) => {
            let client = &world.tenant.client;
            let graph = client.graph_scopes.iter().map(|name| format!("graph/{name}"));
            let azure = client.azure_scopes.iter().map(|name| format!("azure/{name}"));
            let openid = ["openid", "profile", "email", "offline_access"].map(|name| format!("oidc/{name}"));
            let keys: Vec<String> = graph.chain(azure).chain(openid).collect();
            world.sign_in.admin_consent.extend(keys);
        }
        Some(false) => {
            world.sign_in.admin_consent.clear();
            world.sign_in.consents.clear();
        }
        None => {}
    }
    Ok(done())
}

fn client(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: ClientOrder = read(call)?;
    let mut world = sim.world();
    let client = &mut world.tenant.client;
    client.platform = order.platform.unwrap_or(client.platform);
    if let Some(credentials) = order.federated_credentials {
        client.federated_credentials = credentials;
    }
    Ok(done())
}

fn switches(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: Value = read(call)?;
    let mut world = sim.world();
    let mut merged = serde_json::to_value(&world.switches).map_err(problem)?;
    if let (Value::Object(now), Value::Object(new)) = (&mut merged, order) {
        now.extend(new);
    }
    world.switches = serde_json::from_value::<Switches>(merged.clone()).map_err(problem)?;
    Ok(Reply::json(200, merged))
}

/// The object id of a user principal name.
fn object_id(world: &World, upn: &str) -> Result<String, Reply> {
    let person = world.tenant.persona(upn);
    person.map(|p| p.object_id.clone()).ok_or_else(|| problem(format!("there is no {upn}")))
}

fn revoke(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: RevokeOrder = read(call)?;
    let mut world = sim.world();
    let who = match &order.who {
        Some(upn) => vec![object_id(&world, upn)?],
        None => world.tenant.personas.iter().map(|p| p.object_id.clone()).collect(),
    };
    let plane = match order.plane.as_deref() {
        None => None,
        Some("graph") => Some(Resource::Graph),
        Some("azure") => Some(Resource::Azure),
        Some(other) => return Err(problem(format!("`plane` is graph or azure, not {other}"))),
    };
    world.sign_in.revoke(order.how, &who, plane);
    if order.refresh {
        world.sign_in.refresh.retain(|_, grant| !who.contains(&grant.oid));
    }
    Ok(done())
}

fn contexts(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    let order: ContextOrder = read(call)?;
    let mut world = sim.world();
    let oid = order.who.as_deref().map(|upn| object_id(&world, upn)).transpose()?;
    let fresh = order
        .fresh
        .as_deref()
        .map(|text| duration::parse(text).ok_or_else(|| problem("`fresh` is not an ISO 8601 duration")));
    let rule = ContextRule { oid, context: order.context, outcome: order.outcome, fresh: fresh.transpose()? };
    world.sign_in.set_rule(rule);
    Ok(done())
}

fn personas(sim: &Sim) -> Reply {
    let world = sim.world();
    let list = world.tenant.personas.iter();
    let list = list.map(|p| json!({ "upn": p.upn, "displayName": p.display_name, "objectId": p.object_id, "summary": p.summary }));
    Reply::json(200, Value::Array(list.collect()))
}

fn route(sim: &Sim, call: &Call) -> Result<Reply, Reply> {
    match (call.method.as_str(), call.path.trim_end_matches('/')) {
        ("GET", "/healthz") => Ok(Reply::json(200, json!({ "status": "ok" }))),
        ("GET", "/tenant") => {
            let world = sim.world();
            Ok(Reply::json(
                200,
                json!({ "tenantId": world.tenant.id, "clientId": world.tenant.client.id, "name": world.tenant.name }),
            ))
        }
        ("GET", "/personas") => Ok(personas(sim)),
        ("GET", "/requests") => {
            Ok(Reply::json(200, serde_json::to_value(sim.world().journal.seen()).map_err(problem)?))
        }
        ("POST", "/requests") => {
            let order: RequestsOrder = read(call)?;
            sim.world().journal.keep(order.keep);
            Ok(done())
        }
        ("DELETE", "/requests") => {
            sim.world().journal.forget();
            Ok(done())
        }
        ("GET", "/ledger") => Ok(Reply::json(200, Value::Array(sim.world().journal.ledger.clone()))),
        ("GET", "/canaries") => Ok(Reply::json(200, sim.world().canaries.print())),
        ("GET", "/clock") => Ok(Reply::json(
            200,
            json!({ "planes": sim.now().to_string(), "signIn": sim.sign_in_now().to_string() }),
        )),
        ("POST", "/clock") => clock(sim, call),
        ("POST", "/decide") => decide(sim, call),
        ("POST", "/lag") => lag(sim, call),
        ("GET", "/assignments") => Ok(assignments(sim)),
        ("POST", "/latency") => {
            let order: Latency = read(call)?;
            let mut world = sim.world();
            world
                .faults
                .latencies
                .retain(|l| l.plane != order.plane || l.path_contains != order.path_contains);
            world.faults.latencies.push(order);
            Ok(done())
        }
        ("GET", "/faults") => Ok(Reply::json(200, sim.world().faults.report())),
        ("POST", "/paging") => {
            let paging = read(call)?;
            sim.world().tenant.paging = paging;
            Ok(done())
        }
        ("POST", "/faults") => {
            let order = read(call)?;
            sim.world().faults.order(order).map_err(problem)?;
            Ok(done())
        }
        ("DELETE", "/faults") => {
            sim.world().faults.end();
            Ok(done())
        }
        ("POST", "/consent") => consent(sim, call),
        ("POST", "/client") => client(sim, call),
        ("GET", "/msi/token") => Ok(managed_identity::token(sim, call, false)),
        ("GET", "/metadata/identity/oauth2/token") => Ok(managed_identity::token(sim, call, true)),
        ("POST", "/assertion") => managed_identity::assertion(sim, call).map_err(problem),
        ("POST", "/sign-in") => {
            let order: SignInOrder = read(call)?;
            sim.world().sign_in.spoil = order.next;
            Ok(done())
        }
        ("GET", "/switches") => {
            Ok(Reply::json(200, serde_json::to_value(&sim.world().switches).map_err(problem)?))
        }
        ("GET", "/switches/catalogue") => {
            Ok(Reply::json(200, catalogue(&sim.world().switches).map_err(problem)?))
        }
        ("POST", "/switches") => switches(sim, call),
        ("POST", "/revoke") => revoke(sim, call),
        ("POST", "/contexts") => contexts(sim, call),
        ("POST", "/reset") => {
            sim.reset(None);
            Ok(done())
        }
        ("POST", "/seed") => {
            let text = String::from_utf8_lossy(&call.body);
            let tenant = match Tenant::named(text.trim()) {
                Some(tenant) => tenant,
                None => Tenant::from_toml(&text).map_err(|e| problem(format!("{e:#}")))?,
            };
            sim.reset(Some(tenant));
            Ok(done())
        }
        _ => Err(Reply::json(404, json!({ "error": "the control port has no such route" }))),
    }
}

/// Answers one call. Takes the lock itself, unlike the other origins: `/reset` replaces what it guards.
pub(crate) fn answer(sim: &Sim, call: &Call) -> Reply {
    route(sim, call).unwrap_or_else(|reply| reply)
}
