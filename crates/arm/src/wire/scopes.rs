//! Scopes themselves: subscriptions, management groups, and what lies below a scope.

use std::collections::HashSet;

use pim::child_scope::ChildScope;
use pim::ids::ScopeId;
use serde::Deserialize;
use transport::wire::said;

use crate::scope::{self, Subscriptions};

/// A scope in any of the lists that name scopes. Subscriptions have their display name on top, management groups and child
/// resources in `properties`.
/// <https://learn.microsoft.com/rest/api/resources/subscriptions/list>,
/// <https://learn.microsoft.com/rest/api/managementgroups/management-groups/list>,
/// <https://learn.microsoft.com/rest/api/authorization/eligible-child-resources/get>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScopeRow {
    id: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
    properties: Option<ScopeProperties>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ScopeProperties {
    #[serde(deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
}

impl ScopeRow {
    /// The scope, if it can be part of a path; without the provider that previews of the API put before a subscription.
    pub(crate) fn scope(&self) -> Option<&str> {
        scope::checked(scope::stable(said(self.id.as_deref())?)).filter(|scope| !scope.is_empty())
    }

    /// What people call it.
    pub(crate) fn called(&self) -> Option<&str> {
        let inner = || self.properties.as_ref()?.display_name.as_deref();
        said(self.display_name.as_deref()).or_else(|| said(inner())).or_else(|| said(self.name.as_deref()))
    }

    /// Names of the subscriptions among `rows`.
    pub(crate) fn subscriptions(rows: &[Self]) -> Subscriptions {
        let name = |row: &Self| {
            Some((scope::subscription(row.scope()?)?.to_ascii_lowercase(), row.called()?.to_owned()))
        };
        rows.iter().filter_map(name).collect()
    }

    /// What lies below `above`, by name, each once.
    pub(crate) fn children(rows: &[Self], above: &str) -> Vec<ChildScope> {
        let subscriptions = Self::subscriptions(rows);
        let mut seen = HashSet::from([above.to_ascii_lowercase()]);
        let distinct = rows.iter().filter(|row| {
            let scope = row.scope().map(str::to_ascii_lowercase);
            scope.is_none_or(|scope| seen.insert(scope))
        });
        let read = |row: &Self| {
            let scope = row.scope()?;
            let mut path = scope::names(scope, row.called(), &subscriptions);
            let name = path.pop()?;
            path.drain(..scope::depth_of_above(scope, above).min(path.len()));
            let kind = scope::Kind::of(scope).words().or_else(|| said(row.kind.as_deref()));
            Some(ChildScope {
                scope: ScopeId::from(scope),
                name,
                kind: kind.unwrap_or("Resource").to_owned(),
                path,
            })
        };
        let mut children = transport::wire::usable(distinct, "Azure child scopes", read);
        children.sort_by_cached_key(|child| (child.name.to_lowercase(), child.scope.clone()));
        children
    }
}
