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
    /// The id by which an app registration lists it, the same in every tenant.
    pub id: &'static str,
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

const fn sign_in(name: &'static str, id: &'static str) -> Scope {
    Scope {
        name,
        id,
        resource: Resource::SignIn,
        planes: PlaneSet::ALL,
        purpose: "standard sign-in",
        consent: Consent::User,
    }
}

const fn graph(
    name: &'static str,
    id: &'static str,
    planes: PlaneSet,
    purpose: &'static str,
    consent: Consent,
) -> Scope {
    Scope { name, id, resource: Resource::Graph, planes, purpose, consent }
}

/// The whole table. Names and ids: <https://learn.microsoft.com/graph/permissions-reference>.
pub const SCOPES: &[Scope] = &[
    sign_in("openid", "37f7f235-527c-4136-accd-4a02d197296e"),
    sign_in("profile", "14dad69e-099b-42c9-810b-d002981feec1"),
    sign_in("email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0"),
    sign_in("offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182"),
    graph(
        "User.Read",
        "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
        PlaneSet::ALL,
        "the signed-in user's profile and id",
        Consent::User,
    ),
    graph(
        "RoleManagement.ReadWrite.Directory",
        "d01b97e9-cbc0-49fe-810a-750afd5527a3",
        ENTRA,
        "list Entra eligibilities, activate, deactivate",
        PRIVILEGED,
    ),
    graph(
        "PrivilegedAccess.ReadWrite.AzureADGroup",
        "32531c59-1f32-461f-b8df-6f8a3b89f73b",
        GROUPS,
        "list, activate, deactivate group membership and ownership",
        PRIVILEGED,
    ),
    graph(
        "RoleManagementPolicy.Read.AzureADGroup",
        "7e26fdff-9cb1-4e56-bede-211fe0e420e8",
        GROUPS,
        "group policies (the policy matrix)",
        PRIVILEGED,
    ),
    graph(
        "Policy.Read.All",
        "572fea84-0151-49b2-9301-11cb16974376",
        DIRECTORY,
        "role policies; Conditional Access policies for authentication contexts",
        Consent::Administrator("Application Administrator or Global Administrator"),
    ),
    graph(
        "AdministrativeUnit.Read.All",
        "3361d15d-be43-4de6-b441-3c746d05163d",
        ENTRA,
        "names of administrative units",
        PRIVILEGED,
    ),
    graph(
        "AuditLog.Read.All",
        "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20",
        DIRECTORY,
        "activation history",
        Consent::Administrator("Security Reader, Reports Reader or Global Administrator"),
    ),
    Scope {
        name: "user_impersonation",
        id: "41094075-9dad-400e-a0bd-54e686782033",
        resource: Resource::Azure,
        planes: AZURE,
        purpose: "Azure eligibilities, activation, deactivation; which directories the account is in",
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

impl Resource {
    /// The application whose permission it is, the same in every tenant. The sign-in service's scopes are listed as Graph's.
    #[must_use]
    pub const fn app_id(self) -> &'static str {
        match self {
            Self::SignIn | Self::Graph => "00000003-0000-0000-c000-000000000000",
            Self::Azure => "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        }
    }
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

    /// What goes on working without it.
    #[must_use]
    pub fn still(&self) -> &'static str {
        match self.name {
            "RoleManagement.ReadWrite.Directory" => "Groups and Azure resources.",
            "PrivilegedAccess.ReadWrite.AzureADGroup" => "Entra roles and Azure resources.",
            "RoleManagementPolicy.Read.AzureADGroup" | "Policy.Read.All" => {
                "Every list and every activation; the service still applies its rules."
            }
            "AdministrativeUnit.Read.All" | "AuditLog.Read.All" => "Every list and every activation.",
            "user_impersonation" => "Entra roles and groups.",
            _ => "Nothing: nobody can sign in.",
        }
    }

    /// The planes that need it, by their names for people; empty for what every sign-in needs.
    #[must_use]
    pub fn planes_in_words(&self) -> Vec<&'static str> {
        let PlaneSet { entra, groups, azure } = self.planes;
        let named = [(entra, "Entra roles"), (groups, "Groups"), (azure, "Azure resources")];
        if self.planes == PlaneSet::ALL {
            return Vec::new();
        }
        named.into_iter().filter(|(is_for, _)| *is_for).map(|(_, name)| name).collect()
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
                format!("{:?} | {} | {} | {} | {consent}", s.resource, s.name, s.id, s.purpose)
            })
            .collect();
        let privileged = "Privileged Role Administrator or Global Administrator";
        let expected = [
            "SignIn | openid | 37f7f235-527c-4136-accd-4a02d197296e | standard sign-in | user".to_owned(),
            "SignIn | profile | 14dad69e-099b-42c9-810b-d002981feec1 | standard sign-in | user".to_owned(),
            "SignIn | email | 64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0 | standard sign-in | user".to_owned(),
            "SignIn | offline_access | 7427e0e9-2fba-42fe-b0c0-848c9e6a8182 | standard sign-in | user".to_owned(),
            "Graph | User.Read | e1fe6dd8-ba31-4d61-89e7-88639da4683d | the signed-in user's profile and id | user".to_owned(),
            format!(
                "Graph | RoleManagement.ReadWrite.Directory | d01b97e9-cbc0-49fe-810a-750afd5527a3 | list Entra eligibilities, activate, deactivate | {privileged}"
            ),
            format!(
                "Graph | PrivilegedAccess.ReadWrite.AzureADGroup | 32531c59-1f32-461f-b8df-6f8a3b89f73b | list, activate, deactivate group membership and ownership | {privileged}"
            ),
            format!(
                "Graph | RoleManagementPolicy.Read.AzureADGroup | 7e26fdff-9cb1-4e56-bede-211fe0e420e8 | group policies (the policy matrix) | {privileged}"
            ),
            "Graph | Policy.Read.All | 572fea84-0151-49b2-9301-11cb16974376 | role policies; Conditional Access policies for authentication contexts | \
             Application Administrator or Global Administrator"
                .to_owned(),
            format!("Graph | AdministrativeUnit.Read.All | 3361d15d-be43-4de6-b441-3c746d05163d | names of administrative units | {privileged}"),
            "Graph | AuditLog.Read.All | e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20 | activation history | Security Reader, Reports Reader or Global Administrator"
                .to_owned(),
            "Azure | user_impersonation | 41094075-9dad-400e-a0bd-54e686782033 | Azure eligibilities, activation, deactivation; which directories the account is in | user".to_owned(),
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
