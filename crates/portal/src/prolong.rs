//! Asking an administrator to keep an eligibility that ends.

use jiff::{SignedDuration, Timestamp};
use pim::ids::BatchId;
use pim::journal::Intent;
use pim::prolongation::{Prolongation, ProlongationKind};

use crate::carry_out::Task;
use crate::overview::EligibleRole;
use crate::selection::{LONGEST_JUSTIFICATION, RowKey};
use crate::{Portal, PortalError, Session};

/// How long before its end the service takes a request to extend an eligibility.
/// <https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend#when-to-extend>
pub const EXTENDABLE: SignedDuration = SignedDuration::from_hours(14 * 24);

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

    /// Asks an administrator to keep a role until `until`. The result is in the batch; it waits for the administrator.
    pub async fn prolong(
        &self,
        session: &Session,
        row: &RowKey,
        until: Timestamp,
        justification: &str,
    ) -> Result<BatchId, PortalError> {
        let eligible = self.eligible(session, &row.plane).await.map_err(|_| PortalError::NotFound)?;
        let role = eligible.roles.iter().find(|role| role.eligibility.id.as_str() == row.row);
        let role = role.ok_or(PortalError::NotFound)?;
        let kind = self.can_prolong(role).ok_or(PortalError::NotFound)?;
        let now = self.clock.now();
        let justification: String = justification.trim().chars().take(LONGEST_JUSTIFICATION).collect();
        if until <= now || justification.is_empty() {
            return Err(PortalError::NothingChosen);
        }
        let eligibility = &role.eligibility;
        let wish = Prolongation {
            target: eligibility.target.clone(),
            kind,
            schedule: eligibility.schedule.clone(),
            start: now,
            until,
            justification,
        };
        let batch = BatchId::random();
        let task = Task::new(Intent::Prolong(wish), eligibility.names.clone());
        self.carry_out(session, batch, vec![task]).await?;
        Ok(batch)
    }
}
