//! What the sign-in origin remembers: flows under way, browser sessions, codes, tokens, consent.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id_token::Spoil;
use super::scopes::{Resource, Scope};
use super::standing::{ContextRule, Standing};
use crate::wire::Call;

/// Authentication contexts that were proved, and when.
pub(crate) type Proved = BTreeMap<String, Timestamp>;

/// A valid authorize request, kept while the person clicks through the pages.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent wishes and facts of one request")]
pub(crate) struct Flow {
    pub(crate) tenant: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) challenge: String,
    pub(crate) claims: Option<Value>,
    pub(crate) fragment: bool,
    pub(crate) force_consent: bool,
    /// Who was picked.
    pub(crate) oid: Option<String>,
    pub(crate) proved: Proved,
    /// The request asks for multifactor authentication.
    pub(crate) wants_mfa: bool,
    /// The sign-in had it.
    pub(crate) mfa: bool,
    pub(crate) serial: u64,
}

/// A signed-in browser.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) oid: String,
    pub(crate) proved: Proved,
    pub(crate) mfa: bool,
    pub(crate) sid: String,
    pub(crate) serial: u64,
}

/// What a code or a refresh token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) oid: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) claims: Option<Value>,
    pub(crate) proved: Proved,
    pub(crate) mfa: bool,
    pub(crate) sid: String,
    /// Of the interactive sign-in it comes from.
    pub(crate) serial: u64,
    pub(crate) issued: Timestamp,
    pub(crate) used: bool,
}

/// What an access token stands for.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) oid: String,
    pub(crate) resource: Resource,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) expires: Timestamp,
    pub(crate) acrs: Proved,
    pub(crate) mfa: bool,
    pub(crate) cp1: bool,
    pub(crate) serial: u64,
}

/// Who may consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMode {
    /// Everybody, for themselves.
    #[default]
    User,
    /// Only administrators; others see "need admin approval".
    AdminRequired,
}

/// An admin consent request shown in a browser.
#[derive(Clone, Debug)]
pub(crate) struct AdminFlow {
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) scope: String,
    pub(crate) grants: BTreeSet<String>,
}

/// Everything the sign-in origin remembers.
#[derive(Debug, Default)]
pub(crate) struct SignInState {
    pub(crate) flows: HashMap<String, Flow>,
    pub(crate) admin_flows: HashMap<String, AdminFlow>,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) codes: HashMap<String, Grant>,
    pub(crate) refresh: HashMap<String, Grant>,
    pub(crate) access: HashMap<String, Access>,
    /// Consented scopes by person, as [`Scope::key`].
    pub(crate) consents: HashMap<String, BTreeSet<String>>,
    /// Consented for everybody.
    pub(crate) admin_consent: BTreeSet<String>,
    pub(crate) consent_mode: ConsentMode,
    /// Names of scopes that no token carries, whoever consented: a tenant grants what it likes, and tells in the answer.
    pub(crate) withheld: BTreeSet<String>,
    /// How the next ID token is spoilt.
    pub(crate) spoil: Option<Spoil>,
    pub(super) serial: u64,
    pub(super) standing: HashMap<String, Standing>,
    pub(super) context_rules: Vec<ContextRule>,
}

/// How many of each thing that is issued are remembered, so that a long run does not grow without end.
const REMEMBERED: usize = 20_000;

/// Drops the older half once there are too many.
fn trim<V>(map: &mut HashMap<String, V>, age: impl Fn(&V) -> Timestamp) {
    if map.len() <= REMEMBERED {
        return;
    }
    let mut ages: Vec<Timestamp> = map.values().map(&age).collect();
    let (_, middle, _) = ages.select_nth_unstable(REMEMBERED / 2);
    let middle = *middle;
    map.retain(|_, value| age(value) > middle);
}

impl SignInState {
    /// Forgets the oldest codes and tokens when there are very many.
    pub(super) fn tidy(&mut self) {
        trim(&mut self.access, |access| access.expires);
        trim(&mut self.refresh, |grant| grant.issued);
        trim(&mut self.codes, |grant| grant.issued);
    }

    /// The object id behind a call's bearer token, whatever else may be wrong with it.
    pub(crate) fn bearer(&self, call: &Call) -> Option<String> {
        let (_, token) = call.header("authorization")?.split_once(' ')?;
        self.access.get(token.trim()).map(|access| access.oid.clone())
    }

    /// Whether a person (or everybody) has consented to a scope.
    pub(crate) fn has_consent(&self, oid: &str, key: &str) -> bool {
        self.admin_consent.contains(key) || self.consents.get(oid).is_some_and(|keys| keys.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::Timestamp;

    use super::{REMEMBERED, trim};

    #[test]
    fn too_many_lose_the_older_half_and_never_the_newest() {
        let at = |n: usize| Timestamp::from_second(i64::try_from(n).unwrap()).unwrap();
        let mut map: HashMap<String, Timestamp> = (0..REMEMBERED).map(|n| (n.to_string(), at(n))).collect();
        trim(&mut map, |at| *at);
        assert_eq!(map.len(), REMEMBERED);
        map.insert("newest".to_owned(), at(REMEMBERED));
        trim(&mut map, |at| *at);
        assert_eq!(map.len(), REMEMBERED / 2);
        assert!(map.contains_key("newest") && !map.contains_key("0"));
    }
}
