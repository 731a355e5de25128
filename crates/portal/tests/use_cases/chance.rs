//! The engine against a plane that answers at random and stores that fail at random: whatever happens, the journal goes by its table,
//! nothing is sent more often than it may be, and nothing is left that nobody looks at.

use jiff::SignedDuration;
use pim::challenge::Challenge;
use pim::error::{ErrorKind, Violation};
use pim::journal::{Operation, OperationState as State};
use pim::tokens::Audience;
use portal::activate::Confirmation;
use proptest::prelude::*;

use crate::support::Answer;
use crate::world::{World, lenient, typed};

/// What happens between two looks.
#[derive(Clone, Debug)]
enum Happening {
    /// So many seconds pass.
    Time(u16),
    /// A lost request is found in this status, or not at all.
    Lost(Option<&'static str>),
    /// A request that is read again is in this status, or not found.
    Status(Option<&'static str>),
    /// The journal takes no change out of this state any more, as if the portal died before it could write.
    Dies(State),
    /// It lives again.
    Lives,
    /// The person makes the stronger sign-in and confirms.
    StepsUp,
    /// The person sends again what did not go through.
    SendsAgain,
}

const STATUSES: [&str; 10] = [
    "Provisioned",
    "Granted",
    "PendingApproval",
    "PendingProvisioning",
    "Denied",
    "Canceled",
    "TimedOut",
    "Failed",
    "Revoked",
    "Invented",
];

fn status() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(STATUSES.to_vec()))
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => (1_u16..400).prop_map(Happening::Time),
        2 => status().prop_map(Happening::Lost),
        2 => status().prop_map(Happening::Status),
        1 => prop::sample::select(State::ALL.to_vec()).prop_map(Happening::Dies),
        2 => Just(Happening::Lives),
        1 => Just(Happening::StepsUp),
        1 => Just(Happening::SendsAgain),
    ]
}

fn answer() -> impl Strategy<Value = u8> {
    0_u8..9
}

fn make(answer: u8) -> Answer {
    match answer {
        0 => Answer::Accepted("Provisioned"),
        1 => Answer::Accepted("PendingApproval"),
        2 => Answer::Accepted("Granted"),
        3 => Answer::Rejected(vec![Violation::TooLong]),
        4 => Answer::Rejected(vec![Violation::AlreadyActive]),
        5 => Answer::Rejected(vec![Violation::RequestExists]),
        6 => Answer::StepUp(Challenge::context(Audience::Graph, "c1".into())),
        7 => Answer::Fails(ErrorKind::Unavailable),
        _ => Answer::Unsure,
    }
}

/// How often an operation says that it was sent, and whether its steps go by the table.
fn check(operation: &Operation) -> Result<usize, TestCaseError> {
    for pair in operation.timeline.windows(2) {
        prop_assert!(pair[0].state.may_become(pair[1].state), "{:?} to {:?}", pair[0].state, pair[1].state);
        prop_assert!(pair[0].at <= pair[1].at);
    }
    prop_assert_eq!(operation.timeline.last().map(|step| step.state), Some(operation.state));
    Ok(operation.timeline.iter().filter(|step| step.state == State::Sending).count())
}

async fn live(chooses_ids: bool, answers: Vec<u8>, happenings: Vec<Happening>) -> Result<(), TestCaseError> {
    let world = if chooses_ids { World::choosing_ids() } else { World::new() };
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers = answers.into_iter().map(make).collect();
    let who = world.adele();
    let selection = world.portal.select(&who, vec![row]).await.unwrap().id;
    let confirmed = world.portal.confirm(&who, selection, typed(30, "patching")).await.unwrap();
    let Confirmation::CarriedOut(batch) = confirmed else { panic!("nothing was carried out") };
    let mut before: Vec<State> = Vec::new();
    for happening in happenings {
        match happening {
            Happening::Time(seconds) => world.clock.advance(SignedDuration::from_secs(seconds.into())),
            Happening::Lost(status) => world.entra.state().lost = status,
            Happening::Status(status) => world.entra.state().status = status,
            Happening::Dies(state) => {
                world.journal.fails_to_leave.lock().unwrap().insert(state);
            }
            Happening::Lives => world.journal.fails_to_leave.lock().unwrap().clear(),
            Happening::StepsUp => {
                world.tokens.meet(Challenge::context(Audience::Graph, "c1".into()));
                let _ = world.portal.resume(&who, batch).await;
            }
            Happening::SendsAgain => {
                let _ = world.portal.send_again(&who, batch).await;
            }
        }
        let _ = world.portal.watch_once().await;
        let operation = world.portal.operations(&who, batch).await.unwrap().remove(0);
        let sent = check(&operation)?;
        // What is stored never lags behind what was sent: the intent to send is written first.
        prop_assert!(
            world.entra.calls("submit") <= sent,
            "{} calls, {sent} in the journal",
            world.entra.calls("submit")
        );
        // The story only grows.
        let now: Vec<State> = operation.timeline.iter().map(|step| step.state).collect();
        prop_assert!(now.starts_with(&before), "{before:?} became {now:?}");
        before = now;
    }
    // With the service answering and the journal writing, everything comes to an end, or waits for a person.
    world.journal.fails_to_leave.lock().unwrap().clear();
    world.entra.state().answers.clear();
    world.entra.state().status = Some("Provisioned");
    for _ in 0..40 {
        world.clock.advance(SignedDuration::from_mins(31));
        world.portal.watch_once().await.unwrap();
    }
    let operation = world.portal.operations(&who, batch).await.unwrap().remove(0);
    check(&operation)?;
    prop_assert!(operation.state.is_final(), "left as {:?}: {:?}", operation.state, operation.timeline);
    if !chooses_ids {
        // Where the service chooses the ids, what may have gone through is sent again only after it was proved absent.
        let states: Vec<State> = operation.timeline.iter().map(|step| step.state).collect();
        prop_assert!(!states.windows(2).any(|pair| pair == [State::Unsure, State::Sending]), "{states:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_journal_is_right_and_everything_ends(
        chooses_ids: bool,
        answers in prop::collection::vec(answer(), 0..6),
        happenings in prop::collection::vec(happening(), 0..25),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(live(chooses_ids, answers, happenings))?;
    }
}
