//! One refresh at a time for each vault and resource, over all replicas: who comes second finds the token that the first has stored.
//!
//! It saves calls and nothing depends on it: a lost race is merged ([`crate::vault`]). So who waits too long, or meets a store that
//! fails, goes on without a turn.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pim::clock::Clock;
use pim::ids::VaultId;
use pim::records::{RecordKind, Records};
use pim::tokens::Audience;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

/// How long a turn lasts that nobody gives back, as when its replica was killed.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// How long one waits for another's turn to end.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often one looks.
const LOOK: Duration = Duration::from_millis(50);

/// Held while refreshing; dropped, it is given back.
pub(crate) struct Turn {
    records: Arc<dyn Records>,
    key: String,
}

impl Turn {
    /// Waits for the turn and takes it.
    pub(crate) async fn take(
        records: &Arc<dyn Records>,
        clock: &dyn Clock,
        vault: VaultId,
        audience: Audience,
    ) -> Option<Self> {
        let key = format!("{vault}/{audience:?}");
        let patience = Instant::now() + PATIENCE;
        loop {
            let ends = clock.now().saturating_add(LEASE).unwrap_or(Timestamp::MAX);
            if records.replace(RecordKind::Turn, &key, 0, b"", ends).await.ok()? {
                return Some(Self { records: records.clone(), key });
            }
            if Instant::now() > patience {
                return None;
            }
            sleep(LOOK).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (records, key) = (self.records.clone(), std::mem::take(&mut self.key));
        if let Ok(runtime) = Handle::try_current() {
            // What cannot be deleted ends by itself.
            runtime.spawn(async move { records.delete(RecordKind::Turn, &key).await });
        }
    }
}
