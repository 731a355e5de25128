//! The steps a person takes between authorize and the redirect back: account, stronger sign-in, consent.
//!
//! Each page posts the flow's id and a `step`; [`proceed`] then decides on the next page. To extend: a further page is
//! one more condition in [`proceed`] and one more `step` in [`post`].

use std::collections::BTreeSet;

use serde_json::Value;

use super::authorize::{Return, SESSION_COOKIE};
use super::errors::OauthError;
use super::pages;
use super::scopes::{self, Scope};
use super::standing::{self, Outcome};
use super::state::{ConsentMode, Flow, Grant, Proved, Session};
use crate::random;
use crate::sim::Sim;
use crate::state::World;
use crate::wire::{Call, Reply};

/// The values a `claims` parameter asks for, of one claim of one token.
pub(crate) fn claim_values(claims: Option<&Value>, token: &str, claim: &str) -> BTreeSet<String> {
    let Some(wanted) = claims.and_then(|c| c.get(token)?.get(claim)) else { return BTreeSet::new() };
    let many = wanted.get("values").and_then(Value::as_array).into_iter().flatten();
    wanted.get("value").into_iter().chain(many).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The authentication contexts a flow asks for, in either token.
fn wanted_contexts(flow: &Flow) -> BTreeSet<String> {
    ["access_token", "id_token"]
        .iter()
        .flat_map(|token| claim_values(flow.claims.as_ref(), token, "acrs"))
        .collect()
}

/// Scopes of a flow that nobody has consented to yet.
fn unconsented(world: &World, flow: &Flow, oid: &str) -> Vec<Scope> {
    scopes::expand(&world.tenant, &flow.scopes)
        .into_iter()
        .filter(|scope| !world.sign_in.has_consent(oid, &scope.key()))
        .collect()
}

fn back(flow: &Flow) -> Return<'_> {
    Return { redirect_uri: &flow.redirect_uri, state: flow.state.as_deref(), fragment: flow.fragment }
}

/// The next page of a flow, or the redirect at its end. `silent` never shows a page.
pub(crate) fn proceed(
    sim: &Sim,
    world: &mut World,
    id: &str,
    silent: bool,
    hinted: Option<&str>,
    session: Option<(String, Session)>,
) -> Reply {
    let Some(flow) = world.sign_in.flows.get(id).cloned() else { return pages::flow_gone() };
    let refuse = |error: &'static str, number: u32, text: &str| {
        back(&flow).with(&OauthError::new(400, error, number, text).parameters(sim))
    };
    let reply = 'page: {
        let person = flow.oid.as_deref().and_then(|oid| world.tenant.persona_by_id(oid)).cloned();
        let Some(person) = person else {
            break 'page pages::picker(world, &flow.tenant, id, hinted);
        };
        if world.sign_in.is_disabled(&person.object_id) {
            break 'page pages::error(sim, &standing::disabled());
        }
        let wanted = wanted_contexts(&flow);
        let outcome = |context: &String| world.sign_in.outcome(&person.object_id, context);
        if wanted.iter().any(|context| outcome(context) == Outcome::Block) {
            world.sign_in.flows.remove(id);
            break 'page back(&flow).with(&standing::blocked().parameters(sim));
        }
        let now = sim.sign_in_now();
        let proved =
            |context: &String| world.sign_in.is_proved(&person.object_id, &flow.proved, context, now);
        if !wanted.iter().all(proved) || (flow.wants_mfa && !flow.mfa) {
            if silent {
                break 'page refuse(
                    "interaction_required",
                    50158,
                    "External security challenge not satisfied. User will be redirected to another page or authentication provider to satisfy additional authentication challenges.",
                );
            }
            break 'page pages::stronger(world, &flow.tenant, id, &person, &wanted);
        }
        let missing = unconsented(world, &flow, &person.object_id);
        if !missing.is_empty() || flow.force_consent {
            if silent {
                break 'page refuse(
                    "consent_required",
                    65001,
                    "The user or administrator has not consented to use the application.",
                );
            }
            let may = world.sign_in.consent_mode == ConsentMode::User || person.global_administrator;
            if !may {
                break 'page pages::admin_approval(world, &flow.tenant, id, &person);
            }
            let listed =
                if flow.force_consent { scopes::expand(&world.tenant, &flow.scopes) } else { missing };
            break 'page pages::consent(world, &flow.tenant, id, &person, &listed);
        }
        let sid = session.as_ref().map(|(_, session)| session.sid.clone());
        issue_code(sim, world, id, &flow, &person.object_id, sid)
    };
    match session {
        Some((cookie, session)) => {
            world.sign_in.sessions.insert(cookie.clone(), session);
            reply.with("set-cookie", format!("{SESSION_COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax"))
        }
        None => reply,
    }
}

fn issue_code(sim: &Sim, world: &mut World, id: &str, flow: &Flow, oid: &str, sid: Option<String>) -> Reply {
    world.sign_in.flows.remove(id);
    let code = format!("1.{}", random::opaque(6));
    world.canaries.secret(&code);
    let known = || world.sign_in.sessions.values().find(|s| s.oid == oid).map(|s| s.sid.clone());
    let sid = sid.or_else(known).unwrap_or_else(random::guid);
    let grant = Grant {
        oid: oid.to_owned(),
        redirect_uri: flow.redirect_uri.clone(),
        challenge: flow.challenge.clone(),
        nonce: flow.nonce.clone(),
        scopes: flow.scopes.clone(),
        claims: flow.claims.clone(),
        proved: flow.proved.clone(),
        mfa: flow.mfa,
        sid: sid.clone(),
        serial: flow.serial,
        issued: sim.sign_in_now(),
        used: false,
    };
    world.sign_in.codes.insert(code.clone(), grant);
    back(flow).with(&[("code", code), ("session_state", sid)])
}

/// A posted page.
pub(crate) fn post(sim: &Sim, world: &mut World, call: &Call) -> Reply {
    let form = call.form();
    let id = form.get("flow").unwrap_or_default().to_owned();
    let Some(flow) = world.sign_in.flows.get(&id).cloned() else { return pages::flow_gone() };
    let refuse = |number: u32, text: &str| {
        back(&flow).with(&OauthError::new(400, "access_denied", number, text).parameters(sim))
    };
    let mut session = None;
    match form.get("step") {
        Some("pick") => {
            let Some(person) = form.get("upn").and_then(|upn| world.tenant.persona(upn)) else {
                return pages::flow_gone();
            };
            let (oid, mfa) = (person.object_id.clone(), person.mfa);
            let serial = world.sign_in.next_serial();
            let proved = Proved::new();
            session = Some((
                random::opaque(2),
                Session { oid: oid.clone(), proved, mfa, sid: random::guid(), serial },
            ));
            if let Some(flow) = world.sign_in.flows.get_mut(&id) {
                (flow.oid, flow.mfa, flow.serial) = (Some(oid), mfa, serial);
                flow.proved.clear();
            }
        }
        Some("prove") => {
            // A stronger sign-in is one with several factors, whatever else it proves.
            let now = sim.sign_in_now();
            let proved: Proved = wanted_contexts(&flow).into_iter().map(|context| (context, now)).collect();
            if let Some(known) = call.cookie(SESSION_COOKIE).and_then(|c| world.sign_in.sessions.get_mut(c)) {
                known.proved.extend(proved.clone());
                known.mfa = true;
            }
            if let Some(flow) = world.sign_in.flows.get_mut(&id) {
                flow.proved.extend(proved);
                flow.mfa = true;
            }
        }
        Some("accept") => {
            let Some(oid) = flow.oid.clone() else { return pages::flow_gone() };
            let keys = scopes::expand(&world.tenant, &flow.scopes).into_iter().map(|s| s.key());
            world.sign_in.consents.entry(oid).or_default().extend(keys);
            if let Some(flow) = world.sign_in.flows.get_mut(&id) {
                flow.force_consent = false;
            }
        }
        Some("decline") => {
            world.sign_in.flows.remove(&id);
            let app = &world.tenant.client.id;
            return refuse(
                65004,
                &format!("User declined to consent to access the app. Application '{app}'."),
            );
        }
        Some("without-approval") => {
            world.sign_in.flows.remove(&id);
            return refuse(
                90094,
                "The grant requires administrator permission. An administrator of the organization has to consent to the app first.",
            );
        }
        _ => return pages::flow_gone(),
    }
    proceed(sim, world, &id, false, None, session)
}
