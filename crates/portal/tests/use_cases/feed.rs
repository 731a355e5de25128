//! What open pages are told.

use std::time::Duration;

use jiff::SignedDuration;
use pim::journal::{Journal, Operation, OperationState as State, Sequence};
use portal::feed::Feed;
use portal::selection::RowKey;
use tokio::time::timeout;

use crate::support::Answer;
use crate::world::{World, lenient, session, settle, typed};

/// Longer than a page waits before it asks what another portal wrote.
const LONG: Duration = Duration::from_secs(30);

fn offer(world: &World, names: &[&str]) -> Vec<RowKey> {
    names.iter().map(|name| world.entra.offers(name, Some(lenient(60)))).collect()
}

/// What is told until nothing more comes, in order.
async fn told(feed: &mut Feed) -> Vec<(Sequence, Operation)> {
    let mut all = Vec::new();
    while let Ok(changes) = timeout(LONG, feed.next()).await {
        let changes = changes.unwrap();
        assert!(!changes.is_empty(), "told without news");
        all.extend(changes);
    }
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "out of order");
    all
}

async fn everything(world: &World) -> Vec<(Sequence, Operation)> {
    let caller = world.adele().caller;
    world.journal.changes(caller.tenant, caller.principal, 0, usize::MAX).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_page_is_told_what_changes_after_it_was_drawn_and_nothing_twice() {
    let world = World::new();
    let rows = offer(&world, &["before", "after"]);
    world.confirm(vec![rows[0].clone()], typed(30, "patching")).await;
    let mut feed = world.portal.feed(&world.adele(), None).await.unwrap();
    assert!(timeout(LONG, feed.next()).await.is_err(), "nothing has changed");

    world.entra.state().answers.push_back(Answer::Accepted("PendingApproval"));
    let batch = world.confirm(vec![rows[1].clone()], typed(30, "patching")).await;
    let news = told(&mut feed).await;
    let states: Vec<_> = news.iter().map(|(_, one)| (one.batch, one.state)).collect();
    assert_eq!(states, [(batch, State::PendingApproval)]);

    world.entra.state().status = Some("Denied");
    world.track(batch).await;
    let news = told(&mut feed).await;
    assert_eq!(news.iter().map(|(_, one)| one.state).collect::<Vec<_>>(), [State::Denied]);
    world.track(batch).await;
    assert_eq!(told(&mut feed).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_back_is_told_what_it_missed_from_any_place() {
    let world = World::new();
    let rows = offer(&world, &["one", "two", "three"]);
    for row in rows {
        world.confirm(vec![row], typed(30, "patching")).await;
    }
    let all = everything(&world).await;
    assert_eq!(all.len(), 3);
    for after in 0..=all.last().unwrap().0 {
        let mut feed = world.portal.feed(&world.adele(), Some(after)).await.unwrap();
        let missed: Vec<_> = all.iter().filter(|(sequence, _)| *sequence > after).cloned().collect();
        assert_eq!(told(&mut feed).await, missed, "after {after}");
    }
    // A place that the journal has not come to yet: another store, or a mistaken page. Nothing is told, and nothing breaks.
    let mut feed = world.portal.feed(&world.adele(), Some(Sequence::MAX)).await.unwrap();
    assert!(timeout(LONG, feed.next()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn many_changes_come_in_several_parts_and_none_is_left_out() {
    let world = World::new();
    // More than are told at once.
    for part in 0..3 {
        let names: Vec<String> = (0..150).map(|number| format!("{part}-{number}")).collect();
        let rows = offer(&world, &names.iter().map(String::as_str).collect::<Vec<_>>());
        world.portal.forget(&world.adele()).await;
        world.confirm(rows, typed(30, "patching")).await;
    }
    let mut feed = world.portal.feed(&world.adele(), Some(0)).await.unwrap();
    let first = feed.next().await.unwrap();
    assert!(first.len() < 450, "a page is not flooded");
    let mut all = first;
    all.extend(told(&mut feed).await);
    assert_eq!(all, everything(&world).await);
    assert_eq!(all.len(), 450);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_missed_between_the_look_and_the_listening() {
    for steps in 0..30 {
        let world = World::new();
        let rows = offer(&world, &["reader"]);
        world.entra.state().answers.push_back(Answer::Accepted("PendingApproval"));
        let after =
            world.journal.latest(world.adele().caller.tenant, world.adele().caller.principal).await.unwrap();
        let listening = async {
            for _ in 0..steps {
                tokio::task::yield_now().await;
            }
            let mut feed = world.portal.feed(&world.adele(), Some(after)).await.unwrap();
            let mut last = None;
            while last != Some(State::PendingApproval) {
                // Rung, not asked for: the clock of this test does not have to move.
                let news = timeout(Duration::from_millis(1), feed.next()).await;
                last = news.expect("missed").unwrap().last().map(|(_, one)| one.state);
            }
        };
        let (batch, ()) = tokio::join!(world.confirm(rows, typed(30, "patching")), listening);
        assert_eq!(world.states(batch).await, [State::PendingApproval], "{steps} steps");
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_portal_wrote_is_told_after_some_seconds() {
    let world = World::new();
    let rows = offer(&world, &["reader"]);
    let other = world.replica();
    let mut feed = other.feed(&world.adele(), None).await.unwrap();
    let waiting = tokio::spawn(async move { feed.next().await.unwrap() });
    settle().await;
    let batch = world.confirm(rows, typed(30, "patching")).await;
    let news = timeout(Duration::from_secs(4), waiting).await.expect("never told").unwrap();
    assert_eq!(news.iter().map(|(_, one)| one.batch).collect::<Vec<_>>(), [batch]);
}

#[tokio::test(start_paused = true)]
async fn what_other_people_do_is_not_told() {
    let world = World::new();
    let rows = offer(&world, &["reader"]);
    let mut feeds = Vec::new();
    for stranger in [session(1, 9), session(9, 1)] {
        feeds.push(world.portal.feed(&stranger, Some(0)).await.unwrap());
        feeds.push(world.portal.feed(&stranger, None).await.unwrap());
    }
    let batch = world.confirm(rows, typed(30, "patching")).await;
    for feed in &mut feeds {
        assert_eq!(told(feed).await, []);
    }
    // And a stranger who does something is told of that alone.
    let stranger = session(1, 9);
    let row = world.azure.offers("owner", Some(lenient(60)));
    let selection = world.portal.select(&stranger, vec![row]).await.unwrap().id;
    world.portal.confirm(&stranger, selection, typed(30, "patching")).await.unwrap();
    let news = told(&mut feeds[0]).await;
    assert!(!news.is_empty() && news.iter().all(|(_, one)| one.batch != batch));
    assert!(news.iter().all(|(_, one)| one.principal == stranger.caller.principal));
}

#[tokio::test(start_paused = true)]
async fn a_look_without_news_is_not_told() {
    let world = World::new();
    let rows = offer(&world, &["reader"]);
    world.entra.state().answers.push_back(Answer::Accepted("PendingApproval"));
    let batch = world.confirm(rows, typed(30, "patching")).await;
    let mut feed = world.portal.feed(&world.adele(), None).await.unwrap();
    world.entra.state().status = Some("PendingApproval");
    for _ in 0..5 {
        world.watch_after(SignedDuration::from_mins(2)).await;
    }
    assert!(world.operations(batch).await[0].looks >= 5);
    assert_eq!(told(&mut feed).await, []);
}
