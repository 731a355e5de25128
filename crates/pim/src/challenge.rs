//! What a stronger sign-in has to bring before the service takes a write.
//!
//! It is known beforehand, from a role's policy, or learnt from a refusal. Challenges that compare equal are met by one sign-in:
//! tokens are per resource, so the resource is part of it.
//! <https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context>

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::ContextId;
use crate::tokens::Audience;

/// A demand for a stronger sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Challenge {
    /// The resource whose token must be stronger.
    pub audience: Audience,
    /// What it must show.
    pub demand: Demand,
}

/// What the token must show.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Demand {
    /// These authentication contexts, all of them.
    Contexts(BTreeSet<ContextId>),
    /// A multifactor sign-in in this session.
    Mfa,
    /// Whatever the service wrote, sent back as it is.
    Claims(Claims),
}

/// The JSON text of a `claims` parameter, as the service wrote it and decoded. Never logged, never part of a page.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(String);

impl Claims {
    /// The longest text that is taken, in bytes.
    pub const LONGEST: usize = 4_096;

    /// A JSON object of at most [`Self::LONGEST`] bytes; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_object = || serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok();
        (text.len() <= Self::LONGEST && is_object()).then(|| Self(text.to_owned()))
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims(…)")
    }
}

impl Challenge {
    /// For one authentication context, known from a policy.
    #[must_use]
    pub fn context(audience: Audience, context: ContextId) -> Self {
        Self { audience, demand: Demand::Contexts(BTreeSet::from([context])) }
    }

    /// For a multifactor sign-in.
    #[must_use]
    pub const fn mfa(audience: Audience) -> Self {
        Self { audience, demand: Demand::Mfa }
    }

    /// From the claims that a service asked for. Claims that ask for nothing but authentication contexts compare equal to a
    /// challenge known from a policy, so that one sign-in serves both.
    #[must_use]
    pub fn from_claims(audience: Audience, claims: Claims) -> Self {
        let demand = contexts(&claims).map_or(Demand::Claims(claims), Demand::Contexts);
        Self { audience, demand }
    }

    /// The contexts it asks for; empty when it asks for something else.
    pub fn contexts(&self) -> impl Iterator<Item = &ContextId> {
        match &self.demand {
            Demand::Contexts(contexts) => Some(contexts.iter()),
            Demand::Mfa | Demand::Claims(_) => None,
        }
        .into_iter()
        .flatten()
    }
}

/// The contexts, when the claims ask for `acrs` in the access token and for nothing else.
fn contexts(claims: &Claims) -> Option<BTreeSet<ContextId>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        access_token: AccessToken,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct AccessToken {
        acrs: Acrs,
        #[serde(rename = "xms_cc")]
        _capabilities: Option<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct Acrs {
        value: Option<String>,
        values: Option<Vec<String>>,
    }
    let Asked { access_token: AccessToken { acrs, .. } } = serde_json::from_str(claims.as_str()).ok()?;
    // Several values mean any of them: such a challenge is sent back as it came.
    let contexts: BTreeSet<ContextId> = match (acrs.value, acrs.values) {
        (Some(value), None) => BTreeSet::from([value.into()]),
        (None, Some(values)) if values.len() == 1 => values.into_iter().map(ContextId::from).collect(),
        _ => return None,
    };
    contexts.iter().all(|context| !context.as_str().is_empty()).then_some(contexts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Demand {
        Challenge::from_claims(Audience::Graph, Claims::parse(text).unwrap()).demand
    }

    #[test]
    fn a_refusal_and_a_policy_that_name_one_context_mean_the_same() {
        let policy = Challenge::context(Audience::Graph, "c1".into()).demand;
        assert_eq!(asked(r#"{"access_token":{"acrs":{"essential":true, "value":"c1"}}}"#), policy);
        assert_eq!(asked(r#"{"access_token":{"acrs":{"essential":true,"values":["c1"]}}}"#), policy);
        assert_eq!(asked(r#"{"access_token":{"xms_cc":{"values":["cp1"]},"acrs":{"value":"c1"}}}"#), policy);
    }

    #[test]
    fn anything_more_is_sent_back_as_it_came() {
        for text in [
            r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#,
            r#"{"access_token":{"acrs":{"value":"c1"},"nbf":{"value":"1"}}}"#,
            r#"{"access_token":{"acrs":{"values":["c1","c2"]}}}"#,
            r#"{"access_token":{"acrs":{"value":""}}}"#,
            r#"{"access_token":{"acrs":{"value":"c1"}},"id_token":{}}"#,
            "{}",
        ] {
            assert_eq!(asked(text), Demand::Claims(Claims::parse(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn only_objects_of_a_reasonable_size_are_claims_and_they_never_show() {
        for text in ["", "[]", "\"x\"", "{", "null"] {
            assert_eq!(Claims::parse(text), None, "{text}");
        }
        assert_eq!(Claims::parse(&format!("{{\"a\":\"{}\"}}", "x".repeat(Claims::LONGEST))), None);
        assert!(!format!("{:?}", asked(r#"{"nbf":"secret"}"#)).contains("secret"));
    }
}
