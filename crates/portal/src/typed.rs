//! What was typed into a form that was refused, kept for as long as it takes to put it right: no reason ever stands in a URL.
//!
//! One text for each person and form, encrypted like every record; the next one takes its place. Selections keep theirs themselves.

use jiff::{SignedDuration, Timestamp};
use pim::records::{RecordKind, StoreError};

use crate::selection::LONGEST_JUSTIFICATION;
use crate::{Portal, Session};

/// How long.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

impl Portal {
    /// Keeps what was typed into `form`, cut to a little more than is taken.
    pub async fn keep_typed(&self, session: &Session, form: &str, text: &str) -> Result<(), StoreError> {
        let text: String = text.chars().take(LONGEST_JUSTIFICATION + 1).collect();
        let expires = self.clock.now().saturating_add(LIFE).unwrap_or(Timestamp::MAX);
        self.records.put(RecordKind::Typed, &key(session, form), text.as_bytes(), expires).await
    }

    /// What was typed into `form` lately; empty when nothing was, or it cannot be read.
    pub async fn typed(&self, session: &Session, form: &str) -> String {
        let record = self.records.get(RecordKind::Typed, &key(session, form)).await;
        let content = record.ok().flatten().map(|record| record.content).unwrap_or_default();
        String::from_utf8(content).unwrap_or_default()
    }
}

fn key(session: &Session, form: &str) -> String {
    format!("{}/{}/{form}", session.caller.tenant, session.caller.principal)
}
