//! Checks of a tenant read from TOML: every reference leads somewhere, every duration can be read.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};

use super::{AzureGrant, EntraGrant, GroupGrant, Tenant};
use crate::wire::duration;

/// Whether the dates of a grant can be read, and do not contradict each other.
fn dates(until: Option<&String>, ended: Option<&String>, what: &str) -> anyhow::Result<()> {
    ensure!(until.is_none() || ended.is_none(), "{what}: `until` and `ended` contradict each other");
    for (name, text) in [("until", until), ("ended", ended)] {
        let Some(text) = text else { continue };
        duration::parse(text)
            .with_context(|| format!("{what}: `{name} = \"{text}\"` is not an ISO 8601 duration"))?;
    }
    Ok(())
}

/// Refuses what is active or asked for at the start without being somebody's to activate. A grant's `key` is who, role and
/// scope.
fn used<G>(
    eligible: &[G],
    activated: &[G],
    requested: &[G],
    key: impl Fn(&G) -> (String, String, String),
) -> anyhow::Result<()> {
    let known: BTreeSet<_> = eligible.iter().map(&key).collect();
    for (who, role, scope) in activated.iter().chain(requested).map(key) {
        let of = (who, role, scope);
        ensure!(known.contains(&of), "{} of {} for {}: is not among `eligible`", of.1, of.2, of.0);
    }
    Ok(())
}

/// Refuses a tenant that contradicts itself.
pub(super) fn check(tenant: &Tenant) -> anyhow::Result<()> {
    let person = |key: &str, at: &str| {
        tenant
            .persona_by_key(key)
            .map(drop)
            .with_context(|| format!("{at}: there is no persona with the key `{key}`"))
    };
    let policy = |name: &str, at: &str| {
        ensure!(tenant.policies.contains_key(name), "{at}: there is no policy named `{name}`");
        Ok(())
    };
    let group = |name: &str, at: &str| {
        tenant
            .group_by_name(name)
            .map(drop)
            .with_context(|| format!("{at}: there is no group named `{name}`"))
    };
    for (name, entry) in &tenant.policies {
        let at = format!("policies.{name}");
        duration::parse(&entry.maximum)
            .with_context(|| format!("{at}: `maximum` is not an ISO 8601 duration"))?;
        entry.approvers.iter().try_for_each(|key| person(key, &at))?;
        entry.approver_groups.iter().try_for_each(|name| group(name, &at))?;
    }
    for persona in &tenant.personas {
        persona.member_of.iter().try_for_each(|name| group(name, &persona.key))?;
    }
    for role in &tenant.entra.roles {
        policy(&role.policy, &role.name)?;
    }
    let entra = &tenant.entra;
    for entry in entra.eligible.iter().chain(&entra.assigned).chain(&entra.activated).chain(&entra.requested)
    {
        let at = format!("entra: {} for {}", entry.role, entry.who);
        person(&entry.who, &at)?;
        ensure!(tenant.entra.roles.iter().any(|r| r.name == entry.role), "{at}: there is no such role");
        let scopes = tenant.entra.administrative_units.iter().chain(&tenant.entra.applications);
        ensure!(
            entry.scope == "/" || scopes.clone().any(|s| s.name == entry.scope),
            "{at}: there is no scope `{}`",
            entry.scope
        );
        entry.through.iter().try_for_each(|name| group(name, &at))?;
        dates(entry.until.as_ref(), entry.ended.as_ref(), &at)?;
    }
    let key = |entry: &EntraGrant| (entry.who.clone(), entry.role.clone(), entry.scope.clone());
    used(&entra.eligible, &entra.activated, &entra.requested, key)?;
    for entry in &tenant.groups.list {
        entry
            .member_policy
            .iter()
            .chain(&entry.owner_policy)
            .try_for_each(|name| policy(name, &entry.name))?;
    }
    let groups = &tenant.groups;
    for entry in
        groups.eligible.iter().chain(&groups.assigned).chain(&groups.activated).chain(&groups.requested)
    {
        let at = format!("groups: {} of {} for {}", entry.access, entry.group, entry.who);
        person(&entry.who, &at)?;
        group(&entry.group, &at)?;
        ensure!(["member", "owner"].contains(&entry.access.as_str()), "{at}: access is `member` or `owner`");
        dates(entry.until.as_ref(), entry.ended.as_ref(), &at)?;
    }
    let key = |entry: &GroupGrant| (entry.who.clone(), entry.access.clone(), entry.group.clone());
    used(&groups.eligible, &groups.activated, &groups.requested, key)?;
    for scope in &tenant.azure.scopes {
        if let Some(parent) = &scope.parent {
            tenant
                .scope_by_key(parent)
                .with_context(|| format!("azure scope {}: there is no scope `{parent}`", scope.key))?;
        }
        scope.policies_hidden_from.iter().try_for_each(|key| person(key, &scope.key))?;
    }
    let azure = &tenant.azure;
    for entry in azure.eligible.iter().chain(&azure.assigned).chain(&azure.activated).chain(&azure.requested)
    {
        let at = format!("azure: {} at {} for {}", entry.role, entry.scope, entry.who);
        person(&entry.who, &at)?;
        policy(&entry.policy, &at)?;
        ensure!(tenant.azure.roles.iter().any(|r| r.name == entry.role), "{at}: there is no such role");
        tenant.scope_by_key(&entry.scope).with_context(|| format!("{at}: there is no such scope"))?;
        entry.through.iter().try_for_each(|name| group(name, &at))?;
        dates(entry.until.as_ref(), entry.ended.as_ref(), &at)?;
    }
    let key = |entry: &AzureGrant| (entry.who.clone(), entry.role.clone(), entry.scope.clone());
    used(&azure.eligible, &azure.activated, &azure.requested, key)
}
