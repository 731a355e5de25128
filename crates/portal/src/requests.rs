//! The person's own requests: which wait, for whom or for what, and which came to their end lately.
//!
//! The journal knows what the portal did; the planes' request lists know the rest, what other tools asked for included. One request is
//! one [`Entry`] of the history, whoever remembers it; this adds where it is stuck. To add a way to be stuck, add a [`Stage`].

use jiff::{SignedDuration, Timestamp};
use pim::error::PlaneError;
use pim::ids::{BatchId, OperationId, PlaneId, RequestId};
use pim::journal::{Intent, Operation, OperationState};
use pim::policy::ApprovalRequirement;
use pim::request::{Progress, Request};

use crate::history::{self, DEFAULT_REACH, Entry, Kind, Outcome};
use crate::{Portal, PortalError, Session};

/// How long what came to its end is listed here; the history has the rest.
pub const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many of those are listed at most.
const MOST_ENDED: usize = 8;

/// The person's requests, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    /// Not at their end, the newest first.
    pub open: Vec<Open>,
    /// Came to their end lately, the newest first; of several at most eight.
    pub ended: Vec<Entry>,
    /// Planes whose requests could not be read, and why. What the portal itself asked for there is listed all the same.
    pub unread: Vec<(PlaneId, PlaneError)>,
}

/// A request that is not at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Open {
    /// What it is, and what happened so far.
    pub entry: Entry,
    /// Where it is stuck.
    pub stage: Stage,
    /// When it starts, where that is later.
    pub start: Option<Timestamp>,
    /// Who can approve it, where somebody has to.
    pub approval: ApprovalRequirement,
    /// The service's id of it, where it can be withdrawn.
    pub withdraw: Option<RequestId>,
    /// The portal's own operation behind it.
    pub operation: Option<(BatchId, OperationId)>,
}

/// What an open request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The person has to sign in more strongly; nothing was created so far.
    StrongerSignIn {
        /// Whether that was done: then only the confirmation is missing.
        made: bool,
    },
    /// An approver has to decide.
    Approval,
    /// An administrator has to decide.
    Administrator,
    /// The service is working on it, or it is on its way there.
    Provisioning,
    /// The answer was lost: the portal looks for it.
    Unsure,
    /// Granted; it starts later.
    Scheduled,
    /// The portal sends it then, or as soon as it can.
    Queued(Option<Timestamp>),
}

impl Stage {
    fn of_operation(operation: &Operation) -> Self {
        match operation.state {
            OperationState::AwaitingStepUp => Self::StrongerSignIn { made: false },
            OperationState::PendingApproval if matches!(operation.intent, Intent::Prolong(_)) => {
                Self::Administrator
            }
            OperationState::PendingApproval => Self::Approval,
            OperationState::Scheduled => Self::Scheduled,
            OperationState::Queued => Self::Queued(operation.not_before),
            OperationState::Unsure => Self::Unsure,
            _ => Self::Provisioning,
        }
    }

    fn of_request(request: &Request) -> Self {
        match request.status.progress() {
            Progress::WaitingForApproval => Self::Approval,
            Progress::WaitingForAdministrator => Self::Administrator,
            Progress::Granted => Self::Scheduled,
            _ => Self::Provisioning,
        }
    }
}

impl Portal {
    /// The person's own requests on all planes. Fails only when the portal's own journal cannot be read.
    pub async fn requests(&self, session: &Session) -> Result<Requests, PortalError> {
        let caller = &session.caller;
        let since = self.clock.now().saturating_sub(DEFAULT_REACH).unwrap_or(Timestamp::MIN);
        let operations = self.journal.recent(caller.tenant, caller.principal, since).await?;
        // First, because what has moved on makes the lists stale.
        let operations = self.look_at(session, operations).await;
        let (mut open, mut closed, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        for plane in self.planes() {
            let held = self.held(session, &plane.id).await;
            match held.as_ref().map(|held| (&held.open, &held.closed)) {
                Ok((Ok(waiting), over)) => {
                    open.extend_from_slice(waiting);
                    closed.extend_from_slice(over);
                }
                Ok((Err(error), _)) | Err(error) => unread.push((plane.id.clone(), error.clone())),
            }
        }
        let now = self.clock.now();
        let mut entries = history::of(operations.clone(), [open.clone(), closed].concat(), now);
        self.name(session, &mut entries).await;
        let mut told = Requests { unread, ..Requests::default() };
        for entry in entries {
            let operation = operations.iter().find(|one| is_of(one, &entry) && !one.state.is_final());
            let request = open.iter().find(|one| is_same(one, &entry));
            let stage = match (operation, request) {
                (Some(operation), _) => Stage::of_operation(operation),
                (None, Some(request)) => Stage::of_request(request),
                (None, None) => {
                    if is_worth_telling(&entry, now) && told.ended.len() < MOST_ENDED {
                        told.ended.push(entry);
                    }
                    continue;
                }
            };
            told.open.push(self.opened(session, entry, stage, operation, request).await);
        }
        Ok(told)
    }

    async fn opened(
        &self,
        session: &Session,
        entry: Entry,
        stage: Stage,
        operation: Option<&Operation>,
        request: Option<&Request>,
    ) -> Open {
        let stage = match (stage, operation) {
            (Stage::StrongerSignIn { .. }, Some(operation)) => {
                let groups = self.awaiting_step_up(session, std::slice::from_ref(operation)).await;
                Stage::StrongerSignIn { made: groups.iter().any(|group| group.made) }
            }
            _ => stage,
        };
        let approval = match stage {
            Stage::Approval => self.approval_of(session, &entry).await,
            _ => ApprovalRequirement::NotRequired,
        };
        let drafted = operation.and_then(|operation| match &operation.intent {
            Intent::Activate(draft) => Some(draft.start),
            _ => None,
        });
        let start = request.and_then(|request| request.start).or(drafted);
        Open {
            entry,
            stage,
            // What was to start at once may start a moment after it was asked for.
            start: start
                .filter(|start| start.duration_since(self.clock.now()) > SignedDuration::from_mins(1)),
            approval,
            withdraw: request.map(|request| request.id.clone()),
            operation: operation.map(|operation| (operation.batch, operation.id)),
        }
    }

    /// Who can approve, as far as the role's policy tells.
    async fn approval_of(&self, session: &Session, entry: &Entry) -> ApprovalRequirement {
        let eligible = self.eligible(session, &entry.plane).await.ok();
        let target = entry.target();
        let role = eligible.as_deref().and_then(|all| {
            let mut roles = all.roles.iter();
            roles.find(|role| target.is_some_and(|target| role.eligibility.target.same_as(target)))
        });
        role.map_or(ApprovalRequirement::Unknown, |role| role.policy.policy().approval)
    }

    /// Whether `id` is one of the person's own open requests on `plane`, as far as that can be read.
    pub async fn is_own_request(&self, session: &Session, plane: &PlaneId, id: &str) -> bool {
        let held = self.held(session, plane).await;
        held.is_ok_and(|held| {
            let open = held.open.as_deref().unwrap_or_default();
            open.iter().any(|request| request.id.as_str().eq_ignore_ascii_case(id))
        })
    }
}

fn is_of(operation: &Operation, entry: &Entry) -> bool {
    entry.batch == Some(operation.batch) && entry.target() == Some(operation.intent.target())
}

fn is_same(request: &Request, entry: &Entry) -> bool {
    let id = entry.request.as_deref();
    entry.plane == request.target.plane && id.is_some_and(|id| id.eq_ignore_ascii_case(request.id.as_str()))
}

/// Whether a request that is not open belongs among those that ended lately.
fn is_worth_telling(entry: &Entry, now: Timestamp) -> bool {
    let asks = matches!(entry.kind, Kind::Activation | Kind::Prolongation | Kind::Renewal);
    let last = entry.timeline.iter().map(|moment| moment.at).max().unwrap_or(entry.at);
    asks && entry.outcome != Outcome::Open && now.duration_since(last) <= LATELY
}
