//! What the browser brings back from the sign-in service.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response>

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::error::{Breach, SignInError, Trace};
use crate::wire::described;

/// The query of the callback. Deserializes from it; whatever else is in the query is left alone.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Callback {
    /// The authorization code.
    pub code: Option<SecretString>,
    /// What was sent along.
    pub state: Option<SecretString>,
    /// The OAuth error.
    pub error: Option<String>,
    /// Text that may name the account; the ids in it are all that is used.
    pub error_description: Option<SecretString>,
    /// Entra's own refinement, such as `cancel`.
    pub error_subcode: Option<String>,
    /// The issuer (RFC 9207). Entra is not known to send it; where it stands, it has to be right.
    pub iss: Option<String>,
}

impl Callback {
    /// The code, or the failure that stands in its place.
    pub(crate) fn code(&self, issuer: &str) -> Result<&SecretString, SignInError> {
        if self.iss.as_deref().is_some_and(|iss| iss != issuer) {
            return Err(SignInError::Protocol(Breach::Issuer, Trace::default()));
        }
        if let Some(error) = &self.error {
            let trace = self
                .error_description
                .as_ref()
                .map(|text| described(text.expose_secret()))
                .unwrap_or_default();
            if self.error_subcode.as_deref() == Some("cancel") {
                return Err(SignInError::Declined(trace));
            }
            return Err(SignInError::from_oauth(error, None, trace));
        }
        self.code
            .as_ref()
            .filter(|code| !code.expose_secret().is_empty())
            .ok_or(SignInError::Protocol(Breach::Callback, Trace::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://login.example/t/v2.0";

    fn callback(query: &[(&str, &str)]) -> Callback {
        let object: serde_json::Map<_, _> =
            query.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
        serde_json::from_value(object.into()).unwrap()
    }

    #[test]
    fn an_error_carries_the_ids_of_its_description_and_nothing_else() {
        let refused = callback(&[
            ("error", "access_denied"),
            (
                "error_description",
                "AADSTS65004: User adele@contoso.example declined to consent. Trace ID: 1 \
                 Correlation ID: 0d3b6b1c-8f2a-4b5e-9f5b-2f3f0c5d9a11 Timestamp: 2026-11-21 01:00:00Z",
            ),
        ]);
        let error = refused.code(ISSUER).unwrap_err();
        assert_eq!(error.slug(), "declined");
        assert_eq!(error.correlation_id().as_deref(), Some("0d3b6b1c-8f2a-4b5e-9f5b-2f3f0c5d9a11"));
        assert_eq!(error.trace().code, Some(65004));
        assert!(!format!("{error} {error:?} {refused:?}").contains("adele"));
    }

    #[test]
    fn cancel_at_the_sign_in_page_is_declining() {
        let cancelled = callback(&[("error", "access_denied"), ("error_subcode", "cancel")]);
        assert_eq!(cancelled.code(ISSUER).unwrap_err().slug(), "declined");
    }

    #[test]
    fn another_issuer_is_refused_even_with_a_code() {
        let code = callback(&[("code", "c"), ("iss", ISSUER)]);
        assert_eq!(code.code(ISSUER).unwrap().expose_secret(), "c");
        let mixed_up = callback(&[("code", "c"), ("iss", "https://evil.example/v2.0")]);
        assert!(matches!(mixed_up.code(ISSUER), Err(SignInError::Protocol(Breach::Issuer, _))));
    }

    #[test]
    fn neither_code_nor_error_is_a_breach() {
        for empty in [callback(&[]), callback(&[("code", "")])] {
            assert!(matches!(empty.code(ISSUER), Err(SignInError::Protocol(Breach::Callback, _))));
        }
    }
}
