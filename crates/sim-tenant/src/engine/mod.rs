//! Decides on role requests: the same rules for all three planes, each plane's adapter prints the outcome.
//!
//! Order of judgement: principal, eligibility, existing or pending assignment, policy rules (all that fail, at once),
//! authentication context. To extend: a new rule is a function in `rules.rs`; a new action a variant of
//! [`Action`](crate::state::rows::Action) and an arm here.

mod approve;
mod prolong;
mod refusal;
mod rules;

pub(crate) use approve::{decide, review_of};
pub(crate) use prolong::decide as decide_prolongation;
pub(crate) use refusal::Refusal;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::random;
use crate::state::rows::{Action, Schedule};
use crate::state::{Assignment, Eligibility, Plane, RoleRequest, Target, World};

/// The shortest time an activation has to last before it can be deactivated.
const FLOOR: SignedDuration = SignedDuration::from_mins(5);

/// Who asks, and what the token says about the sign-in.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) object_id: String,
    pub(crate) mfa: bool,
    /// Authentication contexts in the token; they only count with the `cp1` capability.
    pub(crate) acrs: BTreeSet<String>,
    pub(crate) cp1: bool,
}

/// How long an activation should last.
#[derive(Clone, Debug)]
pub(crate) enum Expiration {
    Duration(String),
    DateTime(Timestamp),
    Never,
    Missing,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The id, when the client chooses it.
    pub(crate) id: Option<String>,
    pub(crate) action: Action,
    pub(crate) principal: String,
    pub(crate) target: Target,
    pub(crate) justification: Option<String>,
    pub(crate) ticket_number: Option<String>,
    pub(crate) ticket_system: Option<String>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) expiration: Expiration,
    /// Azure: the eligibility schedule, as a GUID or a full id.
    pub(crate) linked: Option<String>,
    pub(crate) condition: Option<String>,
    pub(crate) condition_version: Option<String>,
    pub(crate) validation_only: bool,
}

/// Carries out a request, or says why not. A validation-only draft is judged and returned but not kept.
pub(crate) fn submit(
    world: &mut World,
    asker: &Asker,
    draft: Draft,
    now: Timestamp,
) -> Result<RoleRequest, Refusal> {
    if !draft.principal.eq_ignore_ascii_case(&asker.object_id) {
        return Err(Refusal::other_principal(draft.target.plane));
    }
    match draft.action {
        Action::Activate => activate(world, asker, draft, now),
        Action::Deactivate => deactivate(world, draft, now),
        // The adapters refuse to take an administrator's action from anybody.
        Action::Extend | Action::Renew | Action::Assign => prolong::submit(world, draft, now),
    }
}

fn find_eligibility<'w>(world: &'w World, draft: &Draft, now: Timestamp) -> Option<&'w Eligibility> {
    let own = world.eligibilities_of(draft.target.plane, &draft.principal, now);
    let Some(linked) = draft.linked.as_deref().filter(|_| draft.target.plane == Plane::Azure) else {
        return own.into_iter().find(|e| e.target == draft.target);
    };
    let guid = linked.rsplit('/').next().unwrap_or(linked);
    let eligibility = own.into_iter().find(|e| e.schedule_id.eq_ignore_ascii_case(guid))?;
    let same_role = eligibility.target.role.eq_ignore_ascii_case(&draft.target.role);
    // A bare GUID is understood only at the eligibility's own scope; below it the full id is needed.
    let full = linked.starts_with('/');
    let at_own_scope = eligibility.target.scope.eq_ignore_ascii_case(&draft.target.scope);
    let below = full && world.tenant.is_within(&draft.target.scope, &eligibility.target.scope);
    (same_role && (at_own_scope || below)).then_some(eligibility)
}

fn activate(world: &mut World, asker: &Asker, draft: Draft, now: Timestamp) -> Result<RoleRequest, Refusal> {
    let eligibility = find_eligibility(world, &draft, now).cloned();
    let mut held =
        world.assignments.iter().filter(|a| a.principal == draft.principal && a.target == draft.target);
    // A role that was deactivated a moment ago is not free yet.
    let settling = world.lag(draft.target.plane).settling;
    let settles = |a: &Assignment| {
        a.activated && a.end.and_then(|end| end.checked_add(settling).ok()).is_some_and(|until| until > now)
    };
    if eligibility.is_some() && held.any(|a| a.holds_or_will(now) || settles(a)) {
        return Err(Refusal::assignment_exists(world.switches.assignment_exists_code));
    }
    let pending =
        |r: &&RoleRequest| r.principal == draft.principal && r.target == draft.target && r.is_pending(now);
    if world.requests.iter().any(|r| pending(&r)) {
        return Err(Refusal::pending_request(world.switches.pending_request_code));
    }
    let policy_target = eligibility.as_ref().map_or(&draft.target, |e| &e.target);
    let policy = world.policy(policy_target).cloned();

    let start = draft.start.filter(|s| *s > now).unwrap_or(now);
    let failed = rules::failed(policy.as_ref(), eligibility.as_ref(), asker, &draft, start);
    if !failed.is_empty() {
        return Err(Refusal::policy(&failed, world.switches.rule_message));
    }
    let (Some(policy), Some(eligibility)) = (policy, eligibility) else {
        return Err(Refusal::policy(&[rules::Failed::eligibility()], world.switches.rule_message));
    };
    if let Some(context) = &policy.authentication_context
        && !(asker.cp1 && asker.acrs.contains(context))
    {
        return Err(Refusal::acrs(context, world.switches.acrs_form));
    }

    let end = rules::end(&draft.expiration, start).unwrap_or(start);
    let future = start > now;
    let status = match (policy.approval, future) {
        (true, true) => "PendingApprovalProvisioning",
        (true, false) => "PendingApproval",
        (false, true) => "Granted",
        (false, false) => "Provisioned",
    };
    let duration = match &draft.expiration {
        Expiration::Duration(text) => Some(text.clone()),
        _ => None,
    };
    let plane = draft.target.plane;
    let request = RoleRequest {
        id: draft.id.unwrap_or_else(random::guid),
        principal: draft.principal,
        target: draft.target,
        action: Action::Activate,
        status,
        created: now,
        completed: (!policy.approval).then_some(start),
        schedule: Some(Schedule { start, end: Some(end), duration }),
        justification: draft.justification,
        ticket_number: draft.ticket_number,
        ticket_system: draft.ticket_system,
        linked_eligibility: Some(eligibility.schedule_id.clone()),
        condition: eligibility.condition.clone(),
        validation_only: draft.validation_only,
        review: None,
        provisioning: world.lag(plane).provisioning,
    };
    if !draft.validation_only {
        if !policy.approval {
            world.assignments.push(activated(&request, &eligibility, start, end));
        }
        world.requests.push(request.clone());
    }
    Ok(request)
}

/// The assignment that an activation brings about.
pub(crate) fn activated(
    request: &RoleRequest,
    eligibility: &Eligibility,
    start: Timestamp,
    end: Timestamp,
) -> Assignment {
    let instance_id = match request.target.plane {
        Plane::Entra => eligibility.instance_id.trim_end_matches("-e").to_owned(),
        Plane::Groups => format!("{}_{}_{}", request.target.scope, request.target.role, request.id),
        Plane::Azure => random::guid(),
    };
    Assignment {
        principal: request.principal.clone(),
        target: request.target.clone(),
        member_type: eligibility.member_type.clone(),
        activated: true,
        instance_id,
        schedule_id: request.id.clone(),
        start,
        end: Some(end),
        eligibility: Some(eligibility.instance_id.clone()),
        condition: eligibility.condition.clone(),
        dateless: false,
    }
}

fn deactivate(world: &mut World, draft: Draft, now: Timestamp) -> Result<RoleRequest, Refusal> {
    let plane = draft.target.plane;
    // Azure does not find what it does not list yet.
    let is_there = |a: &Assignment| a.holds(now) && (plane != Plane::Azure || world.is_listed(a, now));
    let found = world.assignments.iter().position(|a| {
        a.activated && a.principal == draft.principal && a.target == draft.target && is_there(a)
    });
    let found = found.ok_or_else(Refusal::assignment_missing)?;
    let provisioning = world.lag(plane).provisioning;
    let active = &mut world.assignments[found];
    let is_early = now.duration_since(active.start) < FLOOR;
    let fails = world.switches.early_deactivation_fails && draft.target.plane != Plane::Azure;
    if is_early && !fails {
        return Err(Refusal::too_short());
    }
    if !draft.validation_only && !is_early {
        active.end = Some(now);
    }
    let request = RoleRequest {
        id: draft.id.unwrap_or_else(random::guid),
        principal: draft.principal,
        target: draft.target,
        action: Action::Deactivate,
        status: if is_early { "Failed" } else { "Revoked" },
        created: now,
        completed: Some(now),
        schedule: None,
        justification: draft.justification,
        ticket_number: draft.ticket_number,
        ticket_system: draft.ticket_system,
        linked_eligibility: None,
        condition: active.condition.clone(),
        validation_only: draft.validation_only,
        review: None,
        provisioning,
    };
    if !draft.validation_only {
        world.requests.push(request.clone());
    }
    Ok(request)
}

/// Cancels a request that waits for an approver or for its start.
/// See <https://learn.microsoft.com/graph/api/unifiedroleassignmentschedulerequest-cancel>.
pub(crate) fn cancel(world: &mut World, asker: &Asker, id: &str, now: Timestamp) -> Result<(), Refusal> {
    let request = world
        .requests
        .iter_mut()
        .find(|r| r.id.eq_ignore_ascii_case(id) && r.principal == asker.object_id)
        .ok_or_else(Refusal::request_missing)?;
    let waits =
        request.is_pending(now) || matches!(request.status_at(now), "Granted" | "PendingAdminDecision");
    if !waits {
        return Err(Refusal::not_cancellable(request.status_at(now)));
    }
    request.status = "Canceled";
    request.completed = Some(now);
    let id = request.id.clone();
    world.assignments.retain(|a| a.schedule_id != id);
    Ok(())
}
