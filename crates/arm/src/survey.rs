//! The lists of eligibilities and assignments.
//!
//! They are read once, at the tenant root with `asTarget()`: that returns the caller's rows at every management group,
//! subscription, resource group and resource, those through groups included, where a list at a scope would need a permission
//! there and leave out what is inherited.
//! <https://learn.microsoft.com/rest/api/authorization/privileged-role-eligibility-rest-sample>
//!
//! Where the root is refused, the scopes that the caller can see are asked one by one, and the list says so.

use std::time::Duration;

use futures::StreamExt;
use pim::error::{ErrorKind, PlaneError};
use pim::listing::Coverage;
use transport::{Line, Route};

use crate::scope::Subscriptions;
use crate::wire::Resource;
use crate::wire::instance::Instance;
use crate::wire::scopes::ScopeRow;

/// <https://learn.microsoft.com/rest/api/resources/subscriptions/list>
pub(crate) const SUBSCRIPTIONS: &str = "/subscriptions?api-version=2020-01-01";
/// <https://learn.microsoft.com/rest/api/managementgroups/management-groups/list>
const MANAGEMENT_GROUPS: &str = "/providers/Microsoft.Management/managementGroups?api-version=2020-05-01";

/// Which list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    Eligibilities,
    Assignments,
}

/// Rows, with what was learnt on the way.
pub(crate) struct Found {
    pub(crate) rows: Vec<Resource<Instance>>,
    pub(crate) coverage: Coverage,
    /// Names of subscriptions that were told.
    pub(crate) subscriptions: Subscriptions,
}

impl List {
    /// The list at `scope`; the tenant root is the empty string.
    fn at(self, scope: &str) -> Route {
        let (template, kind) = match self {
            Self::Eligibilities => (
                "{scope}/providers/Microsoft.Authorization/roleEligibilityScheduleInstances",
                "roleEligibilityScheduleInstances",
            ),
            Self::Assignments => (
                "{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances",
                "roleAssignmentScheduleInstances",
            ),
        };
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/{kind}?api-version=2020-10-01&$filter=asTarget()"
        );
        Route::new(template, path)
    }

    /// Reads it. Scopes that are asked one by one have `patience` to answer, all together.
    pub(crate) async fn read(self, line: &Line, patience: Duration) -> Result<Found, PlaneError> {
        let refused = match line.pages(&self.at("")).await {
            Ok(rows) => {
                let subscriptions = Resource::subscriptions(&rows);
                return Ok(Found { rows, coverage: Coverage::Whole, subscriptions });
            }
            Err(error) if is_refusal(&error) => error,
            Err(error) => return Err(error),
        };
        self.scope_by_scope(line, patience).await.ok_or(refused)
    }

    /// `None` when there is nobody to ask, or nobody answers.
    async fn scope_by_scope(self, line: &Line, patience: Duration) -> Option<Found> {
        let scopes = Scopes::visible(line).await;
        let asked = scopes.rows.iter().filter_map(ScopeRow::scope).map(|scope| self.at(scope));
        let asked: Vec<Route> = asked.collect();
        let count = asked.len();
        let lists = asked.into_iter().map(|route| async move { line.pages(&route).await });
        let lists = futures::stream::iter(lists).buffer_unordered(line.width());
        let lists: Vec<Result<Vec<Resource<Instance>>, PlaneError>> =
            lists.take_until(tokio::time::sleep(patience)).collect().await;
        let answered: Vec<_> = lists.into_iter().flatten().collect();
        if answered.is_empty() {
            return None;
        }
        // A list of scopes without an answer is as bad as a scope without one.
        let asked = count + scopes.lost;
        let coverage = Coverage::ScopeByScope { asked, unanswered: asked - answered.len() };
        let rows = Resource::distinct(answered.into_iter().flatten().collect());
        let mut subscriptions = ScopeRow::subscriptions(&scopes.rows);
        subscriptions.extend(Resource::subscriptions(&rows));
        Some(Found { rows, coverage, subscriptions })
    }
}

/// The scopes that the caller can see.
struct Scopes {
    rows: Vec<ScopeRow>,
    /// How many of the two lists of scopes did not answer. One that is refused has answered: the caller sees none of its scopes.
    lost: usize,
}

impl Scopes {
    async fn visible(line: &Line) -> Self {
        let lists = [SUBSCRIPTIONS, MANAGEMENT_GROUPS].map(Route::fixed);
        let lists: Vec<Result<Vec<ScopeRow>, PlaneError>> =
            futures::future::join_all(lists.iter().map(|route| line.pages(route))).await;
        let lost = lists.iter().filter(|list| list.as_ref().is_err_and(|error| !is_refusal(error))).count();
        Self { rows: lists.into_iter().flatten().flatten().collect(), lost }
    }
}

/// Whether the service answered that the caller may not.
fn is_refusal(error: &PlaneError) -> bool {
    matches!(error.kind, ErrorKind::Forbidden { .. } | ErrorKind::SignInRequired)
}
