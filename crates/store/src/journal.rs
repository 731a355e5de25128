//! [`Journal`] on the table `journal`. Columns hold what is searched for; the operation itself is sealed.
//!
//! Unlike a record, an operation that cannot be opened is an error: a write that happened must not vanish from what a person sees.
//! Only [`Journal::claim`] passes it over, for it serves everybody: one damaged row must not keep the others from being looked at.
//!
//! Every column that decides whether a row is read is checked against what was sealed, except `due`: a lease has to be taken without
//! sealing anew, and whoever changes it gains no more than a look at the wrong time.

use async_trait::async_trait;
use jiff::Timestamp;
use metrics::counter;
use pim::ids::{BatchId, PrincipalId, TenantId};
use pim::journal::{Journal, Operation, OperationState, Sequence};
use pim::records::StoreError;

use crate::apart::{apart, query};
use crate::measured::Measured;
use crate::seal::open;
use crate::sql::{JournalRow, Writing};
use crate::together::Advance;
use crate::{Store, failed};

/// The row as associated data: a payload fits this operation of this person, at this place in the order of changes, only.
pub(crate) fn identity(id: &str, tenant: &str, principal: &str, sequence: i64) -> String {
    format!("journal|{id}|{tenant}|{principal}|{sequence}")
}

/// The state's name in the column: the variant's own.
pub(crate) fn name(state: OperationState) -> String {
    format!("{state:?}")
}

/// Counts an operation that this replica brought to `state`.
fn came_to(state: OperationState) {
    counter!("pim_portal_journal_transitions_total", "state" => name(state)).increment(1);
}

/// A number as the database counts; beyond what it can count there is nothing.
fn counted(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

impl Store {
    fn sealed(&self, operation: &Operation, sequence: i64) -> Result<JournalRow, StoreError> {
        let content = serde_json::to_vec(operation).map_err(|error| {
            tracing::error!(category = ?error.classify(), "an operation cannot be written as JSON");
            StoreError
        })?;
        let (id, tenant, principal) =
            (operation.id.to_string(), operation.tenant.to_string(), operation.principal.to_string());
        let sealed = self.seal(&identity(&id, &tenant, &principal, sequence), &content)?;
        Ok(JournalRow {
            id,
            batch: operation.batch.to_string(),
            tenant,
            principal,
            sequence,
            state: name(operation.state),
            updated: operation.updated.as_microsecond(),
            created: operation.created.as_microsecond(),
            key_id: sealed.key_id,
            payload: sealed.payload,
        })
    }

    fn unsealed(&self, row: &JournalRow) -> Result<Operation, StoreError> {
        let identity = identity(&row.id, &row.tenant, &row.principal, row.sequence);
        let content = open(&self.keys(), &row.key_id, &identity, &row.payload).map_err(|reason| {
            tracing::error!(
                operation = row.id,
                key_id = row.key_id,
                ?reason,
                "an operation cannot be opened"
            );
            StoreError
        })?;
        let operation: Operation = serde_json::from_slice(&content).map_err(|error| {
            tracing::error!(operation = row.id, category = ?error.classify(), "an operation cannot be read");
            StoreError
        })?;
        // The columns decided that this row was read; they must say what was sealed.
        let agrees = operation.id.to_string() == row.id
            && operation.batch.to_string() == row.batch
            && operation.tenant.to_string() == row.tenant
            && operation.principal.to_string() == row.principal
            && name(operation.state) == row.state
            && operation.updated.as_microsecond() == row.updated
            && operation.created.as_microsecond() == row.created;
        if agrees {
            Ok(operation)
        } else {
            tracing::error!(operation = row.id, "an operation's row was changed");
            Err(StoreError)
        }
    }
}

impl Store {
    /// Stores what goes forward of `advances`, in one transaction. Returns of each whether it was stored.
    pub(crate) async fn advance_all(&self, advances: &[Advance]) -> Result<Vec<bool>, StoreError> {
        let failed = |error| failed("advance in journal", &error);
        let mut writing = self.database.write().await.map_err(failed)?;
        let mut stored = Vec::with_capacity(advances.len());
        for advance in advances {
            stored.push(self.advance_in(&mut writing, advance).await?);
        }
        writing.commit().await.map_err(failed)?;
        Ok(stored)
    }

    async fn advance_in(&self, writing: &mut Writing, advance: &Advance) -> Result<bool, StoreError> {
        let failed = |error| failed("advance in journal", &error);
        let Advance { operation, from, since, due } = advance;
        let sequence = if *from == operation.state {
            writing.sequence(&operation.id.to_string()).await
        } else {
            writing.next_sequence().await.map(Some)
        };
        let Some(sequence) = sequence.map_err(failed)? else { return Ok(false) };
        let row = self.sealed(operation, sequence)?;
        let due = due.map(Timestamp::as_microsecond);
        writing.advance(&row, &name(*from), since.as_microsecond(), due).await.map_err(failed)
    }

    async fn append_all(&self, operations: &[Operation], due: Timestamp) -> Result<bool, StoreError> {
        let failed = |error| failed("append to journal", &error);
        let mut writing = self.database.write().await.map_err(failed)?;
        if let Some(first) = operations.first()
            && writing
                .is_own(&first.batch.to_string(), &first.tenant.to_string(), &first.principal.to_string())
                .await
                .map_err(failed)?
        {
            return Ok(false);
        }
        for operation in operations {
            let sequence = writing.next_sequence().await.map_err(failed)?;
            let row = self.sealed(operation, sequence)?;
            if writing.is_foreign(&row.batch, &row.tenant, &row.principal).await.map_err(failed)? {
                tracing::error!("operations of one person were to be appended to another's batch");
                return Err(StoreError);
            }
            writing.append(&row, due.as_microsecond()).await.map_err(failed)?;
        }
        writing.commit().await.map_err(failed)?;
        for operation in operations {
            came_to(operation.state);
        }
        Ok(true)
    }

    async fn lease_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<Operation>, StoreError> {
        let failed = |error| failed("claim in journal", &error);
        let (now, until) = (now.as_microsecond(), until.as_microsecond());
        // Asked often and mostly in vain: the write lock is left to those who write.
        if !self.database.anything_due(now).await.map_err(failed)? {
            return Ok(Vec::new());
        }
        let mut writing = self.database.write().await.map_err(failed)?;
        let mut leased = Vec::new();
        for (id, due) in writing.due(now, counted(most)).await.map_err(failed)? {
            leased.extend(writing.lease(&id, due, until).await.map_err(failed)?);
        }
        writing.commit().await.map_err(failed)?;
        Ok(leased.iter().filter_map(|row| self.unsealed(row).ok()).collect())
    }
}

#[async_trait]
impl Journal for Store {
    async fn append(&self, operations: &[Operation], due: Timestamp) -> Result<bool, StoreError> {
        let (store, operations) = (self.clone(), operations.to_vec());
        apart("append to journal", async move { store.append_all(&operations, due).await }).await
    }

    async fn advance(
        &self,
        operation: &Operation,
        from: OperationState,
        due: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let amends = from == operation.state;
        if !amends && !from.may_become(operation.state) {
            tracing::error!(operation = %operation.id, ?from, to = ?operation.state, "the journal does not go that way");
            return Err(StoreError);
        }
        let _measured = Measured::of("advance in journal");
        let Some(since) = operation.was_since(from) else { return Ok(false) };
        let advance = Advance { operation: operation.clone(), from, since, due };
        let is_stored = self.advance_together(advance).await?;
        if is_stored && !amends {
            came_to(operation.state);
        }
        Ok(is_stored)
    }

    async fn claim(
        &self,
        now: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<Operation>, StoreError> {
        let store = self.clone();
        apart("claim in journal", async move { store.lease_due(now, until, most).await }).await
    }

    async fn batch(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        batch: BatchId,
    ) -> Result<Vec<Operation>, StoreError> {
        let (database, batch) = (self.database.clone(), batch.to_string());
        let rows = query("read a batch", async move { database.batch(&batch).await }).await?;
        let (tenant, principal) = (tenant.to_string(), principal.to_string());
        if rows.iter().any(|row| row.tenant != tenant || row.principal != principal) {
            return Ok(Vec::new());
        }
        rows.iter().map(|row| self.unsealed(row)).collect()
    }

    async fn recent(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        since: Timestamp,
    ) -> Result<Vec<Operation>, StoreError> {
        let database = self.database.clone();
        let rows = query("read recent operations", async move {
            database.recent(&tenant.to_string(), &principal.to_string(), since.as_microsecond()).await
        });
        rows.await?.iter().map(|row| self.unsealed(row)).collect()
    }

    async fn changes(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        after: Sequence,
        most: usize,
    ) -> Result<Vec<(Sequence, Operation)>, StoreError> {
        let database = self.database.clone();
        let rows = query("read changes", async move {
            database.changes(&tenant.to_string(), &principal.to_string(), counted(after), counted(most)).await
        });
        rows.await?.iter().map(|row| Ok((row.sequence.unsigned_abs(), self.unsealed(row)?))).collect()
    }

    async fn forget(
        &self,
        whose: Option<(TenantId, PrincipalId)>,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let whose = whose.map(|(tenant, principal)| (tenant.to_string(), principal.to_string()));
        let database = self.database.clone();
        query("forget in journal", async move {
            let whose = whose.as_ref().map(|(tenant, principal)| (tenant.as_str(), principal.as_str()));
            database.forget(whose, before.as_microsecond()).await
        })
        .await
    }

    async fn latest(&self, tenant: TenantId, principal: PrincipalId) -> Result<Sequence, StoreError> {
        let database = self.database.clone();
        let last = query("read the last change", async move {
            database.latest(&tenant.to_string(), &principal.to_string()).await
        });
        last.await.map(i64::unsigned_abs)
    }
}
