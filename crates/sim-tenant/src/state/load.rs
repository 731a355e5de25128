//! Turns a tenant's content into rows: ids that survive a reset, dates relative to the start.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::rows::{Action, Assignment, Eligibility, Plane, RoleRequest, Schedule, Target};
use crate::engine;
use crate::random::{stable_guid, stable_text};
use crate::tenant::Tenant;
use crate::wire::duration;

/// What [`load`] works out.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) eligibilities: Vec<Eligibility>,
    pub(super) assignments: Vec<Assignment>,
    /// Requests that people made, and those of the administrators that made them eligible.
    pub(super) requests: Vec<RoleRequest>,
    pub(super) azure_policies: BTreeMap<(String, String), String>,
}

/// Which list of the seed a grant is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Eligible,
    Assigned,
    Activated,
    Requested,
}

/// When what is active or waits at the start was asked for: long enough ago to be ended again.
const ASKED_BEFORE: SignedDuration = SignedDuration::from_mins(10);

/// The parts of a grant that every plane has.
struct Grant<'a> {
    who: &'a str,
    until: Option<&'a String>,
    ended: Option<&'a String>,
    member_type: &'a str,
    through: Option<&'a String>,
    listed_as_group: bool,
    condition: Option<&'a String>,
    target: Target,
}

fn instance_id(grant: &Grant<'_>, kind: &str) -> (String, String) {
    let Target { plane, role, scope } = &grant.target;
    let parts = [plane.name(), grant.who, role, scope];
    let schedule = stable_guid(&["schedule", kind, parts[0], parts[1], parts[2], parts[3]]);
    let instance = match plane {
        Plane::Entra => format!("{}-1{}", stable_text(&parts), if kind == "eligible" { "-e" } else { "" }),
        Plane::Groups => format!("{scope}_{role}_{schedule}"),
        Plane::Azure => stable_guid(&["instance", kind, parts[0], parts[1], parts[2], parts[3]]),
    };
    (instance, schedule)
}

fn dates(grant: &Grant<'_>, now: Timestamp) -> (Timestamp, Option<Timestamp>) {
    let length = |text: Option<&String>| text.and_then(|text| duration::parse(text));
    let (ahead, ago) = (length(grant.until), length(grant.ended));
    let end = ago.map(|ago| now - ago).or_else(|| ahead.map(|ahead| now + ahead));
    (end.unwrap_or(now).min(now) - SignedDuration::from_hours(24 * 30), end)
}

fn eligibility(tenant: &Tenant, grant: &Grant<'_>, now: Timestamp) -> Option<Eligibility> {
    let principal = tenant.persona_by_key(grant.who)?.object_id.clone();
    let through = grant.through.and_then(|name| tenant.group_by_name(name));
    let listed = through.filter(|_| grant.listed_as_group);
    let (instance_id, schedule_id) = instance_id(grant, "eligible");
    let (start, end) = dates(grant, now);
    Some(Eligibility {
        listed_principal: listed.map_or_else(|| principal.clone(), |g| g.id.clone()),
        through: through.map(|group| group.id.clone()),
        principal,
        target: grant.target.clone(),
        member_type: grant.member_type.to_owned(),
        instance_id,
        schedule_id,
        start,
        end,
        condition: grant.condition.cloned(),
    })
}

/// The request that made somebody eligible. Where that is a group, the request is about the group and nobody's own.
fn made(eligibility: &Eligibility) -> Option<RoleRequest> {
    (eligibility.through.is_none()).then(|| RoleRequest {
        id: eligibility.schedule_id.clone(),
        principal: eligibility.principal.clone(),
        target: eligibility.target.clone(),
        action: Action::Assign,
        status: "Provisioned",
        created: eligibility.start,
        completed: Some(eligibility.start),
        schedule: Some(Schedule { start: eligibility.start, end: eligibility.end, duration: None }),
        justification: None,
        ticket_number: None,
        ticket_system: None,
        linked_eligibility: Some(eligibility.schedule_id.clone()),
        condition: eligibility.condition.clone(),
        validation_only: false,
        review: None,
        provisioning: SignedDuration::ZERO,
    })
}

fn assignment(tenant: &Tenant, grant: &Grant<'_>, now: Timestamp) -> Option<Assignment> {
    let (instance_id, schedule_id) = instance_id(grant, "assigned");
    let (start, end) = dates(grant, now);
    Some(Assignment {
        principal: tenant.persona_by_key(grant.who)?.object_id.clone(),
        target: grant.target.clone(),
        member_type: grant.member_type.to_owned(),
        activated: false,
        instance_id,
        schedule_id,
        start,
        end,
        eligibility: None,
        condition: grant.condition.cloned(),
        dateless: end.is_none() && grant.target.plane == Plane::Groups,
    })
}

/// Works out every row of a tenant.
pub(super) fn load(tenant: &Tenant, now: Timestamp) -> Rows {
    let mut rows = Rows::default();
    let entra = |entry: &crate::tenant::EntraGrant| -> Option<Target> {
        let role = tenant.entra.roles.iter().find(|r| r.name == entry.role)?.id.clone();
        let unit = tenant.entra.administrative_units.iter().find(|u| u.name == entry.scope);
        let application = tenant.entra.applications.iter().find(|a| a.name == entry.scope);
        let scope = match (unit, application) {
            (Some(unit), _) => format!("/administrativeUnits/{}", unit.id),
            (_, Some(application)) => format!("/{}", application.id),
            _ => "/".to_owned(),
        };
        Some(Target { plane: Plane::Entra, role, scope })
    };
    let groups = |entry: &crate::tenant::GroupGrant| -> Option<Target> {
        let scope = tenant.group_by_name(&entry.group)?.id.clone();
        Some(Target { plane: Plane::Groups, role: entry.access.clone(), scope })
    };
    let azure = |entry: &crate::tenant::AzureGrant| -> Option<Target> {
        let scope = tenant.scope_by_key(&entry.scope)?.id.clone();
        let role = tenant.azure.roles.iter().find(|r| r.name == entry.role)?.definition_id_at(&scope);
        Some(Target { plane: Plane::Azure, role, scope })
    };

    let mut grants: Vec<(Standing, Grant<'_>)> = Vec::new();
    for (standing, list) in [
        (Standing::Eligible, &tenant.entra.eligible),
        (Standing::Assigned, &tenant.entra.assigned),
        (Standing::Activated, &tenant.entra.activated),
        (Standing::Requested, &tenant.entra.requested),
    ] {
        for entry in list {
            let Some(target) = entra(entry) else { continue };
            grants.push((
                standing,
                Grant {
                    who: &entry.who,
                    until: entry.until.as_ref(),
                    ended: entry.ended.as_ref(),
                    member_type: &entry.member_type,
                    through: entry.through.as_ref(),
                    listed_as_group: entry.listed_as_group,
                    condition: None,
                    target,
                },
            ));
        }
    }
    for (standing, list) in [
        (Standing::Eligible, &tenant.groups.eligible),
        (Standing::Assigned, &tenant.groups.assigned),
        (Standing::Activated, &tenant.groups.activated),
        (Standing::Requested, &tenant.groups.requested),
    ] {
        for entry in list {
            let Some(target) = groups(entry) else { continue };
            grants.push((
                standing,
                Grant {
                    who: &entry.who,
                    until: entry.until.as_ref(),
                    ended: entry.ended.as_ref(),
                    member_type: "Direct",
                    through: None,
                    listed_as_group: false,
                    condition: None,
                    target,
                },
            ));
        }
    }
    for (standing, list) in [
        (Standing::Eligible, &tenant.azure.eligible),
        (Standing::Assigned, &tenant.azure.assigned),
        (Standing::Activated, &tenant.azure.activated),
        (Standing::Requested, &tenant.azure.requested),
    ] {
        for entry in list {
            let Some(target) = azure(entry) else { continue };
            let key = (target.scope.to_ascii_lowercase(), target.role.to_ascii_lowercase());
            rows.azure_policies.entry(key).or_insert_with(|| entry.policy.clone());
            grants.push((
                standing,
                Grant {
                    who: &entry.who,
                    until: entry.until.as_ref(),
                    ended: entry.ended.as_ref(),
                    member_type: &entry.member_type,
                    through: entry.through.as_ref(),
                    listed_as_group: entry.listed_as_group,
                    condition: entry.condition.as_ref(),
                    target,
                },
            ));
        }
    }
    // Those that use an eligibility come last.
    grants.sort_by_key(|(standing, _)| matches!(standing, Standing::Activated | Standing::Requested));
    for (standing, grant) in &grants {
        rows.add(tenant, *standing, grant, now);
    }
    rows
}

impl Rows {
    fn add(&mut self, tenant: &Tenant, standing: Standing, grant: &Grant<'_>, now: Timestamp) {
        match standing {
            Standing::Eligible => {
                let Some(eligibility) = eligibility(tenant, grant, now) else { return };
                self.requests.extend(made(&eligibility));
                self.eligibilities.push(eligibility);
            }
            Standing::Assigned => self.assignments.extend(assignment(tenant, grant, now)),
            Standing::Activated | Standing::Requested => self.ask(tenant, standing, grant, now),
        }
    }

    /// An activation that was asked for before the start.
    fn ask(&mut self, tenant: &Tenant, standing: Standing, grant: &Grant<'_>, now: Timestamp) {
        let Some(person) = tenant.persona_by_key(grant.who) else { return };
        let own = |e: &&Eligibility| e.principal == person.object_id && e.target == grant.target;
        let Some(eligibility) = self.eligibilities.iter().find(own) else { return };
        let is_active = standing == Standing::Activated;
        let start = now - ASKED_BEFORE;
        let end = dates(grant, now).1.unwrap_or(now + SignedDuration::from_hours(8));
        let parts =
            ["request", grant.target.plane.name(), grant.who, &grant.target.role, &grant.target.scope];
        let request = RoleRequest {
            id: stable_guid(&parts),
            principal: person.object_id.clone(),
            target: grant.target.clone(),
            action: Action::Activate,
            status: if is_active { "Provisioned" } else { "PendingApproval" },
            created: start,
            completed: is_active.then_some(start),
            schedule: Some(Schedule { start, end: Some(end), duration: None }),
            justification: Some("Planned maintenance".to_owned()),
            ticket_number: None,
            ticket_system: None,
            linked_eligibility: Some(eligibility.schedule_id.clone()),
            condition: eligibility.condition.clone(),
            validation_only: false,
            review: None,
            provisioning: SignedDuration::ZERO,
        };
        if is_active {
            self.assignments.push(engine::activated(&request, eligibility, start, end));
        }
        self.requests.push(request);
    }
}
