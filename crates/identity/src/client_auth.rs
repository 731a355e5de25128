//! How the portal shows the token endpoint that it is the registered application.
//!
//! By default it does not: a public client has nothing to show. With a federated identity credential it sends a signed assertion that
//! somebody else issues and renews (the cluster's token service, Azure's managed identity), so there is still no secret to keep; and a
//! refresh token is then of no use to anybody else. Another issuer is another variant of [`ClientAuth`].
//! <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use managed_identity::{ManagedIdentity, NoToken};
use secrecy::SecretString;

/// The longest assertion that is read from a file, in bytes.
const LONGEST: usize = 16 * 1024;

/// How the client authenticates itself.
#[derive(Clone, Default)]
pub enum ClientAuth {
    /// Not at all: a public client, with PKCE. The redirect URIs belong to the platform "Mobile and desktop applications".
    #[default]
    None,
    /// With the token in this file, such as the one that Kubernetes projects into a pod. It is read for every call: it rotates. The
    /// redirect URIs belong to the platform "Web".
    AssertionFile(PathBuf),
    /// With a token of a managed identity. The redirect URIs belong to the platform "Web".
    ManagedIdentity {
        /// The identity.
        identity: Arc<ManagedIdentity>,
        /// The audience that Entra wants, such as `api://AzureADTokenExchange`.
        audience: String,
    },
}

impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::AssertionFile(_) => "AssertionFile",
            Self::ManagedIdentity { .. } => "ManagedIdentity",
        })
    }
}

/// Why there is no assertion. Nothing of a token is in it.
#[derive(Debug, thiserror::Error)]
pub enum NoAssertion {
    /// The file cannot be read.
    #[error("the assertion file cannot be read: {0}")]
    Unreadable(#[source] std::io::Error),
    /// The file holds something else than a signed token.
    #[error("the assertion file holds no signed token")]
    NoToken,
    /// The managed identity has none.
    #[error(transparent)]
    ManagedIdentity(#[from] NoToken),
}

impl ClientAuth {
    /// What to send as `client_assertion`; `None` for a public client. Also for checking at start that there is one.
    pub async fn assertion(&self) -> Result<Option<SecretString>, NoAssertion> {
        match self {
            Self::None => Ok(None),
            Self::AssertionFile(path) => {
                let text = tokio::fs::read_to_string(path).await.map_err(NoAssertion::Unreadable)?;
                let token = text.trim();
                if is_signed_token(token) { Ok(Some(token.into())) } else { Err(NoAssertion::NoToken) }
            }
            Self::ManagedIdentity { identity, audience } => Ok(Some(identity.token(audience).await?.secret)),
        }
    }
}

/// Whether this has the form of a signed token (RFC 7515, compact). Whether it is good is for the service to say.
fn is_signed_token(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_base64url = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.len() <= LONGEST && parts.len() == 3 && parts.iter().all(is_base64url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_parts_of_base64url_pass_for_a_token() {
        assert!(is_signed_token("eyJhbGciOi.eyJpc3Mi.c2ln_-"));
        for other in ["", "a.b", "a.b.c.d", "a..c", "a.b.", "a.b.c=", "a.b c.d", "<html>", "a.b.c\nd"] {
            assert!(!is_signed_token(other), "{other}");
        }
        assert!(!is_signed_token(&format!("a.{}.c", "b".repeat(LONGEST))));
    }
}
