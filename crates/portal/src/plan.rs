//! What a selection will ask and do, worked out before anything is sent.

use std::sync::Arc;

use futures::future::join_all;
use pim::duration::ActivationDuration;
use pim::error::{PlaneError, Violation};
use pim::ids::PlaneId;
use pim::policy::{ApprovalRequirement, Approver, ContextRequirement, Policy, Requirement};

use crate::overview::{EligibleRole, Held, Standing};
use crate::selection::{Field, Fields, LONGEST_JUSTIFICATION, Problem, RowKey, Selection, Wanted};
use crate::{Portal, Session};

/// What is asked for where a policy does not tell how long it allows: the service's own default maximum.
pub const DEFAULT_DURATION: ActivationDuration = match ActivationDuration::from_minutes(480) {
    Some(duration) => duration,
    None => ActivationDuration::SHORTEST,
};

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One line a role, in the order of the selection.
    pub lines: Vec<Line>,
    /// Roles of a plane that could not be read: nothing is known of them.
    pub unread: Vec<(RowKey, PlaneError)>,
    /// Roles the person is no longer eligible for.
    pub gone: Vec<RowKey>,
}

/// One role of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its key in the form.
    pub row: RowKey,
    /// The role and its policy.
    pub role: EligibleRole,
    /// The policy, all unknown where it could not be read.
    pub policy: Policy,
    /// How long it will be active.
    pub duration: ActivationDuration,
    /// What was wanted, when that is more.
    pub shortened_from: Option<ActivationDuration>,
    /// Whether there is anything to do.
    pub standing: Standing,
    /// Why the service refused it the last time.
    pub refused: Vec<Violation>,
}

impl Line {
    /// Whether it will be sent.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.standing == Standing::Free
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
        self.approvers().is_none() && !self.needs_step_up() && !self.may_ask_more()
    }

    /// Whether it asks for a stronger sign-in.
    #[must_use]
    pub fn needs_step_up(&self) -> bool {
        matches!(self.policy.authentication_context, ContextRequirement::Required(_))
    }
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

    /// What has to be put right before this can be sent. An unknown policy may want a reason, so one is insisted on; a ticket
    /// is only insisted on where a policy says so, because somebody without one could not go on.
    #[must_use]
    pub fn problems(&self, fields: &Fields) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem = |field, text: String| problems.push(Problem { field, text });
        if fields.justification.trim().is_empty() {
            match self.justification() {
                Requirement::Required => problem(Field::Justification, "Write a reason: at least one of these roles asks for it.".into()),
                Requirement::Unknown => problem(
                    Field::Justification,
                    "Write a reason: the rules of at least one of these roles could not be read, and they may ask for it.".into(),
                ),
                Requirement::NotRequired => {}
            }
        } else if fields.justification.chars().count() > LONGEST_JUSTIFICATION {
            problem(
                Field::Justification,
                format!("Shorten the reason to {LONGEST_JUSTIFICATION} characters."),
            );
        }
        if self.ticket() == Requirement::Required && fields.ticket_number.trim().is_empty() {
            problem(Field::Ticket, "Write a ticket number: at least one of these roles asks for it.".into());
        }
        problems
    }
}

fn strongest(requirements: impl Iterator<Item = Requirement>) -> Requirement {
    requirements.fold(Requirement::NotRequired, |strongest, next| match (strongest, next) {
        (Requirement::Required, _) | (_, Requirement::Required) => Requirement::Required,
        (Requirement::Unknown, _) | (_, Requirement::Unknown) => Requirement::Unknown,
        _ => Requirement::NotRequired,
    })
}

type PlaneLists = (PlaneId, Result<(Arc<Vec<EligibleRole>>, Option<Arc<Held>>), PlaneError>);

impl Portal {
    /// Works out what `selection` will do.
    pub async fn plan(&self, session: &Session, selection: &Selection) -> Plan {
        let planes = self.planes().map(|plane| plane.id.clone());
        let needed: Vec<PlaneId> =
            planes.filter(|id| selection.rows.iter().any(|row| &row.plane == id)).collect();
        let lists: Vec<PlaneLists> = join_all(needed.into_iter().map(async |plane| {
            let (eligible, held) =
                futures::future::join(self.eligible(session, &plane), self.held(session, &plane)).await;
            (plane, eligible.map(|eligible| (eligible, held.ok())))
        }))
        .await;

        let mut plan = Plan { lines: Vec::new(), unread: Vec::new(), gone: Vec::new() };
        for row in &selection.rows {
            match lists.iter().find(|(plane, _)| plane == &row.plane) {
                Some((_, Ok((eligible, held)))) => {
                    match eligible.iter().find(|role| role.eligibility.id.as_str() == row.row) {
                        Some(role) => plan.lines.push(self.line(selection, row, role, held.as_deref())),
                        None => plan.gone.push(row.clone()),
                    }
                }
                Some((_, Err(error))) => plan.unread.push((row.clone(), error.clone())),
                None => plan.gone.push(row.clone()),
            }
        }
        plan
    }

    fn line(&self, selection: &Selection, row: &RowKey, role: &EligibleRole, held: Option<&Held>) -> Line {
        let policy = role.policy.policy();
        let (duration, shortened_from) = shorten(selection.fields.wanted, &policy);
        let standing =
            held.map_or(Standing::Free, |held| held.standing(&role.eligibility.target, self.clock.now()));
        let refused = selection.refused.iter().find(|refused| &refused.row == row);
        Line {
            row: row.clone(),
            role: role.clone(),
            policy,
            duration,
            shortened_from,
            standing,
            refused: refused.map(|refused| refused.violations.clone()).unwrap_or_default(),
        }
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
