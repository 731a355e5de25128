//! The authorize URL, and the check that it asks for nothing but what the scope table has.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code>

use std::collections::BTreeSet;

use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use pim::challenge::Demand;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Inner;
use crate::error::{Breach, SignInError, Trace};
use crate::flow::Flow;

/// Longest accepted hint, in bytes.
const LONGEST_HINT: usize = 512;

/// Where to send the browser. One request names the scopes of both resources, so that one consent covers both.
pub(crate) fn url(
    inner: &Inner,
    flow: &Flow,
    state: &SecretString,
    hint: Option<&str>,
) -> Result<Url, SignInError> {
    let allowed: Vec<String> = inner.scopes.iter().map(|scope| scope.requested(&inner.settings)).collect();
    let verifier = PkceCodeVerifier::new(flow.verifier.expose_secret().to_owned());
    let state = CsrfToken::new(state.expose_secret().to_owned());
    let mut request = inner
        .authority(flow.tenant)?
        .wire
        .client()
        .authorize_url(|| state)
        .add_scopes(allowed.iter().cloned().map(oauth2::Scope::new))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .add_extra_param("response_mode", "query")
        .add_extra_param("nonce", flow.nonce.expose_secret())
        .add_extra_param("claims", flow.claims());
    // No prompt otherwise: Entra asks only for what is missing. No claim asks for multifactor authentication alone, so the person signs in
    // anew, and the organisation's policies ask for it.
    if flow.step_up.as_ref().is_some_and(|step_up| step_up.challenge.demand == Demand::Mfa) {
        request = request.add_extra_param("prompt", "login");
    }
    // A hint comes from an earlier sign-in or from a link; an odd one is dropped, it is a convenience.
    if let Some(hint) = hint.filter(|hint| !hint.is_empty() && hint.len() <= LONGEST_HINT) {
        request = request.add_extra_param("login_hint", hint);
    }
    let (url, _) = request.url();
    if asks_for_exactly(&url, &allowed) {
        Ok(url)
    } else {
        tracing::error!("an authorize URL would have asked for scopes outside the table");
        Err(SignInError::Protocol(Breach::Scopes, Trace::default()))
    }
}

/// Whether the URL, read as the service will read it, asks for these scopes and no others.
fn asks_for_exactly(url: &Url, allowed: &[String]) -> bool {
    let mut asked = url.query_pairs().filter(|(name, _)| name == "scope");
    let (Some((_, scopes)), None) = (asked.next(), asked.next()) else { return false };
    let asked: BTreeSet<&str> = scopes.split(' ').collect();
    asked == allowed.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(query: &str, allowed: &[&str]) -> bool {
        let url = Url::parse(&format!("https://login.example/authorize?{query}")).unwrap();
        asks_for_exactly(&url, &allowed.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn more_fewer_or_a_second_scope_parameter_is_noticed() {
        assert!(asks("scope=openid+User.Read", &["openid", "User.Read"]));
        assert!(!asks("scope=openid+User.Read+Mail.Read", &["openid", "User.Read"]));
        assert!(!asks("scope=openid", &["openid", "User.Read"]));
        assert!(!asks("scope=openid+User.Read&scope=Mail.Read", &["openid", "User.Read"]));
        assert!(!asks("scope=", &["openid"]));
        assert!(!asks("", &["openid"]));
    }
}
