//! The port for whoever wants to know how calls to Microsoft go: `transport` tells, and what keeps it draws the page of the status.

use crate::ids::{PlaneId, PrincipalId};

/// One call that was sent, and what came of it. No id of its path, no token and no text of an answer is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// For which plane.
    pub plane: PlaneId,
    /// The template of the route.
    pub route: &'static str,
    /// The method.
    pub method: &'static str,
    /// What was answered; `None` where nothing was.
    pub status: Option<u16>,
    /// The service's own error code, such as `UnknownError`.
    pub code: Option<String>,
    /// How the portal named the call: `client-request-id`.
    pub client_request_id: String,
    /// How the service named it.
    pub correlation_id: Option<String>,
}

impl Call {
    /// Whether something is wrong: no answer, one of the service's own errors, throttling, or a person who may not. Any other refusal is about
    /// what was asked, and is told where it was asked.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.status.is_none_or(|status| status >= 500 || [401, 403, 429].contains(&status))
    }
}

/// Is told of every call.
pub trait Calls: Send + Sync {
    /// A call on behalf of `principal` came to its end.
    fn saw(&self, principal: PrincipalId, call: Call);
}
