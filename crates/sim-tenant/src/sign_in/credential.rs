//! Client authentication at the token endpoint: what the platform of the redirect URIs asks for, and federated credentials.
//!
//! | the registration | what it answers |
//! |---|---|
//! | public | no credential is taken: 700025 |
//! | web, nothing sent | 7000218 |
//! | web, a secret | 7000215 |
//! | web, an assertion | 50027 malformed, 700027 signature, 700024 times, 700211 issuer, 700213 subject, 700212 audience |
//!
//! See <https://learn.microsoft.com/entra/workload-id/workload-identity-federation> and
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>. The numbers are those that issues of
//! `Azure/azure-workload-identity` and `Azure/login` report.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::errors::OauthError;
use crate::sim::Sim;
use crate::state::World;
use crate::tenant::Platform;
use crate::wire::Call;
use crate::wire::call::Form;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn refused(number: u32, text: impl Into<String>) -> OauthError {
    OauthError::new(401, "invalid_client", number, text)
}

/// Whether the client has shown what its registration asks for.
pub(super) fn check(sim: &Sim, world: &World, call: &Call, form: &Form) -> Result<(), OauthError> {
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    let anything = secret.is_some() || assertion.is_some() || call.header("authorization").is_some();
    match world.tenant.client.platform {
        Platform::Public if anything => Err(refused(
            700_025,
            "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
        )),
        Platform::Public => Ok(()),
        Platform::Web => match assertion {
            Some(assertion) if form.get("client_assertion_type") == Some(ASSERTION_TYPE) => {
                check_assertion(sim, world, assertion)
            }
            Some(_) => Err(OauthError::missing("client_assertion_type")),
            None if anything => Err(refused(7_000_215, "Invalid client secret provided.")),
            None => Err(refused(
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )),
        },
    }
}

fn claims(assertion: &str) -> Option<Value> {
    let mut parts = assertion.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn check_assertion(sim: &Sim, world: &World, assertion: &str) -> Result<(), OauthError> {
    let Some(claims) = claims(assertion) else {
        return Err(refused(50027, "JWT token is invalid or malformed."));
    };
    if !sim.key.verifies(assertion) {
        return Err(refused(700_027, "Client assertion failed signature validation."));
    }
    let now = sim.sign_in_now().as_second();
    let from = claims["nbf"].as_i64().unwrap_or(i64::MIN);
    let until = claims["exp"].as_i64().unwrap_or(i64::MIN);
    // Five minutes of skew, as everywhere in Entra.
    if now < from.saturating_sub(300) || now > until.saturating_add(300) {
        return Err(refused(700_024, "Client assertion is not within its valid time range."));
    }
    let text = |claim: &str| claims[claim].as_str().unwrap_or_default();
    let known = &world.tenant.client.federated_credentials;
    let none = |what: &str, number: u32, value: &str| {
        let text = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
        );
        refused(number, text)
    };
    let issued: Vec<_> = known.iter().filter(|one| one.issuer == text("iss")).collect();
    if issued.is_empty() {
        return Err(none("issuer", 700_211, text("iss")));
    }
    let about: Vec<_> = issued.into_iter().filter(|one| one.subject == text("sub")).collect();
    if about.is_empty() {
        return Err(none("subject", 700_213, text("sub")));
    }
    if about.iter().all(|one| one.audience != text("aud")) {
        return Err(none("audience", 700_212, text("aud")));
    }
    Ok(())
}
