//! What the store's tests share.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use pim::clock::ManualClock;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use store::{KeyRing, Store};
use tempfile::TempDir;

/// Where the tests' clock starts.
pub(crate) fn start() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(start())
}

pub(crate) async fn open(url: &str, keys: KeyRing) -> Store {
    Store::open(url, keys, Arc::new(clock())).await.unwrap()
}

pub(crate) fn folder_url(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("portal.db").display())
}

/// A key file with these keys, the current one first.
pub(crate) fn keys(folder: &TempDir, keys: &[[u8; 32]]) -> KeyRing {
    let text = keys.iter().fold(String::new(), |mut text, key| {
        writeln!(text, "{}", BASE64_STANDARD.encode(key)).unwrap();
        text
    });
    let path = folder.path().join("keys");
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    KeyRing::from_file(&path).unwrap()
}

/// Runs a statement on the database behind the store's back.
pub(crate) async fn execute(folder: &TempDir, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(folder.path().join("portal.db"));
    let mut connection = options.connect().await.unwrap();
    let done = sqlx::query(statement).execute(&mut connection).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement} changed nothing");
}

/// Every byte of every file of the database.
pub(crate) fn raw_files(folder: &TempDir) -> Vec<u8> {
    let files = std::fs::read_dir(folder.path()).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}
