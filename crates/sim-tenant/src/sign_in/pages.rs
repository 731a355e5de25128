//! The HTML pages. Every button is a form post; nothing needs JavaScript.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::errors::OauthError;
use super::scopes::Scope;
use crate::random;
use crate::sim::Sim;
use crate::state::World;
use crate::tenant::Persona;
use crate::wire::Reply;
use crate::wire::html::{escape, page};

fn open(tenant: &str, flow: &str, step: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/{}/login\"><input type=\"hidden\" name=\"flow\" value=\"{}\">\
         <input type=\"hidden\" name=\"step\" value=\"{step}\">",
        escape(tenant),
        escape(flow)
    )
}

fn button(tenant: &str, flow: &str, step: &str, label: &str, class: &str) -> String {
    format!(
        "{}<button class=\"{class}\" type=\"submit\">{}</button></form>",
        open(tenant, flow, step),
        escape(label)
    )
}

/// The account picker: one button per persona, the hinted one first.
pub(crate) fn picker(world: &World, tenant: &str, flow: &str, hinted: Option<&str>) -> Reply {
    let mut people: Vec<&Persona> = world.tenant.personas.iter().collect();
    people.sort_by_key(|p| Some(p.object_id.as_str()) != hinted);
    let mut list = String::new();
    for person in people {
        let _ = writeln!(
            list,
            "<li>{}<button class=\"person\" type=\"submit\" name=\"upn\" value=\"{upn}\"><span>{name}</span> \
             <span class=\"quiet\">{upn}</span> <span class=\"quiet\">{summary}</span></button></form></li>",
            open(tenant, flow, "pick"),
            upn = escape(&person.upn),
            name = escape(&person.display_name),
            summary = escape(&person.summary),
        );
    }
    let body = format!(
        "<h1>Pick an account</h1>\n<p class=\"quiet\">to continue to {} in {}</p>\n<ul class=\"people\">\n{list}</ul>",
        escape(&world.tenant.client.name),
        escape(&world.tenant.name)
    );
    Reply::html(200, page("Sign in to your account", &body))
}

/// The consent page with what the application asks for.
pub(crate) fn consent(world: &World, tenant: &str, flow: &str, person: &Persona, scopes: &[Scope]) -> Reply {
    let body = format!(
        "<p class=\"quiet\">{}</p>\n<h1>Permissions requested</h1>\n<p><strong>{}</strong> would like to:</p>\n{}\
         <p class=\"quiet\">Accepting means that you allow this app to use your data as its terms say.</p>\n\
         <div class=\"row\">{}{}</div>",
        escape(&person.upn),
        escape(&world.tenant.client.name),
        scope_list(scopes),
        button(tenant, flow, "decline", "Decline", "secondary"),
        button(tenant, flow, "accept", "Accept", "primary"),
    );
    Reply::html(200, page("Permissions requested", &body))
}

/// The scopes with their human texts.
pub(crate) fn scope_list(scopes: &[Scope]) -> String {
    let mut items = String::new();
    for scope in scopes {
        let (title, text) = scope.human();
        let _ = writeln!(
            items,
            "<li><strong>{}</strong><br><span class=\"quiet\">{}</span></li>",
            escape(&title),
            escape(&text)
        );
    }
    format!("<ul class=\"scopes\">\n{items}</ul>\n")
}

/// Only an administrator may consent.
pub(crate) fn admin_approval(world: &World, tenant: &str, flow: &str, person: &Persona) -> Reply {
    let body = format!(
        "<p class=\"quiet\">{}</p>\n<h1>Need admin approval</h1>\n<p><strong>{}</strong> needs permission to access \
         resources in your organization that only an admin can grant. Please ask an admin to grant permission to this \
         app before you can use it.</p>\n<p class=\"quiet\">AADSTS90094</p>\n<div class=\"row\">{}</div>",
        escape(&person.upn),
        escape(&world.tenant.client.name),
        button(
            tenant,
            flow,
            "without-approval",
            "Return to the application without granting consent",
            "secondary"
        ),
    );
    Reply::html(200, page("Need admin approval", &body))
}

/// A stronger sign-in: for authentication contexts, or just for a second factor.
pub(crate) fn stronger(
    world: &World,
    tenant: &str,
    flow: &str,
    person: &Persona,
    contexts: &BTreeSet<String>,
) -> Reply {
    let names: Vec<String> = contexts
        .iter()
        .map(|id| {
            let name = world.tenant.authentication_contexts.get(id).map_or("unnamed", String::as_str);
            format!("{} ({})", escape(name), escape(id))
        })
        .collect();
    let names = if names.is_empty() { "multifactor authentication".to_owned() } else { names.join(", ") };
    let body = format!(
        "<p class=\"quiet\">{}</p>\n<h1>Verify your identity</h1>\n<p>Your organization asks for a stronger sign-in: \
         <strong>{names}</strong>.</p>\n<div class=\"row\">{}{}</div>",
        escape(&person.upn),
        button(tenant, flow, "decline", "Cancel", "secondary"),
        button(tenant, flow, "prove", "Approve with passkey", "primary"),
    );
    Reply::html(200, page("Verify your identity", &body))
}

/// Something is wrong that must not be told to the redirect URI.
pub(crate) fn error(sim: &Sim, error: &OauthError) -> Reply {
    let body = format!(
        "<h1>Sorry, but we\u{2019}re having trouble signing you in.</h1>\n<p>AADSTS{}: {}</p>\n\
         <dl><dt>Request Id</dt><dd><code>{}</code></dd><dt>Correlation Id</dt><dd><code>{}</code></dd>\
         <dt>Timestamp</dt><dd>{}</dd></dl>",
        error.number,
        escape(&error.text),
        random::guid(),
        random::guid(),
        sim.sign_in_now(),
    );
    Reply::html(error.status, page("Sign in to your account", &body))
}

/// The page was posted for a flow that is over.
pub(crate) fn flow_gone() -> Reply {
    let body = "<h1>This sign-in is over</h1>\n<p>Go back to the application and start again.</p>";
    Reply::html(400, page("This sign-in is over", body))
}

/// Signed out, with nowhere to go.
pub(crate) fn signed_out() -> Reply {
    let body = "<h1>You signed out of your account</h1>\n<p>It\u{2019}s a good idea to close all browser windows.</p>";
    Reply::html(200, page("You signed out", body))
}

/// No such page.
pub(crate) fn not_found() -> Reply {
    Reply::html(404, page("Not found", "<h1>Not found</h1>\n<p>The simulated tenant has no such page.</p>"))
}
