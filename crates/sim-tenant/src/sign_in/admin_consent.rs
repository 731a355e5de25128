//! Admin consent: a Global Administrator grants for everybody.
//! See <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>.

use super::authorize::Return;
use super::errors::OauthError;
use super::scopes::{self, Resource};
use super::state::AdminFlow;
use super::{client, pages};
use crate::random;
use crate::sim::Sim;
use crate::state::World;
use crate::wire::html::{escape, page};
use crate::wire::{Call, Reply};

/// Shows what would be granted.
pub(crate) fn start(sim: &Sim, world: &mut World, call: &Call) -> Reply {
    let invalid = |error: OauthError| pages::error(sim, &error);
    let Some(client_id) = call.param("client_id") else { return invalid(OauthError::missing("client_id")) };
    if !client_id.eq_ignore_ascii_case(&world.tenant.client.id) {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{}'.",
            world.tenant.name
        );
        return invalid(OauthError::new(400, "unauthorized_client", 700_016, text));
    }
    let Some(redirect_uri) = call.param("redirect_uri") else {
        return invalid(OauthError::missing("redirect_uri"));
    };
    if !client::is_registered_origin(sim, redirect_uri) {
        let text = format!(
            "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured for the application '{client_id}'."
        );
        return invalid(OauthError::invalid_request(50011, text));
    }
    let Some(scope) = call.param("scope") else { return invalid(OauthError::missing("scope")) };
    let Ok(asked) = scopes::parse(scope, &sim.places) else {
        return invalid(OauthError::new(
            400,
            "invalid_scope",
            70011,
            "The provided value for the input parameter 'scope' is not valid.",
        ));
    };
    // With `.default`, everything in requiredResourceAccess is granted, of every resource, and the OpenID scopes with it.
    let listed = if asked.iter().any(scopes::Scope::is_default) {
        let openid = scopes::parse("openid profile email offline_access", &sim.places).unwrap_or_default();
        [
            openid,
            scopes::registered(&world.tenant, Resource::Graph),
            scopes::registered(&world.tenant, Resource::Azure),
        ]
        .concat()
    } else {
        asked
    };
    let id = random::opaque(1);
    world.sign_in.admin_flows.insert(
        id.clone(),
        AdminFlow {
            redirect_uri: redirect_uri.to_owned(),
            state: call.param("state").map(str::to_owned),
            scope: scope.to_owned(),
            grants: listed.iter().map(scopes::Scope::key).collect(),
        },
    );
    let administrators: Vec<&str> =
        world.tenant.personas.iter().filter(|p| p.global_administrator).map(|p| p.upn.as_str()).collect();
    let form = |decision: &str, label: &str, class: &str| {
        format!(
            "<form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"flow\" value=\"{}\">\
             <button class=\"{class}\" type=\"submit\" name=\"decision\" value=\"{decision}\">{label}</button></form>",
            escape(&call.path),
            escape(&id)
        )
    };
    let body = format!(
        "<p class=\"quiet\">{}</p>\n<h1>Permissions requested for your organization</h1>\n<p><strong>{}</strong> would \
         like, for every user of {}, to:</p>\n{}<div class=\"row\">{}{}</div>",
        escape(&administrators.join(", ")),
        escape(&world.tenant.client.name),
        escape(&world.tenant.name),
        pages::scope_list(&listed),
        form("decline", "Cancel", "secondary"),
        form("accept", "Accept", "primary"),
    );
    Reply::html(200, page("Permissions requested for your organization", &body))
}

/// Grants or declines. `admin_consent=True` is there even when it went wrong, as in the real service.
pub(crate) fn decide(sim: &Sim, world: &mut World, call: &Call) -> Reply {
    let form = call.form();
    let Some(flow) = world.sign_in.admin_flows.remove(form.get("flow").unwrap_or_default()) else {
        return pages::flow_gone();
    };
    let back = Return { redirect_uri: &flow.redirect_uri, state: flow.state.as_deref(), fragment: false };
    let granted = ("admin_consent", "True".to_owned());
    if form.get("decision") == Some("accept") {
        world.sign_in.admin_consent.extend(flow.grants.iter().cloned());
        return back.with(&[granted, ("tenant", world.tenant.id.clone()), ("scope", flow.scope.clone())]);
    }
    let error = OauthError::new(
        400,
        "consent_required",
        65004,
        "The resource owner or authorization server denied the request.",
    );
    let [first, second, third] = error.parameters(sim);
    back.with(&[granted, first, second, third])
}
