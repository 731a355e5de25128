//! Scopes: which resource they belong to, which exist, what the consent page says about them.
//! See <https://learn.microsoft.com/entra/identity-platform/scopes-oidc> and
//! <https://learn.microsoft.com/graph/permissions-reference>.

use std::collections::BTreeSet;

use crate::sim::Places;
use crate::tenant::Tenant;

/// What an access token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Graph,
    Azure,
}

/// One scope of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// `None` for the OpenID Connect scopes.
    pub(crate) resource: Option<Resource>,
    pub(crate) name: String,
    /// Written with the resource in front.
    pub(crate) qualified: bool,
}

/// What is wrong with a scope list.
#[derive(Debug)]
pub(crate) enum ScopeProblem {
    UnknownResource(String),
    UnknownScope(String),
    DefaultMixed,
}

const OPENID: [(&str, &str, &str); 4] = [
    ("openid", "Sign you in", "Lets the app sign you in with your work or school account."),
    ("profile", "View your basic profile", "Lets the app see your name, user name and picture."),
    ("email", "View your email address", "Lets the app read your primary email address."),
    (
        "offline_access",
        "Maintain access to data you have given it access to",
        "Lets the app see and update the data you gave it access to, even when you are not using it.",
    ),
];

const GRAPH: [(&str, &str); 20] = [
    ("User.Read", "Sign in and read user profile"),
    ("RoleManagement.ReadWrite.Directory", "Read and write directory role assignments and eligibilities"),
    ("RoleManagement.Read.Directory", "Read directory role assignments and eligibilities"),
    ("RoleManagement.Read.All", "Read role management data for all providers"),
    (
        "RoleAssignmentSchedule.ReadWrite.Directory",
        "Read, update and delete active directory role assignments",
    ),
    ("RoleAssignmentSchedule.Read.Directory", "Read active directory role assignments"),
    ("RoleEligibilitySchedule.ReadWrite.Directory", "Read, update and delete directory role eligibilities"),
    ("RoleEligibilitySchedule.Read.Directory", "Read directory role eligibilities"),
    ("RoleManagementPolicy.Read.Directory", "Read policies of directory roles"),
    ("PrivilegedAccess.ReadWrite.AzureADGroup", "Read and write privileged access to groups"),
    ("PrivilegedAccess.Read.AzureADGroup", "Read privileged access to groups"),
    (
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
        "Read, create and delete group assignment schedules",
    ),
    ("PrivilegedAssignmentSchedule.Read.AzureADGroup", "Read group assignment schedules"),
    ("PrivilegedEligibilitySchedule.Read.AzureADGroup", "Read group eligibility schedules"),
    ("RoleManagementPolicy.Read.AzureADGroup", "Read policies of privileged access to groups"),
    ("Policy.Read.All", "Read your organization's policies"),
    ("AuthenticationContext.Read.All", "Read authentication contexts"),
    ("Policy.Read.ConditionalAccess", "Read Conditional Access policies"),
    ("AdministrativeUnit.Read.All", "Read administrative units"),
    ("AuditLog.Read.All", "Read audit log data"),
];

const AZURE: [(&str, &str); 1] = [("user_impersonation", "Access Azure Resource Manager as you")];

impl Scope {
    /// The name under which consent is remembered.
    pub(crate) fn key(&self) -> String {
        key(self.resource, &self.name)
    }

    pub(crate) fn is_default(&self) -> bool {
        self.name == ".default"
    }

    /// What the consent page says: a title and a sentence.
    pub(crate) fn human(&self) -> (String, String) {
        let table: &[(&str, &str)] = match self.resource {
            None => {
                let found = OPENID.iter().find(|(name, ..)| *name == self.name);
                return found.map_or_else(
                    || (self.name.clone(), String::new()),
                    |(_, title, text)| ((*title).to_owned(), (*text).to_owned()),
                );
            }
            Some(Resource::Graph) => &GRAPH,
            Some(Resource::Azure) => &AZURE,
        };
        let title =
            table.iter().find(|(name, _)| *name == self.name).map_or(self.name.as_str(), |(_, title)| title);
        let service =
            if self.resource == Some(Resource::Azure) { "Azure Resource Manager" } else { "Microsoft Graph" };
        (title.to_owned(), format!("{service}: {}", self.name))
    }
}

/// The name under which consent to a scope is remembered.
pub(crate) fn key(resource: Option<Resource>, name: &str) -> String {
    let prefix = match resource {
        None => "oidc",
        Some(Resource::Graph) => "graph",
        Some(Resource::Azure) => "azure",
    };
    format!("{prefix}/{name}")
}

fn below<'t>(text: &'t str, bases: &[&str]) -> Option<&'t str> {
    bases
        .iter()
        .find_map(|base| text.strip_prefix(base)?.strip_prefix('/'))
        .map(|name| name.trim_start_matches('/'))
}

fn one(text: &str, places: &Places) -> Result<Scope, ScopeProblem> {
    if OPENID.iter().any(|(name, ..)| *name == text) {
        return Ok(Scope { resource: None, name: text.to_owned(), qualified: false });
    }
    let graph = [places.graph.as_str(), "https://graph.microsoft.com"];
    let azure =
        [places.azure.as_str(), "https://management.azure.com", "https://management.core.windows.net"];
    let (resource, name, table): (_, _, &[(&str, &str)]) = if let Some(name) = below(text, &graph) {
        (Resource::Graph, name, &GRAPH)
    } else if let Some(name) = below(text, &azure) {
        (Resource::Azure, name, &AZURE)
    } else if text.contains("://") {
        return Err(ScopeProblem::UnknownResource(
            text.rsplit_once('/').map_or(text, |(base, _)| base).to_owned(),
        ));
    } else {
        (Resource::Graph, text, &GRAPH)
    };
    let known = table.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(known, _)| *known);
    match known.or((name == ".default").then_some(name)) {
        Some(name) => {
            Ok(Scope { resource: Some(resource), name: name.to_owned(), qualified: text.contains("://") })
        }
        None => Err(ScopeProblem::UnknownScope(name.to_owned())),
    }
}

/// Reads a space-separated scope list.
pub(crate) fn parse(text: &str, places: &Places) -> Result<Vec<Scope>, ScopeProblem> {
    let scopes = text.split_whitespace().map(|part| one(part, places)).collect::<Result<Vec<_>, _>>()?;
    let default = scopes.iter().any(Scope::is_default);
    if default && scopes.iter().any(|s| s.resource.is_some() && !s.is_default()) {
        return Err(ScopeProblem::DefaultMixed);
    }
    Ok(scopes)
}

/// The distinct resources of a scope list.
pub(crate) fn resources(scopes: &[Scope]) -> BTreeSet<Resource> {
    scopes.iter().filter_map(|s| s.resource).collect()
}

/// The registration's own scopes of a resource (`requiredResourceAccess`).
pub(crate) fn registered(tenant: &Tenant, resource: Resource) -> Vec<Scope> {
    let names = match resource {
        Resource::Graph => &tenant.client.graph_scopes,
        Resource::Azure => &tenant.client.azure_scopes,
    };
    names.iter().map(|name| Scope { resource: Some(resource), name: name.clone(), qualified: true }).collect()
}

/// `.default` replaced by what the registration asks for.
pub(crate) fn expand(tenant: &Tenant, scopes: &[Scope]) -> Vec<Scope> {
    scopes
        .iter()
        .flat_map(|scope| match scope.resource {
            Some(resource) if scope.is_default() => registered(tenant, resource),
            _ => vec![scope.clone()],
        })
        .collect()
}
