//! Browser sessions on top of the records.

use std::collections::HashMap;
use std::sync::Arc;

use super::Home;
use crate::common::{clock, open, start};
use jiff::SignedDuration;
use store::sessions::Sessions;
use store::{KeyRing, Store};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

fn record(minutes: i64) -> Record {
    let expiry_date = OffsetDateTime::from_unix_timestamp(start().as_second() + minutes * 60).unwrap();
    let data = HashMap::from([("person".to_owned(), serde_json::json!({"name": "Adele"}))]);
    Record { id: Id::default(), data, expiry_date }
}

#[tokio::test]
async fn a_session_is_created_saved_loaded_and_deleted() {
    let home = Home::new().await;
    let sessions = Sessions::new(Arc::new(open(home.url(), KeyRing::ephemeral()).await));
    let mut session = record(30);
    sessions.create(&mut session).await.unwrap();
    assert_eq!(sessions.load(&session.id).await.unwrap().as_ref(), Some(&session));

    session.data.insert("more".to_owned(), 1.into());
    session.expiry_date += time::Duration::minutes(10);
    sessions.save(&session).await.unwrap();
    assert_eq!(sessions.load(&session.id).await.unwrap().as_ref(), Some(&session));

    sessions.delete(&session.id).await.unwrap();
    assert_eq!(sessions.load(&session.id).await.unwrap(), None);
    assert_eq!(sessions.load(&Id::default()).await.unwrap(), None);
}

#[tokio::test]
async fn an_id_that_is_taken_is_not_overwritten() {
    let home = Home::new().await;
    let sessions = Sessions::new(Arc::new(open(home.url(), KeyRing::ephemeral()).await));
    let (mut first, mut second) = (record(30), record(60));
    sessions.create(&mut first).await.unwrap();
    second.id = first.id;
    sessions.create(&mut second).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(sessions.load(&first.id).await.unwrap(), Some(first));
    assert_eq!(sessions.load(&second.id).await.unwrap(), Some(second));
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_is_not_brought_back_by_a_late_save() {
    let clock = clock();
    let home = Home::new().await;
    let store = Store::open(home.url(), KeyRing::ephemeral(), Arc::new(clock.clone())).await.unwrap();
    let sessions = Sessions::new(Arc::new(store));
    let (mut signed_out, mut expired) = (record(120), record(30));
    sessions.create(&mut signed_out).await.unwrap();
    sessions.create(&mut expired).await.unwrap();

    sessions.delete(&signed_out.id).await.unwrap();
    sessions.save(&signed_out).await.unwrap();
    assert_eq!(sessions.load(&signed_out.id).await.unwrap(), None);

    clock.advance(SignedDuration::from_mins(30));
    expired.expiry_date += time::Duration::hours(1);
    sessions.save(&expired).await.unwrap();
    assert_eq!(sessions.load(&expired.id).await.unwrap(), None);
}
