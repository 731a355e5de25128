//! Profiles: kept per person and tenant, keyed by what a role is, and never more than a selection when used.

use portal::profiles::edit::Direction;
use portal::profiles::{Defaults, LONGEST_NAME, MOST_PROFILES, MOST_ROLES, Profile, ProfileError};
use portal::selection::RowKey;
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
    let rename = world.portal.edit_profile(&adele(), id, "morning", Defaults::default()).await;
    assert_eq!(rename, Err(ProfileError::NameTaken));
    world.portal.edit_profile(&adele(), id, "Evening", Defaults::default()).await.unwrap();
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

async fn all(world: &World) -> Vec<Profile> {
    world.portal.profiles(&adele()).await.unwrap()
}

#[tokio::test]
async fn profiles_are_moved_and_the_ends_stay_ends() {
    let world = World::new();
    for name in ["A", "B", "C"] {
        saved(&world, &adele(), name).await.unwrap();
    }
    let ids: Vec<_> = all(&world).await.iter().map(|profile| profile.id).collect();
    let moves = [
        (2, Direction::Up, "ACB"),
        (0, Direction::Up, "ACB"),
        (0, Direction::Down, "CAB"),
        (1, Direction::Down, "CAB"),
    ];
    for (which, direction, expected) in moves {
        world.portal.move_profile(&adele(), ids[which], direction).await.unwrap();
        let names: String = all(&world).await.into_iter().map(|profile| profile.name).collect();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn a_profile_s_roles_and_defaults_are_edited_and_its_last_use_is_known() {
    let world = World::new();
    saved(&world, &adele(), "Morning").await.unwrap();
    let profile = all(&world).await.remove(0);
    assert_eq!(profile.last_used, None);

    let defaults = Defaults { justification: "Evening".into(), ..Defaults::default() };
    world.portal.edit_profile(&adele(), profile.id, "Morning", defaults).await.unwrap();
    let first = profile.roles[0].key();
    world.portal.remove_from_profile(&adele(), profile.id, &first).await.unwrap();
    let last = profile.roles[1].key();
    let emptied = world.portal.remove_from_profile(&adele(), profile.id, &last).await;
    assert_eq!(emptied, Err(ProfileError::Roles), "a profile without roles is none");

    let rows = vec![
        world.entra.offers("Writer", Some(lenient(60))),
        world.azure.offers("Reader", Some(lenient(60))),
    ];
    world.portal.forget(&adele()).await;
    let selection = world.portal.select(&adele(), rows).await.unwrap();
    world.portal.add_to_profile(&adele(), &selection, profile.id).await.unwrap();
    let used = world.portal.use_profile(&adele(), "Morning", None).await.unwrap();
    assert_eq!(used.selection.rows.len(), 2, "Reader was there already");
    assert_eq!(used.selection.fields.justification, "Evening");
    assert_eq!(all(&world).await[0].last_used, Some(world.clock_now()));
}

#[tokio::test]
async fn a_person_has_no_more_profiles_and_a_profile_no_more_roles_than_is_allowed() {
    let world = World::new();
    for count in 0..MOST_PROFILES {
        saved(&world, &adele(), &format!("Profile {count}")).await.unwrap();
    }
    assert_eq!(saved(&world, &adele(), "One more").await, Err(ProfileError::TooMany));
    assert_eq!(all(&world).await.len(), MOST_PROFILES);

    let offered = |count: usize| -> Vec<RowKey> {
        (0..count).map(|role| world.entra.offers(&format!("Role {role}"), Some(lenient(60)))).collect()
    };
    let profile = all(&world).await.remove(0);
    let rows = offered(MOST_ROLES + 1);
    world.portal.forget(&adele()).await;
    let many = world.portal.select(&adele(), rows.clone()).await.unwrap();
    assert_eq!(world.portal.add_to_profile(&adele(), &many, profile.id).await, Err(ProfileError::Roles));
    world.portal.delete_profile(&adele(), profile.id).await.unwrap();
    assert_eq!(world.portal.save_profile(&adele(), &many, "Full").await.err(), Some(ProfileError::Roles));
    let full = world.portal.select(&adele(), rows[..MOST_ROLES].to_vec()).await.unwrap();
    world.portal.save_profile(&adele(), &full, "Full").await.unwrap();
    let id = all(&world).await.last().unwrap().id;
    let one = world.portal.select(&adele(), rows[MOST_ROLES..].to_vec()).await.unwrap();
    assert_eq!(world.portal.add_to_profile(&adele(), &one, id).await, Err(ProfileError::Roles));
}
