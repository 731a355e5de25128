//! The demo tenant, "Contoso". Everything in `demo.toml` is our own invention except the names and template ids of
//! built-in roles (<https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>,
//! <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>).

use super::Tenant;

/// The demo tenant's id.
pub const DEMO_TENANT_ID: &str = "5f0c2a1e-7d43-4b8e-9a61-c0de7e0a2b01";

/// The client id registered in the demo tenant.
pub const DEMO_CLIENT_ID: &str = "9b1d6c52-3e0f-4f7a-8c25-0a11c11e0701";

/// The demo tenant.
///
/// # Panics
///
/// Never in a released build: a test reads the embedded file.
#[must_use]
#[expect(clippy::expect_used, reason = "the embedded seed is part of the program and read by a test")]
pub fn demo() -> Tenant {
    Tenant::from_toml(include_str!("demo.toml")).expect("the embedded demo tenant can be read")
}
