//! The journal through the port: order, ownership, compare-and-swap, leases, the order of changes, and that a changed row is an error
//! rather than a gap.

use super::Home;
use crate::common::{open, start};
use jiff::{SignedDuration, Timestamp};
use pim::draft::Draft;
use pim::duration::ActivationDuration;
use pim::ids::{BatchId, OperationId, PrincipalId, RequestId, TenantId, VaultId};
use pim::journal::{Intent, Journal, Operation, OperationState as S, Step};
use pim::target::{Names, Target};
use store::{KeyRing, Store};
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
        vault: VaultId(Uuid::from_u128(4)),
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
        timeline: vec![Step { state: S::Prepared, at: at(minutes) }],
        challenge: None,
        sent: None,
        not_before: None,
        looks: 0,
        refusal: None,
        correlation_id: None,
        created: at(minutes),
        updated: at(minutes),
    }
}

fn moved(operation: &Operation, state: S, minutes: i64) -> Operation {
    let mut moved = operation.clone();
    moved.enter(state, at(minutes));
    moved
}

/// Stores them, due at once.
async fn append(store: &Store, operations: &[Operation]) {
    assert!(store.append(operations, start()).await.unwrap());
}

/// One operation that is stored.
pub(super) async fn stored(store: &Store) -> Operation {
    let operation = operation(ADELE, BatchId::random(), 0);
    append(store, std::slice::from_ref(&operation)).await;
    operation
}

/// Stores it if it is still in `from`, never due again.
async fn advance(store: &Store, operation: &Operation, from: S) -> bool {
    store.advance(operation, from, None).await.unwrap()
}

#[tokio::test]
async fn a_batch_keeps_the_order_it_was_appended_in() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    // Times run against the order, ids are random: neither may decide.
    let mut operations: Vec<_> = (0..20).map(|number| operation(ADELE, batch, -number)).collect();
    append(&store, &operations).await;
    append(&store, &[operation(ADELE, BatchId::random(), 0)]).await;
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), operations);

    operations[3] = moved(&operations[3], S::Sending, 5);
    assert!(advance(&store, &operations[3], S::Prepared).await);
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), operations, "an advance keeps the place");
}

#[tokio::test]
async fn a_batch_is_its_owners_alone() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let mine = operation(ADELE, batch, 0);
    append(&store, std::slice::from_ref(&mine)).await;

    assert_eq!(store.batch(TENANT, ALEX, batch).await.unwrap(), []);
    assert_eq!(store.batch(TenantId(Uuid::from_u128(9)), ADELE, batch).await.unwrap(), []);
    assert_eq!(store.recent(TENANT, ALEX, at(-60)).await.unwrap(), []);

    // Somebody else's operation neither joins the batch, nor comes with one that mixes owners.
    store.append(&[operation(ALEX, batch, 0)], start()).await.unwrap_err();
    let mixed = BatchId::random();
    store.append(&[operation(ALEX, mixed, 0), operation(ADELE, mixed, 0)], start()).await.unwrap_err();
    assert_eq!(store.batch(TENANT, ALEX, mixed).await.unwrap(), [], "all or none");
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), std::slice::from_ref(&mine));

    // An operation with the same id under another name does not overwrite it.
    let posing = Operation { principal: ALEX, ..moved(&mine, S::Sending, 1) };
    assert!(!advance(&store, &posing, S::Prepared).await);
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), [mine]);
}

#[tokio::test]
async fn an_id_that_exists_appends_nothing_at_all() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let first = operation(ADELE, batch, 0);
    append(&store, std::slice::from_ref(&first)).await;
    let other = BatchId::random();
    let again = Operation { batch: other, ..first.clone() };
    store.append(&[operation(ADELE, other, 1), again], start()).await.unwrap_err();
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), [first]);
    assert_eq!(store.batch(TENANT, ADELE, other).await.unwrap(), []);
}

#[tokio::test]
async fn of_many_who_append_to_one_batch_exactly_one_does() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let appends = (0..16).map(|number| {
        let (store, own) =
            (store.clone(), [operation(ADELE, batch, number), operation(ADELE, batch, number)]);
        tokio::spawn(async move { store.append(&own, start()).await.unwrap() })
    });
    let appended = futures::future::join_all(appends).await;
    assert_eq!(appended.into_iter().filter(|appended| *appended.as_ref().unwrap()).count(), 1);
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap().len(), 2);
}

#[tokio::test]
async fn of_many_advances_from_one_state_exactly_one_wins() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let prepared = operation(ADELE, batch, 0);
    append(&store, std::slice::from_ref(&prepared)).await;
    let senders = (0..16).map(|number| {
        let (store, sending) = (store.clone(), moved(&prepared, S::Sending, number));
        tokio::spawn(async move { advance(&store, &sending, S::Prepared).await })
    });
    let won = futures::future::join_all(senders).await;
    assert_eq!(won.into_iter().filter(|won| *won.as_ref().unwrap()).count(), 1);
    let stored = store.batch(TENANT, ADELE, batch).await.unwrap();
    assert_eq!(stored[0].state, S::Sending);
    assert!(!advance(&store, &moved(&prepared, S::Accepted, 2), S::Unsure).await, "not in that state");
    assert!(advance(&store, &moved(&stored[0], S::Accepted, 20), S::Sending).await);
}

#[tokio::test]
async fn a_copy_that_was_overtaken_stores_nothing_although_the_state_came_again() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let prepared = operation(ADELE, batch, 0);
    append(&store, std::slice::from_ref(&prepared)).await;
    let mut latest = prepared;
    for (minute, state) in (1..).zip([S::Sending, S::Unsure]) {
        let from = latest.state;
        latest = moved(&latest, state, minute);
        assert!(advance(&store, &latest, from).await);
    }
    let overtaken = latest.clone();
    for (minute, state) in (3..).zip([S::Sending, S::Unsure]) {
        let from = latest.state;
        latest = moved(&latest, state, minute);
        assert!(advance(&store, &latest, from).await);
    }
    assert!(!advance(&store, &overtaken, S::Unsure).await, "what is known of it");
    assert!(!advance(&store, &moved(&overtaken, S::NotCreated, 5), S::Unsure).await, "a change");
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), [latest.clone()]);
    assert!(advance(&store, &moved(&latest, S::NotCreated, 5), S::Unsure).await);
}

#[tokio::test]
async fn a_transition_that_does_not_exist_is_refused_before_the_database() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let prepared = operation(ADELE, batch, 0);
    append(&store, std::slice::from_ref(&prepared)).await;
    for state in [S::Queued, S::Accepted, S::Usable, S::Unsure] {
        store.advance(&moved(&prepared, state, 1), S::Prepared, None).await.unwrap_err();
    }
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), [prepared]);
}

#[tokio::test]
async fn recent_is_newest_first_and_counts_changes() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let operations: Vec<_> = (0..4).map(|number| operation(ADELE, batch, number)).collect();
    append(&store, &operations).await;
    let changed = moved(&operations[0], S::Sending, 10);
    assert!(advance(&store, &changed, S::Prepared).await);
    let recent = store.recent(TENANT, ADELE, at(2)).await.unwrap();
    assert_eq!(recent, [changed, operations[3].clone(), operations[2].clone()]);
}

#[tokio::test]
async fn the_longest_due_is_claimed_first_and_nobody_gets_it_before_the_lease_ends() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let operations: Vec<_> = (0..4).map(|number| operation(ADELE, BatchId::random(), number)).collect();
    for (operation, due) in operations.iter().zip([3, 1, 2, 10]) {
        store.append(std::slice::from_ref(operation), at(due)).await.unwrap();
    }
    assert_eq!(store.claim(at(0), at(60), 9).await.unwrap(), [], "nothing is due");
    let longest = [operations[1].clone(), operations[2].clone()];
    assert_eq!(store.claim(at(5), at(20), 2).await.unwrap(), longest);
    assert_eq!(store.claim(at(5), at(20), 2).await.unwrap(), [operations[0].clone()]);
    assert_eq!(store.claim(at(5), at(20), 2).await.unwrap(), [], "leased, or not due");

    // The holders died: all is due again, by the end of the lease.
    let again = store.claim(at(20), at(30), 9).await.unwrap();
    let expected = [&operations[3], &operations[0], &operations[1], &operations[2]].map(Clone::clone);
    assert_eq!(again, expected);
}

#[tokio::test]
async fn an_advance_sets_when_it_is_due_and_an_end_is_never_due() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let prepared = operation(ADELE, BatchId::random(), 0);
    append(&store, std::slice::from_ref(&prepared)).await;
    let sending = moved(&prepared, S::Sending, 1);
    assert!(store.advance(&sending, S::Prepared, Some(at(9))).await.unwrap());
    assert_eq!(store.claim(at(8), at(60), 9).await.unwrap(), []);
    assert_eq!(store.claim(at(9), at(10), 9).await.unwrap(), std::slice::from_ref(&sending));
    assert!(store.advance(&moved(&sending, S::Failed, 9), S::Sending, None).await.unwrap());
    assert_eq!(store.claim(at(600), at(601), 9).await.unwrap(), []);
}

#[tokio::test]
async fn of_many_claimers_on_two_stores_each_operation_goes_to_exactly_one() {
    let home = Home::new().await;
    let one = open(home.url(), home.keys(&[[1; 32]])).await;
    let other = open(home.url(), home.keys(&[[1; 32]])).await;
    let operations: Vec<_> = (0..40).map(|number| operation(ADELE, BatchId::random(), number)).collect();
    append(&one, &operations).await;

    let claimers = (0..16).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move { store.claim(at(0), at(1), 5).await.unwrap() })
    });
    let claimed = futures::future::join_all(claimers).await.into_iter().flat_map(Result::unwrap);
    let mut claimed: Vec<_> = claimed.map(|operation| operation.id).collect();
    let mut all: Vec<_> = operations.iter().map(|operation| operation.id).collect();
    claimed.sort_unstable();
    all.sort_unstable();
    assert_eq!(claimed, all);
}

#[tokio::test]
async fn changes_come_in_their_order_and_each_operation_once() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    assert_eq!(store.latest(TENANT, ADELE).await.unwrap(), 0);
    let operations: Vec<_> = (0..3).map(|number| operation(ADELE, BatchId::random(), -number)).collect();
    append(&store, &operations).await;
    append(&store, &[operation(ALEX, BatchId::random(), 0)]).await;
    let seen = store.latest(TENANT, ADELE).await.unwrap();

    let second = moved(&operations[1], S::Sending, 1);
    let first = moved(&operations[0], S::Rejected, 2);
    assert!(advance(&store, &second, S::Prepared).await);
    assert!(advance(&store, &first, S::Prepared).await);
    let second = moved(&second, S::Accepted, 3);
    assert!(advance(&store, &second, S::Sending).await);

    let changes = store.changes(TENANT, ADELE, seen, 10).await.unwrap();
    let (places, now): (Vec<_>, Vec<_>) = changes.into_iter().unzip();
    assert_eq!(now, [first.clone(), second.clone()]);
    assert!(seen < places[0] && places[0] < places[1], "{places:?}");
    assert_eq!(store.latest(TENANT, ADELE).await.unwrap(), places[1]);
    assert_eq!(store.changes(TENANT, ADELE, places[1], 10).await.unwrap(), []);
    assert_eq!(store.changes(TENANT, ALEX, seen, 10).await.unwrap().len(), 1, "each sees their own");

    // Page by page it is the same, whatever the size of a page.
    let mut after = 0;
    let mut paged = Vec::new();
    while let [(place, operation)] = store.changes(TENANT, ADELE, after, 1).await.unwrap().as_slice() {
        after = *place;
        paged.push(operation.clone());
    }
    assert_eq!(paged, [operations[2].clone(), first, second]);
}

#[tokio::test]
async fn an_amendment_is_stored_and_is_no_change() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let batch = BatchId::random();
    let prepared = operation(ADELE, batch, 0);
    append(&store, std::slice::from_ref(&prepared)).await;
    let latest = store.latest(TENANT, ADELE).await.unwrap();

    let amended = Operation { looks: 3, correlation_id: Some("call".to_owned()), ..prepared.clone() };
    assert!(store.advance(&amended, S::Prepared, Some(at(7))).await.unwrap());
    assert_eq!(store.batch(TENANT, ADELE, batch).await.unwrap(), std::slice::from_ref(&amended));
    assert_eq!(store.latest(TENANT, ADELE).await.unwrap(), latest);
    assert_eq!(store.changes(TENANT, ADELE, latest, 10).await.unwrap(), []);
    assert_eq!(store.claim(at(6), at(9), 9).await.unwrap(), [], "due when the amendment says");

    // Once it moved on, what was known before is not known any more.
    assert!(advance(&store, &moved(&amended, S::Sending, 1), S::Prepared).await);
    assert!(!store.advance(&amended, S::Prepared, None).await.unwrap());
    let unknown = operation(ADELE, batch, 0);
    assert!(!store.advance(&unknown, S::Prepared, None).await.unwrap(), "never appended");
}

#[tokio::test]
async fn places_grow_in_the_order_of_commits_on_two_stores_at_once() {
    let home = Home::new().await;
    let one = open(home.url(), home.keys(&[[1; 32]])).await;
    let other = open(home.url(), home.keys(&[[1; 32]])).await;
    let writers = (0..20).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { other.clone() };
        tokio::spawn(async move {
            append(&store, &[operation(ADELE, BatchId::random(), number)]).await;
            // Whoever has stored a change finds it at or before the last place.
            store.latest(TENANT, ADELE).await.unwrap()
        })
    });
    let reader = async {
        let mut seen = Vec::new();
        while seen.len() < 20 {
            let after = seen.last().copied().unwrap_or(0);
            let changes = one.changes(TENANT, ADELE, after, 100).await.unwrap();
            seen.extend(changes.into_iter().map(|(place, _)| place));
            tokio::task::yield_now().await;
        }
        seen
    };
    // A reader that goes on from the last place it saw misses nothing: it would wait for ever otherwise.
    let (latest, seen) = futures::join!(futures::future::join_all(writers), reader);
    assert_eq!(latest.into_iter().map(Result::unwrap).max(), seen.last().copied());
}

#[tokio::test]
async fn a_damaged_row_keeps_nobody_else_from_being_claimed() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    append(&store, &[operation(ADELE, BatchId::random(), 0)]).await;
    home.execute("UPDATE journal SET payload = ZEROS").await;
    let sound = operation(ALEX, BatchId::random(), 0);
    append(&store, std::slice::from_ref(&sound)).await;
    assert_eq!(store.claim(at(0), at(5), 1).await.unwrap(), [], "the damaged one is first");
    assert_eq!(store.claim(at(0), at(5), 1).await.unwrap(), [sound], "and is not in the way twice");
}

#[tokio::test]
async fn a_row_that_was_changed_is_an_error_and_never_a_gap() {
    for tampering in [
        "UPDATE journal SET payload = ZEROS",
        "UPDATE journal SET state = 'Usable'",
        "UPDATE journal SET updated = updated + 1",
        "UPDATE journal SET key_id = 'ffffffffffffffff'",
        "UPDATE journal SET id = '00000000-0000-0000-0000-00000000000a'",
        "UPDATE journal SET principal = '00000000-0000-0000-0000-000000000003'",
        "UPDATE journal SET sequence = sequence + 1",
    ] {
        let home = Home::new().await;
        let store = open(home.url(), KeyRing::ephemeral()).await;
        let batch = BatchId::random();
        append(&store, &[operation(ADELE, batch, 0)]).await;
        home.execute(tampering).await;
        let owner = if tampering.contains("principal") { ALEX } else { ADELE };
        assert!(store.batch(TENANT, owner, batch).await.is_err(), "{tampering}");
        assert!(store.recent(TENANT, owner, at(-60)).await.is_err(), "{tampering}");
        assert!(store.changes(TENANT, owner, 0, 10).await.is_err(), "{tampering}");
    }
}

#[tokio::test]
async fn a_justification_is_not_in_the_database_file() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    append(&store, &[operation(ADELE, BatchId::random(), 0)]).await;
    store.close().await;
    let (raw, canary) = (home.raw().await, b"canary-justification");
    assert!(raw.windows(8).any(|window| window == b"Prepared"), "the files hold what was written");
    assert!(!raw.windows(canary.len()).any(|window| window == canary));
}

#[tokio::test]
async fn what_has_ended_is_forgotten_by_age_or_by_person_and_what_is_under_way_never() {
    let home = Home::new().await;
    let store = open(home.url(), KeyRing::ephemeral()).await;
    let ended = async |principal, minutes| {
        let prepared = operation(principal, BatchId::random(), 0);
        append(&store, std::slice::from_ref(&prepared)).await;
        let ended = moved(&prepared, S::Rejected, minutes);
        assert!(advance(&store, &ended, S::Prepared).await);
    };
    ended(ADELE, 1).await;
    ended(ADELE, 30).await;
    ended(ALEX, 30).await;
    append(&store, &[operation(ADELE, BatchId::random(), 0)]).await;
    let left = async |principal| store.recent(TENANT, principal, at(0)).await.unwrap().len();

    assert_eq!(store.forget(None, at(1)).await.unwrap(), 0);
    assert_eq!(store.forget(None, at(2)).await.unwrap(), 1);
    assert_eq!((left(ADELE).await, left(ALEX).await), (2, 1));
    assert_eq!(store.forget(Some((TENANT, ADELE)), Timestamp::MAX).await.unwrap(), 1);
    assert_eq!((left(ADELE).await, left(ALEX).await), (1, 1));
    ended(ALEX, 40).await;
    let places = store.changes(TENANT, ALEX, 0, 10).await.unwrap();
    assert!(places.windows(2).all(|two| two[0].0 < two[1].0), "no place is given out twice");
}
