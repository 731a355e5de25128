//! Approvals: what waits for the caller, and the decision.
//!
//! An approval has one stage (one step, in the older word), and the first approver decides it. Its id is the request's.
//! <https://learn.microsoft.com/graph/api/resources/approval>, <https://learn.microsoft.com/graph/api/approvalstage-update>

use http::Method;
use pim::approval::{Decided, Decision, Outcome, Requester, Verdict, Waiting};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{ApprovalId, PrincipalId};
use pim::request::Progress;
use serde::{Deserialize, Serialize};
use transport::wire::{said, usable};
use transport::{Line, Outcome as Sent, Route, refusal, segment};

use crate::requests::Requests;
use crate::wire::{Named, WireRequest};

/// The approvals of one plane.
pub(crate) struct Approving {
    /// The requests that they decide.
    pub(crate) requests: &'static Requests,
    /// Their path.
    pub(crate) path: &'static str,
    /// How one approval's path shows in logs.
    pub(crate) one: &'static str,
    /// What its parts are called in a path, the likeliest first. A word that is refused as unknown leads to the next.
    pub(crate) words: &'static [&'static str],
}

#[derive(Debug, Deserialize)]
struct WireApproval {
    #[serde(alias = "steps")]
    stages: Option<Vec<Stage>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    id: Option<String>,
    status: Option<String>,
    assigned_to_me: Option<bool>,
    review_result: Option<String>,
    reviewed_by: Option<Reviewer>,
}

/// An identity, or a set of identities with the person in it.
#[derive(Debug, Deserialize)]
struct Reviewer {
    id: Option<String>,
    user: Option<Box<Reviewer>>,
}

impl Reviewer {
    fn person(&self) -> Option<PrincipalId> {
        let id = self.user.as_ref().map_or(self.id.as_deref(), |user| user.id.as_deref());
        id?.parse().ok()
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    review_result: &'static str,
    justification: &'a str,
}

impl Stage {
    fn decision(&self) -> Option<Decision> {
        match self.review_result.as_deref()?.to_ascii_lowercase().as_str() {
            "approve" => Some(Decision::Approve),
            "deny" => Some(Decision::Deny),
            _ => None,
        }
    }

    fn is_open(&self) -> bool {
        let closed = ["completed", "completing", "expired"];
        let status = self.status.as_deref().unwrap_or_default();
        !closed.iter().any(|closed| closed.eq_ignore_ascii_case(status))
    }
}

impl WireApproval {
    fn stages(&self) -> &[Stage] {
        self.stages.as_deref().unwrap_or_default()
    }

    /// The stage that waits for the caller.
    fn open(&self) -> Option<&str> {
        let waits = |stage: &&Stage| {
            stage.decision().is_none() && stage.is_open() && stage.assigned_to_me != Some(false)
        };
        segment(self.stages().iter().find(waits)?.id.as_deref()?)
    }

    fn outcome(&self, person: PrincipalId) -> Result<Outcome, PlaneError> {
        let decided = self.stages().iter().find_map(|stage| Some((stage.decision()?, stage)));
        if let Some((decision, stage)) = decided {
            let own = stage.reviewed_by.as_ref().and_then(Reviewer::person) == Some(person);
            return Ok(if own { Outcome::Own(decision) } else { Outcome::Other });
        }
        match self.stages() {
            [] => Err(ErrorKind::Protocol.into()),
            stages if stages.iter().any(Stage::is_open) => Ok(Outcome::Open),
            _ => Ok(Outcome::Gone),
        }
    }
}

impl Approving {
    /// All that waits for `person`. Nobody decides on their own request, whoever lists it.
    pub(crate) async fn waiting(&self, line: &Line, person: PrincipalId) -> Result<Vec<Waiting>, PlaneError> {
        let options = ",principal&$filter=status eq 'PendingApproval'";
        let rows = self.requests.rows(line, &self.requests.assignments, "approver", options).await?;
        let waiting = usable(rows, "approvals", |wire| self.read(&wire));
        Ok(waiting
            .into_iter()
            .filter(|(progress, row)| {
                *progress == Progress::WaitingForApproval && row.requester.id != Some(person)
            })
            .map(|(_, row)| row)
            .collect())
    }

    fn read(&self, wire: &WireRequest) -> Option<(Progress, Waiting)> {
        let target = (self.requests.target)(wire)?;
        let names = (self.requests.names)(wire, &target);
        let request = wire.request(target.clone(), None)?;
        let approval = said(wire.approval_id.as_deref()).unwrap_or(request.id.as_str());
        let principal = wire.principal.as_ref();
        let waiting = Waiting {
            id: ApprovalId::from(approval),
            requester: Requester {
                id: wire.principal_id.as_deref().and_then(|id| id.parse().ok()),
                name: principal.and_then(Named::name).map(str::to_owned),
                username: principal.and_then(|who| who.user_principal_name.clone()),
            },
            target,
            names,
            justification: request.justification,
            ticket: request.ticket,
            start: request.start,
            duration: request.duration,
            created: request.created,
            request: request.id,
        };
        Some((request.status.progress(), waiting))
    }

    /// Decides, once. Where another word for a stage has to be tried, the one before was refused.
    pub(crate) async fn decide(
        &self,
        line: &Line,
        person: PrincipalId,
        verdict: &Verdict,
    ) -> Result<Decided, PlaneError> {
        let waiting = &verdict.waiting;
        if waiting.requester.id == Some(person) {
            return Ok(Decided::OwnRequest);
        }
        let (known, approval) = match self.get(line, &waiting.id).await {
            Ok(found) => found,
            Err(error) => return refused(error),
        };
        let Some(stage) = approval.open() else {
            return Ok(match approval.outcome(person)? {
                Outcome::Own(decision) if decision == verdict.decision => Decided::Done,
                Outcome::Own(_) | Outcome::Other => Decided::BySomebodyElse,
                Outcome::Gone => Decided::Gone,
                // Open, but not for the caller.
                Outcome::Open => return Err(ErrorKind::Forbidden { missing_scope: None }.into()),
            });
        };
        let review_result = match verdict.decision {
            Decision::Approve => "Approve",
            Decision::Deny => "Deny",
        };
        let review = Review { review_result, justification: &verdict.reason };
        let mut last = PlaneError::from(ErrorKind::Protocol);
        // The word under which it was read serves for writing too, as far as anybody has seen.
        let others = self.words.iter().filter(|word| **word != known);
        for word in std::iter::once(&known).chain(others) {
            let route = self.route(&waiting.id, &format!("/{word}/{stage}"))?;
            last = match line.send(&Method::PATCH, &route, &review).await {
                Sent::NotSent(error) => return refused(error),
                Sent::Unsure { .. } => return Ok(Decided::Unsure),
                Sent::Answered(answer) if answer.status.is_success() => return Ok(Decided::Done),
                Sent::Answered(answer) => refusal::of(&answer),
            };
            if !matches!(last.kind, ErrorKind::Rejected(_)) {
                break;
            }
        }
        refused(last)
    }

    /// Reads an approval again.
    pub(crate) async fn outcome(
        &self,
        line: &Line,
        person: PrincipalId,
        id: &ApprovalId,
    ) -> Result<Outcome, PlaneError> {
        match self.get(line, id).await {
            Ok((_, approval)) => approval.outcome(person),
            Err(PlaneError { kind: ErrorKind::NotFound, .. }) => Ok(Outcome::Gone),
            Err(error) => Err(error),
        }
    }

    /// An approval, and the word under which it has stages.
    async fn get(&self, line: &Line, id: &ApprovalId) -> Result<(&'static str, WireApproval), PlaneError> {
        let mut last = PlaneError::from(ErrorKind::Protocol);
        for word in self.words {
            last = match line.get_json(&self.route(id, &format!("?$expand={word}"))?).await {
                Ok(approval) => return Ok((word, approval)),
                Err(error) if matches!(error.kind, ErrorKind::Rejected(_)) => error,
                Err(error) => return Err(error),
            };
        }
        Err(last)
    }

    fn route(&self, id: &ApprovalId, rest: &str) -> Result<Route, PlaneError> {
        let id = segment(id.as_str()).ok_or(ErrorKind::NotFound)?;
        Ok(Route::new(self.one, format!("{}/{id}{rest}", self.path)))
    }
}

/// What a refusal means for a decision.
fn refused(error: PlaneError) -> Result<Decided, PlaneError> {
    match error.kind {
        ErrorKind::NotFound => Ok(Decided::Gone),
        ErrorKind::Conflict => Ok(Decided::BySomebodyElse),
        ErrorKind::StepUpRequired(challenge) => Ok(Decided::StepUp(challenge)),
        _ => Err(error),
    }
}
