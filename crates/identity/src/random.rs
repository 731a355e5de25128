//! The one source of randomness that guards something: states, nonces, verifiers, bindings.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::RngCore;
use secrecy::SecretString;

/// 32 random bytes in URL-safe Base64 without padding: 43 characters, fit for a URL, a cookie and a PKCE verifier
/// (RFC 7636, 4.1).
#[must_use]
pub fn token() -> SecretString {
    let mut bytes = [0_u8; 32];
    fill(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes).into()
}

/// Fills `bytes` from the operating system's generator, through a cryptographic one seeded by it.
#[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
pub fn fill(bytes: &mut [u8]) {
    rand::rng().fill_bytes(bytes);
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn tokens_are_43_url_safe_characters_and_never_the_same() {
        let (first, second) = (token(), token());
        assert_eq!(first.expose_secret().len(), 43);
        assert!(
            first.expose_secret().chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
            "not URL-safe"
        );
        assert_ne!(first.expose_secret(), second.expose_secret());
    }
}
