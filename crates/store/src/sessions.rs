//! Browser sessions for `tower-sessions`, as records of kind [`RecordKind::Session`].
//!
//! A session says who is signed in and nothing else: `tower-sessions` writes the whole record when a response's headers are ready,
//! so whatever a streamed body would add is lost, and of two parallel writes the last one wins. Tokens live in records of their own.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use pim::records::{RecordKind, Records, StoreError};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// How often a lost race is tried again.
const ATTEMPTS: usize = 8;

/// The session store.
#[derive(Clone)]
pub struct Sessions {
    records: Arc<dyn Records>,
}

impl Sessions {
    /// Sessions kept in `records`.
    #[must_use]
    pub fn new(records: Arc<dyn Records>) -> Self {
        Self { records }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

fn backend(error: StoreError) -> Error {
    Error::Backend(error.to_string())
}

fn encode(record: &Record) -> Result<(Vec<u8>, Timestamp)> {
    // The causes are left out: a serialization error may quote what it stumbled on.
    let content = serde_json::to_vec(&record.data)
        .map_err(|_| Error::Encode("the session cannot be written as JSON".to_owned()))?;
    let expires = Timestamp::from_nanosecond(record.expiry_date.unix_timestamp_nanos())
        .map_err(|_| Error::Encode("the session expires out of range".to_owned()))?;
    Ok((content, expires))
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (content, expires) = encode(record)?;
        for _ in 0..ATTEMPTS {
            let key = record.id.to_string();
            let written = self.records.replace(RecordKind::Session, &key, 0, &content, expires).await;
            if written.map_err(backend)? {
                return Ok(());
            }
            // Taken: with 128 random bits this is a broken random number generator rather than chance.
            record.id = Id::default();
        }
        Err(Error::Backend("no free session id".to_owned()))
    }

    /// Writes a session that exists. One that was deleted meanwhile (a sign-out in another tab) stays deleted.
    async fn save(&self, record: &Record) -> Result<()> {
        let (content, expires) = encode(record)?;
        let key = record.id.to_string();
        for _ in 0..ATTEMPTS {
            let Some(stored) = self.records.get(RecordKind::Session, &key).await.map_err(backend)? else {
                tracing::debug!("a session ended while a request was using it; it stays ended");
                return Ok(());
            };
            let written =
                self.records.replace(RecordKind::Session, &key, stored.version, &content, expires).await;
            if written.map_err(backend)? {
                return Ok(());
            }
        }
        Err(Error::Backend("the session is being written too often".to_owned()))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(stored) = self.records.get(RecordKind::Session, &id.to_string()).await.map_err(backend)?
        else {
            return Ok(None);
        };
        let data = serde_json::from_slice(&stored.content)
            .map_err(|_| Error::Decode("the stored session is not what this version writes".to_owned()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(stored.expires.as_nanosecond())
            .map_err(|_| Error::Decode("the stored session expires out of range".to_owned()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.records.delete(RecordKind::Session, &id.to_string()).await.map_err(backend)
    }
}
