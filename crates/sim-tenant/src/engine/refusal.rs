//! Why a role request was refused, with the service's own codes and words (misspellings included).

use serde_json::json;

use super::rules::Failed;
use crate::state::Plane;
use crate::state::switches::{AcrsForm, ExistsCode, PendingCode, RuleMessage};
use crate::wire::call::percent_encode;

/// A refusal; both services print `code` and `message` inside `error`.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }

    /// Somebody asked for somebody else: a self-activation is always one's own.
    pub(super) fn other_principal(plane: Plane) -> Self {
        let code =
            if plane == Plane::Azure { "InsufficientPermissions" } else { "Authorization_RequestDenied" };
        Self::new(403, code, "The caller may only request activation or deactivation for themselves.")
    }

    pub(super) fn policy(failed: &[Failed], form: RuleMessage) -> Self {
        let rules = match form {
            RuleMessage::List => json!(failed.iter().map(|f| f.rule).collect::<Vec<_>>()).to_string(),
            RuleMessage::OtherNames => {
                json!(failed.iter().map(Failed::other_name).collect::<Vec<_>>()).to_string()
            }
            RuleMessage::Text => {
                failed.iter().map(|f| format!("{} - {}", f.rule, f.why)).collect::<Vec<_>>().join(", ")
            }
        };
        Self::new(
            400,
            "RoleAssignmentRequestPolicyValidationFailed",
            format!("The following policy rules failed: {rules}"),
        )
    }

    /// The claims challenge of a role with an authentication context: a 400 with percent-encoded claims.
    pub(super) fn acrs(context: &str, form: AcrsForm) -> Self {
        let claims =
            format!("{{\"access_token\":{{\"acrs\":{{\"essential\":true, \"value\":\"{context}\"}}}}}}");
        let message = format!("&claims={}", percent_encode(&claims));
        let code = "RoleAssignmentRequestAcrsValidationFailed";
        match form {
            AcrsForm::Plain => Self::new(400, code, message),
            AcrsForm::Wrapped | AcrsForm::WrappedNameless => Self::new(
                400,
                if form == AcrsForm::Wrapped { "UnknownError" } else { "" },
                json!({ "errorCode": code, "message": message, "instanceAnnotations": [] }).to_string(),
            ),
            AcrsForm::Nested => Self::new(
                400,
                "UnknownError",
                json!({ "error": { "code": code, "message": message } }).to_string(),
            ),
        }
    }

    pub(super) fn assignment_exists(code: ExistsCode) -> Self {
        Self::new(400, &format!("{code:?}"), "The Role assignment already exists.")
    }

    pub(super) fn assignment_missing() -> Self {
        Self::new(400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
    }

    pub(super) fn pending_request(code: PendingCode) -> Self {
        Self::new(400, &format!("{code:?}"), "There is already an existing pending Role assignment request.")
    }

    pub(super) fn too_short() -> Self {
        let message = "The Active duration is too short. Miniumum Required is 5 minutes.";
        Self::new(400, "ActiveDurationTooShort", message)
    }

    pub(super) fn eligibility_missing() -> Self {
        Self::new(400, "RoleEligibilityDoesNotExist", "The Role eligibility does not exist.")
    }

    pub(super) fn not_prolongable() -> Self {
        let message = "The eligibility cannot be extended or renewed at this time.";
        Self::new(400, "InvalidRoleEligibilityScheduleRequest", message)
    }

    pub(crate) fn approval_missing() -> Self {
        Self::new(404, "ApprovalNotFound", "The approval could not be found.")
    }

    pub(super) fn not_approver() -> Self {
        Self::new(403, "AccessDenied", "The caller is not an approver of this request.")
    }

    pub(super) fn own_approval() -> Self {
        Self::new(403, "AccessDenied", "The requestor is not allowed to approve their own request.")
    }

    pub(super) fn decided_already() -> Self {
        Self::new(
            409,
            "ApprovalAlreadyCompleted",
            "The approval has already been completed by another approver.",
        )
    }

    pub(super) fn reason_missing() -> Self {
        Self::new(400, "JustificationRequired", "A justification is required for the decision.")
    }

    pub(super) fn request_missing() -> Self {
        Self::new(404, "ResourceNotFound", "The role assignment request could not be found.")
    }

    pub(super) fn not_cancellable(status: &str) -> Self {
        let message = format!("A request in the status '{status}' cannot be canceled.");
        Self::new(400, "RoleAssignmentRequestNotCancellable", message)
    }

    /// The client chose an id that is taken.
    pub(crate) fn request_exists(id: &str, status: u16) -> Self {
        let message = format!("A role assignment request with Id: {id} already exists.");
        Self::new(status, "RoleAssignmentRequestExists", message)
    }
}
