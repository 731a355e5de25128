//! What a person holds and what they may activate, plane by plane.
//!
//! Each list is read apart, so that one plane's trouble stays its own, and is kept briefly (see [`crate::kept`]). The page asks
//! for all of them at once and draws each when it is there.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::{join, join3};
use jiff::Timestamp;
use moka::future::Cache;
use pim::approval::Waiting;
use pim::assignment::{Assignment, AssignmentOrigin};
use pim::child_scope::ChildScope;
use pim::clock::Clock;
use pim::context::AuthenticationContext;
use pim::directory::Directory;
use pim::eligibility::Eligibility;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, PrincipalId, TenantId};
use pim::listing::{Coverage, Listing};
use pim::plane::{Caller, Plane};
use pim::policy::{Policy, PolicyReading};
use pim::request::{Progress, Request, RequestAction};
use pim::target::Target;

use crate::familiar::Uses;
use crate::prolong::{self, Ended};
use crate::requests::LATELY;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::Instrument as _;

use crate::settings::{self, Settings};
use crate::{Portal, Session, kept};

/// How long a policy that was read serves everybody in the tenant. Administrators change policies rarely, and the service
/// enforces them whatever is shown.
const POLICY_LIFE: std::time::Duration = std::time::Duration::from_mins(10);

/// How long the names of authentication contexts serve everybody in the tenant: the service takes one call a second from all
/// applications of a tenant together.
const CONTEXT_LIFE: std::time::Duration = std::time::Duration::from_hours(1);

/// How long it may take until a use is counted: nobody looks at numbers that closely, and counting reads all of the journal.
const USES_LIFE: std::time::Duration = std::time::Duration::from_mins(5);

/// How long nobody may have queued anything before their lock is forgotten: longer than any holds it.
const QUEUEING: std::time::Duration = std::time::Duration::from_mins(10);

pub(crate) type Key = (TenantId, PrincipalId, PlaneId);

/// Lists and policies that were read lately.
pub(crate) struct Kept {
    held: kept::Kept<Key, Arc<Held>>,
    pub(crate) eligible: kept::Kept<Key, Arc<EligibleRoles>>,
    policies: Cache<(TenantId, Target), Policy>,
    /// What a dry run taught of policies that could not be read. A person's own: what they are refused, others may not be.
    pub(crate) dry_runs: Cache<(TenantId, PrincipalId, Target), Policy>,
    contexts: kept::Kept<(TenantId, PrincipalId), Arc<Vec<AuthenticationContext>>>,
    pub(crate) children: kept::Kept<(TenantId, PrincipalId, Target), Arc<Listing<ChildScope>>>,
    pub(crate) directories: kept::Kept<(TenantId, PrincipalId), Arc<[Directory]>>,
    pub(crate) waiting: kept::Kept<Key, Arc<Vec<Waiting>>>,
    pub(crate) settings: kept::Kept<(TenantId, PrincipalId), Settings>,
    pub(crate) uses: Cache<(TenantId, PrincipalId), Arc<Uses>>,
    queueing: Cache<(TenantId, PrincipalId), Arc<Mutex<()>>>,
}

impl Kept {
    /// The lock of who looks for what a person has queued and queues the rest: of two clicks at once, the second finds the first.
    pub(crate) async fn queueing(&self, session: &Session) -> OwnedMutexGuard<()> {
        let person = (session.caller.tenant, session.caller.principal);
        self.queueing.get_with(person, async { Arc::default() }).await.lock_owned().await
    }

    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            held: kept::Kept::new(clock.clone()),
            eligible: kept::Kept::new(clock.clone()),
            policies: Cache::builder().max_capacity(50_000).time_to_live(POLICY_LIFE).build(),
            dry_runs: Cache::builder().max_capacity(20_000).time_to_live(POLICY_LIFE).build(),
            contexts: kept::Kept::lasting(clock.clone(), CONTEXT_LIFE),
            children: kept::Kept::new(clock.clone()),
            directories: kept::Kept::new(clock.clone()),
            waiting: kept::Kept::new(clock.clone()),
            settings: kept::Kept::lasting(clock, settings::LIFE),
            uses: Cache::builder().max_capacity(10_000).time_to_live(USES_LIFE).build(),
            queueing: Cache::builder().max_capacity(10_000).time_to_idle(QUEUEING).build(),
        }
    }
}

/// What a person holds, or has asked for, on one plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Activated assignments, the first to end first.
    pub active: Vec<Assignment>,
    /// Assignments by an administrator: nothing to deactivate.
    pub assigned: Vec<Assignment>,
    /// The person's open requests. An error here leaves the rest standing.
    pub open: Result<Vec<Request>, PlaneError>,
    /// The person's requests that came to their end [lately](crate::requests::LATELY).
    pub(crate) closed: Vec<Request>,
    /// Eligibilities that ended lately, as far as the requests tell. Some may be there again: see [`Portal::ended`].
    pub(crate) ended: Vec<Ended>,
    /// Whether assignments may be missing.
    pub coverage: Coverage,
}

/// What a person may activate on one plane.
#[derive(Clone, Debug, PartialEq)]
pub struct EligibleRoles {
    /// By name.
    pub roles: Vec<EligibleRole>,
    /// Whether roles may be missing.
    pub coverage: Coverage,
}

/// A role that a person may activate, with its policy.
#[derive(Clone, Debug, PartialEq)]
pub struct EligibleRole {
    /// The eligibility.
    pub eligibility: Eligibility,
    /// Its policy, as far as it could be read.
    pub policy: PolicyReading,
}

/// Whether a target is in use already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not active: it can be activated.
    Free,
    /// Active until then (`None`: without end).
    Active(Option<Timestamp>),
    /// A request waits for somebody.
    Waiting,
    /// Granted, and starts then, where the service says when.
    Scheduled(Option<Timestamp>),
}

impl Held {
    /// Whether `target` is active, waiting, or neither, at `now`.
    #[must_use]
    pub fn standing(&self, target: &Target, now: Timestamp) -> Standing {
        let running = |row: &&Assignment| row.is_active_at(now) && row.target.same_as(target);
        if let Some(row) = self.active.iter().find(running) {
            return Standing::Active(row.until);
        }
        let open = self.open.as_deref().unwrap_or_default();
        let in_the_way =
            |request: &&Request| request.action == RequestAction::Activate && request.target.same_as(target);
        match open.iter().find(in_the_way) {
            Some(request) if request.status.progress() == Progress::Granted => {
                Standing::Scheduled(request.start)
            }
            Some(_) => Standing::Waiting,
            None => Standing::Free,
        }
    }
}

impl Portal {
    /// What the person holds on `plane`.
    pub async fn held(&self, session: &Session, plane: &PlaneId) -> Result<Arc<Held>, PlaneError> {
        let port = self.plane(plane).ok_or(ErrorKind::NotFound)?.clone();
        let (caller, clock) = (session.caller.clone(), self.clock.clone());
        self.kept
            .held
            .get(key(session, plane), async move { read_held(&*port, &caller, clock.now()).await })
            .await
    }

    /// What the person may activate on `plane`, with policies.
    pub async fn eligible(
        &self,
        session: &Session,
        plane: &PlaneId,
    ) -> Result<Arc<EligibleRoles>, PlaneError> {
        let port = self.plane(plane).ok_or(ErrorKind::NotFound)?.clone();
        let (caller, kept) = (session.caller.clone(), self.kept.clone());
        self.kept
            .eligible
            .get(key(session, plane), async move { read_eligible(&*port, &caller, &kept.policies).await })
            .await
    }

    /// What is known of authentication contexts: nothing, where the person may not read about them.
    pub async fn contexts(&self, session: &Session) -> Arc<Vec<AuthenticationContext>> {
        let Some(port) = self.contexts.clone() else { return Arc::default() };
        let caller = session.caller.clone();
        let read = self.kept.contexts.get((caller.tenant, caller.principal), async move {
            match port.contexts(&caller).await {
                Ok(contexts) => Ok(Arc::new(contexts)),
                // Not allowed now, and not in a minute either: the question is not asked again for a while.
                Err(error) if matches!(error.kind, ErrorKind::Forbidden { .. }) => Ok(Arc::default()),
                Err(error) => Err(error),
            }
        });
        read.await.unwrap_or_default()
    }

    /// Starts all reads at once, so that the page finds them on their way when it comes to draw them.
    pub fn prefetch(&self, session: &Session) {
        for plane in self.planes.iter().map(|plane| plane.descriptor().id.clone()) {
            let (portal, session) = (self.clone(), session.clone());
            let reading = async move {
                join3(
                    portal.held(&session, &plane),
                    portal.eligible(&session, &plane),
                    portal.waiting(&session, &plane),
                )
                .await
            };
            tokio::spawn(reading.in_current_span());
        }
    }

    /// Forgets what was read for this person, so that the next look is fresh.
    pub async fn forget(&self, session: &Session) {
        for plane in self.planes() {
            self.forget_plane(session, &plane.id).await;
        }
        self.kept.directories.forget(&(session.caller.tenant, session.caller.principal)).await;
    }

    pub(crate) async fn forget_plane(&self, session: &Session, plane: &PlaneId) {
        self.kept.eligible.forget(&key(session, plane)).await;
        self.kept.held.forget(&key(session, plane)).await;
        self.kept.waiting.forget(&key(session, plane)).await;
    }
}

pub(crate) fn key(session: &Session, plane: &PlaneId) -> Key {
    (session.caller.tenant, session.caller.principal, plane.clone())
}

pub(crate) async fn read_held(
    plane: &dyn Plane,
    caller: &Caller,
    now: Timestamp,
) -> Result<Arc<Held>, PlaneError> {
    let (assignments, requests) = join(plane.assignments(caller), plane.requests(caller)).await;
    let Listing { rows, coverage } = assignments?;
    let (mut active, mut assigned): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.origin == AssignmentOrigin::Activated);
    active.sort_by_key(|row| (row.until.is_none(), row.until));
    assigned.sort_by(|a, b| a.names.title.cmp(&b.names.title));
    let ended = requests.as_deref().map(|all| prolong::ended(all, now)).unwrap_or_default();
    let (open, closed) = match requests {
        Ok(all) => {
            let (open, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|request| is_open(request, now));
            (Ok(open), others.into_iter().filter(|request| is_closed_lately(request, now)).collect())
        }
        Err(error) => (Err(error), Vec::new()),
    };
    Ok(Arc::new(Held { active, assigned, open, closed, ended, coverage }))
}

/// Whether the person asks for something to have or to keep.
fn is_own(request: &Request) -> bool {
    matches!(request.action, RequestAction::Activate | RequestAction::Extend | RequestAction::Renew)
}

/// Whether a request that is not open any more is from lately.
fn is_closed_lately(request: &Request, now: Timestamp) -> bool {
    let last = request.completed.filter(|at| *at <= now).max(request.created);
    is_own(request) && last.is_some_and(|at| now.duration_since(at) <= LATELY)
}

/// Whether a request still waits for somebody or for its start.
fn is_open(request: &Request, now: Timestamp) -> bool {
    is_own(request)
        && match request.status.progress() {
            Progress::WaitingForApproval | Progress::WaitingForAdministrator | Progress::Working => true,
            // "Granted" stays on the request after its time has come and gone.
            Progress::Granted => request.start.is_some_and(|start| start > now),
            _ => false,
        }
}

async fn read_eligible(
    plane: &dyn Plane,
    caller: &Caller,
    kept: &Cache<(TenantId, Target), Policy>,
) -> Result<Arc<EligibleRoles>, PlaneError> {
    let Listing { mut rows, coverage } = plane.eligibilities(caller).await?;
    rows.sort_by(|a, b| {
        (&a.names.title, &a.names.place, &a.id).cmp(&(&b.names.title, &b.names.place, &b.id))
    });

    let mut readings: HashMap<Target, PolicyReading> = HashMap::new();
    let mut missing = Vec::new();
    for target in rows.iter().map(|row| &row.target) {
        if readings.contains_key(target) || missing.contains(target) {
            continue;
        }
        match kept.get(&(caller.tenant, target.clone())).await {
            Some(policy) => {
                readings.insert(target.clone(), PolicyReading::Known(policy));
            }
            None => missing.push(target.clone()),
        }
    }
    if !missing.is_empty() {
        for (target, reading) in plane.policies(caller, &missing).await {
            if let PolicyReading::Known(policy) = &reading {
                kept.insert((caller.tenant, target.clone()), policy.clone()).await;
            }
            readings.insert(target, reading);
        }
    }
    let unanswered = || PolicyReading::Unreadable(pim::policy::Unreadable::NoAnswer);
    let with_policy = |eligibility: Eligibility| EligibleRole {
        policy: readings.get(&eligibility.target).cloned().unwrap_or_else(unanswered),
        eligibility,
    };
    Ok(Arc::new(EligibleRoles { roles: rows.into_iter().map(with_policy).collect(), coverage }))
}
