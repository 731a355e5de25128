//! The scopes the portal may ask for: all of them, in one table. A scope that is not in it is never requested.
//!
//! To add one, add a row here and to the permissions table of the documentation; a test pins the table literally, and every
//! authorize URL is checked against it before it leaves.

use pim::tokens::Audience;

use crate::settings::{PlaneSet, Settings, bare};

/// Whose a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The sign-in service itself: OpenID Connect scopes, written bare.
    SignIn,
    /// Microsoft Graph.
    Graph,
    /// Azure Resource Manager.
    Azure,
}

/// Who can consent to a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Anyone, for themselves (unless the tenant forbids user consent).
    User,
    /// An administrator, for the organisation; the least roles that can.
    Administrator(&'static str),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its name at its resource, such as `User.Read`.
    pub name: &'static str,
    /// Whose it is.
    pub resource: Resource,
    /// It is asked for when any of these planes is on.
    pub planes: PlaneSet,
    /// What the portal does with it.
    pub purpose: &'static str,
    /// Who can consent.
    pub consent: Consent,
}

const ENTRA: PlaneSet = PlaneSet { entra: true, groups: false, azure: false };
const GROUPS: PlaneSet = PlaneSet { entra: false, groups: true, azure: false };
const AZURE: PlaneSet = PlaneSet { entra: false, groups: false, azure: true };
/// What both Graph planes need. A portal for Azure alone asks for nothing that needs an administrator.
const DIRECTORY: PlaneSet = PlaneSet { entra: true, groups: true, azure: false };

const PRIVILEGED: Consent = Consent::Administrator("Privileged Role Administrator or Global Administrator");

const fn sign_in(name: &'static str) -> Scope {
    Scope {
        name,
        resource: Resource::SignIn,
        planes: PlaneSet::ALL,
        purpose: "standard sign-in",
        consent: Consent::User,
    }
}

const fn graph(name: &'static str, planes: PlaneSet, purpose: &'static str, consent: Consent) -> Scope {
    Scope { name, resource: Resource::Graph, planes, purpose, consent }
}

/// The whole table. Names: <https://learn.microsoft.com/graph/permissions-reference>.
pub const SCOPES: &[Scope] = &[
    sign_in("openid"),
    sign_in("profile"),
    sign_in("email"),
    sign_in("offline_access"),
    graph("User.Read", PlaneSet::ALL, "the signed-in user's profile and id", Consent::User),
    graph(
        "RoleManagement.ReadWrite.Directory",
        ENTRA,
        "list Entra eligibilities, activate, deactivate",
        PRIVILEGED,
    ),
    graph(
        "PrivilegedAccess.ReadWrite.AzureADGroup",
        GROUPS,
        "list, activate, deactivate group membership and ownership",
        PRIVILEGED,
    ),
    graph("RoleManagementPolicy.Read.AzureADGroup", GROUPS, "group policies (the policy matrix)", PRIVILEGED),
    graph(
        "Policy.Read.All",
        DIRECTORY,
        "role policies; Conditional Access policies for authentication contexts",
        Consent::Administrator("Application Administrator or Global Administrator"),
    ),
    graph("AdministrativeUnit.Read.All", ENTRA, "names of administrative units", PRIVILEGED),
    graph(
        "AuditLog.Read.All",
        DIRECTORY,
        "activation history",
        Consent::Administrator("Security Reader, Reports Reader or Global Administrator"),
    ),
    Scope {
        name: "user_impersonation",
        resource: Resource::Azure,
        planes: AZURE,
        purpose: "Azure eligibilities, activation, deactivation",
        consent: Consent::User,
    },
];

/// The rows that `planes` need, in the table's order.
pub(crate) fn needed(planes: PlaneSet) -> Vec<Scope> {
    SCOPES
        .iter()
        .filter(|scope| scope.planes == PlaneSet::ALL || scope.planes.meets(planes))
        .copied()
        .collect()
}

impl Scope {
    /// Whose token carries it; `None` for the sign-in service's own.
    #[must_use]
    pub const fn audience(&self) -> Option<Audience> {
        match self.resource {
            Resource::SignIn => None,
            Resource::Graph => Some(Audience::Graph),
            Resource::Azure => Some(Audience::Azure),
        }
    }

    /// What stops working without it.
    #[must_use]
    pub fn without(&self) -> &'static str {
        match self.name {
            "User.Read" => "Sign-in to Microsoft Graph.",
            "RoleManagement.ReadWrite.Directory" => "Entra roles: the list, activation and deactivation.",
            "PrivilegedAccess.ReadWrite.AzureADGroup" => "Groups: the list, activation and deactivation.",
            "RoleManagementPolicy.Read.AzureADGroup" => {
                "What a group asks for shows as unknown, and a reason is asked for."
            }
            "Policy.Read.All" => {
                "What an Entra role asks for shows as unknown; authentication contexts keep their ids."
            }
            "AdministrativeUnit.Read.All" => "Administrative units show by their ids.",
            "AuditLog.Read.All" => "History shows only the portal's journal and your own requests.",
            "user_impersonation" => "Azure resources: the list, activation and deactivation.",
            _ => "Sign-in.",
        }
    }

    /// As it is asked for: bare for OpenID Connect, in full (`https://graph.microsoft.com/User.Read`) otherwise.
    #[must_use]
    pub fn requested(&self, settings: &Settings) -> String {
        match self.resource {
            Resource::SignIn => self.name.to_owned(),
            Resource::Graph => format!("{}/{}", bare(&settings.graph), self.name),
            Resource::Azure => format!("{}/{}", bare(&settings.arm), self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(planes: PlaneSet) -> Vec<&'static str> {
        needed(planes).iter().map(|scope| scope.name).collect()
    }

    #[test]
    fn the_table_is_exactly_this() {
        let table: Vec<String> = SCOPES
            .iter()
            .map(|s| {
                let consent = match s.consent {
                    Consent::User => "user",
                    Consent::Administrator(role) => role,
                };
                format!("{:?} | {} | {} | {consent}", s.resource, s.name, s.purpose)
            })
            .collect();
        let privileged = "Privileged Role Administrator or Global Administrator";
        let expected = [
            "SignIn | openid | standard sign-in | user".to_owned(),
            "SignIn | profile | standard sign-in | user".to_owned(),
            "SignIn | email | standard sign-in | user".to_owned(),
            "SignIn | offline_access | standard sign-in | user".to_owned(),
            "Graph | User.Read | the signed-in user's profile and id | user".to_owned(),
            format!(
                "Graph | RoleManagement.ReadWrite.Directory | list Entra eligibilities, activate, deactivate | {privileged}"
            ),
            format!(
                "Graph | PrivilegedAccess.ReadWrite.AzureADGroup | list, activate, deactivate group membership and ownership | {privileged}"
            ),
            format!(
                "Graph | RoleManagementPolicy.Read.AzureADGroup | group policies (the policy matrix) | {privileged}"
            ),
            "Graph | Policy.Read.All | role policies; Conditional Access policies for authentication contexts | \
             Application Administrator or Global Administrator"
                .to_owned(),
            format!("Graph | AdministrativeUnit.Read.All | names of administrative units | {privileged}"),
            "Graph | AuditLog.Read.All | activation history | Security Reader, Reports Reader or Global Administrator"
                .to_owned(),
            "Azure | user_impersonation | Azure eligibilities, activation, deactivation | user".to_owned(),
        ];
        assert_eq!(table, expected);
    }

    #[test]
    fn a_plane_that_is_off_takes_its_scopes_with_it() {
        let always = ["openid", "profile", "email", "offline_access", "User.Read"];
        let with = |extra: &[&'static str]| [&always, extra].concat();
        assert_eq!(
            names(ENTRA),
            with(&[
                "RoleManagement.ReadWrite.Directory",
                "Policy.Read.All",
                "AdministrativeUnit.Read.All",
                "AuditLog.Read.All"
            ])
        );
        assert_eq!(
            names(GROUPS),
            with(&[
                "PrivilegedAccess.ReadWrite.AzureADGroup",
                "RoleManagementPolicy.Read.AzureADGroup",
                "Policy.Read.All",
                "AuditLog.Read.All"
            ])
        );
        assert_eq!(names(AZURE), with(&["user_impersonation"]));
        assert_eq!(names(PlaneSet::ALL).len(), SCOPES.len());
    }
}
