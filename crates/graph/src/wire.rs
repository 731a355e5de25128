//! JSON that Entra roles and groups share. Every field is optional: the documentation promises next to none.

use jiff::Timestamp;
use pim::draft::Ticket;
use pim::duration::ActivationDuration;
use pim::ids::{PrincipalId, RequestId, ScheduleId};
use pim::prolongation::Prolongation;
use pim::request::{Request, RequestAction, RequestStatus};
use pim::target::{Names, Target};
use serde::{Deserialize, Serialize};
use transport::wire::{Activation, said, timestamp, until};

/// A request's schedule. <https://learn.microsoft.com/graph/api/resources/requestschedule>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScheduleInfo {
    start_date_time: Option<String>,
    expiration: Option<Expiration>,
}

/// <https://learn.microsoft.com/graph/api/resources/expirationpattern>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expiration {
    end_date_time: Option<String>,
    duration: Option<String>,
}

impl ScheduleInfo {
    fn start(&self) -> Option<Timestamp> {
        timestamp(self.start_date_time.as_deref())
    }

    fn until(&self) -> Option<Timestamp> {
        let expiration = self.expiration.as_ref()?;
        until(self.start(), expiration.end_date_time.as_deref(), expiration.duration.as_deref())
    }

    /// As it is written, or from the start to the end.
    fn duration(&self) -> Option<ActivationDuration> {
        let expiration = self.expiration.as_ref()?;
        if let Some(written) = said(expiration.duration.as_deref()) {
            return written.parse().ok();
        }
        let until = timestamp(expiration.end_date_time.as_deref())?;
        let minutes = until.duration_since(self.start()?).as_secs() / 60;
        ActivationDuration::from_minutes(u32::try_from(minutes).ok()?)
    }
}

/// <https://learn.microsoft.com/graph/api/resources/ticketinfo>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TicketInfo {
    ticket_number: Option<String>,
    ticket_system: Option<String>,
}

/// A request, as both planes tell it.
/// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest>,
/// <https://learn.microsoft.com/graph/api/resources/privilegedaccessgroupassignmentschedulerequest>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireRequest {
    id: Option<String>,
    status: Option<String>,
    action: Option<String>,
    created_date_time: Option<String>,
    completed_date_time: Option<String>,
    justification: Option<String>,
    target_schedule_id: Option<String>,
    schedule_info: Option<ScheduleInfo>,
    ticket_info: Option<TicketInfo>,
    pub(crate) approval_id: Option<String>,
    pub(crate) principal_id: Option<String>,
    pub(crate) principal: Option<Named>,
    // Entra roles
    pub(crate) role_definition_id: Option<String>,
    pub(crate) directory_scope_id: Option<String>,
    pub(crate) app_scope_id: Option<String>,
    pub(crate) role_definition: Option<Named>,
    pub(crate) directory_scope: Option<Named>,
    // Groups
    pub(crate) group_id: Option<String>,
    pub(crate) access_id: Option<String>,
    pub(crate) group: Option<Named>,
}

impl WireRequest {
    /// `None` without the two fields that every request has.
    pub(crate) fn request(&self, target: Target, names: Option<Names>) -> Option<Request> {
        let schedule = self.schedule_info.as_ref();
        Some(Request {
            id: RequestId::from(said(self.id.as_deref())?),
            target,
            action: self.action.as_deref().map_or(RequestAction::Other, RequestAction::parse),
            status: RequestStatus::from(self.status.clone()?),
            created: timestamp(self.created_date_time.as_deref()),
            start: schedule.and_then(ScheduleInfo::start),
            duration: schedule.and_then(ScheduleInfo::duration),
            until: schedule.and_then(ScheduleInfo::until),
            schedule: said(self.target_schedule_id.as_deref()).map(ScheduleId::from),
            names,
            ticket: self.ticket(),
            completed: timestamp(self.completed_date_time.as_deref()),
            justification: self.justification.clone(),
        })
    }

    /// What it asks for, when it is about an eligibility.
    pub(crate) fn on_eligibility(&self) -> RequestAction {
        self.action.as_deref().map_or(RequestAction::Other, RequestAction::about_eligibility)
    }

    /// Graph sends the object with nulls in it when there is none.
    fn ticket(&self) -> Option<Ticket> {
        let info = self.ticket_info.as_ref()?;
        let (number, system) = (said(info.ticket_number.as_deref()), said(info.ticket_system.as_deref()));
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        number.or(system).map(|_| Ticket { number: text(number), system: text(system) })
    }
}

/// The ids that make a target, as one plane or the other writes them.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "Microsoft's own names")]
pub(crate) struct TargetIds<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role_definition_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) directory_scope_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_scope_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_id: Option<&'a str>,
}

/// What is posted.
/// <https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests>,
/// <https://learn.microsoft.com/graph/api/privilegedaccessgroup-post-assignmentschedulerequests>
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Post<'a> {
    pub(crate) action: &'static str,
    /// The caller's own, whatever a row says: with a group's id the role would be activated for every member.
    pub(crate) principal_id: PrincipalId,
    #[serde(flatten)]
    pub(crate) target: TargetIds<'a>,
    #[serde(flatten)]
    pub(crate) details: Option<Details<'a>>,
    /// A dry run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_validation_only: bool,
}

/// What is said besides who, what and where.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Details<'a> {
    Activation(Activation<'a>),
    Prolongation(ProlongationDetails<'a>),
}

/// How long an eligibility is wanted, and why.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProlongationDetails<'a> {
    justification: &'a str,
    schedule_info: Period,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Period {
    start_date_time: String,
    expiration: Until,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Until {
    #[serde(rename = "type")]
    kind: &'static str,
    end_date_time: String,
}

impl<'a> ProlongationDetails<'a> {
    pub(crate) fn new(wish: &'a Prolongation) -> Self {
        // Milliseconds: the service reads at most seven decimals, the clock gives nine.
        let time = |at: Timestamp| format!("{at:.3}");
        Self {
            justification: &wish.justification,
            schedule_info: Period {
                start_date_time: time(wish.start),
                expiration: Until { kind: "afterDateTime", end_date_time: time(wish.until) },
            },
        }
    }
}

/// An expanded object of which only the name is of interest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    #[serde(rename = "@odata.type")]
    pub(crate) odata_type: Option<String>,
    #[serde(default, deserialize_with = "transport::wire::name")]
    pub(crate) display_name: Option<String>,
    pub(crate) template_id: Option<String>,
    pub(crate) user_principal_name: Option<String>,
}

impl Named {
    /// The name, if it says anything.
    pub(crate) fn name(&self) -> Option<&str> {
        said(self.display_name.as_deref())
    }
}
