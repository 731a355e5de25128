//! The ability to narrow an activation to a scope below an eligibility's own.

use std::time::Duration;

use async_trait::async_trait;
use pim::child_scope::{ChildScope, ChildScopes};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::ScopeId;
use pim::listing::Listing;
use pim::plane::Caller;
use transport::Route;

use crate::AzureResources;
use crate::scope::{self, Kind};
use crate::wire::scopes::ScopeRow;

/// How long the whole list may take: a large management group takes 15 s and more for a page.
const PATIENCE: Duration = Duration::from_secs(45);

#[async_trait]
impl ChildScopes for AzureResources {
    fn has_children(&self, scope: &ScopeId) -> bool {
        filter(scope.as_str()).is_some()
    }

    async fn children(&self, caller: &Caller, scope: &ScopeId) -> Result<Listing<ChildScope>, PlaneError> {
        let Some((above, filter)) = scope::checked(scope.as_str()).zip(filter(scope.as_str())) else {
            return Err(ErrorKind::NotFound.into());
        };
        let route = Route::new(
            "{scope}/providers/Microsoft.Authorization/eligibleChildResources",
            format!(
                "{above}/providers/Microsoft.Authorization/eligibleChildResources?api-version=2020-10-01&{filter}"
            ),
        );
        let rows: Vec<ScopeRow> = self.line(caller).await?.patient(PATIENCE).pages(&route).await?;
        Ok(ScopeRow::children(&rows, above).into())
    }
}

/// How to ask for all that lies below `scope`: what the service lists are subscriptions and resource groups, and below a management
/// group only its direct children unless told otherwise.
fn filter(scope: &str) -> Option<&'static str> {
    match Kind::of(scope) {
        Kind::ManagementGroup => Some("$getAllChildren=true"),
        Kind::Subscription => Some("$filter=resourceType eq 'resourcegroup'"),
        Kind::ResourceGroup | Kind::Other => None,
    }
}
