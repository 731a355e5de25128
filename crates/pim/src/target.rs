//! What an eligibility, an assignment, a policy and a request are about: a role at a scope on a plane.

use serde::{Deserialize, Serialize};

use crate::ids::{PlaneId, RoleId, ScopeId};

/// A role at a scope on a plane. The ids are the service's own and are sent back verbatim.
///
/// | plane  | role                          | scope                                        |
/// |--------|-------------------------------|----------------------------------------------|
/// | entra  | role definition id            | directory scope: `/`, `/administrativeUnits/{id}`, `/{object id}` |
/// | groups | `member` or `owner`           | group id                                     |
/// | azure  | full role definition path     | management group, subscription, resource group or resource |
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// The plane.
    pub plane: PlaneId,
    /// The role.
    pub role: RoleId,
    /// The scope.
    pub scope: ScopeId,
}

impl Target {
    /// Whether both mean the same thing. Azure compares paths without regard to case, so every plane does.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.plane == other.plane
            && self.role.as_str().eq_ignore_ascii_case(other.role.as_str())
            && self.scope.as_str().eq_ignore_ascii_case(other.scope.as_str())
    }
}

/// What a person calls a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The first line: the role's name, or the group's.
    pub title: String,
    /// The second line: where it holds ("Directory", "Administrative unit: Branch offices", "Member",
    /// "Platform / prod-payments / rg-secrets"). The id where the name could not be read.
    pub place: String,
}

/// How the person comes to hold a row (Microsoft's `memberType`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberType {
    /// Given to the person.
    Direct,
    /// Through membership of a group.
    Group,
    /// From a scope above.
    Inherited,
    /// A word this version does not know.
    Other(String),
}

impl MemberType {
    /// Reads the service's word without regard to case: the planes spell it differently.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "direct" => Self::Direct,
            "group" => Self::Group,
            "inherited" => Self::Inherited,
            _ => Self::Other(word.to_owned()),
        }
    }
}

/// An attribute-based condition on an Azure role; it has to be sent back with the activation.
/// <https://learn.microsoft.com/azure/role-based-access-control/conditions-overview>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The expression, verbatim.
    pub expression: String,
    /// The language's version, such as `2.0`.
    pub version: String,
}
