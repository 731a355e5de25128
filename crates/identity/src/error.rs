//! Why a sign-in failed: closed, without anything secret, each with a name for a URL.
//!
//! Microsoft asks not to depend on its numbers (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>): the
//! OAuth error decides first, and a number only tells apart what the OAuth error lumps together.

use std::fmt;

use pim::records::StoreError;
use uuid::Uuid;

use crate::id_token::Check;

/// What the sign-in service gave to find an event in its own logs. Neither is secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Correlation id: what an administrator looks for in the sign-in logs.
    pub correlation_id: Option<Uuid>,
    /// The number behind `AADSTS`.
    pub code: Option<u32>,
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code {
            write!(f, " [AADSTS{code}]")?;
        }
        if let Some(id) = self.correlation_id {
            write!(f, " [correlation {id}]")?;
        }
        Ok(())
    }
}

/// What of the protocol was not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// The callback has neither a code nor an error, or no usable state.
    Callback,
    /// The callback names another issuer (RFC 9207).
    Issuer,
    /// The token response lacks a part that was asked for.
    Incomplete,
    /// The service answered with an error that has no better place here.
    Refused,
    /// The authorize URL would have asked for something that is not in the scope table: a defect of the portal.
    Scopes,
    /// The stored sign-in cannot be read: written by another version.
    Stored,
}

/// Why a sign-in failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The person pressed "cancel", at sign-in or at consent.
    #[error("the person declined{0}")]
    Declined(Trace),
    /// An administrator has to consent first.
    #[error("consent is missing{0}")]
    ConsentRequired(Trace),
    /// The tenant does not let this account in: not assigned to the app, no guest here, disabled.
    #[error("the account is not allowed to use this application{0}")]
    AccountNotAllowed(Trace),
    /// The account signed in to another tenant.
    #[error("the account belongs to another tenant")]
    WrongTenant,
    /// A stronger sign-in was made by somebody else than the person signed in.
    #[error("the stronger sign-in was made by somebody else")]
    OtherPerson,
    /// It took longer than ten minutes.
    #[error("the sign-in took too long{0}")]
    FlowExpired(Trace),
    /// This sign-in was finished before: the callback was opened twice.
    #[error("the sign-in was finished before{0}")]
    FlowReplayed(Trace),
    /// No such sign-in: never begun here, or long forgotten.
    #[error("the sign-in is not known")]
    FlowUnknown,
    /// It was begun in another browser.
    #[error("the sign-in was begun in another browser")]
    NotThisBrowser,
    /// The clocks differ by more than five minutes.
    #[error("the portal's clock and the sign-in service's differ by {seconds} s")]
    ClockSkew {
        /// By how many seconds the portal's clock is ahead of the token's time of issue, which Entra dates five minutes back; negative when it
        /// is behind.
        seconds: i64,
    },
    /// A Conditional Access policy forbids it.
    #[error("a policy of the organisation forbids the sign-in{0}")]
    BlockedByPolicy(Trace),
    /// The app registration does not fit the portal: redirect address, platform, permissions, tenant.
    #[error("the app registration does not fit{0}")]
    Misconfigured(Trace),
    /// The ID token did not pass a check.
    #[error("the ID token failed the check: {0}")]
    IdToken(Check),
    /// The sign-in service did not answer, or said that it cannot now.
    #[error("the sign-in service is not available{0}")]
    Unavailable(Trace),
    /// The protocol was not followed.
    #[error("the sign-in service answered in an unexpected way ({0:?}){1}")]
    Protocol(Breach, Trace),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SignInError {
    /// A name for a URL's query: fixed, lower case, nothing of the answer in it.
    #[must_use]
    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Declined(_) => "declined",
            Self::ConsentRequired(_) => "consent",
            Self::AccountNotAllowed(_) => "account",
            Self::WrongTenant => "tenant",
            Self::OtherPerson => "other-person",
            Self::FlowExpired(_) => "expired",
            Self::FlowReplayed(_) => "replayed",
            Self::FlowUnknown => "unknown",
            Self::NotThisBrowser => "browser",
            Self::ClockSkew { .. } => "clock",
            Self::BlockedByPolicy(_) => "policy",
            Self::Misconfigured(_) => "configuration",
            Self::IdToken(_) => "id-token",
            Self::Unavailable(_) => "unavailable",
            Self::Protocol(..) => "protocol",
            Self::Store(_) => "store",
        }
    }

    /// What the sign-in service gave to find the event in its logs.
    #[must_use]
    pub const fn trace(&self) -> Trace {
        match self {
            Self::Declined(trace)
            | Self::ConsentRequired(trace)
            | Self::AccountNotAllowed(trace)
            | Self::FlowExpired(trace)
            | Self::FlowReplayed(trace)
            | Self::BlockedByPolicy(trace)
            | Self::Misconfigured(trace)
            | Self::Unavailable(trace)
            | Self::Protocol(_, trace) => *trace,
            Self::WrongTenant
            | Self::OtherPerson
            | Self::FlowUnknown
            | Self::NotThisBrowser
            | Self::ClockSkew { .. }
            | Self::IdToken(_)
            | Self::Store(_) => Trace { correlation_id: None, code: None },
        }
    }

    /// The correlation id, where the service gave one.
    #[must_use]
    pub fn correlation_id(&self) -> Option<String> {
        self.trace().correlation_id.map(|id| id.to_string())
    }

    /// The failure behind an OAuth error from the authorize or the token endpoint.
    pub(crate) fn from_oauth(error: &str, suberror: Option<&str>, trace: Trace) -> Self {
        if suberror == Some("consent_required") {
            return Self::ConsentRequired(trace);
        }
        if let Some(known) = trace.code.and_then(|code| Self::from_code(code, trace)) {
            return known;
        }
        match error {
            "access_denied" => Self::Declined(trace),
            "consent_required" => Self::ConsentRequired(trace),
            "temporarily_unavailable" | "server_error" => Self::Unavailable(trace),
            "invalid_client" | "unauthorized_client" | "invalid_scope" | "unsupported_response_type" => {
                Self::Misconfigured(trace)
            }
            _ => Self::Protocol(Breach::Refused, trace),
        }
    }

    /// What the number adds, where it adds anything.
    fn from_code(code: u32, trace: Trace) -> Option<Self> {
        Some(match code {
            65004 => Self::Declined(trace),
            65001 | 90008 | 90093 | 90094 | 90095 => Self::ConsentRequired(trace),
            50105 | 50020 | 50034 | 50057 | 50177 | 51004 | 90072 | 500_212 | 500_213 => {
                Self::AccountNotAllowed(trace)
            }
            70008 => Self::FlowExpired(trace),
            54005 => Self::FlowReplayed(trace),
            _ if forbidden_by_policy(code) => Self::BlockedByPolicy(trace),
            50011
            | 65005
            | 70011
            | 70021
            | 90002
            | 50194
            | 500_011
            | 500_113
            | 650_052
            | 650_056
            | 650_057
            | 700_011
            | 700_016
            | 700_024
            | 700_025
            | 700_027
            | 700_211..=700_213
            | 900_144
            | 7_000_218
            | 9_001_023
            | 9_002_325
            | 9_002_326
            | 9_002_327 => Self::Misconfigured(trace),
            _ => return None,
        })
    }
}

/// Conditional Access said no, or asks for a device that a server cannot show.
pub(crate) const fn forbidden_by_policy(code: u32) -> bool {
    matches!(code, 50005 | 50097 | 50129 | 50131 | 50155 | 53000..=53999 | 530_000..=530_999)
}

/// Conditional Access asks for more of the person (multifactor, terms of use, a fresh sign-in).
pub(crate) const fn asks_for_more(code: u32) -> bool {
    matches!(code, 50072 | 50074 | 50076 | 50078 | 50079 | 50158)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(error: &str, code: Option<u32>) -> &'static str {
        SignInError::from_oauth(error, None, Trace { correlation_id: None, code }).slug()
    }

    #[test]
    fn the_oauth_error_decides_and_the_number_tells_apart() {
        for (error, code, slug) in [
            ("access_denied", None, "declined"),
            ("access_denied", Some(65004), "declined"),
            ("consent_required", Some(65004), "declined"),
            ("consent_required", None, "consent"),
            ("access_denied", Some(90094), "consent"),
            ("invalid_grant", Some(65001), "consent"),
            ("access_denied", Some(53003), "policy"),
            ("invalid_grant", Some(530_032), "policy"),
            ("access_denied", Some(50105), "account"),
            ("invalid_request", Some(50020), "account"),
            ("invalid_grant", Some(54005), "replayed"),
            ("invalid_grant", Some(70008), "expired"),
            ("invalid_client", Some(7_000_218), "configuration"),
            ("invalid_client", None, "configuration"),
            ("server_error", None, "unavailable"),
            ("temporarily_unavailable", None, "unavailable"),
            ("something_new", Some(1), "protocol"),
        ] {
            assert_eq!(from(error, code), slug, "{error} {code:?}");
        }
        let trace = Trace::default();
        assert_eq!(
            SignInError::from_oauth("invalid_grant", Some("consent_required"), trace).slug(),
            "consent"
        );
    }
}
