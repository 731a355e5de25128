//! The plane of Azure resources.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join;
use pim::approval::Approvals;
use pim::assignment::Assignment;
use pim::child_scope::ChildScopes;
use pim::directory::Directories;
use pim::draft::Draft;
use pim::eligibility::Eligibility;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{PlaneId, RequestId};
use pim::listing::Listing;
use pim::plane::{Caller, Descriptor, Fingerprint, Plane, Submission, Validation};
use pim::policy::PolicyReading;
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::request::{Request, RequestAction, RequestRef};
use pim::target::Target;
use pim::tokens::{Audience, TokenError};
use transport::wire::usable;
use transport::{Api, Line, rules};

use crate::names::Memory;
use crate::scope::Subscriptions;
use crate::survey::{Found, List};
use crate::wire::Resource;
use crate::wire::put::Put;
use crate::{policies, requests};

/// The plane's id.
pub(crate) const PLANE: &str = "azure";

/// Azure resource roles over Azure Resource Manager.
pub struct AzureResources {
    api: Arc<Api>,
    descriptor: Descriptor,
    pub(crate) names: Memory,
}

/// Azure looks with each call, and keeps what it saw for up to ten minutes; services keep it for themselves.
/// <https://learn.microsoft.com/azure/role-based-access-control/troubleshooting>
const SEEN_LATE: &[(&str, &str)] = &[
    ("Azure portal", "Load the tab again; it can take up to ten minutes."),
    (
        "Azure CLI, PowerShell",
        "Try again after some minutes. Signing in again (az login, Connect-AzAccount) makes Azure look anew.",
    ),
    (
        "Storage, Kubernetes and other services",
        "They keep what you may do for a while, at times for an hour. Clear the tool's tokens, or sign in again there.",
    ),
];

impl AzureResources {
    /// The plane on the Azure Resource Manager at `api`. `admin_page` is Microsoft's own page for what the portal may not do.
    #[must_use]
    pub fn new(api: Arc<Api>, admin_page: Option<String>) -> Self {
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
            seen_late: SEEN_LATE,
            admin_page,
        };
        Self { api, descriptor, names: Memory::default() }
    }

    pub(crate) async fn line(&self, caller: &Caller) -> Result<Line, TokenError> {
        self.api.line(caller, &self.descriptor.id, Audience::Azure).await
    }

    /// A list, with the names of subscriptions that its rows lie in.
    async fn listed(&self, caller: &Caller, list: List) -> Result<(Found, Arc<Subscriptions>), PlaneError> {
        let line = self.line(caller).await?;
        let list = list.read(&line, self.api.limits().list);
        let (found, ()) = join(list, self.names.ask(&line, caller.principal)).await;
        let found = found?;
        let scopes = found.rows.iter().filter_map(Resource::scope);
        let names = self.names.after(caller.principal, &found.subscriptions, scopes);
        Ok((found, names))
    }

    /// Puts a request under the id that the portal chose.
    async fn put(
        &self,
        caller: &Caller,
        request: RequestRef,
        body: &Put<'_>,
    ) -> Result<Submission, PlaneError> {
        let line = self.line(caller).await?;
        requests::put(&line, &request, body, &self.names.known(caller.principal)).await
    }
}

#[async_trait]
impl Plane for AzureResources {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn eligibilities(&self, caller: &Caller) -> Result<Listing<Eligibility>, PlaneError> {
        let (found, names) = self.listed(caller, List::Eligibilities).await?;
        let rows = usable(&found.rows, "Azure eligibilities", |row| row.eligibility(&names));
        Ok(Listing { rows, coverage: found.coverage })
    }

    async fn assignments(&self, caller: &Caller) -> Result<Listing<Assignment>, PlaneError> {
        let (found, names) = self.listed(caller, List::Assignments).await?;
        let rows = usable(&found.rows, "Azure assignments", |row| row.assignment(&names));
        Ok(Listing { rows, coverage: found.coverage })
    }

    async fn requests(&self, caller: &Caller) -> Result<Vec<Request>, PlaneError> {
        let line = self.line(caller).await?;
        requests::own(&line, caller.principal, &self.names.known(caller.principal)).await
    }

    async fn policies(&self, caller: &Caller, targets: &[Target]) -> HashMap<Target, PolicyReading> {
        match self.line(caller).await {
            Ok(line) => policies::read(&line, targets).await,
            Err(error) => {
                let reading = PolicyReading::Unreadable(rules::unreadable(&error.into()));
                targets.iter().map(|target| (target.clone(), reading.clone())).collect()
            }
        }
    }

    async fn validate(&self, caller: &Caller, draft: &Draft) -> Result<Validation, PlaneError> {
        let line = self.line(caller).await?;
        requests::validate(&line, &draft.target, &Put::activate(caller.principal, draft)).await
    }

    async fn submit(&self, caller: &Caller, draft: &Draft, id: &RequestId) -> Result<Submission, PlaneError> {
        let request = reference(id, &draft.target, RequestAction::Activate);
        self.put(caller, request, &Put::activate(caller.principal, draft)).await
    }

    async fn deactivate(
        &self,
        caller: &Caller,
        assignment: &Assignment,
        id: &RequestId,
    ) -> Result<Submission, PlaneError> {
        let request = reference(id, &assignment.target, RequestAction::Deactivate);
        self.put(caller, request, &Put::deactivate(caller.principal, assignment)).await
    }

    async fn cancel(&self, caller: &Caller, request: &RequestRef) -> Result<Submission, PlaneError> {
        let line = self.line(caller).await?;
        requests::cancel(&line, request, &self.names.known(caller.principal)).await
    }

    async fn prolong(
        &self,
        caller: &Caller,
        wish: &Prolongation,
        id: &RequestId,
    ) -> Result<Submission, PlaneError> {
        let action = match wish.kind {
            ProlongationKind::Extend => RequestAction::Extend,
            ProlongationKind::Renew => RequestAction::Renew,
        };
        self.put(caller, reference(id, &wish.target, action), &Put::prolong(caller.principal, wish)).await
    }

    async fn request(&self, caller: &Caller, request: &RequestRef) -> Result<Request, PlaneError> {
        let line = self.line(caller).await?;
        requests::get(&line, request, &self.names.known(caller.principal)).await
    }

    /// By the id that the portal chose. Azure may deny for a while that there is a request which it has just taken.
    async fn find(&self, caller: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        let request = reference(&lost.request_id, &lost.target, lost.action);
        match self.request(caller, &request).await {
            Ok(request) => Ok(Some(request)),
            Err(PlaneError { kind: ErrorKind::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn approvals(&self) -> Option<&dyn Approvals> {
        Some(self)
    }

    fn child_scopes(&self) -> Option<&dyn ChildScopes> {
        Some(self)
    }

    fn directories(&self) -> Option<&dyn Directories> {
        Some(self)
    }
}

fn reference(id: &RequestId, target: &Target, action: RequestAction) -> RequestRef {
    RequestRef { id: id.clone(), target: target.clone(), action }
}
