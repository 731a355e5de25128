//! PostgreSQL (14 and later): one database, for any number of replicas.

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{APPLIED, Database, Migrations, Pool};
use crate::OpenError;

/// Forward-only; a database from a newer version is refused. While they run the database holds a lock: replicas that start at once
/// take turns.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections of one replica.
const CONNECTIONS: u32 = 10;
/// How long a statement waits for a connection.
const WAIT: Duration = Duration::from_secs(5);

pub(super) async fn open(address: &str, password: Option<&SecretString>) -> Result<Database, OpenError> {
    let options = options(address, password)?.application_name("pim-portal");
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(WAIT);
    let pool = pool.connect_with(options).await.map_err(OpenError::Connect)?;
    MIGRATIONS.run(&pool).await.map_err(OpenError::Migrate)?;
    Ok(Database { readers: Pool::Postgres(pool.clone()), writer: Pool::Postgres(pool) })
}

/// Looks at the database, and leaves it as it is.
pub(super) async fn examine(address: &str, password: Option<&SecretString>) -> Result<Migrations, OpenError> {
    let options = options(address, password)?.application_name("pim-portal doctor");
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(WAIT);
    let pool = pool.connect_with(options).await.map_err(OpenError::Connect)?;
    let tables = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let has_tables: bool = sqlx::query_scalar(tables).fetch_one(&pool).await.map_err(OpenError::Connect)?;
    let applied: Vec<i64> = if has_tables {
        sqlx::query_scalar(APPLIED).fetch_all(&pool).await.map_err(OpenError::Connect)?
    } else {
        Vec::new()
    };
    pool.close().await;
    Ok(Migrations::standing(&MIGRATIONS, &applied))
}

fn options(address: &str, password: Option<&SecretString>) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(address).map_err(OpenError::Address)?;
    Ok(match password {
        Some(password) => options.password(password.expose_secret()),
        None => options,
    })
}
