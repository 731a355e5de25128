//! Advances of the journal that arrive side by side are stored in one transaction.
//!
//! A commit waits for the disk. Forty roles that are activated at once change some hundred times within a second; one by one, they
//! would wait for the disk rather than for Microsoft. Nobody waits to be joined by others: whoever comes while a transaction is
//! under way goes into the next one.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use pim::journal::{Operation, OperationState};
use pim::records::StoreError;
use tokio::sync::oneshot;

use crate::Store;

/// A change to one operation, as [`pim::journal::Journal::advance`] is given it.
pub(crate) struct Advance {
    pub(crate) operation: Operation,
    pub(crate) from: OperationState,
    pub(crate) since: Timestamp,
    pub(crate) due: Option<Timestamp>,
}

/// Those who wait to be stored, each with the way to tell them.
#[derive(Clone, Default)]
pub(crate) struct Together {
    waiting: Arc<Mutex<Vec<(Advance, Told)>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

type Told = oneshot::Sender<Result<bool, StoreError>>;

impl Together {
    fn take(&self) -> (Vec<Advance>, Vec<Told>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting).into_iter().unzip()
    }
}

impl Store {
    /// Stores the change, with those that wait as well. It is stored even where the caller goes away meanwhile.
    pub(crate) async fn advance_together(&self, advance: Advance) -> Result<bool, StoreError> {
        let (told, stored) = oneshot::channel();
        self.together.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((advance, told));
        let store = self.clone();
        // A task of its own: whoever stores for others as well must not be dropped half-way with their own request.
        tokio::spawn(async move {
            let _turn = store.together.turn.lock().await;
            let (advances, told) = store.together.take();
            if advances.is_empty() {
                return;
            }
            let stored = match store.advance_all(&advances).await {
                Ok(stored) => stored.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error); advances.len()],
            };
            for (told, stored) in told.into_iter().zip(stored) {
                // Nobody is there any more to be told: it is stored all the same.
                let _ = told.send(stored);
            }
        });
        stored.await.unwrap_or(Err(StoreError))
    }
}
