//! What a person's roles are to them: favourites, which they have not seen before, and how often they used each.
//!
//! All of it is kept by what a role is (plane, role, scope), never by the id of an eligibility, so it outlives a renewal.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pim::ids::PlaneId;
use pim::journal::{Intent, OperationState};
use pim::listing::Coverage;
use pim::records::{RecordKind, StoreError};
use pim::target::Target;
use serde::{Deserialize, Serialize};

use crate::overview::EligibleRoles;
use crate::personal::Personal;
use crate::selection::RowKey;
use crate::{Portal, PortalError, Session};

/// How many favourites are kept; an older one gives way.
const MOST_FAVOURITES: usize = 200;
/// How many roles of one plane are remembered as seen. Beyond that nothing is called new.
const MOST_SEEN: usize = 5_000;
/// Who did not look for so long comes back for another visit.
const VISIT_ENDS: SignedDuration = SignedDuration::from_hours(4);
/// A look is noted when the one before was so long ago: not every page writes.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// How far back uses are counted.
const REACH: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Default, Serialize, Deserialize)]
struct Favourites(Vec<Target>);

impl Personal for Favourites {
    const KIND: RecordKind = RecordKind::Favourites;
}

#[derive(Default, Serialize, Deserialize)]
struct Seen(BTreeMap<PlaneId, SeenPlane>);

impl Personal for Seen {
    const KIND: RecordKind = RecordKind::Seen;
}

/// What was seen of one plane.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SeenPlane {
    /// When the person looked last; `None` before the first time.
    looked: Option<Timestamp>,
    /// Seen in an earlier visit.
    known: HashSet<Target>,
    /// Seen in this visit for the first time.
    new: HashSet<Target>,
}

impl SeenPlane {
    /// The person looks at all of `rows`, and at no others.
    fn look(&mut self, rows: HashSet<Target>, now: Timestamp) {
        match self.looked {
            // Of the first visit nothing is new.
            None => self.known = rows,
            Some(looked) => {
                if now.duration_since(looked) >= VISIT_ENDS {
                    self.known.extend(self.new.drain());
                }
                self.new.extend(rows.into_iter().filter(|row| !self.known.contains(row)));
            }
        }
        self.looked = Some(now);
    }

    /// Whether `next` is worth writing in its place.
    fn differs(&self, next: &Self) -> bool {
        let since = self.looked.zip(next.looked).map(|(before, now)| now.duration_since(before));
        self.known != next.known || self.new != next.new || since.is_none_or(|since| since >= NOTED_EVERY)
    }
}

/// What roles are to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Familiar {
    favourites: HashSet<Target>,
    new: HashSet<Target>,
}

impl Familiar {
    /// Whether the person marked it.
    #[must_use]
    pub fn is_favourite(&self, target: &Target) -> bool {
        self.favourites.contains(&plain(target))
    }

    /// Whether it was not there in any earlier visit.
    #[must_use]
    pub fn is_new(&self, target: &Target) -> bool {
        self.new.contains(&plain(target))
    }
}

/// How often roles were activated with this portal within the last 90 days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses(HashMap<Target, u32>);

impl Uses {
    /// How often this one.
    #[must_use]
    pub fn of(&self, target: &Target) -> u32 {
        self.0.get(&plain(target)).copied().unwrap_or_default()
    }
}

impl Portal {
    /// What the roles of a plane are to the person, who looks at them now. What cannot be read or written is nothing special: no list
    /// waits for it.
    pub async fn familiar(&self, session: &Session, plane: &PlaneId, eligible: &EligibleRoles) -> Familiar {
        let favourites = self.personal::<Favourites>(session).await.unwrap_or_default().0;
        let rows = eligible.roles.iter().map(|role| plain(&role.eligibility.target)).collect();
        let new = self.note_seen(session, plane, rows, eligible.coverage).await.unwrap_or_default();
        Familiar { favourites: favourites.iter().map(plain).collect(), new }
    }

    /// Notes that the person looks at `rows`, and returns which are new. A list of which scopes did not answer is not compared: what it
    /// lacks would be new when it is there again.
    async fn note_seen(
        &self,
        session: &Session,
        plane: &PlaneId,
        rows: HashSet<Target>,
        coverage: Coverage,
    ) -> Result<HashSet<Target>, StoreError> {
        let mut seen = self.personal::<Seen>(session).await?;
        let before = seen.0.remove(plane).unwrap_or_default();
        let unanswered = match coverage {
            Coverage::Whole => 0,
            Coverage::ScopeByScope { unanswered, .. } => unanswered,
        };
        if unanswered > 0 || before.known.len() + rows.len() > MOST_SEEN {
            return Ok(before.new);
        }
        let now = self.clock.now();
        let mut after = before.clone();
        after.look(rows.clone(), now);
        if before.differs(&after) {
            self.change_personal::<Seen, StoreError>(session, |seen| {
                seen.0.entry(plane.clone()).or_default().look(rows.clone(), now);
                Ok(())
            })
            .await?;
        }
        Ok(after.new)
    }

    /// Makes a role that the person may activate a favourite, or none.
    pub async fn star(&self, session: &Session, row: &RowKey, starred: bool) -> Result<(), PortalError> {
        let eligible = self.eligible(session, &row.plane).await.map_err(|_| PortalError::NotFound)?;
        let role = eligible.roles.iter().find(|role| role.eligibility.id.as_str() == row.row);
        let target = plain(&role.ok_or(PortalError::NotFound)?.eligibility.target);
        self.change_personal::<Favourites, PortalError>(session, |Favourites(all)| {
            all.retain(|one| *one != target);
            if starred {
                all.insert(0, target.clone());
                all.truncate(MOST_FAVOURITES);
            }
            Ok(())
        })
        .await
    }

    /// How often the person used each role, as far as this portal knows. Kept for a few minutes.
    pub async fn uses(&self, session: &Session) -> Arc<Uses> {
        let person = (session.caller.tenant, session.caller.principal);
        let read = async {
            let since = self.clock.now().saturating_sub(REACH).map_err(|_| StoreError)?;
            let operations = self.journal.recent(person.0, person.1, since).await?;
            let mut uses = HashMap::new();
            for operation in operations {
                let came_through = matches!(
                    operation.state,
                    OperationState::Provisioned | OperationState::Usable | OperationState::Ended
                );
                if let Intent::Activate(draft) = &operation.intent
                    && came_through
                {
                    *uses.entry(plain(&draft.target)).or_default() += 1;
                }
            }
            Ok::<_, StoreError>(Arc::new(Uses(uses)))
        };
        self.kept.uses.try_get_with(person, read).await.unwrap_or_default()
    }
}

/// The same target, written the one way in which all that are [the same](Target::same_as) are written.
fn plain(target: &Target) -> Target {
    Target {
        plane: target.plane.clone(),
        role: target.role.as_str().to_ascii_lowercase().into(),
        scope: target.scope.as_str().to_ascii_lowercase().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(names: &str) -> HashSet<Target> {
        let target = |name: &str| Target { plane: "any".into(), role: name.into(), scope: "/".into() };
        names.split_whitespace().map(target).collect()
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn what_was_not_there_is_new_for_one_visit() {
        let mut seen = SeenPlane::default();
        seen.look(rows("reader owner"), at(0));
        assert_eq!(seen.new, rows(""), "of the first visit nothing is new");
        seen.look(rows("reader owner writer"), at(30));
        assert_eq!(seen.new, rows("writer"));
        // Still the same visit.
        seen.look(rows("reader owner writer"), at(200));
        assert_eq!(seen.new, rows("writer"));
        seen.look(rows("reader owner writer auditor"), at(200 + 4 * 60));
        assert_eq!(seen.new, rows("auditor"));
        // What went and came back was seen.
        seen.look(rows("reader"), at(700));
        seen.look(rows("reader owner auditor"), at(1_000));
        assert_eq!(seen.new, rows(""));
    }

    #[test]
    fn a_look_alone_is_noted_now_and_then() {
        let mut before = SeenPlane::default();
        before.look(rows("reader"), at(0));
        let after = |names: &str, minutes| {
            let mut next = before.clone();
            next.look(rows(names), at(minutes));
            before.differs(&next)
        };
        assert!(SeenPlane::default().differs(&before));
        assert!(!after("reader", 9));
        assert!(after("reader", 10));
        assert!(after("reader owner", 1));
    }
}
