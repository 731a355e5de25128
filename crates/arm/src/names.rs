//! Names of subscriptions. A row at a resource group names the group and not the subscription around it; another row of either list
//! may, and where none does the subscription itself is asked. What was learnt is kept per person, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use pim::ids::PrincipalId;
use tokio::time::Instant;
use transport::{Line, Route, segment};

use crate::CONCURRENCY;
use crate::scope::{self, Subscriptions};
use crate::wire::scopes::ScopeRow;

/// A list is not kept waiting longer than this for names.
const PATIENCE: Duration = Duration::from_secs(2);

/// A subscription whose name could not be read is not asked again for so long. It can be read as soon as a role in it is active.
const AGAIN: Duration = Duration::from_mins(1);

/// People whose names are kept at most; then all are forgotten, and learnt again.
const PEOPLE: usize = 10_000;

/// What is known, per person: nobody reads the name of a subscription that they may not see.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<PrincipalId, Known>>);

#[derive(Debug, Default)]
struct Known {
    names: Arc<Subscriptions>,
    /// When the others were last asked for.
    asked: HashMap<String, Instant>,
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

    /// Those of the subscriptions around `scopes` that have no name and were not asked for lately. They count as asked for now.
    fn to_ask<'a>(&self, person: PrincipalId, scopes: impl Iterator<Item = &'a str>) -> Vec<String> {
        let (mut all, now) = (self.all(), Instant::now());
        let known = all.entry(person).or_default();
        known.asked.retain(|_, at| now.duration_since(*at) < AGAIN);
        let mut missing: Vec<String> =
            scopes.filter_map(scope::subscription_of).map(str::to_ascii_lowercase).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|id| !known.names.contains_key(id) && !known.asked.contains_key(id));
        known.asked.extend(missing.iter().map(|id| (id.clone(), now)));
        missing
    }

    /// Keeps `told`, and asks for the names that `scopes` need and nobody has told. A name that cannot be read stays an id.
    pub(crate) async fn complete(
        &self,
        line: &Line,
        person: PrincipalId,
        told: &Subscriptions,
        scopes: impl Iterator<Item = &str>,
    ) -> Arc<Subscriptions> {
        let known = self.learn(person, told);
        let missing = self.to_ask(person, scopes);
        if missing.is_empty() {
            return known;
        }
        let asked = missing.into_iter().map(|id| async move {
            let name = read(line, &id).await?;
            Some((id, name))
        });
        let answers = futures::stream::iter(asked).buffer_unordered(CONCURRENCY);
        let answers: Vec<_> = answers.take_until(tokio::time::sleep(PATIENCE)).collect().await;
        self.learn(person, &answers.into_iter().flatten().collect())
    }
}

/// One subscription's name. <https://learn.microsoft.com/rest/api/resources/subscriptions/get>
async fn read(line: &Line, id: &str) -> Option<String> {
    let path = format!("/subscriptions/{}?api-version=2020-01-01", segment(id)?);
    let row: ScopeRow = line.get_json(&Route::new("/subscriptions/{id}", path)).await.ok()?;
    row.called().map(str::to_owned)
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

    #[tokio::test(start_paused = true)]
    async fn what_has_no_name_is_asked_for_once_a_minute() {
        let memory = Memory::default();
        memory.learn(person(1), &Subscriptions::from([("named".to_owned(), "Production".to_owned())]));
        let scopes = [
            "/subscriptions/Named/resourceGroups/a",
            "/subscriptions/b",
            "/subscriptions/B/resourceGroups/c",
            "/",
        ];
        let ask = |n| memory.to_ask(person(n), scopes.into_iter());
        assert_eq!(ask(1), ["b"]);
        assert_eq!(ask(2), ["b", "named"], "another person asks for themself");
        tokio::time::advance(AGAIN / 2).await;
        assert_eq!(ask(1), [""; 0]);
        tokio::time::advance(AGAIN / 2).await;
        assert_eq!(ask(1), ["b"]);
    }
}
