//! Tells open pages what changed: every change of an operation has a place in one order, and a page that knows the last place it saw
//! misses nothing, whichever replica serves it.

use std::time::Duration;

use pim::ids::{PrincipalId, TenantId};
use pim::journal::{Operation, Sequence};
use tokio::sync::broadcast;

use crate::{Portal, PortalError, Session};

/// How many changes are told at once.
const MOST: usize = 200;
/// How often the journal is asked for what another replica wrote.
const ELSEWHERE: Duration = Duration::from_secs(3);
/// How many rings a slow listener may miss before it simply looks.
const RINGS: usize = 256;

/// Rings when an operation of somebody changes in this process. It only saves waiting: what changed is in the journal.
#[derive(Clone)]
pub(crate) struct Bell(broadcast::Sender<(TenantId, PrincipalId)>);

impl Bell {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(RINGS).0)
    }

    pub(crate) fn ring(&self, operation: &Operation) {
        // Nobody listening is no fault.
        let _ = self.0.send((operation.tenant, operation.principal));
    }
}

/// The changes of one person's operations, as they come.
pub struct Feed {
    portal: Portal,
    session: Session,
    rings: broadcast::Receiver<(TenantId, PrincipalId)>,
    after: Sequence,
}

impl Portal {
    /// What changes for the person from now on, or from after `after`, the last place that the page has seen.
    pub async fn feed(&self, session: &Session, after: Option<Sequence>) -> Result<Feed, PortalError> {
        // Listening begins before the place is read, so that nothing falls in between.
        let rings = self.bell.0.subscribe();
        let after = match after {
            Some(after) => after,
            None => self.journal.latest(session.caller.tenant, session.caller.principal).await?,
        };
        Ok(Feed { portal: self.clone(), session: session.clone(), rings, after })
    }
}

impl Feed {
    /// Waits for changes and returns them, each with its place: at least one.
    pub async fn next(&mut self) -> Result<Vec<(Sequence, Operation)>, PortalError> {
        let caller = &self.session.caller;
        let own = (caller.tenant, caller.principal);
        loop {
            let changes = self.portal.journal.changes(own.0, own.1, self.after, MOST).await?;
            if let Some((last, _)) = changes.last() {
                self.after = *last;
                return Ok(changes);
            }
            let rung = async {
                loop {
                    match self.rings.recv().await {
                        Ok(whose) if whose != own => {}
                        // Rung for this person, or missed: either way there may be something.
                        Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            let _ = tokio::time::timeout(ELSEWHERE, rung).await;
        }
    }
}
