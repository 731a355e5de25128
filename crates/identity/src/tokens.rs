//! Access tokens of a signed-in person: from the vault while they are fresh, refreshed otherwise.
//!
//! A refresh happens once at a time per (vault, audience): whoever comes while it runs gets its outcome. Planes fail apart: what is
//! refused for Azure alone (a policy, missing consent) does not end the session; only a dead refresh token does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use jiff::Timestamp;
use pim::challenge::{Challenge, Claims, Demand};
use pim::ids::VaultId;
use pim::tokens::{Audience, TokenError, Tokens, Vaults};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use crate::error::{asks_for_more, forbidden_by_policy};
use crate::vault;
use crate::wire::{EntraError, NoGrant};
use crate::{Identity, Inner, claims, scope_of};

type Outcome = Result<SecretString, TokenError>;
type Flight = OnceCell<Outcome>;

/// The refreshes that are under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, Weak<Flight>>>);

/// What is refreshed. The kinds never share an outcome: a stronger token is no ordinary one.
type Key = (VaultId, Audience, Want);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Want {
    Ordinary,
    Stronger(Demand),
    Renewed(Option<Claims>),
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
        let inner = &self.inner;
        if audience == Audience::Azure && !inner.settings.planes.azure {
            return Err(TokenError::ResourceAbsent);
        }
        if let Some(token) = self.fresh(audience).await? {
            return Ok(token);
        }
        let key = (self.vault, audience, Want::Ordinary);
        let flight = inner.flights.join(&key);
        // A caller that goes away mid-refresh leaves the cell empty, and the next one in the queue takes over.
        let outcome = flight.get_or_init(|| self.refresh(audience)).await.clone();
        inner.flights.leave(&key, &flight);
        outcome
    }

    async fn stronger_token(&self, challenge: &Challenge) -> Outcome {
        let inner = &self.inner;
        let opened = self.opened().await?;
        let now = inner.clock.now();
        if let Some(stronger) = opened.vault.stronger(challenge, now) {
            return Ok(stronger.access.token.clone());
        }
        let Some(elsewhere) = opened.vault.stronger_elsewhere(challenge, now) else {
            return Err(TokenError::StepUpRequired(challenge.clone()));
        };
        // The person has met the demand for another resource: for this one the sign-in service asks for nothing more.
        let made = elsewhere.made;
        let key = (self.vault, challenge.audience, Want::Stronger(challenge.demand.clone()));
        let flight = inner.flights.join(&key);
        let outcome = flight.get_or_init(|| self.strengthen(challenge, made)).await.clone();
        inner.flights.leave(&key, &flight);
        outcome
    }

    async fn renewed_token(
        &self,
        audience: Audience,
        refused: &SecretString,
        claims: Option<&Claims>,
    ) -> Outcome {
        let inner = &self.inner;
        let opened = self.opened().await?;
        let stored = opened.vault.access(audience).filter(|access| access.is_fresh(inner.clock.now()));
        if let Some(stored) = stored
            && stored.token.expose_secret() != refused.expose_secret()
        {
            return Ok(stored.token.clone());
        }
        let key = (self.vault, audience, Want::Renewed(claims.cloned()));
        let flight = inner.flights.join(&key);
        let outcome = flight.get_or_init(|| self.renew(audience, claims)).await.clone();
        inner.flights.leave(&key, &flight);
        outcome
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

    /// The stored token, if it is fresh.
    async fn fresh(&self, audience: Audience) -> Result<Option<SecretString>, TokenError> {
        let opened = self.opened().await?;
        let now = self.inner.clock.now();
        Ok(opened
            .vault
            .access(audience)
            .filter(|access| access.is_fresh(now))
            .map(|access| access.token.clone()))
    }

    /// A stronger token for a resource, after a stronger sign-in for another.
    async fn strengthen(&self, challenge: &Challenge, made: Timestamp) -> Outcome {
        let inner = &self.inner;
        let scope = scope_of(&inner.settings, challenge.audience);
        let opened = self.opened().await?;
        let now = inner.clock.now();
        let sent = claims::of(&challenge.demand);
        match inner.wire.refresh(&opened.vault.refresh, &scope, &sent, now).await {
            Ok(grant) => {
                let kept = vault::strengthen(&*inner.records, self.vault, challenge, &grant, made)
                    .await
                    .map_err(|_| TokenError::Unavailable)?;
                if kept { Ok(grant.access) } else { Err(TokenError::SignInRequired) }
            }
            Err(NoGrant::Refused(_)) => Err(TokenError::StepUpRequired(challenge.clone())),
            Err(NoGrant::Unavailable | NoGrant::Malformed) => Err(TokenError::Unavailable),
        }
    }

    /// Another ordinary token in place of one that the service did not take.
    async fn renew(&self, audience: Audience, asked: Option<&Claims>) -> Outcome {
        let inner = &self.inner;
        let scope = scope_of(&inner.settings, audience);
        let opened = self.opened().await?;
        let now = inner.clock.now();
        let sent = asked.map_or_else(|| claims::CAPABILITY.to_owned(), claims::merged);
        let refused = match inner.wire.refresh(&opened.vault.refresh, &scope, &sent, now).await {
            Ok(grant) => {
                let kept = vault::add(&*inner.records, self.vault, audience, &grant)
                    .await
                    .map_err(|_| TokenError::Unavailable)?;
                return if kept { Ok(grant.access) } else { Err(TokenError::SignInRequired) };
            }
            Err(NoGrant::Refused(refused)) => refused,
            Err(NoGrant::Unavailable | NoGrant::Malformed) => return Err(TokenError::Unavailable),
        };
        tracing::warn!(?audience, error = %refused, "a token that was not taken could not be renewed");
        match verdict(&refused) {
            Verdict::Dead => {
                let again = self.opened().await?;
                if same_token(&again, &opened) {
                    vault::delete(&*inner.records, self.vault).await.map_err(|_| TokenError::Unavailable)?;
                }
                Err(TokenError::SignInRequired)
            }
            Verdict::SignIn => {
                let asked = refused.claims().or_else(|| asked.cloned());
                Err(asked.map_or(TokenError::SignInRequired, |claims| {
                    TokenError::StepUpRequired(Challenge::from_claims(audience, claims))
                }))
            }
            other => Err(other.into()),
        }
    }

    async fn refresh(&self, audience: Audience) -> Outcome {
        let inner = &self.inner;
        let scope = scope_of(&inner.settings, audience);
        let mut opened = self.opened().await?;
        loop {
            let now = inner.clock.now();
            let stored = opened.vault.access(audience);
            // A refresh that ended a moment before this one began has done the work.
            if let Some(access) = stored.filter(|access| access.is_fresh(now)) {
                return Ok(access.token.clone());
            }
            let refused =
                match inner.wire.refresh(&opened.vault.refresh, &scope, claims::CAPABILITY, now).await {
                    Ok(grant) => {
                        let kept = vault::add(&*inner.records, self.vault, audience, &grant)
                            .await
                            .map_err(|_| TokenError::Unavailable)?;
                        return if kept { Ok(grant.access) } else { Err(TokenError::SignInRequired) };
                    }
                    Err(NoGrant::Refused(refused)) => refused,
                    Err(NoGrant::Unavailable | NoGrant::Malformed) => {
                        // The token in hand may be old, but it is valid: better than none while the service is away.
                        let usable = stored.filter(|access| access.is_usable(now));
                        return usable.map(|access| access.token.clone()).ok_or(TokenError::Unavailable);
                    }
                };
            tracing::warn!(?audience, error = %refused, "a token was not refreshed");
            let verdict = verdict(&refused);
            if verdict != Verdict::Dead {
                return Err(verdict.into());
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
