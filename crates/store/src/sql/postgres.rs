//! PostgreSQL (14 and later): one database, for any number of replicas.

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::{Database, Pool};
use crate::OpenError;

/// Forward-only; a database from a newer version is refused. While they run the database holds a lock: replicas that start at once
/// take turns.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Connections of one replica.
const CONNECTIONS: u32 = 10;
/// How long a statement waits for a connection.
const WAIT: Duration = Duration::from_secs(5);

pub(super) async fn open(address: &str, password: Option<&SecretString>) -> Result<Database, OpenError> {
    let mut options =
        PgConnectOptions::from_str(address).map_err(OpenError::Address)?.application_name("pim-portal");
    if let Some(password) = password {
        options = options.password(password.expose_secret());
    }
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(WAIT);
    let pool = pool.connect_with(options).await.map_err(OpenError::Connect)?;
    MIGRATIONS.run(&pool).await.map_err(OpenError::Migrate)?;
    Ok(Database { readers: Pool::Postgres(pool.clone()), writer: Pool::Postgres(pool) })
}
