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
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Accepted(&'static str),
    Rejected(Vec<Violation>),
    /// No answer, and it did not go through.
    Unsure,
    /// No answer, and it did go through, with this status.
    Lost(&'static str),
    StepUp(Challenge),
    Fails(ErrorKind),
}

/// What a plane has, and what was asked of it.
#[derive(Clone, Default)]
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
    /// The activations that went through: what is true, whatever was answered.
    pub(crate) ledger: Vec<Request>,
    /// Whether reads tell what the ledger has, instead of what was scripted.
    pub(crate) truthful: bool,
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
            seen_late: &[],
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

    /// Lets further calls through, while those that wait go on waiting for what is returned.
    pub(crate) fn pass_by(&self, call: &'static str) -> Arc<Semaphore> {
        self.state().gates.remove(call).unwrap()
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
        let assignment = assignment(self.target(name), origin);
        self.state().assignments.push(assignment);
        RowKey::new(self.id(), &format!("held-{name}"))
    }

    /// What is held, with what went through where reads tell the truth.
    fn held(&self) -> Vec<Assignment> {
        let state = self.state();
        let went_through =
            state.ledger.iter().filter(|request| state.truthful && request.status.as_str() == "Provisioned");
        let activated =
            went_through.map(|request| assignment(request.target.clone(), AssignmentOrigin::Activated));
        state.assignments.iter().cloned().chain(activated).collect()
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

    /// Reads tell what went through from now on.
    pub(crate) fn tells_the_truth(&self) {
        self.state().truthful = true;
    }

    pub(crate) fn target(&self, name: &str) -> Target {
        Target { plane: self.id().clone(), role: name.into(), scope: "/".into() }
    }

    async fn called(&self, call: &'static str) -> Result<(), PlaneError> {
        let (gate, fails) = {
            let mut state = self.state();
            state.calls.push(call);
            (state.gates.get(call).cloned(), state.failing.contains(call))
        };
        // Every call is a place where its caller may be dropped.
        tokio::task::yield_now().await;
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        if fails { Err(ErrorKind::Unavailable.into()) } else { Ok(()) }
    }

    /// A request as the service tells it: an activation starts when it was asked to.
    fn request_for(&self, target: &Target, action: RequestAction, status: &str) -> Request {
        let state = self.state();
        let committed = state.ledger.iter().rev().find(|request| &request.target == target);
        if let Some(committed) = committed.filter(|_| state.truthful) {
            return committed.clone();
        }
        let draft = state.drafts.iter().rev().map(|(_, draft)| draft).find(|draft| &draft.target == target);
        let start = draft.filter(|_| action == RequestAction::Activate).map(|draft| draft.start);
        Request { start, ..request(target, action, status) }
    }

    /// The answer to a write that begins now.
    fn draw(&self) -> Answer {
        self.state().answers.pop_front().unwrap_or(Answer::Accepted("Provisioned"))
    }

    /// Puts into the ledger what `answer` lets through; what is in it already is refused.
    fn commit(&self, draft: &Draft, id: &RequestId, answer: Answer) -> Answer {
        let chooses_ids = self.descriptor.chooses_ids;
        let mut state = self.state();
        if chooses_ids && state.ledger.iter().any(|request| &request.id == id) {
            return Answer::Rejected(vec![Violation::RequestExists]);
        }
        if let Answer::Accepted(status) | Answer::Lost(status) = answer {
            let theirs = RequestId::from(format!("theirs-{}", state.ledger.len()).as_str());
            let committed = Request {
                id: if chooses_ids { id.clone() } else { theirs },
                start: Some(draft.start),
                justification: Some(draft.justification.clone()),
                ..request(&draft.target, RequestAction::Activate, status)
            };
            state.ledger.push(committed);
        }
        answer
    }

    /// What the ledger has of a request.
    fn committed(&self, is_it: impl Fn(&Request) -> bool) -> Option<Request> {
        self.state().ledger.iter().find(|request| is_it(request)).cloned()
    }

    fn answer(
        &self,
        answer: Answer,
        target: &Target,
        action: RequestAction,
    ) -> Result<Submission, PlaneError> {
        let correlation_id = Some("correlation".to_owned());
        match answer {
            Answer::Accepted(status) => Ok(Submission::Accepted(self.request_for(target, action, status))),
            Answer::Rejected(violations) => {
                Ok(Submission::Rejected(Rejection { violations, correlation_id }))
            }
            Answer::Unsure | Answer::Lost(_) => Ok(Submission::Unsure),
            Answer::StepUp(challenge) => Ok(Submission::StepUp(challenge)),
            Answer::Fails(kind) => Err(PlaneError { kind, code: None, correlation_id }),
        }
    }
}

fn assignment(target: Target, origin: AssignmentOrigin) -> Assignment {
    let name = target.role.as_str().to_owned();
    Assignment {
        id: format!("held-{name}").into(),
        target,
        names: Names { title: name, place: "Directory".into() },
        origin,
        member_type: MemberType::Direct,
        since: None,
        until: None,
        eligibility_schedule: None,
        condition: None,
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
        until: None,
        schedule: None,
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
        let answer = self.held();
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
        let answer = self.draw();
        self.called("submit").await?;
        let answer = self.commit(draft, id, answer);
        let answer = self.answer(answer, &draft.target, RequestAction::Activate);
        // It went through, and whoever sent it may die before it hears of it.
        tokio::task::yield_now().await;
        answer
    }

    async fn deactivate(
        &self,
        caller: &Caller,
        row: &Assignment,
        _: &RequestId,
    ) -> Result<Submission, PlaneError> {
        self.state().deactivated.push((caller.principal, row.clone()));
        let answer = self.draw();
        self.called("deactivate").await?;
        self.answer(answer, &row.target, RequestAction::Deactivate)
    }

    async fn validate(&self, _: &Caller, draft: &Draft) -> Result<Validation, PlaneError> {
        self.called("validate").await?;
        let said = self.state().dry_runs.get(&draft.target).cloned();
        said.ok_or_else(|| ErrorKind::Unavailable.into())
    }

    async fn cancel(&self, _: &Caller, asked: &RequestRef) -> Result<Submission, PlaneError> {
        self.state().cancelled.push(asked.clone());
        let answer = self.draw();
        self.called("cancel").await?;
        self.answer(answer, &asked.target, asked.action)
    }

    async fn prolong(
        &self,
        _: &Caller,
        wish: &Prolongation,
        _: &RequestId,
    ) -> Result<Submission, PlaneError> {
        self.state().wishes.push(wish.clone());
        let answer = self.draw();
        self.called("prolong").await?;
        self.answer(answer, &wish.target, RequestAction::Extend)
    }

    async fn request(&self, _: &Caller, asked: &RequestRef) -> Result<Request, PlaneError> {
        self.called("request").await?;
        if self.state().truthful {
            let committed = self.committed(|request| request.id == asked.id);
            return committed.ok_or_else(|| ErrorKind::NotFound.into());
        }
        let status = self.state().status.ok_or(ErrorKind::NotFound)?;
        Ok(self.request_for(&asked.target, asked.action, status))
    }

    async fn find(&self, _: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        let is_it = |request: &Request| {
            let same = request.target == lost.target;
            let by_reason = request.justification.as_deref() == Some(lost.justification.as_str());
            same && if self.descriptor.chooses_ids { request.id == lost.request_id } else { by_reason }
        };
        // Settled when asked, as with assignments.
        let committed = self.committed(is_it);
        let is_truthful = self.state().truthful;
        self.called("find").await?;
        if is_truthful {
            return Ok(committed);
        }
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
