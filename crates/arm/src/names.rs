//! Names of subscriptions. A row at a resource group names the group and not the subscription around it; another row of either list
//! may, and where none does the subscription itself is asked. What was learnt is kept per person, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use pim::ids::PrincipalId;
use transport::{Line, Route, segment};

use crate::CONCURRENCY;
use crate::scope::{self, Subscriptions};
use crate::wire::scopes::ScopeRow;

/// A list is not kept waiting longer than this for names.
const PATIENCE: Duration = Duration::from_secs(2);

/// People whose names are kept at most; then all are forgotten, and learnt again.
const PEOPLE: usize = 10_000;

/// What is known, per person: nobody reads the name of a subscription that they may not see.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<PrincipalId, Arc<Subscriptions>>>);

impl Memory {
    /// What `person` is known to call their subscriptions.
    pub(crate) fn known(&self, person: PrincipalId) -> Arc<Subscriptions> {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.get(&person).cloned().unwrap_or_default()
    }

    /// Keeps `told`, and returns all that is known then.
    pub(crate) fn learn(&self, person: PrincipalId, told: &Subscriptions) -> Arc<Subscriptions> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= PEOPLE && !memory.contains_key(&person) {
            memory.clear();
        }
        let known = memory.entry(person).or_default();
        if told.iter().any(|(id, name)| known.get(id) != Some(name)) {
            Arc::make_mut(known).extend(told.iter().map(|(id, name)| (id.clone(), name.clone())));
        }
        Arc::clone(known)
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
        let mut missing: Vec<String> = scopes
            .filter_map(scope::subscription_of)
            .map(str::to_ascii_lowercase)
            .filter(|id| !known.contains_key(id))
            .collect();
        missing.sort_unstable();
        missing.dedup();
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

    #[test]
    fn what_one_person_was_told_no_other_learns() {
        let memory = Memory::default();
        let person = |n: u128| PrincipalId(uuid::Uuid::from_u128(n));
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
}
