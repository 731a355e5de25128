//! The ability to decide on other people's requests, api-version `2021-01-01-preview`.
//! <https://learn.microsoft.com/rest/api/authorization/role-assignment-approval>

use async_trait::async_trait;
use http::Method;
use pim::approval::{Approvals, Decided, Outcome, Verdict, Waiting};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{ApprovalId, PrincipalId};
use pim::plane::Caller;
use serde::Serialize;
use transport::wire::usable;
use transport::{Line, Outcome as Outgoing, Route, refusal, segment};

use crate::AzureResources;
use crate::wire::Resource;
use crate::wire::approval::{Approval, Review, Standing};
use crate::{requests, scope};

#[async_trait]
impl Approvals for AzureResources {
    async fn waiting(&self, caller: &Caller) -> Result<Vec<Waiting>, PlaneError> {
        let rows = requests::waiting(&self.line(caller).await?).await?;
        let names = self.names.known(caller.principal);
        let waiting = usable(&rows, "Azure approvals", |row| row.waiting(&names));
        // Nobody decides on their own request, whoever lists it.
        Ok(waiting.into_iter().filter(|waiting| waiting.requester.id != Some(caller.principal)).collect())
    }

    async fn decide(&self, caller: &Caller, verdict: &Verdict) -> Result<Decided, PlaneError> {
        let line = self.line(caller).await?;
        Deciding { line: &line, person: caller.principal, verdict }.run().await
    }

    async fn outcome(&self, caller: &Caller, waiting: &Waiting) -> Result<Outcome, PlaneError> {
        let line = self.line(caller).await?;
        Ok(match standing(&line, &waiting.id, caller.principal).await {
            Ok(Standing::Mine(_) | Standing::Others) => Outcome::Open,
            Ok(Standing::Decided { decision, own: true }) => Outcome::Own(decision),
            Ok(Standing::Decided { own: false, .. }) => Outcome::Other,
            Ok(Standing::Over) | Err(PlaneError { kind: ErrorKind::NotFound, .. }) => Outcome::Gone,
            Err(error) => return Err(error),
        })
    }
}

/// One decision on its way.
struct Deciding<'a> {
    line: &'a Line,
    person: PrincipalId,
    verdict: &'a Verdict,
}

impl Deciding<'_> {
    async fn run(&self) -> Result<Decided, PlaneError> {
        let stage = match standing(self.line, &self.verdict.waiting.id, self.person).await {
            Ok(Standing::Mine(stage)) => stage,
            Ok(Standing::Others) if self.is_own_request() => return Ok(Decided::OwnRequest),
            Ok(Standing::Others) => return Err(ErrorKind::Forbidden { missing_scope: None }.into()),
            Ok(standing) => return Ok(self.settled(&standing).unwrap_or(Decided::Gone)),
            Err(error) => return self.refused(error),
        };
        let route = address(&self.verdict.waiting.id, Some(&stage)).ok_or(ErrorKind::Protocol)?;
        let review = Review::new(self.verdict);
        match self.send(&route, &review.wrapped()).await {
            // Where this form is not understood, nothing was decided.
            Sent::Refused(error) if matches!(error.kind, ErrorKind::Rejected(_)) => {
                match self.send(&route, &review).await {
                    Sent::Refused(error) => self.look_again(error).await,
                    Sent::Known(decided) => Ok(decided),
                }
            }
            Sent::Refused(error) => self.look_again(error).await,
            Sent::Known(decided) => Ok(decided),
        }
    }

    async fn send(&self, route: &Route, body: &(impl Serialize + Sync)) -> Sent {
        match self.line.send(&Method::PATCH, route, body).await {
            Outgoing::NotSent(error) => Sent::Refused(error),
            Outgoing::Unsure { .. } => Sent::Known(Decided::Unsure),
            Outgoing::Answered(answer) if answer.status.is_success() => Sent::Known(Decided::Done),
            Outgoing::Answered(answer) => Sent::Refused(refusal::of(&answer)),
        }
    }

    /// A refusal may mean that somebody was quicker: the approval itself says so.
    async fn look_again(&self, refused: PlaneError) -> Result<Decided, PlaneError> {
        let kinds =
            matches!(refused.kind, ErrorKind::Rejected(_) | ErrorKind::Conflict | ErrorKind::NotFound);
        if kinds
            && let Ok(now) = standing(self.line, &self.verdict.waiting.id, self.person).await
            && let Some(decided) = self.settled(&now)
        {
            return Ok(decided);
        }
        self.refused(refused)
    }

    /// What an approval that is not open any more means for this decision.
    fn settled(&self, standing: &Standing) -> Option<Decided> {
        match standing {
            Standing::Mine(_) | Standing::Others => None,
            Standing::Decided { decision, own: true } if *decision == self.verdict.decision => {
                Some(Decided::Done)
            }
            Standing::Decided { .. } => Some(Decided::BySomebodyElse),
            Standing::Over => Some(Decided::Gone),
        }
    }

    fn refused(&self, error: PlaneError) -> Result<Decided, PlaneError> {
        match error.kind {
            ErrorKind::NotFound => Ok(Decided::Gone),
            ErrorKind::Conflict => Ok(Decided::BySomebodyElse),
            ErrorKind::StepUpRequired(challenge) => Ok(Decided::StepUp(challenge)),
            ErrorKind::Forbidden { .. } if self.is_own_request() => Ok(Decided::OwnRequest),
            _ => Err(error),
        }
    }

    fn is_own_request(&self) -> bool {
        self.verdict.waiting.requester.id == Some(self.person)
    }
}

/// What came of one send.
enum Sent {
    Known(Decided),
    /// Nothing was decided by it.
    Refused(PlaneError),
}

/// How an approval stands for `person`.
async fn standing(line: &Line, approval: &ApprovalId, person: PrincipalId) -> Result<Standing, PlaneError> {
    let route = address(approval, None).ok_or(ErrorKind::NotFound)?;
    let approval: Resource<Approval> = line.get_json(&route).await?;
    let standing = approval.properties.and_then(|approval| approval.standing(person));
    standing.ok_or_else(|| ErrorKind::Protocol.into())
}

/// The address of an approval, or of a stage of it. A request names its approval by a path or by an id alone; `None` for anything that
/// is neither.
fn address(approval: &ApprovalId, stage: Option<&str>) -> Option<Route> {
    let path = match approval.as_str().rsplit_once('/') {
        Some((before, id)) => {
            let (_, kind) = before.rsplit_once('/')?;
            let is_approval = kind.eq_ignore_ascii_case("roleAssignmentApprovals") && segment(id).is_some();
            scope::checked(approval.as_str()).filter(|_| is_approval)?.to_owned()
        }
        None => {
            format!(
                "/providers/Microsoft.Authorization/roleAssignmentApprovals/{}",
                segment(approval.as_str())?
            )
        }
    };
    let (template, path) = match stage {
        None => ("{approval}", path),
        Some(stage) => ("{approval}/stages/{id}", format!("{path}/stages/{}", segment(stage)?)),
    };
    Some(Route::new(template, format!("{path}?api-version=2021-01-01-preview")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_approval_has_an_address() {
        for id in [
            "488a6d0e-0a63-4946-86e3-1f5bbc934661",
            "/providers/Microsoft.Authorization/roleAssignmentApprovals/a",
            "/subscriptions/s/providers/Microsoft.Authorization/RoleAssignmentApprovals/a",
        ] {
            assert!(address(&id.into(), None).is_some(), "{id}");
            assert!(address(&id.into(), Some("s1")).is_some() && address(&id.into(), Some("../s")).is_none());
        }
        for id in [
            "",
            "/",
            "a/b",
            "/a",
            "/subscriptions/s",
            "/x/roleAssignmentApprovals/",
            "/../roleAssignmentApprovals/a",
            "roleAssignmentApprovals/a",
            "/x/roleAssignmentApprovals/a?b",
            "/x/roleAssignmentApprovals/a b",
        ] {
            assert!(address(&id.into(), None).is_none(), "{id}");
        }
    }
}
