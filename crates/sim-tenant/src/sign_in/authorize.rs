//! The authorization endpoint: checks the request and starts a flow.
//! See <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code>.

use serde_json::Value;
use url::Url;

use super::client;
use super::errors::OauthError;
use super::scopes::{self, ScopeProblem};
use super::state::Flow;
use super::{pages, steps};
use crate::random;
use crate::sim::Sim;
use crate::state::World;
use crate::wire::call::Form;
use crate::wire::{Call, Reply};

/// The name of the cookie of a signed-in browser.
pub(crate) const SESSION_COOKIE: &str = "sim-tenant-session";

/// Where an answer goes back to the client.
pub(crate) struct Return<'a> {
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: Option<&'a str>,
    pub(crate) fragment: bool,
}

impl Return<'_> {
    /// A redirect with these parameters and the state.
    pub(crate) fn with(&self, parameters: &[(&str, String)]) -> Reply {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in parameters {
            query.append_pair(key, value);
        }
        if let Some(state) = self.state {
            query.append_pair("state", state);
        }
        let Ok(mut url) = Url::parse(self.redirect_uri) else { return pages::not_found() };
        let query = query.finish();
        if self.fragment {
            url.set_fragment(Some(&query));
        } else {
            let joined = url.query().map_or_else(|| query.clone(), |old| format!("{old}&{query}"));
            url.set_query(Some(&joined));
        }
        Reply::redirect(url.as_str())
    }
}

/// What is wrong with a scope list, as OAuth says it.
pub(crate) fn scope_error(sim: &Sim, world: &World, problem: &ScopeProblem) -> OauthError {
    let client = &world.tenant.client;
    match problem {
        ScopeProblem::UnknownResource(name) => OauthError::new(
            400,
            "invalid_resource",
            500_011,
            format!(
                "The resource principal named {name} was not found in the tenant named {}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
                world.tenant.name
            ),
        ),
        ScopeProblem::UnknownScope(name) => OauthError::new(
            400,
            "invalid_client",
            650_053,
            format!(
                "The application '{}' asked for scope '{name}' that doesn't exist on the resource '{}'. Contact the app vendor.",
                client.name, sim.places.graph
            ),
        ),
        ScopeProblem::DefaultMixed => OauthError::new(
            400,
            "invalid_scope",
            70011,
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. .default scope can't be combined with resource-specific scopes.",
        ),
    }
}

struct Asked {
    client_id: Option<String>,
    redirect_uri: Option<String>,
}

fn check_client(sim: &Sim, world: &World, asked: &Asked) -> Result<String, OauthError> {
    let client_id = asked.client_id.as_deref().ok_or_else(|| OauthError::missing("client_id"))?;
    if !client_id.eq_ignore_ascii_case(&world.tenant.client.id) {
        return Err(OauthError::new(
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
                world.tenant.name
            ),
        ));
    }
    let redirect_uri = asked.redirect_uri.as_deref().ok_or_else(|| OauthError::missing("redirect_uri"))?;
    if !client::is_registered(sim, redirect_uri) {
        return Err(OauthError::invalid_request(
            50011,
            format!(
                "The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs configured for the application '{client_id}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."
            ),
        ));
    }
    Ok(redirect_uri.to_owned())
}

fn check_rest(
    sim: &Sim,
    world: &World,
    form: &Form,
    tenant: &str,
    redirect_uri: &str,
) -> Result<Flow, OauthError> {
    match form.get("response_type") {
        Some("code") => {}
        None => return Err(OauthError::missing("response_type")),
        Some(other) => {
            let text = format!("The response type '{other}' is not enabled for the application.");
            return Err(OauthError::new(400, "unsupported_response_type", 700_054, text));
        }
    }
    let fragment = match form.get("response_mode") {
        None | Some("query") => false,
        Some("fragment") => true,
        Some(other) => {
            let text =
                format!("'{other}' isn't a supported value of 'response_mode' when requesting a code here.");
            return Err(OauthError::invalid_request(70007, text));
        }
    };
    let challenge = form.get("code_challenge").filter(|c| (43..=128).contains(&c.len()));
    let Some(challenge) = challenge else {
        return Err(OauthError::invalid_request(
            50147,
            "The size of the code challenge parameter isn't valid.",
        ));
    };
    if form.get("code_challenge_method") != Some("S256") {
        let text = "The code_challenge_method has to be S256 for this application.";
        return Err(OauthError::invalid_request(501_491, text));
    }
    let scope = form.get("scope").ok_or_else(|| OauthError::missing("scope"))?;
    let scopes = scopes::parse(scope, &sim.places).map_err(|p| scope_error(sim, world, &p))?;
    let claims = form
        .get("claims")
        .map(|text| {
            serde_json::from_str::<Value>(text).ok().filter(Value::is_object).ok_or_else(|| {
                OauthError::invalid_request(
                    9_002_313,
                    "Invalid request. The claims parameter is not a JSON object.",
                )
            })
        })
        .transpose()?;
    Ok(Flow {
        tenant: tenant.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: form.get("state").map(str::to_owned),
        nonce: form.get("nonce").map(str::to_owned),
        scopes,
        challenge: challenge.to_owned(),
        fragment,
        force_consent: form.get("prompt") == Some("consent"),
        oid: None,
        proved: super::state::Proved::new(),
        wants_mfa: wants_mfa(world, form, claims.as_ref()),
        claims,
        mfa: false,
        serial: 0,
    })
}

/// Whether the request asks for multifactor authentication. No documented `claims` value means just that; these are the
/// ways clients ask for it.
fn wants_mfa(world: &World, form: &Form, claims: Option<&Value>) -> bool {
    let fresh = form.get("prompt") == Some("login") && world.switches.prompt_login_gives_mfa;
    let named = |text: &str| ["mfa", "ngcmfa", "possessionorinherence"].contains(&text);
    let amr = ["access_token", "id_token"].iter().flat_map(|token| steps::claim_values(claims, token, "amr"));
    let acr = form.get("acr_values").unwrap_or_default().split(' ');
    fresh || amr.into_iter().any(|value| named(&value)) || acr.into_iter().any(named)
}

/// Starts a flow: an error page, an error redirect, a page, or at once a code.
pub(crate) fn start(sim: &Sim, world: &mut World, call: &Call, tenant: &str) -> Reply {
    let form = if call.method == "POST" { call.form() } else { Form(call.query.clone()) };
    let owned = |name: &str| form.get(name).map(str::to_owned);
    let asked = Asked { client_id: owned("client_id"), redirect_uri: owned("redirect_uri") };
    let redirect_uri = match check_client(sim, world, &asked) {
        Ok(uri) => uri,
        Err(error) => return pages::error(sim, &error),
    };
    let back = Return { redirect_uri: &redirect_uri, state: form.get("state"), fragment: false };
    let mut flow = match check_rest(sim, world, &form, tenant, &redirect_uri) {
        Ok(flow) => flow,
        Err(error) => return back.with(&error.parameters(sim)),
    };

    let session = call.cookie(SESSION_COOKIE).and_then(|id| world.sign_in.sessions.get(id)).cloned();
    let prompt = form.get("prompt").unwrap_or_default();
    let hinted =
        form.get("login_hint").and_then(|hint| world.tenant.hinted(hint)).map(|p| p.object_id.clone());
    let stands = |s: &super::state::Session| world.sign_in.check_grant(&s.oid, s.serial).is_ok();
    let usable = session.filter(|s| stands(s) && hinted.as_ref().is_none_or(|oid| *oid == s.oid));
    if prompt == "none" && usable.is_none() {
        let error = OauthError::new(
            400,
            "login_required",
            50058,
            "A silent sign-in request was sent but no user is signed in.",
        );
        return back.with(&error.parameters(sim));
    }
    if !["login", "select_account"].contains(&prompt)
        && let Some(session) = usable
    {
        flow.oid = Some(session.oid);
        flow.proved = session.proved;
        flow.mfa = session.mfa;
        flow.serial = session.serial;
    }
    let id = random::opaque(1);
    let silent = prompt == "none";
    world.sign_in.flows.insert(id.clone(), flow);
    steps::proceed(sim, world, &id, silent, hinted.as_deref(), None)
}
