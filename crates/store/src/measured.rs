//! How long the store takes, as the metric `pim_portal_store_duration_seconds`: one series for each kind of call. What fails is counted
//! besides, in `pim_portal_store_errors_total`.

use std::time::Instant;

use metrics::histogram;

/// Measures from its making to its end.
pub(crate) struct Measured {
    operation: &'static str,
    began: Instant,
}

impl Measured {
    /// `operation` is what a failure of it is called, too.
    pub(crate) fn of(operation: &'static str) -> Self {
        Self { operation, began: Instant::now() }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        histogram!("pim_portal_store_duration_seconds", "operation" => self.operation)
            .record(self.began.elapsed());
    }
}
