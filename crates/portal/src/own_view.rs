//! How a person looks at the overview where its address does not say: kept as the query that says it. What it means is the page's
//! business; the portal only keeps it.

use pim::records::{RecordKind, StoreError};
use serde::{Deserialize, Serialize};

use crate::personal::Personal;
use crate::{Portal, PortalError, Session};

/// Longer queries are not kept: none that means something is.
const LONGEST: usize = 1_000;

#[derive(Default, Serialize, Deserialize)]
struct OwnView(String);

impl Personal for OwnView {
    const KIND: RecordKind = RecordKind::View;
}

impl Portal {
    /// The query; empty where the person keeps none.
    pub async fn own_view(&self, session: &Session) -> Result<String, StoreError> {
        Ok(self.personal::<OwnView>(session).await?.0)
    }

    /// Keeps `query` from now on; an empty one is none.
    pub async fn keep_own_view(&self, session: &Session, query: &str) -> Result<(), PortalError> {
        let query = if query.len() > LONGEST { "" } else { query };
        self.change_personal::<OwnView, PortalError>(session, |own| {
            query.clone_into(&mut own.0);
            Ok(())
        })
        .await
    }
}
