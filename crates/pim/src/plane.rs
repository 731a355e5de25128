//! The port to a plane. Entra roles, groups and Azure resources implement it, each in its adapter.
//!
//! Every method acts as the signed-in person and for that person only. A read returns the whole list or fails. A write returns
//! [`Submission`]: what is *known* after it, which may be nothing. Nothing here ever retries a write.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::assignment::Assignment;
use crate::draft::Draft;
use crate::eligibility::Eligibility;
use crate::error::{PlaneError, Violation};
use crate::ids::{PlaneId, PrincipalId, RequestId, TenantId};
use crate::policy::PolicyReading;
use crate::request::{Request, RequestAction};
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
}

impl Caller {
    /// A token for `audience`.
    pub async fn access_token(&self, audience: Audience) -> Result<SecretString, TokenError> {
        self.tokens.access_token(audience).await
    }
}

/// What is known after a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// The service took it; where it stands is in the request's status.
    Accepted(Request),
    /// The service refused it; nothing was created.
    Rejected(Rejection),
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
    async fn eligibilities(&self, caller: &Caller) -> Result<Vec<Eligibility>, PlaneError>;

    /// All that the caller holds now.
    async fn assignments(&self, caller: &Caller) -> Result<Vec<Assignment>, PlaneError>;

    /// The caller's own requests, as far back as the service keeps them.
    async fn requests(&self, caller: &Caller) -> Result<Vec<Request>, PlaneError>;

    /// The policies of `targets`, in as few calls as the plane allows. Each target is answered for.
    async fn policies(&self, caller: &Caller, targets: &[Target]) -> HashMap<Target, PolicyReading>;

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

    /// Reads one request again.
    async fn request(&self, caller: &Caller, target: &Target, id: &RequestId) -> Result<Request, PlaneError>;

    /// Looks for a request whose answer was lost. `None`: the service has none.
    async fn find(&self, caller: &Caller, lost: &Fingerprint) -> Result<Option<Request>, PlaneError>;
}
