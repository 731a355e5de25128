//! What the portal keeps for one person in one tenant: one record of each kind, changed by compare-and-swap, so that two tabs
//! or two replicas lose nothing of each other.
//!
//! To keep something new, give [`RecordKind`] a kind, among [`RecordKind::PERSONAL`], and implement [`Personal`] for the type of its
//! content.

use jiff::{SignedDuration, Timestamp};
use pim::records::{RecordKind, StoreError};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Portal, Session};

/// How long it is kept after its last change. Not [`Timestamp::MAX`]: the store cannot read that back.
const LIFE: SignedDuration = SignedDuration::from_hours(100 * 365 * 24);
/// How often a change is tried again when another one came first.
const TRIES: usize = 5;

/// The content of a person's record. Who has none yet has the default.
pub(crate) trait Personal: Default + Serialize + DeserializeOwned {
    const KIND: RecordKind;
}

impl Portal {
    pub(crate) async fn personal<T: Personal>(&self, session: &Session) -> Result<T, StoreError> {
        Ok(self.read_personal(session).await?.0)
    }

    /// Makes `change` and stores it. It may run several times: what it sees is newer each time. What it refuses is not stored.
    pub(crate) async fn change_personal<T: Personal, E: From<StoreError>>(
        &self,
        session: &Session,
        change: impl Fn(&mut T) -> Result<(), E>,
    ) -> Result<(), E> {
        for _ in 0..TRIES {
            let (mut content, version) = self.read_personal::<T>(session).await?;
            change(&mut content)?;
            let content = serde_json::to_vec(&content).map_err(|_| StoreError)?;
            let expires = self.clock.now().saturating_add(LIFE).unwrap_or(Timestamp::MAX);
            if self.records.replace(T::KIND, &key(session), version, &content, expires).await? {
                return Ok(());
            }
        }
        Err(StoreError.into())
    }

    async fn read_personal<T: Personal>(&self, session: &Session) -> Result<(T, i64), StoreError> {
        debug_assert!(
            RecordKind::PERSONAL.contains(&T::KIND),
            "it would outlive the person's wish to be forgotten"
        );
        let Some(record) = self.records.get(T::KIND, &key(session)).await? else {
            return Ok((T::default(), 0));
        };
        let content = serde_json::from_slice(&record.content).map_err(|_| StoreError)?;
        Ok((content, record.version))
    }
}

/// Under what a person's records are kept.
pub(crate) fn key(session: &Session) -> String {
    format!("{}/{}", session.caller.tenant, session.caller.principal)
}
