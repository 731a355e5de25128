//! The token endpoint: authorization code with PKCE, and refresh. How the client authenticates itself is in `credential`.
//! See <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#redeem-a-code-for-an-access-token>
//! and <https://learn.microsoft.com/entra/identity-platform/refresh-tokens>.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::authorize::scope_error;
use super::errors::OauthError;
use super::scopes::{self, Resource, Scope};
use super::standing::{self, Outcome};
use super::state::{Access, Grant, Proved};
use super::steps::claim_values;
use super::{credential, id_token};
use crate::random;
use crate::sim::Sim;
use crate::state::World;
use crate::tenant::Platform;
use crate::tokens::Signature;
use crate::wire::call::Form;
use crate::wire::{Call, Reply};

const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Answers `POST …/token`.
pub(crate) fn redeem(sim: &Sim, world: &mut World, call: &Call) -> Reply {
    try_redeem(sim, world, call).unwrap_or_else(|error| error.reply(sim))
}

fn check_client(sim: &Sim, world: &World, call: &Call, form: &Form) -> Result<(), OauthError> {
    if call.header("origin").is_some() {
        let text = format!(
            "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '{}'.",
            call.header("origin").unwrap_or_default()
        );
        return Err(OauthError::invalid_request(9_002_326, text));
    }
    let client_id = form.get("client_id").ok_or_else(|| OauthError::missing("client_id"))?;
    if !client_id.eq_ignore_ascii_case(&world.tenant.client.id) {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{}'.",
            world.tenant.name
        );
        return Err(OauthError::new(400, "unauthorized_client", 700_016, text));
    }
    credential::check(sim, world, call, form)
}

fn try_redeem(sim: &Sim, world: &mut World, call: &Call) -> Result<Reply, OauthError> {
    let form = call.form();
    check_client(sim, world, call, &form)?;
    let requested = form
        .get("scope")
        .map(|text| scopes::parse(text, &sim.places).map_err(|problem| scope_error(sim, world, &problem)))
        .transpose()?;
    if let Some(scopes) = &requested
        && scopes::resources(scopes).len() > 1
    {
        let text = format!(
            "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {} is not valid.",
            form.get("scope").unwrap_or_default()
        );
        return Err(OauthError::invalid_request(28000, text));
    }
    if let Some(claims) = form.get("claims") {
        world.canaries.secret(claims);
    }
    let claims = match form.get("claims").map(serde_json::from_str::<Value>) {
        None => None,
        Some(Ok(value)) if value.is_object() => Some(value),
        Some(_) => {
            return Err(OauthError::invalid_request(
                9_002_313,
                "Invalid request. The claims parameter is not a JSON object.",
            ));
        }
    };
    match form.get("grant_type") {
        None => Err(OauthError::missing("grant_type")),
        Some("authorization_code") => redeem_code(sim, world, &form, requested, claims.as_ref()),
        Some("refresh_token") => refresh(sim, world, &form, requested, claims.as_ref()),
        Some(other) => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            Err(OauthError::new(400, "unsupported_grant_type", 70003, text))
        }
    }
}

fn redeem_code(
    sim: &Sim,
    world: &mut World,
    form: &Form,
    requested: Option<Vec<Scope>>,
    claims: Option<&Value>,
) -> Result<Reply, OauthError> {
    let code = form.get("code").ok_or_else(|| OauthError::missing("code"))?;
    let redirect_uri = form.get("redirect_uri").ok_or_else(|| OauthError::missing("redirect_uri"))?;
    let malformed =
        || OauthError::invalid_grant(70000, "The provided value for the 'code' parameter is not valid.");
    let grant = world.sign_in.codes.get(code).cloned().ok_or_else(malformed)?;
    world.sign_in.check_grant(&grant.oid, grant.serial)?;
    if grant.used {
        let text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.";
        return Err(OauthError::invalid_grant(54005, text));
    }
    if sim.sign_in_now().duration_since(grant.issued) > CODE_LIFE {
        let text = "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.";
        return Err(OauthError::invalid_grant(70008, text));
    }
    if grant.redirect_uri != redirect_uri {
        let text = format!(
            "The reply address '{redirect_uri}' does not match the reply address '{}' provided when requesting Authorization code.",
            grant.redirect_uri
        );
        return Err(OauthError::new(401, "invalid_client", 500_112, text));
    }
    let Some(verifier) = form.get("code_verifier") else {
        let text =
            "The code_verifier parameter is required: the authorization request carried a code_challenge.";
        return Err(OauthError::invalid_grant(50147, text));
    };
    world.canaries.secret(verifier);
    let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    if computed != grant.challenge {
        let text =
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
        return Err(OauthError::invalid_grant(501_481, text));
    }
    let scopes = match requested {
        Some(scopes) => scopes,
        // Without `scope` the code's own scopes hold, as long as Graph is what they are about.
        None if scopes::resources(&grant.scopes).contains(&Resource::Azure) => {
            let text = "Provided value for the input parameter scope cannot be empty when requesting an access token using the provided authorization code. Please specify a valid scope.";
            return Err(OauthError::invalid_request(28003, text));
        }
        None => grant.scopes.clone(),
    };
    let offline = grant.scopes.iter().any(|s| s.resource.is_none() && s.name == "offline_access");
    // The ID token of a code follows what was asked at the authorize endpoint.
    let id_scopes = grant.scopes.clone();
    let reply = issue(sim, world, form, &grant, &scopes, &id_scopes, claims, offline)?;
    if let Some(kept) = world.sign_in.codes.get_mut(code) {
        kept.used = true;
    }
    Ok(reply)
}

fn refresh(
    sim: &Sim,
    world: &mut World,
    form: &Form,
    requested: Option<Vec<Scope>>,
    claims: Option<&Value>,
) -> Result<Reply, OauthError> {
    let token = form.get("refresh_token").ok_or_else(|| OauthError::missing("refresh_token"))?;
    let Some(mut grant) = world.sign_in.refresh.get(token).cloned() else {
        return Err(
            OauthError::invalid_grant(70000, "Provided grant is invalid or malformed.").suberror("bad_token")
        );
    };
    world.sign_in.check_grant(&grant.oid, grant.serial)?;
    if sim.sign_in_now().duration_since(grant.issued) > REFRESH_LIFE {
        let text = format!(
            "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for 90.00:00:00.",
            grant.issued
        );
        return Err(OauthError::invalid_grant(700_082, text));
    }
    grant.nonce = None;
    grant.claims = None;
    let scopes = requested.unwrap_or_else(|| {
        let graph = |s: &&Scope| s.resource != Some(Resource::Azure);
        grant.scopes.iter().filter(graph).cloned().collect()
    });
    let id_scopes: Vec<Scope> = if scopes.iter().any(|s| s.name == "openid") {
        [&scopes[..], &grant.scopes[..]].concat()
    } else {
        Vec::new()
    };
    issue(sim, world, form, &grant, &scopes, &id_scopes, claims, true)
}

/// Which scopes of the asked-for resource a token gets.
fn granted(world: &World, grant: &Grant, scopes: &[Scope]) -> Result<(Resource, Vec<Scope>), OauthError> {
    let resource = scopes::resources(scopes).into_iter().next().unwrap_or(Resource::Graph);
    let consented = |scope: &Scope| world.sign_in.has_consent(&grant.oid, &scope.key());
    let client = &world.tenant.client;
    let refused = || {
        OauthError::invalid_grant(
            65001,
            format!("The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an interactive authorization request for this user and resource.", client.id, client.name),
        )
        .suberror("consent_required")
    };
    let asked: Vec<&Scope> = scopes.iter().filter(|s| s.resource.is_some()).collect();
    let by_default = asked.iter().any(|s| s.is_default());
    let mut out: Vec<Scope> = if by_default || asked.is_empty() {
        all_scopes(world, grant, resource).into_iter().filter(consented).collect()
    } else {
        asked.into_iter().cloned().collect()
    };
    if (out.is_empty() && by_default) || !out.iter().all(consented) {
        return Err(refused());
    }
    out.retain(|scope| !world.sign_in.withheld.contains(&scope.name));
    if out.is_empty() {
        return Err(refused());
    }
    if by_default {
        out.push(Scope { resource: Some(resource), name: ".default".to_owned(), qualified: true });
    }
    Ok((resource, out))
}

/// Every scope of a resource that this person or everybody may have consented to.
fn all_scopes(world: &World, grant: &Grant, resource: Resource) -> Vec<Scope> {
    let prefix = scopes::key(Some(resource), "");
    let own = world.sign_in.consents.get(&grant.oid).into_iter().flatten();
    let names: BTreeSet<&str> =
        own.chain(&world.sign_in.admin_consent).filter_map(|key| key.strip_prefix(prefix.as_str())).collect();
    names
        .into_iter()
        .map(|name| Scope { resource: Some(resource), name: name.to_owned(), qualified: true })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "the two grants differ in exactly these")]
fn issue(
    sim: &Sim,
    world: &mut World,
    form: &Form,
    grant: &Grant,
    scopes: &[Scope],
    id_scopes: &[Scope],
    claims: Option<&Value>,
    offline: bool,
) -> Result<Reply, OauthError> {
    let (resource, granted) = granted(world, grant, scopes)?;
    let both = [claims, grant.claims.as_ref()];
    let wanted: BTreeSet<String> =
        both.iter().flat_map(|c| claim_values(*c, "access_token", "acrs")).collect();
    let now = sim.sign_in_now();
    let outcome = |context: &String| world.sign_in.outcome(&grant.oid, context);
    if wanted.iter().any(|context| outcome(context) == Outcome::Block) {
        return Err(OauthError { error: "invalid_grant", ..standing::blocked() }.suberror("message_only"));
    }
    if !wanted.iter().all(|context| world.sign_in.is_proved(&grant.oid, &grant.proved, context, now)) {
        let echo = json!({ "access_token": { "acrs": { "essential": true, "values": wanted } } }).to_string();
        let text = "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access this resource.";
        return Err(OauthError::new(400, "interaction_required", 50076, text)
            .suberror("basic_action")
            .claims(echo));
    }
    let acrs: Proved = grant
        .proved
        .iter()
        .filter(|(context, _)| wanted.contains(*context) && outcome(context) != Outcome::Exclude)
        .map(|(context, at)| (context.clone(), *at))
        .collect();
    let cp1 = both.iter().any(|c| claim_values(*c, "access_token", "xms_cc").contains("cp1"));
    let person = world.tenant.persona_by_id(&grant.oid).cloned();
    let person = person
        .ok_or_else(|| OauthError::invalid_grant(50020, "The user account does not exist in the tenant."))?;

    world.sign_in.tidy();
    let serial = world.sign_in.next_serial();
    let life = 3600 + i64::try_from(random::below(1800)).unwrap_or(0);
    let base = if resource == Resource::Graph { &sim.places.graph } else { &sim.places.azure };
    let names: BTreeSet<String> =
        granted.iter().filter(|s| !s.is_default()).map(|s| s.name.clone()).collect();
    let mut token = json!({
        "aud": base,
        "iss": format!("{}/{}/", sim.places.sign_in, world.tenant.id),
        "iat": now.as_second(), "nbf": now.as_second(), "exp": now.as_second() + life,
        "appid": world.tenant.client.id, "appidacr": if world.tenant.client.platform == Platform::Web { "2" } else { "0" }, "idtyp": "user",
        "amr": if grant.mfa { json!(["pwd", "mfa"]) } else { json!(["pwd"]) },
        "name": person.display_name, "oid": person.object_id, "upn": person.upn, "tid": world.tenant.id,
        "scp": names.iter().cloned().collect::<Vec<_>>().join(" "),
        "sid": grant.sid, "uti": random::opaque(1), "ver": "1.0",
    });
    if !acrs.is_empty() {
        token["acrs"] = json!(acrs.keys().collect::<Vec<_>>());
    }
    if cp1 {
        token["xms_cc"] = json!(["cp1"]);
    }
    let access_token = sim.key.sign(&token, Signature::Good);
    world.canaries.secret(&access_token);
    world.sign_in.access.insert(
        access_token.clone(),
        Access {
            oid: grant.oid.clone(),
            resource,
            scopes: names,
            expires: now + SignedDuration::from_secs(life),
            acrs,
            mfa: grant.mfa,
            cp1,
            serial,
        },
    );

    let qualified = scopes.iter().any(|s| s.qualified);
    let openid = id_scopes
        .iter()
        .filter(|s| s.resource.is_none() && s.name != "offline_access")
        .map(|s| s.name.clone());
    let resource_scopes =
        granted.iter().map(|s| if qualified { format!("{base}/{}", s.name) } else { s.name.clone() });
    let printed: BTreeSet<String> = openid.chain(resource_scopes).collect();
    let mut body = json!({
        "token_type": "Bearer",
        "scope": printed.into_iter().collect::<Vec<_>>().join(" "),
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": access_token,
    });
    if offline {
        let refresh_token = format!("1.{}", random::opaque(10));
        world.canaries.secret(&refresh_token);
        world
            .sign_in
            .refresh
            .insert(refresh_token.clone(), Grant { issued: now, used: false, ..grant.clone() });
        body["refresh_token"] = json!(refresh_token);
    }
    if let Some(id_token) = id_token::issue(sim, world, grant, &both, id_scopes) {
        world.canaries.secret(&id_token);
        body["id_token"] = json!(id_token);
    }
    if form.get("client_info") == Some("1") {
        let info = json!({ "uid": grant.oid, "utid": world.tenant.id }).to_string();
        body["client_info"] = json!(URL_SAFE_NO_PAD.encode(info));
    }
    Ok(Reply::json(200, body).with("cache-control", "no-store, no-cache").with("pragma", "no-cache"))
}
