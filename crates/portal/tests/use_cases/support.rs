//! A plane in memory, and what is needed to script it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use pim::approval::{Approvals, Decided, Outcome, Requester, Verdict, Waiting};
use pim::assignment::{Assignment, AssignmentOrigin};
use pim::challenge::Challenge;
use pim::child_scope::{ChildScope, ChildScopes};
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::error::{ErrorKind, PlaneError, Violation};
use pim::ids::{PlaneId, PrincipalId, RequestId, ScopeId};
use pim::listing::Listing;
use pim::plane::{Caller, Descriptor, Fingerprint, Plane, Rejection, Submission, Validation};
use pim::policy::{Policy, PolicyReading, Unreadable};
use pim::prolongation::Prolongation;
use pim::request::{Request, RequestAction, RequestRef, RequestStatus};
use pim::target::{MemberType, Names, Target};
use pim::tokens::Audience;
use portal::selection::RowKey;
use tokio::sync::Semaphore;

/// What a plane answers to the next write.
pub(crate) enum Answer {
    Accepted(&'static str),
    Rejected(Vec<Violation>),
    Unsure,
    StepUp(Challenge),
    Fails(ErrorKind),
}

/// What a plane has, and what was asked of it.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) eligibilities: Vec<Eligibility>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) requests: Vec<Request>,
    /// A target without a policy here has one that cannot be read.
    pub(crate) policies: HashMap<Target, Policy>,
    /// Answers to the next writes; "Provisioned" when there are none.
    pub(crate) answers: VecDeque<Answer>,
    /// Other people's requests that wait for whoever asks.
    pub(crate) waiting: Vec<Waiting>,
    /// What decisions are answered with, by approval; "done" where there is nothing.
    pub(crate) decided: HashMap<&'static str, Decided>,
    /// What approvals say when they are read again, by approval; "open" where there is nothing.
    pub(crate) outcomes: HashMap<&'static str, Outcome>,
    /// What lies below every scope.
    pub(crate) below: Vec<ChildScope>,
    /// The status of every request that is read again; `None`: not found.
    pub(crate) status: Option<&'static str>,
    /// The status of a lost request that is looked for; `None`: the service has none.
    pub(crate) lost: Option<&'static str>,
    /// What dry runs say; one that is not here says nothing.
    pub(crate) dry_runs: HashMap<Target, Validation>,
    /// Reads that fail, by name.
    pub(crate) failing: HashSet<&'static str>,
    /// The ids that activations were sent under.
    pub(crate) ids: Vec<RequestId>,
    pub(crate) drafts: Vec<(PrincipalId, Draft)>,
    pub(crate) deactivated: Vec<(PrincipalId, Assignment)>,
    pub(crate) cancelled: Vec<RequestRef>,
    pub(crate) wishes: Vec<Prolongation>,
    pub(crate) verdicts: Vec<Verdict>,
    calls: Vec<&'static str>,
    gates: HashMap<&'static str, Arc<Semaphore>>,
}

pub(crate) struct FakePlane {
    descriptor: Descriptor,
    state: Mutex<State>,
}

impl FakePlane {
    pub(crate) fn new(id: &str, order: u8) -> Arc<Self> {
        Self::with(id, order, |_| {})
    }

    /// One whose requests carry ids of the portal's choice.
    pub(crate) fn choosing_ids(id: &str, order: u8) -> Arc<Self> {
        Self::with(id, order, |descriptor| descriptor.chooses_ids = true)
    }

    /// One whose roles make people eligible for roles on other planes, as membership of a group does.
    pub(crate) fn leading_on(id: &str, order: u8) -> Arc<Self> {
        Self::with(id, order, |descriptor| descriptor.leads_on = true)
    }

    fn with(id: &str, order: u8, change: impl FnOnce(&mut Descriptor)) -> Arc<Self> {
        let id = PlaneId::from(id);
        let mut descriptor = Descriptor {
            id,
            title: "",
            singular: "",
            short: "",
            empty: "",
            order,
            audience: Audience::Graph,
            chooses_ids: false,
            leads_on: false,
            admin_page: None,
        };
        change(&mut descriptor);
        Arc::new(Self { descriptor, state: Mutex::default() })
    }

    pub(crate) fn id(&self) -> &PlaneId {
        &self.descriptor.id
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// How often `call` was made.
    pub(crate) fn calls(&self, call: &str) -> usize {
        self.state().calls.iter().filter(|made| **made == call).count()
    }

    /// Keeps every further `call` waiting.
    pub(crate) fn hold(&self, call: &'static str) {
        self.state().gates.insert(call, Arc::new(Semaphore::new(0)));
    }

    pub(crate) fn release(&self, call: &'static str) {
        self.state().gates.remove(call).unwrap().add_permits(1_000);
    }

    /// Adds a role that may be activated, and its policy where it can be read.
    pub(crate) fn offers(&self, name: &str, policy: Option<Policy>) -> RowKey {
        let target = self.target(name);
        let names = Names { title: name.into(), place: "Directory".into() };
        if let Some(policy) = policy {
            self.state().policies.insert(target.clone(), policy);
        }
        let (member_type, schedule, condition) = (MemberType::Direct, None, None);
        let (id, until, privileged) = (name.into(), None, false);
        let role = Eligibility { id, target, names, member_type, until, schedule, condition, privileged };
        self.state().eligibilities.push(role);
        RowKey::new(self.id(), name)
    }

    /// Adds a role that is held.
    pub(crate) fn gives(&self, name: &str, origin: AssignmentOrigin) -> RowKey {
        let assignment = Assignment {
            id: format!("held-{name}").into(),
            target: self.target(name),
            names: Names { title: name.into(), place: "Directory".into() },
            origin,
            member_type: MemberType::Direct,
            since: None,
            until: None,
            eligibility_schedule: None,
            condition: None,
        };
        self.state().assignments.push(assignment);
        RowKey::new(self.id(), &format!("held-{name}"))
    }

    /// Adds a request of somebody else's that waits for a decision.
    pub(crate) fn asks(&self, name: &str) -> RowKey {
        let waiting = Waiting {
            id: name.into(),
            request: format!("request-{name}").as_str().into(),
            target: self.target(name),
            names: Names { title: name.into(), place: "Directory".into() },
            requester: Requester::default(),
            justification: None,
            ticket: None,
            start: None,
            duration: None,
            created: None,
        };
        self.state().waiting.push(waiting);
        RowKey::new(self.id(), name)
    }

    /// Adds a scope that lies below every other.
    pub(crate) fn contains(&self, scope: &str) {
        let (scope, name) = (ScopeId::from(scope), scope.to_owned());
        self.state().below.push(ChildScope { scope, name, kind: "Resource group".into(), path: Vec::new() });
    }

    pub(crate) fn target(&self, name: &str) -> Target {
        Target { plane: self.id().clone(), role: name.into(), scope: "/".into() }
    }

    async fn called(&self, call: &'static str) -> Result<(), PlaneError> {
        let gate = {
            let mut state = self.state();
            state.calls.push(call);
            state.gates.get(call).cloned()
        };
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        if self.state().failing.contains(call) { Err(ErrorKind::Unavailable.into()) } else { Ok(()) }
    }

    /// A request as the service tells it: an activation starts when it was asked to.
    fn request_for(&self, target: &Target, action: RequestAction, status: &str) -> Request {
        let state = self.state();
        let draft = state.drafts.iter().rev().map(|(_, draft)| draft).find(|draft| &draft.target == target);
        let start = draft.filter(|_| action == RequestAction::Activate).map(|draft| draft.start);
        Request { start, ..request(target, action, status) }
    }

    fn answer(&self, target: &Target, action: RequestAction) -> Result<Submission, PlaneError> {
        let answer = self.state().answers.pop_front().unwrap_or(Answer::Accepted("Provisioned"));
        let correlation_id = Some("correlation".to_owned());
        match answer {
            Answer::Accepted(status) => Ok(Submission::Accepted(self.request_for(target, action, status))),
            Answer::Rejected(violations) => {
                Ok(Submission::Rejected(Rejection { violations, correlation_id }))
            }
            Answer::Unsure => Ok(Submission::Unsure),
            Answer::StepUp(challenge) => Ok(Submission::StepUp(challenge)),
            Answer::Fails(kind) => Err(PlaneError { kind, code: None, correlation_id }),
        }
    }
}

/// A request as the service tells it, under the service's own id.
pub(crate) fn request(target: &Target, action: RequestAction, status: &str) -> Request {
    let (id, status) = (RequestId::from("theirs"), RequestStatus::from(status.to_owned()));
    Request {
        id,
        target: target.clone(),
        action,
        status,
        created: None,
        start: None,
        duration: None,
        names: None,
        ticket: None,
        completed: None,
        justification: None,
    }
}

#[async_trait]
impl Plane for FakePlane {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn eligibilities(&self, _: &Caller) -> Result<Listing<Eligibility>, PlaneError> {
        self.called("eligibilities").await?;
        Ok(self.state().eligibilities.clone().into())
    }

    async fn assignments(&self, _: &Caller) -> Result<Listing<Assignment>, PlaneError> {
        // Settled when asked, as it is with a slow network: what changes while it waits is not in it.
        let answer = self.state().assignments.clone();
        self.called("assignments").await?;
        Ok(answer.into())
    }

    async fn requests(&self, _: &Caller) -> Result<Vec<Request>, PlaneError> {
        self.called("requests").await?;
        Ok(self.state().requests.clone())
    }

    async fn policies(&self, _: &Caller, targets: &[Target]) -> HashMap<Target, PolicyReading> {
        let unreadable = PolicyReading::Unreadable(Unreadable::Forbidden);
        let failed = self.called("policies").await.is_err();
        let state = self.state();
        let reading = |target: &Target| match state.policies.get(target) {
            Some(policy) if !failed => PolicyReading::Known(policy.clone()),
            _ => unreadable.clone(),
        };
        targets.iter().map(|target| (target.clone(), reading(target))).collect()
    }

    async fn submit(&self, caller: &Caller, draft: &Draft, id: &RequestId) -> Result<Submission, PlaneError> {
        self.state().drafts.push((caller.principal, draft.clone()));
        self.state().ids.push(id.clone());
        self.called("submit").await?;
        self.answer(&draft.target, RequestAction::Activate)
    }

    async fn deactivate(
        &self,
        caller: &Caller,
        row: &Assignment,
        _: &RequestId,
    ) -> Result<Submission, PlaneError> {
        self.state().deactivated.push((caller.principal, row.clone()));
        self.called("deactivate").await?;
        self.answer(&row.target, RequestAction::Deactivate)
    }

    async fn validate(&self, _: &Caller, draft: &Draft) -> Result<Validation, PlaneError> {
        self.called("validate").await?;
        let said = self.state().dry_runs.get(&draft.target).cloned();
        said.ok_or_else(|| ErrorKind::Unavailable.into())
    }

    async fn cancel(&self, _: &Caller, asked: &RequestRef) -> Result<Submission, PlaneError> {
        self.state().cancelled.push(asked.clone());
        self.called("cancel").await?;
        self.answer(&asked.target, asked.action)
    }

    async fn prolong(
        &self,
        _: &Caller,
        wish: &Prolongation,
        _: &RequestId,
    ) -> Result<Submission, PlaneError> {
        self.state().wishes.push(wish.clone());
        self.called("prolong").await?;
        self.answer(&wish.target, RequestAction::Extend)
    }

    async fn request(&self, _: &Caller, asked: &RequestRef) -> Result<Request, PlaneError> {
        self.called("request").await?;
        let status = self.state().status.ok_or(ErrorKind::NotFound)?;
        Ok(self.request_for(&asked.target, asked.action, status))
    }

    async fn find(&self, _: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        self.called("find").await?;
        let status = self.state().lost;
        Ok(status.map(|status| self.request_for(&lost.target, lost.action, status)))
    }

    fn approvals(&self) -> Option<&dyn Approvals> {
        Some(self)
    }

    fn child_scopes(&self) -> Option<&dyn ChildScopes> {
        Some(self)
    }
}

#[async_trait]
impl Approvals for FakePlane {
    async fn waiting(&self, _: &Caller) -> Result<Vec<Waiting>, PlaneError> {
        self.called("waiting").await?;
        Ok(self.state().waiting.clone())
    }

    async fn decide(&self, _: &Caller, verdict: &Verdict) -> Result<Decided, PlaneError> {
        self.state().verdicts.push(verdict.clone());
        self.called("decide").await?;
        Ok(self.state().decided.get(verdict.waiting.id.as_str()).cloned().unwrap_or(Decided::Done))
    }

    async fn outcome(&self, _: &Caller, waiting: &Waiting) -> Result<Outcome, PlaneError> {
        self.called("outcome").await?;
        Ok(self.state().outcomes.get(waiting.id.as_str()).copied().unwrap_or(Outcome::Open))
    }
}

#[async_trait]
impl ChildScopes for FakePlane {
    fn has_children(&self, _: &ScopeId) -> bool {
        !self.state().below.is_empty()
    }

    async fn children(&self, _: &Caller, _: &ScopeId) -> Result<Listing<ChildScope>, PlaneError> {
        self.called("children").await?;
        Ok(self.state().below.clone().into())
    }
}
