//! Carries out operations: stores the intent, sends it once, stores what is known after it.
//!
//! Used by every use case that writes. The only place that calls the writing methods of a [`Plane`].

use futures::future::join_all;
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use pim::approval::Decided;
use pim::challenge::Challenge;
use pim::error::{ErrorKind, PlaneError, Violation};
use pim::ids::{BatchId, OperationId, RequestId};
use pim::journal::{Existing, Intent, Operation, OperationState, Refusal, Step};
use pim::plane::{Plane, Rejection, Submission};
use pim::request::{Progress, Request};
use pim::target::Names;
use pim::tokens::TokenError;
use tracing::Instrument as _;

use crate::overview::{Standing, read_held};
use crate::{Portal, PortalError, Session};

/// How often an operation may be sent away for a stronger sign-in: an endless row of different demands is a refusal.
const MOST_STEP_UPS: usize = 4;

/// Something to carry out.
pub(crate) struct Task {
    pub(crate) intent: Intent,
    pub(crate) names: Names,
    /// The stronger sign-in that is known to be needed.
    pub(crate) challenge: Option<Challenge>,
    /// Not before this: the portal sends it by itself when the time has come.
    pub(crate) not_before: Option<Timestamp>,
}

impl Task {
    pub(crate) fn new(intent: Intent, names: Names) -> Self {
        Self { intent, names, challenge: None, not_before: None }
    }
}

impl Portal {
    /// Stores `tasks` as one batch and carries them out side by side. Returns when all have been answered, or when the person has
    /// waited long enough; whatever is still under way goes on. Does nothing where the batch was carried out already.
    pub(crate) async fn carry_out(
        &self,
        session: &Session,
        batch: BatchId,
        tasks: Vec<Task>,
    ) -> Result<(), PortalError> {
        let now = self.clock.now();
        let operations: Vec<Operation> =
            tasks.into_iter().map(|task| operation(session, batch, task, now)).collect();
        let (queued, ready): (Vec<_>, Vec<_>) =
            operations.iter().cloned().partition(|operation| operation.state == OperationState::Queued);
        // From before they are stored under this portal's lease until the task that sends them has them.
        let _taken: Vec<_> = ready.iter().map(|operation| self.in_hand.take(operation)).collect();
        if !self.journal.append(&operations, now + self.pace.lease).await? {
            return Ok(());
        }
        for operation in &operations {
            self.bell.ring(operation);
        }
        for operation in queued {
            let due = operation.not_before;
            self.journal.advance(&operation, operation.state, due).await?;
        }
        self.send_all(session, batch, ready).await;
        Ok(())
    }

    /// Parts `tasks` into those that are new and the batch of those that have been queued since `since`: a second click queues nothing
    /// more.
    pub(crate) async fn not_queued(
        &self,
        session: &Session,
        since: Timestamp,
        tasks: Vec<Task>,
    ) -> Result<(Vec<Task>, Option<BatchId>), PortalError> {
        let mut queued = self.journal.recent(session.caller.tenant, session.caller.principal, since).await?;
        queued.retain(|operation| operation.state == OperationState::Queued);
        let mut earlier = None;
        let is_new = |task: &Task| {
            let same = |known: &&Operation| {
                task.not_before.is_some()
                    && known.intent.action() == task.intent.action()
                    && known.intent.target().same_as(task.intent.target())
            };
            let known = queued.iter().find(same);
            earlier = earlier.or(known.map(|known| known.batch));
            known.is_none()
        };
        let tasks = tasks.into_iter().filter(is_new).collect();
        Ok((tasks, earlier))
    }

    /// Sends operations side by side, for as long as the person waits; what is still under way goes on.
    pub(crate) async fn send_all(&self, session: &Session, batch: BatchId, operations: Vec<Operation>) {
        let (portal, session) = (self.clone(), session.clone());
        let work = async move {
            let mut sending: FuturesUnordered<_> =
                operations.into_iter().map(|operation| portal.send(&session, operation)).collect();
            while sending.next().await.is_some() {}
            drop(sending);
            join_all(portal.planes().map(|plane| portal.forget_plane(&session, &plane.id))).await;
            // One look at once: what is usable already should be called so on the first page.
            let _ = portal.track(&session, batch).await;
        };
        let work = tokio::spawn(work.in_current_span());
        let _ = tokio::time::timeout(self.pace.patience, work).await;
    }

    /// Sends an operation that is prepared, waits for its stronger sign-in, or is to be sent again under its own id. Returns it as it
    /// is afterwards.
    pub(crate) async fn send(&self, session: &Session, mut operation: Operation) -> Operation {
        let Some(plane) = self.plane(&operation.intent.target().plane).cloned() else { return operation };
        let _taken = self.in_hand.take(&operation);
        let mut session = session.clone();
        if let Some(challenge) = operation.challenge.clone() {
            match session.caller.tokens.stronger_token(&challenge).await {
                Ok(_) => session.caller = session.caller.stronger(challenge),
                Err(error) => {
                    self.not_sent(&mut operation, &error).await;
                    return operation;
                }
            }
        }
        if self.in_hand.is_closed() {
            return operation;
        }
        let now = self.clock.now();
        // A start that has passed meanwhile is refused by the service. It is moved, unless this repeats what may have gone through.
        if operation.state != OperationState::Unsure
            && let Intent::Activate(draft) = &mut operation.intent
        {
            draft.start = draft.start.max(now);
        }
        operation.sent = Some(now);
        operation.refusal = None;
        // Whoever moves it to "sending" sends it; nobody else does.
        match self.advance(&mut operation, OperationState::Sending).await {
            Ok(true) => {}
            Ok(false) => return operation,
            Err(_) => {
                tracing::error!(operation = %operation.id, "journal failed; the operation was not sent");
                return operation;
            }
        }
        self.in_hand.note(&operation);
        let next = self.call(&session, &*plane, &mut operation).await;
        if self.advance(&mut operation, next).await.is_err() {
            tracing::error!(operation = %operation.id, "journal failed after the send; it will be looked up");
        }
        operation
    }

    /// It cannot be sent for want of a token.
    async fn not_sent(&self, operation: &mut Operation, error: &TokenError) {
        let next = match error {
            TokenError::StepUpRequired(_) if operation.state == OperationState::AwaitingStepUp => return,
            // What may have gone through is looked up first.
            _ if operation.state == OperationState::Unsure => return,
            TokenError::StepUpRequired(_) => OperationState::AwaitingStepUp,
            error => {
                operation.refusal = Some(refusal(PlaneError::from(error.clone()).kind, None));
                OperationState::Rejected
            }
        };
        if self.advance(operation, next).await.is_err() {
            tracing::error!(operation = %operation.id, "journal failed; the operation was not sent");
        }
    }

    /// Makes the call, and tells what its answer means for the operation.
    async fn call(&self, session: &Session, plane: &dyn Plane, operation: &mut Operation) -> OperationState {
        let caller = &session.caller;
        let id = &operation.request_id;
        let answer = match &operation.intent {
            Intent::Activate(draft) => plane.submit(caller, draft, id).await,
            Intent::Deactivate(assignment) => plane.deactivate(caller, assignment, id).await,
            Intent::Cancel(request) => plane.cancel(caller, request).await,
            Intent::Prolong(wish) => plane.prolong(caller, wish, id).await,
            Intent::Decide(verdict) => {
                let answer = match plane.approvals() {
                    Some(approvals) => approvals.decide(caller, verdict).await,
                    None => Err(ErrorKind::NotFound.into()),
                };
                return learn_decision(operation, answer);
            }
        };
        self.learn(session, plane, operation, answer).await
    }

    /// What an answer means for the operation.
    async fn learn(
        &self,
        session: &Session,
        plane: &dyn Plane,
        operation: &mut Operation,
        answer: Result<Submission, PlaneError>,
    ) -> OperationState {
        match answer {
            Ok(Submission::Accepted(request)) => self.learn_request(operation, request),
            Ok(Submission::Unsure) => OperationState::Unsure,
            // Whatever stands in the way of a repetition says nothing about the first send, which may have gone through.
            _ if was_sent_before(operation) => OperationState::Unsure,
            Ok(Submission::StepUp(challenge)) => step_up(operation, challenge),
            Ok(Submission::Rejected(Rejection { violations, correlation_id })) => {
                operation.correlation_id = correlation_id;
                let audience = plane.descriptor().audience;
                match violations.as_slice() {
                    // Its own id: an earlier send went through after all.
                    [Violation::RequestExists] => OperationState::Unsure,
                    [Violation::AlreadyActive | Violation::AlreadyPending]
                        if matches!(operation.intent, Intent::Activate(_)) =>
                    {
                        operation.refusal =
                            Some(Refusal::Exists(self.existing(session, plane, operation).await));
                        OperationState::Rejected
                    }
                    [Violation::MfaMissing] => step_up(operation, Challenge::mfa(audience)),
                    _ => {
                        operation.refusal = Some(Refusal::Violations(violations));
                        OperationState::Rejected
                    }
                }
            }
            Err(error) => learn_error(operation, error),
        }
    }

    /// What stands in the way of an activation: looked up afresh, because the service uses one word for all of it.
    async fn existing(&self, session: &Session, plane: &dyn Plane, operation: &Operation) -> Existing {
        let now = self.clock.now();
        let target = operation.intent.target();
        match read_held(plane, &session.caller, now).await.map(|held| held.standing(target, now)) {
            Ok(Standing::Active(until)) => Existing::Active(until),
            Ok(Standing::Waiting) => Existing::InFlight,
            Ok(Standing::Scheduled(start)) => Existing::Scheduled(start),
            Ok(Standing::Free) | Err(_) => Existing::Settling,
        }
    }

    /// What the service's own account of a request means for the operation.
    pub(crate) fn learn_request(&self, operation: &mut Operation, request: Request) -> OperationState {
        let now = self.clock.now();
        let starts_later = request.start.is_some_and(|start| start > now);
        let progress = request.status.progress();
        let state = OperationState::from_status(&request.status, starts_later);
        match &operation.intent {
            // Its request is somebody's earlier one: only whether it was withdrawn matters.
            Intent::Cancel(_) => match progress {
                Progress::Cancelled => OperationState::Cancelled,
                Progress::WaitingForApproval
                | Progress::WaitingForAdministrator
                | Progress::Granted
                | Progress::Working
                | Progress::Unknown => OperationState::Unsure,
                _ => {
                    operation.refusal = Some(Refusal::Gone);
                    OperationState::Rejected
                }
            },
            Intent::Prolong(_) => {
                operation.request_id = request.id;
                if state == OperationState::Provisioned { OperationState::Done } else { state }
            }
            Intent::Deactivate(assignment) => {
                operation.request_id = request.id;
                // One of the two documented forms of the five-minute floor: a 201 that has failed.
                let sent = operation.sent.unwrap_or(now);
                let too_early = assignment.deactivatable_from().is_some_and(|from| sent < from);
                if state == OperationState::Failed && too_early {
                    operation.refusal = Some(Refusal::Violations(vec![Violation::TooShort]));
                }
                if state == OperationState::Provisioned { OperationState::Revoked } else { state }
            }
            Intent::Activate(_) | Intent::Decide(_) => {
                operation.request_id = request.id;
                state
            }
        }
    }

    /// Moves the operation on, stores it and tells. `Ok(false)`: somebody else was quicker, and nothing was stored.
    pub(crate) async fn advance(
        &self,
        operation: &mut Operation,
        to: OperationState,
    ) -> Result<bool, PortalError> {
        let from = operation.state;
        operation.enter(to, self.clock.now());
        let due = self.due(operation);
        let moved = self.journal.advance(operation, from, due).await?;
        if moved {
            self.bell.ring(operation);
        }
        Ok(moved)
    }

    /// When somebody has to look at the operation again.
    pub(crate) fn due(&self, operation: &Operation) -> Option<Timestamp> {
        let after = |wait| operation.updated.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let looked =
            || self.clock.now().saturating_add(self.pace.next_look(operation)).unwrap_or(Timestamp::MAX);
        match operation.state {
            OperationState::Prepared | OperationState::Sending => Some(after(self.pace.lease)),
            OperationState::Queued => operation.not_before,
            OperationState::AwaitingStepUp => Some(after(self.pace.step_up_within)),
            state if state.is_final() => None,
            _ => Some(looked()),
        }
    }
}

fn operation(session: &Session, batch: BatchId, task: Task, now: Timestamp) -> Operation {
    let Task { intent, names, challenge, not_before } = task;
    let state = if not_before.is_some() { OperationState::Queued } else { OperationState::Prepared };
    Operation {
        id: OperationId::random(),
        batch,
        tenant: session.caller.tenant,
        principal: session.caller.principal,
        vault: session.vault,
        intent,
        names,
        request_id: RequestId(OperationId::random().to_string()),
        state,
        timeline: vec![Step { state, at: now }],
        challenge,
        sent: None,
        not_before,
        looks: 0,
        put_down: false,
        refusal: None,
        correlation_id: None,
        created: now,
        updated: now,
    }
}

/// Whether an earlier send's answer was lost, and nothing was proved of it since.
fn was_sent_before(operation: &Operation) -> bool {
    let steps = operation.timeline.iter().rev().map(|step| step.state);
    steps
        .take_while(|state| *state != OperationState::NotCreated)
        .any(|state| state == OperationState::Unsure)
}

/// A demand for a stronger sign-in: waits for it, unless it was made already.
fn step_up(operation: &mut Operation, challenge: Challenge) -> OperationState {
    let waited =
        operation.timeline.iter().filter(|step| step.state == OperationState::AwaitingStepUp).count();
    if operation.challenge.as_ref() == Some(&challenge) || waited >= MOST_STEP_UPS {
        operation.refusal = Some(Refusal::StepUpInVain);
        return OperationState::Rejected;
    }
    operation.challenge = Some(challenge);
    OperationState::AwaitingStepUp
}

fn learn_error(operation: &mut Operation, error: PlaneError) -> OperationState {
    operation.correlation_id = error.correlation_id;
    if let ErrorKind::StepUpRequired(challenge) = error.kind {
        return step_up(operation, challenge);
    }
    let is_about_a_request = matches!(operation.intent, Intent::Cancel(_) | Intent::Decide(_));
    operation.refusal = Some(match error.kind {
        ErrorKind::NotFound if is_about_a_request => Refusal::Gone,
        kind => refusal(kind, error.code),
    });
    OperationState::Rejected
}

fn learn_decision(operation: &mut Operation, answer: Result<Decided, PlaneError>) -> OperationState {
    let refusal = match answer {
        Ok(Decided::Done) => return OperationState::Done,
        Ok(Decided::Unsure) => return OperationState::Unsure,
        Ok(Decided::StepUp(challenge)) => return step_up(operation, challenge),
        Ok(Decided::BySomebodyElse) => Refusal::DecidedBySomebodyElse,
        Ok(Decided::OwnRequest) => Refusal::OwnRequest,
        Ok(Decided::Gone) => Refusal::Gone,
        Err(error) => return learn_error(operation, error),
    };
    operation.refusal = Some(refusal);
    OperationState::Rejected
}

fn refusal(kind: ErrorKind, code: Option<String>) -> Refusal {
    match kind {
        ErrorKind::Throttled { .. } => Refusal::Throttled,
        ErrorKind::Forbidden { .. } => Refusal::Forbidden,
        ErrorKind::ConsentMissing => Refusal::ConsentMissing,
        ErrorKind::SignInRequired => Refusal::SignInRequired,
        ErrorKind::Unavailable | ErrorKind::TimedOut => Refusal::Unavailable,
        ErrorKind::Rejected(violations) => Refusal::Violations(violations),
        ErrorKind::StepUpRequired(_) => Refusal::Violations(vec![Violation::ContextMissing]),
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::LicenceMissing | ErrorKind::Protocol => {
            Refusal::Other(code)
        }
    }
}
