//! Keeps what was read for a short while: read once by however many ask at the same time, served stale for a little longer
//! while it is read again in the background. Failures are never kept.

use std::collections::HashSet;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use pim::clock::Clock;
use pim::error::{ErrorKind, PlaneError};
use tracing::Instrument as _;

/// How old a value may be before it is read again in the background.
const FRESH: SignedDuration = SignedDuration::from_secs(20);
/// How old a value may be before it is not served at all.
const STALE: Duration = Duration::from_mins(2);
/// How many values are kept at most, over all people.
const CAPACITY: u64 = 20_000;

struct Timed<V> {
    value: V,
    read: Timestamp,
}

/// Values of one sort, by key.
pub(crate) struct Kept<K, V> {
    /// By key and generation: what a read brings that began before its key was forgotten lands in a generation nobody asks for.
    values: Cache<(K, u64), Arc<Timed<V>>>,
    generations: Cache<K, u64>,
    refreshing: Arc<Mutex<HashSet<(K, u64)>>>,
    clock: Arc<dyn Clock>,
    fresh: SignedDuration,
}

impl<K, V> Kept<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// For what changes while people look at it.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self::keeping(clock, FRESH, STALE)
    }

    /// For what hardly ever changes: fresh for all of `life`.
    pub(crate) fn lasting(clock: Arc<dyn Clock>, life: Duration) -> Self {
        Self::keeping(clock, SignedDuration::MAX, life)
    }

    fn keeping(clock: Arc<dyn Clock>, fresh: SignedDuration, stale: Duration) -> Self {
        let values = Cache::builder().max_capacity(CAPACITY).time_to_live(stale).build();
        // Outlives every value, so that a generation does not come back while one of its values is still there.
        let generations = Cache::builder().max_capacity(CAPACITY).time_to_live(stale * 2).build();
        Self { values, generations, refreshing: Arc::default(), clock, fresh }
    }

    /// The value of `key`, from memory or from `read`.
    ///
    /// The read runs in a task of its own: a caller that stops waiting does not stop it, and finds its result the next time.
    pub(crate) async fn get<F>(&self, key: K, read: F) -> Result<V, PlaneError>
    where
        F: Future<Output = Result<V, PlaneError>> + Send + 'static,
    {
        let generation = self.generations.get(&key).await.unwrap_or_default();
        let key = (key, generation);
        if let Some(kept) = self.values.get(&key).await {
            if self.clock.now().duration_since(kept.read) > self.fresh {
                self.refresh(key, read);
            }
            return Ok(kept.value.clone());
        }
        let (values, clock) = (self.values.clone(), self.clock.clone());
        let reading = async move {
            let timed = async move { Ok(Arc::new(Timed { value: read.await?, read: clock.now() })) };
            values.try_get_with(key, timed).await
        };
        match tokio::spawn(reading.in_current_span()).await {
            Ok(Ok(kept)) => Ok(kept.value.clone()),
            Ok(Err(error)) => Err(PlaneError::clone(&error)),
            Err(_panicked) => Err(ErrorKind::Protocol.into()),
        }
    }

    /// The value of `key` that is in memory, if there is one.
    pub(crate) async fn peek(&self, key: &K) -> Option<V> {
        let generation = self.generations.get(key).await.unwrap_or_default();
        self.values.get(&(key.clone(), generation)).await.map(|kept| kept.value.clone())
    }

    fn refresh<F>(&self, key: (K, u64), read: F)
    where
        F: Future<Output = Result<V, PlaneError>> + Send + 'static,
    {
        if !locked(&self.refreshing).insert(key.clone()) {
            return;
        }
        let (values, refreshing, clock) = (self.values.clone(), self.refreshing.clone(), self.clock.clone());
        let reading = async move {
            if let Ok(value) = read.await {
                values.insert(key.clone(), Arc::new(Timed { value, read: clock.now() })).await;
            }
            locked(&refreshing).remove(&key);
        };
        tokio::spawn(reading.in_current_span());
    }

    /// Forgets the value of `key`, and what reads under way will bring.
    pub(crate) async fn forget(&self, key: &K) {
        let generation = self.generations.get(key).await.unwrap_or_default();
        self.generations.insert(key.clone(), generation + 1).await;
        self.values.invalidate(&(key.clone(), generation)).await;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
