//! The stores in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use pim::ids::{BatchId, PrincipalId, TenantId};
use pim::journal::{Journal, Operation, OperationState, Sequence};
use pim::records::{Record, RecordKind, Records, StoreError};

#[derive(Default)]
pub(crate) struct MemoryRecords {
    records: Mutex<HashMap<(RecordKind, String), Record>>,
    /// How many of the next replacements find that somebody else was quicker, who wrote what was there.
    pub(crate) overtaken: Mutex<usize>,
}

#[async_trait]
impl Records for MemoryRecords {
    async fn get(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.records.lock().unwrap().get(&(kind, key.to_owned())).cloned())
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
        let mut records = self.records.lock().unwrap();
        let key = (kind, key.to_owned());
        let mut overtaken = self.overtaken.lock().unwrap();
        if let Some(record) = records.get_mut(&key).filter(|_| *overtaken > 0) {
            *overtaken -= 1;
            record.version += 1;
        }
        let is_same = records.get(&key).map_or(0, |record| record.version) == version;
        if is_same {
            records.insert(key, Record { content: content.to_vec(), version: version + 1, expires });
        }
        Ok(is_same)
    }

    async fn take(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.records.lock().unwrap().remove(&(kind, key.to_owned())))
    }

    async fn delete(&self, kind: RecordKind, key: &str) -> Result<(), StoreError> {
        self.take(kind, key).await.map(|_| ())
    }

    async fn purge(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// An operation as a journal has it.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) operation: Operation,
    due: Option<Timestamp>,
    sequence: Sequence,
}

fn last(operations: &[Stored]) -> Sequence {
    operations.iter().map(|stored| stored.sequence).max().unwrap_or_default()
}

/// Whoever is in a store may be dropped there, before and after it did something.
async fn pause() {
    tokio::task::yield_now().await;
}

/// A journal that can be told to fail.
#[derive(Default)]
pub(crate) struct MemoryJournal {
    operations: Mutex<Vec<Stored>>,
    pub(crate) fails_to_append: Mutex<bool>,
    /// How many steps an append that begins now is held up.
    pub(crate) holds_up: Mutex<usize>,
    /// States that it fails to leave.
    pub(crate) fails_to_leave: Mutex<HashSet<OperationState>>,
    watcher: Mutex<Option<Watcher>>,
}

/// Is shown what a journal has before and after each write.
type Watcher = Box<dyn FnMut(&[Stored]) + Send>;

impl MemoryJournal {
    /// One that has what another had.
    pub(crate) fn of(stored: Vec<Stored>) -> Self {
        Self { operations: Mutex::new(stored), ..Self::default() }
    }

    /// Shows `watcher` what it has, before and after each write from now on.
    pub(crate) fn shows(&self, watcher: impl FnMut(&[Stored]) + Send + 'static) {
        *self.watcher.lock().unwrap() = Some(Box::new(watcher));
    }

    fn show(&self) {
        if let Some(watcher) = &mut *self.watcher.lock().unwrap() {
            watcher(&self.operations.lock().unwrap());
        }
    }

    fn changed(
        &self,
        t: TenantId,
        p: PrincipalId,
        after: Sequence,
        most: usize,
    ) -> Vec<(Sequence, Operation)> {
        let operations = self.operations.lock().unwrap();
        let own = |row: &&Stored| (row.operation.tenant, row.operation.principal) == (t, p);
        let later = operations.iter().filter(own).filter(|row| row.sequence > after);
        let mut changes: Vec<_> = later.map(|row| (row.sequence, row.operation.clone())).collect();
        changes.sort_by_key(|(sequence, _)| *sequence);
        changes.truncate(most);
        changes
    }

    fn store(&self, operations: &[Operation], due: Timestamp) -> Result<bool, StoreError> {
        if *self.fails_to_append.lock().unwrap() {
            return Err(StoreError);
        }
        let mut stored = self.operations.lock().unwrap();
        let is_there = |batch| stored.iter().any(|stored| stored.operation.batch == batch);
        if operations.first().is_some_and(|first| is_there(first.batch)) {
            return Ok(false);
        }
        for operation in operations {
            let sequence = last(&stored) + 1;
            stored.push(Stored { operation: operation.clone(), due: Some(due), sequence });
        }
        Ok(true)
    }

    fn replace(
        &self,
        operation: &Operation,
        from: OperationState,
        due: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let is_amendment = from == operation.state;
        if self.fails_to_leave.lock().unwrap().contains(&from)
            || !(is_amendment || from.may_become(operation.state))
        {
            return Err(StoreError);
        }
        let mut operations = self.operations.lock().unwrap();
        let next = last(&operations) + 1;
        let mut all = operations.iter_mut();
        let is_it = |stored: &&mut Stored| {
            let Operation { id, state, updated, .. } = &stored.operation;
            *id == operation.id && *state == from && Some(*updated) == operation.was_since(from)
        };
        let stored = all.find(is_it);
        let Some(stored) = stored else { return Ok(false) };
        stored.operation.clone_from(operation);
        stored.due = due;
        if !is_amendment {
            stored.sequence = next;
        }
        Ok(true)
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, operations: &[Operation], due: Timestamp) -> Result<bool, StoreError> {
        let steps = *self.holds_up.lock().unwrap();
        for _ in 0..=steps {
            pause().await;
        }
        self.show();
        let stored = self.store(operations, due);
        self.show();
        pause().await;
        stored
    }

    async fn advance(
        &self,
        operation: &Operation,
        from: OperationState,
        due: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        pause().await;
        self.show();
        let replaced = self.replace(operation, from, due);
        self.show();
        pause().await;
        replaced
    }

    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<Operation>, StoreError> {
        pause().await;
        let mut operations = self.operations.lock().unwrap();
        let due = operations.iter_mut().filter(|stored| stored.due.is_some_and(|due| due <= now));
        let taken = due.take(most).map(|stored| {
            stored.due = Some(until);
            stored.operation.clone()
        });
        Ok(taken.collect())
    }

    async fn batch(&self, t: TenantId, p: PrincipalId, batch: BatchId) -> Result<Vec<Operation>, StoreError> {
        pause().await;
        let operations = self.operations.lock().unwrap();
        let all = operations.iter().map(|stored| &stored.operation);
        let own = all.filter(|row| (row.tenant, row.principal, row.batch) == (t, p, batch));
        Ok(own.cloned().collect())
    }

    async fn changes(
        &self,
        t: TenantId,
        p: PrincipalId,
        after: Sequence,
        most: usize,
    ) -> Result<Vec<(Sequence, Operation)>, StoreError> {
        let changes = self.changed(t, p, after, most);
        // The answer is under way for longer than a write and its ring take: what was read may be old when it is heard.
        for _ in 0..3 {
            pause().await;
        }
        Ok(changes)
    }

    async fn latest(&self, t: TenantId, p: PrincipalId) -> Result<Sequence, StoreError> {
        Ok(self.changes(t, p, 0, usize::MAX).await?.last().map_or(0, |(sequence, _)| *sequence))
    }

    async fn forget(
        &self,
        whose: Option<(TenantId, PrincipalId)>,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        pause().await;
        let mut operations = self.operations.lock().unwrap();
        let count = operations.len();
        operations.retain(|stored| {
            let row = &stored.operation;
            stored.due.is_some()
                || row.updated >= before
                || whose.is_some_and(|whose| whose != (row.tenant, row.principal))
        });
        Ok((count - operations.len()) as u64)
    }

    async fn recent(
        &self,
        t: TenantId,
        p: PrincipalId,
        since: Timestamp,
    ) -> Result<Vec<Operation>, StoreError> {
        let operations = self.operations.lock().unwrap();
        let all = operations.iter().rev().map(|stored| &stored.operation);
        let own = all.filter(|row| (row.tenant, row.principal) == (t, p));
        Ok(own.filter(|row| row.updated >= since).cloned().collect())
    }
}
