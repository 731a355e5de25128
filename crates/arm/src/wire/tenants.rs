//! Directories, as Azure lists them for an account.

use std::collections::HashSet;

use pim::directory::Directory;
use pim::ids::TenantId;
use serde::Deserialize;
use transport::wire::legible;

/// A directory. <https://learn.microsoft.com/rest/api/resources/tenants/list#tenantiddescription>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TenantRow {
    tenant_id: Option<String>,
    #[serde(deserialize_with = "transport::wire::name")]
    display_name: Option<String>,
    #[serde(deserialize_with = "transport::wire::name")]
    default_domain: Option<String>,
    domains: Option<Vec<Option<String>>>,
    tenant_category: Option<String>,
}

impl TenantRow {
    /// Whether it is listed for another reason than that the account is in it. Microsoft documents the names of the categories alone; a
    /// new one is taken for the account's own.
    fn is_managed(&self) -> bool {
        let category = self.tenant_category.as_deref().unwrap_or_default();
        ["ManagedBy", "ProjectedBy"].iter().any(|managed| category.eq_ignore_ascii_case(managed))
    }

    fn directory(&self, id: TenantId) -> Directory {
        let others = self.domains.iter().flatten().flatten().filter_map(|domain| legible(domain));
        let mut domains: Vec<String> = Vec::new();
        for domain in self.default_domain.iter().cloned().chain(others) {
            if !domains.contains(&domain) {
                domains.push(domain);
            }
        }
        Directory { id, name: self.display_name.clone(), domains }
    }

    /// The directories among `rows` that the account is in, by name, each once.
    pub(crate) fn directories(rows: &[Self]) -> Vec<Directory> {
        let own = rows.iter().filter(|row| !row.is_managed());
        let read = |row: &Self| Some(row.directory(row.tenant_id.as_deref()?.trim().parse().ok()?));
        let mut found = transport::wire::usable(own, "Azure directories", read);
        let mut seen = HashSet::new();
        found.retain(|directory| seen.insert(directory.id));
        found.sort_by_cached_key(|directory| {
            let name = directory.name.as_ref().map(|name| name.to_lowercase());
            (name.is_none(), name, directory.id.to_string())
        });
        found
    }
}
