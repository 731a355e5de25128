//! Directories, for whoever serves several: which of them the person's account is in, and what was consented to in each, as far as
//! anybody who signed in there has seen it.
//!
//! What was seen is one record for all of them. It names directories and permissions, and nobody. What a session's own tokens carry is
//! known better than this, and is read from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pim::directory::Directory;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::TenantId;
use pim::records::{RecordKind, StoreError};
use serde::{Deserialize, Serialize};

use crate::{Portal, Session};

/// How long it is remembered after anything was seen.
const LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);
/// What has not changed is written down again after this long.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// How often a change is tried again when another one came first.
const TRIES: usize = 5;
const KEY: &str = "consent";

/// How a sign-in to a directory went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consent {
    /// The tokens came, without these permissions.
    Granted {
        /// Names of the permissions that they lack.
        missing: Vec<String>,
    },
    /// Nobody there has granted anything, or the application is not there.
    Refused,
}

/// What was seen last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// What.
    pub consent: Consent,
}

type All = BTreeMap<TenantId, Seen>;

impl Portal {
    /// The directories that the person's account is in, as the service of a plane lists them;
    /// [`ErrorKind::NotFound`] where there is no such plane.
    ///
    /// The read goes on when the caller stops waiting for it, and is found the next time.
    pub async fn own_directories(&self, session: &Session) -> Result<Arc<[Directory]>, PlaneError> {
        let caller = session.caller.clone();
        let plane = self.planes.iter().find(|plane| plane.directories().is_some());
        let plane = plane.ok_or(ErrorKind::NotFound)?.clone();
        let read = async move {
            let directories = plane.directories().ok_or(ErrorKind::NotFound)?;
            directories.directories(&caller).await.map(Arc::from)
        };
        self.kept.directories.get((session.caller.tenant, session.caller.principal), read).await
    }

    /// What was seen last of each directory; nothing of those that nobody signed in to.
    pub async fn consents_seen(&self) -> Result<BTreeMap<TenantId, Seen>, StoreError> {
        Ok(self.read_consents().await?.0)
    }

    /// Notes how a sign-in to a directory went.
    pub async fn note_consent(&self, tenant: TenantId, consent: Consent) -> Result<(), StoreError> {
        let now = self.clock.now();
        for _ in 0..TRIES {
            let (mut all, version) = self.read_consents().await?;
            let is_known = all
                .get(&tenant)
                .is_some_and(|seen| seen.consent == consent && now.duration_since(seen.at) < AGAIN);
            if is_known {
                return Ok(());
            }
            all.insert(tenant, Seen { at: now, consent: consent.clone() });
            let written = serde_json::to_vec(&all).map_err(|_| StoreError)?;
            let expires = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
            if self.records.replace(RecordKind::Directories, KEY, version, &written, expires).await? {
                return Ok(());
            }
        }
        Err(StoreError)
    }

    async fn read_consents(&self) -> Result<(All, i64), StoreError> {
        let Some(record) = self.records.get(RecordKind::Directories, KEY).await? else {
            return Ok((All::new(), 0));
        };
        // Written by another version: it is seen again at the next sign-in.
        Ok((serde_json::from_slice(&record.content).unwrap_or_default(), record.version))
    }
}
