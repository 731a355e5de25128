//! Names of subscriptions. A row at a resource group names the group and not the subscription around it; another row of either list
//! may, and so may the list of subscriptions, which is read beside them so that nothing waits twice. What was learnt is kept per
//! person, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pim::ids::PrincipalId;
use tokio::time::{Instant, timeout};
use transport::{Line, Route};

use crate::scope::{self, Subscriptions};
use crate::survey::SUBSCRIPTIONS;
use crate::wire::scopes::ScopeRow;

/// A list is not kept waiting longer than this for names.
const PATIENCE: Duration = Duration::from_secs(2);

/// Names that could not be read are not asked for again for so long. They can be read as soon as a role in the subscription is active.
const AGAIN: Duration = Duration::from_mins(1);

/// People whose names are kept at most; then all are forgotten, and learnt again.
const PEOPLE: usize = 10_000;

/// What is known, per person: nobody reads the name of a subscription that they may not see.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<PrincipalId, Known>>);

#[derive(Debug, Default)]
struct Known {
    names: Arc<Subscriptions>,
    /// When the list of subscriptions was last read. Held while it is: who needs names meanwhile waits for that answer.
    asked: Arc<tokio::sync::Mutex<Option<Instant>>>,
    /// Whether every subscription of the last list had a name.
    is_enough: bool,
}

impl Memory {
    fn all(&self) -> MutexGuard<'_, HashMap<PrincipalId, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `person` is known to call their subscriptions.
    pub(crate) fn known(&self, person: PrincipalId) -> Arc<Subscriptions> {
        self.all().get(&person).map(|known| Arc::clone(&known.names)).unwrap_or_default()
    }

    /// Keeps `told`, and returns all that is known then.
    fn learn(&self, person: PrincipalId, told: &Subscriptions) -> Arc<Subscriptions> {
        let mut all = self.all();
        if all.len() >= PEOPLE && !all.contains_key(&person) {
            all.clear();
        }
        let known = all.entry(person).or_default();
        if told.iter().any(|(id, name)| known.names.get(id) != Some(name)) {
            Arc::make_mut(&mut known.names).extend(told.iter().map(|(id, name)| (id.clone(), name.clone())));
        }
        Arc::clone(&known.names)
    }

    /// Keeps what a list `told`, and returns all that is known then. Whether that is enough for the list's `scopes` decides whether the
    /// next one is read with the list of subscriptions beside it.
    pub(crate) fn after<'a>(
        &self,
        person: PrincipalId,
        told: &Subscriptions,
        scopes: impl Iterator<Item = &'a str>,
    ) -> Arc<Subscriptions> {
        let names = self.learn(person, told);
        let is_known = |id: &str| names.contains_key(&id.to_ascii_lowercase());
        let is_enough = scopes.filter_map(scope::subscription_of).all(is_known);
        if let Some(known) = self.all().get_mut(&person) {
            known.is_enough = is_enough;
        }
        names
    }

    /// Reads the list of subscriptions, where names are missing and it was not read lately.
    pub(crate) async fn ask(&self, line: &Line, person: PrincipalId) {
        let asked = match self.all().entry(person).or_default() {
            known if known.is_enough => return,
            known => Arc::clone(&known.asked),
        };
        let mut asked = asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < AGAIN) {
            return;
        }
        *asked = Some(Instant::now());
        let list = Route::fixed(SUBSCRIPTIONS);
        if let Ok(Ok(rows)) = timeout(PATIENCE, line.pages::<ScopeRow>(&list)).await {
            self.learn(person, &ScopeRow::subscriptions(&rows));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u128) -> PrincipalId {
        PrincipalId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn what_one_person_was_told_no_other_learns() {
        let memory = Memory::default();
        let told = |name: &str| Subscriptions::from([("a".to_owned(), name.to_owned())]);
        memory.learn(person(1), &told("Production"));
        assert_eq!(memory.known(person(1)).get("a").map(String::as_str), Some("Production"));
        assert!(memory.known(person(2)).is_empty());
        memory.learn(person(1), &told("Renamed"));
        assert_eq!(
            memory.learn(person(1), &Subscriptions::new()).get("a").map(String::as_str),
            Some("Renamed")
        );
    }

    #[test]
    fn names_are_enough_when_every_scope_of_the_last_list_has_one() {
        let memory = Memory::default();
        let told = Subscriptions::from([("named".to_owned(), "Production".to_owned())]);
        let is_enough = || memory.all()[&person(1)].is_enough;
        memory.after(person(1), &told, ["/subscriptions/Named/resourceGroups/a", "/"].into_iter());
        assert!(is_enough());
        memory.after(person(1), &told, ["/subscriptions/b"].into_iter());
        assert!(!is_enough());
    }
}
