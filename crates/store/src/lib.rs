//! Persistence: encrypted records (sessions, sign-ins, tokens, selections) and the activation journal.
//!
//! [`Store`] implements the domain's ports [`pim::records::Records`] and [`pim::journal::Journal`]; [`sessions::Sessions`] puts
//! browser sessions on top of the records. Whatever is stored is sealed with a key of the [`KeyRing`] and bound to the row it
//! stands in, so that neither a copy of the database nor a row moved within it gives anything away.
//!
//! To add a kind of record, add it to [`pim::records::RecordKind`]; nothing here changes. To add a database engine, give it a
//! folder of migrations and a connection in `sql`; the statements there are the ones every engine runs.

mod apart;
mod census;
mod files;
mod journal;
pub mod keys;
mod measured;
mod records;
mod reseal;
mod seal;
pub mod sessions;
mod sql;
mod together;

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use pim::clock::Clock;

pub use census::Census;
pub use keys::{KeyError, KeyFacts, KeyRing};
use measured::Measured;
pub use reseal::KeyUse;
use secrecy::SecretString;
use sql::Database;
pub use sql::Migrations;
use together::Together;

/// Why the store could not be opened. Nothing in it names a key or a content.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address names no engine that is supported.
    #[error(
        "the database address must start with `sqlite:` (such as `sqlite:///var/lib/pim-portal/portal.db`, or \
         `sqlite::memory:` to keep nothing) or with `postgres:`; `{scheme}` is not supported"
    )]
    Unsupported {
        /// What it starts with.
        scheme: String,
    },
    /// The address names an engine, but not as it should.
    #[error("the database address cannot be read: {0}")]
    Address(#[source] sqlx::Error),
    /// There is nothing to sign in to the database with.
    #[error("there is no token to sign in to the database with: the managed identity gave none")]
    NoPassword,
    /// The database cannot be opened or written.
    #[error(
        "the database cannot be opened (is it where the address says, and may this process write to it?): {0}"
    )]
    Connect(#[source] sqlx::Error),
    /// The file is damaged.
    #[error(
        "the database is damaged ({found}): restore it from a backup, or move it away to begin with an empty one"
    )]
    Damaged {
        /// What SQLite says.
        found: String,
    },
    /// What is stored was sealed with keys that are not in the key file.
    #[error(
        "the key file does not belong to this database: what is stored was sealed with {}, which the file does not hold. Restore \
         the key file that belongs to it. If that is lost for good, `pim-portal key forget` deletes what cannot be read any more",
        .0.join(", ")
    )]
    LostKeys(Vec<String>),
    /// The database failed while it was looked at.
    #[error("the database failed")]
    Failed,
    /// The tables could not be brought to this version.
    #[error("the database cannot be brought up to date: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

/// Where the passwords of a database come from that has no fixed one, such as a PostgreSQL that takes tokens of Entra.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// The one to sign in with now. `None` while there is none; why is in the log.
    async fn password(&self) -> Option<SecretString>;
}

/// The one store. Cheap to clone; clones share connections and keys.
#[derive(Clone)]
pub struct Store {
    database: Database,
    passwords: Option<Arc<dyn Passwords>>,
    keys: Arc<RwLock<Arc<KeyRing>>>,
    clock: Arc<dyn Clock>,
    together: Together,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("keys", &self.keys()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at `database_url`, creates it where it is missing, and brings its tables up to date.
    ///
    /// `sqlite://path`, `sqlite::memory:` and `postgres://…` are supported. Everything is sealed with the current key of `keys` and opened
    /// with whichever of its keys a row names. Fails when the address is not supported, when the database cannot be written or is
    /// damaged, when it was written by a newer version, and when it holds what none of `keys` opens.
    pub async fn open(database_url: &str, keys: KeyRing, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_with(database_url, None, keys, clock).await
    }

    /// The same, for a PostgreSQL that is signed in to with a password that changes. Whoever opens it calls
    /// [`renew_password`](Self::renew_password) again and again.
    pub async fn open_with(
        database_url: &str,
        passwords: Option<Arc<dyn Passwords>>,
        keys: KeyRing,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let store = Self::open_in_part(database_url, passwords, keys, clock).await?;
        // What has expired is nobody's loss.
        store.database.purge_records(store.now()).await.map_err(OpenError::Connect)?;
        let lost = store.lost_keys().await.map_err(|_| OpenError::Failed)?;
        if lost.is_empty() { Ok(store) } else { Err(OpenError::LostKeys(lost)) }
    }

    /// As [`Store::open_with`], though some of what is stored cannot be read for want of its key.
    pub async fn open_in_part(
        database_url: &str,
        passwords: Option<Arc<dyn Passwords>>,
        keys: KeyRing,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let password = newest(passwords.as_ref()).await?;
        let database = Database::open(database_url, password.as_ref()).await?;
        let keys = Arc::new(RwLock::new(Arc::new(keys)));
        Ok(Self { database, passwords, keys, clock, together: Together::default() })
    }

    /// Uses these keys from now on: the key file was read again.
    pub fn use_keys(&self, keys: KeyRing) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn keys(&self) -> Arc<KeyRing> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Seals `content` with the key in use for the row that `identity` names.
    fn seal(&self, identity: &str, content: &[u8]) -> Result<seal::Sealed, pim::records::StoreError> {
        seal::seal(self.keys().current(self.clock.now()), identity, content)
    }

    /// Takes the newest password for the next connections; those that are there go on. Without one the last is kept. To be called well
    /// within the life of one, such as every minute.
    pub async fn renew_password(&self) {
        let Some(passwords) = &self.passwords else { return };
        // Whoever has none has said why.
        if let Some(password) = passwords.password().await {
            self.database.set_password(&password);
        }
    }

    /// How the tables of the database at `database_url` stand. Fails as [`open_with`](Self::open_with), and changes nothing.
    pub async fn examine(
        database_url: &str,
        passwords: Option<Arc<dyn Passwords>>,
    ) -> Result<Migrations, OpenError> {
        let password = newest(passwords.as_ref()).await?;
        Database::examine(database_url, password.as_ref()).await
    }

    /// Whether the database answers; for health checks.
    pub async fn ping(&self) -> Result<(), pim::records::StoreError> {
        let _measured = Measured::of("ping");
        self.database.ping().await.map_err(|error| failed("ping", &error))
    }

    /// Closes the connections, after the work in progress.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// Logs a database failure, without content, and hides it from the caller.
fn failed(operation: &'static str, error: &sqlx::Error) -> pim::records::StoreError {
    // Statements are constant and values are bound, so the database's message names tables and columns at most.
    tracing::error!(operation, %error, "the database failed");
    metrics::counter!("pim_portal_store_errors_total", "operation" => operation).increment(1);
    pim::records::StoreError
}

/// The newest password, where one is needed.
async fn newest(passwords: Option<&Arc<dyn Passwords>>) -> Result<Option<SecretString>, OpenError> {
    match passwords {
        Some(passwords) => passwords.password().await.ok_or(OpenError::NoPassword).map(Some),
        None => Ok(None),
    }
}
