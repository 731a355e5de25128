//! Requests as Azure tells them: the caller's own, and those that wait for the caller's decision.
//! <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/get>,
//! <https://learn.microsoft.com/rest/api/authorization/role-eligibility-schedule-requests/get>

use jiff::Timestamp;
use pim::approval::{Requester, Waiting};
use pim::draft::Ticket;
use pim::duration::ActivationDuration;
use pim::ids::{ApprovalId, PrincipalId, RequestId, ScheduleId};
use pim::request::{Progress, Request, RequestAction, RequestStatus};
use pim::target::Target;
use serde::Deserialize;
use transport::wire::{said, timestamp, until};

use super::{Expanded, Resource, last, names, target};
use crate::scope::Subscriptions;

/// A request about an assignment or about an eligibility: they look alike.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireRequest {
    scope: Option<String>,
    role_definition_id: Option<String>,
    principal_id: Option<String>,
    request_type: Option<String>,
    status: Option<String>,
    approval_id: Option<String>,
    created_on: Option<String>,
    justification: Option<String>,
    ticket_info: Option<WireTicket>,
    schedule_info: Option<WireSchedule>,
    target_role_eligibility_schedule_id: Option<String>,
    expanded_properties: Option<Expanded>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireTicket {
    ticket_number: Option<String>,
    ticket_system: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSchedule {
    start_date_time: Option<String>,
    expiration: Option<WireExpiration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireExpiration {
    duration: Option<String>,
    end_date_time: Option<String>,
}

impl WireRequest {
    fn target(&self) -> Option<Target> {
        Some(target(said(self.scope.as_deref())?, said(self.role_definition_id.as_deref())?))
    }

    fn action(&self) -> RequestAction {
        self.request_type.as_deref().map_or(RequestAction::Other, RequestAction::parse)
    }

    fn start(&self) -> Option<Timestamp> {
        timestamp(self.schedule_info.as_ref()?.start_date_time.as_deref())
    }

    fn until(&self) -> Option<Timestamp> {
        let expiration = self.schedule_info.as_ref()?.expiration.as_ref()?;
        until(self.start(), expiration.end_date_time.as_deref(), expiration.duration.as_deref())
    }

    /// As it was asked for, or what lies between the start and the end that was asked for.
    fn duration(&self) -> Option<ActivationDuration> {
        let expiration = self.schedule_info.as_ref()?.expiration.as_ref()?;
        let asked = || said(expiration.duration.as_deref())?.parse().ok();
        let between = || {
            let span = timestamp(expiration.end_date_time.as_deref())?.duration_since(self.start()?);
            ActivationDuration::from_minutes(u32::try_from(span.as_mins()).ok()?)
        };
        asked().or_else(between)
    }

    fn ticket(&self) -> Option<Ticket> {
        let ticket = self.ticket_info.as_ref()?;
        let (number, system) = (said(ticket.ticket_number.as_deref()), said(ticket.ticket_system.as_deref()));
        let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
        (number.is_some() || system.is_some()).then(|| Ticket { number: text(number), system: text(system) })
    }

    fn requester(&self) -> Requester {
        let principal = self.expanded_properties.as_ref().and_then(|expanded| expanded.principal.as_ref());
        let text = |part: Option<&str>| said(part).map(str::to_owned);
        let id = said(self.principal_id.as_deref()).or_else(|| said(principal?.id.as_deref()));
        Requester {
            id: id.and_then(|id| id.parse::<PrincipalId>().ok()),
            name: principal.and_then(|principal| text(principal.display_name.as_deref())),
            username: principal.and_then(|principal| text(principal.email.as_deref())),
        }
    }
}

impl Resource<WireRequest> {
    fn request_id(&self) -> Option<RequestId> {
        said(self.name.as_deref()).or_else(|| said(self.id.as_deref()).map(last)).map(RequestId::from)
    }

    /// Whether it is about `person`; one that does not say whom it is about was asked for by its reader.
    pub(crate) fn is_for(&self, person: PrincipalId) -> bool {
        let principal = self.properties.as_ref().and_then(|row| said(row.principal_id.as_deref()));
        principal.is_none_or(|principal| principal.parse() == Ok(person))
    }

    /// The request about an eligibility, with what administrators ask for.
    pub(crate) fn about_eligibility(&self, subscriptions: &Subscriptions) -> Option<Request> {
        let word = said(self.properties.as_ref()?.request_type.as_deref());
        let action = word.map_or(RequestAction::Other, RequestAction::about_eligibility);
        Some(Request { action, ..self.own(subscriptions)? })
    }

    /// The request, about the target that it names.
    pub(crate) fn own(&self, subscriptions: &Subscriptions) -> Option<Request> {
        self.about(self.properties.as_ref()?.target()?, subscriptions)
    }

    /// The request, about a target that is known already. When Azure was done with it is not among what Azure says.
    pub(crate) fn about(&self, target: Target, subscriptions: &Subscriptions) -> Option<Request> {
        let row = self.properties.as_ref()?;
        let expanded = row.expanded_properties.as_ref();
        Some(Request {
            id: self.request_id()?,
            action: row.action(),
            status: RequestStatus::from(said(row.status.as_deref())?.to_owned()),
            created: timestamp(row.created_on.as_deref()),
            start: row.start(),
            duration: row.duration(),
            until: row.until(),
            schedule: said(row.target_role_eligibility_schedule_id.as_deref()).map(ScheduleId::from),
            names: expanded.map(|expanded| names(&target, Some(expanded), subscriptions)),
            ticket: row.ticket(),
            completed: None,
            justification: row.justification.clone(),
            target,
        })
    }

    /// Whether an approver has to decide it.
    pub(crate) fn waits_for_approval(&self) -> bool {
        let status = self.properties.as_ref().and_then(|row| row.status.clone());
        status.is_some_and(|status| RequestStatus::from(status).progress() == Progress::WaitingForApproval)
    }

    /// The request, as its approver sees it.
    pub(crate) fn waiting(&self, subscriptions: &Subscriptions) -> Option<Waiting> {
        let row = self.properties.as_ref()?;
        let (request, target) = (self.request_id()?, row.target()?);
        // An approval bears its request's id, also where the request does not say so.
        let approval = said(row.approval_id.as_deref()).unwrap_or(request.as_str());
        Some(Waiting {
            id: ApprovalId::from(approval),
            names: names(&target, row.expanded_properties.as_ref(), subscriptions),
            requester: row.requester(),
            justification: said(row.justification.as_deref()).map(str::to_owned),
            ticket: row.ticket(),
            start: row.start(),
            duration: row.duration(),
            created: timestamp(row.created_on.as_deref()),
            request,
            target,
        })
    }
}
