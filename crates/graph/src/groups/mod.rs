//! The plane of PIM for Groups.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>

mod wire;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use pim::assignment::Assignment;
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::error::PlaneError;
use pim::ids::{PlaneId, RequestId};
use pim::listing::Listing;
use pim::plane::{Caller, Descriptor, Fingerprint, Plane, Submission};
use pim::policy::{PolicyReading, Unreadable};
use pim::request::{Request, RequestRef};
use pim::target::Target;
use pim::tokens::{Audience, TokenError};
use transport::wire::usable;
use transport::{Answer, Api, Line, Page, Route, rules, segment};

use crate::batch;
use crate::policies::{self, WireAssignment};
use crate::requests::Collection;
use wire::{Instance, Post};

/// The plane's id.
const PLANE: &str = "groups";

const ELIGIBILITIES: &str = "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances/\
    filterByCurrentUser(on='principal')?$expand=group($select=id,displayName)";
const ASSIGNMENTS: &str = "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleInstances/\
    filterByCurrentUser(on='principal')?$expand=group($select=id,displayName)";

const REQUESTS: Collection = Collection {
    path: "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests",
    own: "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests/filterByCurrentUser(on='principal')",
    one: "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests/{id}",
    target: wire::request_target,
};

/// Batches on their way at a time.
const BATCHES: usize = 4;

/// PIM for Groups over Microsoft Graph.
pub struct Groups {
    api: Arc<Api>,
    descriptor: Descriptor,
}

impl Groups {
    /// The plane on the Graph at `api`.
    #[must_use]
    pub fn new(api: Arc<Api>) -> Self {
        let descriptor = Descriptor {
            id: PlaneId::from(PLANE),
            title: "Groups",
            singular: "Group",
            short: "Groups",
            empty: "No groups are eligible for you.",
            order: 1,
            audience: Audience::Graph,
            chooses_ids: false,
            leads_on: true,
            admin_page: None,
        };
        Self { api, descriptor }
    }

    async fn line(&self, caller: &Caller) -> Result<Line, TokenError> {
        self.api.line(caller, &self.descriptor.id, Audience::Graph).await
    }
}

#[async_trait]
impl Plane for Groups {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn eligibilities(&self, caller: &Caller) -> Result<Listing<Eligibility>, PlaneError> {
        let rows: Vec<Instance> = self.line(caller).await?.pages(&Route::fixed(ELIGIBILITIES)).await?;
        Ok(usable(rows, "group eligibilities", Instance::eligibility).into())
    }

    async fn assignments(&self, caller: &Caller) -> Result<Listing<Assignment>, PlaneError> {
        let rows: Vec<Instance> = self.line(caller).await?.pages(&Route::fixed(ASSIGNMENTS)).await?;
        Ok(usable(rows, "group assignments", Instance::assignment).into())
    }

    async fn requests(&self, caller: &Caller) -> Result<Vec<Request>, PlaneError> {
        REQUESTS.own(&self.line(caller).await?).await
    }

    /// One read per group, which answers for both kinds of access; twenty reads per call.
    async fn policies(&self, caller: &Caller, targets: &[Target]) -> HashMap<Target, PolicyReading> {
        let groups: BTreeSet<&str> =
            targets.iter().filter_map(|target| segment(target.scope.as_str())).collect();
        let groups: Vec<String> = groups.into_iter().map(str::to_owned).collect();
        let read: HashMap<String, Result<Vec<WireAssignment>, Unreadable>> = match self.line(caller).await {
            Ok(line) => {
                let chunks: Vec<Vec<String>> =
                    groups.chunks(batch::LARGEST).map(<[String]>::to_vec).collect();
                let batches = chunks.into_iter().map(|chunk| read_batch(&line, chunk));
                let read: Vec<_> = futures::stream::iter(batches).buffer_unordered(BATCHES).collect().await;
                read.into_iter().flatten().collect()
            }
            Err(error) => {
                let reason = rules::unreadable(&error.into());
                groups.into_iter().map(|group| (group, Err(reason))).collect()
            }
        };
        let reading = |target: &Target| match read.get(target.scope.as_str()) {
            Some(Ok(rows)) => policies::reading(rows, target.role.as_str()),
            Some(Err(reason)) => PolicyReading::Unreadable(*reason),
            None => PolicyReading::Unreadable(Unreadable::Missing),
        };
        targets.iter().map(|target| (target.clone(), reading(target))).collect()
    }

    async fn submit(&self, caller: &Caller, draft: &Draft, _: &RequestId) -> Result<Submission, PlaneError> {
        let body = Post::activate(caller.principal, draft);
        REQUESTS.post(&self.line(caller).await?, &draft.target, &body).await
    }

    async fn deactivate(
        &self,
        caller: &Caller,
        assignment: &Assignment,
        _: &RequestId,
    ) -> Result<Submission, PlaneError> {
        let body = Post::deactivate(caller.principal, &assignment.target);
        REQUESTS.post(&self.line(caller).await?, &assignment.target, &body).await
    }

    async fn request(&self, caller: &Caller, request: &RequestRef) -> Result<Request, PlaneError> {
        REQUESTS.get(&self.line(caller).await?, &request.id).await
    }

    async fn find(&self, caller: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        REQUESTS.find(&self.line(caller).await?, lost).await
    }
}

/// The policy assignments of up to twenty groups. Their ids are checked: they stand in a filter.
async fn read_batch(
    line: &Line,
    groups: Vec<String>,
) -> Vec<(String, Result<Vec<WireAssignment>, Unreadable>)> {
    let url = |group: &String| {
        format!(
            "/policies/roleManagementPolicyAssignments?$filter=scopeId%20eq%20'{group}'%20and%20scopeType%20eq%20'Group'\
             &$expand=policy($expand=rules)"
        )
    };
    let urls: Vec<String> = groups.iter().map(url).collect();
    let mut read = Vec::new();
    for (group, answer) in groups.into_iter().zip(batch::get(line, &urls).await) {
        let rows = match answer {
            Ok(answer) => rest(line, &answer).await,
            Err(error) => Err(error),
        };
        read.push((group, rows.map_err(|error| rules::unreadable(&error))));
    }
    read
}

/// A page out of a batch, and those after it.
async fn rest(line: &Line, answer: &Answer) -> Result<Vec<WireAssignment>, PlaneError> {
    let page: Page<WireAssignment> = answer.json()?;
    line.rest(page, policies::PATH).await
}
