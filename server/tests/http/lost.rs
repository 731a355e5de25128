//! Answers that never came: what went through is found again, what did not is not sent a second time.

use serde_json::{Value, json};

use crate::support::{ADELE, Page, World};

/// One role a plane, and which calls send it.
const ROLES: [(&str, &str, &str, &str); 3] = [
    ("Global Reader, Directory", "graph", "POST", "/directory/roleAssignmentScheduleRequests"),
    ("Production Database Operators, Member", "graph", "POST", "/group/assignmentScheduleRequests"),
    ("Contributor, Contoso Sandbox", "azure", "PUT", "/roleAssignmentScheduleRequests/"),
];

async fn activate_with(world: &World, mut fault: Value, role: &str, at: [&str; 3]) -> Page {
    let [plane, method, path] = at;
    fault["plane"] = json!(plane);
    fault["method"] = json!(method);
    fault["path_contains"] = json!(path);
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[role]).await;
    world.sim.control("faults", fault).await;
    let result = browser.confirm(&plan, &[("justification", "Lost and found")]).await;
    browser.get(&result.path).await
}

#[tokio::test]
async fn what_went_through_is_found_and_not_sent_again() {
    for (role, plane, method, path) in ROLES {
        let world = World::start().await;
        let result =
            activate_with(&world, json!({ "kind": "close_after" }), role, [plane, method, path]).await;
        let (state, line) = result.only_line();
        assert_eq!(state, "Usable", "{role}: {line}");
        assert_eq!(world.sim.only_commit().await["justification"], "Lost and found");
        assert_eq!(world.sim.writes().await.len(), 1, "{role}");
    }
}

#[tokio::test]
async fn what_did_not_go_through_is_sent_again_only_under_an_id_of_the_portals_own() {
    for fault in [json!({ "kind": "close_before" }), json!({ "status": 500 }), json!({ "status": 504 })] {
        for (role, plane, method, path) in ROLES {
            let world = World::start().await;
            let result = activate_with(&world, fault.clone(), role, [plane, method, path]).await;
            let (state, line) = result.only_line();
            if plane == "azure" {
                // A second request with the same id cannot become a second activation.
                assert_eq!(state, "Usable", "{role}: {line}");
                let paths: Vec<_> =
                    world.sim.writes().await.iter().map(|call| call["path"].clone()).collect();
                assert!(paths.len() == 2 && paths[0] == paths[1], "{paths:?}");
                assert_eq!(world.sim.only_commit().await["justification"], "Lost and found");
                continue;
            }
            assert_eq!(state, "Unsure", "{role}: {line}");
            assert!(line.contains("No answer came back, so it may have gone through."), "{line}");
            assert!(!result.text().contains("Put it right"), "there is nothing to put right yet");
            assert_eq!((world.sim.writes().await.len(), world.sim.ledger().await.len()), (1, 0), "{role}");
        }
    }
}

#[tokio::test]
async fn an_unsure_role_cannot_be_sent_again_by_a_forged_form() {
    let (role, plane, method, path) = ROLES[0];
    let world = World::start().await;
    let fault = json!({ "kind": "close_before" });
    let result = activate_with(&world, fault, role, [plane, method, path]).await;
    let browser = world.signed_in(ADELE).await;
    let batch = result.path.trim_start_matches("/requests/");
    let answer = browser.post("/do/retry", &[("batch", batch)]).await;
    assert_eq!(answer.location(), "/?notice=nothing-chosen");
    assert_eq!(world.sim.writes().await.len(), 1);
}

#[tokio::test]
async fn a_write_that_was_throttled_is_sent_again_and_happens_once() {
    let (role, plane, method, path) = ROLES[0];
    let world = World::start().await;
    let fault = json!({ "status": 429, "headers": { "retry-after": "1" } });
    let result = activate_with(&world, fault, role, [plane, method, path]).await;
    assert_eq!(result.only_line().0, "Usable");
    assert_eq!((world.sim.writes().await.len(), world.sim.ledger().await.len()), (2, 1));
}

#[tokio::test]
async fn a_deactivation_whose_answer_was_lost_is_found() {
    for (role, plane, method, path) in ROLES {
        let world = World::start().await;
        let browser = world.signed_in(ADELE).await;
        browser.activate(&[role], "For a while").await;
        world.wait_everywhere(6).await;
        let row = browser.get("/").await.tick(role);
        let fault = json!({ "plane": plane, "method": method, "path_contains": path, "kind": "close_after" });
        world.sim.control("faults", fault).await;
        let result = browser.submit("/do/deactivate", &[("rows[]", &row)]).await;
        assert_eq!(result.only_line().0, "Revoked", "{role}: {}", result.text());
        let actions: Vec<_> = world.sim.ledger().await.iter().map(|one| one["action"].clone()).collect();
        assert_eq!(actions, ["selfActivate", "selfDeactivate"], "{role}");
    }
}
