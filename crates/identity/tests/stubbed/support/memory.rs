//! Records in memory, with a way to write in between somebody's read and write.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use pim::clock::{Clock, ManualClock};
use pim::records::{Record, RecordKind, Records, StoreError};

type Rows = HashMap<(&'static str, String), Record>;
type Interference = Box<dyn FnOnce(&mut Record) + Send>;

#[derive(Clone)]
pub(crate) struct Memory {
    clock: ManualClock,
    rows: Arc<Mutex<Rows>>,
    interferences: Arc<Mutex<VecDeque<Interference>>>,
}

impl Memory {
    pub(crate) fn new(clock: ManualClock) -> Self {
        Self { clock, rows: Arc::default(), interferences: Arc::default() }
    }

    /// Lets another writer in just before the next replacement.
    pub(crate) fn interfere(&self, change: impl FnOnce(&mut Record) + Send + 'static) {
        self.interferences.lock().unwrap().push_back(Box::new(change));
    }

    /// The rows of a kind.
    pub(crate) fn all(&self, kind: RecordKind) -> Vec<Record> {
        let rows = self.rows.lock().unwrap();
        rows.iter().filter(|((name, _), _)| *name == kind.name()).map(|(_, record)| record.clone()).collect()
    }

    /// Overwrites the content of every row of a kind.
    pub(crate) fn spoil(&self, kind: RecordKind) {
        let mut rows = self.rows.lock().unwrap();
        rows.iter_mut().filter(|((name, _), _)| *name == kind.name()).for_each(|(_, record)| {
            record.content = b"{\"unknown\":1}".to_vec();
        });
    }

    fn alive(&self, record: &Record) -> bool {
        record.expires > self.clock.now()
    }
}

#[async_trait]
impl Records for Memory {
    async fn get(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let rows = self.rows.lock().unwrap();
        Ok(rows.get(&(kind.name(), key.to_owned())).filter(|record| self.alive(record)).cloned())
    }

    async fn put(
        &self,
        kind: RecordKind,
        key: &str,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let record = Record { content: content.to_vec(), version: 1, expires };
        self.rows.lock().unwrap().insert((kind.name(), key.to_owned()), record);
        Ok(())
    }

    async fn replace(
        &self,
        kind: RecordKind,
        key: &str,
        version: i64,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut rows = self.rows.lock().unwrap();
        let Some(record) = rows.get_mut(&(kind.name(), key.to_owned())) else { return Ok(false) };
        if let Some(change) = self.interferences.lock().unwrap().pop_front() {
            change(record);
            record.version += 1;
        }
        if record.version != version || !self.alive(record) {
            return Ok(false);
        }
        *record = Record { content: content.to_vec(), version: version + 1, expires };
        Ok(true)
    }

    async fn take(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let taken = self.rows.lock().unwrap().remove(&(kind.name(), key.to_owned()));
        Ok(taken.filter(|record| self.alive(record)))
    }

    async fn delete(&self, kind: RecordKind, key: &str) -> Result<(), StoreError> {
        self.rows.lock().unwrap().remove(&(kind.name(), key.to_owned()));
        Ok(())
    }

    async fn purge(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}
