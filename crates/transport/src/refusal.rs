//! What Microsoft's error bodies mean, the same for Graph and Azure.
//!
//! <https://learn.microsoft.com/graph/errors>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors>.
//! The PIM codes are documented nowhere as a list; this table is gathered from the services' answers. To teach it another code,
//! add a line to [`violation`] and one to the test's table. Only codes leave this module, never the free text around them.

use http::StatusCode;
use pim::challenge::Challenge;
use pim::error::{ErrorKind, PlaneError, Violation};
use serde::Deserialize;

use crate::answer::Answer;
use crate::{challenge, retry_after};

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

/// PIM on Graph puts a second document into the message of the first: fields of its own, or a whole envelope again.
#[derive(Deserialize)]
#[serde(untagged)]
enum Nested {
    Envelope(Envelope),
    Bare {
        #[serde(rename = "errorCode", alias = "code")]
        code: String,
        #[serde(default)]
        message: Option<String>,
    },
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
            Ok(Nested::Bare { code, message }) => Self { code, message: message.unwrap_or_default() },
            Ok(Nested::Envelope(Envelope { error })) => {
                Self { code: error.code.unwrap_or_default(), message: error.message.unwrap_or_default() }
            }
            Err(_) => Self { code, message },
        }
    }

    /// Whether an authentication context is missing. Graph and Azure shorten `RoleAssignmentRequestAcrsValidationFailed` differently.
    fn wants_context(&self) -> bool {
        self.code.ends_with("AcrsValidationFailed")
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
    let fault = Fault::of(&answer.body);
    gone_wrong && !fault.wants_context() && violation(&fault).is_none()
}

fn kind(answer: &Answer, fault: &Fault) -> ErrorKind {
    if fault.code == "AadPremiumLicenseRequired" {
        return ErrorKind::LicenceMissing;
    }
    if fault.wants_context() {
        return challenge::in_message(&fault.message)
            .map_or(ErrorKind::Rejected(vec![Violation::ContextMissing]), |claims| {
                ErrorKind::StepUpRequired(Challenge::from_claims(answer.audience, claims))
            });
    }
    if let Some(violations) = violation(fault) {
        return ErrorKind::Rejected(violations);
    }
    match answer.status {
        StatusCode::UNAUTHORIZED => challenge::in_headers(&answer.headers)
            .map_or(ErrorKind::SignInRequired, |claims| {
                ErrorKind::StepUpRequired(Challenge::from_claims(answer.audience, claims))
            }),
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
    let one = match fault.code.as_str() {
        "RoleAssignmentRequestPolicyValidationFailed" => return Some(rules(&fault.message)),
        "RoleAssignmentExists"
        | "RoleAssignmentAlreadyExists"
        | "RoleAssignmentInstanceAlreadyExists"
        | "MatchingRoleAssignmentExists"
        | "SubjectHasActiveAssignment"
        | "DuplicateRoleCreated" => Violation::AlreadyActive,
        "RoleAssignmentRequestExists" => Violation::RequestExists,
        "PendingRoleAssignmentRequest" | "ConcurrentActivationInProgress" | "RequestConflict" => {
            Violation::AlreadyPending
        }
        "RoleAssignmentDoesNotExist" => Violation::NotActive,
        "ActiveDurationTooShort" => Violation::TooShort,
        "StartTimeInPast" | "InvalidStartDateTime" => Violation::StartInPast,
        "MaximumDurationExceeded" => Violation::TooLong,
        "JustificationRuleViolated" => Violation::JustificationMissing,
        // Azure's own multifactor enforcement, outside PIM:
        // <https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication>
        "RequestDisallowedByAzure" => Violation::MfaMissing,
        _ => return None,
    };
    Some(vec![one])
}

/// The policy rules named in a message: `… failed: ["ExpirationRule","MfaRule"]` or `… failed: ExpirationRule - The policy …`.
fn rules(message: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let words = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    // One client saw the names with another ending, and one under another name.
    let names = words.map(|word| word.strip_suffix("Violated").unwrap_or(word));
    let is_rule = |name: &&str| {
        *name == "MaximumDurationExceeded"
            || (name.len() > "Rule".len() && name.len() <= 64 && name.ends_with("Rule"))
    };
    for rule in names.filter(is_rule) {
        let violation = match rule {
            "ExpirationRule" | "MaximumDurationExceeded" => Violation::TooLong,
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderName};
    use pim::challenge::Demand;
    use pim::error::Violation as V;
    use pim::tokens::Audience;

    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, body: &str, headers: &[(&str, &str)]) -> Answer {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let audience = Audience::Graph;
        Answer {
            audience,
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.as_bytes().to_vec(),
        }
    }

    fn body(code: &str, message: &str) -> String {
        serde_json::json!({ "error": { "code": code, "message": message } }).to_string()
    }

    fn nested(code: &str, message: &str) -> String {
        body("UnknownError", &serde_json::json!({ "errorCode": code, "message": message }).to_string())
    }

    fn enveloped(code: &str, message: &str) -> String {
        body("UnknownError", &body(code, message))
    }

    fn violations(status: u16, body: &str) -> Vec<V> {
        match of(&answer(status, body, &[])).kind {
            ErrorKind::Rejected(violations) => violations,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn every_code_that_pim_refuses_with() {
        for (code, expected) in [
            ("RoleAssignmentExists", V::AlreadyActive),
            ("RoleAssignmentInstanceAlreadyExists", V::AlreadyActive),
            ("RoleAssignmentAlreadyExists", V::AlreadyActive),
            ("SubjectHasActiveAssignment", V::AlreadyActive),
            ("PendingRoleAssignmentRequest", V::AlreadyPending),
            ("RoleAssignmentRequestExists", V::RequestExists),
            ("ConcurrentActivationInProgress", V::AlreadyPending),
            ("RoleAssignmentDoesNotExist", V::NotActive),
            ("ActiveDurationTooShort", V::TooShort),
            ("RoleAssignmentRequestAcrsValidationFailed", V::ContextMissing),
            ("AcrsValidationFailed", V::ContextMissing),
            ("RequestDisallowedByAzure", V::MfaMissing),
            ("InvalidStartDateTime", V::StartInPast),
            ("StartTimeInPast", V::StartInPast),
            ("InvalidScope", V::Other("InvalidScope".into())),
        ] {
            for status in [400, 409] {
                let known = !matches!(expected, V::Other(_));
                if status == 400 || known {
                    assert_eq!(
                        violations(status, &body(code, "text")),
                        std::slice::from_ref(&expected),
                        "{code}"
                    );
                    assert_eq!(
                        violations(status, &nested(code, "text")),
                        std::slice::from_ref(&expected),
                        "{code} nested"
                    );
                    assert_eq!(
                        violations(status, &enveloped(code, "text")),
                        std::slice::from_ref(&expected),
                        "{code} in an envelope"
                    );
                }
            }
        }
    }

    #[test]
    fn every_form_in_which_policy_rules_are_named() {
        let code = "RoleAssignmentRequestPolicyValidationFailed";
        for (message, expected) in [
            (r#"The following policy rules failed: ["ExpirationRule"]"#, vec![V::TooLong]),
            (
                r#"The following policy rules failed: ["EligibilityRule","ExpirationRule"]"#,
                vec![V::NotEligible, V::TooLong],
            ),
            (
                "The following policy rules failed: JustificationRule - Justification is required",
                vec![V::JustificationMissing],
            ),
            (
                "The following policy rules failed: TicketingRule - a, MfaRule - b, MfaRule - c",
                vec![V::TicketMissing, V::MfaMissing],
            ),
            ("The following policy rules failed: [\"NovelRule\"]", vec![V::Other("NovelRule".into())]),
            (
                r#"The following policy rules failed: ["JustificationRuleViolated","MaximumDurationExceeded"]"#,
                vec![V::JustificationMissing, V::TooLong],
            ),
            ("Rule", vec![V::Other(code.into())]),
            ("", vec![V::Other(code.into())]),
        ] {
            assert_eq!(violations(400, &body(code, message)), expected, "{message}");
        }
    }

    #[test]
    fn what_is_no_reason_of_pim_s_goes_by_its_status() {
        let forbidden =
            |scope: Option<&str>| ErrorKind::Forbidden { missing_scope: scope.map(str::to_owned) };
        let throttled =
            |seconds: Option<u64>| ErrorKind::Throttled { retry_after: seconds.map(Duration::from_secs) };
        let plain = body("BadGateway", "x");
        for (status, body, headers, expected) in [
            (401, body("InvalidAuthenticationToken", "x"), vec![], ErrorKind::SignInRequired),
            (
                401,
                body("InvalidAuthenticationToken", "x"),
                vec![("www-authenticate", r#"Bearer error="invalid_token", claims="bm9uZQ==""#)],
                ErrorKind::SignInRequired,
            ),
            (400, body("AadPremiumLicenseRequired", "x"), vec![], ErrorKind::LicenceMissing),
            (403, body("AuthorizationFailed", "x"), vec![], forbidden(None)),
            (
                403,
                nested(
                    "PermissionScopeNotGranted",
                    "Authorization failed due to missing permission scope A.B,C.D.",
                ),
                vec![],
                forbidden(Some("A.B,C.D")),
            ),
            (
                403,
                body(
                    "",
                    "Valid permissions not present. User needs one of the following permissions for this action : A.B,C.D",
                ),
                vec![],
                forbidden(Some("A.B,C.D")),
            ),
            (403, body("x", "missing permission scope <script>"), vec![], forbidden(None)),
            (404, body("ResourceNotFound", "x"), vec![], ErrorKind::NotFound),
            (409, body("Conflict", "x"), vec![], ErrorKind::Conflict),
            (429, String::new(), vec![("retry-after", "7")], throttled(Some(7))),
            (429, body("TooManyRequests", "x"), vec![], throttled(None)),
            (500, plain.clone(), vec![], ErrorKind::Unavailable),
            (503, "<html>".into(), vec![], ErrorKind::Unavailable),
            (504, plain, vec![], ErrorKind::TimedOut),
            (302, String::new(), vec![], ErrorKind::Protocol),
            (418, String::new(), vec![], ErrorKind::Rejected(vec![V::Other("HTTP418".into())])),
        ] {
            assert_eq!(of(&answer(status, &body, &headers)).kind, expected, "{status} {body}");
        }
    }

    #[test]
    fn a_missing_context_is_a_challenge_wherever_the_claims_stand() {
        const CLAIMS: &str = r#"{"access_token":{"acrs":{"essential":true, "value":"c1"}}}"#;
        const ESCAPED: &str = "&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D";
        let claims = pim::challenge::Claims::parse(CLAIMS).unwrap();
        let expected = Challenge::from_claims(Audience::Graph, claims);
        assert!(matches!(expected.demand, Demand::Contexts(_)));
        for code in ["RoleAssignmentRequestAcrsValidationFailed", "AcrsValidationFailed"] {
            for status in [400, 403, 500] {
                for body in
                    [body(code, ESCAPED), nested(code, ESCAPED), body(code, &format!("claims={CLAIMS}"))]
                {
                    let answer = answer(status, &body, &[]);
                    assert_eq!(of(&answer).kind, ErrorKind::StepUpRequired(expected.clone()), "{body}");
                    assert!(!is_ambiguous(&answer), "{body}");
                }
            }
        }
        let header =
            r#"Bearer claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19""#;
        assert_eq!(
            of(&answer(401, "", &[("www-authenticate", header)])).kind,
            ErrorKind::StepUpRequired(expected)
        );
    }

    proptest! {
        #[test]
        fn whatever_a_body_says_only_codes_and_words_of_scopes_come_out(
            status in 300u16..600,
            code in r"[ -~]{0,100}|[A-Z][A-Za-z_.-]{0,100}",
            message in r#"[ -~]{0,80}|(missing permission scope |failed: ).{0,200}|\{"errorCode":"[A-Za-z]*","message":".{0,40}"\}"#,
            raw in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let text = body(&code, &message);
            for body in [text.as_bytes(), &text.as_bytes()[..text.len() / 2], raw.as_slice()] {
                let answer = Answer { body: body.to_vec(), ..answer(status, "", &[]) };
                let error = of(&answer);
                let plain = |word: &str, longest: usize| {
                    !word.is_empty() && word.len() <= longest && !word.contains([' ', '<', '"', '\\'])
                };
                prop_assert!(error.code.as_deref().is_none_or(|code| plain(code, 96)));
                match error.kind {
                    ErrorKind::Forbidden { missing_scope: Some(scopes) } => {
                        prop_assert!(scopes.split(',').all(|scope| plain(scope, 96)), "{scopes}");
                    }
                    ErrorKind::Rejected(violations) => {
                        prop_assert!(!violations.is_empty());
                        for violation in violations {
                            if let V::Other(word) = violation {
                                prop_assert!(plain(&word, 96), "{word}");
                            }
                        }
                    }
                    _ => {}
                }
                prop_assert!(status >= 500 || status == 408 || !is_ambiguous(&answer));
            }
        }
    }

    #[test]
    fn only_codes_and_ids_leave_the_module() {
        let headers = [("request-id", "6a1c-7"), ("x-ms-correlation-request-id", "other")];
        let error = of(&answer(400, &body("RoleAssignmentExists", "for Adele"), &headers));
        assert_eq!(error.code.as_deref(), Some("RoleAssignmentExists"));
        assert_eq!(error.correlation_id.as_deref(), Some("6a1c-7"));
        for code in ["", "UnknownError", "says Adele Vance", "a\nb"] {
            assert_eq!(of(&answer(400, &body(code, "x"), &[("request-id", "a b")])).code, None, "{code}");
        }
    }

    #[test]
    fn a_write_is_ambiguous_when_the_service_went_wrong_without_a_reason() {
        for (status, body, expected) in [
            (500, body("InternalServerError", "x"), true),
            (503, String::new(), true),
            (408, String::new(), true),
            (504, "<html>".to_owned(), true),
            (500, body("RoleAssignmentExists", "x"), false),
            (400, body("Anything", "x"), false),
            (429, String::new(), false),
            (201, String::new(), false),
        ] {
            assert_eq!(is_ambiguous(&answer(status, &body, &[])), expected, "{status} {body}");
        }
    }
}
