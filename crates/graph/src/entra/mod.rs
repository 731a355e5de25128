//! The plane of Entra roles.
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>

mod place;
mod privileged;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use pim::approval::{Approvals, Decided, Outcome, Verdict, Waiting};
use pim::assignment::Assignment;
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, RequestId};
use pim::listing::Listing;
use pim::plane::{Caller, Descriptor, Fingerprint, Plane, Submission, Validation};
use pim::policy::PolicyReading;
use pim::prolongation::Prolongation;
use pim::request::{Request, RequestRef};
use pim::target::Target;
use pim::tokens::{Audience, TokenError};
use transport::wire::usable;
use transport::{Api, Line, Route, rules, segment};

use crate::approvals::Approving;
use crate::policies::{self, WireAssignment};
use crate::requests::{Collection, Requests};
use crate::wire::Named;
use place::Place;
use wire::Instance;

/// The plane's id.
const PLANE: &str = "entra";

const ELIGIBILITIES: &str = "/v1.0/roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')\
    ?$expand=roleDefinition($select=id,displayName,isBuiltIn,templateId),directoryScope";
const ASSIGNMENTS: &str = "/v1.0/roleManagement/directory/roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')\
    ?$expand=roleDefinition($select=id,displayName,isBuiltIn,templateId),directoryScope";

const REQUESTS: Requests = Requests {
    assignments: Collection {
        path: "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests",
        one: "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests/{id}",
    },
    eligibilities: Collection {
        path: "/v1.0/roleManagement/directory/roleEligibilityScheduleRequests",
        one: "/v1.0/roleManagement/directory/roleEligibilityScheduleRequests/{id}",
    },
    expand: "roleDefinition($select=id,displayName,isBuiltIn,templateId),directoryScope",
    after_duration: "AfterDuration",
    target: wire::request_target,
    ids: wire::ids,
    names: wire::request_names,
};

/// Only the beta has them, under the older word.
/// <https://learn.microsoft.com/graph/api/resources/approval?view=graph-rest-beta>
const APPROVING: Approving = Approving {
    requests: &REQUESTS,
    path: "/beta/roleManagement/directory/roleAssignmentApprovals",
    one: "/beta/roleManagement/directory/roleAssignmentApprovals/{id}",
    words: &["steps"],
};

/// Below the admin center: requests that wait for the person.
const ADMIN_PAGE: &str = "/#view/Microsoft_Azure_PIMCommon/ApproveRequestMenuBlade/~/aadmigratedroles";

/// Microsoft's pages use either word for the directory's policies; both are said to work.
const POLICIES: [&str; 2] = [
    "/v1.0/policies/roleManagementPolicyAssignments\
     ?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'&$expand=policy($expand=rules)",
    "/v1.0/policies/roleManagementPolicyAssignments\
     ?$filter=scopeId eq '/' and scopeType eq 'Directory'&$expand=policy($expand=rules)",
];

/// Names of administrative units that are asked for one by one, per list, at most.
const UNITS_ASKED_FOR: usize = 40;

/// Entra roles over Microsoft Graph.
pub struct EntraRoles {
    api: Arc<Api>,
    descriptor: Descriptor,
}

/// A role stands in the token (`wids`), so that tools see it with the next one; some services keep roles for themselves.
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-activate-role>
const SEEN_LATE: &[(&str, &str)] = &[
    ("Admin centers", "Load the tab again. Where that is not enough, sign out there and in again."),
    (
        "Azure CLI, PowerShell",
        "Sign in again (az login, Connect-MgGraph): a token from before does not have the role.",
    ),
    (
        "Exchange, SharePoint, Teams",
        "They keep roles for themselves, often for up to 40 minutes, SharePoint at times for hours. Connect again then.",
    ),
];

impl EntraRoles {
    /// The plane on the Graph at `api`.
    ///
    /// `admin_center` is the base of Microsoft's admin center (`https://entra.microsoft.com`), where one is known.
    #[must_use]
    pub fn new(api: Arc<Api>, admin_center: Option<&str>) -> Self {
        let descriptor = Descriptor {
            id: PlaneId::from(PLANE),
            title: "Entra roles",
            singular: "Entra role",
            short: "Entra",
            empty: "No Entra roles are eligible for you.",
            order: 0,
            audience: Audience::Graph,
            chooses_ids: false,
            leads_on: false,
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
impl Plane for EntraRoles {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn eligibilities(&self, caller: &Caller) -> Result<Listing<Eligibility>, PlaneError> {
        let rows = rows(&self.line(caller).await?, ELIGIBILITIES).await?;
        Ok(usable(rows, "Entra role eligibilities", |(row, place)| row.eligibility(place)).into())
    }

    async fn assignments(&self, caller: &Caller) -> Result<Listing<Assignment>, PlaneError> {
        let rows = rows(&self.line(caller).await?, ASSIGNMENTS).await?;
        Ok(usable(rows, "Entra role assignments", |(row, place)| row.assignment(place)).into())
    }

    async fn requests(&self, caller: &Caller) -> Result<Vec<Request>, PlaneError> {
        REQUESTS.own(&self.line(caller).await?).await
    }

    /// One call for all roles: a role's policy holds for the whole directory, whatever the scope.
    async fn policies(&self, caller: &Caller, targets: &[Target]) -> HashMap<Target, PolicyReading> {
        if targets.is_empty() {
            return HashMap::new();
        }
        let rows = match self.line(caller).await {
            Ok(line) => all_policies(&line).await,
            Err(error) => Err(error.into()),
        };
        let reading = |target: &Target| match &rows {
            Ok(rows) => policies::reading(rows, target.role.as_str()),
            Err(error) => PolicyReading::Unreadable(rules::unreadable(error)),
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
impl Approvals for EntraRoles {
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

/// The policies of every role. The second spelling is tried where the first is refused or finds nothing.
async fn all_policies(line: &Line) -> Result<Vec<WireAssignment>, PlaneError> {
    match line.pages(&Route::fixed(POLICIES[0])).await {
        Ok(rows) if !rows.is_empty() => Ok(rows),
        Err(error) if !matches!(error.kind, ErrorKind::Rejected(_) | ErrorKind::NotFound) => Err(error),
        _ => line.pages(&Route::fixed(POLICIES[1])).await,
    }
}

/// A list, each row with its place in words.
async fn rows(line: &Line, path: &'static str) -> Result<Vec<(Instance, String)>, PlaneError> {
    let rows: Vec<Instance> = line.pages(&Route::fixed(path)).await?;
    let mut unnamed: Vec<String> = rows
        .iter()
        .filter_map(|row| match row.place() {
            Place::UnnamedUnit(id) => Some(id.to_owned()),
            Place::Words(_) => None,
        })
        .collect();
    unnamed.sort_unstable();
    unnamed.dedup();
    let asked = unnamed.into_iter().take(UNITS_ASKED_FOR).map(async |id| (unit_name(line, &id).await, id));
    let asked: Vec<(Option<String>, String)> =
        futures::stream::iter(asked).buffer_unordered(line.width()).collect().await;
    let names: HashMap<String, String> =
        asked.into_iter().filter_map(|(name, id)| Some((id, name?))).collect();
    let with_place = |row: Instance| {
        let place = match row.place() {
            Place::Words(words) => words,
            Place::UnnamedUnit(id) => place::unit(names.get(id).map_or(id, String::as_str)),
        };
        (row, place)
    };
    Ok(rows.into_iter().map(with_place).collect())
}

/// A unit's name; `None` where it cannot be read, which is no reason to fail a list.
/// <https://learn.microsoft.com/graph/api/administrativeunit-get>
async fn unit_name(line: &Line, id: &str) -> Option<String> {
    let id = segment(id)?;
    let path = format!("/v1.0/directory/administrativeUnits/{id}?$select=id,displayName");
    let unit: Named =
        line.get_json(&Route::new("/v1.0/directory/administrativeUnits/{id}", path)).await.ok()?;
    unit.name().map(str::to_owned)
}
