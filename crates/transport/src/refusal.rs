//! What Microsoft's error bodies mean, the same for Graph and Azure.
//!
//! <https://learn.microsoft.com/graph/errors>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>.
//! The PIM codes are documented nowhere as a list; this table is gathered from the services' answers. To teach it another code,
//! add a line to [`violation`] and one to the test's table. Only codes leave this module, never the free text around them.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use pim::error::{ErrorKind, PlaneError, Violation};
use serde::Deserialize;

use crate::answer::Answer;
use crate::retry_after;

#[derive(Deserialize)]
struct Envelope {
    error: Body,
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// PIM on Graph puts a second document into the message of the first.
#[derive(Deserialize)]
struct Nested {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

/// An error body, read as far as it goes.
#[derive(Default)]
struct Fault {
    code: String,
    message: String,
}

impl Fault {
    fn of(body: &[u8]) -> Self {
        let Body { code, message } =
            serde_json::from_slice::<Envelope>(body).map(|envelope| envelope.error).unwrap_or_default();
        let (code, message) = (code.unwrap_or_default(), message.unwrap_or_default());
        match serde_json::from_str::<Nested>(message.trim()) {
            Ok(nested) => Self { code: nested.code, message: nested.message.unwrap_or_default() },
            Err(_) => Self { code, message },
        }
    }

    /// The code, if it looks like one and says something.
    fn code(&self) -> Option<String> {
        let harmless = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let says = !self.code.is_empty() && self.code != "UnknownError";
        (says && self.code.len() <= 96 && self.code.bytes().all(harmless)).then(|| self.code.clone())
    }
}

/// The code in an error body; a nested one before the one around it.
#[must_use]
pub fn code(answer: &Answer) -> Option<String> {
    Fault::of(&answer.body).code()
}

/// What an answer other than 2xx means.
#[must_use]
pub fn of(answer: &Answer) -> PlaneError {
    let fault = Fault::of(&answer.body);
    PlaneError { kind: kind(answer, &fault), code: fault.code(), correlation_id: answer.correlation_id() }
}

/// Whether a write that was answered like this may have been carried out all the same: the service went wrong (5xx), or gave up
/// waiting (408), without a reason that PIM is known to give before it does anything.
#[must_use]
pub fn is_ambiguous(answer: &Answer) -> bool {
    let gone_wrong = answer.status.is_server_error() || answer.status == StatusCode::REQUEST_TIMEOUT;
    gone_wrong && violation(&Fault::of(&answer.body)).is_none()
}

fn kind(answer: &Answer, fault: &Fault) -> ErrorKind {
    if fault.code == "AadPremiumLicenseRequired" {
        return ErrorKind::LicenceMissing;
    }
    if let Some(violations) = violation(fault) {
        return ErrorKind::Rejected(violations);
    }
    match answer.status {
        StatusCode::UNAUTHORIZED if is_challenge(answer) => ErrorKind::StepUpRequired,
        StatusCode::UNAUTHORIZED => ErrorKind::SignInRequired,
        StatusCode::FORBIDDEN => ErrorKind::Forbidden { missing_scope: missing_scope(&fault.message) },
        StatusCode::NOT_FOUND | StatusCode::GONE => ErrorKind::NotFound,
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => ErrorKind::Conflict,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled { retry_after: retry_after(&answer.headers) },
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => ErrorKind::TimedOut,
        status if status.is_server_error() => ErrorKind::Unavailable,
        status if status.is_client_error() => {
            let code = fault.code().unwrap_or_else(|| format!("HTTP{}", status.as_u16()));
            ErrorKind::Rejected(vec![Violation::Other(code)])
        }
        _ => ErrorKind::Protocol,
    }
}

/// The reasons that PIM gives for a refusal, by its code.
fn violation(fault: &Fault) -> Option<Vec<Violation>> {
    // Graph and Azure shorten `RoleAssignmentRequestAcrsValidationFailed` differently.
    if fault.code.ends_with("AcrsValidationFailed") {
        return Some(vec![Violation::ContextMissing]);
    }
    let one = match fault.code.as_str() {
        "RoleAssignmentRequestPolicyValidationFailed" => return Some(rules(&fault.message)),
        "RoleAssignmentExists"
        | "RoleAssignmentAlreadyExists"
        | "RoleAssignmentInstanceAlreadyExists"
        | "MatchingRoleAssignmentExists"
        | "SubjectHasActiveAssignment"
        | "DuplicateRoleCreated" => Violation::AlreadyActive,
        "PendingRoleAssignmentRequest"
        | REQUEST_EXISTS
        | "ConcurrentActivationInProgress"
        | "RequestConflict" => Violation::AlreadyPending,
        "RoleAssignmentDoesNotExist" => Violation::NotActive,
        "ActiveDurationTooShort" => Violation::TooShort,
        "MaximumDurationExceeded" => Violation::TooLong,
        "JustificationRuleViolated" => Violation::JustificationMissing,
        // Azure's own multifactor enforcement, outside PIM:
        // <https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication>
        "RequestDisallowedByAzure" => Violation::MfaMissing,
        _ => return None,
    };
    Some(vec![one])
}

/// A request with this id exists: on Azure, where the portal chooses the id, it means that the request went through.
pub const REQUEST_EXISTS: &str = "RoleAssignmentRequestExists";

/// The policy rules named in a message: `… failed: ["ExpirationRule","MfaRule"]` or `… failed: ExpirationRule - The policy …`.
fn rules(message: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let words = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for rule in words.filter(|word| word.len() > "Rule".len() && word.len() <= 64 && word.ends_with("Rule")) {
        let violation = match rule {
            "ExpirationRule" => Violation::TooLong,
            "JustificationRule" => Violation::JustificationMissing,
            "TicketingRule" => Violation::TicketMissing,
            "MfaRule" => Violation::MfaMissing,
            "AcrsRule" | "AuthenticationContextRule" => Violation::ContextMissing,
            "EligibilityRule" => Violation::NotEligible,
            other => Violation::Other(other.to_owned()),
        };
        if !violations.contains(&violation) {
            violations.push(violation);
        }
    }
    if violations.is_empty() {
        violations.push(Violation::Other("RoleAssignmentRequestPolicyValidationFailed".to_owned()));
    }
    violations
}

/// A claims challenge: the token is good, the sign-in behind it is not strong or recent enough.
/// <https://learn.microsoft.com/entra/identity-platform/claims-challenge>
fn is_challenge(answer: &Answer) -> bool {
    let mut challenges =
        answer.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    challenges.any(|challenge| challenge.contains("insufficient_claims") || challenge.contains("claims=\""))
}

/// The permissions that a 403 says are missing: `… missing permission scope A,B.` or `… permissions for this action : A,B`.
fn missing_scope(message: &str) -> Option<String> {
    let lower = message.to_ascii_lowercase();
    let start = ["missing permission scope", "permissions for this action"]
        .iter()
        .find_map(|marker| lower.find(marker).map(|at| at + marker.len()))?;
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ',' | ' ');
    let list = message.get(start..)?.trim_start_matches([':', ' ']);
    let list = &list[..list.find(|c| !harmless(c)).unwrap_or(list.len())];
    let scopes: Vec<&str> = list
        .split(',')
        .map(|scope| scope.trim().trim_end_matches('.'))
        .take_while(|s| !s.is_empty())
        .collect();
    let plain = scopes.iter().all(|scope| !scope.contains(' ') && scope.len() <= 96);
    (plain && !scopes.is_empty()).then(|| scopes.join(","))
}
