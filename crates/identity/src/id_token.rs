//! The ID token and every check it has to pass.
//!
//! The token comes over the back channel; its signature is checked all the same.
//! <https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>,
//! <https://learn.microsoft.com/entra/identity-platform/claims-validation>
//!
//! To add a check: a variant of [`Check`], the check in [`checked`], and a row in the table of `tests/stubbed/id_token.rs`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode};
use pim::ids::{PrincipalId, TenantId};
use pim::person::Person;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use uuid::{Uuid, uuid};

use crate::error::{SignInError, Trace};
use crate::secret::same;
use crate::signing_keys::{SigningKey, SigningKeys};

/// How far the clocks may be apart.
pub(crate) const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How far back Entra dates the issue of a token. Without it, a portal whose clock is a second ahead would take the token of a quick sign-in
/// for one from before it.
const DATED_BACK: SignedDuration = SignedDuration::from_mins(5);
/// The tenant of personal Microsoft accounts.
const CONSUMERS: Uuid = uuid!("9188040d-6c67-4c5b-b112-36a304b66dad");
/// Longest accepted token, in bytes.
const LONGEST: usize = 32 * 1024;

/// The check that an ID token failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Check {
    /// It is not a signed token with the claims of one.
    #[error("form")]
    Form,
    /// The algorithm is not RS256.
    #[error("algorithm")]
    Algorithm,
    /// The type is not JWT, or the header demands an extension.
    #[error("type")]
    Type,
    /// The tenant's key set does not have the key.
    #[error("key")]
    Key,
    /// The key may not sign for this issuer.
    #[error("issuer of the key")]
    KeyIssuer,
    /// The signature is wrong.
    #[error("signature")]
    Signature,
    /// `iss` is not the tenant's.
    #[error("issuer")]
    Issuer,
    /// `tid` is not a GUID.
    #[error("tenant")]
    Tenant,
    /// A personal Microsoft account.
    #[error("personal account")]
    PersonalAccount,
    /// `aud` is not this application alone.
    #[error("audience")]
    Audience,
    /// `azp` is another application.
    #[error("authorized party")]
    AuthorizedParty,
    /// `nonce` is not the one that was sent.
    #[error("nonce")]
    Nonce,
    /// `exp` has passed.
    #[error("expiry")]
    Expired,
    /// `nbf` is yet to come.
    #[error("not-before time")]
    NotBefore,
    /// `ver` is not 2.0.
    #[error("version")]
    Version,
    /// `oid` is missing or not a GUID.
    #[error("object id")]
    ObjectId,
}

impl From<Check> for SignInError {
    fn from(check: Check) -> Self {
        Self::IdToken(check)
    }
}

/// What the token has to agree with.
pub(crate) struct Expected<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a SecretString,
    /// When the sign-in began, by the portal's clock.
    pub(crate) begun: Timestamp,
    /// Now, by the portal's clock.
    pub(crate) now: Timestamp,
}

/// What is taken from a token that passed.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) person: Person,
    /// Optional claim; spares the account picker at the next sign-in and at sign-out.
    pub(crate) login_hint: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: serde_json::Value,
    exp: i64,
    nbf: i64,
    iat: i64,
    tid: Option<String>,
    oid: Option<String>,
    nonce: Option<String>,
    azp: Option<String>,
    ver: Option<String>,
    name: Option<String>,
    preferred_username: Option<String>,
    login_hint: Option<String>,
}

/// Checks `token` with the tenant's keys.
pub(crate) async fn verify(
    token: &SecretString,
    keys: &SigningKeys,
    expected: &Expected<'_>,
) -> Result<Verified, SignInError> {
    let token = token.expose_secret();
    let kid = key_id(token)?;
    let key =
        keys.find(&kid).await.map_err(|_| SignInError::Unavailable(Trace::default()))?.ok_or(Check::Key)?;
    checked(token, &key, expected)
}

/// The id of the key, from a header that is as it should be.
fn key_id(token: &str) -> Result<String, Check> {
    if token.len() > LONGEST {
        return Err(Check::Form);
    }
    let header = token.split('.').next().ok_or(Check::Form)?;
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| Check::Form)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| Check::Form)?;
    if header.alg != "RS256" {
        return Err(Check::Algorithm);
    }
    if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case("JWT")) || header.crit.is_some() {
        return Err(Check::Type);
    }
    header.kid.ok_or(Check::Key)
}

fn checked(token: &str, key: &SigningKey, expected: &Expected<'_>) -> Result<Verified, SignInError> {
    let claims = signed(token, key)?;
    let tenant = claims.tid.as_deref().and_then(guid).ok_or(Check::Tenant)?;
    if tenant == CONSUMERS {
        return Err(Check::PersonalAccount.into());
    }
    if tenant != expected.tenant.0 {
        return Err(SignInError::WrongTenant);
    }
    if claims.iss != expected.issuer {
        return Err(Check::Issuer.into());
    }
    // Where a key is tied to an issuer, that is a literal one or the template for every organisation.
    let may_sign = key
        .issuer
        .as_deref()
        .is_none_or(|issuer| issuer.replace("{tenantid}", &tenant.to_string()) == claims.iss);
    if !may_sign {
        return Err(Check::KeyIssuer.into());
    }
    if claims.aud.as_str() != Some(expected.client_id) {
        return Err(Check::Audience.into());
    }
    if claims.azp.is_some_and(|azp| azp != expected.client_id) {
        return Err(Check::AuthorizedParty.into());
    }
    if !claims.nonce.is_some_and(|nonce| same(&nonce, expected.nonce.expose_secret())) {
        return Err(Check::Nonce.into());
    }
    if claims.ver.as_deref() != Some("2.0") {
        return Err(Check::Version.into());
    }
    let id = claims.oid.as_deref().and_then(guid).ok_or(Check::ObjectId)?;
    in_time(claims.iat, claims.nbf, claims.exp, expected)?;
    let username = claims.preferred_username.as_deref().and_then(shown);
    let name = claims.name.as_deref().and_then(shown).or_else(|| username.clone());
    Ok(Verified {
        person: Person {
            tenant: expected.tenant,
            id: PrincipalId(id),
            name: name.unwrap_or_else(|| id.to_string()),
            username: username.unwrap_or_default(),
        },
        login_hint: claims.login_hint,
    })
}

/// The claims of a token whose signature is right. Time and audience are checked later, by the portal's own clock.
fn signed(token: &str, key: &SigningKey) -> Result<Claims, Check> {
    let mut rules = Validation::new(Algorithm::RS256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.validate_aud = false;
    decode::<Claims>(token, &key.key, &rules).map(|token| token.claims).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => Check::Signature,
        ErrorKind::InvalidAlgorithm => Check::Algorithm,
        _ => Check::Form,
    })
}

/// The nonce has shown that the token was made for this sign-in, which is at most ten minutes old. So a token that seems older
/// than the sign-in, or from the future, means that the two clocks disagree.
fn in_time(issued: i64, not_before: i64, expires: i64, expected: &Expected<'_>) -> Result<(), SignInError> {
    let (now, begun, skew) = (expected.now.as_second(), expected.begun.as_second(), SKEW.as_secs());
    let oldest = begun.saturating_sub(DATED_BACK.as_secs()).saturating_sub(skew);
    if issued < oldest || issued > now.saturating_add(skew) {
        return Err(SignInError::ClockSkew { seconds: now.saturating_sub(issued) });
    }
    if expires.saturating_add(skew) <= now {
        return Err(Check::Expired.into());
    }
    if not_before > now.saturating_add(skew) {
        return Err(Check::NotBefore.into());
    }
    Ok(())
}

/// A GUID in the one form that Entra writes.
fn guid(text: &str) -> Option<Uuid> {
    let guid = Uuid::try_parse(text).ok()?;
    text.eq_ignore_ascii_case(&guid.to_string()).then_some(guid)
}

/// Text for display, not too long.
fn shown(text: &str) -> Option<String> {
    transport::wire::legible(&text.chars().take(200).collect::<String>())
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::DecodingKey;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn encode(bytes: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A key for which nobody has the private half.
    fn key() -> SigningKey {
        let modulus = [&[0xC5_u8; 255][..], &[0x01]].concat();
        let key = DecodingKey::from_rsa_components(&encode(&modulus), "AQAB").unwrap();
        SigningKey { key, issuer: None }
    }

    fn refused(token: &str) -> bool {
        let nonce = "nonce".to_owned().into();
        let expected = Expected {
            tenant: TenantId(Uuid::nil()),
            issuer: "https://login.example/v2.0",
            client_id: "client",
            nonce: &nonce,
            begun: Timestamp::UNIX_EPOCH,
            now: Timestamp::UNIX_EPOCH,
        };
        checked(token, &key(), &expected).is_err()
    }

    /// Parts that look like something on the way in: any bytes, any header, the right header.
    fn part() -> impl Strategy<Value = String> {
        let header = (any::<String>(), any::<Option<String>>())
            .prop_map(|(alg, kid)| json!({ "alg": alg, "typ": "JWT", "kid": kid }).to_string());
        let right = Just(json!({ "alg": "RS256", "typ": "JWT", "kid": "k" }).to_string());
        prop_oneof![
            any::<String>(),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| encode(&bytes)),
            header.prop_map(|text| encode(text.as_bytes())),
            right.prop_map(|text| encode(text.as_bytes())),
        ]
    }

    proptest! {
        #[test]
        fn no_made_up_token_passes(parts in prop::collection::vec(part(), 0..5)) {
            let token = parts.join(".");
            prop_assert!(refused(&token));
            // A key is only looked for when the header is the one that Entra writes.
            if key_id(&token).is_ok() {
                let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
                let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
                prop_assert_eq!(&header["alg"], "RS256");
                prop_assert!(header["kid"].is_string());
            }
        }

        #[test]
        fn no_time_is_too_odd_to_be_judged(issued: i64, not_before: i64, expires: i64) {
            let nonce = String::new().into();
            let now = Timestamp::UNIX_EPOCH;
            let expected = Expected {
                tenant: TenantId(Uuid::nil()), issuer: "", client_id: "", nonce: &nonce, begun: now, now,
            };
            let skew = SKEW.as_secs();
            let fits = (-skew - DATED_BACK.as_secs()..=skew).contains(&issued) && not_before <= skew && expires > -skew;
            prop_assert_eq!(in_time(issued, not_before, expires, &expected).is_ok(), fits);
        }

        #[test]
        fn what_is_shown_is_short_and_without_control_characters(text: String) {
            if let Some(shown) = shown(&text) {
                prop_assert!(!shown.is_empty() && shown.chars().count() <= 200);
                prop_assert!(!shown.chars().any(char::is_control));
            }
        }
    }
}
