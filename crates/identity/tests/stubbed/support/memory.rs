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
    after_reads: Arc<Mutex<VecDeque<(RecordKind, Interference)>>>,
}

impl Memory {
    pub(crate) fn new(clock: ManualClock) -> Self {
        Self { clock, rows: Arc::default(), interferences: Arc::default(), after_reads: Arc::default() }
    }

    /// Lets another writer in just before the next replacement.
    pub(crate) fn interfere(&self, change: impl FnOnce(&mut Record) + Send + 'static) {
        self.interferences.lock().unwrap().push_back(Box::new(change));
    }

    /// Lets another writer in just after the next read of a row of this kind.
    pub(crate) fn interfere_after_read(
        &self,
        kind: RecordKind,
        change: impl FnOnce(&mut Record) + Send + 'static,
    ) {
        self.after_reads.lock().unwrap().push_back((kind, Box::new(change)));
    }

    /// The rows of a kind.
    pub(crate) fn all(&self, kind: RecordKind) -> Vec<Record> {
        let rows = self.rows.lock().unwrap();
        rows.iter().filter(|((name, _), _)| *name == kind.name()).map(|(_, record)| record.clone()).collect()
    }

    /// Changes the only row of a kind, as another writer would.
    pub(crate) fn change(&self, kind: RecordKind, change: impl FnOnce(&mut Record)) {
        let mut rows = self.rows.lock().unwrap();
        let mut rows = rows.iter_mut().filter(|((name, _), _)| *name == kind.name());
        let (Some((_, record)), None) = (rows.next(), rows.next()) else { panic!("one row of {kind:?}") };
        change(record);
        record.version += 1;
    }

    /// Overwrites the content of the only row of a kind.
    pub(crate) fn spoil(&self, kind: RecordKind) {
        self.change(kind, |record| record.content = b"{\"unknown\":1}".to_vec());
    }

    fn alive(&self, record: &Record) -> bool {
        record.expires > self.clock.now()
    }
}

#[async_trait]
impl Records for Memory {
    async fn get(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let mut rows = self.rows.lock().unwrap();
        let Some(record) = rows.get_mut(&(kind.name(), key.to_owned())) else { return Ok(None) };
        let read = record.clone();
        if let Some((_, change)) = self.after_reads.lock().unwrap().pop_front_if(|(of, _)| *of == kind) {
            change(record);
            record.version += 1;
        }
        Ok(self.alive(&read).then_some(read))
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
        let place = (kind.name(), key.to_owned());
        if version == 0 {
            let free = rows.get(&place).is_none_or(|record| !self.alive(record));
            if free {
                rows.insert(place, Record { content: content.to_vec(), version: 1, expires });
            }
            return Ok(free);
        }
        let Some(record) = rows.get_mut(&place) else { return Ok(false) };
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
