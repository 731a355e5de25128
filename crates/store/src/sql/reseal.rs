//! The statements that look at rows of both tables by the key they are sealed with.

use sqlx::FromRow;

use super::{Database, Pool, Result, changed, on};
use crate::seal::Sealed;

/// A row of `records` or of `journal`.
#[derive(FromRow)]
pub(crate) struct AnyRow {
    pub(crate) is_record: bool,
    /// Its place among all rows of one key.
    pub(crate) place: String,
    /// A record's kind.
    pub(crate) kind: String,
    /// A record's key, hashed, or an operation's id.
    pub(crate) key: String,
    pub(crate) tenant: String,
    pub(crate) principal: String,
    /// When a record expires, or an operation's place in the order of changes.
    pub(crate) number: i64,
    pub(crate) payload: Vec<u8>,
}

impl Database {
    /// Ids of the keys that anything is sealed with, and how many rows each.
    pub(crate) async fn key_use(&self) -> Result<Vec<(String, i64)>> {
        on!(Pool, &self.readers, |pool| {
            sqlx::query_as(
            "SELECT key_id, COUNT(*) FROM (SELECT key_id FROM records UNION ALL SELECT key_id FROM journal) AS sealed \
             GROUP BY key_id ORDER BY key_id",
        )
        .fetch_all(pool)
        })
    }

    /// Up to `most` rows sealed with a key, those that come after the place `after`.
    pub(crate) async fn sealed_with(&self, key_id: &str, after: &str, most: i64) -> Result<Vec<AnyRow>> {
        on!(Pool, &self.readers, |pool| {
            sqlx::query_as(
                "SELECT * FROM ( \
                 SELECT TRUE AS is_record, 'r|' || kind || '|' || key_hash AS place, kind, key_hash AS key, '' AS tenant, \
                 '' AS principal, expires_at AS number, payload FROM records WHERE key_id = $1 \
                 UNION ALL \
                 SELECT FALSE AS is_record, 'j|' || id AS place, '' AS kind, id AS key, tenant, principal, \
                 sequence AS number, payload FROM journal WHERE key_id = $1) AS sealed \
                 WHERE place > $2 ORDER BY place LIMIT $3",
            )
            .bind(key_id)
            .bind(after)
            .bind(most)
            .fetch_all(pool)
        })
    }

    /// Writes the payload where the row's is still the one that was read. Returns how many rows that were: one, or none.
    pub(crate) async fn reseal(&self, row: &AnyRow, sealed: &Sealed) -> Result<u64> {
        let statement = if row.is_record {
            "UPDATE records SET key_id = $1, payload = $2 WHERE key_hash = $3 AND kind = $4 AND payload = $5"
        } else {
            "UPDATE journal SET key_id = $1, payload = $2 WHERE id = $3 AND '' = $4 AND payload = $5"
        };
        changed!(Pool, &self.writer, |pool| sqlx::query(statement)
            .bind(&sealed.key_id)
            .bind(&sealed.payload)
            .bind(&row.key)
            .bind(&row.kind)
            .bind(&row.payload)
            .execute(pool))
    }

    /// Deletes the rows sealed with a key. Returns how many.
    pub(crate) async fn delete_sealed_with(&self, key_id: &str) -> Result<u64> {
        let mut deleted = 0;
        for statement in ["DELETE FROM records WHERE key_id = $1", "DELETE FROM journal WHERE key_id = $1"] {
            deleted +=
                changed!(Pool, &self.writer, |pool| sqlx::query(statement).bind(key_id).execute(pool))?;
        }
        Ok(deleted)
    }
}
