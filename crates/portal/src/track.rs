//! What became of operations: asks the service until each is at its end.
//!
//! A look reads, and moves an operation on by what it read. What was never sent, because whoever was to send it died, is sent by
//! whoever finds it; what may have been sent is looked up first, and sent again only under an id of the portal's own.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use pim::approval::{Outcome, Verdict};
use pim::assignment::Assignment;
use pim::error::ErrorKind;
use pim::ids::{BatchId, PlaneId};
use pim::journal::{Intent, Operation, OperationState, Refusal};
use pim::plane::{Fingerprint, Plane};

use crate::{Portal, PortalError, Session};

/// How often a lost write is looked for before "it is not there" counts.
const LOOKS_UNTIL_ABSENT: u32 = 2;
/// How often a write is sent under one id.
const MOST_SENDS: usize = 4;

/// What a look found.
enum Found {
    /// The operation is now here.
    State(OperationState),
    /// The service has nothing of it.
    Nothing,
    /// The service said nothing.
    Unknown,
}

impl Portal {
    /// The operations of one confirmation of this person, as the journal has them.
    pub async fn operations(&self, session: &Session, batch: BatchId) -> Result<Vec<Operation>, PortalError> {
        let operations = self.journal.batch(session.caller.tenant, session.caller.principal, batch).await?;
        if operations.is_empty() { Err(PortalError::NotFound) } else { Ok(operations) }
    }

    /// Asks the service once about every operation that is not at its end, and returns them all.
    pub async fn track(&self, session: &Session, batch: BatchId) -> Result<Vec<Operation>, PortalError> {
        let operations = self.operations(session, batch).await?;
        Ok(self.look_at(session, operations).await)
    }

    /// Sends what [was not created](OperationState::NotCreated) again, because the person says so. Returns how many.
    pub async fn send_again(&self, session: &Session, batch: BatchId) -> Result<usize, PortalError> {
        let (mut ready, mut taken) = (Vec::new(), Vec::new());
        for mut operation in self.operations(session, batch).await? {
            if operation.state != OperationState::NotCreated {
                continue;
            }
            taken.push(self.in_hand.take(&operation));
            if self.advance(&mut operation, OperationState::Prepared).await? {
                self.in_hand.note(&operation);
                ready.push(operation);
            }
        }
        let count = ready.len();
        self.send_all(session, batch, ready).await;
        drop(taken);
        Ok(count)
    }

    /// Looks once at each of `operations`, all of one person.
    pub(crate) async fn look_at(&self, session: &Session, operations: Vec<Operation>) -> Vec<Operation> {
        let before: Vec<_> = operations.iter().map(|operation| operation.state).collect();
        let mut operations =
            join_all(operations.into_iter().map(|operation| self.look(session, operation))).await;
        self.see_usable(session, &mut operations).await;
        let unseen = operations.iter_mut().zip(&before).filter(|(operation, before)| {
            operation.state == OperationState::Provisioned && operation.state == **before
        });
        join_all(unseen.map(async |(operation, _)| *operation = self.looked(operation.clone()).await)).await;
        let changed: BTreeSet<&PlaneId> = operations
            .iter()
            .zip(before)
            .filter(|(operation, before)| operation.state != *before)
            .map(|(operation, _)| &operation.intent.target().plane)
            .collect();
        let leads_on = |plane: &&PlaneId| self.plane(plane).is_some_and(|plane| plane.descriptor().leads_on);
        if changed.iter().any(leads_on) {
            // What a group brings shows on every plane.
            self.forget(session).await;
        } else {
            for plane in changed {
                self.forget_plane(session, plane).await;
            }
        }
        operations
    }

    /// Looks at one operation. Returns it as it is afterwards.
    async fn look(&self, session: &Session, mut operation: Operation) -> Operation {
        let Some(plane) = self.plane(&operation.intent.target().plane).cloned() else { return operation };
        let now = self.clock.now();
        let is_orphaned = operation.put_down || now.duration_since(operation.updated) > self.pace.lease;
        match operation.state {
            state if state.is_final() => operation,
            // Whoever was to send it is gone.
            OperationState::Prepared if is_orphaned => {
                if now.duration_since(operation.updated) <= self.pace.resume_within {
                    return self.send(session, operation).await;
                }
                self.given_up(operation).await
            }
            // An activation that nobody expects any more: the portal was down when its time came.
            OperationState::Queued
                if matches!(operation.intent, Intent::Activate(_))
                    && operation
                        .not_before
                        .is_some_and(|at| now.duration_since(at) > self.pace.resume_within) =>
            {
                self.given_up(operation).await
            }
            OperationState::Queued if operation.not_before.is_none_or(|at| at <= now) => {
                let operation = self.moved(operation, OperationState::Prepared).await;
                if operation.state == OperationState::Prepared {
                    return self.send(session, operation).await;
                }
                operation
            }
            OperationState::AwaitingStepUp
                if now.duration_since(operation.updated) > self.pace.step_up_within =>
            {
                operation.refusal = Some(Refusal::StepUpNotMade);
                self.moved(operation, OperationState::Rejected).await
            }
            OperationState::Prepared | OperationState::Queued | OperationState::AwaitingStepUp => operation,
            OperationState::Sending if !is_orphaned => operation,
            OperationState::Sending | OperationState::Unsure => {
                self.look_up(session, &*plane, operation).await
            }
            OperationState::Provisioned => {
                if ends(&operation).is_some_and(|end| end <= now) {
                    return self.moved(operation, OperationState::Ended).await;
                }
                // Its assignment is looked for together with those of the others.
                operation
            }
            _ => match plane.request(&session.caller, &operation.request()).await {
                Ok(request) => {
                    let next = self.learn_request(&mut operation, request);
                    if operation.state.may_become(next) {
                        return self.moved(operation, next).await;
                    }
                    self.looked(operation).await
                }
                // Not there yet, or no answer: neither is news.
                Err(_) => self.looked(operation).await,
            },
        }
    }

    /// Looks for a write whose answer was lost.
    async fn look_up(&self, session: &Session, plane: &dyn Plane, mut operation: Operation) -> Operation {
        let found = self.find(session, plane, &mut operation).await;
        let since_sent = self.clock.now().duration_since(operation.sent.unwrap_or(operation.created));
        match found {
            Found::State(OperationState::Unsure) | Found::Nothing => {
                if operation.state == OperationState::Sending {
                    return self.moved(operation, OperationState::Unsure).await;
                }
                let has_looked = operation.looks >= LOOKS_UNTIL_ABSENT;
                if has_looked && may_repeat(plane, &operation) {
                    operation = self.send(session, operation).await;
                    // Where it could not be sent for want of a token, only the question remains whether it is there.
                    if operation.state != OperationState::Unsure || operation.looks == 0 {
                        return operation;
                    }
                }
                if has_looked && since_sent > self.pace.absent_after {
                    return self.moved(operation, OperationState::NotCreated).await;
                }
                self.looked(operation).await
            }
            Found::State(next) => self.moved(operation, next).await,
            Found::Unknown if operation.state == OperationState::Sending => {
                self.moved(operation, OperationState::Unsure).await
            }
            Found::Unknown => self.waited(operation).await,
        }
    }

    async fn find(&self, session: &Session, plane: &dyn Plane, operation: &mut Operation) -> Found {
        let caller = &session.caller;
        match &operation.intent {
            Intent::Decide(verdict) => {
                let Some(approvals) = plane.approvals() else { return Found::Unknown };
                match approvals.outcome(caller, &verdict.waiting).await {
                    Ok(outcome) => decided(outcome, &verdict.clone(), operation),
                    Err(_) => Found::Unknown,
                }
            }
            Intent::Cancel(request) => match plane.request(caller, request).await {
                Ok(request) => Found::State(self.learn_request(operation, request)),
                Err(error) if error.kind == ErrorKind::NotFound => Found::Nothing,
                Err(_) => Found::Unknown,
            },
            Intent::Activate(_) | Intent::Deactivate(_) | Intent::Prolong(_) => {
                match plane.find(caller, &fingerprint(operation)).await {
                    Ok(Some(request)) => Found::State(self.learn_request(operation, request)),
                    Ok(None) => Found::Nothing,
                    Err(_) => Found::Unknown,
                }
            }
        }
    }

    /// "Usable" is said only when the assignment was seen: one read a plane, whatever the number of roles. One that has ended, which the
    /// service's lists go on showing for a while, is an earlier one.
    async fn see_usable(&self, session: &Session, operations: &mut [Operation]) {
        let is_waiting = |operation: &Operation| {
            operation.state == OperationState::Provisioned && matches!(operation.intent, Intent::Activate(_))
        };
        let of = |operation: &Operation| operation.intent.target().plane.clone();
        let planes: BTreeSet<PlaneId> =
            operations.iter().filter(|operation| is_waiting(operation)).map(of).collect();
        let lists = planes.into_iter().map(async |id| {
            let list = self.plane(&id)?.assignments(&session.caller).await.ok()?;
            Some((id, list.rows))
        });
        let lists: BTreeMap<PlaneId, Vec<Assignment>> = join_all(lists).await.into_iter().flatten().collect();
        let now = self.clock.now();
        let is_there = |operation: &Operation| {
            let target = operation.intent.target();
            let rows = lists.get(&target.plane).map(Vec::as_slice).unwrap_or_default();
            rows.iter().any(|row| row.is_active_at(now) && row.target.same_as(target))
        };
        let usable = operations.iter_mut().filter(|operation| is_waiting(operation) && is_there(operation));
        join_all(usable.map(async |operation| {
            *operation = self.moved(operation.clone(), OperationState::Usable).await;
        }))
        .await;
    }

    /// It was never sent, and will not be.
    async fn given_up(&self, mut operation: Operation) -> Operation {
        operation.refusal = Some(Refusal::NotSent);
        self.moved(operation, OperationState::Rejected).await
    }

    /// The operation in its next state, or as it was where somebody else was quicker or the journal failed.
    async fn moved(&self, operation: Operation, next: OperationState) -> Operation {
        let mut moved = operation.clone();
        match self.advance(&mut moved, next).await {
            Ok(true) => moved,
            _ => operation,
        }
    }

    /// Notes a look that the service answered without news.
    async fn looked(&self, mut operation: Operation) -> Operation {
        operation.looks = operation.looks.saturating_add(1);
        self.waited(operation).await
    }

    /// Puts the next look off.
    async fn waited(&self, operation: Operation) -> Operation {
        let due = self.due(&operation);
        if self.journal.advance(&operation, operation.state, due).await.is_err() {
            tracing::warn!(operation = %operation.id, "a look could not be noted");
        }
        operation
    }
}

/// Whether a lost write may be sent again under its own id: where the portal chooses the ids, and where it withdraws something, which
/// can only be done once.
fn may_repeat(plane: &dyn Plane, operation: &Operation) -> bool {
    let sends = operation.timeline.iter().filter(|step| step.state == OperationState::Sending).count();
    let is_safe = match operation.intent {
        Intent::Activate(_) | Intent::Deactivate(_) | Intent::Prolong(_) => plane.descriptor().chooses_ids,
        Intent::Cancel(_) => true,
        Intent::Decide(_) => false,
    };
    is_safe && sends < MOST_SENDS
}

/// When what a provisioned activation brought is over: its time counts from the start, or from the approval where that came later.
fn ends(operation: &Operation) -> Option<jiff::Timestamp> {
    let Intent::Activate(draft) = &operation.intent else { return None };
    draft.start.max(operation.updated).checked_add(draft.duration.signed()).ok()
}

fn decided(outcome: Outcome, verdict: &Verdict, operation: &mut Operation) -> Found {
    let refusal = match outcome {
        Outcome::Open => return Found::Nothing,
        Outcome::Own(decision) if decision == verdict.decision => return Found::State(OperationState::Done),
        Outcome::Other => Refusal::DecidedBySomebodyElse,
        // The person themselves decided otherwise, elsewhere: there is nothing left to decide.
        Outcome::Own(_) | Outcome::Gone => Refusal::Gone,
    };
    operation.refusal = Some(refusal);
    Found::State(OperationState::Rejected)
}

fn fingerprint(operation: &Operation) -> Fingerprint {
    Fingerprint {
        request_id: operation.request_id.clone(),
        target: operation.intent.target().clone(),
        action: operation.intent.action(),
        justification: operation.intent.justification().to_owned(),
        sent: operation.sent.unwrap_or(operation.created),
    }
}
