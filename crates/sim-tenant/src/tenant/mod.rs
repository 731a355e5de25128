//! What is in a tenant: people, roles, groups, Azure scopes, policies, and who may activate what.
//!
//! | seed | what it is for |
//! |---|---|
//! | `demo` | the demo tenant, `demo.toml`: a bit of everything |
//! | `large` | the same organisation with many of everything: one person with 400 eligibilities |
//! | `hostile` | names and values that a portal could stumble over |
//! | `fabrikam`, `litware` | other directories to stand beside it |
//!
//! `--seed` and `POST /seed` take one of these names or TOML of the form of `demo.toml`. References
//! between entries use the `key` of a persona or scope and the `name` of a role, group, application or administrative
//! unit; [`Tenant::from_toml`] refuses a reference that leads nowhere and says which.
//!
//! To extend: add a field here (with `#[serde(default)]` when old seeds should keep working), use it in `state::load`,
//! and give the demo tenant an example of it.

mod check;
mod content;
mod demo;
mod hostile;
mod large;
mod odd;
mod partners;
#[cfg(test)]
mod tests;

pub use content::*;
pub use demo::{DEMO_CLIENT_ID, DEMO_TENANT_ID, demo};
pub use hostile::{hostile, hostile_names};
pub use large::large;
pub use odd::{Odd, Replacement};
pub use partners::{fabrikam, litware};

use anyhow::Context as _;

pub use crate::sign_in::ConsentMode;

impl Tenant {
    /// The built-in tenant with this name, see the table above.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "demo" => Some(demo()),
            "large" => Some(large()),
            "hostile" => Some(hostile()),
            "fabrikam" => Some(fabrikam()),
            "litware" => Some(litware()),
            _ => None,
        }
    }

    /// Reads a tenant from TOML; the error names the entry that is wrong.
    pub fn from_toml(text: &str) -> anyhow::Result<Self> {
        let tenant: Self = toml::from_str(text).context("the seed is not a tenant")?;
        check::check(&tenant)?;
        Ok(tenant)
    }

    /// The persona with this user principal name, without regard to case.
    #[must_use]
    pub fn persona(&self, upn: &str) -> Option<&Persona> {
        self.personas.iter().find(|p| p.upn.eq_ignore_ascii_case(upn))
    }

    /// Whom a `login_hint` means: a guest goes by the name they have at home as well.
    pub(crate) fn hinted(&self, hint: &str) -> Option<&Persona> {
        let by_mail = |p: &&Persona| p.mail.as_deref().is_some_and(|mail| mail.eq_ignore_ascii_case(hint));
        self.persona(hint).or_else(|| self.personas.iter().find(by_mail))
    }

    /// Whether somebody with this [account](Persona::account) is in it.
    pub(crate) fn has_account(&self, account: &str) -> bool {
        self.personas.iter().any(|persona| persona.account().eq_ignore_ascii_case(account))
    }

    pub(crate) fn persona_by_id(&self, object_id: &str) -> Option<&Persona> {
        self.personas.iter().find(|p| p.object_id.eq_ignore_ascii_case(object_id))
    }

    pub(crate) fn persona_by_key(&self, key: &str) -> Option<&Persona> {
        self.personas.iter().find(|p| p.key == key)
    }

    pub(crate) fn group_by_name(&self, name: &str) -> Option<&Group> {
        self.groups.list.iter().find(|g| g.name == name)
    }

    pub(crate) fn group_by_id(&self, id: &str) -> Option<&Group> {
        self.groups.list.iter().find(|g| g.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn role_by_id(&self, id: &str) -> Option<&DirectoryRole> {
        self.entra.roles.iter().find(|r| r.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn scope_by_key(&self, key: &str) -> Option<&AzureScope> {
        self.azure.scopes.iter().find(|s| s.key == key)
    }

    pub(crate) fn scope_by_id(&self, id: &str) -> Option<&AzureScope> {
        self.azure.scopes.iter().find(|s| s.id.eq_ignore_ascii_case(id))
    }

    /// The Azure role whose GUID ends this role definition id.
    pub(crate) fn azure_role(&self, definition_id: &str) -> Option<&AzureRole> {
        let guid = definition_id.rsplit('/').next().unwrap_or(definition_id);
        self.azure.roles.iter().find(|r| r.id.eq_ignore_ascii_case(guid))
    }

    /// Whether `inner` is `outer` or lies below it.
    pub(crate) fn is_within(&self, inner: &str, outer: &str) -> bool {
        let mut at = Some(inner.to_ascii_lowercase());
        let outer = outer.to_ascii_lowercase();
        while let Some(id) = at {
            if id == outer || id.starts_with(&format!("{outer}/")) {
                return true;
            }
            at = self
                .azure
                .scopes
                .iter()
                .filter(|s| s.parent.is_some() && id.starts_with(&s.id.to_ascii_lowercase()))
                .max_by_key(|s| s.id.len())
                .and_then(|s| s.parent.as_deref())
                .and_then(|key| self.scope_by_key(key))
                .map(|s| s.id.to_ascii_lowercase());
        }
        false
    }
}

impl Persona {
    /// The name of the account that they sign in with, the same in every directory: a guest's is the one at home.
    pub(crate) fn account(&self) -> &str {
        self.mail.as_deref().filter(|_| self.guest).unwrap_or(&self.upn)
    }
}

impl AzureRole {
    /// The role definition id as Azure writes it at a scope: below the subscription, or bare above one.
    /// See <https://learn.microsoft.com/azure/role-based-access-control/role-definitions-list>.
    #[must_use]
    pub fn definition_id_at(&self, scope: &str) -> String {
        let tail = format!("/providers/Microsoft.Authorization/roleDefinitions/{}", self.id);
        let mut parts = scope.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next()) {
            (Some(first), Some(id)) if first.eq_ignore_ascii_case("subscriptions") => {
                format!("/subscriptions/{id}{tail}")
            }
            _ => tail,
        }
    }
}
