//! The port to a plane. Entra roles, groups and Azure resources implement it, each in its adapter.
//!
//! Every method acts as the signed-in person and for that person only. A read returns the whole list or fails. A write returns
//! [`Submission`]: what is *known* after it, which may be nothing. Nothing here ever retries a write.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::approval::Approvals;
use crate::assignment::Assignment;
use crate::challenge::{Challenge, Claims};
use crate::child_scope::ChildScopes;
use crate::directory::Directories;
use crate::draft::Draft;
use crate::eligibility::Eligibility;
use crate::error::{PlaneError, Violation};
use crate::ids::{PlaneId, PrincipalId, RequestId, TenantId};
use crate::listing::Listing;
use crate::policy::{ApprovalRequirement, ContextRequirement, Policy, PolicyReading, Requirement};
use crate::prolongation::Prolongation;
use crate::request::{Request, RequestAction, RequestRef};
use crate::target::Target;
use crate::tokens::{Audience, TokenError, Tokens};

/// What a page needs to draw a plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The plane.
    pub id: PlaneId,
    /// Heading: "Entra roles".
    pub title: &'static str,
    /// One of them: "Entra role".
    pub singular: &'static str,
    /// In the filter: "Entra".
    pub short: &'static str,
    /// Said when the list is empty.
    pub empty: &'static str,
    /// Place among the planes, from 0.
    pub order: u8,
    /// Whose tokens it takes.
    pub audience: Audience,
    /// Whether a request's id is the portal's own choice, so that a write whose answer was lost may be sent again under the same id.
    pub chooses_ids: bool,
    /// Whether holding one of them can make a person eligible for roles on other planes, as membership of a group does.
    pub leads_on: bool,
    /// Where one that has just become active may not be seen yet: kinds of tools, each with what a person does there.
    pub seen_late: &'static [(&'static str, &'static str)],
    /// Where a person decides or cancels what the portal may not: Microsoft's own page, where one is known.
    pub admin_page: Option<String>,
}

/// On whose behalf a call is made.
#[derive(Clone)]
pub struct Caller {
    /// The tenant.
    pub tenant: TenantId,
    /// The person's own object id: the only `principalId` that is ever sent.
    pub principal: PrincipalId,
    /// Their tokens.
    pub tokens: Arc<dyn Tokens>,
    /// What the token of this call has to meet, after a stronger sign-in.
    challenge: Option<Challenge>,
}

impl Caller {
    /// `principal` of `tenant`, with the tokens of an ordinary sign-in.
    #[must_use]
    pub fn new(tenant: TenantId, principal: PrincipalId, tokens: Arc<dyn Tokens>) -> Self {
        Self { tenant, principal, tokens, challenge: None }
    }

    /// The same person, with a token that meets `challenge`.
    #[must_use]
    pub fn stronger(&self, challenge: Challenge) -> Self {
        Self { challenge: Some(challenge), ..self.clone() }
    }

    /// A token for `audience`.
    pub async fn access_token(&self, audience: Audience) -> Result<SecretString, TokenError> {
        match &self.challenge {
            Some(challenge) if challenge.audience == audience => self.tokens.stronger_token(challenge).await,
            _ => self.tokens.access_token(audience).await,
        }
    }

    /// Another token in place of `refused`, which the service did not take and asked for `claims` instead. One that a stronger sign-in
    /// brought has no other in its place: only the person can bring it.
    pub async fn renewed_token(
        &self,
        audience: Audience,
        refused: &SecretString,
        claims: Option<&Claims>,
    ) -> Result<SecretString, TokenError> {
        match &self.challenge {
            Some(challenge) if challenge.audience == audience => {
                let asked = claims.map(|claims| Challenge::from_claims(audience, claims.clone()));
                Err(TokenError::StepUpRequired(asked.unwrap_or_else(|| challenge.clone())))
            }
            _ => self.tokens.renewed_token(audience, refused, claims).await,
        }
    }
}

/// What is known after a write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, and taken apart at once: a box would only be in the way"
)]
pub enum Submission {
    /// The service took it; where it stands is in the request's status.
    Accepted(Request),
    /// The service refused it; nothing was created.
    Rejected(Rejection),
    /// The service wants a stronger sign-in first; nothing was created.
    StepUp(Challenge),
    /// No answer, or none that tells: it may have gone through. To be looked up with [`Plane::find`], never sent again blindly.
    Unsure,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// At least one reason.
    pub violations: Vec<Violation>,
    /// The service's id for the call.
    pub correlation_id: Option<String>,
}

/// What a dry run says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    /// It would go through.
    Passes,
    /// It would be refused, for these reasons.
    Fails(Vec<Violation>),
    /// It would want a stronger sign-in.
    StepUp(Challenge),
}

impl Validation {
    /// Whether it would be refused for being too long.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        matches!(self, Self::Fails(violations) if violations.contains(&Violation::TooLong))
    }

    /// What it teaches of a policy that cannot be read, when what was tried had no reason and no ticket. `None` when it was refused for
    /// something else, so that the rules were never looked at. A dry run never tells of approval.
    #[must_use]
    pub fn policy(&self) -> Option<Policy> {
        let rules_pass = Policy {
            maximum_duration: None,
            justification: Requirement::NotRequired,
            ticket: Requirement::NotRequired,
            mfa: Requirement::NotRequired,
            authentication_context: ContextRequirement::NotRequired,
            approval: ApprovalRequirement::Unknown,
        };
        match self {
            Self::Passes => Some(rules_pass),
            // The context is asked for once all rules pass.
            Self::StepUp(challenge) => Some(Policy {
                authentication_context: challenge
                    .contexts()
                    .next()
                    .map_or(ContextRequirement::Unknown, |context| {
                        ContextRequirement::Required(context.clone())
                    }),
                ..rules_pass
            }),
            Self::Fails(violations) => {
                let of_a_rule = |violation: &Violation| {
                    matches!(
                        violation,
                        Violation::TooLong
                            | Violation::JustificationMissing
                            | Violation::TicketMissing
                            | Violation::MfaMissing
                            | Violation::ContextMissing
                    )
                };
                let asked = |violation| Requirement::known(violations.contains(&violation));
                violations.iter().all(of_a_rule).then(|| Policy {
                    maximum_duration: None,
                    justification: asked(Violation::JustificationMissing),
                    ticket: asked(Violation::TicketMissing),
                    mfa: asked(Violation::MfaMissing),
                    authentication_context: ContextRequirement::Unknown,
                    approval: ApprovalRequirement::Unknown,
                })
            }
        }
    }
}

/// How to find a request whose answer was lost.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The id the portal chose, where the plane lets it choose.
    pub request_id: RequestId,
    /// The role and scope.
    pub target: Target,
    /// What was asked.
    pub action: RequestAction,
    /// The reason that was sent.
    pub justification: String,
    /// When it was sent; older requests are somebody else's, or another attempt.
    pub sent: Timestamp,
}

/// A plane of privileged access.
#[async_trait]
pub trait Plane: Send + Sync {
    /// How it is drawn.
    fn descriptor(&self) -> &Descriptor;

    /// All that the caller may activate.
    async fn eligibilities(&self, caller: &Caller) -> Result<Listing<Eligibility>, PlaneError>;

    /// All that the caller holds now.
    async fn assignments(&self, caller: &Caller) -> Result<Listing<Assignment>, PlaneError>;

    /// The caller's own requests, as far back as the service keeps them.
    async fn requests(&self, caller: &Caller) -> Result<Vec<Request>, PlaneError>;

    /// The policies of `targets`, in as few calls as the plane allows. Each target is answered for.
    async fn policies(&self, caller: &Caller, targets: &[Target]) -> HashMap<Target, PolicyReading>;

    /// A dry run of an activation: commits nothing. An `Err` means that it says nothing.
    async fn validate(&self, caller: &Caller, draft: &Draft) -> Result<Validation, PlaneError>;

    /// Asks to activate. An `Err` means that nothing was created.
    async fn submit(
        &self,
        caller: &Caller,
        draft: &Draft,
        request_id: &RequestId,
    ) -> Result<Submission, PlaneError>;

    /// Asks to deactivate. An `Err` means that nothing was created.
    async fn deactivate(
        &self,
        caller: &Caller,
        assignment: &Assignment,
        request_id: &RequestId,
    ) -> Result<Submission, PlaneError>;

    /// Withdraws a request of the caller's own that waits for somebody or for its start: [`Submission::Accepted`] with a cancelled
    /// request. An `Err` means that nothing was withdrawn. May be sent again: a request that is withdrawn already is said to be so.
    async fn cancel(&self, caller: &Caller, request: &RequestRef) -> Result<Submission, PlaneError>;

    /// Asks an administrator to lengthen or renew an eligibility. An `Err` means that nothing was created.
    async fn prolong(
        &self,
        caller: &Caller,
        wish: &Prolongation,
        request_id: &RequestId,
    ) -> Result<Submission, PlaneError>;

    /// Reads one request again.
    async fn request(&self, caller: &Caller, request: &RequestRef) -> Result<Request, PlaneError>;

    /// Looks for a request whose answer was lost. `None`: the service has none.
    async fn find(&self, caller: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError>;

    /// Other people's requests that wait for the caller, where the plane has such.
    fn approvals(&self) -> Option<&dyn Approvals> {
        None
    }

    /// Scopes below a scope, where the plane has such.
    fn child_scopes(&self) -> Option<&dyn ChildScopes> {
        None
    }

    /// The directories that the caller's account is in, where the plane's service knows.
    fn directories(&self) -> Option<&dyn Directories> {
        None
    }
}
