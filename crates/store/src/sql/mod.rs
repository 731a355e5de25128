//! Every SQL statement, and the connection to the engine. Nothing else in this crate knows SQL. The statements of each table are
//! in a module of their own.
//!
//! Statements keep to what SQLite (3.35 and later) and PostgreSQL share: `$n` placeholders, `ON CONFLICT`, `RETURNING`. Content
//! comes in sealed and leaves sealed.

mod journal;
mod records;

use std::str::FromStr;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::OpenError;

pub(crate) use journal::JournalRow;
pub(crate) use records::RecordRow;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Forward-only; a database from a newer version is refused.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

/// Connections to read with.
const READERS: u32 = 4;

/// The connections to the database.
#[derive(Clone)]
pub(crate) struct Database {
    readers: SqlitePool,
    /// One connection: SQLite lets one write at a time, and whoever waits for its lock sleeps and tries again, where here they queue.
    writer: SqlitePool,
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
        let single = || SqlitePoolOptions::new().max_connections(1).min_connections(1);
        let writer = if in_memory { single().idle_timeout(None).max_lifetime(None) } else { single() };
        let writer = writer.connect_with(options.clone()).await.map_err(OpenError::Connect)?;
        MIGRATIONS.run(&writer).await.map_err(OpenError::Migrate)?;
        let readers = if in_memory {
            // Another connection would be a database of its own.
            writer.clone()
        } else {
            let readers = SqlitePoolOptions::new().max_connections(READERS);
            readers.connect_with(options).await.map_err(OpenError::Connect)?
        };
        Ok(Self { readers, writer })
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.readers).await.map(drop)
    }

    /// Ids of the keys that anything is sealed with.
    pub(crate) async fn key_ids(&self) -> Result<Vec<String>> {
        sqlx::query_scalar("SELECT key_id FROM records UNION SELECT key_id FROM journal")
            .fetch_all(&self.readers)
            .await
    }
}
