//! What the portal may do, told from the person's own tokens.

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
