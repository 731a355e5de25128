//! Requests: put, read, listed, withdrawn, tried.
//!
//! The id of a request is the portal's own choice, so a lost answer is no riddle: the request with that id either exists or it does
//! not, and to put it again is harmless. What the second put is answered depends on what the service looks at first: that the
//! *request* exists, that the *role* is active, that *something* is pending. Whichever it is, the own request is looked up before
//! it is taken for a refusal.

use futures::future::join;
use http::Method;
use pim::error::{ErrorKind, PlaneError, Violation};
use pim::ids::{OperationId, PrincipalId};
use pim::plane::{Submission, Validation};
use pim::request::{Progress, Request, RequestAction, RequestRef, RequestStatus};
use pim::target::Target;
use transport::write::{submission, validation};
use transport::{Line, Route, segment};

use crate::scope::{self, Subscriptions};
use crate::wire::Resource;
use crate::wire::put::Put;
use crate::wire::request::WireRequest;

/// Requests about eligibilities are kept apart from those about assignments.
#[derive(Clone, Copy, Debug)]
enum Collection {
    Assignments,
    Eligibilities,
}

/// What is done with one request.
#[derive(Clone, Copy, Debug)]
enum Verb {
    /// Put or read.
    Itself,
    Cancel,
    Validate,
}

impl Collection {
    fn of(action: RequestAction) -> Self {
        match action {
            RequestAction::Extend | RequestAction::Renew | RequestAction::Grant | RequestAction::Remove => {
                Self::Eligibilities
            }
            RequestAction::Activate | RequestAction::Deactivate | RequestAction::Other => Self::Assignments,
        }
    }

    /// The list at the tenant root.
    fn list(self, filter: &str) -> Route {
        let path = match self {
            Self::Assignments => "/providers/Microsoft.Authorization/roleAssignmentScheduleRequests",
            Self::Eligibilities => "/providers/Microsoft.Authorization/roleEligibilityScheduleRequests",
        };
        Route::new(path, format!("{path}?api-version=2020-10-01&$filter={filter}"))
    }

    /// One request's address; `None` when the scope or the id could lead elsewhere.
    fn one(self, target: &Target, id: &str, verb: Verb) -> Option<Route> {
        let (scope, id) = (scope::checked(target.scope.as_str())?, segment(id)?);
        let (template, kind) = match self {
            Self::Assignments => (
                "{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{id}",
                "roleAssignmentScheduleRequests",
            ),
            Self::Eligibilities => (
                "{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleRequests/{id}",
                "roleEligibilityScheduleRequests",
            ),
        };
        let (verb, version) = match verb {
            Verb::Itself => ("", "2020-10-01"),
            Verb::Cancel => ("/cancel", "2020-10-01"),
            Verb::Validate => ("/validate", "2022-04-01"),
        };
        let path =
            format!("{scope}/providers/Microsoft.Authorization/{kind}/{id}{verb}?api-version={version}");
        Some(Route::new(template, path))
    }
}

fn address(request: &RequestRef, verb: Verb) -> Option<Route> {
    Collection::of(request.action).one(&request.target, request.id.as_str(), verb)
}

/// Puts `body` as `request`.
pub(crate) async fn put(
    line: &Line,
    request: &RequestRef,
    body: &Put<'_>,
    names: &Subscriptions,
) -> Result<Submission, PlaneError> {
    let route = address(request, Verb::Itself).ok_or(ErrorKind::Protocol)?;
    let outcome = line.send(&Method::PUT, &route, body).await;
    let put = submission(outcome, |answer| about(&answer.json()?, request, names));
    let Some(exists) = Exists::according_to(&put) else { return put };
    match get(line, request, names).await {
        Ok(own) => Ok(Submission::Accepted(own)),
        // Something else is in the way.
        Err(PlaneError { kind: ErrorKind::NotFound, .. }) if exists == Exists::Something => put,
        Err(_) => Ok(Submission::Unsure),
    }
}

/// What a refusal says is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exists {
    /// The request itself: an earlier put of it went through.
    Itself,
    /// Something that an earlier put of it may have brought about.
    Something,
}

impl Exists {
    fn according_to(put: &Result<Submission, PlaneError>) -> Option<Self> {
        match put {
            Ok(Submission::Rejected(rejection)) => {
                let says = |violation: &Violation| rejection.violations.contains(violation);
                if says(&Violation::RequestExists) {
                    return Some(Self::Itself);
                }
                // A deactivation that went through leaves nothing to deactivate; a start that was now when it was first put is past.
                let traces = [
                    Violation::AlreadyActive,
                    Violation::AlreadyPending,
                    Violation::NotActive,
                    Violation::StartInPast,
                ];
                traces.iter().any(says).then_some(Self::Something)
            }
            Err(PlaneError { kind: ErrorKind::Conflict, .. }) => Some(Self::Something),
            _ => None,
        }
    }
}

/// Reads `request` again. Right after it was taken it may not be found for a while.
pub(crate) async fn get(
    line: &Line,
    request: &RequestRef,
    names: &Subscriptions,
) -> Result<Request, PlaneError> {
    let route = address(request, Verb::Itself).ok_or(ErrorKind::NotFound)?;
    about(&line.get_json(&route).await?, request, names)
}

fn about(
    resource: &Resource<WireRequest>,
    request: &RequestRef,
    names: &Subscriptions,
) -> Result<Request, PlaneError> {
    resource.about(request.target.clone(), names).ok_or_else(|| ErrorKind::Protocol.into())
}

/// The caller's own requests, and what administrators did about their eligibilities.
pub(crate) async fn own(
    line: &Line,
    person: PrincipalId,
    names: &Subscriptions,
) -> Result<Vec<Request>, PlaneError> {
    let (assignments, eligibilities) = join(about_assignments(line, person), about_eligibilities(line)).await;
    let (assignments, eligibilities) = (assignments?, eligibilities?);
    let assignments = assignments.iter().filter(|row| row.is_for(person)).filter_map(|row| row.own(names));
    // An administrator also requests for others.
    let eligibilities = eligibilities.iter().filter(|row| row.is_for(person));
    Ok(assignments.chain(eligibilities.filter_map(|row| row.about_eligibility(names))).collect())
}

/// Asks as the requestor. Where that is refused, or finds nothing (some tenants are said to answer an empty list instead), asks by
/// principal; what the second question brings only adds to the first.
async fn about_assignments(
    line: &Line,
    person: PrincipalId,
) -> Result<Vec<Resource<WireRequest>>, PlaneError> {
    let by_principal = Collection::Assignments.list(&format!("principalId eq '{person}'"));
    match line.pages(&Collection::Assignments.list("asRequestor()")).await {
        Ok(rows) if rows.is_empty() => Ok(line.pages(&by_principal).await.unwrap_or_default()),
        Err(error) if matches!(error.kind, ErrorKind::Forbidden { .. } | ErrorKind::Rejected(_)) => {
            line.pages(&by_principal).await
        }
        asked => asked,
    }
}

/// Requests about the person's eligibilities, whoever made them. Some tenants are said to answer an empty list to who asks as the
/// target: then at least what the person asked for. A service that does not list them to the person has none to show.
async fn about_eligibilities(line: &Line) -> Result<Vec<Resource<WireRequest>>, PlaneError> {
    let asked: Result<Vec<Resource<WireRequest>>, PlaneError> =
        line.pages(&Collection::Eligibilities.list("asTarget()")).await;
    match asked {
        Ok(rows) if rows.is_empty() => {
            Ok(line.pages(&Collection::Eligibilities.list("asRequestor()")).await.unwrap_or_default())
        }
        Ok(rows) => Ok(rows),
        Err(error) => match error.kind {
            ErrorKind::Forbidden { .. } | ErrorKind::Rejected(_) | ErrorKind::NotFound => Ok(Vec::new()),
            _ => Err(error),
        },
    }
}

/// Everybody's requests that wait for the caller's decision.
pub(crate) async fn waiting(line: &Line) -> Result<Vec<Resource<WireRequest>>, PlaneError> {
    let mut rows: Vec<Resource<WireRequest>> =
        line.pages(&Collection::Assignments.list("asApprover()")).await?;
    rows.retain(Resource::waits_for_approval);
    Ok(rows)
}

/// Withdraws `request`. A refusal is no answer yet: the request may have been withdrawn before.
/// <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/cancel>
pub(crate) async fn cancel(
    line: &Line,
    request: &RequestRef,
    names: &Subscriptions,
) -> Result<Submission, PlaneError> {
    let route = address(request, Verb::Cancel).ok_or(ErrorKind::NotFound)?;
    let cancelled = submission(line.post(&route).await, |_| Ok::<_, PlaneError>(withdrawn(request)));
    let refused = match &cancelled {
        Ok(Submission::Rejected(_)) => true,
        Ok(_) => false,
        Err(error) => matches!(error.kind, ErrorKind::NotFound | ErrorKind::Conflict),
    };
    if !refused {
        return cancelled;
    }
    match get(line, request, names).await {
        Ok(found) if found.status.progress() == Progress::Cancelled => Ok(Submission::Accepted(found)),
        _ => cancelled,
    }
}

/// `request` after it was withdrawn: the answer to that has no body.
fn withdrawn(request: &RequestRef) -> Request {
    Request {
        id: request.id.clone(),
        target: request.target.clone(),
        action: request.action,
        status: RequestStatus::from("Canceled".to_owned()),
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

/// Tries `body` without consequences.
/// <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/validate>
pub(crate) async fn validate(line: &Line, target: &Target, body: &Put<'_>) -> Result<Validation, PlaneError> {
    let id = OperationId::random().to_string();
    let route = Collection::Assignments.one(target, &id, Verb::Validate).ok_or(ErrorKind::Protocol)?;
    validation::<Resource<WireRequest>>(line.query_json(&route, body).await)
}
