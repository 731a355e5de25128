//! The statements on the table `records`.

use sqlx::FromRow;

use super::{Database, Pool, Result, changed, on};
use crate::seal::Sealed;

/// A row of `records`.
#[derive(FromRow)]
pub(crate) struct RecordRow {
    pub(crate) version: i64,
    pub(crate) key_id: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) expires_at: i64,
}

impl Database {
    /// The row, unless it expired at `now`.
    pub(crate) async fn record(&self, kind: &str, key: &str, now: i64) -> Result<Option<RecordRow>> {
        on!(Pool, &self.readers, |pool| sqlx::query_as(
            "SELECT version, key_id, payload, expires_at FROM records \
             WHERE kind = $1 AND key_hash = $2 AND expires_at > $3",
        )
        .bind(kind)
        .bind(key)
        .bind(now)
        .fetch_optional(pool))
    }

    /// Writes the row, whatever was there.
    pub(crate) async fn put_record(
        &self,
        kind: &str,
        key: &str,
        sealed: &Sealed,
        expires_at: i64,
    ) -> Result<()> {
        changed!(Pool, &self.writer, |pool| sqlx::query(
            "INSERT INTO records (kind, key_hash, version, key_id, payload, expires_at) \
             VALUES ($1, $2, 1, $3, $4, $5) \
             ON CONFLICT (kind, key_hash) DO UPDATE SET version = records.version + 1, key_id = excluded.key_id, \
             payload = excluded.payload, expires_at = excluded.expires_at",
        )
        .bind(kind)
        .bind(key)
        .bind(&sealed.key_id)
        .bind(&sealed.payload)
        .bind(expires_at)
        .execute(pool))
        .map(drop)
    }

    /// Writes the row unless there is one that has not expired at `now`. Returns whether it was written.
    pub(crate) async fn create_record(
        &self,
        kind: &str,
        key: &str,
        sealed: &Sealed,
        expires_at: i64,
        now: i64,
    ) -> Result<bool> {
        changed!(Pool, &self.writer, |pool| sqlx::query(
            "INSERT INTO records (kind, key_hash, version, key_id, payload, expires_at) \
             VALUES ($1, $2, 1, $3, $4, $5) \
             ON CONFLICT (kind, key_hash) DO UPDATE SET version = 1, key_id = excluded.key_id, \
             payload = excluded.payload, expires_at = excluded.expires_at WHERE records.expires_at <= $6",
        )
        .bind(kind)
        .bind(key)
        .bind(&sealed.key_id)
        .bind(&sealed.payload)
        .bind(expires_at)
        .bind(now)
        .execute(pool))
        .map(|rows| rows == 1)
    }

    /// Writes the row if it has `version` and has not expired at `now`. Returns whether it was written.
    pub(crate) async fn replace_record(
        &self,
        kind: &str,
        key: &str,
        version: i64,
        sealed: &Sealed,
        expires_at: i64,
        now: i64,
    ) -> Result<bool> {
        changed!(Pool, &self.writer, |pool| sqlx::query(
            "UPDATE records SET version = version + 1, key_id = $1, payload = $2, expires_at = $3 \
             WHERE kind = $4 AND key_hash = $5 AND version = $6 AND expires_at > $7",
        )
        .bind(&sealed.key_id)
        .bind(&sealed.payload)
        .bind(expires_at)
        .bind(kind)
        .bind(key)
        .bind(version)
        .bind(now)
        .execute(pool))
        .map(|rows| rows == 1)
    }

    /// Deletes the row and returns it, in one statement. The caller looks at the expiry.
    pub(crate) async fn take_record(&self, kind: &str, key: &str) -> Result<Option<RecordRow>> {
        on!(Pool, &self.writer, |pool| {
            sqlx::query_as(
            "DELETE FROM records WHERE kind = $1 AND key_hash = $2 RETURNING version, key_id, payload, expires_at",
        )
        .bind(kind)
        .bind(key).fetch_optional(pool)
        })
    }

    pub(crate) async fn delete_record(&self, kind: &str, key: &str) -> Result<()> {
        changed!(Pool, &self.writer, |pool| sqlx::query(
            "DELETE FROM records WHERE kind = $1 AND key_hash = $2"
        )
        .bind(kind)
        .bind(key)
        .execute(pool))
        .map(drop)
    }

    /// Deletes every record that expired at `now`.
    pub(crate) async fn purge_records(&self, now: i64) -> Result<u64> {
        changed!(Pool, &self.writer, |pool| sqlx::query("DELETE FROM records WHERE expires_at <= $1")
            .bind(now)
            .execute(pool))
    }

    /// How many rows of a kind have not expired at `now`.
    pub(crate) async fn count_records(&self, kind: &str, now: i64) -> Result<i64> {
        on!(Pool, &self.readers, |pool| sqlx::query_scalar(
            "SELECT count(*) FROM records WHERE kind = $1 AND expires_at > $2"
        )
        .bind(kind)
        .bind(now)
        .fetch_one(pool))
    }
}
