//! Lists, activations, deactivations, lost answers and refusals.

use pim::challenge::Challenge;
use pim::error::{ErrorKind, Violation};
use pim::listing::{Coverage, Listing};
use pim::plane::{Fingerprint, Plane, Submission, Validation};
use pim::policy::{ContextRequirement, PolicyReading};
use pim::request::{Progress, RequestAction, RequestRef};
use pim::tokens::Audience;
use serde_json::json;

use crate::tenant::{ADELE, FRIDA, Tenant};
use crate::{REQUESTS, draft, eligible, id, now, signed_in};

/// Lee Gustav, who signed in without multifactor authentication.
const LEE: (&str, &str) = ("lee@contoso.example", "1ee00011-51c8-4d0e-8f2a-6b1e00000007");

#[tokio::test]
async fn lists_are_whole_and_their_policies_answered_for() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let Listing { rows, coverage } = plane.eligibilities(&caller).await?;
    assert_eq!(coverage, Coverage::Whole);
    assert!(rows.len() > 6, "more than one page of six");
    assert!(rows.iter().any(|row| row.names.title == "Owner" && row.privileged));
    assert!(rows.iter().all(|row| !row.names.place.contains("/subscriptions/")), "{rows:#?}");
    assert!(rows.iter().all(|row| row.schedule.is_some()));
    let targets: Vec<_> = rows.iter().map(|row| row.target.clone()).collect();
    let read = plane.policies(&caller, &targets).await;
    assert!(targets.iter().all(|target| read.contains_key(target)));
    assert!(read.values().any(|reading| matches!(reading, PolicyReading::Known(_))));
    plane.assignments(&caller).await?;
    plane.requests(&caller).await?;
    Ok(())
}

#[tokio::test]
async fn a_role_is_activated_under_the_portal_s_own_id_and_deactivated() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let (row, own) = (eligible(&plane, &caller, "Website Contributor").await, id());
    let Submission::Accepted(request) = plane.submit(&caller, &draft(&row), &own).await? else {
        panic!("not accepted")
    };
    assert_eq!(request.id, own);
    let reference =
        RequestRef { id: own.clone(), target: row.target.clone(), action: RequestAction::Activate };
    assert_eq!(plane.request(&caller, &reference).await?.action, RequestAction::Activate);
    assert!(plane.requests(&caller).await?.iter().any(|request| request.id == own));
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
async fn a_lost_answer_is_found_by_its_id_and_a_second_put_of_it_is_harmless() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let (row, own) = (eligible(&plane, &caller, "Website Contributor").await, id());
    let lost = Fingerprint {
        request_id: own.clone(),
        target: row.target.clone(),
        action: RequestAction::Activate,
        justification: String::new(),
        sent: now(),
    };
    assert_eq!(plane.find(&caller, &lost).await?, None, "nothing was sent yet");
    let order =
        json!({ "plane": "azure", "path_contains": REQUESTS, "method": "PUT", "kind": "close_after" });
    tenant.fault(order).await?;
    let draft = draft(&row);
    assert_eq!(plane.submit(&caller, &draft, &own).await?, Submission::Unsure);
    assert_eq!(tenant.calls("PUT", REQUESTS).await?, 1, "sent exactly once");
    assert_eq!(plane.find(&caller, &lost).await?.map(|found| found.id), Some(own.clone()));
    for status in [409, 400] {
        tenant.order("/switches", json!({ "request_exists_status": status })).await?;
        let Submission::Accepted(request) = plane.submit(&caller, &draft, &own).await? else {
            panic!("{status}: the request went through the first time")
        };
        assert_eq!(request.id, own);
    }
    Ok(())
}

#[tokio::test]
async fn refusals_come_back_as_what_they_are() -> anyhow::Result<()> {
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, ADELE).await;
    let mut draft = draft(&eligible(&plane, &caller, "Website Contributor").await);
    draft.duration = "PT20H".parse()?;
    let Submission::Rejected(refused) = plane.submit(&caller, &draft, &id()).await? else {
        panic!("accepted")
    };
    assert_eq!(refused.violations, [Violation::TooLong]);
    let error = plane.eligibilities(&tenant.caller(FRIDA).await?).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Forbidden { .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_missing_context_is_a_challenge_for_azure_in_every_form_and_in_a_dry_run() -> anyhow::Result<()> {
    for form in ["plain", "wrapped"] {
        let tenant = Tenant::start().await?;
        tenant.order("/switches", json!({ "acrs_form": form })).await?;
        let (plane, caller) = signed_in(&tenant, ADELE).await;
        let draft = draft(&eligible(&plane, &caller, "User Access Administrator").await);
        let read = plane.policies(&caller, std::slice::from_ref(&draft.target)).await;
        let ContextRequirement::Required(context) = read[&draft.target].policy().authentication_context
        else {
            panic!("the role asks for a context")
        };
        // A refusal and the policy mean the same sign-in.
        let challenge = Challenge::context(Audience::Azure, context);
        let refused = plane.submit(&caller, &draft, &id()).await?;
        assert_eq!(refused, Submission::StepUp(challenge.clone()), "{form}");
        assert_eq!(plane.validate(&caller, &draft).await?, Validation::StepUp(challenge), "{form}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_without_multifactor_authentication_is_told_so_however_azure_says_it() -> anyhow::Result<()>
{
    let tenant = Tenant::start().await?;
    let (plane, caller) = signed_in(&tenant, LEE).await;
    let draft = draft(&eligible(&plane, &caller, "Key Vault Administrator").await);
    for position in ["off", "disallow", "challenge"] {
        tenant.order("/switches", json!({ "azure_mandatory_mfa": position })).await?;
        match plane.submit(&caller, &draft, &id()).await? {
            Submission::Rejected(refused) if position != "challenge" => {
                assert_eq!(refused.violations, [Violation::MfaMissing], "{position}");
            }
            Submission::StepUp(challenge) if position == "challenge" => {
                assert_eq!(challenge.audience, Audience::Azure);
            }
            other => panic!("{position}: {other:?}"),
        }
    }
    Ok(())
}
