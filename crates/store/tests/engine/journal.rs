//! The journal through the port: order, ownership, compare-and-swap, and that a changed row is an error rather than a gap.

use crate::common::{self, folder_url, open, start};
use jiff::{SignedDuration, Timestamp};
use pim::draft::Draft;
use pim::duration::ActivationDuration;
use pim::ids::{BatchId, OperationId, PrincipalId, RequestId, TenantId};
use pim::journal::{Intent, Journal, Operation, OperationState as S};
use pim::target::{Names, Target};
use store::KeyRing;
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const ADELE: PrincipalId = PrincipalId(Uuid::from_u128(2));
const ALEX: PrincipalId = PrincipalId(Uuid::from_u128(3));

fn at(minutes: i64) -> Timestamp {
    start().saturating_add(SignedDuration::from_mins(minutes)).unwrap()
}

fn operation(principal: PrincipalId, batch: BatchId, minutes: i64) -> Operation {
    Operation {
        id: OperationId::random(),
        batch,
        tenant: TENANT,
        principal,
        intent: Intent::Activate(Draft {
            target: Target { plane: "entra".into(), role: "role".into(), scope: "/".into() },
            start: at(minutes),
            duration: ActivationDuration::from_minutes(60).unwrap(),
            justification: "canary-justification-5e1f".to_owned(),
            ticket: None,
            eligibility_schedule: None,
            condition: None,
        }),
        names: Names { title: "Reader".to_owned(), place: "Directory".to_owned() },
        request_id: RequestId::from("request"),
        state: S::Prepared,
        refusal: None,
        correlation_id: None,
        created: at(minutes),
        updated: at(minutes),
    }
}

fn moved(operation: &Operation, state: S, minutes: i64) -> Operation {
    Operation { state, updated: at(minutes), ..operation.clone() }
}

#[tokio::test]
async fn a_batch_keeps_the_order_it_was_appended_in() {
    let store = open("sqlite::memory:", KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    // Times run against the order, ids are random: neither may decide.
    let mut operations: Vec<_> = (0..20).map(|number| operation(ADELE, batch, -number)).collect();
    store.append(&operations[..15]).await.unwrap();
    store.append(&[operation(ADELE, BatchId::random(), 0)]).await.unwrap();
    store.append(&operations[15..]).await.unwrap();
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), operations);

    operations[3] = moved(&operations[3], S::Sending, 5);
    assert!(store.advance(&operations[3], S::Prepared).await.unwrap());
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), operations, "an advance keeps the place");
}

#[tokio::test]
async fn a_batch_is_its_owners_alone() {
    let store = open("sqlite::memory:", KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let mine = operation(ADELE, batch, 0);
    store.append(std::slice::from_ref(&mine)).await.unwrap();

    assert_eq!(store.batch(TENANT, ALEX, batch).await.unwrap(), []);
    assert_eq!(store.batch(TenantId(Uuid::from_u128(9)), ADELE, batch).await.unwrap(), []);
    assert_eq!(store.recent(TENANT, ALEX, at(-60)).await.unwrap(), []);

    // Somebody else's operation neither joins the batch, nor comes with one that mixes owners.
    store.append(&[operation(ALEX, batch, 0)]).await.unwrap_err();
    let mixed = BatchId::random();
    store.append(&[operation(ALEX, mixed, 0), operation(ADELE, mixed, 0)]).await.unwrap_err();
    assert_eq!(store.batch(TENANT, ALEX, mixed).await.unwrap(), [], "all or none");
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), std::slice::from_ref(&mine));

    // An operation with the same id under another name does not overwrite it.
    let posing = Operation { principal: ALEX, ..moved(&mine, S::Sending, 1) };
    assert!(!store.advance(&posing, S::Prepared).await.unwrap());
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), [mine]);
}

#[tokio::test]
async fn an_id_that_exists_appends_nothing_at_all() {
    let store = open("sqlite::memory:", KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let first = operation(ADELE, batch, 0);
    store.append(std::slice::from_ref(&first)).await.unwrap();
    store.append(&[operation(ADELE, batch, 1), first.clone()]).await.unwrap_err();
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), [first]);
}

#[tokio::test]
async fn of_many_advances_from_one_state_exactly_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder_url(&folder), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let prepared = operation(ADELE, batch, 0);
    store.append(std::slice::from_ref(&prepared)).await.unwrap();
    let senders = (0..16).map(|number| {
        let (store, sending) = (store.clone(), moved(&prepared, S::Sending, number));
        tokio::spawn(async move { store.advance(&sending, S::Prepared).await.unwrap() })
    });
    let won = futures::future::join_all(senders).await;
    assert_eq!(won.into_iter().filter(|won| *won.as_ref().unwrap()).count(), 1);
    let stored = store.batch(TENANT, ADELE, batch).await.unwrap();
    assert_eq!(stored[0].state, S::Sending);
    assert!(!store.advance(&moved(&prepared, S::Accepted, 2), S::Unsure).await.unwrap(), "not in that state");
    assert!(store.advance(&moved(&prepared, S::Accepted, 2), S::Sending).await.unwrap());
}

#[tokio::test]
async fn a_transition_that_does_not_exist_is_refused_before_the_database() {
    let store = open("sqlite::memory:", KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let prepared = operation(ADELE, batch, 0);
    store.append(std::slice::from_ref(&prepared)).await.unwrap();
    for state in [S::Prepared, S::Accepted, S::Usable, S::Unsure] {
        store.advance(&moved(&prepared, state, 1), S::Prepared).await.unwrap_err();
    }
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), [prepared]);
}

#[tokio::test]
async fn recent_is_newest_first_and_counts_changes() {
    let store = open("sqlite::memory:", KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let operations: Vec<_> = (0..4).map(|number| operation(ADELE, batch, number)).collect();
    store.append(&operations).await.unwrap();
    let changed = moved(&operations[0], S::Sending, 10);
    assert!(store.advance(&changed, S::Prepared).await.unwrap());
    let recent = store.recent(TENANT, ADELE, at(2)).await.unwrap();
    assert_eq!(recent, [changed, operations[3].clone(), operations[2].clone()]);
}

#[tokio::test]
async fn a_row_that_was_changed_is_an_error_and_never_a_gap() {
    for tampering in [
        "UPDATE journal SET payload = zeroblob(length(payload))",
        "UPDATE journal SET state = 'Usable'",
        "UPDATE journal SET updated = updated + 1",
        "UPDATE journal SET key_id = 'ffffffffffffffff'",
        "UPDATE journal SET id = '00000000-0000-0000-0000-00000000000a'",
        "UPDATE journal SET principal = '00000000-0000-0000-0000-000000000003'",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder_url(&folder), KeyRing::ephemeral()).await;
        let batch = BatchId::random();
        store.append(&[operation(ADELE, batch, 0)]).await.unwrap();
        common::execute(&folder, tampering).await;
        let owner = if tampering.contains("principal") { ALEX } else { ADELE };
        assert!(store.batch(TENANT, owner, batch).await.is_err(), "{tampering}");
        assert!(store.recent(TENANT, owner, at(-60)).await.is_err(), "{tampering}");
    }
}

#[tokio::test]
async fn a_justification_is_not_in_the_database_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder_url(&folder), KeyRing::ephemeral()).await;
    store.append(&[operation(ADELE, BatchId::random(), 0)]).await.unwrap();
    store.close().await;
    let (raw, canary) = (common::raw_files(&folder), b"canary-justification");
    assert!(raw.windows(8).any(|window| window == b"Prepared"), "the files hold what was written");
    assert!(!raw.windows(canary.len()).any(|window| window == canary));
}
