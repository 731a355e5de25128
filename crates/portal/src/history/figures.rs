//! The history in figures: activations in each week, and how long each role was active.
//!
//! Only activations that worked count. An activation lasts for what was asked, unless a deactivation or now comes first. It counts
//! in the week, from Monday in UTC, in which it was asked for.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pim::ids::PlaneId;

use super::{Entry, Kind, Outcome};

/// A week's length.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Every week of the time that was asked for, the earliest first, those without activations too.
    pub weeks: Vec<Week>,
    /// Roles that were active, the longest first.
    pub roles: Vec<RoleTime>,
}

/// A week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    /// Its Monday, 0:00 UTC.
    pub starts: Timestamp,
    /// How many activations.
    pub activations: usize,
}

/// How long a role was active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTime {
    /// On which plane.
    pub plane: PlaneId,
    /// The role's or the group's name.
    pub title: String,
    /// Where it holds.
    pub place: String,
    /// How many activations.
    pub activations: usize,
    /// How long altogether, in minutes.
    pub minutes: i64,
}

/// Counts the activations that `admits` lets through, between `since` and `now`. `entries` has all that is known: deactivations end
/// activations even when they themselves are not asked for.
pub(super) fn figures(
    entries: &[Entry],
    admits: impl Fn(&Entry) -> bool,
    since: Timestamp,
    now: Timestamp,
) -> Figures {
    let mut weeks: BTreeMap<Timestamp, usize> = BTreeMap::new();
    let mut week = monday(since);
    while week <= now {
        weeks.insert(week, 0);
        let Ok(next) = week.checked_add(WEEK) else { break };
        week = next;
    }
    let mut roles: BTreeMap<(&PlaneId, &str, &str), (usize, i64)> = BTreeMap::new();
    let worked = |entry: &&Entry| entry.kind == Kind::Activation && entry.outcome == Outcome::Succeeded;
    for entry in entries.iter().filter(worked).filter(|entry| admits(entry)) {
        *weeks.entry(monday(entry.at)).or_default() += 1;
        let time = roles.entry((&entry.plane, &entry.title, &entry.place)).or_default();
        time.0 += 1;
        time.1 += minutes(entry, entries, now);
    }
    let mut roles: Vec<RoleTime> = roles
        .into_iter()
        .map(|((plane, title, place), (activations, minutes))| RoleTime {
            plane: plane.clone(),
            title: title.to_owned(),
            place: place.to_owned(),
            activations,
            minutes,
        })
        .collect();
    roles.sort_by_key(|role| std::cmp::Reverse(role.minutes));
    let weeks = weeks.into_iter().map(|(starts, activations)| Week { starts, activations }).collect();
    Figures { weeks, roles }
}

/// How long an activation lasted, or has lasted so far.
fn minutes(entry: &Entry, all: &[Entry], now: Timestamp) -> i64 {
    let Some(asked) = entry.minutes.map(|minutes| SignedDuration::from_mins(i64::from(minutes))) else {
        return 0;
    };
    let began = entry.key.ends.and_then(|ends| ends.checked_sub(asked).ok()).unwrap_or(entry.at);
    let ends = began.saturating_add(asked).unwrap_or(Timestamp::MAX).min(now);
    let ended = all
        .iter()
        .filter(|one| one.kind == Kind::Deactivation && one.outcome == Outcome::Succeeded)
        .filter(|one| one.plane == entry.plane && same_target(one, entry) && one.at >= began)
        .map(|one| one.at)
        .min();
    ended.unwrap_or(ends).min(ends).duration_since(began).as_mins().max(0)
}

fn same_target(one: &Entry, other: &Entry) -> bool {
    match (one.target(), other.target()) {
        (Some(one), Some(other)) => one.same_as(other),
        _ => one.title == other.title && one.place == other.place,
    }
}

/// The Monday before, 0:00 UTC.
fn monday(at: Timestamp) -> Timestamp {
    let day = at.to_zoned(TimeZone::UTC).date();
    let monday = day.saturating_sub(jiff::Span::new().days(day.weekday().to_monday_zero_offset()));
    monday.to_zoned(TimeZone::UTC).map_or(at, |start| start.timestamp())
}
