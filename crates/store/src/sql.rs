//! Every SQL statement, and the connection to the engine. Nothing else in this crate knows SQL.
//!
//! Statements keep to what SQLite (3.35 and later) and PostgreSQL share: `$n` placeholders, `ON CONFLICT`, `RETURNING`. Content
//! comes in sealed and leaves sealed.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{FromRow, SqlitePool};

use crate::OpenError;
use crate::seal::Sealed;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Forward-only; a database from a newer version is refused.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

/// A row of `records`.
#[derive(FromRow)]
pub(crate) struct RecordRow {
    pub(crate) version: i64,
    pub(crate) key_id: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) expires_at: i64,
}

/// A row of `journal`.
#[derive(FromRow)]
pub(crate) struct JournalRow {
    pub(crate) id: String,
    pub(crate) batch: String,
    pub(crate) tenant: String,
    pub(crate) principal: String,
    pub(crate) state: String,
    pub(crate) updated: i64,
    pub(crate) created: i64,
    pub(crate) key_id: String,
    pub(crate) payload: Vec<u8>,
}

/// The connections to the database.
#[derive(Clone)]
pub(crate) struct Database {
    pool: SqlitePool,
}

impl Database {
    pub(crate) async fn open(address: &str) -> std::result::Result<Self, OpenError> {
        if !address.starts_with("sqlite:") {
            // Only the scheme is repeated: an address may hold a password.
            let scheme = address.split_once(':').map_or("an address without a scheme", |(scheme, _)| scheme);
            return Err(OpenError::Unsupported { scheme: scheme.chars().take(30).collect() });
        }
        let in_memory = address.contains(":memory:") || address.contains("mode=memory");
        let options = SqliteConnectOptions::from_str(address)
            .map_err(OpenError::Address)?
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .journal_mode(SqliteJournalMode::Wal)
            // A journal entry has to outlive a power cut: it is stored so that a write is never sent blindly again.
            .synchronous(SqliteSynchronous::Full)
            // Deleted tokens are overwritten, not only unlinked.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new();
        let pool = if in_memory {
            // Each connection would be a database of its own, gone when the connection is.
            pool.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None)
        } else {
            pool.max_connections(4)
        };
        let pool = pool.connect_with(options).await.map_err(OpenError::Connect)?;
        MIGRATIONS.run(&pool).await.map_err(OpenError::Migrate)?;
        Ok(Self { pool })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// Ids of the keys that anything is sealed with.
    pub(crate) async fn key_ids(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("SELECT key_id FROM records UNION SELECT key_id FROM journal")
            .fetch_all(&self.pool)
            .await
    }

    /// The row, unless it expired at `now`.
    pub(crate) async fn record(&self, kind: &str, key: &str, now: i64) -> Result<Option<RecordRow>> {
        sqlx::query_as(
            "SELECT version, key_id, payload, expires_at FROM records \
             WHERE kind = $1 AND key_hash = $2 AND expires_at > $3",
        )
        .bind(kind)
        .bind(key)
        .bind(now)
        .fetch_optional(&self.pool)
        .await
    }

    /// Writes the row, whatever was there.
    pub(crate) async fn put_record(
        &self,
        kind: &str,
        key: &str,
        sealed: &Sealed,
        expires_at: i64,
    ) -> Result<()> {
        sqlx::query(
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
        .execute(&self.pool)
        .await
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
        sqlx::query(
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
        .execute(&self.pool)
        .await
        .map(|done| done.rows_affected() == 1)
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
        sqlx::query(
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
        .execute(&self.pool)
        .await
        .map(|done| done.rows_affected() == 1)
    }

    /// Deletes the row and returns it, in one statement. The caller looks at the expiry.
    pub(crate) async fn take_record(&self, kind: &str, key: &str) -> Result<Option<RecordRow>> {
        sqlx::query_as(
            "DELETE FROM records WHERE kind = $1 AND key_hash = $2 RETURNING version, key_id, payload, expires_at",
        )
        .bind(kind)
        .bind(key)
        .fetch_optional(&self.pool)
        .await
    }

    pub(crate) async fn delete_record(&self, kind: &str, key: &str) -> Result<()> {
        sqlx::query("DELETE FROM records WHERE kind = $1 AND key_hash = $2")
            .bind(kind)
            .bind(key)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Deletes every record that expired at `now`.
    pub(crate) async fn purge_records(&self, now: i64) -> Result<u64> {
        sqlx::query("DELETE FROM records WHERE expires_at <= $1")
            .bind(now)
            .execute(&self.pool)
            .await
            .map(|done| done.rows_affected())
    }

    /// Appends the rows, all or none, behind what their batches already hold. Returns false, and appends nothing, when a batch is
    /// somebody else's.
    pub(crate) async fn append(&self, rows: &[JournalRow]) -> Result<bool> {
        // The write lock is taken at once: a transaction that reads first and writes later could be refused half-way.
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for row in rows {
            let foreign: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM journal WHERE batch = $1 AND (tenant <> $2 OR principal <> $3)",
            )
            .bind(&row.batch)
            .bind(&row.tenant)
            .bind(&row.principal)
            .fetch_one(&mut *transaction)
            .await?;
            if foreign > 0 {
                transaction.rollback().await?;
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO journal (id, batch, tenant, principal, sequence, state, updated, created, key_id, payload) \
                 VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(sequence), 0) + 1 FROM journal WHERE batch = $2), \
                 $5, $6, $7, $8, $9)",
            )
            .bind(&row.id)
            .bind(&row.batch)
            .bind(&row.tenant)
            .bind(&row.principal)
            .bind(&row.state)
            .bind(row.updated)
            .bind(row.created)
            .bind(&row.key_id)
            .bind(&row.payload)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Writes the row if its state is still `from` and it is the same person's. Returns whether it was written.
    pub(crate) async fn advance(&self, row: &JournalRow, from: &str) -> Result<bool> {
        sqlx::query(
            "UPDATE journal SET state = $1, updated = $2, key_id = $3, payload = $4 \
             WHERE id = $5 AND batch = $6 AND tenant = $7 AND principal = $8 AND created = $9 AND state = $10",
        )
        .bind(&row.state)
        .bind(row.updated)
        .bind(&row.key_id)
        .bind(&row.payload)
        .bind(&row.id)
        .bind(&row.batch)
        .bind(&row.tenant)
        .bind(&row.principal)
        .bind(row.created)
        .bind(from)
        .execute(&self.pool)
        .await
        .map(|done| done.rows_affected() == 1)
    }

    /// A whole batch, in the order it was appended, whoever's it is.
    pub(crate) async fn batch(&self, batch: &str) -> Result<Vec<JournalRow>> {
        sqlx::query_as(
            "SELECT id, batch, tenant, principal, state, updated, created, key_id, payload FROM journal \
             WHERE batch = $1 ORDER BY sequence",
        )
        .bind(batch)
        .fetch_all(&self.pool)
        .await
    }

    /// A person's rows that changed at `since` or later, newest first.
    pub(crate) async fn recent(&self, tenant: &str, principal: &str, since: i64) -> Result<Vec<JournalRow>> {
        sqlx::query_as(
            "SELECT id, batch, tenant, principal, state, updated, created, key_id, payload FROM journal \
             WHERE tenant = $1 AND principal = $2 AND updated >= $3 \
             ORDER BY updated DESC, created DESC, sequence DESC",
        )
        .bind(tenant)
        .bind(principal)
        .bind(since)
        .fetch_all(&self.pool)
        .await
    }
}
