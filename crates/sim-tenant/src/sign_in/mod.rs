//! The sign-in origin: OpenID discovery, authorize (account picker, consent), token, admin consent, sign-out.
//!
//! Follows <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow> and
//! <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>. To extend: a new endpoint is a module and a
//! line in [`answer`]; a new page is a function in `pages.rs` and a step in `steps.rs`.

mod admin_consent;
mod authorize;
pub(crate) mod challenge;
mod client;
mod credential;
mod discovery;
mod errors;
mod id_token;
mod logout;
mod pages;
mod scopes;
pub(crate) mod standing;
mod state;
mod steps;
mod token;

pub(crate) use id_token::Spoil;
pub(crate) use scopes::Resource;
pub use state::ConsentMode;
pub(crate) use state::{Access, SignInState};

use crate::sim::Sim;
use crate::state::World;
use crate::wire::{Call, Reply, html};

/// Whether the authority's tenant segment means this tenant.
fn is_tenant(world: &World, segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase();
    [world.tenant.id.as_str(), world.tenant.domain.as_str(), "organizations", "common"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(&segment))
}

/// Answers one call.
pub(crate) fn answer(sim: &Sim, world: &mut World, call: &Call) -> Reply {
    let segments = call.segments();
    let method = call.method.as_str();
    if let ("GET", ["sim.css"]) = (method, segments.as_slice()) {
        return Reply::text(200, "text/css; charset=utf-8", html::STYLESHEET.to_owned())
            .with("cache-control", "max-age=3600");
    }
    let [tenant, rest @ ..] = segments.as_slice() else { return pages::not_found() };
    let known = is_tenant(world, tenant);
    match (method, rest) {
        ("GET", ["v2.0", ".well-known", "openid-configuration"]) if known => {
            discovery::configuration(sim, world, tenant)
        }
        ("GET", ["discovery", "v2.0", "keys"]) if known => discovery::keys(sim, world),
        ("GET" | "POST", ["oauth2", "v2.0", "authorize"]) if known => {
            authorize::start(sim, world, call, tenant)
        }
        ("POST", ["login"]) if known => steps::post(sim, world, call),
        ("POST", ["oauth2", "v2.0", "token"]) if known => token::redeem(sim, world, call),
        ("GET" | "POST", ["oauth2", "v2.0", "logout"]) if known => logout::sign_out(sim, world, call),
        ("GET", ["v2.0", "adminconsent"]) if known => admin_consent::start(sim, world, call),
        ("POST", ["v2.0", "adminconsent"]) if known => admin_consent::decide(sim, world, call),
        (_, ["v2.0", ".well-known", "openid-configuration"] | ["discovery" | "oauth2", "v2.0", ..])
            if !known =>
        {
            errors::unknown_tenant(sim, tenant)
        }
        _ => pages::not_found(),
    }
}
