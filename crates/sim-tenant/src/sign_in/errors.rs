//! Error answers of the sign-in origin: OAuth JSON with Entra's additions, and errors that travel in a redirect.
//! See <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::random;
use crate::sim::Sim;
use crate::wire::Reply;

/// An OAuth error with an `AADSTS` number.
#[derive(Clone, Debug)]
pub(crate) struct OauthError {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) number: u32,
    pub(crate) text: String,
    pub(crate) suberror: Option<&'static str>,
    pub(crate) claims: Option<String>,
}

impl OauthError {
    pub(crate) fn new(status: u16, error: &'static str, number: u32, text: impl Into<String>) -> Self {
        Self { status, error, number, text: text.into(), suberror: None, claims: None }
    }

    pub(crate) fn invalid_grant(number: u32, text: impl Into<String>) -> Self {
        Self::new(400, "invalid_grant", number, text)
    }

    pub(crate) fn invalid_request(number: u32, text: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", number, text)
    }

    /// A parameter is not there.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::invalid_request(
            900_144,
            format!("The request body must contain the following parameter: '{parameter}'."),
        )
    }

    pub(crate) fn suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    pub(crate) fn claims(mut self, claims: String) -> Self {
        self.claims = Some(claims);
        self
    }

    /// The answer of the token endpoint.
    pub(crate) fn reply(&self, sim: &Sim) -> Reply {
        let (trace, correlation) = (random::guid(), random::guid());
        let timestamp = printed(sim.sign_in_now());
        let mut body = json!({
            "error": self.error,
            "error_description": describe(self.number, &self.text, &trace, &correlation, &timestamp),
            "error_codes": [self.number],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("{}/error?code={}", sim.places.sign_in, self.number),
        });
        if let Some(suberror) = self.suberror {
            body["suberror"] = json!(suberror);
        }
        if let Some(claims) = &self.claims {
            body["claims"] = Value::String(claims.clone());
        }
        Reply::json(self.status, body).with("cache-control", "no-store, no-cache").with("pragma", "no-cache")
    }

    /// `error` and `error_description` for a redirect.
    pub(crate) fn parameters(&self, sim: &Sim) -> [(&'static str, String); 3] {
        let timestamp = printed(sim.sign_in_now());
        [
            ("error", self.error.to_owned()),
            (
                "error_description",
                describe(self.number, &self.text, &random::guid(), &random::guid(), &timestamp),
            ),
            ("error_uri", format!("{}/error?code={}", sim.places.sign_in, self.number)),
        ]
    }
}

fn printed(now: Timestamp) -> String {
    now.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn describe(number: u32, text: &str, trace: &str, correlation: &str, timestamp: &str) -> String {
    format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}")
}

/// The authority names a tenant that is not here.
pub(crate) fn unknown_tenant(sim: &Sim, tenant: &str) -> Reply {
    OauthError::invalid_request(
        90002,
        format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."),
    )
    .reply(sim)
}
