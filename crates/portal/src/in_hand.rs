//! What this portal has in hand: operations that it is sending or looking at, under its lease. When it stops, what is not finished by
//! then is put down: whoever comes next goes on at once, rather than when the lease ends.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pim::ids::OperationId;
use pim::journal::{Operation, OperationState};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Portal;

/// How often what moves at the last moment is tried again, and after how long.
const ROUNDS: usize = 4;
const BREATH: Duration = Duration::from_millis(50);

/// The operations in hand. Clones share them.
#[derive(Clone)]
pub(crate) struct InHand {
    operations: Arc<Mutex<HashMap<OperationId, Held>>>,
    /// How many there are; and whether no more are to be taken from the journal.
    count: Arc<watch::Sender<usize>>,
    stopping: Arc<watch::Sender<bool>>,
    /// Whether they are being put down: nothing more is sent.
    closed: Arc<AtomicBool>,
}

/// An operation as it stands, and how many have it: a look may lead to a send.
struct Held {
    operation: Operation,
    times: usize,
}

impl InHand {
    pub(crate) fn new() -> Self {
        Self {
            operations: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
            stopping: Arc::new(watch::Sender::new(false)),
            closed: Arc::default(),
        }
    }

    /// Takes an operation in hand until what comes back is dropped.
    pub(crate) fn take(&self, operation: &Operation) -> Taken {
        let mut operations = self.locked();
        let held = operations.entry(operation.id);
        held.or_insert_with(|| Held { operation: operation.clone(), times: 0 }).times += 1;
        self.count.send_replace(operations.len());
        Taken { all: self.clone(), id: operation.id }
    }

    /// Notes how it stands now.
    pub(crate) fn note(&self, operation: &Operation) {
        if let Some(held) = self.locked().get_mut(&operation.id) {
            held.operation = operation.clone();
        }
    }

    /// Whether nothing more may be sent.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// All of them that are not at their end, as they stand.
    fn all(&self) -> impl Iterator<Item = Operation> + use<> {
        let all: Vec<Operation> = self.locked().values().map(|held| held.operation.clone()).collect();
        all.into_iter().filter(|operation| !operation.state.is_final())
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<OperationId, Held>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An operation in hand.
pub(crate) struct Taken {
    all: InHand,
    id: OperationId,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut operations = self.all.locked();
        let is_last = operations.get_mut(&self.id).is_some_and(|held| {
            held.times -= 1;
            held.times == 0
        });
        if is_last {
            operations.remove(&self.id);
        }
        self.all.count.send_replace(operations.len());
    }
}

impl Portal {
    /// Takes nothing more from the journal. What is in hand goes on.
    pub fn stop_watching(&self) {
        self.in_hand.stopping.send_replace(true);
    }

    /// Waits until nothing is in hand or `until`, and puts the rest down: another portal on the same journal goes on with it at once.
    /// Returns how many were put down.
    pub async fn wind_down(&self, until: Instant) -> usize {
        self.stop_watching();
        let mut count = self.in_hand.count.subscribe();
        let _ = tokio::time::timeout_at(until, count.wait_for(|count| *count == 0)).await;
        self.in_hand.closed.store(true, Ordering::SeqCst);
        // As it stood when it was put down. What moves on at the last moment is put down again as it stands then.
        let mut put_down = HashMap::new();
        for _ in 0..ROUNDS {
            let is_news = |one: &Operation| put_down.get(&one.id) != Some(&one.state);
            let left: Vec<Operation> = self.in_hand.all().filter(is_news).collect();
            if left.is_empty() {
                break;
            }
            for mut operation in left {
                operation.put_down =
                    matches!(operation.state, OperationState::Prepared | OperationState::Sending);
                match self.journal.advance(&operation, operation.state, Some(self.clock.now())).await {
                    Ok(true) => {
                        put_down.insert(operation.id, operation.state);
                    }
                    // It is being stored or moved on at this very moment.
                    Ok(false) => {}
                    Err(_) => {
                        tracing::warn!(operation = %operation.id, "an operation could not be put down; its lease ends by itself");
                    }
                }
            }
            tokio::time::sleep(BREATH).await;
        }
        put_down.len()
    }

    /// Returns once the portal is to take nothing more from the journal, or after `rest`.
    pub(crate) async fn rested(&self, rest: Duration) {
        let mut stopping = self.in_hand.stopping.subscribe();
        let _ = tokio::time::timeout(rest, stopping.wait_for(|stopping| *stopping)).await;
    }
}
