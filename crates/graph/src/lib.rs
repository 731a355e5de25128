//! Adapter: Entra roles and PIM for Groups over Microsoft Graph v1.0.
//!
//! Two planes on one host. [`EntraRoles`] and [`Groups`] differ in paths and in what a target is called; everything else, from
//! schedules and policies to what a lost answer is recognised by, is shared in this crate and written once:
//!
//! | module | what |
//! |---|---|
//! | [`wire`] | JSON that both use: schedules, tickets, requests |
//! | [`requests`] | sending, trying, withdrawing, reading again and finding role requests |
//! | [`approvals`] | deciding on other people's requests |
//! | [`policies`] | policy assignments |
//! | [`batch`] | `$batch` |
//! | [`audit`], [`conditional_access`] | the audit log; names of authentication contexts |
//! | [`entra`], [`groups`] | one plane each: paths, rows, names |
//!
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview>,
//! <https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagement-for-groups-api-overview>

mod approvals;
mod audit;
mod batch;
mod conditional_access;
mod entra;
mod groups;
mod policies;
mod requests;
mod wire;

pub use audit::DirectoryAudits;
pub use conditional_access::ConditionalAccess;
pub use entra::EntraRoles;
pub use groups::Groups;
