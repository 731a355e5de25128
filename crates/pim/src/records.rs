//! The port for records: small, encrypted, expiring. Sessions, sign-in flows, tokens, selections and profiles are kept in it.

use async_trait::async_trait;
use jiff::Timestamp;

/// What a record is. The kind is part of the encryption's associated data: a record cannot pose as another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// A browser session: who is signed in. Key: the session id.
    Session,
    /// A sign-in on its way. Key: the flow's `state`.
    SignInFlow,
    /// The consent for a whole directory on its way. Key: the flow's `state`.
    Consent,
    /// The tokens of one sign-in. Key: the vault id.
    Tokens,
    /// A refresh under way on one of the replicas. Key: the vault id and the resource.
    Turn,
    /// Roles selected for activation, with what was typed. Key: the selection id.
    Selection,
    /// What could be activated before a batch was sent that activates groups. Key: the batch id.
    Before,
    /// All profiles of one person. Key: tenant and person.
    Profiles,
    /// How one person wants the portal. Key: tenant and person.
    Settings,
    /// How one person looks at the overview by default. Key: tenant and person.
    View,
    /// What was typed into a form that was refused. Key: tenant, person and form.
    Typed,
    /// What one person wrote as reasons. Key: tenant and person.
    Reasons,
    /// The roles that one person marked. Key: tenant and person.
    Favourites,
    /// The roles that one person has seen. Key: tenant and person.
    Seen,
    /// What was consented to in the directories that may be signed in to. Key: `consent`.
    Directories,
}

impl RecordKind {
    /// The kinds that are kept for a person until they delete them. Key: tenant and person.
    pub const PERSONAL: [Self; 6] =
        [Self::Profiles, Self::Settings, Self::View, Self::Reasons, Self::Favourites, Self::Seen];

    /// The name it is stored under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::SignInFlow => "sign-in-flow",
            Self::Consent => "consent",
            Self::Tokens => "tokens",
            Self::Turn => "turn",
            Self::Selection => "selection",
            Self::Before => "before",
            Self::Profiles => "profiles",
            Self::Settings => "settings",
            Self::View => "view",
            Self::Typed => "typed",
            Self::Reasons => "reasons",
            Self::Favourites => "favourites",
            Self::Seen => "seen",
            Self::Directories => "directories",
        }
    }
}

/// A record as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The content, decrypted.
    pub content: Vec<u8>,
    /// Counts writes, from 1; see [`Records::replace`].
    pub version: i64,
    /// When it stops to exist.
    pub expires: Timestamp,
}

/// The store failed; the cause is in its log, without content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store failed")]
pub struct StoreError;

/// Encrypted, expiring records. Keys are secrets too: only a hash of them is stored.
#[async_trait]
pub trait Records: Send + Sync {
    /// Reads a record that has not expired.
    async fn get(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError>;

    /// Writes a record, whatever was there.
    async fn put(
        &self,
        kind: RecordKind,
        key: &str,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<(), StoreError>;

    /// Writes a record only if it still has `version`; 0 means that there must be none. Returns whether it was written.
    async fn replace(
        &self,
        kind: RecordKind,
        key: &str,
        version: i64,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Reads a record and deletes it in one step: of several callers only one gets it.
    async fn take(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError>;

    /// Deletes a record, if there is one.
    async fn delete(&self, kind: RecordKind, key: &str) -> Result<(), StoreError>;

    /// Deletes what has expired; returns how many.
    async fn purge(&self) -> Result<u64, StoreError>;
}
