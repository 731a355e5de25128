//! The stores in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use pim::ids::{BatchId, PrincipalId, TenantId};
use pim::journal::{Journal, Operation, OperationState};
use pim::records::{Record, RecordKind, Records, StoreError};

#[derive(Default)]
pub(crate) struct MemoryRecords(Mutex<HashMap<(RecordKind, String), Record>>);

#[async_trait]
impl Records for MemoryRecords {
    async fn get(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.0.lock().unwrap().get(&(kind, key.to_owned())).cloned())
    }

    async fn put(
        &self,
        kind: RecordKind,
        key: &str,
        bytes: &[u8],
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let version = self.get(kind, key).await?.map_or(0, |record| record.version);
        self.replace(kind, key, version, bytes, until).await.map(|_| ())
    }

    async fn replace(
        &self,
        kind: RecordKind,
        key: &str,
        version: i64,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut records = self.0.lock().unwrap();
        let key = (kind, key.to_owned());
        let is_same = records.get(&key).map_or(0, |record| record.version) == version;
        if is_same {
            records.insert(key, Record { content: content.to_vec(), version: version + 1, expires });
        }
        Ok(is_same)
    }

    async fn take(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.0.lock().unwrap().remove(&(kind, key.to_owned())))
    }

    async fn delete(&self, kind: RecordKind, key: &str) -> Result<(), StoreError> {
        self.take(kind, key).await.map(|_| ())
    }

    async fn purge(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// A journal that can be told to fail.
#[derive(Default)]
pub(crate) struct MemoryJournal {
    operations: Mutex<Vec<Operation>>,
    pub(crate) fails_to_append: Mutex<bool>,
    /// States that it fails to leave.
    pub(crate) fails_to_leave: Mutex<HashSet<OperationState>>,
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, operations: &[Operation]) -> Result<(), StoreError> {
        if *self.fails_to_append.lock().unwrap() {
            return Err(StoreError);
        }
        self.operations.lock().unwrap().extend_from_slice(operations);
        Ok(())
    }

    async fn advance(&self, operation: &Operation, from: OperationState) -> Result<bool, StoreError> {
        if self.fails_to_leave.lock().unwrap().contains(&from) || !from.may_become(operation.state) {
            return Err(StoreError);
        }
        let mut operations = self.operations.lock().unwrap();
        let stored = operations.iter_mut().find(|stored| stored.id == operation.id && stored.state == from);
        Ok(stored.map(|stored| stored.clone_from(operation)).is_some())
    }

    async fn batch(&self, t: TenantId, p: PrincipalId, batch: BatchId) -> Result<Vec<Operation>, StoreError> {
        let operations = self.operations.lock().unwrap();
        let own = operations.iter().filter(|row| (row.tenant, row.principal, row.batch) == (t, p, batch));
        Ok(own.cloned().collect())
    }

    async fn recent(
        &self,
        t: TenantId,
        p: PrincipalId,
        since: Timestamp,
    ) -> Result<Vec<Operation>, StoreError> {
        let operations = self.operations.lock().unwrap();
        let own = operations.iter().rev().filter(|row| (row.tenant, row.principal) == (t, p));
        Ok(own.filter(|row| row.updated > since).cloned().collect())
    }
}
