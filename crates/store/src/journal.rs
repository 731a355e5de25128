//! [`Journal`] on the table `journal`. Columns hold what is searched for; the operation itself is sealed.
//!
//! Unlike a record, an operation that cannot be opened is an error: a write that happened must not vanish from what a person sees.

use async_trait::async_trait;
use jiff::Timestamp;
use pim::ids::{BatchId, PrincipalId, TenantId};
use pim::journal::{Journal, Operation, OperationState};
use pim::records::StoreError;

use crate::seal::{open, seal};
use crate::sql::JournalRow;
use crate::{Store, failed};

/// The row as associated data: a payload fits this operation of this person only.
fn identity(id: &str, tenant: &str, principal: &str) -> String {
    format!("journal|{id}|{tenant}|{principal}")
}

/// The state's name in the column: the variant's own.
fn name(state: OperationState) -> String {
    format!("{state:?}")
}

impl Store {
    fn sealed(&self, operation: &Operation) -> Result<JournalRow, StoreError> {
        let content = serde_json::to_vec(operation).map_err(|error| {
            tracing::error!(category = ?error.classify(), "an operation cannot be written as JSON");
            StoreError
        })?;
        let (id, tenant, principal) =
            (operation.id.to_string(), operation.tenant.to_string(), operation.principal.to_string());
        let sealed = seal(&self.keys, &identity(&id, &tenant, &principal), &content)?;
        Ok(JournalRow {
            id,
            batch: operation.batch.to_string(),
            tenant,
            principal,
            state: name(operation.state),
            updated: operation.updated.as_microsecond(),
            created: operation.created.as_microsecond(),
            key_id: sealed.key_id,
            payload: sealed.payload,
        })
    }

    fn unsealed(&self, row: &JournalRow) -> Result<Operation, StoreError> {
        let identity = identity(&row.id, &row.tenant, &row.principal);
        let content = open(&self.keys, &row.key_id, &identity, &row.payload).map_err(|reason| {
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

#[async_trait]
impl Journal for Store {
    async fn append(&self, operations: &[Operation]) -> Result<(), StoreError> {
        let rows =
            operations.iter().map(|operation| self.sealed(operation)).collect::<Result<Vec<_>, _>>()?;
        let appended =
            self.database.append(&rows).await.map_err(|error| failed("append to journal", &error))?;
        if appended {
            Ok(())
        } else {
            tracing::error!("operations of one person were to be appended to another's batch");
            Err(StoreError)
        }
    }

    async fn advance(&self, operation: &Operation, from: OperationState) -> Result<bool, StoreError> {
        if !from.may_become(operation.state) {
            tracing::error!(operation = %operation.id, ?from, to = ?operation.state, "the journal does not go that way");
            return Err(StoreError);
        }
        let row = self.sealed(operation)?;
        self.database.advance(&row, &name(from)).await.map_err(|error| failed("advance in journal", &error))
    }

    async fn batch(
        &self,
        tenant: TenantId,
        principal: PrincipalId,
        batch: BatchId,
    ) -> Result<Vec<Operation>, StoreError> {
        let rows =
            self.database.batch(&batch.to_string()).await.map_err(|error| failed("read a batch", &error))?;
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
        let rows = self
            .database
            .recent(&tenant.to_string(), &principal.to_string(), since.as_microsecond())
            .await
            .map_err(|error| failed("read recent operations", &error))?;
        rows.iter().map(|row| self.unsealed(row)).collect()
    }
}
