//! Whether the portal is on its way down. Whoever answers for long or is asked whether it is ready looks here.

use std::sync::Arc;

use tokio::sync::watch;

/// Cheap to clone; clones share the one state.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    stopping: Arc<watch::Sender<bool>>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self { stopping: Arc::new(watch::Sender::new(false)) }
    }
}

impl Lifecycle {
    /// From now on the portal is on its way down. There is no way back.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether it is.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Returns once it is.
    pub async fn stopped(&self) {
        // The sender lives as long as `self`, so this ends by the state alone.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}
