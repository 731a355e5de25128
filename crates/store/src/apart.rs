//! Every call to the database runs in a task of its own, to its end, whatever becomes of the caller.
//!
//! A caller may stop asking how far its call is, and still be there: a page is drawn while it is sent, and is not asked for more while its
//! reader is slow, or while something else has to happen first. Where it has a connection in hand, or is the next to get one, everybody else
//! waits with it; on SQLite there is one to write with. And a write that was begun is made, though nobody waits for it any more.

use std::future::Future;

use pim::records::StoreError;
use tracing::Instrument as _;

use crate::failed;
use crate::measured::Measured;

/// Runs `call`, which takes several statements, apart from its caller, and measures it as `operation`.
pub(crate) async fn apart<T: Send + 'static>(
    operation: &'static str,
    call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let measured = Measured::of(operation);
    let call = async move {
        let _measured = measured;
        call.await
    };
    tokio::spawn(call.in_current_span()).await.unwrap_or(Err(StoreError))
}

/// The same for one statement; its failure is logged as that of `operation`.
pub(crate) async fn query<T: Send + 'static>(
    operation: &'static str,
    call: impl Future<Output = sqlx::Result<T>> + Send + 'static,
) -> Result<T, StoreError> {
    apart(operation, async move { call.await.map_err(|error| failed(operation, &error)) }).await
}
