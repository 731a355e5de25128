//! Watches operations while nobody looks: those that nobody has brought to their end are taken, under a lease, by one replica at a
//! time, and looked at with the tokens of whoever began them. Also after the portal was killed and started again.

use std::time::Duration;

use futures::stream::StreamExt;
use jiff::SignedDuration;
use pim::ids::{PrincipalId, TenantId, VaultId};
use pim::journal::Operation;
use pim::person::Person;
use pim::plane::Caller;
use pim::records::StoreError;

use crate::{Portal, PortalError, Session};

/// How many operations are taken at a time.
const MOST: usize = 200;
/// How many people's operations are looked at side by side.
const PEOPLE: usize = 8;
/// How long the watch rests when nothing was due.
const REST: Duration = Duration::from_millis(500);
/// How far back a person's open operations are looked for when they sign in again.
const REACH: SignedDuration = SignedDuration::from_hours(24 * 31);

impl Portal {
    /// Watches, until the portal [winds down](Self::wind_down) or the future is dropped.
    pub async fn watch(self) {
        while !self.in_hand.is_stopping() {
            match self.watch_once().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(StoreError) => tracing::warn!("operations could not be taken; trying again"),
            }
            self.rested(REST).await;
        }
    }

    /// Takes what is due and looks at it. Returns how many.
    pub async fn watch_once(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let until = now.saturating_add(self.pace.lease).unwrap_or(now);
        let due = self.journal.claim(now, until, MOST).await?;
        let count = due.len();
        // Under this portal's lease, until each has been looked at.
        let _taken: Vec<_> = due.iter().map(|operation| self.in_hand.take(operation)).collect();
        let mut people: Vec<(Whose, Vec<Operation>)> = Vec::new();
        for operation in due {
            let whose = (operation.tenant, operation.principal, operation.vault);
            match people.iter_mut().find(|(known, _)| *known == whose) {
                Some((_, operations)) => operations.push(operation),
                None => people.push((whose, vec![operation])),
            }
        }
        futures::stream::iter(people)
            .for_each_concurrent(PEOPLE, async |(whose, operations)| {
                self.look_at(&self.absent(whose), operations).await;
            })
            .await;
        Ok(count)
    }

    /// A session of somebody who is not at the other end.
    fn absent(&self, (tenant, principal, vault): Whose) -> Session {
        Session {
            person: Person { tenant, id: principal, name: String::new(), username: String::new() },
            caller: Caller::new(tenant, principal, self.vaults.tokens(vault)),
            vault,
        }
    }

    /// Lets the person's open operations be watched with the tokens of this session: those of the earlier one are gone.
    pub async fn adopt(&self, session: &Session) -> Result<(), PortalError> {
        let (tenant, principal) = (session.caller.tenant, session.caller.principal);
        let now = self.clock.now();
        let since = now.saturating_sub(REACH).unwrap_or(now);
        for mut operation in self.journal.recent(tenant, principal, since).await? {
            if operation.state.is_final() || operation.vault == session.vault {
                continue;
            }
            operation.vault = session.vault;
            let due = self.due(&operation);
            self.journal.advance(&operation, operation.state, due).await?;
        }
        Ok(())
    }
}

type Whose = (TenantId, PrincipalId, VaultId);
