//! On PostgreSQL.

use std::path::PathBuf;

use sqlx::{Connection, PgConnection};
use store::KeyRing;
use tempfile::TempDir;

use crate::common;

mod entra_password;
#[path = "../journal.rs"]
mod journal;
#[path = "../records.rs"]
mod records;
#[path = "../sessions.rs"]
mod sessions;

/// A database on the tests' server.
pub(crate) struct Home {
    folder: TempDir,
    url: String,
}

impl Home {
    #[expect(clippy::unused_async, reason = "as with the other engine")]
    pub(crate) async fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: scratch_postgres::database().unwrap() }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn keys(&self, keys: &[[u8; 32]]) -> KeyRing {
        common::keys(self.folder.path(), keys)
    }

    /// Runs a statement on the database behind the store's back. `ZEROS` in it is as many zero bytes as `payload` has.
    pub(crate) async fn execute(&self, statement: &str) {
        let statement = statement.replace("ZEROS", "decode(repeat('00', length(payload)), 'hex')");
        let done = sqlx::query(sqlx::AssertSqlSafe(statement.clone()))
            .execute(&mut self.connection().await)
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "{statement} changed nothing");
    }

    /// Every byte that the engine wrote of this database.
    pub(crate) async fn raw(&self) -> Vec<u8> {
        let mut connection = self.connection().await;
        sqlx::query("CHECKPOINT").execute(&mut connection).await.unwrap();
        let place = "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database \
                     WHERE datname = current_database()";
        let folder: String = sqlx::query_scalar(place).fetch_one(&mut connection).await.unwrap();
        common::raw_files(&PathBuf::from(folder))
    }

    async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}
