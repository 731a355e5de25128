//! What failed lately of a person's calls to Microsoft, plane by plane, for the page of the status.
//!
//! Kept in memory, by each replica for itself: it is for looking into a failure while it is there. Only what failed is kept, and what became of
//! it since.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use pim::calls::{Call, Calls};
use pim::clock::Clock;
use pim::ids::{PlaneId, PrincipalId};

/// A failure is forgotten after that long without another.
const KEPT: SignedDuration = SignedDuration::from_hours(12);
/// More people are not remembered than these; those that failed longest ago are forgotten first.
const MOST: usize = 5_000;

/// A call that failed, maybe again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The last of them.
    pub call: Call,
    /// Since when it has failed without a success in between.
    pub since: Timestamp,
    /// When it last failed.
    pub last: Timestamp,
    /// How often.
    pub times: u32,
    /// When the same call worked again; `None` while it has not.
    pub worked_again: Option<Timestamp>,
}

type Routes = HashMap<(&'static str, &'static str), Failure>;

/// What failed.
pub struct Status {
    clock: Arc<dyn Clock>,
    people: Mutex<HashMap<(PrincipalId, PlaneId), Routes>>,
}

impl Status {
    /// Nothing has failed yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, people: Mutex::default() }
    }

    /// The call for `plane` on behalf of `principal` that failed last, while it is kept.
    #[must_use]
    pub fn last_failure(&self, principal: PrincipalId, plane: &PlaneId) -> Option<Failure> {
        let now = self.clock.now();
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let routes = people.get(&(principal, plane.clone()))?;
        routes
            .values()
            .filter(|failure| now.duration_since(failure.last) < KEPT)
            .max_by_key(|failure| failure.last)
            .cloned()
    }
}

impl Calls for Status {
    fn saw(&self, principal: PrincipalId, call: Call) {
        let now = self.clock.now();
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let (who, which) = ((principal, call.plane.clone()), (call.method, call.route));
        if !call.is_failure() {
            if let Some(failure) = people.get_mut(&who).and_then(|routes| routes.get_mut(&which)) {
                failure.worked_again.get_or_insert(now);
            }
            return;
        }
        if people.len() >= MOST && !people.contains_key(&who) {
            let last = |routes: &Routes| routes.values().map(|failure| failure.last).max();
            let longest_ago =
                people.iter().min_by_key(|(_, routes)| last(routes)).map(|(who, _)| who.clone());
            longest_ago.and_then(|who| people.remove(&who));
        }
        let failures = people.entry(who).or_default();
        let before = failures.remove(&which).filter(|before| before.worked_again.is_none());
        let (since, times) = before.map_or((now, 1), |before| (before.since, before.times.saturating_add(1)));
        failures.insert(which, Failure { call, since, last: now, times, worked_again: None });
    }
}

#[cfg(test)]
mod tests {
    use pim::clock::ManualClock;

    use super::*;

    fn person(number: usize) -> PrincipalId {
        format!("00000000-0000-4000-8000-{number:012}").parse().unwrap()
    }

    fn call(route: &'static str, status: Option<u16>) -> Call {
        Call {
            plane: PlaneId::from("entra"),
            route,
            method: "GET",
            status,
            code: None,
            client_request_id: "ours".to_owned(),
            correlation_id: None,
        }
    }

    #[test]
    fn the_last_failure_is_told_with_its_beginning_and_its_end() {
        let clock = ManualClock::at("2026-11-21T10:00:00Z".parse().unwrap());
        let status = Status::new(Arc::new(clock.clone()));
        let plane = PlaneId::from("entra");
        let (one, two) = (person(1), person(2));
        let last = || status.last_failure(one, &plane);
        let minute = |minute: i64| Timestamp::from_second(1_795_255_200 + minute * 60).unwrap();
        let later = || clock.advance(SignedDuration::from_mins(1));
        status.saw(one, call("/roles", Some(200)));
        status.saw(one, call("/roles", Some(404)));
        assert_eq!(last(), None, "an answer to what was asked is no failure");
        for status_code in [Some(503), None, Some(429)] {
            status.saw(one, call("/roles", status_code));
            later();
        }
        let failure = last().unwrap();
        assert_eq!((failure.since, failure.last, failure.times), (minute(0), minute(2), 3));
        assert_eq!((failure.call.status, failure.worked_again), (Some(429), None));
        status.saw(one, call("/other", Some(200)));
        assert_eq!(last().unwrap().worked_again, None, "another call says nothing of it");
        status.saw(one, call("/roles", Some(200)));
        later();
        status.saw(one, call("/roles", Some(200)));
        assert_eq!(last().unwrap().worked_again, Some(minute(3)));
        status.saw(one, call("/roles", Some(500)));
        assert_eq!((last().unwrap().since, last().unwrap().times), (minute(4), 1), "it begins anew");
        assert_eq!(status.last_failure(two, &plane), None, "another person's is nobody else's");
        clock.advance(KEPT);
        assert_eq!(last(), None);
    }

    #[test]
    fn no_more_is_kept_than_a_bound() {
        let clock = ManualClock::at("2026-11-21T10:00:00Z".parse().unwrap());
        let status = Status::new(Arc::new(clock.clone()));
        for number in 0..=MOST {
            clock.advance(SignedDuration::from_millis(1));
            status.saw(person(number), call("/roles", None));
        }
        let kept = |number| status.last_failure(person(number), &PlaneId::from("entra"));
        assert_eq!(kept(0), None);
        assert!(kept(1).is_some() && kept(MOST).is_some());
    }
}
