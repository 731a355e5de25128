//! What is kept is deleted: all of one person's when they say so, and what the portal did when it is old enough.
//!
//! Selections and what was typed expire by themselves within hours, sessions and tokens with the sign-in; Microsoft's own records are
//! Microsoft's.

use jiff::{SignedDuration, Timestamp};
use pim::records::{RecordKind, StoreError};

use crate::personal::key;
use crate::{Portal, Session};

impl Portal {
    /// Deletes what is kept for the person in this tenant: their settings, profiles, favourites and reasons, and the journal of what
    /// has come to its end. What is still under way stays, because somebody has to see it through. Returns how many operations were
    /// deleted.
    pub async fn forget_person(&self, session: &Session) -> Result<u64, StoreError> {
        for kind in RecordKind::PERSONAL {
            self.records.delete(kind, &key(session)).await?;
        }
        let whose = (session.caller.tenant, session.caller.principal);
        self.kept.settings.forget(&whose).await;
        self.journal.forget(Some(whose), Timestamp::MAX).await
    }

    /// Deletes everybody's operations that came to their end longer than `kept` ago. Returns how many.
    pub async fn forget_old(&self, kept: SignedDuration) -> Result<u64, StoreError> {
        let before = self.clock.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
        self.journal.forget(None, before).await
    }
}
