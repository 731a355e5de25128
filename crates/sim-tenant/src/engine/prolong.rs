//! Lengthening and renewing eligibilities: the request waits for an administrator, whom the control port plays.
//! See <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend>.

use jiff::{SignedDuration, Timestamp};

use super::{Draft, Expiration, Refusal, rules};
use crate::random;
use crate::state::rows::{Action, Schedule};
use crate::state::{RoleRequest, World};

/// How long before its end an eligibility can be lengthened.
const EARLIEST: SignedDuration = SignedDuration::from_hours(14 * 24);

pub(super) fn submit(world: &mut World, draft: Draft, now: Timestamp) -> Result<RoleRequest, Refusal> {
    let own =
        world.eligibilities.iter().filter(|e| e.principal == draft.principal && e.target == draft.target);
    let eligibility = own.max_by_key(|e| e.end).ok_or_else(Refusal::eligibility_missing)?;
    let end = eligibility.end.ok_or_else(Refusal::not_prolongable)?;
    let fits = match draft.action {
        Action::Renew => end <= now,
        _ => end > now && end.duration_since(now) <= EARLIEST,
    };
    if !fits {
        return Err(Refusal::not_prolongable());
    }
    let is_open = |r: &&RoleRequest| {
        r.principal == draft.principal && r.target == draft.target && r.status == "PendingAdminDecision"
    };
    if world.requests.iter().any(|r| is_open(&r)) {
        return Err(Refusal::pending_request(world.switches.pending_request_code));
    }
    if draft.justification.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(Refusal::policy(&[rules::Failed::justification()], world.switches.rule_message));
    }
    let start = draft.start.unwrap_or(now);
    let wanted = rules::end(&draft.expiration, start).ok_or_else(Refusal::not_prolongable)?;
    let duration = match &draft.expiration {
        Expiration::Duration(text) => Some(text.clone()),
        _ => None,
    };
    let request = RoleRequest {
        id: draft.id.unwrap_or_else(random::guid),
        principal: draft.principal,
        target: draft.target,
        action: draft.action,
        status: "PendingAdminDecision",
        created: now,
        completed: None,
        schedule: Some(Schedule { start, end: Some(wanted), duration }),
        justification: draft.justification,
        ticket_number: None,
        ticket_system: None,
        linked_eligibility: Some(eligibility.schedule_id.clone()),
        condition: None,
        validation_only: draft.validation_only,
        review: None,
        provisioning: SignedDuration::ZERO,
    };
    if !draft.validation_only {
        world.requests.push(request.clone());
    }
    Ok(request)
}

/// An administrator decides.
pub(crate) fn decide(world: &mut World, id: &str, approved: bool, now: Timestamp) -> Result<(), Refusal> {
    let found = world.requests.iter_mut().find(|r| r.id.eq_ignore_ascii_case(id));
    let request =
        found.filter(|r| r.status == "PendingAdminDecision").ok_or_else(Refusal::approval_missing)?;
    request.completed = Some(now);
    if !approved {
        request.status = "AdminDenied";
        return Ok(());
    }
    request.status = "Provisioned";
    let (schedule, end) =
        (request.linked_eligibility.clone(), request.schedule.as_ref().and_then(|schedule| schedule.end));
    for eligibility in &mut world.eligibilities {
        if Some(&eligibility.schedule_id) == schedule.as_ref() {
            eligibility.end = end;
        }
    }
    Ok(())
}
