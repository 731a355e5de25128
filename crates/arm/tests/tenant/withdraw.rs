//! Requests that are tried, wait, and are withdrawn.

use jiff::SignedDuration;
use pim::draft::Draft;
use pim::error::Violation;
use pim::ids::RequestId;
use pim::plane::{Caller, Plane, Submission, Validation};
use pim::request::{Progress, RequestAction, RequestRef};

use crate::tenant::{ADELE, Tenant};
use crate::{REQUESTS, draft, eligible, id, now, signed_in};

/// Puts `draft` and returns where its request is to be found.
async fn put(plane: &arm::AzureResources, caller: &Caller, draft: &Draft, expected: Progress) -> RequestRef {
    let own: RequestId = id();
    let Submission::Accepted(request) = plane.submit(caller, draft, &own).await.unwrap() else {
        panic!("not accepted")
    };
    assert_eq!(request.status.progress(), expected);
    RequestRef { id: own, target: draft.target.clone(), action: RequestAction::Activate }
}

#[tokio::test]
async fn a_dry_run_says_what_the_policy_asks_and_leaves_nothing_behind() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let good = draft(&eligible(&plane, &caller, "Website Contributor").await);
    let before = plane.requests(&caller).await?;
    assert_eq!(plane.validate(&caller, &good).await?, Validation::Passes);
    let bad = Draft { duration: "PT20H".parse()?, justification: String::new(), ..good };
    let Validation::Fails(violations) = plane.validate(&caller, &bad).await? else { panic!("it passes") };
    assert!(
        violations.contains(&Violation::TooLong) && violations.contains(&Violation::JustificationMissing)
    );
    assert_eq!(tenant.calls("PUT", REQUESTS).await?, 0);
    assert_eq!(plane.requests(&caller).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_request_that_waits_for_approval_is_withdrawn_once_and_said_to_be_so_again() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let row = plane.eligibilities(&caller).await?.rows.into_iter();
    let row = row
        .filter(|row| row.names.title == "Contributor")
        .find(|row| row.names.place == "Contoso Production");
    let waiting = put(&plane, &caller, &draft(&row.unwrap()), Progress::WaitingForApproval).await;

    let told = plane.request(&caller, &waiting).await?;
    assert_eq!(told.duration, "PT1H".parse().ok());
    assert_eq!(told.ticket.map(|ticket| ticket.number).as_deref(), Some("4711"));
    assert_eq!(told.names.map(|names| names.place).as_deref(), Some("Contoso Production"));

    for time in ["the first time", "the second time"] {
        let Submission::Accepted(request) = plane.cancel(&caller, &waiting).await? else { panic!("{time}") };
        assert_eq!(
            (request.id, request.status.progress()),
            (waiting.id.clone(), Progress::Cancelled),
            "{time}"
        );
    }
    assert_eq!(plane.request(&caller, &waiting).await?.status.progress(), Progress::Cancelled);
    Ok(())
}

#[tokio::test]
async fn an_activation_that_starts_later_is_withdrawn_and_one_that_runs_is_not() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let start = now().saturating_add(SignedDuration::from_hours(2))?;
    let later = Draft { start, ..draft(&eligible(&plane, &caller, "Website Contributor").await) };
    let scheduled = put(&plane, &caller, &later, Progress::Granted).await;
    assert!(matches!(plane.cancel(&caller, &scheduled).await?, Submission::Accepted(_)));

    let running = draft(&eligible(&plane, &caller, "Virtual Machine Contributor").await);
    let running = put(&plane, &caller, &running, Progress::Provisioned).await;
    let refused = plane.cancel(&caller, &running).await?;
    assert!(matches!(refused, Submission::Rejected(_)), "{refused:?}");
    assert_eq!(plane.request(&caller, &running).await?.status.progress(), Progress::Provisioned);
    Ok(())
}
