//! Records through the port: round trips, expiry, single use, compare-and-swap, and what the database file gives away.

use std::sync::Arc;
use std::time::Duration;

use super::{Home, journal};
use crate::common::{clock, open, start};
use jiff::SignedDuration;
use pim::journal::Journal as _;
use pim::records::{RecordKind, Records};
use store::{KeyRing, OpenError, Store};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn later(by: SignedDuration) -> jiff::Timestamp {
    start().saturating_add(by).unwrap()
}

#[tokio::test]
async fn a_record_comes_back_as_it_was_put_and_only_under_its_kind_and_key() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    store.put(RecordKind::Session, "key", b"content", later(HOUR)).await.unwrap();
    let record = store.get(RecordKind::Session, "key").await.unwrap().unwrap();
    assert_eq!(
        (record.content.as_slice(), record.version, record.expires),
        (&b"content"[..], 1, later(HOUR))
    );
    for kind in [
        RecordKind::SignInFlow,
        RecordKind::Tokens,
        RecordKind::Selection,
        RecordKind::Profiles,
        RecordKind::Reasons,
    ] {
        assert!(store.get(kind, "key").await.unwrap().is_none(), "{kind:?}");
    }
    assert!(store.get(RecordKind::Session, "other").await.unwrap().is_none());

    store.put(RecordKind::Session, "key", b"again", later(HOUR)).await.unwrap();
    let record = store.get(RecordKind::Session, "key").await.unwrap().unwrap();
    assert_eq!((record.content.as_slice(), record.version), (&b"again"[..], 2));

    assert!(store.replace(RecordKind::Profiles, "key", 0, b"for good", later(HOUR * 876_000)).await.unwrap());
    assert!(store.get(RecordKind::Profiles, "key").await.unwrap().is_some(), "a century is kept");

    store.delete(RecordKind::Session, "key").await.unwrap();
    assert!(store.get(RecordKind::Session, "key").await.unwrap().is_none());
}

#[tokio::test]
async fn an_expired_record_is_gone_for_every_operation() {
    let clock = clock();
    let home = Home::new().await;
    let store = Store::open(home.url(), KeyRing::ephemeral(), Arc::new(clock.clone())).await.unwrap();
    for key in ["get", "take", "replace", "recreate"] {
        store.put(RecordKind::SignInFlow, key, b"old", later(HOUR)).await.unwrap();
    }
    store.put(RecordKind::SignInFlow, "lasting", b"old", later(HOUR * 3)).await.unwrap();

    clock.advance(HOUR - SignedDuration::from_micros(1));
    assert!(store.get(RecordKind::SignInFlow, "get").await.unwrap().is_some(), "gone too early");
    clock.advance(SignedDuration::from_micros(1));

    assert!(store.get(RecordKind::SignInFlow, "get").await.unwrap().is_none());
    assert!(store.take(RecordKind::SignInFlow, "take").await.unwrap().is_none());
    let expires = later(HOUR * 3);
    assert!(!store.replace(RecordKind::SignInFlow, "replace", 1, b"new", expires).await.unwrap());
    assert!(store.replace(RecordKind::SignInFlow, "recreate", 0, b"new", expires).await.unwrap());
    let recreated = store.get(RecordKind::SignInFlow, "recreate").await.unwrap().unwrap();
    assert_eq!((recreated.content.as_slice(), recreated.version), (&b"new"[..], 1));

    assert_eq!(store.purge().await.unwrap(), 2, "get and replace were left over");
    assert!(store.get(RecordKind::SignInFlow, "lasting").await.unwrap().is_some());
}

#[tokio::test]
async fn of_many_takers_exactly_one_gets_it() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    for round in 0..5 {
        let key = format!("key {round}");
        store.put(RecordKind::SignInFlow, &key, b"once", later(HOUR)).await.unwrap();
        let takers = (0..16).map(|_| {
            let (store, key) = (store.clone(), key.clone());
            tokio::spawn(async move { store.take(RecordKind::SignInFlow, &key).await.unwrap() })
        });
        let taken = futures::future::join_all(takers).await;
        assert_eq!(taken.into_iter().filter(|taken| taken.as_ref().unwrap().is_some()).count(), 1);
    }
}

#[tokio::test]
async fn of_many_replacers_of_one_version_exactly_one_wins() {
    let home = Home::new().await;
    let (one, other) = {
        let keys = home.keys(&[[1; 32]]);
        let same = home.keys(&[[1; 32]]);
        (open(home.url(), keys).await, open(home.url(), same).await)
    };
    assert!(one.replace(RecordKind::Tokens, "vault", 0, b"0", later(HOUR)).await.unwrap());
    assert!(!other.replace(RecordKind::Tokens, "vault", 0, b"x", later(HOUR)).await.unwrap(), "0 is none");
    let replacers = (0..16_u8).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move {
            let won = store.replace(RecordKind::Tokens, "vault", 1, &[number], later(HOUR)).await.unwrap();
            won.then_some(number)
        })
    });
    let winners: Vec<u8> =
        futures::future::join_all(replacers).await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(winners.len(), 1);
    let record = one.get(RecordKind::Tokens, "vault").await.unwrap().unwrap();
    assert_eq!((record.content, record.version), (winners, 2));
    assert!(!one.replace(RecordKind::Tokens, "absent", 1, b"x", later(HOUR)).await.unwrap());
}

#[tokio::test]
async fn another_key_is_refused_and_a_rotated_one_reads_everything() {
    let home = Home::new().await;
    let url = home.url();
    let (old, new) = ([1; 32], [2; 32]);
    let first = open(url, home.keys(&[old])).await;
    first.put(RecordKind::Tokens, "vault", b"content", later(HOUR)).await.unwrap();
    let lost = first.key_use().await.unwrap().remove(0).id;
    first.close().await;

    let refused = Store::open(url, home.keys(&[new]), Arc::new(clock())).await.unwrap_err();
    assert!(matches!(&refused, OpenError::LostKeys(keys) if *keys == [lost.clone()]), "{refused}");
    assert!(refused.to_string().contains("key file"), "{refused}");

    let rotated = open(url, home.keys(&[new, old])).await;
    let record = rotated.get(RecordKind::Tokens, "vault").await.unwrap().unwrap();
    assert_eq!(record.content, b"content");
    assert!(
        rotated.replace(RecordKind::Tokens, "vault", record.version, b"newer", later(HOUR)).await.unwrap()
    );
    rotated.close().await;

    let only_new = open(url, home.keys(&[new])).await;
    let record = only_new.get(RecordKind::Tokens, "vault").await.unwrap().unwrap();
    assert_eq!(record.content, b"newer", "what is written is sealed with the current key");
}

#[tokio::test]
async fn what_an_older_key_sealed_is_sealed_anew_and_still_the_same() {
    let home = Home::new().await;
    let url = home.url();
    let (old, new) = ([1; 32], [2; 32]);
    let store = open(url, home.keys(&[old])).await;
    for name in ["one", "two", "three"] {
        store.put(RecordKind::Settings, name, name.as_bytes(), later(HOUR)).await.unwrap();
    }
    let operation = journal::stored(&store).await;
    store.use_keys(home.keys(&[new, old]));
    store.put(RecordKind::Settings, "four", b"four", later(HOUR)).await.unwrap();
    let rows = async || -> Vec<u64> {
        let mut rows: Vec<_> = store.key_use().await.unwrap().iter().map(|used| used.rows).collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(rows().await, [1, 4]);
    assert_eq!(store.reseal().await.unwrap(), (4, 0));
    assert_eq!(rows().await, [5]);
    assert_eq!(store.reseal().await.unwrap(), (0, 0));

    store.use_keys(home.keys(&[new]));
    for name in ["one", "two", "three", "four"] {
        let record = store.get(RecordKind::Settings, name).await.unwrap().unwrap();
        assert_eq!((record.content.as_slice(), record.version), (name.as_bytes(), 1));
    }
    let batch = store.batch(operation.tenant, operation.principal, operation.batch).await.unwrap();
    assert_eq!(batch, [operation]);
}

#[tokio::test]
async fn what_no_key_opens_is_forgotten_on_demand_and_nothing_else() {
    let home = Home::new().await;
    let url = home.url();
    let (lost, known) = ([1; 32], [2; 32]);
    let store = open(url, home.keys(&[lost])).await;
    store.put(RecordKind::Settings, "lost", b"x", later(HOUR)).await.unwrap();
    journal::stored(&store).await;
    store.use_keys(home.keys(&[known, lost]));
    store.put(RecordKind::Settings, "kept", b"y", later(HOUR)).await.unwrap();
    store.close().await;

    let store = Store::open_in_part(url, None, home.keys(&[known]), Arc::new(clock())).await.unwrap();
    assert!(store.get(RecordKind::Settings, "lost").await.unwrap().is_none());
    assert_eq!(store.forget_lost().await.unwrap(), 2);
    assert!(store.get(RecordKind::Settings, "kept").await.unwrap().is_some());
    store.close().await;
    open(url, home.keys(&[known])).await.close().await;
}

#[tokio::test]
async fn a_row_that_was_changed_or_moved_reads_as_absent() {
    // Each statement is what somebody with the database, but without the key, could do to it.
    for tampering in [
        "UPDATE records SET payload = ZEROS WHERE kind = 'session'",
        "UPDATE records SET payload = substr(payload, 1, length(payload) - 1) WHERE kind = 'session'",
        "UPDATE records SET expires_at = expires_at + 1 WHERE kind = 'session'",
        // Another row's payload, of the same kind and expiry.
        "UPDATE records SET payload = (SELECT payload FROM records WHERE kind = 'session' ORDER BY key_hash DESC LIMIT 1) \
         WHERE kind = 'session'",
        "UPDATE records SET payload = (SELECT payload FROM records WHERE kind = 'session' ORDER BY key_hash LIMIT 1) \
         WHERE kind = 'session'",
        // The same key under another kind.
        "UPDATE records SET payload = (SELECT payload FROM records WHERE kind = 'tokens') WHERE kind = 'session'",
    ] {
        let home = Home::new().await;
        let store = open(home.url(), KeyRing::ephemeral()).await;
        for key in ["mine", "yours"] {
            store.put(RecordKind::Session, key, key.as_bytes(), later(HOUR)).await.unwrap();
        }
        store.put(RecordKind::Tokens, "mine", b"tokens", later(HOUR)).await.unwrap();
        home.execute(tampering).await;

        let mut readable = 0;
        for key in ["mine", "yours"] {
            if let Some(record) = store.get(RecordKind::Session, key).await.unwrap() {
                assert_eq!(record.content, key.as_bytes(), "{tampering}");
                readable += 1;
            }
        }
        // Where one row's payload was copied over both, that row itself is unchanged.
        let untouched = usize::from(tampering.contains("ORDER BY"));
        assert_eq!(readable, untouched, "{tampering}");
        assert!(store.get(RecordKind::Tokens, "mine").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn the_database_file_gives_away_neither_content_nor_key() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let (key, content) = ("canary-key-7f3a9c", "canary-content-b81d20");
    store.put(RecordKind::Tokens, key, content.as_bytes(), later(HOUR)).await.unwrap();
    store.close().await;
    let raw = home.raw().await;
    assert!(raw.windows(6).any(|window| window == b"tokens"), "the files hold what was written");
    for canary in [key, content] {
        assert!(!raw.windows(canary.len()).any(|window| window == canary.as_bytes()), "{canary}");
    }
}

#[tokio::test]
async fn a_caller_that_stops_asking_keeps_nobody_waiting_and_what_it_began_is_made() {
    let home = Home::new().await;
    let store = open(home.url(), home.keys(&[[1; 32]])).await;
    let keys: Vec<String> = (0..12).map(|n| n.to_string()).collect();
    let mut begun: Vec<_> =
        keys.iter().map(|key| store.put(RecordKind::Settings, key, b"begun", later(HOUR))).collect();
    // Asked once, as by a page that is being sent, and not again.
    for call in &mut begun {
        assert!(futures::poll!(call).is_pending());
    }
    let other = store.put(RecordKind::Settings, "other", b"made", later(HOUR));
    tokio::time::timeout(Duration::from_secs(10), other).await.expect("nobody else is waited for").unwrap();
    drop(begun);
    for key in &keys {
        let made = async {
            while store.get(RecordKind::Settings, key).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), made).await.expect("what was begun is made");
    }
}
