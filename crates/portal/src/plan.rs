//! What a selection will ask and do, worked out before anything is sent.

use std::sync::Arc;

use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use pim::challenge::Challenge;
use pim::child_scope::ChildScope;
use pim::context::AuthenticationContext;
use pim::draft::{Draft, Ticket};
use pim::duration::ActivationDuration;
use pim::error::{PlaneError, Violation};
use pim::ids::PlaneId;
use pim::plane::Validation;
use pim::policy::{ApprovalRequirement, Approver, ContextRequirement, Policy, PolicyReading, Requirement};
use pim::target::Target;

use crate::overview::{EligibleRole, EligibleRoles, Held, Standing};
use crate::rules::{Rules, TicketProblem};
use crate::selection::{Field, Fields, LONGEST_JUSTIFICATION, Problem, RowKey, Selection, Wanted};
use crate::{Portal, Session};

/// What is asked for where a policy does not tell how long it allows: the service's own default maximum.
pub const DEFAULT_DURATION: ActivationDuration = match ActivationDuration::from_minutes(480) {
    Some(duration) => duration,
    None => ActivationDuration::SHORTEST,
};

/// What is tried when the default is too long for a policy that cannot be read, in minutes, the longest first.
const SHORTER: [u32; 4] = [240, 120, 60, 30];

/// How far ahead an activation may start.
const FURTHEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// A plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// One line a role, in the order of the selection.
    pub lines: Vec<Line>,
    /// Roles of a plane that could not be read: nothing is known of them.
    pub unread: Vec<(RowKey, PlaneError)>,
    /// Roles the person is no longer eligible for.
    pub gone: Vec<RowKey>,
    /// The stronger sign-ins that are needed, one for each resource and set of contexts.
    pub step_ups: Vec<StepUp>,
    /// What is known of authentication contexts.
    pub contexts: Arc<Vec<AuthenticationContext>>,
}

/// One activation of a plan: a role at one scope.
#[derive(Clone, PartialEq)]
pub struct Line {
    /// The role's key in the form.
    pub row: RowKey,
    /// The role and its policy.
    pub role: EligibleRole,
    /// The scope below the role's own that it is narrowed to.
    pub narrowed: Option<ChildScope>,
    /// What is activated.
    pub target: Target,
    /// The policy, all unknown where neither reading it nor a dry run told.
    pub policy: Policy,
    /// Whether the policy was learnt from a dry run because it could not be read.
    pub dry_run: bool,
    /// From when; `None` at once.
    pub start: Option<Timestamp>,
    /// How long it will be active.
    pub duration: ActivationDuration,
    /// What was wanted, when that is more.
    pub shortened_from: Option<ActivationDuration>,
    /// Why, as it will be sent.
    pub justification: String,
    /// The ticket, as it will be sent.
    pub ticket: Option<Ticket>,
    /// Whether anything was typed for this role alone.
    pub has_own: bool,
    /// Whether there is anything to do.
    pub standing: Standing,
    /// Whether it begins when what is active now ends.
    pub continues: bool,
    /// The stronger sign-in that it needs, as far as its policy tells.
    pub challenge: Option<Challenge>,
    /// Why the service refused it the last time.
    pub refused: Vec<Violation>,
}

impl std::fmt::Debug for Line {
    /// Leaves the justification and the ticket out, as [`Draft`] does.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("row", &self.row)
            .field("target", &self.target)
            .field("policy", &self.policy)
            .field("start", &self.start)
            .field("duration", &self.duration)
            .field("standing", &self.standing)
            .field("challenge", &self.challenge)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// Whether it will be sent.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.standing == Standing::Free || self.continues
    }

    /// Who has to approve it, when somebody has to.
    #[must_use]
    pub fn approvers(&self) -> Option<&[Approver]> {
        match &self.policy.approval {
            ApprovalRequirement::Required(approvers) => Some(approvers),
            _ => None,
        }
    }

    /// Whether parts of its policy are unknown that could keep it from starting at once.
    #[must_use]
    pub fn may_ask_more(&self) -> bool {
        self.policy.approval == ApprovalRequirement::Unknown
            || self.policy.authentication_context == ContextRequirement::Unknown
    }

    /// Whether nothing stands between sending it and its being active, as far as its policy tells.
    #[must_use]
    pub fn starts_at_once(&self) -> bool {
        self.approvers().is_none() && !self.needs_step_up() && !self.may_ask_more() && self.start.is_none()
    }

    /// Whether it asks for a stronger sign-in.
    #[must_use]
    pub fn needs_step_up(&self) -> bool {
        self.challenge.is_some()
    }
}

/// Activations that one stronger sign-in serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// What it has to bring.
    pub challenge: Challenge,
    /// How many activations wait for it.
    pub lines: usize,
    /// Whether one of the last ten minutes serves.
    pub made: bool,
}

impl Plan {
    /// The lines that will be sent.
    pub fn ready(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.is_ready())
    }

    /// Whether a reason is asked for: required by one, else unknown for one, else not.
    #[must_use]
    pub fn justification(&self) -> Requirement {
        strongest(self.ready().map(|line| line.policy.justification))
    }

    /// Whether a ticket is asked for.
    #[must_use]
    pub fn ticket(&self) -> Requirement {
        strongest(self.ready().map(|line| line.policy.ticket))
    }

    /// What has to be put right at `now` before this can be sent. An unknown policy may want a reason, so one is insisted on; a ticket
    /// is only insisted on where a policy says so, because somebody without one could not go on.
    /// What is given has to be as `rules` ask.
    #[must_use]
    pub fn problems(&self, fields: &Fields, now: Timestamp, rules: &Rules) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem =
            |field, row: Option<RowKey>, text: String| problems.push(Problem { field, row, text });
        let mute = || self.ready().filter(|line| line.justification.is_empty());
        match strongest(mute().map(|line| line.policy.justification)) {
            Requirement::Required => problem(
                Field::Justification,
                None,
                "Write a reason: at least one of these roles asks for it.".into(),
            ),
            Requirement::Unknown => problem(
                Field::Justification,
                None,
                "Write a reason: the rules of at least one of these roles could not be read, and they may ask for it.".into(),
            ),
            Requirement::NotRequired => {}
        }
        let is_long = |text: &str| text.chars().count() > LONGEST_JUSTIFICATION;
        let shorten = || format!("Shorten the reason to {LONGEST_JUSTIFICATION} characters.");
        let is_used = self.ready().any(|line| !has_own_justification(fields, &line.row));
        if is_long(&fields.justification) {
            problem(Field::Justification, None, shorten());
        } else if let Some(text) = rules.justification.problem(&fields.justification).filter(|_| is_used) {
            problem(Field::Justification, None, text);
        }
        let own = fields.own.iter().filter(|(row, _)| self.ready().any(|line| &line.row == row));
        for (row, own) in own {
            let typed = own.justification.as_deref().unwrap_or_default();
            if is_long(typed) {
                problem(Field::Justification, Some(row.clone()), shorten());
            } else if let Some(text) = rules.justification.problem(typed) {
                problem(Field::Justification, Some(row.clone()), text);
            }
        }
        let numberless = |line: &&Line| {
            line.policy.ticket == Requirement::Required
                && line.ticket.as_ref().is_none_or(|ticket| ticket.number.is_empty())
        };
        if self.ready().any(|line| numberless(&line)) {
            problem(
                Field::Ticket,
                None,
                "Write a ticket number: at least one of these roles asks for it.".into(),
            );
        }
        for (row, TicketProblem { is_system, text }) in self.wrong_tickets(fields, rules) {
            problem(if is_system { Field::TicketSystem } else { Field::Ticket }, row, text);
        }
        match fields.start {
            Some(start) if start < now.saturating_sub(SignedDuration::from_mins(1)).unwrap_or(now) => {
                problem(Field::Start, None, "Choose a start that lies ahead, or leave it empty.".into());
            }
            Some(start) if start.duration_since(now) > FURTHEST => {
                problem(Field::Start, None, "Choose a start within the next year.".into());
            }
            _ => {}
        }
        problems
    }

    /// What is wrong with the tickets that would be sent: once for what was typed for all, and once for each role with a ticket of its
    /// own.
    fn wrong_tickets(&self, fields: &Fields, rules: &Rules) -> Vec<(Option<RowKey>, TicketProblem)> {
        let mut wrong: Vec<(Option<RowKey>, TicketProblem)> = Vec::new();
        for line in self.ready() {
            let Some(ticket) = &line.ticket else { continue };
            let own = fields.own(&line.row);
            let is_own = own.is_some_and(|own| own.ticket_number.is_some() || own.ticket_system.is_some());
            let row = is_own.then(|| line.row.clone());
            if let Some(problem) = rules.ticket.problem(&ticket.number, &ticket.system)
                && !wrong.iter().any(|(known, _)| *known == row)
            {
                wrong.push((row, problem));
            }
        }
        wrong
    }
}

fn has_own_justification(fields: &Fields, row: &RowKey) -> bool {
    fields.own(row).is_some_and(|own| own.justification.is_some())
}

fn strongest(requirements: impl Iterator<Item = Requirement>) -> Requirement {
    requirements.fold(Requirement::NotRequired, |strongest, next| match (strongest, next) {
        (Requirement::Required, _) | (_, Requirement::Required) => Requirement::Required,
        (Requirement::Unknown, _) | (_, Requirement::Unknown) => Requirement::Unknown,
        _ => Requirement::NotRequired,
    })
}

type PlaneLists = (PlaneId, Result<(Arc<EligibleRoles>, Option<Arc<Held>>), PlaneError>);

impl Portal {
    /// Works out what `selection` will do. Two round trips: lists, policies; a third for a dry run where a policy cannot be read.
    pub async fn plan(&self, session: &Session, selection: &Selection) -> Plan {
        let planes = self.planes().map(|plane| plane.id.clone());
        let needed: Vec<PlaneId> =
            planes.filter(|id| selection.rows.iter().any(|row| &row.plane == id)).collect();
        let lists = join_all(needed.into_iter().map(async |plane| -> PlaneLists {
            let (eligible, held) = join(self.eligible(session, &plane), self.held(session, &plane)).await;
            (plane, eligible.map(|eligible| (eligible, held.ok())))
        }));
        let (lists, contexts) = join(lists, self.contexts(session)).await;

        let mut plan = Plan { contexts, ..Plan::default() };
        for row in &selection.rows {
            match lists.iter().find(|(plane, _)| plane == &row.plane) {
                Some((_, Ok((eligible, held)))) => {
                    match eligible.roles.iter().find(|role| role.eligibility.id.as_str() == row.row) {
                        Some(role) => {
                            plan.lines.extend(self.lines(selection, row, role, held.as_deref()));
                        }
                        None => plan.gone.push(row.clone()),
                    }
                }
                Some((_, Err(error))) => plan.unread.push((row.clone(), error.clone())),
                None => plan.gone.push(row.clone()),
            }
        }
        self.dry_run(session, selection, &mut plan.lines).await;
        plan.step_ups = self.step_ups(session, &plan.lines).await;
        plan
    }

    /// The activations that a row stands for: one, or one for each scope it is narrowed to.
    fn lines(
        &self,
        selection: &Selection,
        row: &RowKey,
        role: &EligibleRole,
        held: Option<&Held>,
    ) -> Vec<Line> {
        match selection.narrowed(row) {
            [] => vec![self.line(selection, row, role, None, held)],
            scopes => scopes.iter().map(|scope| self.line(selection, row, role, Some(scope), held)).collect(),
        }
    }

    fn line(
        &self,
        selection: &Selection,
        row: &RowKey,
        role: &EligibleRole,
        narrowed: Option<&ChildScope>,
        held: Option<&Held>,
    ) -> Line {
        let mut target = role.eligibility.target.clone();
        if let Some(child) = narrowed {
            target.scope = child.scope.clone();
        }
        let fields = &selection.fields;
        let standing = held.map_or(Standing::Free, |held| held.standing(&target, self.clock.now()));
        let ends = match standing {
            Standing::Active(until) if selection.continues => until,
            _ => None,
        };
        let refused = selection.refused.iter().find(|refused| &refused.row == row);
        let own = fields.own(row);
        let mut line = Line {
            row: row.clone(),
            role: role.clone(),
            narrowed: narrowed.cloned(),
            target,
            policy: Policy::unknown(),
            dry_run: false,
            start: ends.or(fields.start),
            duration: DEFAULT_DURATION,
            shortened_from: None,
            justification: own
                .and_then(|own| own.justification.as_deref())
                .unwrap_or(&fields.justification)
                .trim()
                .to_owned(),
            ticket: None,
            has_own: own.is_some(),
            standing,
            continues: ends.is_some(),
            challenge: None,
            refused: refused.map(|refused| refused.violations.clone()).unwrap_or_default(),
        };
        self.apply(&mut line, role.policy.policy(), fields);
        line
    }

    /// Works out what depends on the policy.
    fn apply(&self, line: &mut Line, policy: Policy, fields: &Fields) {
        let own = fields.own(&line.row);
        let wanted = own.and_then(|own| own.duration).map_or(fields.wanted, Wanted::For);
        (line.duration, line.shortened_from) = shorten(wanted, &policy);
        let typed = |own: Option<&String>, all: &str| own.map_or(all, String::as_str).trim().to_owned();
        let number = typed(own.and_then(|own| own.ticket_number.as_ref()), &fields.ticket_number);
        let system = typed(own.and_then(|own| own.ticket_system.as_ref()), &fields.ticket_system);
        let has_ticket = !(number.is_empty() && system.is_empty());
        line.ticket = (has_ticket && policy.ticket.should_ask()).then_some(Ticket { number, system });
        line.challenge = match &policy.authentication_context {
            ContextRequirement::Required(context) => self
                .plane(&line.target.plane)
                .map(|plane| Challenge::context(plane.descriptor().audience, context.clone())),
            ContextRequirement::NotRequired | ContextRequirement::Unknown => None,
        };
        line.policy = policy;
    }

    /// Where a policy cannot be read, a dry run makes the service say what it asks for: an empty request, of the default length, which
    /// commits nothing.
    async fn dry_run(&self, session: &Session, selection: &Selection, lines: &mut [Line]) {
        let unread = lines
            .iter_mut()
            .filter(|line| line.is_ready() && matches!(line.role.policy, PolicyReading::Unreadable(_)));
        let learnt = unread.map(async |line| {
            let policy = self.learn_by_dry_run(session, line).await;
            (line, policy)
        });
        for (line, policy) in join_all(learnt).await {
            if let Some(policy) = policy {
                line.dry_run = true;
                self.apply(line, policy, &selection.fields);
            }
        }
    }

    async fn learn_by_dry_run(&self, session: &Session, line: &Line) -> Option<Policy> {
        let caller = &session.caller;
        let key = (caller.tenant, caller.principal, line.target.clone());
        if let Some(known) = self.kept.dry_runs.get(&key).await {
            return Some(known);
        }
        let plane = self.plane(&line.target.plane)?;
        let empty = |duration| Draft {
            target: line.target.clone(),
            start: self.clock.now(),
            duration,
            justification: String::new(),
            ticket: None,
            eligibility_schedule: line.role.eligibility.schedule.clone(),
            condition: line.role.eligibility.condition.clone(),
        };
        let said = plane.validate(caller, &empty(DEFAULT_DURATION)).await.ok()?;
        let mut policy = said.policy()?;
        if said.is_too_long() {
            // The longest of some shorter ones that passes: not the limit, but within it.
            let shorter = SHORTER.into_iter().filter_map(ActivationDuration::from_minutes);
            let tried =
                shorter.map(async |duration| (duration, plane.validate(caller, &empty(duration)).await));
            let tried = join_all(tried).await;
            let passes =
                |said: &Result<Validation, PlaneError>| matches!(said, Ok(said) if !said.is_too_long());
            policy.maximum_duration =
                tried.into_iter().find(|(_, said)| passes(said)).map(|(duration, _)| duration);
        }
        self.kept.dry_runs.insert(key, policy.clone()).await;
        Some(policy)
    }

    /// Which stronger sign-ins the lines need, in the order of the lines.
    async fn step_ups(&self, session: &Session, lines: &[Line]) -> Vec<StepUp> {
        let mut groups: Vec<StepUp> = Vec::new();
        let ready = lines.iter().filter(|line| line.is_ready());
        for challenge in ready.filter_map(|line| line.challenge.as_ref()) {
            match groups.iter_mut().find(|group| &group.challenge == challenge) {
                Some(group) => group.lines += 1,
                None => groups.push(StepUp { challenge: challenge.clone(), lines: 1, made: false }),
            }
        }
        for group in &mut groups {
            group.made = session.caller.tokens.stronger_token(&group.challenge).await.is_ok();
        }
        groups
    }
}

/// How long a role will be active, and what was wanted when that is more.
#[must_use]
pub fn shorten(wanted: Wanted, policy: &Policy) -> (ActivationDuration, Option<ActivationDuration>) {
    match wanted {
        Wanted::Longest => (policy.maximum_duration.unwrap_or(DEFAULT_DURATION), None),
        Wanted::For(wanted) => {
            let duration = policy.clamp(wanted);
            (duration, (duration < wanted).then_some(wanted))
        }
    }
}
