//! [`Records`](pim::records::Records) on the table `records`: content sealed, keys hashed, expiry enforced on every read.
//!
//! A record that cannot be opened (another key, or a row that somebody changed) reads as absent and is logged: the person signs in
//! again, rather than meeting an error on every page until they clear their cookies.

use jiff::Timestamp;
use pim::records::{Record, RecordKind, StoreError};
use sha2::{Digest, Sha256};

use crate::keys::hex;
use crate::measured::Measured;
use crate::seal::open;
use crate::sql::RecordRow;
use crate::{Store, failed};

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

/// The calls of [`Records`](pim::records::Records), as [`crate::apart`] makes them.
impl Store {
    pub(crate) async fn get_record(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let _measured = Measured::of("get record");
        let key_hash = hashed(key);
        let row = self
            .database
            .record(kind.name(), &key_hash, self.now())
            .await
            .map_err(|error| failed("get record", &error))?;
        Ok(row.and_then(|row| self.opened(kind, &key_hash, &row)))
    }

    pub(crate) async fn put_record(
        &self,
        kind: RecordKind,
        key: &str,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let _measured = Measured::of("put record");
        let (key_hash, expires_at) = (hashed(key), expires.as_microsecond());
        let sealed = self.seal(&identity(kind.name(), &key_hash, expires_at), content)?;
        self.database
            .put_record(kind.name(), &key_hash, &sealed, expires_at)
            .await
            .map_err(|error| failed("put record", &error))
    }

    pub(crate) async fn replace_record(
        &self,
        kind: RecordKind,
        key: &str,
        version: i64,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let _measured = Measured::of("replace record");
        let (key_hash, expires_at, now) = (hashed(key), expires.as_microsecond(), self.now());
        let sealed = self.seal(&identity(kind.name(), &key_hash, expires_at), content)?;
        let (name, database) = (kind.name(), &self.database);
        let written = if version == 0 {
            database.create_record(name, &key_hash, &sealed, expires_at, now).await
        } else {
            database.replace_record(name, &key_hash, version, &sealed, expires_at, now).await
        };
        written.map_err(|error| failed("replace record", &error))
    }

    pub(crate) async fn take_record(
        &self,
        kind: RecordKind,
        key: &str,
    ) -> Result<Option<Record>, StoreError> {
        let _measured = Measured::of("take record");
        let key_hash = hashed(key);
        let row = self
            .database
            .take_record(kind.name(), &key_hash)
            .await
            .map_err(|error| failed("take record", &error))?;
        let alive = row.filter(|row| row.expires_at > self.now());
        Ok(alive.and_then(|row| self.opened(kind, &key_hash, &row)))
    }

    pub(crate) async fn delete_record(&self, kind: RecordKind, key: &str) -> Result<(), StoreError> {
        let _measured = Measured::of("delete record");
        self.database
            .delete_record(kind.name(), &hashed(key))
            .await
            .map_err(|error| failed("delete record", &error))
    }

    pub(crate) async fn purge_records(&self) -> Result<u64, StoreError> {
        let _measured = Measured::of("purge records");
        self.database.purge_records(self.now()).await.map_err(|error| failed("purge records", &error))
    }
}
