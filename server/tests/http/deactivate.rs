//! Deactivating: not before five minutes, not what was assigned, and truthfully told.

use pim::person::Person;
use pim::plane::Caller;
use portal::selection::RowKey;
use serde_json::{Value, json};

use crate::support::{ADELE, ADELE_ID, World};

const ROLES: [&str; 3] =
    ["Global Reader, Directory", "Production Database Operators, Member", "Contributor, Contoso Sandbox"];

#[tokio::test]
async fn too_early_is_refused_and_later_it_works() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&ROLES, "For a while").await;
    let overview = browser.get("/").await;
    let query = ROLES.map(|role| {
        let row = overview.tick(&format!("Choose {role} to deactivate"));
        url::form_urlencoded::Serializer::new(String::new()).append_pair("role", &row).finish()
    });
    let page = browser.get(&format!("/deactivate?{}", query.join("&"))).await;
    assert_eq!(page.heading(), "Deactivate 3 roles");
    assert_eq!(page.text().matches("Microsoft keeps a role for at least five minutes").count(), 3);
    let rows = page.fields("rows[]");
    let fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();

    let refused = browser.submit("/do/deactivate", &fields).await;
    assert_eq!(refused.heading(), "Deactivation of 3 roles");
    for (state, line) in refused.lines() {
        // Refused with 400, or taken with 201 and failed: both forms are documented.
        assert!(["Rejected", "Failed"].contains(&state.as_str()), "{state}: {line}");
        assert!(line.contains("Active for less than five minutes"), "{line}");
    }
    let ledger = world.sim.ledger().await;
    let done = ledger.iter().filter(|one| one["status"] != "Failed").count();
    assert_eq!((refused.lines().len(), done), (3, 3), "only the activations");
    assert!(browser.get("/").await.row(ROLES[0]).text.contains("Active until"), "they are still active");

    world.wait_everywhere(6).await;
    let done = browser.submit("/do/deactivate", &fields).await;
    for (state, line) in done.lines() {
        assert_eq!(state, "Revoked", "{line}");
        assert!(line.contains("Deactivated The role is no longer active."), "{line}");
    }
    let ledger = world.sim.ledger().await;
    let off: Vec<_> =
        ledger.iter().filter(|one| one["action"] == "selfDeactivate" && one["status"] != "Failed").collect();
    assert_eq!(off.len(), 3);
    assert!(off.iter().all(|one| one["principalId"] == ADELE_ID));
    let overview = browser.get("/").await;
    for role in ROLES {
        assert!(
            !overview.row(role).text.contains("Active"),
            "{role} can be ticked again: {}",
            overview.tick(role)
        );
    }
    let again = browser.submit("/do/deactivate", &fields).await;
    assert_eq!(again.path, "/?notice=nothing-chosen", "what is not active is not deactivated");
}

#[tokio::test]
async fn what_was_assigned_cannot_be_deactivated_even_by_a_forged_form() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let state = &world.portal.state;
    let record = world.session_record(&browser).await;
    let person: Person = serde_json::from_value(record["person"].clone()).expect("a person");
    let vault = record["vault"].as_str().and_then(|vault| vault.parse().ok()).map(pim::ids::VaultId);
    let vault = vault.expect("a vault");
    let caller = Caller::new(person.tenant, person.id, state.identity.tokens(vault));
    let session = portal::Session { person, caller, vault };
    let mut forged = Vec::new();
    for plane in state.portal.planes() {
        let held = state.portal.held(&session, &plane.id).await.expect("a list");
        assert_eq!(held.assigned.len(), 2, "{}", plane.id);
        forged.extend(held.assigned.iter().map(|row| RowKey::new(&plane.id, row.id.as_str()).to_string()));
    }
    let fields: Vec<_> = forged.iter().map(|row| ("rows[]", row.as_str())).collect();
    assert_eq!(browser.post("/do/deactivate", &fields).await.location(), "/?notice=nothing-chosen");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(forged.iter().map(|row| ("role", row)))
        .finish();
    let page = browser.get(&format!("/deactivate?{query}")).await;
    assert_eq!(page.heading(), "Nothing to deactivate");
    assert_eq!(world.sim.writes().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_plane_that_is_down_is_not_taken_for_inactive() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&ROLES[2..], "For a while").await;
    let row = browser.get("/").await.tick(ROLES[2]);
    browser.post("/do/refresh", &[]).await;
    world.sim.control("faults", json!({ "plane": "azure", "status": 500, "times": 1000 })).await;
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("role", &row).finish();
    let page = browser.get(&format!("/deactivate?{query}")).await;
    assert!(page.text().contains("Azure resources: Microsoft cannot be reached"), "{}", page.text());
    assert!(!page.text().contains("not active any more"), "{}", page.text());
}
