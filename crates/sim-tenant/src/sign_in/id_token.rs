//! ID tokens, and the ways a test can have one spoilt.
//! See <https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>.

use serde::Deserialize;
use serde_json::{Value, json};

use super::discovery::issuer;
use super::scopes::Scope;
use super::standing::Outcome;
use super::state::Grant;
use super::steps::claim_values;
use crate::random;
use crate::sim::Sim;
use crate::state::World;
use crate::tokens::Signature;

/// How the next ID token is spoilt (`POST /sign-in {"next": …}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spoil {
    /// `tid` and `iss` of another tenant.
    WrongTenantToken,
    /// `iss` of another authority.
    WrongIssuer,
    /// `iat`, `nbf` and `exp` an hour ahead.
    SkewedClock,
    /// Ran out an hour ago.
    Expired,
    WrongNonce,
    NoNonce,
    WrongAudience,
    BadSignature,
    /// Signed under a key id that the key set does not have.
    UnknownKey,
    /// `alg: none`.
    AlgNone,
    NoOid,
    /// Somebody else's `oid`.
    WrongOid,
    /// `ver` is 1.0.
    OldVersion,
    /// The answer has no `id_token` at all.
    Missing,
}

const ELSEWHERE: &str = "0ddba11e-0000-4000-8000-00000000e15e";

fn has(scopes: &[Scope], name: &str) -> bool {
    scopes.iter().any(|s| s.resource.is_none() && s.name == name)
}

/// The ID token for a grant, when `openid` was asked for. `acrs` only when the request's `claims` asked for it here.
pub(crate) fn issue(
    sim: &Sim,
    world: &mut World,
    grant: &Grant,
    claims: &[Option<&Value>],
    scopes: &[Scope],
) -> Option<String> {
    if !has(scopes, "openid") {
        return None;
    }
    let spoil = world.sign_in.spoil.take();
    if spoil == Some(Spoil::Missing) {
        return None;
    }
    let person = world.tenant.persona_by_id(&grant.oid)?.clone();
    let client = &world.tenant.client.id;
    let now = sim.sign_in_now().as_second();
    // Entra dates `iat` and `nbf` five minutes back.
    let mut token = json!({
        "aud": client,
        "iss": issuer(sim, world),
        "iat": now - 300,
        "nbf": now - 300,
        "exp": now + 3600,
        "rh": format!("1.{}.", random::stable_text(&["rh", client, &person.object_id])),
        "sid": grant.sid,
        "sub": random::stable_text(&["sub", client, &person.object_id]),
        "tid": world.tenant.id,
        "uti": random::opaque(1),
        "ver": "2.0",
        "acct": u8::from(person.guest),
        "login_hint": format!("O.{}", random::stable_text(&["login_hint", &person.upn])),
    });
    if let Some(nonce) = &grant.nonce {
        token["nonce"] = json!(nonce);
    }
    if has(scopes, "profile") {
        token["name"] = json!(person.display_name);
        token["oid"] = json!(person.object_id);
        token["preferred_username"] =
            json!(person.mail.as_ref().filter(|_| person.guest).unwrap_or(&person.upn));
        if person.guest {
            token["idp"] = json!(format!("{}/{ELSEWHERE}/v2.0", sim.places.sign_in));
        }
    }
    if has(scopes, "email") {
        token["email"] = json!(person.mail.as_ref().unwrap_or(&person.upn));
    }
    let acrs: Vec<String> = claims
        .iter()
        .flat_map(|c| claim_values(*c, "id_token", "acrs"))
        .filter(|context| {
            grant.proved.contains_key(context)
                && world.sign_in.outcome(&grant.oid, context) != Outcome::Exclude
        })
        .collect();
    if !acrs.is_empty() {
        token["acrs"] = json!(acrs);
    }
    let signature = spoil.map_or(Signature::Good, |spoil| spoil_claims(sim, &mut token, spoil));
    Some(sim.key.sign(&token, signature))
}

fn spoil_claims(sim: &Sim, token: &mut Value, spoil: Spoil) -> Signature {
    let mut shift = |seconds: i64| {
        for claim in ["iat", "nbf", "exp"] {
            token[claim] = json!(token[claim].as_i64().unwrap_or_default() + seconds);
        }
    };
    match spoil {
        Spoil::SkewedClock => shift(3900),
        Spoil::Expired => shift(-7200),
        Spoil::WrongTenantToken => {
            token["tid"] = json!(ELSEWHERE);
            token["iss"] = json!(format!("{}/{ELSEWHERE}/v2.0", sim.places.sign_in));
        }
        Spoil::WrongIssuer => token["iss"] = json!("https://login.elsewhere.example/v2.0"),
        Spoil::WrongNonce => token["nonce"] = json!("not-the-nonce-that-was-sent"),
        Spoil::WrongAudience => token["aud"] = json!(ELSEWHERE),
        Spoil::WrongOid => token["oid"] = json!(ELSEWHERE),
        Spoil::OldVersion => token["ver"] = json!("1.0"),
        Spoil::NoOid | Spoil::NoNonce => {
            let claim = if spoil == Spoil::NoOid { "oid" } else { "nonce" };
            if let Value::Object(claims) = token {
                claims.remove(claim);
            }
        }
        Spoil::BadSignature => return Signature::Bad,
        Spoil::UnknownKey => return Signature::UnknownKey,
        Spoil::AlgNone => return Signature::None,
        Spoil::Missing => {}
    }
    Signature::Good
}
