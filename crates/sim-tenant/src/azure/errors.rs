//! ARM's error envelope.
//! See <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>.

use serde_json::json;

use super::Caller;
use crate::engine::Refusal;
use crate::sim::Sim;
use crate::wire::Reply;

/// An error answer.
#[derive(Clone, Debug)]
pub(crate) struct ArmError {
    status: u16,
    code: String,
    message: String,
}

impl ArmError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    pub(crate) fn unknown_version(kind: &str, version: &str, supported: &[&str]) -> Self {
        let message = format!(
            "No registered resource provider found for location 'global' and API version '{version}' for type '{kind}'. The supported api-versions are '{}'.",
            supported.join(", ")
        );
        Self::new(400, "NoRegisteredProviderFound", message)
    }

    pub(crate) fn no_resource(path: &str) -> Self {
        Self::new(
            404,
            "InvalidResourceType",
            format!("The resource type could not be found for the path '{path}'."),
        )
    }

    pub(crate) fn insufficient() -> Self {
        Self::insufficient_as(403)
    }

    /// The same under another status, as some callers report it.
    pub(crate) fn insufficient_as(status: u16) -> Self {
        let message =
            "The user does not have sufficient permissions to perform this operation at this scope.";
        Self::new(status, "InsufficientPermissions", message)
    }

    pub(crate) fn bad_filter(filter: &str) -> Self {
        Self::new(400, "InvalidFilter", format!("The filter '{filter}' is not supported."))
    }

    pub(crate) fn bad_body(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequestContent", message)
    }

    pub(crate) fn authorization_failed(caller: &Caller, action: &str, scope: &str) -> Self {
        let message = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            caller.person.upn, caller.person.object_id
        );
        Self::new(403, "AuthorizationFailed", message)
    }

    pub(crate) fn reply(&self, sim: &Sim) -> Reply {
        let reply =
            Reply::json(self.status, json!({ "error": { "code": self.code, "message": self.message } }));
        if self.status == 401 {
            let challenge = format!(
                "Bearer authorization_uri=\"{}/common\", error=\"invalid_token\", error_description=\"{}\"",
                sim.places.sign_in,
                self.message.replace('"', "'")
            );
            return reply.with("www-authenticate", challenge);
        }
        reply
    }
}

impl From<Refusal> for ArmError {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.status, &refusal.code, refusal.message)
    }
}
