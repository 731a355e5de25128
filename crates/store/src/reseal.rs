//! What is sealed with which key; sealing anew with the key in use, and forgetting what no key opens.
//!
//! All of it may run beside a portal at work: a row is written only where its payload is still the one that was read.

use pim::records::StoreError;

use crate::seal::open;
use crate::sql::AnyRow;
use crate::{Store, failed, journal, records};

/// Rows that are read at a time.
const AT_A_TIME: i64 = 200;

/// What a key sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The key's id.
    pub id: String,
    /// How many rows are sealed with it.
    pub rows: u64,
}

impl Store {
    /// Which keys anything is sealed with.
    pub async fn key_use(&self) -> Result<Vec<KeyUse>, StoreError> {
        let rows = self.database.key_use().await.map_err(|error| failed("count rows by key", &error))?;
        Ok(rows.into_iter().map(|(id, rows)| KeyUse { id, rows: rows.unsigned_abs() }).collect())
    }

    /// Keys that something is sealed with and that are not known.
    pub async fn lost_keys(&self) -> Result<Vec<String>, StoreError> {
        let keys = self.keys();
        let used = self.key_use().await?.into_iter().map(|used| used.id);
        Ok(used.filter(|id| keys.get(id).is_none()).collect())
    }

    /// Seals with the key in use what other known keys sealed. Returns how many rows were sealed anew, and how many could not be opened.
    pub async fn reseal(&self) -> Result<(u64, u64), StoreError> {
        let failed = |error| failed("seal anew", &error);
        let keys = self.keys();
        let current = keys.current(self.clock.now()).id().to_owned();
        let (mut done, mut unreadable) = (0, 0);
        for KeyUse { id, .. } in self.key_use().await? {
            if id == current || keys.get(&id).is_none() {
                continue;
            }
            let mut after = String::new();
            loop {
                let rows = self.database.sealed_with(&id, &after, AT_A_TIME).await.map_err(failed)?;
                let Some(last) = rows.last() else { break };
                after.clone_from(&last.place);
                for row in &rows {
                    let identity = row.identity();
                    let Ok(content) = open(&keys, &id, &identity, &row.payload) else {
                        unreadable += 1;
                        continue;
                    };
                    let sealed = self.seal(&identity, &content)?;
                    // Whoever wrote it meanwhile has sealed it anew.
                    done += self.database.reseal(row, &sealed).await.map_err(failed)?;
                }
            }
        }
        Ok((done, unreadable))
    }

    /// Deletes what is sealed with keys that are not known. Returns how many rows that were.
    pub async fn forget_lost(&self) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for id in self.lost_keys().await? {
            let rows = self.database.delete_sealed_with(&id).await;
            deleted += rows.map_err(|error| failed("delete what is lost", &error))?;
        }
        Ok(deleted)
    }
}

impl AnyRow {
    /// What the row's payload is bound to.
    fn identity(&self) -> String {
        if self.is_record {
            records::identity(&self.kind, &self.key, self.number)
        } else {
            journal::identity(&self.key, &self.tenant, &self.principal, self.number)
        }
    }
}
