//! What the portal shows, against what the simulated tenant did.

use pim::journal::OperationState;
use serde::Serialize;
use serde_json::Value;

use crate::tenant::{ROLES, object_id, role_id};
use crate::visit::Person;
use crate::weather::Weather;

/// The result, as `--json` writes it.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    seed: u64,
    /// Confirmations, each of one to ten roles.
    operations: usize,
    /// Roles that were confirmed.
    roles: usize,
    /// How often the portal was killed.
    kills: usize,
    faults_injected: u64,
    /// Requests that were committed a second time.
    duplicates: usize,
    /// Requests that were committed, and are shown as never made, or not at all.
    lost: usize,
    /// Lines that say that something was made which was not.
    contradictions: usize,
    /// Lines that did not come to an end.
    unfinished: usize,
    /// How many lines ended in which state.
    states: std::collections::BTreeMap<String, usize>,
    /// What is wrong, in words.
    findings: Vec<String>,
}

fn state(name: &str) -> OperationState {
    let known = OperationState::ALL.into_iter().find(|state| format!("{state:?}") == name);
    known.unwrap_or_else(|| panic!("no state {name}"))
}

/// Whether a line with this state is at its end.
pub(crate) fn is_end(name: &str) -> bool {
    state(name).is_final()
}

/// Whether a line with this state says that a request was made.
fn says_made(state: OperationState) -> bool {
    use OperationState as S;
    matches!(state, S::Accepted | S::PendingApproval | S::Scheduled | S::Provisioned | S::Usable | S::Ended)
}

/// Whether a line with this state says that none was made.
fn says_not_made(state: OperationState) -> bool {
    use OperationState as S;
    matches!(state, S::Rejected | S::NotCreated | S::AwaitingStepUp | S::Prepared | S::Cancelled)
}

pub(crate) fn judge(weather: &Weather, people: &[Person], ledger: &Value, faults: &Value) -> Verdict {
    let mut verdict = Verdict {
        seed: weather.seed,
        operations: people.len(),
        roles: 0,
        kills: weather.kills,
        faults_injected: faults["injected"]["total"].as_u64().unwrap_or_default(),
        duplicates: 0,
        lost: 0,
        contradictions: 0,
        unfinished: 0,
        states: std::collections::BTreeMap::new(),
        findings: Vec::new(),
    };
    let ledger: Vec<String> = ledger
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry.to_string().to_ascii_lowercase())
        .collect();
    for person in people {
        let own: Vec<&String> =
            ledger.iter().filter(|entry| entry.contains(&object_id(person.number))).collect();
        for (index, (_, role)) in ROLES.iter().enumerate() {
            let made = own.iter().filter(|entry| entry.contains(&role_id(index))).count();
            let shown = person.lines.iter().find(|line| line.role == *role);
            let mut finding = |what: &str| {
                let state = shown.map_or("not shown", |line| &line.state);
                verdict.findings.push(format!(
                    "person {}, {role}: {what}; shown as {state}, made {made} times",
                    person.number
                ));
            };
            if made > 1 {
                verdict.duplicates += 1;
                finding("made twice");
            }
            let Some(line) = shown else {
                if made > 0 {
                    verdict.lost += 1;
                    finding("made, and nothing is shown");
                }
                continue;
            };
            verdict.roles += 1;
            *verdict.states.entry(line.state.clone()).or_default() += 1;
            let state = state(&line.state);
            if made > 0 && says_not_made(state) {
                verdict.lost += 1;
                finding("made, and shown as not made");
            }
            if made == 0 && says_made(state) {
                verdict.contradictions += 1;
                finding("shown as made, and not made");
            }
            if !state.is_final() {
                verdict.unfinished += 1;
                finding("not at its end");
            }
        }
    }
    verdict
}

impl Verdict {
    /// Prints the result, and writes it where that was asked for.
    pub(crate) fn write(&self, weather: &Weather) {
        let text = serde_json::to_string_pretty(self).expect("JSON");
        println!("{text}");
        if let Some(file) = &weather.json {
            std::fs::write(file, text).expect("the file can be written");
        }
    }

    /// Fails unless everything held.
    pub(crate) fn hold(&self) {
        assert!(self.roles > 0 && self.faults_injected > 0, "something happened: {self:?}");
        let wrong = [self.duplicates, self.lost, self.contradictions, self.unfinished];
        assert_eq!(wrong, [0; 4], "seed {}: {:#?}", self.seed, self.findings);
    }
}
