//! Deciding on other people's requests, on all three planes.

use serde_json::json;

use crate::support::{ADELE, ALEX, Browser, Page, World};

/// One role a plane that Alex decides on.
const ROLES: [&str; 3] = [
    "Privileged Role Administrator, Directory",
    "Release Managers, Member",
    "Contributor, Contoso Production",
];

async fn asked_for(world: &World, roles: &[&str]) -> Page {
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(roles).await;
    let typed = [("justification", "Release 12"), ("ticket_number", "T-1")];
    browser.confirm(&plan, &typed).await
}

async fn decide(browser: &Browser, decision: &str, reason: &str) -> Page {
    let rows = browser.get("/approvals").await.fields("rows[]");
    let mut fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
    fields.extend([("decision", decision), ("reason", reason)]);
    browser.submit("/do/decide", &fields).await
}

fn states(page: &Page) -> Vec<String> {
    page.lines().into_iter().map(|(state, _)| state).collect()
}

#[tokio::test]
async fn many_at_once_with_requester_role_scope_reason_and_duration() {
    let world = World::start().await;
    world.sim.control("switches", json!({ "entra_approvals_open": true })).await;
    let result = asked_for(&world, &ROLES).await;
    assert_eq!(states(&result), ["PendingApproval"; 3], "{}", result.text());
    let alex = world.signed_in(ALEX).await;
    let page = alex.get("/approvals").await;
    assert_eq!(page.heading(), "3 requests wait for you");
    for role in ROLES {
        let (title, place) = role.split_once(", ").expect("a role and a place");
        assert!(page.text().contains(title) && page.text().contains(place), "{role}: {}", page.text());
    }
    assert_eq!(page.text().matches("Release 12").count(), 3, "{}", page.text());
    assert_eq!(page.text().matches("Adele Vance").count(), 3, "{}", page.text());
    assert!(page.text().contains("for 2 h"), "{}", page.text());

    let decided = decide(&alex, "approve", "Agreed in stand-up").await;
    assert_eq!(states(&decided), ["Done"; 3], "{}", decided.text());
    let adele = world.signed_in(ADELE).await;
    assert_eq!(states(&adele.get(&result.path).await), ["Usable"; 3]);
    alex.post("/do/refresh", &[]).await;
    assert_eq!(alex.get("/approvals").await.heading(), "Approvals");
}

#[tokio::test]
async fn denied_means_denied() {
    let world = World::start().await;
    let result = asked_for(&world, &ROLES[1..]).await;
    let alex = world.signed_in(ALEX).await;
    let decided = decide(&alex, "deny", "Not this week").await;
    assert_eq!(states(&decided), ["Done"; 2], "{}", decided.text());
    assert!(decided.text().contains("Denied by you"), "{}", decided.text());
    let adele = world.signed_in(ADELE).await;
    assert_eq!(states(&adele.get(&result.path).await), ["Denied"; 2]);
}

#[tokio::test]
async fn what_the_permission_does_not_reach_leads_to_microsofts_own_page() {
    let world = World::start().await;
    asked_for(&world, &ROLES[..1]).await;
    let alex = world.signed_in(ALEX).await;
    let decided = decide(&alex, "approve", "Fine").await;
    let (state, line) = decided.only_line();
    assert_eq!(state, "Rejected", "{line}");
    assert!(decided.body.contains("https://admin.example"), "a way to decide all the same: {line}");
}

#[tokio::test]
async fn somebody_else_was_quicker() {
    let world = World::start().await;
    asked_for(&world, &ROLES[1..2]).await;
    let alex = world.signed_in(ALEX).await;
    let rows = alex.get("/approvals").await.fields("rows[]");
    let request = world.sim.only_commit().await["id"].clone();
    world.sim.control("decide", json!({ "request": request, "decision": "deny", "by": ALEX })).await;
    let fields = [("rows[]", rows[0].as_str()), ("decision", "approve"), ("reason", "Fine")];
    let (state, line) = alex.submit("/do/decide", &fields).await.only_line();
    assert_eq!(state, "Rejected");
    assert!(line.contains("Somebody else decided before you."), "{line}");
}

#[tokio::test]
async fn a_decision_without_a_reason_is_not_sent_and_the_choice_is_kept() {
    let world = World::start().await;
    asked_for(&world, &ROLES[1..2]).await;
    let alex = world.signed_in(ALEX).await;
    let row = alex.get("/approvals").await.fields("rows[]").remove(0);
    let page = alex.submit("/do/decide", &[("rows[]", &row), ("decision", "approve"), ("reason", " ")]).await;
    assert!(page.text().contains("Write a reason"), "{}", page.text());
    assert!(page.body.contains("checked"), "the choice is kept");
}

#[tokio::test]
async fn a_decision_whose_answer_was_lost_is_looked_up() {
    for (role, plane) in [(ROLES[1], "graph"), (ROLES[2], "azure")] {
        let world = World::start().await;
        asked_for(&world, &[role]).await;
        let alex = world.signed_in(ALEX).await;
        alex.get("/approvals").await;
        for kind in ["PATCH", "PUT"] {
            let fault = json!({ "plane": plane, "path_contains": "pprovals/", "method": kind, "kind": "close_after" });
            world.sim.control("faults", fault).await;
        }
        let decided = decide(&alex, "approve", "Fine").await;
        assert_eq!(states(&decided), ["Done"], "{role}: {}", decided.text());
    }
}

#[tokio::test]
async fn what_does_not_wait_any_more_is_told_and_the_rest_is_decided() {
    let world = World::start().await;
    asked_for(&world, &ROLES[1..3]).await;
    let alex = world.signed_in(ALEX).await;
    let rows = alex.get("/approvals").await.fields("rows[]");
    let mut fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
    fields.extend([("rows[]", "groups:no-such-approval"), ("decision", "approve"), ("reason", "Fine")]);
    let decided = alex.submit("/do/decide", &fields).await;
    assert!(
        decided.text().contains("1 of the requests you chose did not wait any more"),
        "{}",
        decided.text()
    );
    assert_eq!(states(&decided), ["Done", "Done"]);
    let gone = alex.submit("/do/decide", &fields[2..]).await;
    assert!(gone.text().contains("What you chose does not wait any more"), "{}", gone.text());
}
