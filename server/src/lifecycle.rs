//! Whether the portal is on its way down. Whoever answers for long or is asked whether it is ready looks here.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

/// Cheap to clone; clones share the one state.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    /// Since when it is on its way down.
    stopping: Arc<watch::Sender<Option<Instant>>>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self { stopping: Arc::new(watch::Sender::new(None)) }
    }
}

impl Lifecycle {
    /// From now on the portal is on its way down. There is no way back.
    pub fn stop(&self) {
        self.stopping.send_modify(|since| *since = since.or_else(|| Some(Instant::now())));
    }

    /// Whether it is.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.borrow().is_some()
    }

    /// Returns once it is: since when.
    pub async fn stopped(&self) -> Instant {
        let mut stopping = self.stopping.subscribe();
        match stopping.wait_for(Option::is_some).await {
            Ok(since) => since.unwrap_or_else(Instant::now),
            // The sender lives as long as `self`, so this does not happen.
            Err(_) => Instant::now(),
        }
    }
}
