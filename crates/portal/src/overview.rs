//! What a person holds and what they may activate, plane by plane.
//!
//! Each list is read apart, so that one plane's trouble stays its own, and is kept briefly (see [`crate::kept`]). The page asks
//! for all of them at once and draws each when it is there.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join;
use jiff::Timestamp;
use moka::future::Cache;
use pim::assignment::{Assignment, AssignmentOrigin};
use pim::clock::Clock;
use pim::eligibility::Eligibility;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, PrincipalId, TenantId};
use pim::plane::{Caller, Plane};
use pim::policy::{Policy, PolicyReading};
use pim::request::{Progress, Request, RequestAction};
use pim::target::Target;

use crate::{Portal, Session, kept};

/// How long a policy that was read serves everybody in the tenant. Administrators change policies rarely, and the service
/// enforces them whatever is shown.
const POLICY_LIFE: std::time::Duration = std::time::Duration::from_mins(10);

type Key = (TenantId, PrincipalId, PlaneId);

/// Lists and policies that were read lately.
pub(crate) struct Kept {
    held: kept::Kept<Key, Arc<Held>>,
    eligible: kept::Kept<Key, Arc<Vec<EligibleRole>>>,
    policies: Cache<(TenantId, Target), Policy>,
}

impl Kept {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            held: kept::Kept::new(clock.clone()),
            eligible: kept::Kept::new(clock),
            policies: Cache::builder().max_capacity(50_000).time_to_live(POLICY_LIFE).build(),
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
        let running = |row: &&Assignment| row.until.is_none_or(|until| until > now);
        if let Some(row) = self.active.iter().filter(running).find(|row| row.target.same_as(target)) {
            return Standing::Active(row.until);
        }
        let open = self.open.as_deref().unwrap_or_default();
        match open.iter().find(|request| request.target.same_as(target)) {
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
    ) -> Result<Arc<Vec<EligibleRole>>, PlaneError> {
        let port = self.plane(plane).ok_or(ErrorKind::NotFound)?.clone();
        let (caller, kept) = (session.caller.clone(), self.kept.clone());
        self.kept
            .eligible
            .get(key(session, plane), async move { read_eligible(&*port, &caller, &kept.policies).await })
            .await
    }

    /// Starts all reads at once, so that the page finds them on their way when it comes to draw them.
    pub fn prefetch(&self, session: &Session) {
        for plane in self.planes.iter().map(|plane| plane.descriptor().id.clone()) {
            let (portal, session) = (self.clone(), session.clone());
            tokio::spawn(async move {
                join(portal.held(&session, &plane), portal.eligible(&session, &plane)).await
            });
        }
    }

    /// Forgets what was read for this person, so that the next look is fresh.
    pub async fn forget(&self, session: &Session) {
        for plane in self.planes() {
            self.forget_plane(session, &plane.id).await;
        }
    }

    pub(crate) async fn forget_plane(&self, session: &Session, plane: &PlaneId) {
        self.kept.eligible.forget(&key(session, plane)).await;
        self.kept.held.forget(&key(session, plane)).await;
    }
}

fn key(session: &Session, plane: &PlaneId) -> Key {
    (session.caller.tenant, session.caller.principal, plane.clone())
}

async fn read_held(plane: &dyn Plane, caller: &Caller, now: Timestamp) -> Result<Arc<Held>, PlaneError> {
    let (assignments, requests) = join(plane.assignments(caller), plane.requests(caller)).await;
    let (mut active, mut assigned): (Vec<_>, Vec<_>) =
        assignments?.into_iter().partition(|row| row.origin == AssignmentOrigin::Activated);
    active.sort_by_key(|row| (row.until.is_none(), row.until));
    assigned.sort_by(|a, b| a.names.title.cmp(&b.names.title));
    let open = requests.map(|all| all.into_iter().filter(|request| is_open(request, now)).collect());
    Ok(Arc::new(Held { active, assigned, open }))
}

/// Whether a request still waits for somebody or for its start.
fn is_open(request: &Request, now: Timestamp) -> bool {
    request.action == RequestAction::Activate
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
) -> Result<Arc<Vec<EligibleRole>>, PlaneError> {
    let mut rows = plane.eligibilities(caller).await?;
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
    Ok(Arc::new(rows.into_iter().map(with_policy).collect()))
}
