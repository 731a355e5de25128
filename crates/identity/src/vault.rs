//! The tokens of one sign-in: one encrypted record per sign-in, apart from the session.
//!
//! Several requests and several replicas refresh at the same time, so a vault is only ever changed by compare-and-swap, and a lost
//! race is merged: the newest token per audience and the newest refresh token win. Entra leaves an older refresh token usable
//! (<https://learn.microsoft.com/entra/identity-platform/refresh-tokens>), so losing one is harmless.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use pim::challenge::Challenge;
use pim::ids::{TenantId, VaultId};
use pim::records::{RecordKind, Records, StoreError};
use pim::tokens::Audience;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::secret::expose;
use crate::wire::Grant;

/// A token this close to its end is refreshed.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// A token this old is refreshed however long it would last (up to 28 h with continuous access evaluation), so that Conditional Access
/// is asked again.
const OLD: SignedDuration = SignedDuration::from_mins(60);
/// A token with less than this left is not handed out.
const LEAST: SignedDuration = SignedDuration::from_secs(60);
/// How long a stronger sign-in serves. The services name no limit; the portal does not keep more power than one batch needs.
const STRONG_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How often a lost race is tried again.
const ATTEMPTS: usize = 8;

/// An access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Access {
    #[serde(serialize_with = "expose")]
    pub(crate) token: SecretString,
    pub(crate) obtained: Timestamp,
    pub(crate) expires: Timestamp,
    /// Names of the scopes it carries, without their resource. Empty where the service listed none, and in a vault of an earlier version.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

impl Access {
    fn new(grant: &Grant) -> Self {
        // Listed in full for one resource and bare for another: the name at the end is the same.
        let name = |scope: &String| scope.rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            token: grant.access.clone(),
            obtained: grant.obtained,
            expires: grant.expires,
            scopes: grant.scopes.iter().map(name).collect(),
        }
    }

    /// Whether it is used as it is.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.expires.duration_since(now) > MARGIN && now.duration_since(self.obtained) < OLD
    }

    /// Whether it may be used when no newer one can be had.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        self.expires.duration_since(now) > LEAST
    }
}

/// The content of the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Vault {
    /// Whose tokens they are; the organisation's own in a vault of an earlier version.
    #[serde(default)]
    pub(crate) tenant: Option<TenantId>,
    #[serde(serialize_with = "expose")]
    pub(crate) refresh: SecretString,
    /// When the refresh token was obtained.
    refreshed: Timestamp,
    access: BTreeMap<Audience, Access>,
    /// What stronger sign-ins brought; never handed out as an ordinary token.
    #[serde(default)]
    stronger: Vec<Stronger>,
}

/// A token of a stronger sign-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stronger {
    pub(crate) challenge: Challenge,
    pub(crate) access: Access,
    /// When the person made the sign-in.
    pub(crate) made: Timestamp,
}

impl Stronger {
    fn is_good(&self, now: Timestamp) -> bool {
        now.duration_since(self.made) < STRONG_FOR && self.access.is_usable(now)
    }
}

/// A vault as it was read.
pub(crate) struct Opened {
    pub(crate) vault: Vault,
    version: i64,
    expires: Timestamp,
}

impl Vault {
    /// A vault with the first tokens of a sign-in.
    pub(crate) fn new(tenant: TenantId, refresh: SecretString, audience: Audience, grant: &Grant) -> Self {
        let mut vault = Self {
            tenant: Some(tenant),
            refresh,
            refreshed: grant.obtained,
            access: BTreeMap::new(),
            stronger: Vec::new(),
        };
        vault.merge(audience, grant);
        vault
    }

    pub(crate) fn access(&self, audience: Audience) -> Option<&Access> {
        self.access.get(&audience)
    }

    /// The token that meets `challenge`, from a stronger sign-in of the last ten minutes.
    pub(crate) fn stronger(&self, challenge: &Challenge, now: Timestamp) -> Option<&Stronger> {
        self.stronger.iter().find(|one| &one.challenge == challenge && one.is_good(now))
    }

    /// A stronger sign-in of the last ten minutes that met the same demand for another resource.
    pub(crate) fn stronger_elsewhere(&self, challenge: &Challenge, now: Timestamp) -> Option<&Stronger> {
        self.stronger.iter().find(|one| one.challenge.demand == challenge.demand && one.is_good(now))
    }

    /// Keeps what a stronger sign-in brought; what is too old goes.
    fn strengthen(&mut self, challenge: &Challenge, grant: &Grant, made: Timestamp) {
        self.stronger.retain(|one| &one.challenge != challenge && one.is_good(grant.obtained));
        self.stronger.push(Stronger { challenge: challenge.clone(), access: Access::new(grant), made });
        self.renew(grant);
    }

    /// Keeps the newest refresh token.
    fn renew(&mut self, grant: &Grant) {
        if let Some(refresh) = &grant.refresh
            && self.refreshed <= grant.obtained
        {
            self.refresh = refresh.clone();
            self.refreshed = grant.obtained;
        }
    }

    /// Adds what a refresh brought, unless there is something newer.
    fn merge(&mut self, audience: Audience, grant: &Grant) {
        if self.access.get(&audience).is_none_or(|access| access.obtained <= grant.obtained) {
            self.access.insert(audience, Access::new(grant));
        }
        self.renew(grant);
    }

    /// Stores a new vault until `expires`.
    pub(crate) async fn store(
        &self,
        records: &dyn Records,
        id: VaultId,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        records.put(RecordKind::Tokens, &id.to_string(), &self.encoded()?, expires).await
    }

    fn encoded(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(self).map_err(|_| StoreError)
    }
}

/// Reads a vault. One that this version cannot read counts as absent: the person signs in again.
pub(crate) async fn open(records: &dyn Records, id: VaultId) -> Result<Option<Opened>, StoreError> {
    let Some(record) = records.get(RecordKind::Tokens, &id.to_string()).await? else {
        return Ok(None);
    };
    let vault = serde_json::from_slice(&record.content).ok();
    Ok(vault.map(|vault| Opened { vault, version: record.version, expires: record.expires }))
}

/// Adds what a refresh brought to the stored vault. Returns whether the vault still exists: after a sign-out it stays gone.
pub(crate) async fn add(
    records: &dyn Records,
    id: VaultId,
    audience: Audience,
    grant: &Grant,
) -> Result<bool, StoreError> {
    change(records, id, |vault| vault.merge(audience, grant)).await
}

/// Adds what a stronger sign-in brought, which the person made at `made`. Returns whether the vault still exists.
pub(crate) async fn strengthen(
    records: &dyn Records,
    id: VaultId,
    challenge: &Challenge,
    grant: &Grant,
    made: Timestamp,
) -> Result<bool, StoreError> {
    change(records, id, |vault| vault.strengthen(challenge, grant, made)).await
}

async fn change(records: &dyn Records, id: VaultId, change: impl Fn(&mut Vault)) -> Result<bool, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(mut opened) = open(records, id).await? else { return Ok(false) };
        change(&mut opened.vault);
        let content = opened.vault.encoded()?;
        let key = id.to_string();
        if records.replace(RecordKind::Tokens, &key, opened.version, &content, opened.expires).await? {
            return Ok(true);
        }
    }
    // The token is good all the same; it is only obtained once more.
    tracing::warn!("a token vault is being written too often; a refreshed token was not kept");
    Ok(true)
}

/// Deletes a vault.
pub(crate) async fn delete(records: &dyn Records, id: VaultId) -> Result<(), StoreError> {
    records.delete(RecordKind::Tokens, &id.to_string()).await
}
