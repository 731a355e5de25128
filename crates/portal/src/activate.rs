//! A confirmed selection becomes operations, once.

use pim::draft::{Draft, Ticket};
use pim::ids::{BatchId, SelectionId};
use pim::journal::{Intent, Operation, OperationState, Refusal};
use pim::policy::Requirement;
use pim::records::StoreError;
use pim::target::Names;

use crate::plan::Line;
use crate::selection::{Fields, Refused, RowKey, Selection, Wanted};
use crate::{Portal, PortalError, Session};

/// What came of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// It was carried out, now or by an earlier click: the result is in this batch.
    CarriedOut(BatchId),
    /// Something has to be put right first, which the selection tells, or it was changed meanwhile. Nothing was sent.
    NotYet,
}

impl Portal {
    /// Carries out the person's selection with what was typed. A second confirmation of the same selection sends nothing.
    pub async fn confirm(
        &self,
        session: &Session,
        id: SelectionId,
        fields: Fields,
    ) -> Result<Confirmation, PortalError> {
        let (mut selection, version) = self.read_selection(session, id).await?;
        if let Some(batch) = selection.confirmed {
            return Ok(Confirmation::CarriedOut(batch));
        }
        selection.fields = fields.bounded();
        let plan = self.plan(session, &selection).await;
        selection.problems = plan.problems(&selection.fields);
        if !selection.problems.is_empty() || plan.ready().next().is_none() {
            self.write_selection(&selection, version).await?;
            return Ok(Confirmation::NotYet);
        }

        let intents = plan.ready().map(|line| self.intent(line, &selection)).collect();
        // In a task of its own: a person who goes away in between does not leave it half done.
        let (portal, session) = (self.clone(), session.clone());
        let work = tokio::spawn(async move { portal.commit(&session, selection, version, intents).await });
        work.await.map_err(|_| PortalError::Store(StoreError))?
    }

    /// Marks the selection as confirmed and carries it out, or neither.
    async fn commit(
        &self,
        session: &Session,
        mut selection: Selection,
        version: i64,
        intents: Vec<(Intent, Names)>,
    ) -> Result<Confirmation, PortalError> {
        let (id, batch) = (selection.id, BatchId::random());
        selection.confirmed = Some(batch);
        // Of two clicks at once, the one that writes first carries it out; the other finds its batch.
        if !self.write_selection(&selection, version).await? {
            let (winner, _) = self.read_selection(session, id).await?;
            return Ok(winner.confirmed.map_or(Confirmation::NotYet, Confirmation::CarriedOut));
        }
        if let Err(failed) = self.carry_out(session, batch, intents).await {
            // Nothing was sent: the selection is still there to be confirmed.
            let (mut selection, version) = self.read_selection(session, id).await?;
            selection.confirmed = None;
            self.write_selection(&selection, version).await?;
            return Err(failed);
        }
        Ok(Confirmation::CarriedOut(batch))
    }

    fn intent(&self, line: &Line, selection: &Selection) -> (Intent, Names) {
        let eligibility = &line.role.eligibility;
        let fields = &selection.fields;
        let has_ticket = !(fields.ticket_number.is_empty() && fields.ticket_system.is_empty());
        let ticket = (has_ticket && line.policy.ticket != Requirement::NotRequired)
            .then(|| Ticket { number: fields.ticket_number.clone(), system: fields.ticket_system.clone() });
        let draft = Draft {
            target: eligibility.target.clone(),
            start: self.clock.now(),
            duration: line.duration,
            justification: fields.justification.clone(),
            ticket,
            eligibility_schedule: eligibility.schedule.clone(),
            condition: eligibility.condition.clone(),
        };
        (Intent::Activate(draft), eligibility.names.clone())
    }

    /// A new selection of the roles of `batch` that were refused, with what was typed, so that it can be put right.
    pub async fn retry(&self, session: &Session, batch: BatchId) -> Result<Selection, PortalError> {
        let operations = self.operations(session, batch).await?;
        let mut fields = Fields::default();
        let mut rows = Vec::new();
        let mut refused = Vec::new();
        let mut longest = None;
        for operation in operations.iter().filter(|operation| can_retry(operation)) {
            let Intent::Activate(draft) = &operation.intent else { continue };
            longest = longest.max(Some(draft.duration));
            fields.justification.clone_from(&draft.justification);
            if let Some(ticket) = &draft.ticket {
                fields.ticket_number.clone_from(&ticket.number);
                fields.ticket_system.clone_from(&ticket.system);
            }
            let Ok(eligible) = self.eligible(session, &draft.target.plane).await else { continue };
            let role = eligible.iter().find(|role| {
                role.eligibility.target == draft.target
                    && role.eligibility.schedule == draft.eligibility_schedule
            });
            let Some(role) = role else { continue };
            let row = RowKey::new(&draft.target.plane, role.eligibility.id.as_str());
            if let Some(Refusal::Violations(violations)) = &operation.refusal {
                refused.push(Refused { row: row.clone(), violations: violations.clone() });
            }
            rows.push(row);
        }
        // Each role is shortened to its own policy again, so the longest of them stands for all.
        fields.wanted = longest.map_or(Wanted::Longest, Wanted::For);
        self.select_again(session, rows, fields, refused).await
    }
}

/// Whether the person can put this right and send it again: nothing was created, and it is an activation.
#[must_use]
pub fn can_retry(operation: &Operation) -> bool {
    matches!(operation.intent, Intent::Activate(_))
        && matches!(
            operation.state,
            OperationState::Rejected | OperationState::AwaitingStepUp | OperationState::Failed
        )
}
