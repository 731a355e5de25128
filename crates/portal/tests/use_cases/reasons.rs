//! Reasons and templates: kept for one person in one tenant, used again, and forgotten when they say so.

use portal::reasons::{LONGEST_NAME, MOST_RECENT, MOST_TEMPLATES, Reasons, TemplateError};
use portal::selection::{Fields, Own};

use crate::world::{World, adele, lenient, session, typed};

async fn kept(world: &World) -> Reasons {
    world.portal.reasons(&adele()).await.unwrap()
}

async fn confirm(world: &World, name: &str, reason: &str) {
    let row = world.entra.offers(name, Some(lenient(60)));
    world.portal.forget(&world.adele()).await;
    world.confirm(vec![row], typed(30, reason)).await;
}

#[tokio::test]
async fn the_last_ten_different_reasons_of_confirmations_are_remembered() {
    let world = World::new();
    for count in 0..=MOST_RECENT {
        confirm(&world, &format!("Role {count}"), &format!("Reason {count}")).await;
    }
    confirm(&world, "Another", " Reason 5 ").await;
    let recent = kept(&world).await.recent;
    assert_eq!(recent.len(), MOST_RECENT);
    assert_eq!(recent[..2], ["Reason 5", "Reason 10"]);
    assert_eq!(recent.iter().filter(|text| *text == "Reason 5").count(), 1);
    assert!(!recent.contains(&"Reason 0".to_owned()), "the oldest is forgotten");
    let stranger = world.portal.reasons(&session(1, 2)).await.unwrap();
    assert!(stranger.is_empty(), "they are nobody else's");
}

#[tokio::test]
async fn a_reason_for_one_role_is_remembered_and_one_that_was_not_confirmed_is_not() {
    let world = World::new();
    let rows: Vec<_> = ["One", "Two"].map(|name| world.entra.offers(name, Some(lenient(60)))).into();
    let selection = world.portal.select(&adele(), rows.clone()).await.unwrap();
    world.portal.keep_fields(&adele(), selection.id, typed(30, "Only thought of")).await.unwrap();
    assert!(kept(&world).await.is_empty());
    let own = Own { justification: Some("Only here".into()), ..Own::default() };
    world
        .confirm_selection(selection.id, Fields { own: vec![(rows[1].clone(), own)], ..typed(30, "For all") })
        .await;
    assert_eq!(kept(&world).await.recent, ["For all", "Only here"]);
}

#[tokio::test]
async fn reasons_are_forgotten_one_by_one_or_all_and_templates_stay() {
    let world = World::new();
    confirm(&world, "One", "First").await;
    confirm(&world, "Two", "Second\r\nline").await;
    confirm(&world, "Three", "Third").await;
    world.portal.save_template(&adele(), "Patch day", "Monthly patches").await.unwrap();
    world.portal.forget_reason(&adele(), "Second\r\nline").await.unwrap();
    assert_eq!(kept(&world).await.recent, ["Third", "First"]);
    world.portal.forget_reasons(&adele()).await.unwrap();
    let Reasons { recent, templates } = kept(&world).await;
    assert!(recent.is_empty());
    assert_eq!((&*templates[0].name, &*templates[0].text), ("Patch day", "Monthly patches"));
}

#[tokio::test]
async fn templates_are_bounded_and_one_name_means_one_template() {
    let world = World::new();
    let save = async |name: &str, text: &str| world.portal.save_template(&adele(), name, text).await;
    assert_eq!(save(" ", "Text").await, Err(TemplateError::NoName));
    assert_eq!(save("Name", " ").await, Err(TemplateError::Text));
    assert_eq!(save("Name", &"é".repeat(501)).await, Err(TemplateError::Text));
    assert_eq!(save(&"é".repeat(LONGEST_NAME + 1), "Text").await, Err(TemplateError::NameTooLong));
    for count in 0..MOST_TEMPLATES {
        save(&format!("Template {count}"), "Text").await.unwrap();
    }
    assert_eq!(save("One more", "Text").await, Err(TemplateError::TooMany));
    save("TEMPLATE 3", "Other text").await.unwrap();
    assert_eq!(kept(&world).await.templates[3].text, "Other text");
    world.portal.delete_template(&adele(), "template 3").await.unwrap();
    assert_eq!(kept(&world).await.templates.len(), MOST_TEMPLATES - 1);
}
