//! What was done, from all that remembers it: the portal's own journal, the service's request lists, and the directory's audit log where
//! the person may read it.
//!
//! One thing that was done is one [`Entry`], however many sources tell of it: [`merge`] joins them by request id, then by correlation
//! id, then by role and time. What could not be read is said, and the rest is shown. [`figures`] counts, [`export`] writes files.

mod export;
mod figures;
mod merge;

use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use pim::audit::AuditEntry;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{BatchId, PlaneId};
use pim::journal::Operation;
use pim::request::Request;
use pim::target::Target;
use serde::Serialize;

pub use export::{csv, json};
pub use figures::{Figures, RoleTime, Week};

use crate::{Portal, PortalError, Session};

/// How far back the history goes where nothing else is asked.
pub const DEFAULT_REACH: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How far back it goes at most: what a year's review needs.
pub const FURTHEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// How far the service's clock may be ahead of the portal's.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before this; [`DEFAULT_REACH`] ago when missing.
    pub since: Option<Timestamp>,
    /// Not after this.
    pub until: Option<Timestamp>,
    /// Only this plane.
    pub plane: Option<PlaneId>,
    /// Only what has all of these words in its names.
    pub search: String,
    /// Only what ended like this.
    pub outcome: Option<Outcome>,
    /// Only this sort.
    pub kind: Option<Kind>,
}

/// The history, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The newest first.
    pub entries: Vec<Entry>,
    /// The same in figures.
    pub figures: Figures,
    /// What is missing, and why.
    pub gaps: Vec<Gap>,
}

/// A source that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Which.
    pub source: Source,
    /// Of which plane, where it is one plane's.
    pub plane: Option<PlaneId>,
    /// Why.
    pub error: PlaneError,
}

/// Who remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The portal itself.
    Portal,
    /// The service's list of the person's requests.
    Requests,
    /// The directory's audit log.
    Audit,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A role was to be activated.
    Activation,
    /// A role was to be deactivated.
    Deactivation,
    /// A request was to be withdrawn.
    Withdrawal,
    /// Somebody else's request was decided.
    Decision,
    /// An eligibility was to be kept.
    Prolongation,
    /// An eligibility that had ended was to be given again.
    Renewal,
    /// An activation's time ended, with nothing known of its beginning.
    End,
    /// Anything else, such as an administrator's assignment.
    Other,
}

impl Kind {
    /// All that can be asked for.
    pub const ALL: [Self; 7] = [
        Self::Activation,
        Self::Deactivation,
        Self::Withdrawal,
        Self::Decision,
        Self::Prolongation,
        Self::Renewal,
        Self::Other,
    ];
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has not ended.
    Open,
    /// It worked.
    Succeeded,
    /// Somebody, or a policy, said no; or nobody answered in time.
    Refused,
    /// It went wrong.
    Failed,
    /// It was withdrawn.
    Withdrawn,
    /// Nobody knows.
    Unknown,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Succeeded, Self::Refused, Self::Failed, Self::Withdrawn, Self::Unknown];
}

/// Something that was done.
#[derive(Clone, PartialEq, Serialize)]
pub struct Entry {
    /// When it began.
    pub at: Timestamp,
    /// On which plane.
    pub plane: PlaneId,
    /// The role's or the group's name; its id where nothing names it.
    pub title: String,
    /// Where it holds.
    pub place: String,
    /// What was done.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// The reason given.
    pub justification: Option<String>,
    /// The ticket's number.
    pub ticket_number: Option<String>,
    /// The ticket's system.
    pub ticket_system: Option<String>,
    /// For how long it was asked, in minutes.
    pub minutes: Option<u32>,
    /// The service's id of the request.
    pub request: Option<String>,
    /// The service's ids of the calls.
    pub correlation_ids: Vec<String>,
    /// Where the portal shows it in full, when the portal did it.
    #[serde(skip)]
    pub batch: Option<BatchId>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// Who remembers it.
    pub sources: Vec<Source>,
    #[serde(skip)]
    key: merge::Key,
}

impl std::fmt::Debug for Entry {
    /// Leaves the justification and the ticket out, as [`Draft`](pim::draft::Draft) does.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("at", &self.at)
            .field("plane", &self.plane)
            .field("title", &self.title)
            .field("place", &self.place)
            .field("kind", &self.kind)
            .field("outcome", &self.outcome)
            .field("request", &self.request)
            .field("correlation_ids", &self.correlation_ids)
            .field("timeline", &self.timeline)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

/// Something that happened to an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What, in words.
    pub what: String,
    /// Who says so.
    pub source: Source,
}

/// What the sources say.
#[derive(Default)]
struct Told {
    operations: Vec<Operation>,
    requests: Vec<Request>,
    audit: Vec<AuditEntry>,
    gaps: Vec<Gap>,
}

impl Portal {
    /// The person's history. Fails only when the portal's own journal cannot be read.
    pub async fn history(&self, session: &Session, filter: &Filter) -> Result<History, PortalError> {
        let now = self.clock.now();
        let furthest = now.saturating_sub(FURTHEST).unwrap_or(Timestamp::MIN);
        let default = now.saturating_sub(DEFAULT_REACH).unwrap_or(Timestamp::MIN);
        let since = filter.since.unwrap_or(default).max(furthest);
        let until = filter.until.unwrap_or(Timestamp::MAX);
        let caller = &session.caller;
        let operations = self.journal.recent(caller.tenant, caller.principal, since).await?;
        let (requests, audit) = join(
            self.all_requests(session, filter),
            self.audit_entries(session, since, until.min(now + AHEAD)),
        )
        .await;
        let mut told = Told { operations, ..Told::default() };
        for (plane, requests) in requests {
            match requests {
                Ok(requests) => told.requests.extend(requests),
                Err(error) => told.gaps.push(Gap { source: Source::Requests, plane: Some(plane), error }),
            }
        }
        match audit {
            Some(Ok(audit)) => told.audit = audit,
            Some(Err(error)) => told.gaps.push(Gap { source: Source::Audit, plane: None, error }),
            None => {}
        }
        let gaps = std::mem::take(&mut told.gaps);
        let mut entries = merge::merge(told, now);
        self.name(session, &mut entries).await;
        let admits = |entry: &Entry| (since..=until).contains(&entry.at) && filter.admits(entry);
        let figures = figures::figures(&entries, admits, since, until.min(now));
        entries.retain(admits);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        Ok(History { entries, figures, gaps })
    }

    async fn all_requests(
        &self,
        session: &Session,
        filter: &Filter,
    ) -> Vec<(PlaneId, Result<Vec<Request>, PlaneError>)> {
        let wanted = |id: &PlaneId| filter.plane.as_ref().is_none_or(|plane| plane == id);
        let planes = self.planes.iter().filter(|plane| wanted(&plane.descriptor().id));
        join_all(
            planes.map(async |plane| (plane.descriptor().id.clone(), plane.requests(&session.caller).await)),
        )
        .await
    }

    /// `None` where there is no log to read.
    async fn audit_entries(
        &self,
        session: &Session,
        since: Timestamp,
        until: Timestamp,
    ) -> Option<Result<Vec<AuditEntry>, PlaneError>> {
        let audit = self.audit.as_ref()?;
        match audit.entries(&session.caller, since, until).await {
            // A cloud or a tenant without it.
            Err(error) if error.kind == ErrorKind::NotFound => None,
            told => Some(told),
        }
    }

    /// Gives names to what only has ids, as far as the lists know them.
    pub(crate) async fn name(&self, session: &Session, entries: &mut [Entry]) {
        for descriptor in self.planes() {
            let nameless = |entry: &&mut Entry| entry.plane == descriptor.id && entry.key.is_nameless;
            let mut entries = entries.iter_mut().filter(nameless).peekable();
            if entries.peek().is_none() {
                continue;
            }
            let Ok(eligible) = self.eligible(session, &descriptor.id).await else { continue };
            for entry in entries {
                let target = entry.key.target.as_ref();
                let known = eligible
                    .roles
                    .iter()
                    .find(|role| target.is_some_and(|target| role.eligibility.target.same_as(target)));
                if let Some(role) = known {
                    entry.title.clone_from(&role.eligibility.names.title);
                    entry.place.clone_from(&role.eligibility.names.place);
                }
            }
        }
    }
}

/// What the journal and the service's lists tell, without the audit log; the newest first.
pub(crate) fn of(operations: Vec<Operation>, requests: Vec<Request>, now: Timestamp) -> Vec<Entry> {
    let mut entries = merge::merge(Told { operations, requests, ..Told::default() }, now);
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries
}

impl Entry {
    /// The role and scope, where they are known.
    pub(crate) fn target(&self) -> Option<&Target> {
        self.key.target.as_ref()
    }
}

impl Filter {
    fn admits(&self, entry: &Entry) -> bool {
        let text = format!("{} {}", entry.title, entry.place).to_lowercase();
        self.plane.as_ref().is_none_or(|plane| plane == &entry.plane)
            && self.outcome.is_none_or(|outcome| outcome == entry.outcome)
            && self
                .kind
                .is_none_or(|kind| kind == entry.kind || (kind == Kind::Other && entry.kind == Kind::End))
            && self.search.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}
