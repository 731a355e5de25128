//! Any prefix of the journal tells the same story: to whoever follows it in parts, to whoever reads it at once, and to a portal that starts
//! from it.
//!
//! A run of the engine at random leaves [`Moment`]s behind: what the journal and the service had before and after each write. A portal may
//! have died at any of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use pim::challenge::Challenge;
use pim::clock::Clock;
use pim::error::{ErrorKind, Violation};
use pim::ids::{BatchId, OperationId};
use pim::journal::{Journal, Operation, OperationState as S, Refusal, Sequence, Step};
use pim::request::Request;
use pim::tokens::Audience;
use proptest::prelude::*;

use crate::stores::{MemoryJournal, Stored};
use crate::support::{Answer, FakePlane, State};
use crate::world::{World, lenient, typed};

/// What the journal and the service had at one time.
#[derive(Clone)]
struct Moment {
    journal: Vec<Stored>,
    service: State,
    now: Timestamp,
}

/// What happens between two looks.
#[derive(Clone, Debug)]
enum Happening {
    Time(u16),
    /// Whoever has to decide, or the service itself, comes to this.
    Comes(&'static str),
    /// Lost requests can be looked for, or not.
    Finds(bool),
    StepsUp,
    SendsAgain,
    TakesBack,
    /// The person looks, beside the portal.
    Looks,
}

fn happening() -> impl Strategy<Value = Happening> {
    let ends = vec!["Provisioned", "Denied", "Canceled", "TimedOut", "Failed", "Revoked"];
    prop_oneof![
        4 => (1_u16..200).prop_map(Happening::Time),
        2 => prop::sample::select(ends).prop_map(Happening::Comes),
        1 => any::<bool>().prop_map(Happening::Finds),
        1 => Just(Happening::StepsUp),
        1 => Just(Happening::SendsAgain),
        1 => Just(Happening::TakesBack),
        1 => Just(Happening::Looks),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Accepted("Provisioned")),
        Just(Answer::Accepted("PendingApproval")),
        Just(Answer::Lost("Provisioned")),
        Just(Answer::Lost("PendingApproval")),
        Just(Answer::Unsure),
        Just(Answer::Rejected(vec![Violation::TooLong])),
        Just(Answer::StepUp(context())),
        Just(Answer::Fails(ErrorKind::Unavailable)),
    ]
}

fn context() -> Challenge {
    Challenge::context(Audience::Graph, "c1".into())
}

/// Whatever waits for somebody at the service comes to `status`.
fn comes(ledger: &mut [Request], status: &str) {
    for request in ledger.iter_mut().filter(|request| request.status.as_str() == "PendingApproval") {
        request.status = status.to_owned().into();
    }
}

/// Lives through `happenings` with `roles` roles. Returns the batch and all that was on the way.
async fn live(
    chooses_ids: bool,
    roles: usize,
    answers: Vec<Answer>,
    happenings: Vec<Happening>,
) -> (BatchId, Vec<Moment>) {
    let world = if chooses_ids { World::choosing_ids() } else { World::new() };
    world.entra.tells_the_truth();
    let rows = (0..roles).map(|role| world.entra.offers(&role.to_string(), Some(lenient(60)))).collect();
    world.entra.state().answers = answers.into();
    let moments: Arc<Mutex<Vec<Moment>>> = Arc::default();
    let (plane, clock, shown) = (world.entra.clone(), world.clock.clone(), moments.clone());
    world.journal.shows(move |journal| {
        let moment = Moment { journal: journal.to_vec(), service: plane.state().clone(), now: clock.now() };
        shown.lock().unwrap().push(moment);
    });
    let who = world.adele();
    let batch = world.confirm(rows, typed(30, "patching")).await;
    for happening in happenings {
        match happening {
            Happening::Time(seconds) => world.clock.advance(SignedDuration::from_secs(seconds.into())),
            Happening::Comes(status) => comes(&mut world.entra.state().ledger, status),
            Happening::Finds(true) => world.entra.state().failing.clear(),
            Happening::Finds(false) => {
                world.entra.state().failing.insert("find");
            }
            Happening::StepsUp => {
                world.tokens.meet(context());
                world.portal.resume(&who, batch).await.unwrap();
            }
            Happening::SendsAgain => {
                world.portal.send_again(&who, batch).await.unwrap();
            }
            Happening::TakesBack => {
                let first = world.operations(batch).await.remove(0).id;
                world.portal.take_back(&who, batch, first).await.unwrap();
            }
            Happening::Looks => {
                world.track(batch).await;
            }
        }
        world.portal.watch_once().await.unwrap();
    }
    let moments = moments.lock().unwrap().clone();
    (batch, moments)
}

/// What a page shows of an operation.
type Shown = HashMap<OperationId, (S, Vec<Step>, Option<Refusal>)>;

fn show(shown: &mut Shown, operation: &Operation) {
    let Operation { id, state, timeline, refusal, .. } = operation.clone();
    shown.insert(id, (state, timeline, refusal));
}

/// Follows the changes in parts.
#[derive(Clone, Default)]
struct Follower {
    after: Sequence,
    shown: Shown,
}

impl Follower {
    /// Reads up to `most` changes. Returns whether there were any.
    async fn follow(&mut self, journal: &[Stored], most: usize) -> bool {
        let journal = MemoryJournal::of(journal.to_vec());
        let caller = crate::world::adele().caller;
        let changes = journal.changes(caller.tenant, caller.principal, self.after, most).await.unwrap();
        for (sequence, operation) in &changes {
            assert!(*sequence > self.after);
            self.after = *sequence;
            show(&mut self.shown, operation);
        }
        !changes.is_empty()
    }
}

/// A portal starts from `moment`, at a service that answers from now on. Returns what comes of each operation.
async fn restarted(chooses_ids: bool, batch: BatchId, moment: Moment) -> (Vec<Operation>, Vec<Request>) {
    let plane = if chooses_ids { FakePlane::choosing_ids("entra", 0) } else { FakePlane::new("entra", 0) };
    *plane.state() = moment.service;
    {
        let mut service = plane.state();
        service.answers.clear();
        service.failing.clear();
        comes(&mut service.ledger, "Provisioned");
    }
    let world = World::found(plane, MemoryJournal::of(moment.journal), moment.now);
    world.tokens.meet(context());
    for _ in 0..12 {
        world.clock.advance(SignedDuration::from_secs(45));
        world.portal.watch_once().await.unwrap();
        world.portal.resume(&world.adele(), batch).await.unwrap();
        // What was sent with the old answers may wait as well.
        comes(&mut world.entra.state().ledger, "Provisioned");
    }
    let ledger = world.entra.state().ledger.clone();
    (world.operations(batch).await, ledger)
}

fn goes_by_the_table(timeline: &[Step]) -> bool {
    timeline.windows(2).all(|pair| pair[0].state.may_become(pair[1].state) && pair[0].at <= pair[1].at)
}

/// Whether what is said of an operation is what the service has.
fn is_true(operation: &Operation, went_through: &[&Request]) -> bool {
    match went_through {
        [] => {
            matches!(operation.state, S::Rejected | S::NotCreated)
                || (operation.state == S::Cancelled
                    && operation.timeline.iter().all(|step| step.state != S::Accepted))
        }
        [request] => match request.status.as_str() {
            "Provisioned" => matches!(operation.state, S::Usable | S::Ended),
            "Denied" => operation.state == S::Denied,
            "Canceled" => operation.state == S::Cancelled,
            "TimedOut" => operation.state == S::TimedOut,
            "Failed" => operation.state == S::Failed,
            "Revoked" => operation.state == S::Revoked,
            _ => false,
        },
        _ => false,
    }
}

async fn replay(
    chooses_ids: bool,
    batch: BatchId,
    moments: &[Moment],
    parts: &[u8],
) -> Result<(), TestCaseError> {
    let last = moments.last().expect("a journal has been written");
    let story = |operation: &Operation| {
        let mut all = last.journal.iter().map(|stored| &stored.operation);
        all.find(|last| last.id == operation.id).map(|last| last.timeline.clone()).unwrap_or_default()
    };
    let mut follower = Follower::default();
    let mut parts = parts.iter().copied().cycle();
    let mut before: Option<&Moment> = None;
    for moment in moments {
        // In parts of any size, as long after as it likes: 0 reads nothing this time.
        if let Some(most) = parts.next().filter(|most| *most > 0) {
            follower.follow(&moment.journal, most.into()).await;
        }
        let mut caught_up = follower.clone();
        while caught_up.follow(&moment.journal, 2).await {}
        let mut at_once = Shown::new();
        for stored in &moment.journal {
            show(&mut at_once, &stored.operation);
        }
        prop_assert_eq!(&caught_up.shown, &at_once);

        for stored in &moment.journal {
            let timeline = &stored.operation.timeline;
            prop_assert!(goes_by_the_table(timeline), "{timeline:?}");
            let (last, told) = (timeline.last(), stored.operation.state);
            prop_assert_eq!(last.map(|step| step.state), Some(told));
            prop_assert!(
                story(&stored.operation).starts_with(timeline),
                "the story was told differently later"
            );
        }

        // What neither the journal nor the service noticed makes no difference.
        let is_new = before.is_none_or(|before| {
            let states = |moment: &Moment| {
                moment.journal.iter().map(|stored| stored.operation.timeline.len()).sum::<usize>()
            };
            states(before) != states(moment) || before.service.ledger.len() != moment.service.ledger.len()
        });
        before = Some(moment);
        if moment.journal.is_empty() || !is_new {
            continue;
        }
        let (operations, ledger) = restarted(chooses_ids, batch, moment.clone()).await;
        for operation in &operations {
            let was = moment.journal.iter().find(|stored| stored.operation.id == operation.id).unwrap();
            prop_assert!(operation.timeline.starts_with(&was.operation.timeline), "a story was changed");
            prop_assert!(goes_by_the_table(&operation.timeline));
            prop_assert!(operation.state.is_final(), "left as {:?}", operation.timeline);
            let target = operation.intent.target();
            let went_through: Vec<_> = ledger.iter().filter(|request| &request.target == target).collect();
            prop_assert!(
                is_true(operation, &went_through),
                "{:?}, but {:?}",
                operation.timeline,
                went_through
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn any_prefix_of_the_journal_gives_the_same_answer(
        chooses_ids: bool,
        roles in 1_usize..4,
        answers in prop::collection::vec(answer(), 0..8),
        happenings in prop::collection::vec(happening(), 0..14),
        parts in prop::collection::vec(0_u8..4, 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (batch, moments) = live(chooses_ids, roles, answers, happenings).await;
            replay(chooses_ids, batch, &moments, &parts).await
        })?;
    }
}
