//! Sign-in to the organisation's Microsoft Entra tenant, and to others that are allowed, and the tokens that come of it.
//!
//! Authorization code with PKCE, as a public client or with a federated credential ([`ClientAuth`]): no secret exists. One consent covers Microsoft Graph and Azure; the code is
//! redeemed for Graph, and the token for Azure comes through the refresh token when it is first wanted. Tokens stay in encrypted
//! records ([`pim::records`]); whoever needs one holds a [`Tokens`] and never sees a refresh token.
//!
//! ```text
//! begin ──► browser ──► authorize ──► callback ──► finish ──► Person + VaultId ──► tokens
//! ```
//!
//! The map: [`scopes`] is all that may be asked for, [`flow`] a sign-in on its way, [`id_token`] every check of the ID token, `wire`
//! the token endpoint, `vault` and `tokens` what is kept and refreshed, [`error`] why it did not work.
//!
//! Each tenant is an authority of its own: its endpoints, its issuer, its keys. A sign-in and the tokens that come of it belong to one,
//! and never meet those of another.

mod authorize;
mod callback;
mod claims;
pub mod client_auth;
pub mod error;
pub mod flow;
pub mod id_token;
pub mod random;
mod return_to;
pub mod scopes;
mod secret;
mod settings;
mod signing_keys;
mod tokens;
mod turn;
mod vault;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;

use pim::clock::Clock;
use pim::ids::{TenantId, VaultId};
use pim::person::Person;
use pim::records::{Records, StoreError};
use pim::tokens::{Audience, Tokens};
use secrecy::SecretString;
use url::Url;

pub use callback::Callback;
pub use client_auth::ClientAuth;
pub use error::{Breach, SignInError, Trace};
pub use flow::{Begin, BrowserBinding, StepUp};
pub use id_token::Check;
pub use return_to::{LeadsElsewhere, ReturnTo};
pub use scopes::Scope;
pub use settings::{ADMIN_CONSENT_PATH, CALLBACK_PATH, PlaneSet, Settings};

use flow::{Flow, Unclaimed};
use id_token::{Expected, Verified};
use settings::bare;
use signing_keys::SigningKeys;
use tokens::{Flights, VaultTokens};
use vault::Vault;
use wire::{Grant, Http, NoGrant, Wire};

/// What sign-in needs everywhere.
pub(crate) struct Inner {
    settings: Settings,
    scopes: Vec<Scope>,
    records: Arc<dyn Records>,
    clock: Arc<dyn Clock>,
    authorities: HashMap<TenantId, Authority>,
    flights: Flights,
}

/// The sign-in service of one tenant.
pub(crate) struct Authority {
    wire: Wire,
    keys: SigningKeys,
}

impl Inner {
    /// The sign-in service of a tenant, if it may be signed in to.
    pub(crate) fn authority(&self, tenant: TenantId) -> Result<&Authority, SignInError> {
        self.authorities.get(&tenant).ok_or(SignInError::WrongTenant)
    }
}

/// Sign-in. Cheap to clone; clones share caches and refreshes under way.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

/// How a sign-in ended.
#[derive(Debug)]
pub enum Finished {
    /// Somebody signed in.
    SignedIn(SignedIn),
    /// The person made a stronger sign-in; its token is beside their others.
    SteppedUp {
        /// Where they wanted to go.
        return_to: ReturnTo,
    },
    /// A stronger sign-in came to nothing, and nothing has changed: the session and what was to be sent are as they were.
    NotSteppedUp {
        /// Where they wanted to go.
        return_to: ReturnTo,
        /// Why.
        error: SignInError,
    },
}

/// Somebody signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// Where their tokens are.
    pub vault: VaultId,
    /// Where they wanted to go.
    pub return_to: ReturnTo,
    /// The Graph scopes that were granted, by name; fewer than asked for when consent is incomplete.
    pub granted: Vec<String>,
    /// Spares them the account picker next time, where the app registration has the claim.
    pub login_hint: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("tenant", &self.0.settings.tenant).finish_non_exhaustive()
    }
}

/// What a token for `audience` is asked for with: everything that was consented to at one resource, and a refresh token.
/// <https://learn.microsoft.com/entra/identity-platform/scopes-oidc#the-default-scope>
pub(crate) fn scope_of(settings: &Settings, audience: Audience) -> String {
    let resource = match audience {
        Audience::Graph => bare(&settings.graph),
        Audience::Azure => bare(&settings.arm),
    };
    format!("{resource}/.default offline_access")
}

impl Identity {
    /// Sign-in with `settings`. `http` must not follow redirects nor keep cookies.
    #[must_use]
    pub fn new(
        settings: Settings,
        records: Arc<dyn Records>,
        clock: Arc<dyn Clock>,
        http: reqwest::Client,
    ) -> Self {
        let http = Http(http);
        let authority = |tenant| Authority {
            wire: Wire::new(&settings, tenant, http.clone()),
            keys: SigningKeys::new(http.clone(), settings.signing_keys(tenant), Arc::clone(&clock)),
        };
        let authorities = settings.tenants().map(|tenant| (tenant, authority(tenant))).collect();
        let scopes = scopes::needed(settings.planes);
        Self(Arc::new(Inner { settings, scopes, records, clock, authorities, flights: Flights::default() }))
    }

    /// The scopes that are asked for: the rows of the table that the planes in use need.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.0.scopes
    }

    /// The settings it was made with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Begins a sign-in to the organisation's tenant, in a browser that has no binding yet. See [`begin_in`](Self::begin_in).
    pub async fn begin(&self, return_to: ReturnTo, hint: Option<&str>) -> Result<Begin, SignInError> {
        self.begin_in(self.0.settings.tenant, BrowserBinding::random(), return_to, hint).await
    }

    /// Begins a sign-in to `tenant` in the browser that holds `binding`; several may be under way in it at once.
    ///
    /// `hint` is the account to suggest (a `login_hint` claim or a user name). The sign-in is stored and good for ten minutes.
    /// Fails when the tenant is not allowed, and when the store fails.
    pub async fn begin_in(
        &self,
        tenant: TenantId,
        binding: BrowserBinding,
        return_to: ReturnTo,
        hint: Option<&str>,
    ) -> Result<Begin, SignInError> {
        let inner = &*self.0;
        let flow = Flow::new(tenant, return_to, &binding, inner.clock.now());
        self.send_off(flow, binding, hint).await
    }

    /// Begins a stronger sign-in of somebody who is signed in to `tenant`, in the browser that holds `binding`. See
    /// [`begin_in`](Self::begin_in).
    pub async fn begin_step_up(
        &self,
        tenant: TenantId,
        binding: BrowserBinding,
        step_up: StepUp,
        return_to: ReturnTo,
        hint: Option<&str>,
    ) -> Result<Begin, SignInError> {
        let inner = &*self.0;
        let mut flow = Flow::new(tenant, return_to, &binding, inner.clock.now());
        flow.step_up = Some(step_up);
        self.send_off(flow, binding, hint).await
    }

    async fn send_off(
        &self,
        flow: Flow,
        binding: BrowserBinding,
        hint: Option<&str>,
    ) -> Result<Begin, SignInError> {
        let inner = &*self.0;
        let state = random::token();
        let url = authorize::url(inner, &flow, &state, hint)?;
        flow.store(&*inner.records, &state).await?;
        Ok(Begin { url, binding })
    }

    /// Which tenant the sign-in was begun for that `callback` ends, while it has not ended.
    pub async fn tenant_of(&self, callback: &Callback) -> Option<TenantId> {
        Flow::tenant_of(&*self.0.records, callback.state.as_ref()?).await
    }

    /// Finishes a sign-in: `callback` is the query that the browser came back with, `binding` the value of its cookie.
    ///
    /// Redeems the code, checks the ID token and stores the tokens. Every failure ends this sign-in, except that of another
    /// browser; the person begins a new one. What became of a stronger sign-in is told by [`Finished`], even when it came too late or
    /// a second time; an error is one that nothing more is known about.
    pub async fn finish(&self, callback: Callback, binding: Option<&str>) -> Result<Finished, SignInError> {
        let inner = &*self.0;
        let state =
            callback.state.as_ref().ok_or(SignInError::Protocol(Breach::Callback, Trace::default()))?;
        let flow = match Flow::claim(&*inner.records, state, binding, inner.clock.now()).await {
            Ok(flow) => flow,
            Err(Unclaimed { error, step_up: Some(return_to) }) => {
                return Ok(Finished::NotSteppedUp { return_to, error });
            }
            Err(Unclaimed { error, .. }) => return Err(error),
        };
        // Begun while the tenant was still allowed.
        inner.authority(flow.tenant)?;
        let Some(step_up) = flow.step_up.clone() else {
            return self.sign_in(&callback, flow).await.map(Finished::SignedIn);
        };
        let return_to = flow.return_to.clone();
        Ok(match self.step_up(&callback, &flow, &step_up).await {
            Ok(()) => Finished::SteppedUp { return_to },
            Err(error) => Finished::NotSteppedUp { return_to, error },
        })
    }

    /// Redeems the code and checks who came back.
    async fn arrive(&self, callback: &Callback, flow: &Flow) -> Result<(Grant, Verified), SignInError> {
        let inner = &*self.0;
        let authority = inner.authority(flow.tenant)?;
        let issuer = inner.settings.issuer(flow.tenant);
        let code = callback.code(&issuer)?;
        let grant = self.redeem(code, flow).await?;
        let id_token = grant.id_token.as_ref().ok_or_else(incomplete)?;
        let expected = Expected {
            tenant: flow.tenant,
            issuer: &issuer,
            client_id: &inner.settings.client_id,
            nonce: &flow.nonce,
            begun: flow.begun,
            now: inner.clock.now(),
        };
        let verified = id_token::verify(id_token, &authority.keys, &expected).await?;
        Ok((grant, verified))
    }

    /// Keeps what a stronger sign-in brought, if it was the same person.
    async fn step_up(&self, callback: &Callback, flow: &Flow, step_up: &StepUp) -> Result<(), SignInError> {
        let (grant, verified) = self.arrive(callback, flow).await?;
        if (verified.person.tenant, verified.person.id) != (flow.tenant, step_up.principal) {
            return Err(SignInError::OtherPerson);
        }
        let StepUp { vault, challenge, .. } = step_up;
        let made = grant.obtained;
        let kept = vault::strengthen(&*self.0.records, *vault, challenge, &grant, made).await?;
        // Signed out meanwhile: what was brought is dropped.
        if kept { Ok(()) } else { Err(SignInError::FlowUnknown) }
    }

    async fn sign_in(&self, callback: &Callback, flow: Flow) -> Result<SignedIn, SignInError> {
        let inner = &*self.0;
        let (grant, verified) = self.arrive(callback, &flow).await?;
        let vault = VaultId::random();
        let refresh = grant.refresh.clone().ok_or_else(incomplete)?;
        let expires = grant.obtained.saturating_add(inner.settings.absolute).unwrap_or(grant.obtained);
        Vault::new(flow.tenant, refresh, Audience::Graph, &grant)
            .store(&*inner.records, vault, expires)
            .await?;
        Ok(SignedIn {
            person: verified.person,
            vault,
            return_to: flow.return_to,
            granted: self.granted(&grant),
            login_hint: verified.login_hint,
        })
    }

    async fn redeem(&self, code: &SecretString, flow: &Flow) -> Result<Grant, SignInError> {
        let inner = &*self.0;
        let scope = format!("{} openid profile", scope_of(&inner.settings, flow.audience()));
        let now = inner.clock.now();
        let wire = &inner.authority(flow.tenant)?.wire;
        wire.redeem(code, &flow.verifier, &scope, &flow.claims(), now).await.map_err(
            |failure| match failure {
                NoGrant::Refused(refused) => {
                    tracing::warn!(error = %refused, "a code was not redeemed");
                    SignInError::from_oauth(&refused.error, refused.suberror.as_deref(), refused.trace())
                }
                NoGrant::Unavailable => SignInError::Unavailable(Trace::default()),
                NoGrant::Unauthenticated => SignInError::Misconfigured(Trace::default()),
                NoGrant::Malformed => incomplete(),
            },
        )
    }

    /// Graph's scopes come in full or by name; by name they are handed on.
    fn granted(&self, grant: &Grant) -> Vec<String> {
        let prefix = format!("{}/", bare(&self.0.settings.graph));
        grant.scopes.iter().map(|scope| scope.strip_prefix(&prefix).unwrap_or(scope).to_owned()).collect()
    }

    /// The tokens in `vault`. Nothing is read until one is asked for.
    #[must_use]
    pub fn tokens(&self, vault: VaultId) -> Arc<dyn Tokens> {
        Arc::new(VaultTokens { inner: Arc::clone(&self.0), vault })
    }

    /// Deletes the tokens in `vault`. Entra has no way to revoke them: that they are gone is the sign-out.
    pub async fn sign_out(&self, vault: VaultId) -> Result<(), StoreError> {
        vault::delete(&*self.0.records, vault).await
    }

    /// Where to send the browser to sign out of Microsoft, in the organisation's tenant, as well. `post_logout` must be a registered redirect address; `hint` (the
    /// `login_hint` claim) spares the account picker.
    #[must_use]
    pub fn sign_out_url(&self, post_logout: &Url, hint: Option<&str>) -> Url {
        let mut url = self.0.settings.logout(self.0.settings.tenant);
        url.query_pairs_mut().append_pair("post_logout_redirect_uri", post_logout.as_str());
        if let Some(hint) = hint {
            url.query_pairs_mut().append_pair("logout_hint", hint);
        }
        url
    }

    /// Where an administrator of `tenant` consents for everybody there: to everything that the app registration lists, Graph and Azure.
    /// <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>
    #[must_use]
    pub fn admin_consent_url(&self, tenant: TenantId, state: &str) -> Url {
        let settings = &self.0.settings;
        let mut url = settings.admin_consent(tenant);
        url.query_pairs_mut()
            .append_pair("client_id", &settings.client_id)
            .append_pair("scope", &format!("{}/.default", bare(&settings.graph)))
            .append_pair("redirect_uri", settings.admin_consent_return().as_str())
            .append_pair("state", state);
        url
    }
}

fn incomplete() -> SignInError {
    SignInError::Protocol(Breach::Incomplete, Trace::default())
}
