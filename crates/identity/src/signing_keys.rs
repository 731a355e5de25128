//! The tenant's token-signing keys, cached by key id.
//!
//! There is no schedule for their rollover, so a key id that is not known yet makes the set be read again, at most every
//! [`PAUSE`]; a set that was read before is kept when reading fails.
//! <https://learn.microsoft.com/entra/identity-platform/signing-key-rollover>

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use pim::clock::Clock;
use serde::Deserialize;
use url::Url;

use crate::wire::{Http, HttpError};

/// How long a set is good for.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);
/// The least time between two readings of a set that is there.
const PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// One key.
pub(crate) struct SigningKey {
    pub(crate) key: DecodingKey,
    /// Whose tokens it may sign, where the set says so; may hold `{tenantid}`.
    pub(crate) issuer: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct KeySet {
    keys: Vec<Jwk>,
}

/// The parts of a JSON Web Key that are looked at (RFC 7517), and Entra's `issuer`.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    issuer: Option<String>,
}

/// RSA signing keys by id. What is of no use here is left out, and does not spoil the rest.
pub(crate) fn usable(set: KeySet) -> HashMap<String, Arc<SigningKey>> {
    set.keys
        .into_iter()
        .filter(|jwk| jwk.kty == "RSA" && jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig"))
        .filter_map(|jwk| {
            let key = DecodingKey::from_rsa_components(&jwk.n?, &jwk.e?).ok()?;
            Some((jwk.kid?, Arc::new(SigningKey { key, issuer: jwk.issuer })))
        })
        .collect()
}

#[derive(Default)]
struct Snapshot {
    keys: HashMap<String, Arc<SigningKey>>,
    read: Option<Timestamp>,
}

/// The cache.
pub(crate) struct SigningKeys {
    http: Http,
    url: Url,
    clock: Arc<dyn Clock>,
    snapshot: RwLock<Snapshot>,
    /// When reading was last tried; whoever holds it is the one who reads.
    tried: tokio::sync::Mutex<Option<Timestamp>>,
}

impl SigningKeys {
    pub(crate) fn new(http: Http, url: Url, clock: Arc<dyn Clock>) -> Self {
        Self { http, url, clock, snapshot: RwLock::default(), tried: tokio::sync::Mutex::default() }
    }

    /// The key with this id. `None` when the set does not have it; fails when the set cannot be read and would have been needed.
    pub(crate) async fn find(&self, kid: &str) -> Result<Option<Arc<SigningKey>>, HttpError> {
        if let (Some(key), true) = self.known(kid) {
            return Ok(Some(key));
        }
        let mut tried = self.tried.lock().await;
        // Somebody else may have read it while this caller waited.
        let (key, fresh) = self.known(kid);
        if key.is_some() && fresh {
            return Ok(key);
        }
        let now = self.clock.now();
        let have_some = self.snapshot.read().unwrap_or_else(PoisonError::into_inner).read.is_some();
        let too_soon = tried.is_some_and(|at| now.duration_since(at) < PAUSE && now >= at);
        if have_some && too_soon {
            return Ok(key);
        }
        *tried = Some(now);
        match self.http.get_json::<KeySet>(&self.url).await.map(usable) {
            Ok(keys) if !keys.is_empty() => {
                let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
                *snapshot = Snapshot { keys, read: Some(now) };
                Ok(snapshot.keys.get(kid).cloned())
            }
            Ok(_) => key.map(Some).ok_or(HttpError::NoAnswer),
            // The last good set still has the key: it is used.
            Err(error) => key.map(Some).ok_or(error),
        }
    }

    /// The key, and whether the set is fresh.
    fn known(&self, kid: &str) -> (Option<Arc<SigningKey>>, bool) {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = snapshot.read.is_some_and(|read| self.clock.now().duration_since(read) < GOOD_FOR);
        (snapshot.keys.get(kid).cloned(), fresh)
    }
}
