//! Azure Resource Manager's JSON. No field is promised, so none is required; paths compare without regard to case.
//!
//! | module | what |
//! |---|---|
//! | [`instance`] | rows of the lists of eligibilities and assignments |
//! | [`request`] | requests, read |
//! | [`put`] | requests, written |
//! | [`policy`] | policy assignments |
//! | [`approval`] | approvals and their stages |
//! | [`scopes`] | scopes themselves: subscriptions, management groups, child resources |
//! | [`tenants`] | directories |

pub(crate) mod approval;
pub(crate) mod instance;
pub(crate) mod policy;
#[cfg(test)]
mod properties;
pub(crate) mod put;
pub(crate) mod request;
pub(crate) mod scopes;
pub(crate) mod tenants;
#[cfg(test)]
mod tests;

use pim::ids::{PlaneId, RoleId, ScopeId};
use pim::target::{Names, Target};
use serde::Deserialize;
use transport::wire::said;

use crate::plane::PLANE;
use crate::scope::{self, Subscriptions};

/// A resource. What PIM says of it is in `properties`.
#[derive(Debug, Deserialize)]
pub(crate) struct Resource<T> {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) properties: Option<T>,
}

/// Names that come along with a row or a request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Expanded {
    scope: Option<Named>,
    role_definition: Option<Named>,
    pub(crate) principal: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Named {
    pub(crate) id: Option<String>,
    #[serde(deserialize_with = "transport::wire::name")]
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
}

impl Expanded {
    fn scope_id(&self) -> Option<&str> {
        said(self.scope.as_ref()?.id.as_deref())
    }

    fn scope_name(&self) -> Option<&str> {
        said(self.scope.as_ref()?.display_name.as_deref())
    }

    fn role_name(&self) -> Option<&str> {
        said(self.role_definition.as_ref()?.display_name.as_deref())
    }
}

/// What people call `target`: by the names that came along, and by names of subscriptions that are known otherwise.
fn names(target: &Target, expanded: Option<&Expanded>, subscriptions: &Subscriptions) -> Names {
    let title = expanded.and_then(Expanded::role_name).unwrap_or_else(|| last(target.role.as_str()));
    let own = expanded.and_then(Expanded::scope_name);
    Names { title: title.to_owned(), place: scope::place(target.scope.as_str(), own, subscriptions) }
}

fn target(scope: &str, role: &str) -> Target {
    Target { plane: PlaneId::from(PLANE), role: RoleId::from(role), scope: ScopeId::from(scope) }
}

/// What stands at the end of a path: the GUID of a role definition or of a request.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
