//! What the portal may do, told from the person's own tokens.

use serde_json::{Value, json};

use crate::support::{ADELE, World};

#[tokio::test]
async fn every_scope_is_granted_as_the_tokens_say_and_no_token_is_shown() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let page = browser.get("/permissions").await;
    assert_eq!(page.heading(), "Permissions");
    let text = page.text();
    assert!(text.contains("user_impersonation"), "{text}");
    assert_eq!(text.matches("✓ Granted").count(), 12, "{text}");
    assert!(!text.contains("✗ Missing") && !text.contains("? Unknown"), "{text}");
    assert!(!page.body.contains("eyJ"), "a token is on the page");
    assert!(page.body.contains("/adminconsent?"));

    let page = browser.get("/tenants").await;
    assert_eq!(page.heading(), "Tenants");
    assert!(page.text().contains("Authorised"), "{}", page.text());
}

#[tokio::test]
async fn a_missing_scope_is_named_with_what_stops_and_its_plane_leads_there() {
    let world = World::start().await;
    world
        .sim
        .control("consent", json!({ "without": ["RoleManagement.ReadWrite.Directory", "AuditLog.Read.All"] }))
        .await;
    let browser = world.signed_in(ADELE).await;
    let text = browser.get("/permissions").await.text();
    for part in [
        "2 permissions are missing.",
        "RoleManagement.ReadWrite.Directory What does not work: Entra roles: the list, activation and deactivation. What still does: Groups and Azure resources.",
        "AuditLog.Read.All What does not work: History shows only",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!((text.matches("✓ Granted").count(), text.matches("✗ Missing").count()), (10, 2), "{text}");
    assert!(browser.get("/tenants").await.text().contains("Partly authorised"));

    let overview = browser.get("/").await;
    let failed = overview.part("eligible-entra");
    assert!(failed.contains("The portal lacks the permission"), "{failed}");
    assert_eq!(overview.link("See the permissions").as_deref(), Some("/permissions"));
    assert!(!overview.part("eligible-groups").contains("could not be read"), "the others go on");

    let file = browser.get("/permissions.json").await;
    assert_eq!(file.header("cache-control"), "no-store");
    let file: Value = serde_json::from_str(&file.body).expect("JSON");
    let missing: Vec<_> = file["permissions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["state"] == "missing")
        .map(|one| one["scope"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(missing, ["RoleManagement.ReadWrite.Directory", "AuditLog.Read.All"]);
    assert!(file["adminConsentUrl"].as_str().is_some_and(|url| url.contains("/adminconsent?")));
}
