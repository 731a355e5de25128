//! The port for access tokens. Identity implements it; the planes use it and never see a refresh token.

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

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
    /// The sign-in service gave no usable answer; try again later.
    #[error("the sign-in service did not answer as it should")]
    Unavailable,
}

/// Access tokens of one signed-in person.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// A token for `audience` that is good for at least another minute; refreshed when necessary, once at a time.
    async fn access_token(&self, audience: Audience) -> Result<SecretString, TokenError>;
}
