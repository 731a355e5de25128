//! What can come next: the same role again when its time ends, and the roles that a group leads to.

use jiff::{SignedDuration, Timestamp};
use pim::ids::{BatchId, PlaneId};
use pim::journal::{Existing, Intent, Operation, OperationState, Refusal};
use pim::target::MemberType;

use crate::carry_out::Task;
use crate::overview::EligibleRole;
use crate::selection::{Again, Fields, RowKey, Selection};
use crate::{Portal, PortalError, Session};

/// How long after an activation's end its follower is sent: the service takes a moment to notice the end.
const SETTLES: SignedDuration = SignedDuration::from_secs(15);

impl Portal {
    /// A selection that continues active roles: each begins again when it ends. Roles that the person cannot activate again are left out.
    pub async fn continue_active(
        &self,
        session: &Session,
        rows: &[RowKey],
    ) -> Result<Selection, PortalError> {
        let active = self.to_deactivate(session, rows).await.active;
        let mut again = Again { continues: true, ..Again::default() };
        for row in &active {
            let Ok(eligible) = self.eligible(session, &row.target.plane).await else { continue };
            let mut roles = eligible.roles.iter();
            let role = roles.find(|role| role.eligibility.target.same_as(&row.target));
            if let Some(role) = role {
                again.rows.push(RowKey::new(&row.target.plane, role.eligibility.id.as_str()));
            }
        }
        if !active.is_empty() && again.rows.is_empty() {
            return Err(PortalError::NotEligible);
        }
        self.select_again(session, again).await
    }

    /// Queues those activations of the batch that the service refused because the role is still active: the portal sends them, as they
    /// were confirmed, when the role's time has ended. The result is in the new batch; in an earlier one where all of it is queued already.
    pub async fn reactivate_later(&self, session: &Session, batch: BatchId) -> Result<BatchId, PortalError> {
        let operations = self.operations(session, batch).await?;
        let now = self.clock.now();
        let tasks: Vec<Task> = operations
            .iter()
            .filter_map(|operation| {
                let at = can_reactivate_at(operation)?.max(now);
                let Intent::Activate(draft) = &operation.intent else { return None };
                let draft = pim::draft::Draft { start: at, ..draft.clone() };
                let task = Task::new(Intent::Activate(draft), operation.names.clone());
                Some(Task { challenge: operation.challenge.clone(), not_before: Some(at), ..task })
            })
            .collect();
        let begun = operations.iter().map(|operation| operation.created).min().unwrap_or(now);
        let (tasks, earlier) = self.not_queued(session, begun, tasks).await?;
        if tasks.is_empty() {
            return earlier.ok_or(PortalError::NothingChosen);
        }
        let later = BatchId::random();
        self.carry_out(session, later, tasks).await?;
        Ok(later)
    }

    /// Roles that the person may activate because groups of this batch are active now: through membership of a group, and not active
    /// themselves.
    pub async fn led_to(&self, session: &Session, operations: &[Operation]) -> Vec<EligibleRole> {
        let leads_on = |plane: &PlaneId| self.plane(plane).is_some_and(|plane| plane.descriptor().leads_on);
        let any = operations.iter().any(|operation| {
            matches!(operation.intent, Intent::Activate(_))
                && operation.state == OperationState::Usable
                && leads_on(&operation.intent.target().plane)
        });
        if !any {
            return Vec::new();
        }
        let now = self.clock.now();
        let mut led_to = Vec::new();
        for descriptor in self.planes().filter(|descriptor| !descriptor.leads_on) {
            let (Ok(eligible), Ok(held)) = futures::future::join(
                self.eligible(session, &descriptor.id),
                self.held(session, &descriptor.id),
            )
            .await
            else {
                continue;
            };
            let through_a_group = eligible.roles.iter().filter(|role| {
                role.eligibility.member_type == MemberType::Group
                    && held.standing(&role.eligibility.target, now) == crate::overview::Standing::Free
            });
            led_to.extend(through_a_group.cloned());
        }
        led_to
    }

    /// A selection of roles that groups of the batch lead to, with what was typed for the groups.
    pub async fn select_led_to(
        &self,
        session: &Session,
        batch: BatchId,
        rows: Vec<RowKey>,
    ) -> Result<Selection, PortalError> {
        let operations = self.operations(session, batch).await?;
        let mut fields = Fields::default();
        for operation in &operations {
            if let Intent::Activate(draft) = &operation.intent {
                fields.justification.clone_from(&draft.justification);
                if let Some(ticket) = &draft.ticket {
                    fields.ticket_number.clone_from(&ticket.number);
                    fields.ticket_system.clone_from(&ticket.system);
                }
            }
        }
        self.select_again(session, Again { rows, fields, ..Again::default() }).await
    }
}

/// When an activation that was refused because the role is active could be sent again.
#[must_use]
pub fn can_reactivate_at(operation: &Operation) -> Option<Timestamp> {
    match (&operation.intent, &operation.refusal) {
        (Intent::Activate(_), Some(Refusal::Exists(Existing::Active(Some(until))))) => {
            until.checked_add(SETTLES).ok()
        }
        _ => None,
    }
}
