//! RS256 signatures and the key set that goes with them.
//!
//! The key is made once per process: a fixed one would have to lie in the repository, a fresh one per tenant would make
//! every test pay for it. See <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature>.

use std::sync::OnceLock;

use anyhow::{Context as _, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::random;

/// The signing key and its id.
pub(crate) struct SigningKey {
    pair: KeyPair,
    pub(crate) kid: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// How a token's header and signature are spoilt on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    Good,
    /// Right algorithm and key id, wrong bytes.
    Bad,
    /// A key id that is not in the key set.
    UnknownKey,
    /// `alg: none` and an empty signature.
    None,
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl SigningKey {
    /// The process's key.
    pub(crate) fn shared() -> anyhow::Result<&'static Self> {
        static KEY: OnceLock<Option<SigningKey>> = OnceLock::new();
        KEY.get_or_init(|| Self::generate().ok())
            .as_ref()
            .ok_or_else(|| anyhow!("no signing key could be generated"))
    }

    fn generate() -> anyhow::Result<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048).ok().context("RSA key generation failed")?;
        let modulus = URL_SAFE_NO_PAD.encode(pair.public_key().modulus().big_endian_without_leading_zero());
        Ok(Self { kid: random::stable_text(&["kid", &modulus])[..27].to_owned(), pair })
    }

    /// A compact JWS over the claims.
    pub(crate) fn sign(&self, claims: &Value, signature: Signature) -> String {
        let header = match signature {
            Signature::None => json!({ "typ": "JWT", "alg": "none" }),
            Signature::UnknownKey => json!({ "typ": "JWT", "alg": "RS256", "kid": "not-in-the-key-set" }),
            _ => json!({ "typ": "JWT", "alg": "RS256", "kid": self.kid }),
        };
        let input = format!("{}.{}", encode(&header), encode(claims));
        if signature == Signature::None {
            return format!("{input}.");
        }
        let mut bytes = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut bytes);
        debug_assert!(signed.is_ok(), "signing with a good key works");
        if signature == Signature::Bad {
            bytes.reverse();
        }
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Whether a compact JWS was signed with this key.
    pub(crate) fn verifies(&self, token: &str) -> bool {
        let Some((input, signature)) = token.rsplit_once('.') else { return false };
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref())
            .verify(input.as_bytes(), &signature)
            .is_ok()
    }

    /// The JSON Web Key Set; `issuer` is what Entra adds to each key.
    pub(crate) fn key_set(&self, issuer: &str) -> Value {
        let public = self.pair.public_key();
        json!({ "keys": [{
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            "issuer": issuer,
        }] })
    }
}
