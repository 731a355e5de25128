//! Every SQL statement, and the connections to the engine. Nothing else in this crate knows SQL. The statements of each table are
//! in a module of their own.
//!
//! Statements keep to what SQLite (3.35 and later) and PostgreSQL share: `$n` placeholders, `ON CONFLICT`, `RETURNING`. So each is
//! written once, and [`on!`] has it run by the engine that is there. Content comes in sealed and leaves sealed.
//!
//! To add an engine, give [`Pool`] and [`journal::Writing`] a variant, [`on!`] an arm, and the engine a module and a folder of
//! migrations of its own.

mod journal;
mod postgres;
mod records;
mod reseal;
mod sqlite;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgConnectOptions;
use sqlx::{PgPool, SqlitePool};

use crate::OpenError;

pub(crate) use journal::{JournalRow, Writing};
pub(crate) use records::RecordRow;
pub(crate) use reseal::AnyRow;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Connections to one of the engines.
#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// `on!(Pool, &self.readers, |to| query.fetch_one(to))`: the same statement for whichever engine it is. The value's variants are
/// named as those of [`Pool`].
macro_rules! on {
    ($engines:ident, $value:expr, |$to:ident| $run:expr) => {
        match $value {
            $engines::Sqlite($to) => $run.await,
            $engines::Postgres($to) => $run.await,
        }
    };
}
use on;

/// As [`on!`], for a query that is executed: how many rows it changed.
macro_rules! changed {
    ($engines:ident, $value:expr, |$to:ident| $run:expr) => {
        match $value {
            $engines::Sqlite($to) => $run.await.map(|done| done.rows_affected()),
            $engines::Postgres($to) => $run.await.map(|done| done.rows_affected()),
        }
    };
}
use changed;

/// The connections to the database.
#[derive(Clone)]
pub(crate) struct Database {
    readers: Pool,
    writer: Pool,
}

impl Database {
    pub(crate) async fn open(
        address: &str,
        password: Option<&SecretString>,
    ) -> std::result::Result<Self, OpenError> {
        match address.split_once(':') {
            Some(("sqlite", _)) => sqlite::open(address).await,
            Some(("postgres" | "postgresql", _)) => postgres::open(address, password).await,
            // Only the scheme is repeated: an address may hold a password.
            other => {
                let scheme = other.map_or("an address without a scheme", |(scheme, _)| scheme);
                Err(OpenError::Unsupported { scheme: scheme.chars().take(30).collect() })
            }
        }
    }

    /// Signs in with this from the next connection on.
    pub(crate) fn set_password(&self, password: &SecretString) {
        for pool in [&self.readers, &self.writer] {
            if let Pool::Postgres(pool) = pool {
                let options = PgConnectOptions::clone(&pool.connect_options());
                pool.set_connect_options(options.password(password.expose_secret()));
            }
        }
    }

    pub(crate) async fn close(&self) {
        on!(Pool, &self.readers, |pool| pool.close());
        on!(Pool, &self.writer, |pool| pool.close());
    }

    pub(crate) async fn ping(&self) -> Result<()> {
        changed!(Pool, &self.readers, |pool| sqlx::query("SELECT 1").execute(pool)).map(drop)
    }
}
