//! Profiles: kept per person and tenant, keyed by what a role is, and never more than a selection when used.

use portal::profiles::{LONGEST_NAME, ProfileError};
use portal::{PortalError, Session};

use crate::world::{World, adele, lenient, session, typed};

async fn saved(world: &World, who: &Session, name: &str) -> Result<(), ProfileError> {
    let rows = [&world.entra, &world.azure].map(|plane| plane.offers("Reader", Some(lenient(60)))).to_vec();
    let selection = world.portal.select(who, rows).await.unwrap();
    let selection = world.portal.keep_fields(who, selection.id, typed(30, "Morning")).await.unwrap();
    world.portal.save_profile(who, &selection, name).await.map(drop)
}

#[tokio::test]
async fn a_profile_becomes_a_filled_selection_under_its_name_or_id_and_sends_nothing() {
    let world = World::new();
    saved(&world, &adele(), " Morning ").await.unwrap();
    let id = world.portal.profiles(&adele()).await.unwrap()[0].id.to_string();
    for (asked, reason, expected) in [("mORNING", None, "Morning"), (&*id, Some("Night"), "Night")] {
        let used = world.portal.use_profile(&adele(), asked, reason).await.unwrap();
        assert_eq!((used.selection.rows.len(), used.missing.len(), used.unread.len()), (2, 0, 0));
        assert_eq!(used.selection.fields.justification, expected);
        assert_eq!(used.selection.fields.wanted, typed(30, "").wanted);
    }
    assert_eq!(world.entra.calls("submit") + world.azure.calls("submit"), 0);
}

#[tokio::test]
async fn a_renewed_eligibility_is_found_again_a_lost_one_named_and_an_unread_plane_is_not_called_lost() {
    let world = World::new();
    saved(&world, &adele(), "Morning").await.unwrap();
    world.entra.state().eligibilities[0].id = "renewed".into();
    world.azure.state().eligibilities.clear();
    world.portal.forget(&adele()).await;
    let used = world.portal.use_profile(&adele(), "Morning", None).await.unwrap();
    assert_eq!(used.selection.rows[0].row, "renewed");
    assert_eq!(used.missing[0].target, world.azure.target("Reader"));
    assert!(used.unread.is_empty());

    world.azure.state().failing.insert("eligibilities");
    world.portal.forget(&adele()).await;
    let used = world.portal.use_profile(&adele(), "Morning", None).await.unwrap();
    assert!(used.missing.is_empty());
    assert_eq!(used.unread, ["azure".into()]);
}

#[tokio::test]
async fn names_are_bounded_and_unique_whatever_the_case() {
    let world = World::new();
    saved(&world, &adele(), "Morning").await.unwrap();
    assert_eq!(saved(&world, &adele(), "MORNING").await, Err(ProfileError::NameTaken));
    assert_eq!(saved(&world, &adele(), "  ").await, Err(ProfileError::NoName));
    assert_eq!(saved(&world, &adele(), &"é".repeat(LONGEST_NAME + 1)).await, Err(ProfileError::NameTooLong));
    saved(&world, &adele(), &"é".repeat(LONGEST_NAME)).await.unwrap();
    let id = world.portal.profiles(&adele()).await.unwrap()[1].id;
    let rename = world.portal.rename_profile(&adele(), id, "morning").await;
    assert_eq!(rename, Err(ProfileError::NameTaken));
    world.portal.rename_profile(&adele(), id, "Evening").await.unwrap();
    world.portal.delete_profile(&adele(), id).await.unwrap();
    assert_eq!(world.portal.profiles(&adele()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn profiles_belong_to_one_person_in_one_tenant() {
    let world = World::new();
    saved(&world, &adele(), "Morning").await.unwrap();
    for stranger in [session(1, 2), session(2, 1)] {
        assert!(world.portal.profiles(&stranger).await.unwrap().is_empty());
        let used = world.portal.use_profile(&stranger, "Morning", None).await;
        assert_eq!(used.err(), Some(ProfileError::NotFound));
    }
    for plane in [&world.entra, &world.azure] {
        plane.state().eligibilities.clear();
    }
    world.portal.forget(&adele()).await;
    let used = world.portal.use_profile(&adele(), "Morning", None).await;
    assert_eq!(used.err(), Some(ProfileError::Portal(PortalError::NotEligible)));
}
