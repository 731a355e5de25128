//! How much there is, for metrics: counts, of nobody in particular.

use pim::journal::OperationState;
use pim::records::{RecordKind, StoreError};

use crate::journal::name;
use crate::measured::Measured;
use crate::{Store, failed};

/// How much there is in the database, for all replicas together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// Sessions that have not ended.
    pub sessions: u64,
    /// Operations that are not at their end, by state. Every state is there.
    pub open: Vec<(OperationState, u64)>,
}

impl Store {
    /// Counts. Operations at their end are left out: there are ever more of them, and no index counts them.
    pub async fn census(&self) -> Result<Census, StoreError> {
        let _measured = Measured::of("census");
        let failed = |error| failed("census", &error);
        let now = self.clock.now().as_microsecond();
        let sessions = self.database.count_records(RecordKind::Session.name(), now).await.map_err(failed)?;
        let counted = self.database.count_open().await.map_err(failed)?;
        let count =
            |state| counted.iter().find(|(its, _)| *its == name(state)).map_or(0, |(_, count)| *count);
        let open = OperationState::ALL.into_iter().map(|state| (state, count(state).unsigned_abs()));
        Ok(Census { sessions: sessions.unsigned_abs(), open: open.collect() })
    }
}
