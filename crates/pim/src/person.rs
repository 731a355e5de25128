//! Who is signed in.

use serde::{Deserialize, Serialize};

use crate::ids::{PrincipalId, TenantId};

/// A person in a tenant. `(tenant, id)` is the identity; the rest is for display and never decides anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The tenant they signed in to.
    pub tenant: TenantId,
    /// Their object id in it; for a guest, the guest object's.
    pub id: PrincipalId,
    /// Display name.
    pub name: String,
    /// Sign-in name, such as `adele@contoso.example`.
    pub username: String,
}

impl Person {
    /// Up to two initials, for the badge.
    #[must_use]
    pub fn initials(&self) -> String {
        let mut words = self.name.split_whitespace().filter_map(|word| word.chars().next());
        let first = words.next();
        first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
    }
}
