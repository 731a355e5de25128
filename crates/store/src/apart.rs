//! Every call to the database runs in a task of its own, to its end, whatever becomes of the caller.
//!
//! A caller may stop asking how far its call is, and still be there: a page is drawn while it is sent, and is not asked for more while its
//! reader is slow, or while something else has to happen first. Where it has a connection in hand, or is the next to get one, everybody else
//! waits with it; on SQLite there is one to write with. And a write that was begun is made, though nobody waits for it any more.

use std::future::Future;

use async_trait::async_trait;
use jiff::Timestamp;
use pim::ids::{BatchId, PrincipalId, TenantId};
use pim::journal::{Journal, Operation, OperationState, Sequence};
use pim::records::{Record, RecordKind, Records, StoreError};
use secrecy::zeroize::Zeroizing;
use tracing::Instrument as _;

use crate::Store;

async fn apart<T: Send + 'static>(
    call: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(call.in_current_span()).await.unwrap_or(Err(StoreError))
}

#[async_trait]
impl Records for Store {
    async fn get(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let (store, key) = (self.clone(), key.to_owned());
        apart(async move { store.get_record(kind, &key).await }).await
    }

    async fn put(
        &self,
        kind: RecordKind,
        key: &str,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let (store, key, content) = (self.clone(), key.to_owned(), Zeroizing::new(content.to_vec()));
        apart(async move { store.put_record(kind, &key, &content, expires).await }).await
    }

    async fn replace(
        &self,
        kind: RecordKind,
        key: &str,
        version: i64,
        content: &[u8],
        expires: Timestamp,
    ) -> Result<bool, StoreError> {
        let (store, key, content) = (self.clone(), key.to_owned(), Zeroizing::new(content.to_vec()));
        apart(async move { store.replace_record(kind, &key, version, &content, expires).await }).await
    }

    async fn take(&self, kind: RecordKind, key: &str) -> Result<Option<Record>, StoreError> {
        let (store, key) = (self.clone(), key.to_owned());
        apart(async move { store.take_record(kind, &key).await }).await
    }

    async fn delete(&self, kind: RecordKind, key: &str) -> Result<(), StoreError> {
        let (store, key) = (self.clone(), key.to_owned());
        apart(async move { store.delete_record(kind, &key).await }).await
    }

    async fn purge(&self) -> Result<u64, StoreError> {
        let store = self.clone();
        apart(async move { store.purge_records().await }).await
    }
}

#[async_trait]
impl Journal for Store {
    async fn append(&self, operations: &[Operation], due: Timestamp) -> Result<bool, StoreError> {
        let (store, operations) = (self.clone(), operations.to_vec());
        apart(async move { store.append_operations(&operations, due).await }).await
    }

    /// In a task of its own in any case: [`crate::together`].
    async fn advance(
        &self,
        operation: &Operation,
        from: OperationState,
        due: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.advance_operation(operation, from, due).await
    }

    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<Operation>, StoreError> {
        let store = self.clone();
        apart(async move { store.claim_operations(now, until, most).await }).await
    }

    async fn batch(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        batch: BatchId,
    ) -> Result<Vec<Operation>, StoreError> {
        let store = self.clone();
        apart(async move { store.operations_of_batch(tenant, principal, batch).await }).await
    }

    async fn recent(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        since: Timestamp,
    ) -> Result<Vec<Operation>, StoreError> {
        let store = self.clone();
        apart(async move { store.recent_operations(tenant, principal, since).await }).await
    }

    async fn changes(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        after: Sequence,
        most: usize,
    ) -> Result<Vec<(Sequence, Operation)>, StoreError> {
        let store = self.clone();
        apart(async move { store.changed_operations(tenant, principal, after, most).await }).await
    }

    async fn forget(
        &self,
        whose: Option<(TenantId, PrincipalId)>,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let store = self.clone();
        apart(async move { store.forget_operations(whose, before).await }).await
    }

    async fn latest(&self, tenant: TenantId, principal: PrincipalId) -> Result<Sequence, StoreError> {
        let store = self.clone();
        apart(async move { store.latest_change(tenant, principal).await }).await
    }
}
