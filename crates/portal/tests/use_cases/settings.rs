//! Settings: one person's own, there at once after they were saved, and what a selection begins with.

use pim::records::{RecordKind, Records};
use portal::selection::Wanted;
use portal::settings::{Settings, Theme};

use crate::world::{World, adele, lenient, minutes, session};

fn dark() -> Settings {
    Settings { theme: Theme::Dark, duration: Wanted::For(minutes(45)), notify: true, ..Settings::default() }
}

#[tokio::test]
async fn what_was_saved_is_there_at_once_for_that_person_in_that_tenant_alone() {
    let world = World::new();
    assert_eq!(world.portal.settings(&adele()).await, Ok(Settings::default()));
    world.portal.save_settings(&adele(), &dark()).await.unwrap();
    assert_eq!(world.portal.settings(&adele()).await, Ok(dark()));
    assert_eq!(world.replica().settings(&adele()).await, Ok(dark()), "another process reads the same");
    for stranger in [session(1, 2), session(2, 1)] {
        assert_eq!(world.portal.settings(&stranger).await, Ok(Settings::default()));
    }
}

#[tokio::test]
async fn a_new_selection_is_for_as_long_as_the_person_usually_wants() {
    let world = World::new();
    let row = world.entra.offers("Reader", Some(lenient(30)));
    world.portal.save_settings(&adele(), &dark()).await.unwrap();
    let selection = world.portal.select(&adele(), vec![row]).await.unwrap();
    assert_eq!(selection.fields.wanted, Wanted::For(minutes(45)));
    let plan = world.portal.plan(&adele(), &selection).await;
    assert_eq!((plan.lines[0].duration, plan.lines[0].shortened_from), (minutes(30), Some(minutes(45))));
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_an_error_that_nobody_has_to_see() {
    let world = World::new();
    let key = format!("{}/{}", adele().caller.tenant, adele().caller.principal);
    let expires = world.clock_now().checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
    world.records.put(RecordKind::Settings, &key, b"{", expires).await.unwrap();
    assert!(world.portal.settings(&adele()).await.is_err());
    assert_eq!(world.portal.settings_or_default(&adele()).await, Settings::default());
    let row = world.entra.offers("Reader", Some(lenient(30)));
    assert!(world.portal.select(&adele(), vec![row]).await.is_ok(), "it keeps nobody from activating");
}
