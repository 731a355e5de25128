//! On SQLite.

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use store::KeyRing;
use tempfile::TempDir;

use crate::common;

#[cfg(unix)]
mod files;
#[path = "../journal.rs"]
mod journal;
mod migrations;
#[path = "../records.rs"]
mod records;
#[path = "../sessions.rs"]
mod sessions;

/// A folder with a database in it.
pub(crate) struct Home {
    folder: TempDir,
    url: String,
}

impl Home {
    #[expect(clippy::unused_async, reason = "as with the other engine")]
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("portal.db").display());
        Self { folder, url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn keys(&self, keys: &[[u8; 32]]) -> KeyRing {
        common::keys(self.folder.path(), keys)
    }

    /// Runs a statement on the database behind the store's back. `ZEROS` in it is as many zero bytes as `payload` has.
    pub(crate) async fn execute(&self, statement: &str) {
        let statement = statement.replace("ZEROS", "zeroblob(length(payload))");
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("portal.db"));
        let mut connection = options.connect().await.unwrap();
        let done =
            sqlx::query(sqlx::AssertSqlSafe(statement.clone())).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement} changed nothing");
    }

    /// Every byte that the engine wrote.
    #[expect(clippy::unused_async, reason = "as with the other engine")]
    pub(crate) async fn raw(&self) -> Vec<u8> {
        common::raw_files(self.folder.path())
    }
}
