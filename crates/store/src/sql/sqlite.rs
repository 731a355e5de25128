//! SQLite: one file, for one replica.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, SqlitePool};

use super::{APPLIED, Database, Migrations, Pool};
use crate::{OpenError, files};

/// Forward-only; a database from a newer version is refused.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

/// Connections to read with.
const READERS: u32 = 4;

/// How often the migrations are tried: SQLite lets two processes that start at once both find work, and refuses one of them.
const TRIES: usize = 10;

pub(super) async fn open(address: &str) -> Result<Database, OpenError> {
    let in_memory = is_in_memory(address);
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
    if !in_memory {
        // SQLite gives the files beside it the same mode, and says what is wrong where none can be made. One that is there keeps its mode.
        let _ = files::make(options.get_filename());
    }
    // One connection: SQLite lets one write at a time, and whoever waits for its lock sleeps and tries again, where here they queue.
    let single = || SqlitePoolOptions::new().max_connections(1).min_connections(1);
    let writer = if in_memory { single().idle_timeout(None).max_lifetime(None) } else { single() };
    let writer = writer.connect_with(options.clone()).await.map_err(OpenError::Connect)?;
    check(&writer).await?;
    migrate(&writer).await.map_err(OpenError::Migrate)?;
    let readers = if in_memory {
        // Another connection would be a database of its own.
        writer.clone()
    } else {
        let readers = SqlitePoolOptions::new().max_connections(READERS);
        readers.connect_with(options).await.map_err(OpenError::Connect)?
    };
    Ok(Database { readers: Pool::Sqlite(readers), writer: Pool::Sqlite(writer) })
}

fn is_in_memory(address: &str) -> bool {
    address.contains(":memory:") || address.contains("mode=memory")
}

/// Looks at the file, and leaves it as it is.
pub(super) async fn examine(address: &str) -> Result<Migrations, OpenError> {
    let options = SqliteConnectOptions::from_str(address).map_err(OpenError::Address)?.busy_timeout(BUSY);
    if is_in_memory(address) {
        return Ok(Migrations::None);
    }
    if !options.get_filename().exists() {
        let folder = options.get_filename().parent().filter(|folder| !folder.as_os_str().is_empty());
        can_make_files(folder.unwrap_or(Path::new("."))).map_err(|error| OpenError::Connect(error.into()))?;
        return Ok(Migrations::None);
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .map_err(OpenError::Connect)?;
    check(&pool).await?;
    let writing = pool.begin_with("BEGIN IMMEDIATE").await.map_err(OpenError::Connect)?;
    writing.rollback().await.map_err(OpenError::Connect)?;
    let tables = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
    let is_new: i64 = sqlx::query_scalar(tables).fetch_one(&pool).await.map_err(OpenError::Connect)?;
    let applied: Vec<i64> = match is_new {
        0 => Vec::new(),
        _ => sqlx::query_scalar(APPLIED).fetch_all(&pool).await.map_err(OpenError::Connect)?,
    };
    pool.close().await;
    Ok(Migrations::standing(&MIGRATIONS, &applied))
}

/// Makes a file in the folder, and takes it away again: rights alone do not tell.
fn can_make_files(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(".pim-portal-doctor");
    std::fs::File::create(&path)?;
    std::fs::remove_file(path)
}

/// A damaged file is refused at start, before anything is written on top of it. <https://www.sqlite.org/pragma.html#pragma_quick_check>
async fn check(pool: &SqlitePool) -> Result<(), OpenError> {
    let found: String = sqlx::query_scalar(AssertSqlSafe("PRAGMA quick_check(1)"))
        .fetch_one(pool)
        .await
        .map_err(OpenError::Connect)?;
    if found == "ok" { Ok(()) } else { Err(OpenError::Damaged { found }) }
}

async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    for _ in 1..TRIES {
        match MIGRATIONS.run(pool).await {
            // What the other process did is seen at the next try.
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) => {}
            done => return done,
        }
    }
    MIGRATIONS.run(pool).await
}
