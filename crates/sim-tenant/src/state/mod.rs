//! Everything that can change while the simulator runs, behind one lock.
//!
//! [`World`] holds the tenant's content, the rows worked out from it, what the sign-in origin has issued, and what the
//! control port has switched. `POST /reset` replaces it by a fresh one made from the same tenant.
//!
//! To extend: new mutable things become a field of [`World`] (or of one of its parts) and are fresh in [`World::new`].

pub(crate) mod catalogue;
pub(crate) mod lag;
mod load;
pub(crate) mod rows;
pub(crate) mod switches;
mod throttle;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub(crate) use rows::{Assignment, Eligibility, Plane, RoleRequest, Target};
pub(crate) use switches::Switches;
use throttle::Throttles;

use crate::canaries::Canaries;
use crate::faults::Faults;
use crate::journal::Journal;
use crate::policy::Policy;
use crate::sign_in::SignInState;
use crate::tenant::{Persona, Tenant};

/// The whole mutable state.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) tenant: Tenant,
    pub(crate) eligibilities: Vec<Eligibility>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) requests: Vec<RoleRequest>,
    pub(crate) sign_in: SignInState,
    pub(crate) switches: Switches,
    pub(crate) faults: Faults,
    /// What must not show where it does not belong.
    pub(crate) canaries: Canaries,
    pub(crate) journal: Journal,
    pub(crate) throttles: Throttles,
    lags: BTreeMap<&'static str, lag::Lag>,
    azure_policies: BTreeMap<(String, String), String>,
}

impl World {
    /// A fresh tenant, its dates relative to `now`.
    pub(crate) fn new(tenant: Tenant, now: Timestamp) -> Self {
        let rows = load::load(&tenant, now);
        let client = &tenant.client;
        let mut sign_in = SignInState::default();
        sign_in.withheld.clone_from(&client.withheld);
        sign_in.consent_mode = client.consent_mode;
        Self {
            tenant,
            eligibilities: rows.eligibilities,
            assignments: rows.assignments,
            azure_policies: rows.azure_policies,
            requests: rows.requests,
            sign_in,
            switches: Switches::default(),
            faults: Faults::default(),
            canaries: Canaries::default(),
            journal: Journal::default(),
            throttles: Throttles::default(),
            lags: BTreeMap::new(),
        }
    }

    /// The policy for a target, when PIM manages it.
    pub(crate) fn policy(&self, target: &Target) -> Option<&Policy> {
        let name = match target.plane {
            Plane::Entra => Some(&self.tenant.role_by_id(&target.role)?.policy),
            Plane::Groups => {
                let group = self.tenant.group_by_id(&target.scope)?;
                if target.role == "owner" {
                    group.owner_policy.as_ref()
                } else {
                    group.member_policy.as_ref()
                }
            }
            Plane::Azure => self
                .azure_policies
                .get(&(target.scope.to_ascii_lowercase(), target.role.to_ascii_lowercase())),
        };
        name.and_then(|name| self.tenant.policies.get(name))
    }

    /// Every (role definition id, policy) that is set at an Azure scope.
    pub(crate) fn azure_policies_at(&self, scope: &str) -> Vec<(String, &Policy)> {
        let scope = scope.to_ascii_lowercase();
        self.azure_policies
            .iter()
            .filter(|((at, _), _)| *at == scope)
            .filter_map(|((_, role), name)| Some((role.clone(), self.tenant.policies.get(name)?)))
            .collect()
    }

    /// Eligibilities of a person on a plane that hold at `now`.
    pub(crate) fn eligibilities_of(&self, plane: Plane, oid: &str, now: Timestamp) -> Vec<&Eligibility> {
        self.eligibilities
            .iter()
            .filter(|e| e.target.plane == plane && e.principal == oid)
            .filter(|e| e.start <= now && e.end.is_none_or(|end| end > now))
            .filter(|e| e.through.as_ref().is_none_or(|group| self.is_member(oid, group, now)))
            .collect()
    }

    /// Whether somebody is a member of a group: for good, or because they activated it.
    fn is_member(&self, oid: &str, group: &str, now: Timestamp) -> bool {
        let name = |one: &&crate::tenant::Group| one.id == group;
        let group_name = self.tenant.groups.list.iter().find(name).map(|one| one.name.as_str());
        let for_good = self
            .tenant
            .personas
            .iter()
            .filter(|persona| persona.object_id == oid)
            .any(|persona| persona.member_of.iter().any(|one| Some(one.as_str()) == group_name));
        let membership = Target { plane: Plane::Groups, role: "member".to_owned(), scope: group.to_owned() };
        for_good
            || self
                .assignments
                .iter()
                .any(|a| a.principal == oid && a.target == membership && self.is_listed(a, now))
    }

    /// Assignments of a person on a plane that hold at `now`.
    pub(crate) fn assignments_of(&self, plane: Plane, oid: &str, now: Timestamp) -> Vec<&Assignment> {
        self.assignments
            .iter()
            .filter(|a| a.target.plane == plane && a.principal == oid && self.is_listed(a, now))
            .collect()
    }

    /// How late a plane is.
    pub(crate) fn lag(&self, plane: Plane) -> lag::Lag {
        self.lags.get(plane.name()).copied().unwrap_or_default()
    }

    /// Makes planes late: one by its name, or all.
    pub(crate) fn set_lag(&mut self, plane: &str, lag: lag::Lag) -> bool {
        let chosen = Plane::ALL.into_iter().filter(|one| plane == "*" || one.name() == plane);
        let names: Vec<_> = chosen.map(Plane::name).collect();
        let found = !names.is_empty();
        self.lags.extend(names.into_iter().map(|name| (name, lag)));
        found
    }

    /// Whether lists show an instance at `now`: an activated one appears and vanishes late.
    pub(crate) fn is_listed(&self, assignment: &Assignment, now: Timestamp) -> bool {
        if !assignment.activated {
            return assignment.holds(now);
        }
        let lag = self.lag(assignment.target.plane);
        let appears = assignment.start.saturating_add(lag.provisioning + lag.instance).unwrap_or(now);
        let vanishes = assignment.end.map(|end| end.saturating_add(lag.removal).unwrap_or(end));
        appears <= now && vanishes.is_none_or(|end| end > now)
    }

    /// Whether a request can be read and listed at `now`.
    pub(crate) fn is_known(&self, request: &RoleRequest, now: Timestamp) -> bool {
        request.created.saturating_add(self.lag(request.target.plane).request).is_ok_and(|from| from <= now)
    }

    /// Object ids of everybody who may approve for a target.
    pub(crate) fn approvers(&self, target: &Target) -> BTreeSet<String> {
        let Some(policy) = self.policy(target) else { return BTreeSet::new() };
        let in_group = |p: &&Persona| p.member_of.iter().any(|group| policy.approver_groups.contains(group));
        let named = |p: &&Persona| policy.approvers.contains(&p.key);
        self.tenant.personas.iter().filter(|p| in_group(p) || named(p)).map(|p| p.object_id.clone()).collect()
    }

    /// A readable name for a target's role and scope.
    pub(crate) fn names(&self, target: &Target) -> (String, String) {
        match target.plane {
            Plane::Entra => (
                self.tenant.role_by_id(&target.role).map_or_else(|| target.role.clone(), |r| r.name.clone()),
                self.tenant.directory_scope_name(&target.scope).unwrap_or(&target.scope).to_owned(),
            ),
            Plane::Groups => (
                target.role.clone(),
                self.tenant
                    .group_by_id(&target.scope)
                    .map_or_else(|| target.scope.clone(), |g| g.name.clone()),
            ),
            Plane::Azure => (
                self.tenant.azure_role(&target.role).map_or_else(|| target.role.clone(), |r| r.name.clone()),
                self.tenant
                    .scope_by_id(&target.scope)
                    .map_or_else(|| target.scope.clone(), |s| s.name.clone()),
            ),
        }
    }
}
