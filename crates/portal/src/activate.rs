//! A confirmed selection becomes operations, once.

use pim::draft::{Draft, Ticket};
use pim::error::Violation;
use pim::ids::{BatchId, ScheduleId, SelectionId};
use pim::journal::{Intent, Operation, OperationState, Refusal};
use pim::policy::Policy;
use pim::records::StoreError;
use pim::target::{Names, Target};

use crate::carry_out::Task;
use crate::overview::EligibleRole;
use crate::plan::{Line, shorten};
use crate::selection::{Again, Fields, Own, Refused, RowKey, Selection, Wanted};
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
        if let Some(batch) = selection.confirmed
            && !self.was_abandoned(session, &selection).await?
        {
            return Ok(Confirmation::CarriedOut(batch));
        }
        selection.fields = fields.bounded();
        let plan = self.plan(session, &selection).await;
        selection.problems = plan.problems(&selection.fields, self.clock.now(), &self.rules);
        if !selection.problems.is_empty() || plan.ready().next().is_none() {
            self.write_selection(&selection, version).await?;
            return Ok(Confirmation::NotYet);
        }

        let tasks = plan.ready().map(|line| self.task(line)).collect();
        let mut reasons: Vec<String> = vec![selection.fields.justification.clone()];
        reasons.extend(plan.ready().map(|line| line.justification.clone()));
        // In a task of its own: a person who goes away in between does not leave it half done.
        let (portal, session) = (self.clone(), session.clone());
        let work = tokio::spawn(async move {
            let done = portal.commit(&session, selection, version, tasks).await;
            if matches!(done, Ok(Confirmation::CarriedOut(_)))
                && portal.remember_reasons(&session, &reasons).await.is_err()
            {
                // It was sent all the same; what is lost is a convenience.
                tracing::warn!("the reasons of a confirmation could not be remembered");
            }
            done
        });
        work.await.map_err(|_| PortalError::Store(StoreError))?
    }

    /// Marks the selection as confirmed and carries it out, or neither.
    async fn commit(
        &self,
        session: &Session,
        mut selection: Selection,
        version: i64,
        tasks: Vec<Task>,
    ) -> Result<Confirmation, PortalError> {
        let (id, before) = (selection.id, (selection.confirmed, selection.confirmed_at));
        // Where an earlier confirmation was abandoned, its batch is taken over: should it go on after all, the journal takes only one.
        let batch = selection.confirmed.unwrap_or_else(BatchId::random);
        (selection.confirmed, selection.confirmed_at) = (Some(batch), Some(self.clock.now()));
        // Of two clicks at once, the one that writes first carries it out; the other finds its batch.
        if !self.write_selection(&selection, version).await? {
            let (winner, _) = self.read_selection(session, id).await?;
            return Ok(winner.confirmed.map_or(Confirmation::NotYet, Confirmation::CarriedOut));
        }
        let carried_out = async {
            self.note_before(session, batch, &tasks).await?;
            self.carry_out(session, batch, tasks).await
        };
        if let Err(failed) = carried_out.await {
            // Nothing was sent: the selection is still there to be confirmed.
            let (mut selection, version) = self.read_selection(session, id).await?;
            (selection.confirmed, selection.confirmed_at) = before;
            self.write_selection(&selection, version).await?;
            return Err(failed);
        }
        Ok(Confirmation::CarriedOut(batch))
    }

    /// Whether the selection was confirmed by a portal that died before it stored anything: nothing was sent, and the person can confirm
    /// it again.
    pub async fn was_abandoned(&self, session: &Session, selection: &Selection) -> Result<bool, PortalError> {
        let Some(batch) = selection.confirmed else { return Ok(false) };
        let confirmed = selection.confirmed_at.unwrap_or(selection.created);
        if self.clock.now().duration_since(confirmed) <= self.pace.lease {
            return Ok(false);
        }
        match self.operations(session, batch).await {
            Ok(_) => Ok(false),
            Err(PortalError::NotFound) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn task(&self, line: &Line) -> Task {
        let mut names = line.role.eligibility.names.clone();
        if let Some(child) = &line.narrowed {
            names = Names { place: format!("{} / {}", names.place, child.name), ..names };
        }
        Task { challenge: line.challenge.clone(), ..Task::new(Intent::Activate(self.draft(line)), names) }
    }

    /// What is sent for a line.
    pub(crate) fn draft(&self, line: &Line) -> Draft {
        let eligibility = &line.role.eligibility;
        Draft {
            target: line.target.clone(),
            start: line.start.unwrap_or_else(|| self.clock.now()),
            duration: line.duration,
            justification: line.justification.clone(),
            ticket: line.ticket.clone(),
            eligibility_schedule: eligibility.schedule.clone(),
            condition: eligibility.condition.clone(),
        }
    }

    /// A new selection of the roles of `batch` that came to nothing, with what was typed, so that it can be put right.
    /// [`PortalError::NotEligible`] when the person is eligible for none of them any more.
    pub async fn retry(&self, session: &Session, batch: BatchId) -> Result<Selection, PortalError> {
        let operations = self.operations(session, batch).await?;
        let mut again = Again::default();
        let mut found = Vec::new();
        let mut any = false;
        for operation in operations.iter().filter(|operation| can_retry(operation)) {
            let Intent::Activate(draft) = &operation.intent else { continue };
            any = true;
            let Some(role) = self.role_of(session, &draft.target, draft.eligibility_schedule.as_ref()).await
            else {
                continue;
            };
            let row = RowKey::new(&draft.target.plane, role.eligibility.id.as_str());
            let is_narrowed = !draft.target.same_as(&role.eligibility.target);
            // Where it cannot be narrowed again it is left out: the whole of its scope would be more than was asked for.
            if is_narrowed && !self.narrow_again(session, &mut again, &row, &role, &draft.target).await {
                continue;
            }
            if let Some(Refusal::Violations(violations)) = &operation.refusal {
                again.refused.push(Refused { row: row.clone(), violations: violations.clone() });
            }
            found.push((row, draft, role.policy.policy()));
        }
        if any && found.is_empty() {
            return Err(PortalError::NotEligible);
        }
        // The longest of them stands for all: each role is shortened to its own policy again.
        let longest = found.iter().map(|(_, draft, _)| draft.duration).max();
        again.fields.wanted = longest.map_or(Wanted::Longest, Wanted::For);
        for (row, draft, policy) in found {
            if draft.start > self.clock.now() {
                again.fields.start = Some(draft.start);
            }
            let own = type_again(&mut again.fields, draft, &policy);
            if !own.is_empty() {
                again.fields.own.push((row.clone(), own));
            }
            again.rows.push(row);
        }
        self.select_again(session, again).await
    }

    /// The eligibility that activates `target`, by its `schedule` where the service names it.
    pub(crate) async fn role_of(
        &self,
        session: &Session,
        target: &Target,
        schedule: Option<&ScheduleId>,
    ) -> Option<EligibleRole> {
        let eligible = self.eligible(session, &target.plane).await.ok()?;
        let by_schedule = |role: &&EligibleRole| {
            role.eligibility.target.role == target.role
                && role.eligibility.schedule.as_ref() == schedule
                && (role.eligibility.schedule.is_some() || role.eligibility.target.same_as(target))
        };
        let exactly = |role: &&EligibleRole| by_schedule(role) && role.eligibility.target == *target;
        let roles = &eligible.roles;
        roles.iter().find(exactly).or_else(|| roles.iter().find(by_schedule)).cloned()
    }

    /// Narrows `row` to the scope of `target` as well. Returns whether that scope still lies below it.
    pub(crate) async fn narrow_again(
        &self,
        session: &Session,
        again: &mut Again,
        row: &RowKey,
        role: &EligibleRole,
        target: &Target,
    ) -> bool {
        let Ok(below) = self.below(session, role).await else { return false };
        let Some(child) =
            below.rows.iter().find(|child| child.scope.as_str().eq_ignore_ascii_case(target.scope.as_str()))
        else {
            return false;
        };
        match again.narrowed.iter_mut().find(|(narrowed, _)| narrowed == row) {
            Some((_, scopes)) => scopes.push(child.clone()),
            None => again.narrowed.push((row.clone(), vec![child.clone()])),
        }
        true
    }
}

/// Types again what was sent with `draft`: what the first role has stands for all. Returns what this one has of its own.
fn type_again(fields: &mut Fields, draft: &Draft, policy: &Policy) -> Own {
    let mut own = Own::default();
    if fields.justification.is_empty() {
        fields.justification.clone_from(&draft.justification);
    }
    if fields.justification != draft.justification {
        own.justification = Some(draft.justification.clone());
    }
    if let Some(Ticket { number, system }) = &draft.ticket {
        if fields.ticket_number.is_empty() && fields.ticket_system.is_empty() {
            fields.ticket_number.clone_from(number);
            fields.ticket_system.clone_from(system);
        }
        if (&fields.ticket_number, &fields.ticket_system) != (number, system) {
            own.ticket_number = Some(number.clone());
            own.ticket_system = Some(system.clone());
        }
    }
    // Its policy would allow it longer than was wanted.
    let (again, _) = shorten(fields.wanted, policy);
    own.duration = (again > draft.duration).then_some(draft.duration);
    own
}

/// Whether the person can put this right, or ask once more, and confirm it again: it came to nothing, and it is an activation.
#[must_use]
pub fn can_retry(operation: &Operation) -> bool {
    let is_over = matches!(
        &operation.refusal,
        Some(Refusal::Violations(violations)) if violations.contains(&Violation::NotEligible)
    );
    matches!(operation.intent, Intent::Activate(_))
        && matches!(
            operation.state,
            OperationState::Rejected
                | OperationState::Failed
                | OperationState::Denied
                | OperationState::TimedOut
        )
        && !is_over
}
