//! Access tokens of a signed-in person: from the vault while they are fresh, refreshed otherwise.
//!
//! Every kind of token takes the same way: the vault is looked at, then one call at a time is made for each vault and [`Want`], and
//! whoever comes while it runs gets its outcome. Another kind is another variant of [`Want`]. Planes fail apart: what is refused for
//! Azure alone (a policy, missing consent) does not end the session; only a dead refresh token does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use jiff::Timestamp;
use pim::challenge::{Challenge, Claims};
use pim::ids::VaultId;
use pim::tokens::{Audience, TokenError, Tokens, Vaults};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use crate::error::{asks_for_more, forbidden_by_policy};
use crate::secret::digest;
use crate::turn::Turn;
use crate::vault::{self, Access, Vault};
use crate::wire::{EntraError, Grant, NoGrant};
use crate::{Identity, Inner, claims, scope_of};

type Outcome = Result<SecretString, TokenError>;
type Flight = OnceCell<Outcome>;

/// The refreshes that are under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, Weak<Flight>>>);

/// What is asked for, and from which vault.
type Key = (VaultId, Want);

/// What is asked for. The kinds never share an outcome: a stronger token is no ordinary one.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Want {
    Ordinary(Audience),
    /// One that meets this. The person has met the same demand for another resource: for this one the sign-in service asks for nothing
    /// more.
    Stronger(Challenge),
    /// An ordinary one in place of one that the service did not take.
    Renewed {
        audience: Audience,
        /// Hash of the token that was not taken.
        refused: String,
        /// What the service asked for.
        claims: Option<Claims>,
    },
}

impl Want {
    const fn audience(&self) -> Audience {
        match self {
            Self::Ordinary(audience) | Self::Renewed { audience, .. } => *audience,
            Self::Stronger(challenge) => challenge.audience,
        }
    }

    fn claims(&self) -> String {
        match self {
            Self::Ordinary(_) | Self::Renewed { claims: None, .. } => claims::CAPABILITY.to_owned(),
            Self::Stronger(challenge) => claims::of(&challenge.demand),
            Self::Renewed { claims: Some(asked), .. } => claims::merged(asked),
        }
    }

    /// The stored token, where it is what is asked for.
    fn found<'v>(&self, vault: &'v Vault, now: Timestamp) -> Option<&'v Access> {
        match self {
            Self::Ordinary(audience) => vault.access(*audience).filter(|access| access.is_fresh(now)),
            Self::Stronger(challenge) => vault.stronger(challenge, now).map(|stronger| &stronger.access),
            Self::Renewed { audience, refused, .. } => vault
                .access(*audience)
                .filter(|access| access.is_fresh(now) && digest(access.token.expose_secret()) != *refused),
        }
    }

    /// The stored token that serves while the sign-in service is away: it may be old, but it is valid.
    fn makeshift<'v>(&self, vault: &'v Vault, now: Timestamp) -> Option<&'v Access> {
        match self {
            Self::Ordinary(audience) => vault.access(*audience).filter(|access| access.is_usable(now)),
            Self::Stronger(_) | Self::Renewed { .. } => None,
        }
    }

    /// What a refusal means.
    fn verdict(&self, refused: &EntraError) -> Verdict {
        match verdict(refused) {
            // The frequency that a policy asks for with the context has run out: the session itself may well last longer.
            Verdict::Dead if matches!(self, Self::Stronger(_)) && refused.trace().code == Some(70043) => {
                Verdict::SignIn
            }
            verdict => verdict,
        }
    }

    /// What the caller is told of a refusal.
    fn refusal(&self, verdict: Verdict, refused: &EntraError) -> TokenError {
        match (self, verdict) {
            (Self::Stronger(challenge), Verdict::SignIn) => TokenError::StepUpRequired(challenge.clone()),
            (Self::Renewed { audience, claims, .. }, Verdict::SignIn) => {
                let asked = refused.claims().or_else(|| claims.clone());
                asked.map_or(TokenError::SignInRequired, |claims| {
                    TokenError::StepUpRequired(Challenge::from_claims(*audience, claims))
                })
            }
            (_, verdict) => verdict.into(),
        }
    }
}

impl Flights {
    /// The refresh under way, or a new one.
    fn join(&self, key: &Key) -> Arc<Flight> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(key).and_then(Weak::upgrade) {
            return flight;
        }
        flights.retain(|_, flight| flight.strong_count() > 0);
        let flight = Arc::new(Flight::new());
        flights.insert(key.clone(), Arc::downgrade(&flight));
        flight
    }

    /// Takes a finished refresh away, so that the next one starts afresh even while somebody still reads this outcome.
    fn leave(&self, key: &Key, flight: &Arc<Flight>) {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(key).is_some_and(|current| std::ptr::eq(current.as_ptr(), Arc::as_ptr(flight))) {
            flights.remove(key);
        }
    }
}

/// The tokens behind one vault.
pub(crate) struct VaultTokens {
    pub(crate) inner: Arc<Inner>,
    pub(crate) vault: VaultId,
}

#[async_trait]
impl Tokens for VaultTokens {
    async fn access_token(&self, audience: Audience) -> Outcome {
        if audience == Audience::Azure && !self.inner.settings.planes.azure {
            return Err(TokenError::ResourceAbsent);
        }
        self.token(Want::Ordinary(audience)).await
    }

    async fn stronger_token(&self, challenge: &Challenge) -> Outcome {
        self.token(Want::Stronger(challenge.clone())).await
    }

    async fn renewed_token(
        &self,
        audience: Audience,
        refused: &SecretString,
        claims: Option<&Claims>,
    ) -> Outcome {
        let refused = digest(refused.expose_secret());
        self.token(Want::Renewed { audience, refused, claims: claims.cloned() }).await
    }

    async fn granted(&self, audience: Audience) -> Result<Option<Vec<String>>, TokenError> {
        self.access_token(audience).await?;
        let opened = self.opened().await?;
        let scopes = opened.vault.access(audience).map(|access| access.scopes.clone());
        Ok(scopes.filter(|scopes| !scopes.is_empty()))
    }
}

impl Vaults for Identity {
    fn tokens(&self, vault: VaultId) -> Arc<dyn Tokens> {
        Self::tokens(self, vault)
    }
}

impl VaultTokens {
    async fn opened(&self) -> Result<vault::Opened, TokenError> {
        vault::open(&*self.inner.records, self.vault)
            .await
            .map_err(|_| TokenError::Unavailable)?
            .ok_or(TokenError::SignInRequired)
    }

    async fn token(&self, want: Want) -> Outcome {
        let inner = &self.inner;
        if let Some(access) = want.found(&self.opened().await?.vault, inner.clock.now()) {
            return Ok(access.token.clone());
        }
        let key = (self.vault, want);
        let flight = inner.flights.join(&key);
        // A caller that goes away meanwhile leaves the cell empty, and the next one in the queue takes over.
        let outcome = flight.get_or_init(|| self.obtain(&key.1)).await.clone();
        inner.flights.leave(&key, &flight);
        outcome
    }

    /// Uses the refresh token, unless the work is done.
    async fn obtain(&self, want: &Want) -> Outcome {
        let inner = &self.inner;
        let scope = scope_of(&inner.settings, want.audience());
        let sent = want.claims();
        let _turn = Turn::take(&inner.records, &*inner.clock, self.vault, want.audience()).await;
        let mut opened = self.opened().await?;
        loop {
            let now = inner.clock.now();
            // One that ended a moment before this one began, here or on another replica, has done the work.
            if let Some(access) = want.found(&opened.vault, now) {
                return Ok(access.token.clone());
            }
            let keep = match want {
                Want::Stronger(challenge) => match opened.vault.stronger_elsewhere(challenge, now) {
                    Some(elsewhere) => Keep::Beside(challenge, elsewhere.made),
                    None => return Err(TokenError::StepUpRequired(challenge.clone())),
                },
                Want::Ordinary(audience) | Want::Renewed { audience, .. } => Keep::AsOrdinary(*audience),
            };
            let tenant = opened.vault.tenant.unwrap_or(inner.settings.tenant);
            // A tenant that is not allowed any more is one that nobody is signed in to.
            let Ok(authority) = inner.authority(tenant) else { return Err(TokenError::SignInRequired) };
            let granted = authority.wire.refresh(&opened.vault.refresh, &scope, &sent, now).await;
            count(want.audience(), &granted);
            let refused = match granted {
                Ok(grant) => return self.keep(keep, grant).await,
                Err(NoGrant::Refused(refused)) => refused,
                Err(NoGrant::Unavailable | NoGrant::Unauthenticated | NoGrant::Malformed) => {
                    let makeshift = want.makeshift(&opened.vault, now);
                    return makeshift.map(|access| access.token.clone()).ok_or(TokenError::Unavailable);
                }
            };
            tracing::warn!(audience = ?want.audience(), error = %refused, "a token was not refreshed");
            let verdict = want.verdict(&refused);
            if verdict != Verdict::Dead {
                return Err(want.refusal(verdict, &refused));
            }
            // Another replica may have stored a newer refresh token meanwhile: only the stored one counts.
            let again = self.opened().await?;
            if same_token(&again, &opened) {
                vault::delete(&*inner.records, self.vault).await.map_err(|_| TokenError::Unavailable)?;
                return Err(TokenError::SignInRequired);
            }
            opened = again;
        }
    }

    /// Stores what was brought. After a sign-out there is nowhere to, and it is dropped.
    async fn keep(&self, keep: Keep<'_>, grant: Grant) -> Outcome {
        let records = &*self.inner.records;
        let kept = match keep {
            Keep::AsOrdinary(audience) => vault::add(records, self.vault, audience, &grant).await,
            Keep::Beside(challenge, made) => {
                vault::strengthen(records, self.vault, challenge, &grant, made).await
            }
        };
        match kept {
            Ok(true) => Ok(grant.access),
            Ok(false) => Err(TokenError::SignInRequired),
            Err(_) => Err(TokenError::Unavailable),
        }
    }
}

/// `pim_portal_token_refreshes_total`: uses of a refresh token, and whether they brought anything.
fn count(audience: Audience, granted: &Result<Grant, NoGrant>) {
    let audience = match audience {
        Audience::Graph => "graph",
        Audience::Azure => "azure",
    };
    let outcome = match granted {
        Ok(_) => "refreshed",
        Err(NoGrant::Refused(_)) => "refused",
        Err(NoGrant::Unavailable | NoGrant::Unauthenticated | NoGrant::Malformed) => "failed",
    };
    metrics::counter!("pim_portal_token_refreshes_total", "audience" => audience, "outcome" => outcome)
        .increment(1);
}

/// Where a token goes.
enum Keep<'a> {
    AsOrdinary(Audience),
    /// Beside the ordinary ones, for as long as the stronger sign-in serves that was made then.
    Beside(&'a Challenge, Timestamp),
}

fn same_token(one: &vault::Opened, other: &vault::Opened) -> bool {
    one.vault.refresh.expose_secret() == other.vault.refresh.expose_secret()
}

/// What a refusal at refresh means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The refresh token is of no use any more: the session is over.
    Dead,
    /// This resource wants more of the person; others may not.
    SignIn,
    Consent,
    Absent,
    Unavailable,
}

impl From<Verdict> for TokenError {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Dead | Verdict::SignIn => Self::SignInRequired,
            Verdict::Consent => Self::ConsentRequired,
            Verdict::Absent => Self::ResourceAbsent,
            Verdict::Unavailable => Self::Unavailable,
        }
    }
}

/// `error` and `suberror` decide; numbers tell apart what `invalid_grant` and `invalid_resource` lump together.
fn verdict(refused: &EntraError) -> Verdict {
    let code = refused.trace().code;
    match (refused.error.as_str(), refused.suberror.as_deref(), code) {
        (_, Some("consent_required"), _)
        | ("consent_required", ..)
        | (_, _, Some(65001 | 65005 | 650_057)) => Verdict::Consent,
        (_, _, Some(500_011 | 650_052)) | ("invalid_resource" | "invalid_target", ..) => Verdict::Absent,
        ("interaction_required", ..)
        | ("invalid_grant", Some("basic_action" | "additional_action" | "message_only"), _) => {
            Verdict::SignIn
        }
        (_, _, code)
            if refused.has_claims()
                || code.is_some_and(|code| asks_for_more(code) || forbidden_by_policy(code)) =>
        {
            Verdict::SignIn
        }
        ("invalid_grant", ..) => Verdict::Dead,
        _ => Verdict::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_dead_refresh_token_ends_the_session() {
        for (answer, expected) in [
            (r#"{"error":"invalid_grant","error_codes":[700082]}"#, Verdict::Dead),
            (r#"{"error":"invalid_grant","error_codes":[50173],"suberror":"bad_token"}"#, Verdict::Dead),
            (r#"{"error":"invalid_grant","error_codes":[70043],"suberror":"token_expired"}"#, Verdict::Dead),
            (r#"{"error":"invalid_grant"}"#, Verdict::Dead),
            (
                r#"{"error":"invalid_grant","error_codes":[65001],"suberror":"consent_required"}"#,
                Verdict::Consent,
            ),
            (r#"{"error":"invalid_grant","error_codes":[65001]}"#, Verdict::Consent),
            (r#"{"error":"invalid_resource","error_codes":[500011]}"#, Verdict::Absent),
            (r#"{"error":"invalid_resource","error_codes":[650057]}"#, Verdict::Consent),
            (r#"{"error":"interaction_required","error_codes":[50076],"claims":"{}"}"#, Verdict::SignIn),
            (r#"{"error":"invalid_grant","error_codes":[50076],"suberror":"basic_action"}"#, Verdict::SignIn),
            (r#"{"error":"invalid_grant","error_codes":[1],"claims":"{}"}"#, Verdict::SignIn),
            (r#"{"error":"invalid_grant","error_codes":[53003],"suberror":"message_only"}"#, Verdict::SignIn),
            (r#"{"error":"invalid_client","error_codes":[7000218]}"#, Verdict::Unavailable),
        ] {
            let refused: EntraError = serde_json::from_str(answer).unwrap();
            assert_eq!(verdict(&refused), expected, "{answer}");
        }
    }
}
