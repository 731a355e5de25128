//! The plane of PIM for Groups.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>

mod memberships;
mod wire;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use pim::approval::{Approvals, Decided, Outcome, Verdict, Waiting};
use pim::assignment::Assignment;
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::error::PlaneError;
use pim::ids::{PlaneId, RequestId};
use pim::listing::Listing;
use pim::plane::{Caller, Descriptor, Fingerprint, Plane, Submission, Validation};
use pim::policy::{PolicyReading, Unreadable};
use pim::prolongation::Prolongation;
use pim::request::{Request, RequestRef};
use pim::target::Target;
use pim::tokens::{Audience, TokenError};
use transport::wire::usable;
use transport::{Answer, Api, Line, Page, Route, rules, segment};

use crate::approvals::Approving;
use crate::batch;
use crate::policies::{self, WireAssignment};
use crate::requests::{Collection, Requests};
use wire::Instance;

/// The plane's id.
const PLANE: &str = "groups";

const ELIGIBILITIES: &str = "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances/\
    filterByCurrentUser(on='principal')?$expand=group($select=id,displayName)";
const ASSIGNMENTS: &str = "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleInstances/\
    filterByCurrentUser(on='principal')?$expand=group($select=id,displayName)";

const REQUESTS: Requests = Requests {
    assignments: Collection {
        path: "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests",
        one: "/v1.0/identityGovernance/privilegedAccess/group/assignmentScheduleRequests/{id}",
    },
    eligibilities: Collection {
        path: "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests",
        one: "/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests/{id}",
    },
    expand: "group($select=id,displayName)",
    after_duration: "afterDuration",
    target: wire::request_target,
    ids: wire::ids,
    names: wire::request_names,
};

/// The schema says stages, the page about the call says steps.
/// <https://learn.microsoft.com/graph/api/approvalstage-update>
const APPROVING: Approving = Approving {
    requests: &REQUESTS,
    path: "/v1.0/identityGovernance/privilegedAccess/group/assignmentApprovals",
    one: "/v1.0/identityGovernance/privilegedAccess/group/assignmentApprovals/{id}",
    words: &["stages", "steps"],
};

/// Below the admin center: requests that wait for the person.
const ADMIN_PAGE: &str = "/#view/Microsoft_Azure_PIMCommon/ApproveRequestMenuBlade/~/aadgroup";

/// PIM for Groups over Microsoft Graph.
pub struct Groups {
    api: Arc<Api>,
    descriptor: Descriptor,
}

/// Membership stands in the token (`groups`), and applications may keep who was not a member.
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/groups-activate-roles>
const SEEN_LATE: &[(&str, &str)] = &[
    (
        "Applications that go by the group",
        "Sign out there and in again: a token from before does not have the group. Some keep for a while who is a member.",
    ),
    ("Azure CLI, PowerShell", "Sign in again (az login, Connect-MgGraph) for what the group brings."),
];

impl Groups {
    /// The plane on the Graph at `api`.
    ///
    /// `admin_center` is the base of Microsoft's admin center (`https://entra.microsoft.com`), where one is known.
    #[must_use]
    pub fn new(api: Arc<Api>, admin_center: Option<&str>) -> Self {
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
            seen_late: SEEN_LATE,
            admin_page: admin_center.map(|base| format!("{}{ADMIN_PAGE}", base.trim_end_matches('/'))),
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
        let line = self.line(caller).await?;
        let rows: Vec<Instance> = line.pages(&Route::fixed(ELIGIBILITIES)).await?;
        let mut rows = usable(rows, "group eligibilities", Instance::eligibility);
        memberships::name(&line, rows.iter_mut().map(|row| (&row.target, &mut row.names))).await;
        Ok(rows.into())
    }

    async fn assignments(&self, caller: &Caller) -> Result<Listing<Assignment>, PlaneError> {
        let line = self.line(caller).await?;
        let rows: Vec<Instance> = line.pages(&Route::fixed(ASSIGNMENTS)).await?;
        let mut rows = usable(rows, "group assignments", Instance::assignment);
        memberships::name(&line, rows.iter_mut().map(|row| (&row.target, &mut row.names))).await;
        Ok(rows.into())
    }

    async fn requests(&self, caller: &Caller) -> Result<Vec<Request>, PlaneError> {
        let line = self.line(caller).await?;
        let mut rows = REQUESTS.own(&line).await?;
        let names = rows.iter_mut().filter_map(|row| Some((&row.target, row.names.as_mut()?)));
        memberships::name(&line, names).await;
        Ok(rows)
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
                let read: Vec<_> =
                    futures::stream::iter(batches).buffer_unordered(line.width()).collect().await;
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

    async fn validate(&self, caller: &Caller, draft: &Draft) -> Result<Validation, PlaneError> {
        REQUESTS.validate(&self.line(caller).await?, caller.principal, draft).await
    }

    async fn submit(&self, caller: &Caller, draft: &Draft, _: &RequestId) -> Result<Submission, PlaneError> {
        REQUESTS.activate(&self.line(caller).await?, caller.principal, draft).await
    }

    async fn deactivate(
        &self,
        caller: &Caller,
        assignment: &Assignment,
        _: &RequestId,
    ) -> Result<Submission, PlaneError> {
        REQUESTS.deactivate(&self.line(caller).await?, caller.principal, &assignment.target).await
    }

    async fn cancel(&self, caller: &Caller, request: &RequestRef) -> Result<Submission, PlaneError> {
        REQUESTS.cancel(&self.line(caller).await?, request).await
    }

    async fn prolong(
        &self,
        caller: &Caller,
        wish: &Prolongation,
        _: &RequestId,
    ) -> Result<Submission, PlaneError> {
        REQUESTS.prolong(&self.line(caller).await?, caller.principal, wish).await
    }

    async fn request(&self, caller: &Caller, request: &RequestRef) -> Result<Request, PlaneError> {
        REQUESTS.get(&self.line(caller).await?, request).await
    }

    async fn find(&self, caller: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        REQUESTS.find(&self.line(caller).await?, lost).await
    }

    fn approvals(&self) -> Option<&dyn Approvals> {
        Some(self)
    }
}

#[async_trait]
impl Approvals for Groups {
    async fn waiting(&self, caller: &Caller) -> Result<Vec<Waiting>, PlaneError> {
        APPROVING.waiting(&self.line(caller).await?, caller.principal).await
    }

    async fn decide(&self, caller: &Caller, verdict: &Verdict) -> Result<Decided, PlaneError> {
        APPROVING.decide(&self.line(caller).await?, caller.principal, verdict).await
    }

    async fn outcome(&self, caller: &Caller, waiting: &Waiting) -> Result<Outcome, PlaneError> {
        APPROVING.outcome(&self.line(caller).await?, caller.principal, &waiting.id).await
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
