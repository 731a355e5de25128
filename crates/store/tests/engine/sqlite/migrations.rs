//! What a database that an earlier version wrote becomes.

use std::path::Path;

use super::Home;
use crate::common::{open, start};
use jiff::SignedDuration;
use pim::ids::{PrincipalId, TenantId};
use pim::journal::Journal;
use pim::records::{RecordKind, Records};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

#[tokio::test]
async fn records_survive_the_second_migration_and_the_journal_begins_anew() {
    let expires = start().saturating_add(SignedDuration::from_hours(1)).unwrap();
    let home = Home::new().await;
    let today = open(home.url(), home.keys(&[[1; 32]])).await;
    today.put(RecordKind::Tokens, "vault", b"content", expires).await.unwrap();
    today.close().await;

    // A database as the first migration left it, with today's record and an operation in it.
    let old = Home::new().await;
    let first = old.folder.path().join("migrations");
    std::fs::create_dir(&first).unwrap();
    let name = "0001_records_and_journal.sql";
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    std::fs::copy(migrations.join(name), first.join(name)).unwrap();
    let options =
        SqliteConnectOptions::new().filename(old.folder.path().join("portal.db")).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    Migrator::new(first.as_path()).await.unwrap().run(&mut connection).await.unwrap();
    sqlx::query("ATTACH $1 AS today")
        .bind(home.folder.path().join("portal.db").to_str().unwrap())
        .execute(&mut connection)
        .await
        .unwrap();
    for statement in [
        "INSERT INTO main.records SELECT * FROM today.records",
        "INSERT INTO main.journal (id, batch, tenant, principal, sequence, state, updated, created, key_id, payload) VALUES \
         ('a', 'b', '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 1, 'Sending', \
         9000000000000000, 9000000000000000, 'k', x'01')",
    ] {
        assert_eq!(sqlx::query(statement).execute(&mut connection).await.unwrap().rows_affected(), 1);
    }
    connection.close().await.unwrap();

    let store = open(old.url(), home.keys(&[[1; 32]])).await;
    let record = store.get(RecordKind::Tokens, "vault").await.unwrap().unwrap();
    assert_eq!(record.content, b"content");
    let (tenant, principal) = (TenantId(Uuid::from_u128(1)), PrincipalId(Uuid::from_u128(2)));
    assert_eq!(store.recent(tenant, principal, start()).await.unwrap(), []);
    assert_eq!(store.claim(start(), start(), 10).await.unwrap(), []);
    assert_eq!(store.latest(tenant, principal).await.unwrap(), 0);
}

#[tokio::test]
async fn processes_that_start_at_once_take_turns() {
    let home = Home::new().await;
    let starts = (0..8).map(|_| open(home.url(), home.keys(&[[1; 32]])));
    for store in futures::future::join_all(starts).await {
        store.ping().await.unwrap();
    }
}
