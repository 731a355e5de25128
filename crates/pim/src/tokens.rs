//! The port for access tokens. Identity implements it; the planes use it and never see a refresh token.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::challenge::{Challenge, Claims};
use crate::ids::VaultId;

/// Whom an access token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Audience {
    /// Microsoft Graph.
    Graph,
    /// Azure Resource Manager.
    Azure,
}

/// Why there is no access token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The session is over at Microsoft's side; the person has to sign in again.
    #[error("sign-in is needed again")]
    SignInRequired,
    /// Nobody consented to this resource.
    #[error("consent for this resource is missing")]
    ConsentRequired,
    /// The tenant has no such resource (a tenant without Azure, for one).
    #[error("the tenant does not have this resource")]
    ResourceAbsent,
    /// Only a stronger sign-in brings such a token.
    #[error("a stronger sign-in is needed")]
    StepUpRequired(Challenge),
    /// The sign-in service gave no usable answer; try again later.
    #[error("the sign-in service did not answer as it should")]
    Unavailable,
}

/// Access tokens of one signed-in person.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// A token for `audience` that is good for at least another minute; refreshed when necessary, once at a time.
    async fn access_token(&self, audience: Audience) -> Result<SecretString, TokenError>;

    /// A token that meets `challenge`: from a stronger sign-in of the last ten minutes, or one that such a sign-in brings silently for
    /// another resource. [`TokenError::StepUpRequired`] when there is none. Never the token that [`Self::access_token`] gives.
    async fn stronger_token(&self, challenge: &Challenge) -> Result<SecretString, TokenError>;

    /// Another token in place of `refused`, which the service did not take although it was fresh (continuous access evaluation), obtained with
    /// the `claims` that it asked for. [`TokenError::SignInRequired`] when the session was revoked.
    async fn renewed_token(
        &self,
        audience: Audience,
        refused: &SecretString,
        claims: Option<&Claims>,
    ) -> Result<SecretString, TokenError>;

    /// The names of the scopes that the token for `audience` carries, as the sign-in service listed them; `None` when it listed none.
    /// Never the token itself.
    async fn granted(&self, audience: Audience) -> Result<Option<Vec<String>>, TokenError> {
        self.access_token(audience).await.map(|_| None)
    }
}

/// The tokens of people who are not at the other end right now: what began in their name is watched to its end.
pub trait Vaults: Send + Sync {
    /// The tokens in `vault`. Nothing is read until one is asked for; a vault that is gone says [`TokenError::SignInRequired`].
    fn tokens(&self, vault: VaultId) -> Arc<dyn Tokens>;
}
