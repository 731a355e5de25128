//! Deciding on a request that waits for an approver: the same rules for all three planes.
//!
//! Requests have one stage, and the first decision counts. An approval with an immediate start counts its time from the decision.
//! See <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-approval-workflow>.

use jiff::Timestamp;

use super::{Refusal, activated};
use crate::state::rows::Review;
use crate::state::{Plane, RoleRequest, World};

/// The request behind an approval that a person may look at: an approver's, or their own.
pub(crate) fn review_of<'w>(
    world: &'w World,
    plane: Plane,
    person: &str,
    id: &str,
) -> Result<&'w RoleRequest, Refusal> {
    let found = world.requests.iter().find(|r| r.target.plane == plane && r.id.eq_ignore_ascii_case(id));
    let request = found.ok_or_else(Refusal::approval_missing)?;
    if request.principal == person || world.approvers(&request.target).contains(person) {
        Ok(request)
    } else {
        Err(Refusal::not_approver())
    }
}

/// Decides, or says why not.
pub(crate) fn decide(
    world: &mut World,
    plane: Plane,
    person: &str,
    id: &str,
    (approved, justification): (bool, &str),
    now: Timestamp,
) -> Result<(), Refusal> {
    let request = review_of(world, plane, person, id)?.clone();
    if request.principal == person {
        return Err(Refusal::own_approval());
    }
    if !request.is_pending(now) {
        return Err(Refusal::decided_already());
    }
    if justification.trim().is_empty() {
        return Err(Refusal::reason_missing());
    }
    let mut decided = request.clone();
    decided.review =
        Some(Review { approved, by: person.to_owned(), at: now, justification: justification.to_owned() });
    if approved {
        grant(world, &mut decided, now)?;
    } else {
        decided.status = "Denied";
        decided.completed = Some(now);
    }
    if let Some(kept) = world.requests.iter_mut().find(|r| r.id == decided.id) {
        *kept = decided;
    }
    Ok(())
}

/// Brings about what was asked for.
fn grant(world: &mut World, request: &mut RoleRequest, now: Timestamp) -> Result<(), Refusal> {
    let own = world.eligibilities_of(request.target.plane, &request.principal, now);
    let used = own.into_iter().find(|e| Some(&e.schedule_id) == request.linked_eligibility.as_ref());
    let eligibility = used.cloned().ok_or_else(Refusal::approval_missing)?;
    let schedule = request.schedule.as_mut().ok_or_else(Refusal::approval_missing)?;
    let wanted = schedule.end.ok_or_else(Refusal::approval_missing)?;
    if schedule.start <= now {
        let lasts = wanted.duration_since(schedule.start);
        schedule.start = now;
        schedule.end = Some(now.saturating_add(lasts).unwrap_or(wanted));
        request.status = "Provisioned";
    } else {
        request.status = "Granted";
    }
    let (start, end) = (schedule.start, schedule.end.unwrap_or(wanted));
    request.completed = Some(start);
    let assignment = activated(request, &eligibility, start, end);
    world.assignments.push(assignment);
    Ok(())
}
