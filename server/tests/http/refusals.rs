//! What the service refuses, as the person sees it, and how it is put right.
//!
//! Most refusals are the tenant's own: the portal is made to believe something that is no longer so. The rest are ordered at the
//! control port with the body the service is known to send.

use serde_json::{Value, json};

use crate::support::{ADELE, Browser, Page, Portal, World};

/// Sends the refused roles of a result back to the plan.
async fn put_right(browser: &Browser, result: &Page) -> Page {
    assert!(result.text().contains("Put it right and try again"), "{}", result.text());
    browser.submit("/do/retry", &[("batch", &result.field("batch"))]).await
}

/// The problems named on top of a plan, and where each leads.
fn problems(plan: &Page) -> String {
    plan.element("id=\"problems\"", "</form>").expect("a place for problems").to_owned()
}

#[tokio::test]
async fn too_long_and_without_a_ticket() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    // Its rules cannot be read, and there is no dry run, so the portal can only guess at the length and cannot insist on a ticket.
    let no_dry_run = json!({ "plane": "azure", "path_contains": "/validate", "status": 403, "times": 1000 });
    world.sim.control("faults", no_dry_run).await;
    let role = "Network Contributor, Contoso Connectivity";
    let plan = browser.select(&[role]).await;
    assert!(plan.text().contains("You may not read this role's rules. They still apply"), "{}", plan.text());
    let result = browser.confirm(&plan, &[("justification", "Change 7")]).await;
    let (state, line) = result.only_line();
    assert_eq!(state, "Rejected");
    assert!(line.contains("Longer than this role's rules allow: choose a shorter time."), "{line}");
    assert!(line.contains("This role asks for a ticket."), "{line}");
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());

    let plan = put_right(&browser, &result).await;
    let named = problems(&plan);
    assert!(named.contains("href=\"#duration\"") && named.contains("href=\"#ticket-number\""), "{named}");
    assert!(plan.text().contains("Network Contributor: This role asks for a ticket."), "{}", plan.text());
    assert_eq!(plan.reason(), "Change 7", "what was typed is kept");

    let typed = [("justification", "Change 7"), ("wanted", "240"), ("ticket_number", "T-1")];
    let result = browser.confirm(&plan, &typed).await;
    assert_eq!(result.only_line().0, "Usable");
    let commit = world.sim.only_commit().await;
    assert_eq!((&commit["duration"], &commit["ticketNumber"]), (&json!("PT4H"), &json!("T-1")));
}

#[tokio::test]
async fn what_rules_that_cannot_be_read_ask_for_is_learnt_from_a_dry_run() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&["Network Contributor, Contoso Connectivity"]).await;
    assert!(
        plan.text().contains("Its rules could not be read; Microsoft named them in a dry run."),
        "{}",
        plan.text()
    );
    assert!(plan.text().contains("4 h of 4 h"), "the longest that passed: {}", plan.text());
    let again = browser.confirm(&plan, &[("justification", "Change 7")]).await;
    let named = problems(&again);
    assert!(named.contains("href=\"#ticket-number\"") && !named.contains("href=\"#duration\""), "{named}");
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
    let typed = [("justification", "Change 7"), ("ticket_number", "T-1")];
    assert_eq!(browser.confirm(&again, &typed).await.only_line().0, "Usable");
    assert_eq!(world.sim.only_commit().await["duration"], "PT4H");
}

#[tokio::test]
async fn without_a_reason() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for failed in ["[\"JustificationRule\"]", "JustificationRule - Justification is required"] {
        for (role, plane, path) in [
            ("Global Reader, Directory", "graph", "/directory/roleAssignmentScheduleRequests"),
            ("Production Database Operators, Member", "graph", "/group/assignmentScheduleRequests"),
            ("Contributor, Contoso Sandbox", "azure", "/roleAssignmentScheduleRequests/"),
        ] {
            // As if its rules had been changed a moment ago.
            let error = json!({
                "code": "RoleAssignmentRequestPolicyValidationFailed",
                "message": format!("The following policy rules failed: {failed}"),
            });
            let fault = json!({ "plane": plane, "path_contains": path, "method": if plane == "azure" { "PUT" } else { "POST" },
                "status": 400, "body": { "error": error } });
            world.sim.control("faults", fault).await;
            let plan = browser.select(&[role]).await;
            let result = browser.confirm(&plan, &[("wanted", "60")]).await;
            let (state, line) = result.only_line();
            assert_eq!(state, "Rejected", "{line}");
            assert!(line.contains("Refused This role asks for a reason."), "{line}");
            let plan = put_right(&browser, &result).await;
            assert!(problems(&plan).contains("href=\"#justification\""), "{role}");
            assert!(plan.text().contains("1 h of 8 h"), "the length is kept: {}", plan.text());
        }
    }
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
}

#[tokio::test]
async fn no_longer_eligible() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&["Contoso Device Auditor, Directory"]).await;
    // The eligibility runs out before she confirms.
    world.sim.control("clock", json!({ "advance": "P3D" })).await;
    let result = browser.confirm(&plan, &[]).await;
    let (state, line) = result.only_line();
    assert_eq!(state, "Rejected");
    assert!(line.contains("You are not eligible for this role any more, or not at this scope."), "{line}");
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
    assert!(!result.text().contains("Put it right"), "nothing can be put right");
    let overview = browser.get("/").await;
    assert_eq!(overview.eligible().len(), 33, "this one, and one that ended exactly now");
}

#[tokio::test]
async fn active_or_waiting_already() {
    let world = World::start().await;
    let another = Portal::start(&world.sim).await;
    let elsewhere = another.signed_in(ADELE).await;
    let here = world.signed_in(ADELE).await;
    for (role, becomes, said, standing) in [
        ("Global Reader, Directory", "Usable", "Active already, until", "Active until"),
        ("Incident Responders, Member", "Usable", "Active already, until", "Active until"),
        ("Contributor, Contoso Sandbox", "Usable", "Active already, until", "Active until"),
        (
            "Release Managers, Member",
            "PendingApproval",
            "A request for this role is waiting already, or being worked on.",
            "Already asked for",
        ),
    ] {
        let plan = here.select(&[role]).await;
        assert_eq!(elsewhere.activate(&[role], "First").await.only_line().0, becomes, "{role}");
        let result = here.confirm(&plan, &[("justification", "Second")]).await;
        let (state, line) = result.only_line();
        assert_eq!(state, "Rejected", "{line}");
        assert!(line.contains(said), "{line}");
        let plan = put_right(&here, &result).await;
        assert!(plan.text().contains(standing) && plan.text().contains("left out"), "{}", plan.text());
    }
    let reasons: Vec<_> = world.sim.ledger().await.iter().map(|one| one["justification"].clone()).collect();
    assert_eq!(reasons, ["First"; 4]);
}

#[tokio::test]
async fn other_answers_are_told_as_they_are() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for (status, code, state, said) in [
        (
            403,
            "UnauthorizedAccessException",
            "Rejected",
            "Microsoft does not let you do this. Nothing was created.",
        ),
        (400, "SomethingNew", "Rejected", "Refused by Microsoft: SomethingNew."),
        (409, "Conflict", "Rejected", "Refused by Microsoft: Conflict. Nothing was created."),
        (404, "ResourceNotFound", "Rejected", "Refused by Microsoft: ResourceNotFound. Nothing was created."),
    ] {
        let error = json!({ "code": code, "message": "A text that may quote what was sent: Secret reason." });
        let fault = json!({ "plane": "graph", "method": "POST", "path_contains": "AssignmentScheduleRequests",
            "status": status, "body": { "error": error } });
        world.sim.control("faults", fault).await;
        let result = browser.activate(&["Global Reader, Directory"], "").await;
        let (shown, line) = result.only_line();
        assert_eq!(shown, state, "{line}");
        assert!(line.contains(said) && !line.contains("Secret"), "{status} {code}: {line}");
    }
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
}
