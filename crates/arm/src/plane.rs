//! The plane of Azure resources.
//!
//! Lists are read once, at the tenant root with `asTarget()`: that returns the caller's rows at every management group,
//! subscription, resource group and resource, those through groups included, where a list at a scope would need a permission
//! there and leave out what is inherited.
//! <https://learn.microsoft.com/rest/api/authorization/privileged-role-eligibility-rest-sample>

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use http::Method;
use pim::assignment::Assignment;
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, RequestId};
use pim::listing::Listing;
use pim::plane::{Caller, Descriptor, Fingerprint, Plane, Submission};
use pim::policy::{PolicyReading, Unreadable};
use pim::request::{Request, RequestRef};
use pim::target::Target;
use pim::tokens::{Audience, TokenError};
use transport::wire::usable;
use transport::write::submission;
use transport::{Api, Line, Outcome, Route, refusal, rules, segment};

use crate::wire::{Instance, PolicyAssignment, Put, Resource, WireRequest};
use crate::{CONCURRENCY, scope};

/// The plane's id.
pub(crate) const PLANE: &str = "azure";

const ELIGIBILITIES: &str = "/providers/Microsoft.Authorization/roleEligibilityScheduleInstances?api-version=2020-10-01&$filter=asTarget()";
const ASSIGNMENTS: &str = "/providers/Microsoft.Authorization/roleAssignmentScheduleInstances?api-version=2020-10-01&$filter=asTarget()";
const REQUESTS: &str = "/providers/Microsoft.Authorization/roleAssignmentScheduleRequests?api-version=2020-10-01&$filter=asRequestor()";

/// Azure resource roles over Azure Resource Manager.
pub struct AzureResources {
    api: Arc<Api>,
    descriptor: Descriptor,
}

impl AzureResources {
    /// The plane on the Azure Resource Manager at `api`.
    #[must_use]
    pub fn new(api: Arc<Api>) -> Self {
        let descriptor = Descriptor {
            id: PlaneId::from(PLANE),
            title: "Azure resources",
            singular: "Azure role",
            short: "Azure",
            empty: "No Azure roles are eligible for you.",
            order: 2,
            audience: Audience::Azure,
            chooses_ids: true,
            leads_on: false,
            admin_page: None,
        };
        Self { api, descriptor }
    }

    async fn line(&self, caller: &Caller) -> Result<Line, TokenError> {
        self.api.line(caller, &self.descriptor.id, Audience::Azure).await
    }

    /// Puts a request under the id that the portal chose. That the id exists already means that an earlier put of it went through
    /// and its answer was lost: the request is read instead.
    async fn put(
        &self,
        caller: &Caller,
        target: &Target,
        id: &RequestId,
        body: &Put<'_>,
    ) -> Result<Submission, PlaneError> {
        let line = self.line(caller).await?;
        let route = one(target, id).ok_or(ErrorKind::Protocol)?;
        let outcome = line.send(&Method::PUT, &route, body).await;
        if let Outcome::Answered(answer) = &outcome
            && refusal::code(answer).as_deref() == Some(refusal::REQUEST_EXISTS)
        {
            let read = get(&line, &route, target).await;
            return Ok(read.map_or(Submission::Unsure, Submission::Accepted));
        }
        submission(outcome, |answer| {
            let resource: Resource<WireRequest> = answer.json()?;
            resource.about(target.clone()).ok_or_else(|| PlaneError::from(ErrorKind::Protocol))
        })
    }
}

#[async_trait]
impl Plane for AzureResources {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn eligibilities(&self, caller: &Caller) -> Result<Listing<Eligibility>, PlaneError> {
        let rows: Vec<Resource<Instance>> =
            self.line(caller).await?.pages(&Route::fixed(ELIGIBILITIES)).await?;
        let names = Resource::subscriptions(&rows);
        Ok(usable(&rows, "Azure eligibilities", |row| row.eligibility(&names)).into())
    }

    async fn assignments(&self, caller: &Caller) -> Result<Listing<Assignment>, PlaneError> {
        let rows: Vec<Resource<Instance>> =
            self.line(caller).await?.pages(&Route::fixed(ASSIGNMENTS)).await?;
        let names = Resource::subscriptions(&rows);
        Ok(usable(&rows, "Azure assignments", |row| row.assignment(&names)).into())
    }

    /// Asks as the requestor. Where that is refused, or finds nothing (some tenants are said to answer an empty list instead),
    /// asks by principal; what the second question brings only adds to the first.
    async fn requests(&self, caller: &Caller) -> Result<Vec<Request>, PlaneError> {
        let line = self.line(caller).await?;
        let asked: Result<Vec<Resource<WireRequest>>, PlaneError> = line.pages(&Route::fixed(REQUESTS)).await;
        let rows = match asked {
            Ok(rows) if !rows.is_empty() => rows,
            Ok(_) => by_principal(&line, caller).await.unwrap_or_default(),
            Err(error) if matches!(error.kind, ErrorKind::Forbidden { .. } | ErrorKind::Rejected(_)) => {
                by_principal(&line, caller).await?
            }
            Err(error) => return Err(error),
        };
        Ok(rows.into_iter().filter_map(Resource::own).collect())
    }

    /// One call per scope and role, several at a time: Azure documents no batch.
    async fn policies(&self, caller: &Caller, targets: &[Target]) -> HashMap<Target, PolicyReading> {
        let line = match self.line(caller).await {
            Ok(line) => line,
            Err(error) => {
                let reading = PolicyReading::Unreadable(rules::unreadable(&error.into()));
                return targets.iter().map(|target| (target.clone(), reading.clone())).collect();
            }
        };
        let line = &line;
        let mut distinct: Vec<Target> = targets.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let readings = distinct.into_iter().map(async move |target| {
            let reading = policy(line, &target).await;
            (target, reading)
        });
        futures::stream::iter(readings).buffer_unordered(CONCURRENCY).collect().await
    }

    async fn submit(&self, caller: &Caller, draft: &Draft, id: &RequestId) -> Result<Submission, PlaneError> {
        self.put(caller, &draft.target, id, &Put::activate(caller.principal, draft)).await
    }

    async fn deactivate(
        &self,
        caller: &Caller,
        assignment: &Assignment,
        id: &RequestId,
    ) -> Result<Submission, PlaneError> {
        self.put(caller, &assignment.target, id, &Put::deactivate(caller.principal, assignment)).await
    }

    async fn request(&self, caller: &Caller, request: &RequestRef) -> Result<Request, PlaneError> {
        let route = one(&request.target, &request.id).ok_or(ErrorKind::NotFound)?;
        get(&self.line(caller).await?, &route, &request.target).await
    }

    /// By the id that the portal chose: it either exists or it does not.
    async fn find(&self, caller: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        match self.request(caller, &RequestRef { id: lost.request_id.clone(), target: lost.target.clone(), action: lost.action }).await {
            Ok(request) => Ok(Some(request)),
            Err(PlaneError { kind: ErrorKind::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// One request's address; `None` when the scope or the id could lead elsewhere.
fn one(target: &Target, id: &RequestId) -> Option<Route> {
    let (scope, id) = (scope::checked(target.scope.as_str())?, segment(id.as_str())?);
    Some(Route::new(
        "{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{id}",
        format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{id}?api-version=2020-10-01"
        ),
    ))
}

async fn get(line: &Line, route: &Route, target: &Target) -> Result<Request, PlaneError> {
    let resource: Resource<WireRequest> = line.get_json(route).await?;
    resource.about(target.clone()).ok_or_else(|| ErrorKind::Protocol.into())
}

async fn by_principal(line: &Line, caller: &Caller) -> Result<Vec<Resource<WireRequest>>, PlaneError> {
    let path = format!(
        "/providers/Microsoft.Authorization/roleAssignmentScheduleRequests?api-version=2020-10-01&$filter=principalId eq '{}'",
        caller.principal
    );
    line.pages(&Route::new("/providers/Microsoft.Authorization/roleAssignmentScheduleRequests", path)).await
}

/// The policy of one role at one scope. <https://learn.microsoft.com/rest/api/authorization/role-management-policy-assignments>
async fn policy(line: &Line, target: &Target) -> PolicyReading {
    let Some((scope, role)) = scope::checked(target.scope.as_str()).zip(scope::checked(target.role.as_str()))
    else {
        return PolicyReading::Unreadable(Unreadable::Missing);
    };
    let route = Route::new(
        "{scope}/providers/Microsoft.Authorization/roleManagementPolicyAssignments",
        format!(
            "{scope}/providers/Microsoft.Authorization/roleManagementPolicyAssignments\
             ?api-version=2020-10-01&$filter=roleDefinitionId eq '{role}'"
        ),
    );
    let rows: Vec<Resource<PolicyAssignment>> = match line.pages(&route).await {
        Ok(rows) => rows,
        Err(error) => return PolicyReading::Unreadable(rules::unreadable(&error)),
    };
    let row = rows.into_iter().filter_map(|row| row.properties).find(|row| row.is_for(&target.role));
    row.map_or(PolicyReading::Unreadable(Unreadable::Missing), |row| {
        rules::reading(row.effective_rules.as_deref())
    })
}
