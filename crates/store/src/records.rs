//! [`Records`] on the table `records`: content sealed, keys hashed, expiry enforced on every read.
//!
//! A record that cannot be opened (another key, or a row that somebody changed) reads as absent and is logged: the person signs in
//! again, rather than meeting an error on every page until they clear their cookies.

use async_trait::async_trait;
use jiff::Timestamp;
use pim::records::{Record, RecordKind, Records, StoreError};
use sha2::{Digest, Sha256};

use crate::Store;
use crate::apart::query;
use crate::keys::hex;
use crate::seal::open;
use crate::sql::RecordRow;

/// What the key is stored as. Keys are random and long, so a plain hash cannot be searched.
fn hashed(key: &str) -> String {
    hex(&Sha256::digest(key.as_bytes()))
}

/// The row as associated data: a payload fits this kind, key and expiry only.
pub(crate) fn identity(kind: &str, key_hash: &str, expires_at: i64) -> String {
    format!("records|{kind}|{key_hash}|{expires_at}")
}

impl Store {
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().as_microsecond()
    }

    fn opened(&self, kind: RecordKind, key_hash: &str, row: &RecordRow) -> Option<Record> {
        let expires = Timestamp::from_microsecond(row.expires_at).ok()?;
        let identity = identity(kind.name(), key_hash, row.expires_at);
        match open(&self.keys(), &row.key_id, &identity, &row.payload) {
            Ok(content) => Some(Record { content, version: row.version, expires }),
            Err(reason) => {
                tracing::warn!(
                    kind = kind.name(),
                    key_id = row.key_id,
                    ?reason,
                    "a record cannot be opened; it counts as absent"
                );
                None
            }
        }
    }
}

#[async_trait]
impl Records for Store {
    async fn get(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let key_hash = hashed(key);
        let (database, hash, now) = (self.database.clone(), key_hash.clone(), self.now());
        let row = query("get record", async move { database.record(kind.name(), &hash, now).await }).await?;
        Ok(row.and_then(|row| self.opened(kind, &key_hash, &row)))
    }

    async fn put(
        &self,
        kind: RecordKind,
        key: &str,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let (key_hash, expires_at) = (hashed(key), expires.as_microsecond());
        let sealed = self.seal(&identity(kind.name(), &key_hash, expires_at), content)?;
        let database = self.database.clone();
        query(
            "put record",
            async move { database.put_record(kind.name(), &key_hash, &sealed, expires_at).await },
        )
        .await
    }

    async fn replace(
        &self,
        kind: RecordKind,
        key: &str,
        version: i64,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let (key_hash, expires_at, now) = (hashed(key), expires.as_microsecond(), self.now());
        let sealed = self.seal(&identity(kind.name(), &key_hash, expires_at), content)?;
        let (name, database) = (kind.name(), self.database.clone());
        query("replace record", async move {
            if version == 0 {
                database.create_record(name, &key_hash, &sealed, expires_at, now).await
            } else {
                database.replace_record(name, &key_hash, version, &sealed, expires_at, now).await
            }
        })
        .await
    }

    async fn take(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let key_hash = hashed(key);
        let (database, hash) = (self.database.clone(), key_hash.clone());
        let row = query("take record", async move { database.take_record(kind.name(), &hash).await }).await?;
        let alive = row.filter(|row| row.expires_at > self.now());
        Ok(alive.and_then(|row| self.opened(kind, &key_hash, &row)))
    }

    async fn delete(&self, kind: RecordKind, key: &str) -> Result<(), StoreError> {
        let (database, key_hash) = (self.database.clone(), hashed(key));
        query("delete record", async move { database.delete_record(kind.name(), &key_hash).await }).await
    }

    async fn purge(&self) -> Result<u64, StoreError> {
        let (database, now) = (self.database.clone(), self.now());
        query("purge records", async move { database.purge_records(now).await }).await
    }
}
