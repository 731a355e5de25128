//! The built-in tenants: whole, without contradiction, and with what they promise.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Tenant, check::check, hostile_names};
use crate::state::{Plane, World};

const ADELE: &str = "adele@contoso.example";

fn built_in(name: &str) -> Tenant {
    let tenant = Tenant::named(name).unwrap();
    check(&tenant).unwrap();
    tenant
}

fn is_distinct<T: Ord>(all: impl IntoIterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    all.into_iter().all(|one| seen.insert(one))
}

/// What Adele may activate, has, and what waits, on a plane of a fresh world.
fn held(world: &World, plane: Plane, now: Timestamp) -> [usize; 3] {
    let adele = &world.tenant.persona(ADELE).unwrap().object_id;
    let active = world.assignments_of(plane, adele, now).into_iter().filter(|a| a.activated).count();
    let waiting = world.requests.iter().filter(|r| r.target.plane == plane && r.is_pending(now)).count();
    [world.eligibilities_of(plane, adele, now).len(), active, waiting]
}

#[test]
fn built_in_tenants_are_without_contradiction_and_lead_to_the_same_person() {
    for name in ["demo", "large", "hostile"] {
        let tenant = built_in(name);
        assert_eq!(tenant.id, super::DEMO_TENANT_ID);
        assert!(tenant.persona(ADELE).is_some(), "{name}");
        assert!(tenant.personas.iter().all(|persona| persona.upn.ends_with(".example")), "{name}");
    }
    assert!(Tenant::named("Demo").is_none());
}

#[test]
fn large_has_as_many_as_it_promises() {
    let now = Timestamp::UNIX_EPOCH;
    let world = World::new(built_in("large"), now);
    assert_eq!(held(&world, Plane::Entra, now), [60, 2, 1]);
    assert_eq!(held(&world, Plane::Groups, now), [60, 4, 5]);
    assert_eq!(held(&world, Plane::Azure, now), [280, 6, 4]);
    let tenant = &world.tenant;
    assert_eq!(tenant.groups.list.iter().filter(|group| group.member_policy.is_some()).count(), 60);
    assert_eq!(tenant.azure.scopes.len(), 250);
    let used: BTreeSet<_> = tenant.azure.eligible.iter().map(|grant| &grant.scope).collect();
    assert_eq!(used.len(), 250, "each scope has a role");
}

#[test]
fn no_two_things_of_large_look_alike() {
    let tenant = built_in("large");
    assert!(is_distinct(tenant.groups.list.iter().map(|group| &group.name)));
    assert!(is_distinct(tenant.entra.roles.iter().map(|role| &role.name)));
    assert!(is_distinct(tenant.entra.roles.iter().map(|role| &role.id)));
    assert!(is_distinct(tenant.azure.scopes.iter().map(|scope| &scope.name)));
    assert!(is_distinct(tenant.azure.scopes.iter().map(|scope| scope.id.to_lowercase())));
    assert!(is_distinct(tenant.azure.scopes.iter().map(|scope| &scope.key)));
    let own = tenant.entra.eligible.iter().filter(|grant| grant.who == "adele");
    assert!(is_distinct(own.map(|grant| (&grant.role, &grant.scope))));
    let own = tenant.azure.eligible.iter().filter(|grant| grant.who == "adele");
    assert!(is_distinct(own.map(|grant| (&grant.role, &grant.scope))));
}

#[test]
fn large_is_the_same_each_time() {
    assert_eq!(format!("{:?}", super::large()), format!("{:?}", super::large()));
}

#[test]
fn hostile_has_each_name_on_each_plane() {
    let names = hostile_names();
    assert!(is_distinct(&names));
    let now = Timestamp::UNIX_EPOCH;
    let world = World::new(built_in("hostile"), now);
    assert_eq!(held(&world, Plane::Entra, now), [names.len(), 0, 0]);
    assert_eq!(held(&world, Plane::Groups, now), [names.len() + 1, 3, 4], "one group is owned as well");
    assert_eq!(held(&world, Plane::Azure, now), [names.len(), 3, 4]);
}

#[test]
fn what_is_active_at_the_start_has_to_be_eligible() {
    let mut tenant = super::demo();
    let mut grant = tenant.entra.eligible[0].clone();
    "nestor".clone_into(&mut grant.who);
    tenant.entra.activated.push(grant);
    let refusal = check(&tenant).unwrap_err().to_string();
    assert_eq!(refusal, "Global Administrator of / for nestor: is not among `eligible`");
}
