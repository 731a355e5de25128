//! Which delegated scopes open which resource.
//!
//! For directory roles and policies the documented tables
//! (<https://learn.microsoft.com/graph/permissions-reference>); for groups also `PrivilegedAccess.ReadWrite.AzureADGroup`,
//! which the tables leave out and the service names in its own refusals.

use super::{Caller, GraphError};
use crate::state::World;

pub(super) const ENTRA_ELIGIBILITY: &[&str] = &[
    "RoleEligibilitySchedule.Read.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
];
pub(super) const ENTRA_ASSIGNMENT: &[&str] = &[
    "RoleAssignmentSchedule.Read.Directory",
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
];
pub(super) const ENTRA_REQUEST: &[&str] =
    &["RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"];
pub(super) const ENTRA_DEFINITION: &[&str] =
    &["RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"];
pub(super) const ENTRA_POLICY: &[&str] = &[
    "RoleManagementPolicy.Read.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
];
pub(super) const GROUP_ELIGIBILITY: &[&str] =
    &["PrivilegedEligibilitySchedule.Read.AzureADGroup", "PrivilegedAccess.ReadWrite.AzureADGroup"];
pub(super) const GROUP_ASSIGNMENT: &[&str] = &[
    "PrivilegedAssignmentSchedule.Read.AzureADGroup",
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "PrivilegedAccess.ReadWrite.AzureADGroup",
];
pub(super) const GROUP_REQUEST: &[&str] =
    &["PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", "PrivilegedAccess.ReadWrite.AzureADGroup"];
pub(super) const GROUP_POLICY: &[&str] = &["RoleManagementPolicy.Read.AzureADGroup"];
pub(super) const AUDIT_LOG: &[&str] = &["AuditLog.Read.All"];
pub(super) const ME: &[&str] = &["User.Read"];
pub(super) const ADMINISTRATIVE_UNIT: &[&str] = &["AdministrativeUnit.Read.All"];
pub(super) const AUTHENTICATION_CONTEXT: &[&str] =
    &["AuthenticationContext.Read.All", "Policy.Read.ConditionalAccess"];
pub(super) const CONDITIONAL_ACCESS: &[&str] = &["Policy.Read.All", "Policy.Read.ConditionalAccess"];

fn has(caller: &Caller, any: &[&str]) -> bool {
    any.iter().any(|scope| caller.access.scopes.contains(*scope))
}

/// A resource of PIM for Groups: as documented, or with the broader scope that the service accepts.
pub(super) fn groups(world: &World, caller: &Caller, any: &[&str]) -> Result<(), GraphError> {
    let undocumented = |scope: &&&str| !scope.starts_with("PrivilegedAccess.");
    let narrow: Vec<&str> = any.iter().filter(undocumented).copied().collect();
    pim(caller, if world.switches.privileged_access_opens_groups { any } else { &narrow })
}

/// A PIM resource: the scope is named in PIM's way, and a forbidden persona is refused.
pub(super) fn pim(caller: &Caller, any: &[&str]) -> Result<(), GraphError> {
    if !has(caller, any) {
        return Err(GraphError::scope_missing(any));
    }
    if caller.person.forbidden { Err(GraphError::denied()) } else { Ok(()) }
}

/// Any other resource.
pub(super) fn plain(caller: &Caller, any: &[&str]) -> Result<(), GraphError> {
    if has(caller, any) { Ok(()) } else { Err(GraphError::denied()) }
}
