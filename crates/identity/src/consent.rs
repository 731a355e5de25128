//! Consent for a whole directory, on its way: which browser asked for it, and for which directory.
//!
//! Whoever comes back from the consent page brings nothing that can be believed: anybody can write such an address. What they get by
//! it is therefore little. In the browser that asked, they are led on to a sign-in there, whose tokens tell what was granted; in any other
//! (the link was handed on, or made up), to a page that explains.
//! <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>

use jiff::Timestamp;
use pim::ids::TenantId;
use pim::records::RecordKind;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::error::{Breach, SignInError, Trace};
use crate::flow::KEPT;
use crate::secret::{digest, same};
use crate::{Begin, BrowserBinding, Identity, random};

/// Longest accepted `state`; ours have 43 characters.
const LONGEST_STATE: usize = 128;

#[derive(Serialize, Deserialize)]
struct Waiting {
    tenant: TenantId,
    /// Hash of the browser's binding.
    browser: String,
    begun: Timestamp,
}

impl Identity {
    /// Begins the consent for `tenant` in the browser that holds `binding`: the same link as
    /// [`admin_consent_url`](Self::admin_consent_url), with a `state` that only this browser can come back with. An administrator may
    /// need an hour. Fails when the tenant is not allowed, and when the store fails.
    pub async fn begin_consent(
        &self,
        tenant: TenantId,
        binding: BrowserBinding,
    ) -> Result<Begin, SignInError> {
        let inner = &*self.0;
        inner.authority(tenant)?;
        let (state, begun) = (random::token(), inner.clock.now());
        let waiting = Waiting { tenant, browser: digest(binding.cookie_value()), begun };
        let content = serde_json::to_vec(&waiting)
            .map_err(|_| SignInError::Protocol(Breach::Stored, Trace::default()))?;
        let expires = begun.saturating_add(KEPT).unwrap_or(begun);
        inner.records.put(RecordKind::Consent, state.expose_secret(), &content, expires).await?;
        Ok(Begin { url: self.admin_consent_url(tenant, state.expose_secret()), binding })
    }

    /// Which directory the consent was for that comes back with `state`, if the browser with `binding` asked for it. Once.
    pub async fn finish_consent(&self, state: &str, binding: Option<&str>) -> Option<TenantId> {
        if state.is_empty() || state.len() > LONGEST_STATE {
            return None;
        }
        let records = &*self.0.records;
        let record = records.get(RecordKind::Consent, state).await.ok()??;
        let waiting: Waiting = serde_json::from_slice(&record.content).ok()?;
        // Another browser does not use it up.
        if !binding.is_some_and(|binding| same(&digest(binding), &waiting.browser)) {
            return None;
        }
        records.take(RecordKind::Consent, state).await.ok()?.map(|_| waiting.tenant)
    }
}
