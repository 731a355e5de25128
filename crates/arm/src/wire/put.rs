//! Requests as they are put.
//! <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/create>,
//! <https://learn.microsoft.com/rest/api/authorization/role-eligibility-schedule-requests/create>

use pim::assignment::Assignment;
use pim::draft::Draft;
use pim::ids::{PrincipalId, ScheduleId};
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::target::Target;
use serde::Serialize;
use transport::wire::Activation;

/// What is put.
#[derive(Debug, Serialize)]
pub(crate) struct Put<'a> {
    properties: Properties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    /// The caller's own, whatever a row says.
    principal_id: PrincipalId,
    role_definition_id: &'a str,
    request_type: &'static str,
    #[serde(flatten)]
    details: Details<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Details<'a> {
    Assignment(OfAssignment<'a>),
    Eligibility(OfEligibility<'a>),
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfAssignment<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_role_eligibility_schedule_id: Option<&'a str>,
    #[serde(flatten)]
    activation: Option<Activation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_version: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfEligibility<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    target_role_eligibility_schedule_id: Option<&'a str>,
    justification: &'a str,
    schedule_info: Schedule,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Schedule {
    start_date_time: String,
    expiration: Expiration,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Expiration {
    #[serde(rename = "type")]
    kind: &'static str,
    end_date_time: String,
}

impl<'a> Put<'a> {
    fn new(
        principal_id: PrincipalId,
        target: &'a Target,
        request_type: &'static str,
        details: Details<'a>,
    ) -> Self {
        let role_definition_id = target.role.as_str();
        Self { properties: Properties { principal_id, role_definition_id, request_type, details } }
    }

    pub(crate) fn activate(principal: PrincipalId, draft: &'a Draft) -> Self {
        let details = OfAssignment {
            linked_role_eligibility_schedule_id: draft.eligibility_schedule.as_ref().map(ScheduleId::as_str),
            activation: Some(Activation::new(draft, "AfterDuration")),
            condition: draft.condition.as_ref().map(|condition| condition.expression.as_str()),
            condition_version: draft.condition.as_ref().map(|condition| condition.version.as_str()),
        };
        Self::new(principal, &draft.target, "SelfActivate", Details::Assignment(details))
    }

    pub(crate) fn deactivate(principal: PrincipalId, assignment: &'a Assignment) -> Self {
        let linked = assignment.eligibility_schedule.as_ref().map(ScheduleId::as_str);
        let details = OfAssignment { linked_role_eligibility_schedule_id: linked, ..OfAssignment::default() };
        Self::new(principal, &assignment.target, "SelfDeactivate", Details::Assignment(details))
    }

    pub(crate) fn prolong(principal: PrincipalId, wish: &'a Prolongation) -> Self {
        // Milliseconds: the service reads at most seven decimals, the clock gives nine.
        let time = |at: jiff::Timestamp| format!("{at:.3}");
        let details = OfEligibility {
            target_role_eligibility_schedule_id: wish.schedule.as_ref().map(ScheduleId::as_str),
            justification: &wish.justification,
            schedule_info: Schedule {
                start_date_time: time(wish.start),
                expiration: Expiration { kind: "AfterDateTime", end_date_time: time(wish.until) },
            },
        };
        let request_type = match wish.kind {
            ProlongationKind::Extend => "SelfExtend",
            ProlongationKind::Renew => "SelfRenew",
        };
        Self::new(principal, &wish.target, request_type, Details::Eligibility(details))
    }
}
