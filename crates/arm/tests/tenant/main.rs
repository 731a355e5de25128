//! The plane against the simulated tenant, over HTTP.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

mod activate;
mod approve;
mod directories;
mod lists;
mod scopes;
#[path = "../../../graph/tests/tenant/mod.rs"]
mod tenant;
mod withdraw;

use arm::AzureResources;
use pim::draft::{Draft, Ticket};
use pim::eligibility::Eligibility;
use pim::ids::{OperationId, RequestId};
use pim::plane::{Caller, Plane};
use pim::tokens::Audience;
use tenant::Tenant;

/// The plane of `tenant`, and `person` at it.
pub(crate) async fn signed_in(tenant: &Tenant, person: (&str, &str)) -> (AzureResources, Caller) {
    let plane = AzureResources::new(tenant.api(Audience::Azure, transport::Limits::default()), None);
    (plane, tenant.caller(person).await.unwrap())
}

pub(crate) const REQUESTS: &str = "/roleAssignmentScheduleRequests/";

pub(crate) fn now() -> jiff::Timestamp {
    use pim::clock::Clock;
    pim::clock::SystemClock.now()
}

pub(crate) fn id() -> RequestId {
    RequestId(OperationId::random().to_string())
}

pub(crate) fn draft(eligibility: &Eligibility) -> Draft {
    Draft {
        target: eligibility.target.clone(),
        start: now(),
        duration: "PT1H".parse().unwrap(),
        justification: "Incident 4711".to_owned(),
        ticket: Some(Ticket { number: "4711".into(), system: "Desk".into() }),
        eligibility_schedule: eligibility.schedule.clone(),
        condition: eligibility.condition.clone(),
    }
}

pub(crate) async fn eligible(plane: &AzureResources, caller: &Caller, title: &str) -> Eligibility {
    let rows = plane.eligibilities(caller).await.unwrap().rows;
    let names: Vec<String> =
        rows.iter().map(|row| format!("{} / {}", row.names.title, row.names.place)).collect();
    let row = rows.into_iter().find(|row| row.names.title == title);
    row.unwrap_or_else(|| panic!("{title} is not among {names:#?}"))
}
