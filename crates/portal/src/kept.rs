//! Keeps what was read for a short while: read once by however many ask at the same time, served stale for a little longer
//! while it is read again in the background. Failures are never kept.

use std::collections::HashSet;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use pim::clock::Clock;
use pim::error::{ErrorKind, PlaneError};

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
    values: Cache<K, Arc<Timed<V>>>,
    refreshing: Arc<Mutex<HashSet<K>>>,
    clock: Arc<dyn Clock>,
}

impl<K, V> Kept<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let values = Cache::builder().max_capacity(CAPACITY).time_to_live(STALE).build();
        Self { values, refreshing: Arc::default(), clock }
    }

    /// The value of `key`, from memory or from `read`.
    ///
    /// The read runs in a task of its own: a caller that stops waiting does not stop it, and finds its result the next time.
    pub(crate) async fn get<F>(&self, key: K, read: F) -> Result<V, PlaneError>
    where
        F: Future<Output = Result<V, PlaneError>> + Send + 'static,
    {
        if let Some(kept) = self.values.get(&key).await {
            if self.clock.now().duration_since(kept.read) > FRESH {
                self.refresh(key, read);
            }
            return Ok(kept.value.clone());
        }
        let (values, clock) = (self.values.clone(), self.clock.clone());
        let reading = tokio::spawn(async move {
            let timed = async move { Ok(Arc::new(Timed { value: read.await?, read: clock.now() })) };
            values.try_get_with(key, timed).await
        });
        match reading.await {
            Ok(Ok(kept)) => Ok(kept.value.clone()),
            Ok(Err(error)) => Err(PlaneError::clone(&error)),
            Err(_panicked) => Err(ErrorKind::Protocol.into()),
        }
    }

    fn refresh<F>(&self, key: K, read: F)
    where
        F: Future<Output = Result<V, PlaneError>> + Send + 'static,
    {
        let lock = |set: &Mutex<HashSet<K>>, act: &dyn Fn(&mut HashSet<K>) -> bool| {
            act(&mut set.lock().unwrap_or_else(PoisonError::into_inner))
        };
        if !lock(&self.refreshing, &|set| set.insert(key.clone())) {
            return;
        }
        let (values, refreshing, clock) = (self.values.clone(), self.refreshing.clone(), self.clock.clone());
        tokio::spawn(async move {
            if let Ok(value) = read.await {
                values.insert(key.clone(), Arc::new(Timed { value, read: clock.now() })).await;
            }
            lock(&refreshing, &|set| set.remove(&key));
        });
    }

    /// Forgets the value of `key`.
    pub(crate) async fn forget(&self, key: &K) {
        self.values.invalidate(key).await;
    }
}
