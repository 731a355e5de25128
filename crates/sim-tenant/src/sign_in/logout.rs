//! Sign-out.
//! See <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request>.

use super::authorize::SESSION_COOKIE;
use super::{client, pages};
use crate::sim::Sim;
use crate::state::World;
use crate::wire::{Call, Reply};

/// Ends the browser's session and goes on to `post_logout_redirect_uri` when its origin is registered.
pub(crate) fn sign_out(sim: &Sim, world: &mut World, call: &Call) -> Reply {
    if let Some(id) = call.cookie(SESSION_COOKIE) {
        world.sign_in.sessions.remove(id);
    }
    let form = call.form();
    let wanted = call.param("post_logout_redirect_uri").or_else(|| form.get("post_logout_redirect_uri"));
    let state = call.param("state").or_else(|| form.get("state"));
    let reply = match wanted
        .filter(|uri| client::is_registered_origin(sim, uri))
        .and_then(|uri| url::Url::parse(uri).ok())
    {
        Some(mut url) => {
            if let Some(state) = state {
                url.query_pairs_mut().append_pair("state", state);
            }
            Reply::redirect(url.as_str())
        }
        None => pages::signed_out(),
    };
    reply.with("set-cookie", format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"))
}
