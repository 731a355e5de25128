//! A password that changes: what signs in to a PostgreSQL that takes tokens of Entra instead.

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use pim::records::{RecordKind, Records};
use secrecy::SecretString;
use sqlx::{Connection, PgConnection};
use store::{KeyRing, OpenError, Passwords, Store};

use crate::common::{clock, start};

/// Hands out whatever was last put in.
#[derive(Clone, Default)]
struct Changing(Arc<Mutex<String>>);

impl Changing {
    fn to(&self, password: &str) {
        password.clone_into(&mut self.0.lock().unwrap());
    }
}

#[async_trait]
impl Passwords for Changing {
    async fn password(&self) -> Option<SecretString> {
        let password = self.0.lock().unwrap().clone();
        (!password.is_empty()).then(|| password.into())
    }
}

/// Has the server ask one user for a password; everybody else is trusted as before.
async fn ask_for_password(administrator: &mut PgConnection, user: &str) {
    let file: String = sqlx::query_scalar("SHOW hba_file").fetch_one(&mut *administrator).await.unwrap();
    let rules = std::fs::read_to_string(Path::new(&file)).unwrap();
    std::fs::write(&file, format!("local all {user} scram-sha-256\n{rules}")).unwrap();
    sqlx::query("SELECT pg_reload_conf()").execute(&mut *administrator).await.unwrap();
}

async fn run(administrator: &mut PgConnection, statement: String) {
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(administrator).await.unwrap();
}

#[tokio::test]
async fn new_connections_sign_in_with_the_newest_password() {
    let address = scratch_postgres::database().unwrap();
    let mut administrator = PgConnection::connect(&address).await.unwrap();
    let user = format!("identity_{}", std::process::id());
    run(&mut administrator, format!("CREATE ROLE {user} LOGIN PASSWORD 'first-token'")).await;
    run(&mut administrator, format!("GRANT ALL ON SCHEMA public TO {user}")).await;
    ask_for_password(&mut administrator, &user).await;
    let address = address.replacen("portal@", &format!("{user}@"), 1);

    let passwords = Changing::default();
    let open = || {
        Store::open_with(&address, Some(Arc::new(passwords.clone())), KeyRing::ephemeral(), Arc::new(clock()))
    };
    assert!(matches!(open().await, Err(OpenError::NoPassword)), "without one nothing is tried");
    // The server reads its rules again a moment after it was told to.
    passwords.to("wrong");
    let mut refused = false;
    for _ in 0..1_500 {
        refused = matches!(open().await, Err(OpenError::Connect(_)));
        if refused {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(refused, "a wrong one is refused");
    passwords.to("first-token");
    let store = open().await.unwrap();
    store.put(RecordKind::Settings, "key", b"kept", start() + SignedDuration::from_hours(1)).await.unwrap();

    run(&mut administrator, format!("ALTER ROLE {user} PASSWORD 'second-token'")).await;
    assert!(store.get(RecordKind::Settings, "key").await.is_ok(), "connections that there are go on");
    // Half a minute, in milliseconds, for each to be gone.
    let hang_up =
        format!("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename = '{user}'");
    run(&mut administrator, hang_up.clone()).await;
    assert!(store.get(RecordKind::Settings, "key").await.is_err(), "new ones need the new password");

    passwords.to("second-token");
    store.renew_password().await;
    let record = store.get(RecordKind::Settings, "key").await.unwrap().expect("it is still there");
    assert_eq!(record.content, b"kept");

    // While nothing new can be had, the last one is kept.
    passwords.to("");
    store.renew_password().await;
    run(&mut administrator, hang_up).await;
    assert!(store.get(RecordKind::Settings, "key").await.is_ok());
    store.close().await;
}
