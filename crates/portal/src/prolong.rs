//! Asking an administrator to keep an eligibility that ends, or to renew one that has ended.
//!
//! No list of eligibilities has what has ended. The requests about eligibilities do: what the newest one of a role granted is what
//! there was. Whatever else may be known of the past later belongs in [`ended`].

use futures::future::join;
use jiff::{SignedDuration, Timestamp};
use pim::eligibility::Eligibility;
use pim::error::PlaneError;
use pim::ids::{BatchId, PlaneId, RequestId, ScheduleId};
use pim::journal::Intent;
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::request::{Progress, Request, RequestAction};
use pim::target::{Names, Target};

use crate::carry_out::Task;
use crate::overview::EligibleRole;
use crate::selection::{LONGEST_JUSTIFICATION, RowKey};
use crate::{Portal, PortalError, Session};

/// How long before its end the service takes a request to extend an eligibility.
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend#when-to-extend>
pub const EXTENDABLE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long after its end people still see what they had, to ask for it again.
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-resource-roles-renew-extend#renew-role-assignments>
pub const RENEWABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An eligibility that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The request that granted it: names the row within its plane.
    pub request: RequestId,
    /// The role and scope.
    pub target: Target,
    /// What people call it.
    pub names: Names,
    /// When it ended.
    pub until: Timestamp,
    /// Its schedule; Azure wants it named.
    pub schedule: Option<ScheduleId>,
}

/// What a person can ask an administrator to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prolongable {
    /// Lengthen or renew.
    pub kind: ProlongationKind,
    /// The role and scope.
    pub target: Target,
    /// What people call it.
    pub names: Names,
    /// When it ends or ended.
    pub until: Timestamp,
    /// Its schedule.
    schedule: Option<ScheduleId>,
}

impl From<Ended> for Prolongable {
    fn from(Ended { target, names, until, schedule, .. }: Ended) -> Self {
        Self { kind: ProlongationKind::Renew, target, names, until, schedule }
    }
}

/// Whether a request changed what the person is eligible for.
fn settled(request: &Request) -> bool {
    match request.action {
        RequestAction::Grant | RequestAction::Extend | RequestAction::Renew => {
            request.status.progress() == Progress::Provisioned
        }
        RequestAction::Remove => {
            matches!(request.status.progress(), Progress::Provisioned | Progress::Revoked)
        }
        RequestAction::Activate | RequestAction::Deactivate | RequestAction::Other => false,
    }
}

/// What ended in the last thirty days, the latest first. Of each role only the newest request counts, and none for which a renewal
/// waits.
pub(crate) fn ended(requests: &[Request], now: Timestamp) -> Vec<Ended> {
    let mut newest: Vec<&Request> = Vec::new();
    let mut all: Vec<&Request> = requests.iter().filter(|request| settled(request)).collect();
    all.sort_by_key(|request| std::cmp::Reverse(request.created));
    for request in all {
        if !newest.iter().any(|newer| newer.target.same_as(&request.target)) {
            newest.push(request);
        }
    }
    let waits = |target: &Target| {
        requests.iter().any(|request| {
            matches!(request.action, RequestAction::Extend | RequestAction::Renew)
                && request.target.same_as(target)
                && matches!(
                    request.status.progress(),
                    Progress::WaitingForAdministrator | Progress::Granted | Progress::Working
                )
        })
    };
    let mut ended: Vec<Ended> = newest
        .into_iter()
        .filter(|request| request.action != RequestAction::Remove && !waits(&request.target))
        .filter_map(|request| {
            let until = request.until?;
            let unnamed =
                || Names { title: request.target.role.to_string(), place: request.target.scope.to_string() };
            (until <= now && now.duration_since(until) <= RENEWABLE).then(|| Ended {
                request: request.id.clone(),
                target: request.target.clone(),
                names: request.names.clone().unwrap_or_else(unnamed),
                until,
                schedule: request.schedule.clone(),
            })
        })
        .collect();
    ended.sort_by_key(|row| std::cmp::Reverse(row.until));
    ended
}

impl Portal {
    /// Whether the person can ask now for a role to be kept, and how.
    #[must_use]
    pub fn can_prolong(&self, role: &EligibleRole) -> Option<ProlongationKind> {
        let left = role.eligibility.until?.duration_since(self.clock.now());
        if left.is_negative() {
            Some(ProlongationKind::Renew)
        } else {
            (left <= EXTENDABLE).then_some(ProlongationKind::Extend)
        }
    }

    /// What the person was eligible for on `plane` until lately and is no more, the latest first.
    pub async fn ended(&self, session: &Session, plane: &PlaneId) -> Result<Vec<Ended>, PlaneError> {
        let (held, eligible) = join(self.held(session, plane), self.eligible(session, plane)).await;
        let (held, eligible) = (held?, eligible?);
        let again =
            |row: &&Ended| eligible.roles.iter().any(|role| role.eligibility.target.same_as(&row.target));
        Ok(held.ended.iter().filter(|row| !again(row)).cloned().collect())
    }

    /// What `row` names, if the person can ask now for it to be kept: an eligibility, or one that has ended.
    pub async fn prolongable(&self, session: &Session, row: &RowKey) -> Option<Prolongable> {
        let eligible = self.eligible(session, &row.plane).await.ok()?;
        if let Some(role) = eligible.roles.iter().find(|role| role.eligibility.id.as_str() == row.row) {
            let kind = self.can_prolong(role)?;
            let Eligibility { target, names, until, schedule, .. } = role.eligibility.clone();
            return Some(Prolongable { kind, target, names, until: until?, schedule });
        }
        let ended = self.ended(session, &row.plane).await.ok()?;
        ended.into_iter().find(|one| one.request.as_str() == row.row).map(Prolongable::from)
    }

    /// Asks an administrator to keep a role until `until`. The result is in the batch; it waits for the administrator.
    pub async fn prolong(
        &self,
        session: &Session,
        row: &RowKey,
        until: Timestamp,
        justification: &str,
    ) -> Result<BatchId, PortalError> {
        let wished = self.prolongable(session, row).await.ok_or(PortalError::NotFound)?;
        let now = self.clock.now();
        let justification: String = justification.trim().chars().take(LONGEST_JUSTIFICATION).collect();
        if until <= now || justification.is_empty() {
            return Err(PortalError::NothingChosen);
        }
        if self.rules.justification.problem(&justification).is_some() {
            return Err(PortalError::AgainstRules);
        }
        let Prolongable { kind, target, names, schedule, .. } = wished;
        let wish = Prolongation { target, kind, schedule, start: now, until, justification };
        let batch = BatchId::random();
        let task = Task::new(Intent::Prolong(wish), names);
        self.carry_out(session, batch, vec![task]).await?;
        Ok(batch)
    }
}
