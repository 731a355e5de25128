//! Claims challenges: the 401 with `error="insufficient_claims"` by which a resource asks for another token.
//!
//! See <https://learn.microsoft.com/entra/identity-platform/claims-challenge> and
//! <https://learn.microsoft.com/entra/identity-platform/app-resilience-continuous-access-evaluation>. Only clients that
//! declared the capability `cp1` are challenged. To extend: another layout is a variant of [`Layout`] and an arm in
//! [`headers`].

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sim::Sim;
use crate::state::World;
use crate::wire::Reply;

/// The alphabet the claims are encoded in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Alphabet {
    #[default]
    Standard,
    UrlSafe,
}

/// How the challenges of one answer are laid out; all are legal by RFC 9110, section 11.6.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Layout {
    /// One header with one challenge.
    #[default]
    Single,
    /// One header with several challenges, the `Bearer` one in the middle.
    SeveralInOneHeader,
    /// Several headers with one challenge each, the `Bearer` one last.
    SeveralHeaders,
}

fn encoded(world: &World, claims: &Value) -> String {
    let switches = &world.switches;
    let mut text = claims.to_string();
    // White space inside JSON means nothing; it makes the length one that base64 pads.
    while text.len() % 3 != 1 {
        text.push(' ');
    }
    match (switches.challenge_alphabet, switches.challenge_padded) {
        (Alphabet::Standard, true) => STANDARD.encode(text),
        (Alphabet::Standard, false) => STANDARD_NO_PAD.encode(text),
        (Alphabet::UrlSafe, true) => URL_SAFE.encode(text),
        (Alphabet::UrlSafe, false) => URL_SAFE_NO_PAD.encode(text),
    }
}

fn headers(sim: &Sim, world: &World, claims: &Value) -> Vec<String> {
    let bearer = format!(
        "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", claims=\"{}\"",
        sim.places.sign_in,
        encoded(world, claims)
    );
    match world.switches.challenge_layout {
        Layout::Single => vec![bearer],
        Layout::SeveralInOneHeader => {
            vec![format!("Basic realm=\"a, \\\"b\\\" = c\", {bearer}, PoP nonce=\"claims=, Bearer\"")]
        }
        Layout::SeveralHeaders => vec!["Negotiate".to_owned(), "PoP nonce=\"e30=\"".to_owned(), bearer],
    }
}

/// A 401 that asks for these claims.
pub(crate) fn reply(sim: &Sim, world: &World, claims: &Value) -> Reply {
    let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp";
    let body = json!({ "error": { "code": "InvalidAuthenticationToken", "message": message } });
    headers(sim, world, claims)
        .into_iter()
        .fold(Reply::json(401, body), |reply, header| reply.with("www-authenticate", header))
}

/// The challenge of a revoked token: one that was issued from now on.
pub(crate) fn issued_later(sim: &Sim, world: &World) -> Reply {
    let now = sim.sign_in_now().as_second().to_string();
    let mut claims = json!({ "access_token": { "nbf": { "essential": true, "value": now } } });
    if world.switches.challenge_alphabet == Alphabet::UrlSafe {
        // Plain ASCII letters and digits never need the two characters in which the alphabets differ.
        claims["access_token"]["xms_caeerror"] = json!({ "value": "???>>>~~~" });
    }
    reply(sim, world, &claims)
}
