//! A key takes another's place while the portal is at work.

use std::sync::Arc;

use jiff::SignedDuration;
use server::keys::{KeyCommand, run};

use crate::support::{ADELE, World};

#[tokio::test]
async fn a_session_and_its_journal_outlive_their_key() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&["Global Reader, Directory"], "Before the change").await;
    let state = &world.portal.state;
    let command = async |command| run(command, &state.config, Arc::new(world.portal.clock.clone())).await;
    let rotated = command(KeyCommand::Rotate).await.expect("a new key");
    state.read_keys();
    let old_is_used = command(KeyCommand::List).await.expect("a list");
    assert!(old_is_used.lines().nth(1).is_some_and(|new| new.contains(" 0 rows  from ")), "{old_is_used}");

    world.wait(SignedDuration::from_mins(11));
    assert_eq!(browser.get("/history").await.status, 200);
    let early = command(KeyCommand::Retire).await.expect_err("a replica may still use the old one");
    assert!(early.to_string().contains("run this after"), "{early}");
    world.wait(SignedDuration::from_mins(10));
    let retired = command(KeyCommand::Retire).await.expect("the old one is gone");
    assert!(retired.contains("took 1 keys"), "{retired}");
    state.read_keys();
    let left = command(KeyCommand::List).await.expect("a list");
    assert_eq!(left.lines().count(), 1, "{left}");
    assert!(left.contains("in use") && rotated.contains(&left[..16]), "{left}");

    assert!(browser.get("/").await.text().contains("Adele Vance"), "she is still signed in");
    assert!(browser.get(&result.path).await.text().contains("Global Reader"), "and her journal is read");
}
