//! What has happened to people's sign-ins since: revoked, disabled, and what Conditional Access makes of an
//! authentication context.
//!
//! Everything issued carries a serial number; revoking draws a line below which it no longer holds. An interactive
//! sign-in issues above the line, which is how it heals. To extend: another reason is a variant of [`How`] with its line
//! in [`SignInState::revoke`] and, if refreshing fails, in [`Dead::error`].

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::errors::OauthError;
use super::scopes::Resource;
use super::state::{Access, Proved, SignInState};

/// What is revoked (`POST /revoke`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// Access tokens are forgotten: 401 without a challenge, refreshing works.
    #[default]
    Forget,
    /// Access tokens are challenged, refreshing works (a policy or the location has changed).
    Cae,
    /// An administrator or the person revoked all sessions.
    Sessions,
    PasswordChanged,
    /// The sign-in frequency of a policy has run out; access tokens still hold.
    SignInFrequency,
    /// Refreshing asks for interaction and says which claims.
    Interaction,
    /// The account is disabled until `enabled`.
    Disabled,
    Enabled,
}

/// Why refreshing fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dead {
    Revoked,
    PasswordChanged,
    SignInFrequency,
    Interaction,
    Disabled,
}

impl Dead {
    /// See <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
    fn error(self) -> OauthError {
        match self {
            Self::Revoked => OauthError::invalid_grant(
                50173,
                "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
            )
            .suberror("bad_token"),
            Self::PasswordChanged => OauthError::invalid_grant(
                50173,
                "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.",
            )
            .suberror("bad_token"),
            Self::SignInFrequency => OauthError::invalid_grant(
                70043,
                "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.",
            )
            .suberror("token_expired"),
            Self::Interaction => {
                let claims = json!({ "access_token": { "capolids": { "essential": true, "values": ["c1c2f9f5-5d0a-4c1a-9b7e-000000000001"] } } });
                let text = "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access this resource.";
                OauthError::new(400, "interaction_required", 50076, text)
                    .suberror("basic_action")
                    .claims(claims.to_string())
            }
            Self::Disabled => disabled(),
        }
    }
}

/// The account is disabled.
pub(super) fn disabled() -> OauthError {
    OauthError::invalid_grant(50057, "The user account is disabled.")
}

/// Conditional Access does not let the person through.
pub(super) fn blocked() -> OauthError {
    OauthError::new(
        400,
        "access_denied",
        53003,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    )
}

/// The lines drawn for one person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    graph_from: u64,
    azure_from: u64,
    grants_from: u64,
    dead: Option<Dead>,
    pub(super) disabled: bool,
}

/// What Conditional Access makes of a context for somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    #[default]
    Allow,
    /// The sign-in passes but the tokens do not carry the context (the policy leaves the person out).
    Exclude,
    /// The tokens carry the context and PIM refuses it all the same.
    Distrust,
    /// The sign-in itself is refused.
    Block,
}

/// One rule of `POST /contexts`.
#[derive(Clone, Debug)]
pub(crate) struct ContextRule {
    /// Everybody when `None`.
    pub(crate) oid: Option<String>,
    pub(crate) context: String,
    pub(crate) outcome: Outcome,
    /// How long a proof counts; for ever when `None`.
    pub(crate) fresh: Option<SignedDuration>,
}

impl SignInState {
    /// The next serial number.
    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Draws the lines that an order asks for. `who` are object ids, `plane` narrows what happens to access tokens.
    pub(crate) fn revoke(&mut self, how: How, who: &[String], plane: Option<Resource>) {
        let line = self.next_serial();
        for oid in who {
            let standing = self.standing.entry(oid.clone()).or_default();
            let dead = match how {
                How::Forget => {
                    self.access.retain(|_, a| a.oid != *oid || plane.is_some_and(|p| p != a.resource));
                    continue;
                }
                How::Cae => None,
                How::Sessions => Some(Dead::Revoked),
                How::PasswordChanged => Some(Dead::PasswordChanged),
                How::SignInFrequency => Some(Dead::SignInFrequency),
                How::Interaction => Some(Dead::Interaction),
                How::Disabled => Some(Dead::Disabled),
                How::Enabled => {
                    standing.disabled = false;
                    // What was issued before stays dead.
                    if standing.dead == Some(Dead::Disabled) {
                        standing.dead = Some(Dead::Revoked);
                    }
                    continue;
                }
            };
            standing.disabled |= how == How::Disabled;
            if !matches!(how, How::SignInFrequency | How::Interaction) {
                if plane != Some(Resource::Azure) {
                    standing.graph_from = line;
                }
                if plane != Some(Resource::Graph) {
                    standing.azure_from = line;
                }
            }
            if dead.is_some() {
                (standing.grants_from, standing.dead) = (line, dead);
            }
        }
    }

    /// Whether a resource that evaluates continuously refuses this token; without `cp1` it works until it expires.
    pub(crate) fn is_revoked(&self, access: &Access) -> bool {
        let from = self.standing.get(&access.oid).map_or(0, |s| match access.resource {
            Resource::Graph => s.graph_from,
            Resource::Azure => s.azure_from,
        });
        access.cp1 && access.serial < from
    }

    /// Whether a code, refresh token or browser session of this serial still stands, and the error when it does not.
    pub(super) fn check_grant(&self, oid: &str, serial: u64) -> Result<(), OauthError> {
        let Some(standing) = self.standing.get(oid) else { return Ok(()) };
        match standing.dead {
            Some(dead) if serial < standing.grants_from => Err(dead.error()),
            _ if standing.disabled => Err(disabled()),
            _ => Ok(()),
        }
    }

    pub(super) fn is_disabled(&self, oid: &str) -> bool {
        self.standing.get(oid).is_some_and(|s| s.disabled)
    }

    /// The rule that holds for a person and a context; one that names the person goes before one for everybody.
    fn rule(&self, oid: &str, context: &str) -> Option<&ContextRule> {
        let about = |rule: &&ContextRule| rule.context == context;
        let own = self.context_rules.iter().filter(about).find(|r| r.oid.as_deref() == Some(oid));
        own.or_else(|| self.context_rules.iter().filter(about).find(|r| r.oid.is_none()))
    }

    /// Sets a rule in the place of an older one about the same.
    pub(crate) fn set_rule(&mut self, rule: ContextRule) {
        self.context_rules.retain(|r| r.oid != rule.oid || r.context != rule.context);
        self.context_rules.push(rule);
    }

    pub(super) fn outcome(&self, oid: &str, context: &str) -> Outcome {
        self.rule(oid, context).map_or(Outcome::Allow, |rule| rule.outcome)
    }

    /// Whether a context was proved, and lately enough.
    pub(super) fn is_proved(&self, oid: &str, proved: &Proved, context: &str, now: Timestamp) -> bool {
        let fresh = self.rule(oid, context).and_then(|rule| rule.fresh);
        proved.get(context).is_some_and(|at| fresh.is_none_or(|fresh| now.duration_since(*at) <= fresh))
    }

    /// An access token as PIM looks at it: with those contexts that it accepts now.
    pub(crate) fn look_up(&self, token: &str, now: Timestamp) -> Option<Access> {
        let mut access = self.access.get(token).cloned()?;
        let proved = access.acrs.clone();
        access.acrs.retain(|context, _| {
            self.is_proved(&access.oid, &proved, context, now)
                && self.outcome(&access.oid, context) != Outcome::Distrust
        });
        Some(access)
    }
}
