//! Both planes against the simulated tenant, over HTTP.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report, in its helpers too")]

#[path = "tenant/mod.rs"]
mod tenant;

use graph::{EntraRoles, Groups};
use pim::assignment::AssignmentOrigin;
use pim::draft::{Draft, Ticket};
use pim::eligibility::Eligibility;
use pim::error::{ErrorKind, Violation};
use pim::ids::{OperationId, RequestId};
use pim::plane::{Caller, Fingerprint, Plane, Submission, Validation};
use pim::policy::{ApprovalRequirement, ContextRequirement, PolicyReading, Requirement, Unreadable};
use pim::request::{Progress, Request, RequestAction, RequestRef};
use pim::tokens::Audience;
use serde_json::json;
use tenant::{ADELE, FRIDA, Tenant};

const POST_ENTRA: &str = "/directory/roleAssignmentScheduleRequests";

fn now() -> jiff::Timestamp {
    use pim::clock::Clock;
    pim::clock::SystemClock.now()
}

fn id() -> RequestId {
    RequestId(OperationId::random().to_string())
}

fn draft(eligibility: &Eligibility, duration: &str) -> Draft {
    Draft {
        target: eligibility.target.clone(),
        start: now(),
        duration: duration.parse().unwrap(),
        justification: "Incident 4711".to_owned(),
        ticket: Some(Ticket { number: "4711".into(), system: "Desk".into() }),
        eligibility_schedule: eligibility.schedule.clone(),
        condition: None,
    }
}

/// Where `request` is to be read again.
fn named(request: &Request) -> RequestRef {
    RequestRef { id: request.id.clone(), target: request.target.clone(), action: request.action }
}

async fn eligible(plane: &dyn Plane, caller: &Caller, title: &str, at: &str) -> Eligibility {
    let rows = plane.eligibilities(caller).await.unwrap().rows;
    let names: Vec<String> =
        rows.iter().map(|row| format!("{} / {}", row.names.title, row.names.place)).collect();
    let row = rows.into_iter().find(|row| row.names.title == title && row.names.place == at);
    row.unwrap_or_else(|| panic!("{title} / {at} is not among {names:#?}"))
}

#[tokio::test]
async fn entra_lists_are_whole_and_named() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = (
        EntraRoles::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        tenant.caller(ADELE).await?,
    );
    let rows = plane.eligibilities(&caller).await?.rows;
    assert_eq!(rows.len(), 14, "more than one page of eight");
    let row = |title: &str, place: &str| {
        rows.iter().find(|row| row.names.title == title && row.names.place == place)
    };
    assert!(row("User Administrator", "Administrative unit: Seattle Branch").is_some());
    assert!(row("Application Administrator", "Application: Expense Reporting").is_some());
    assert!(
        row("Global Administrator", "Directory").is_some_and(|row| row.privileged && row.until.is_some())
    );
    assert!(row("Contoso Device Auditor", "Directory").is_some_and(|row| !row.privileged));
    let held = plane.assignments(&caller).await?.rows;
    assert!(
        held.iter()
            .any(|row| row.names.title == "Directory Readers" && row.origin == AssignmentOrigin::Assigned)
    );
    Ok(())
}

#[tokio::test]
async fn entra_policies_take_one_list_and_every_target_is_answered_for() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = (
        EntraRoles::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        tenant.caller(ADELE).await?,
    );
    let rows = plane.eligibilities(&caller).await?.rows;
    let mut targets: Vec<_> = rows.iter().map(|row| row.target.clone()).collect();
    let mut unheard_of = targets[0].clone();
    unheard_of.role = "00000000-0000-0000-0000-00000000dead".into();
    targets.push(unheard_of.clone());
    let read = plane.policies(&caller, &targets).await;
    assert_eq!(read.len(), targets.len());
    assert_eq!(read[&unheard_of], PolicyReading::Unreadable(Unreadable::Missing));
    let global = rows.iter().find(|row| row.names.title == "Global Administrator").unwrap();
    let policy = read[&global.target].policy();
    assert_eq!(policy.maximum_duration, "PT30M".parse().ok());
    assert_eq!((policy.justification, policy.ticket), (Requirement::Required, Requirement::Required));
    assert_eq!(policy.authentication_context, ContextRequirement::Required("c1".into()));
    assert!(matches!(policy.approval, ApprovalRequirement::Required(approvers) if !approvers.is_empty()));
    Ok(())
}

#[tokio::test]
async fn an_entra_role_is_activated_read_again_found_and_not_deactivated_too_early() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = (
        EntraRoles::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        tenant.caller(ADELE).await?,
    );
    let row = eligible(&plane, &caller, "User Administrator", "Directory").await;
    let draft = draft(&row, "PT1H");
    let sent = now();
    let Submission::Accepted(request) = plane.submit(&caller, &draft, &id()).await? else {
        panic!("not accepted")
    };
    assert_eq!((request.action, &request.target), (RequestAction::Activate, &row.target));
    let again = plane.request(&caller, &named(&request)).await?;
    assert_eq!(again.id, request.id);
    let lost = Fingerprint {
        request_id: id(),
        target: row.target.clone(),
        action: RequestAction::Activate,
        justification: draft.justification.clone(),
        sent,
    };
    assert_eq!(plane.find(&caller, &lost).await?.map(|found| found.id), Some(request.id));
    let other = Fingerprint { justification: "another reason".into(), ..lost };
    assert_eq!(plane.find(&caller, &other).await?, None);
    let Submission::Rejected(twice) = plane.submit(&caller, &draft, &id()).await? else {
        panic!("accepted twice")
    };
    assert_eq!(twice.violations, [Violation::AlreadyActive]);
    Ok(())
}

#[tokio::test]
async fn each_refusal_comes_back_as_what_it_is() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = (
        EntraRoles::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        tenant.caller(ADELE).await?,
    );
    let refused = async |title: &str, change: fn(&mut Draft)| {
        let mut draft = draft(&eligible(&plane, &caller, title, "Directory").await, "PT30M");
        change(&mut draft);
        match plane.submit(&caller, &draft, &id()).await.unwrap() {
            Submission::Rejected(rejection) => rejection.violations,
            other => panic!("{title}: {other:?}"),
        }
    };
    for form in ["list", "text"] {
        tenant.order("/switches", json!({ "rule_message": form })).await?;
        let too_long = refused("User Administrator", |draft| draft.duration = "PT9H".parse().unwrap()).await;
        assert_eq!(too_long, [Violation::TooLong], "{form}");
        let no_reason = refused("User Administrator", |draft| draft.justification = String::new()).await;
        assert_eq!(no_reason, [Violation::JustificationMissing], "{form}");
        let no_ticket = refused("Exchange Administrator", |draft| draft.ticket = None).await;
        assert_eq!(no_ticket, [Violation::TicketMissing], "{form}");
    }
    for form in ["plain", "wrapped"] {
        tenant.order("/switches", json!({ "acrs_form": form })).await?;
        let row = eligible(&plane, &caller, "Conditional Access Administrator", "Directory").await;
        let answer = plane.submit(&caller, &draft(&row, "PT30M"), &id()).await?;
        let Submission::StepUp(challenge) = answer else { panic!("{form}: {answer:?}") };
        assert_eq!(challenge.contexts().count(), 1, "{form}: the same as one known from the policy");
    }
    Ok(())
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_sent_once_and_then_found() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = (
        EntraRoles::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        tenant.caller(ADELE).await?,
    );
    let row = eligible(&plane, &caller, "Global Reader", "Directory").await;
    let order =
        json!({ "plane": "graph", "path_contains": POST_ENTRA, "method": "POST", "kind": "close_after" });
    tenant.fault(order).await?;
    let (draft, sent) = (draft(&row, "PT1H"), now());
    assert_eq!(plane.submit(&caller, &draft, &id()).await?, Submission::Unsure);
    assert_eq!(tenant.calls("POST", POST_ENTRA).await?, 1, "sent exactly once");
    let lost = Fingerprint {
        request_id: id(),
        target: row.target,
        action: RequestAction::Activate,
        justification: draft.justification,
        sent,
    };
    assert!(plane.find(&caller, &lost).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn a_forbidden_list_is_an_error_and_not_empty() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let caller = tenant.caller(FRIDA).await?;
    let planes: [&dyn Plane; 2] = [
        &EntraRoles::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        &Groups::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
    ];
    for plane in planes {
        let error = plane.eligibilities(&caller).await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Forbidden { .. }), "{error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn groups_are_listed_and_their_policies_read_in_one_batch() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = (
        Groups::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        tenant.caller(ADELE).await?,
    );
    let rows = plane.eligibilities(&caller).await?.rows;
    assert!(rows.len() > 4, "more than one page of four");
    let both: Vec<_> = rows.iter().filter(|row| row.names.title == "Production Database Operators").collect();
    let mut places: Vec<_> = both.iter().map(|row| row.names.place.as_str()).collect();
    places.sort_unstable();
    assert_eq!(places, ["Member", "Owner"]);
    let nameless = "97000006-7e2d-4c19-a0b3-5d0000000006";
    assert!(
        rows.iter()
            .filter(|row| row.target.scope.as_str() == nameless)
            .all(|row| row.names.title == nameless)
    );
    let targets: Vec<_> = rows.iter().map(|row| row.target.clone()).collect();
    let read = plane.policies(&caller, &targets).await;
    assert!(targets.iter().all(|target| matches!(read[target], PolicyReading::Known(_))), "{read:?}");
    assert_eq!(tenant.calls("POST", "$batch").await?, 1);
    let owner = both.iter().find(|row| row.names.place == "Owner").unwrap();
    assert!(matches!(read[&owner.target].policy().approval, ApprovalRequirement::Required(_)));
    Ok(())
}

#[tokio::test]
async fn a_group_is_activated_and_deactivated() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = (
        Groups::new(tenant.api(Audience::Graph, transport::Limits::default()), None),
        tenant.caller(ADELE).await?,
    );
    let row = eligible(&plane, &caller, "Incident Responders", "Member").await;
    let Submission::Accepted(request) = plane.submit(&caller, &draft(&row, "PT1H"), &id()).await? else {
        panic!("not accepted")
    };
    assert_eq!(plane.request(&caller, &named(&request)).await?.target, row.target);
    tenant.order("/clock", json!({ "advance": "PT6M" })).await?;
    let held = plane.assignments(&caller).await?.rows;
    let active = held.into_iter().find(|held| held.target.same_as(&row.target) && held.is_active_role());
    let active = active.expect("active after six minutes");
    let Submission::Accepted(off) = plane.deactivate(&caller, &active, &id()).await? else {
        panic!("not accepted")
    };
    assert_eq!(off.status.progress(), Progress::Revoked);
    Ok(())
}

#[tokio::test]
async fn a_dry_run_commits_nothing() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let caller = tenant.caller(ADELE).await?;
    let entra = EntraRoles::new(tenant.api(Audience::Graph, transport::Limits::default()), None);
    let groups = Groups::new(tenant.api(Audience::Graph, transport::Limits::default()), None);
    let planes: [(&dyn Plane, &str, &str); 2] =
        [(&entra, "User Administrator", "Directory"), (&groups, "Incident Responders", "Member")];
    for (plane, title, place) in planes {
        let row = eligible(plane, &caller, title, place).await;
        let before = plane.requests(&caller).await?;
        let mut draft = draft(&row, "PT1H");
        assert_eq!(plane.validate(&caller, &draft).await?, Validation::Passes, "{title}");
        draft.duration = "PT20H".parse()?;
        draft.justification = String::new();
        let Validation::Fails(violations) = plane.validate(&caller, &draft).await? else {
            panic!("{title}: passes")
        };
        assert!(violations.contains(&Violation::TooLong), "{title}: {violations:?}");
        assert_eq!(plane.requests(&caller).await?, before);
    }
    Ok(())
}
