//! Graph's error envelope. See <https://learn.microsoft.com/graph/errors>.

use serde_json::json;

use crate::engine::Refusal;
use crate::random;
use crate::sim::Sim;
use crate::wire::odata::BadQuery;
use crate::wire::{Call, Reply};

/// An error answer.
#[derive(Clone, Debug)]
pub(crate) struct GraphError {
    status: u16,
    code: String,
    message: String,
}

impl GraphError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn unauthenticated(message: &str) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn no_segment(segment: &str) -> Self {
        Self::bad_request(format!("Resource not found for the segment '{segment}'."))
    }

    pub(crate) fn not_found(id: &str) -> Self {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(404, "Request_ResourceNotFound", message)
    }

    pub(crate) fn throttled() -> Self {
        Self::new(429, "TooManyRequests", "Too many requests. Please retry again later.")
    }

    /// The caller lacks a right, not the token a scope.
    pub(crate) fn denied() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// PIM's answer to a missing scope: JSON inside the message.
    pub(crate) fn scope_missing(scopes: &[&str]) -> Self {
        let message = format!("Authorization failed due to missing permission scope {}.", scopes.join(","));
        let inner = json!({ "errorCode": "PermissionScopeNotGranted", "message": message, "instanceAnnotations": [] });
        Self::new(403, "UnknownError", inner.to_string())
    }

    pub(crate) fn reply(&self, sim: &Sim, call: &Call) -> Reply {
        let request_id = random::guid();
        let client_request_id =
            call.header("client-request-id").map_or_else(|| request_id.clone(), str::to_owned);
        let date = sim.now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let reply = Reply::json(
            self.status,
            json!({ "error": {
                "code": self.code,
                "message": self.message,
                "innerError": { "date": date, "request-id": request_id, "client-request-id": client_request_id },
            }}),
        );
        if self.status == 401 {
            let challenge = format!(
                "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"",
                sim.places.sign_in
            );
            return reply.with("www-authenticate", challenge);
        }
        reply
    }
}

impl From<BadQuery> for GraphError {
    fn from(BadQuery(message): BadQuery) -> Self {
        Self::bad_request(message)
    }
}

impl From<Refusal> for GraphError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.status, &refusal.code, refusal.message)
    }
}
