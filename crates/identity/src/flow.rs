//! A sign-in on its way: what is remembered between sending the browser off and its coming back.
//!
//! It is kept under the `state`, in an encrypted record, for [`KEPT`]; it is good for [`VALID`] and once. The rest of the time it
//! only serves to tell "too late" and "twice" from "never heard of", and where a stronger sign-in belonged. It belongs to one
//! browser: the hash of a random binding, which that browser holds in a cookie, is part of it (login CSRF; RFC 9700, 4.7).

use jiff::{SignedDuration, Timestamp};
use pim::challenge::Challenge;
use pim::ids::{PrincipalId, TenantId, VaultId};
use pim::records::{RecordKind, Records};
use pim::tokens::Audience;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::claims;
use crate::error::{Breach, SignInError, Trace};
use crate::random;
use crate::return_to::ReturnTo;
use crate::secret::{digest, expose, same};

/// How long a sign-in may take.
pub const VALID: SignedDuration = SignedDuration::from_mins(10);
/// How long it is remembered, and how long the browser keeps its binding: a browser that comes too late is told so.
pub const KEPT: SignedDuration = SignedDuration::from_mins(60);
/// Longest accepted `state`; ours have 43 characters.
const LONGEST_STATE: usize = 128;

/// What ties a sign-in to a browser: the value of a cookie (`HttpOnly`, `SameSite=Lax`) for the time of the sign-in.
#[derive(Clone, Debug)]
pub struct BrowserBinding(SecretString);

impl BrowserBinding {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(random::token())
    }

    /// The one that a browser already has, so that sign-ins in several tabs do not undo each other. `None` when the cookie is not
    /// one of ours.
    #[must_use]
    pub fn from_cookie(value: &str) -> Option<Self> {
        let ours = value.len() == 43
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        ours.then(|| Self(value.to_owned().into()))
    }

    /// The cookie's value.
    #[must_use]
    pub fn cookie_value(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A sign-in that was begun.
#[derive(Debug)]
pub struct Begin {
    /// Where to send the browser. It holds `state` and `nonce`: not for logs.
    pub url: Url,
    /// What to put into the browser's cookie, for as long as a sign-in is remembered ([`KEPT`]).
    pub binding: BrowserBinding,
}

/// What is remembered of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    #[serde(serialize_with = "expose")]
    pub(crate) nonce: SecretString,
    #[serde(serialize_with = "expose")]
    pub(crate) verifier: SecretString,
    pub(crate) tenant: TenantId,
    pub(crate) return_to: ReturnTo,
    pub(crate) begun: Timestamp,
    /// For a stronger sign-in: whose, and what it has to bring.
    #[serde(default)]
    pub(crate) step_up: Option<StepUp>,
    /// Hash of the browser's binding.
    browser: String,
}

/// A stronger sign-in: the same person again, for tokens that are kept beside the ordinary ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepUp {
    /// Where the person's tokens are.
    pub vault: VaultId,
    /// Who it has to be.
    pub principal: PrincipalId,
    /// What it has to bring.
    pub challenge: Challenge,
}

#[derive(Serialize, Deserialize)]
enum Stored {
    Waiting(Flow),
    /// Nothing secret is left.
    Over {
        /// Hash of the browser's binding.
        browser: String,
        /// Where a stronger sign-in belonged.
        step_up: Option<ReturnTo>,
    },
}

/// Why a callback has no sign-in to finish.
#[derive(Debug)]
pub(crate) struct Unclaimed {
    pub(crate) error: SignInError,
    /// Where it belonged, when it was a stronger sign-in begun in this browser.
    pub(crate) step_up: Option<ReturnTo>,
}

impl<E: Into<SignInError>> From<E> for Unclaimed {
    fn from(error: E) -> Self {
        Self { error: error.into(), step_up: None }
    }
}

fn unreadable(_: serde_json::Error) -> SignInError {
    SignInError::Protocol(Breach::Stored, Trace::default())
}

impl Flow {
    /// A fresh one.
    pub(crate) fn new(
        tenant: TenantId,
        return_to: ReturnTo,
        binding: &BrowserBinding,
        now: Timestamp,
    ) -> Self {
        Self {
            nonce: random::token(),
            verifier: random::token(),
            tenant,
            return_to,
            begun: now,
            step_up: None,
            browser: digest(binding.cookie_value()),
        }
    }

    /// The `claims` that go with it.
    pub(crate) fn claims(&self) -> String {
        let demand = self.step_up.as_ref().map(|step_up| &step_up.challenge.demand);
        demand.map_or_else(|| claims::CAPABILITY.to_owned(), claims::of)
    }

    /// Whose tokens the code is redeemed for.
    pub(crate) fn audience(&self) -> Audience {
        self.step_up.as_ref().map_or(Audience::Graph, |step_up| step_up.challenge.audience)
    }

    /// Stores it under `state`.
    pub(crate) async fn store(&self, records: &dyn Records, state: &SecretString) -> Result<(), SignInError> {
        let content = serde_json::to_vec(&Stored::Waiting(self.clone())).map_err(unreadable)?;
        let expires = self.begun.saturating_add(KEPT).unwrap_or(self.begun);
        records.put(RecordKind::SignInFlow, state.expose_secret(), &content, expires).await?;
        Ok(())
    }

    /// The tenant of the sign-in under `state`, which stays as it is.
    pub(crate) async fn tenant_of(records: &dyn Records, state: &SecretString) -> Option<TenantId> {
        let state = Some(state.expose_secret()).filter(|state| state.len() <= LONGEST_STATE)?;
        let record = records.get(RecordKind::SignInFlow, state).await.ok()??;
        match serde_json::from_slice(&record.content).ok()? {
            Stored::Waiting(flow) => Some(flow.tenant),
            Stored::Over { .. } => None,
        }
    }

    /// Claims the sign-in under `state` for the browser with `binding`. Of several callbacks only one succeeds, and what the
    /// sign-in held is gone from the store before the code is used.
    pub(crate) async fn claim(
        records: &dyn Records,
        state: &SecretString,
        binding: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, Unclaimed> {
        let state = state.expose_secret();
        if state.is_empty() || state.len() > LONGEST_STATE {
            return Err(SignInError::Protocol(Breach::Callback, Trace::default()).into());
        }
        let record = records.get(RecordKind::SignInFlow, state).await?.ok_or(SignInError::FlowUnknown)?;
        let is_here = |browser: &str| binding.is_some_and(|binding| same(&digest(binding), browser));
        let flow = match serde_json::from_slice(&record.content).map_err(unreadable)? {
            Stored::Waiting(flow) => flow,
            Stored::Over { browser, step_up } => {
                let error = SignInError::FlowReplayed(Trace::default());
                return Err(Unclaimed { error, step_up: step_up.filter(|_| is_here(&browser)) });
            }
        };
        // Another browser does not use it up, and is not told where it belongs: the right one may still come.
        if !is_here(&flow.browser) {
            return Err(SignInError::NotThisBrowser.into());
        }
        let step_up = flow.step_up.is_some().then(|| flow.return_to.clone());
        let over = Stored::Over { browser: flow.browser.clone(), step_up: step_up.clone() };
        let over = serde_json::to_vec(&over).map_err(unreadable)?;
        let error =
            match records.replace(RecordKind::SignInFlow, state, record.version, &over, record.expires).await
            {
                Ok(true) if now.duration_since(flow.begun) <= VALID => return Ok(flow),
                Ok(true) => SignInError::FlowExpired(Trace::default()),
                Ok(false) => SignInError::FlowReplayed(Trace::default()),
                Err(error) => error.into(),
            };
        Err(Unclaimed { error, step_up })
    }
}
