//! JSON that Entra roles and groups share. Every field is optional: the documentation promises next to none.

use pim::ids::RequestId;
use pim::request::{Request, RequestAction, RequestStatus};
use pim::target::Target;
use serde::Deserialize;
use transport::wire::{said, timestamp};

/// The part of a request's schedule that is read. <https://learn.microsoft.com/graph/api/resources/requestschedule>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleInfo {
    start_date_time: Option<String>,
}

/// A request, as both planes tell it.
/// <https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedulerequest>,
/// <https://learn.microsoft.com/graph/api/resources/privilegedaccessgroupassignmentschedulerequest>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireRequest {
    pub(crate) id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) created_date_time: Option<String>,
    pub(crate) justification: Option<String>,
    pub(crate) schedule_info: Option<ScheduleInfo>,
    // Entra roles
    pub(crate) role_definition_id: Option<String>,
    pub(crate) directory_scope_id: Option<String>,
    pub(crate) app_scope_id: Option<String>,
    // Groups
    pub(crate) group_id: Option<String>,
    pub(crate) access_id: Option<String>,
}

impl WireRequest {
    /// `None` without the two fields that every request has.
    pub(crate) fn into_request(self, target: Target) -> Option<Request> {
        Some(Request {
            id: RequestId(self.id.filter(|id| !id.is_empty())?),
            target,
            action: self.action.as_deref().map_or(RequestAction::Other, RequestAction::parse),
            status: RequestStatus::from(self.status?),
            created: timestamp(self.created_date_time.as_deref()),
            start: timestamp(self.schedule_info.and_then(|schedule| schedule.start_date_time).as_deref()),
            justification: self.justification,
            duration: None,
            names: None,
            ticket: None,
            completed: None,
        })
    }
}

/// An expanded object of which only the name is of interest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    #[serde(rename = "@odata.type")]
    pub(crate) odata_type: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) template_id: Option<String>,
}

impl Named {
    /// The name, if it says anything.
    pub(crate) fn name(&self) -> Option<&str> {
        said(self.display_name.as_deref())
    }
}
