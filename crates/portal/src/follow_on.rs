//! What can come next: the same role again when its time ends, and the roles that a group leads to.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use pim::ids::BatchId;
use pim::journal::{Existing, Intent, Operation, OperationState, Refusal};
use pim::records::{RecordKind, StoreError};
use pim::target::{MemberType, Target};

use crate::carry_out::Task;
use crate::overview::{EligibleRole, Standing, key};
use crate::selection::{Again, Fields, RowKey, Selection};
use crate::{Portal, PortalError, Session};

/// How long after an activation's end its follower is sent: the service takes a moment to notice the end.
const SETTLES: SignedDuration = SignedDuration::from_secs(15);

/// How long a page may wait for what it can also do without.
const SOON: Duration = Duration::from_millis(100);

/// How long after a batch it is known what it brought.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(8);

impl Portal {
    /// A selection that continues active roles: each begins again when it ends. Roles that the person cannot activate again are left out.
    pub async fn continue_active(
        &self,
        session: &Session,
        rows: &[RowKey],
    ) -> Result<Selection, PortalError> {
        let active = self.to_deactivate(session, rows).await.active;
        let mut again = Again { continues: true, ..Again::default() };
        let mut whole: Vec<RowKey> = Vec::new();
        for row in &active {
            let Ok(eligible) = self.eligible(session, &row.target.plane).await else { continue };
            if let Some(role) =
                eligible.roles.iter().find(|role| role.eligibility.target.same_as(&row.target))
            {
                whole.push(self::row(role));
                continue;
            }
            // It was narrowed: at the whole of the eligibility's scope it would be more than is active now.
            let schedule = row.eligibility_schedule.as_ref();
            let candidates: Vec<EligibleRole> = match schedule {
                Some(_) => self.role_of(session, &row.target, schedule).await.into_iter().collect(),
                None => eligible.roles.iter().filter(|role| above(role, &row.target)).cloned().collect(),
            };
            for role in candidates.iter().filter(|role| self.can_narrow(role)) {
                let key = self::row(role);
                if self.narrow_again(session, &mut again, &key, role, &row.target).await {
                    again.rows.push(key);
                    break;
                }
            }
        }
        // Where the whole of a scope is continued, what lies below is continued with it.
        again.narrowed.retain(|(narrowed, _)| !whole.contains(narrowed));
        again.rows.extend(whole);
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
        let _alone = self.kept.queueing(session).await;
        let (tasks, earlier) = self.not_queued(session, begun, tasks).await?;
        if tasks.is_empty() {
            return earlier.ok_or(PortalError::NothingChosen);
        }
        let later = BatchId::random();
        self.carry_out(session, later, tasks).await?;
        Ok(later)
    }

    /// Notes what the person could activate before groups of `batch` are active, as far as it was read lately: what comes on top of it,
    /// those groups brought.
    pub(crate) async fn note_before(
        &self,
        session: &Session,
        batch: BatchId,
        tasks: &[Task],
    ) -> Result<(), StoreError> {
        if !tasks.iter().any(|task| self.leads_on(&task.intent)) {
            return Ok(());
        }
        let mut before: BTreeSet<String> = BTreeSet::new();
        for plane in self.planes().filter(|plane| !plane.leads_on) {
            if let Some(eligible) = self.kept.eligible.peek(&key(session, &plane.id)).await {
                before.extend(eligible.roles.iter().map(|role| row(role).to_string()));
            }
        }
        let content = serde_json::to_vec(&before).map_err(|_| StoreError)?;
        let expires = self.clock.now().saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX);
        self.records.put(RecordKind::Before, &batch.to_string(), &content, expires).await
    }

    fn leads_on(&self, intent: &Intent) -> bool {
        let plane = self.plane(&intent.target().plane);
        matches!(intent, Intent::Activate(_)) && plane.is_some_and(|plane| plane.descriptor().leads_on)
    }

    /// Roles that the person may activate because groups of this batch are active now: through membership of a group, not there before
    /// the batch, and not active themselves.
    pub async fn led_to(&self, session: &Session, operations: &[Operation]) -> Vec<EligibleRole> {
        let usable =
            operations.iter().find(|one| one.state == OperationState::Usable && self.leads_on(&one.intent));
        let Some(usable) = usable else { return Vec::new() };
        let record = self.records.get(RecordKind::Before, &usable.batch.to_string()).await.ok().flatten();
        let before: BTreeSet<String> =
            record.and_then(|record| serde_json::from_slice(&record.content).ok()).unwrap_or_default();
        let now = self.clock.now();
        let lists = self.planes().filter(|plane| !plane.leads_on).map(async |plane| {
            let (eligible, held) =
                join(self.eligible(session, &plane.id), self.held(session, &plane.id)).await;
            let (eligible, held) = (eligible.ok()?, held.ok()?);
            let new = eligible.roles.iter().filter(|role| {
                role.eligibility.member_type == MemberType::Group
                    && !before.contains(&row(role).to_string())
                    && held.standing(&role.eligibility.target, now) == Standing::Free
            });
            Some(new.cloned().collect::<Vec<_>>())
        });
        join_all(lists).await.into_iter().flatten().flatten().collect()
    }

    /// [`led_to`](Self::led_to), if that is known at once or nearly so. Nobody should wait for it to learn what became of the batch itself;
    /// what is read meanwhile is kept for the next question.
    pub async fn led_to_soon(
        &self,
        session: &Session,
        operations: &[Operation],
    ) -> Option<Vec<EligibleRole>> {
        tokio::time::timeout(SOON, self.led_to(session, operations)).await.ok()
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

/// Whether the role may be the one that `target` was narrowed from.
fn above(role: &EligibleRole, target: &Target) -> bool {
    role.eligibility.target.role.as_str().eq_ignore_ascii_case(target.role.as_str())
}

fn row(role: &EligibleRole) -> RowKey {
    RowKey::new(&role.eligibility.target.plane, role.eligibility.id.as_str())
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
