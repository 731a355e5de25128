//! Roles ticked for activation, with what was typed about them.
//!
//! A selection lives on the server, encrypted, for some hours: nothing typed is lost when a role is refused, a redirect comes in
//! between or the browser is closed, and no reason ever stands in a URL.

use jiff::{SignedDuration, Timestamp};
use pim::child_scope::ChildScope;
use pim::duration::ActivationDuration;
use pim::error::Violation;
use pim::ids::{BatchId, PlaneId, SelectionId};
use pim::person::Person;
use pim::records::{Record, RecordKind, StoreError};
use pim::target::Names;
use serde::{Deserialize, Serialize};

use crate::{Portal, PortalError, Session};

/// How long an unconfirmed selection is kept.
const LIFE: SignedDuration = SignedDuration::from_hours(8);
/// How many roles one selection may hold: more than anybody has, few enough to bound the work of one request.
pub const MOST_ROLES: usize = 200;
/// How often a change is tried against others who write the same selection.
const MOST_AMENDMENTS: usize = 5;
/// The longest reason that is taken. The service's own limit is not documented; 500 characters fit every client seen.
pub const LONGEST_JUSTIFICATION: usize = 500;
/// The longest ticket number or system name that is taken.
pub const LONGEST_TICKET: usize = 128;

/// Names one eligible or active row across planes, as it stands in forms: `entra:…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RowKey {
    /// The plane.
    pub plane: PlaneId,
    /// The row's id within it.
    pub row: String,
}

impl RowKey {
    /// The key of a row.
    #[must_use]
    pub fn new(plane: &PlaneId, row: &str) -> Self {
        Self { plane: plane.clone(), row: row.to_owned() }
    }

    /// Reads what a form sent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (plane, row) = text.split_once(':')?;
        (!plane.is_empty() && !row.is_empty()).then(|| Self { plane: plane.into(), row: row.to_owned() })
    }
}

impl std::fmt::Display for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.plane, self.row)
    }
}

/// How long each role is wanted; each is shortened to its own policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// This long.
    For(ActivationDuration),
    /// As long as each policy allows.
    #[default]
    Longest,
}

/// What was typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// How long.
    pub wanted: Wanted,
    /// Why.
    pub justification: String,
    /// Ticket number.
    pub ticket_number: String,
    /// Ticket system.
    pub ticket_system: String,
    /// From when; `None` at once.
    pub start: Option<Timestamp>,
    /// What differs for single roles.
    pub own: Vec<(RowKey, Own)>,
}

/// What was typed for one role alone; what is missing is as for all.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// How long.
    pub duration: Option<ActivationDuration>,
    /// Why.
    pub justification: Option<String>,
    /// Ticket number.
    pub ticket_number: Option<String>,
    /// Ticket system.
    pub ticket_system: Option<String>,
}

impl Own {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    /// How long.
    Duration,
    /// Why.
    Justification,
    /// The ticket number.
    Ticket,
    /// The ticket system.
    TicketSystem,
    /// From when.
    Start,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which field.
    pub field: Field,
    /// The role it is about, when it was typed for that one alone.
    #[serde(default)]
    pub row: Option<RowKey>,
    /// What is wrong and what to do, in words.
    pub text: String,
}

/// What became of a role that was sent and refused, kept so that it can be corrected and sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which role.
    pub row: RowKey,
    /// Why.
    pub violations: Vec<Violation>,
}

/// What a new selection begins with.
#[derive(Default)]
pub(crate) struct Again {
    pub(crate) rows: Vec<RowKey>,
    pub(crate) fields: Fields,
    pub(crate) refused: Vec<Refused>,
    pub(crate) narrowed: Vec<(RowKey, Vec<ChildScope>)>,
    pub(crate) continues: bool,
    pub(crate) missing: Vec<Names>,
}

/// A selection.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Its id, which stands in the URL.
    pub id: SelectionId,
    /// Whose it is. Nobody else can see or confirm it.
    pub owner: Person,
    /// The roles.
    pub rows: Vec<RowKey>,
    /// Scopes below the eligibility's own that a role is narrowed to; a role that is not here is activated where it is eligible.
    #[serde(default)]
    pub narrowed: Vec<(RowKey, Vec<ChildScope>)>,
    /// Whether roles that are active are to begin again when they end.
    #[serde(default)]
    pub continues: bool,
    /// Roles of the profile that it was made of which the person is no longer eligible for.
    #[serde(default)]
    pub missing: Vec<Names>,
    /// What was typed.
    pub fields: Fields,
    /// What is wrong with what was typed.
    pub problems: Vec<Problem>,
    /// Roles that the service refused the last time.
    pub refused: Vec<Refused>,
    /// The operations it became, once confirmed.
    pub confirmed: Option<BatchId>,
    /// When it was confirmed.
    #[serde(default)]
    pub confirmed_at: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
}

impl Portal {
    /// Keeps a new selection of `rows`, for as long as the person usually wants; duplicates are dropped.
    pub async fn select(&self, session: &Session, rows: Vec<RowKey>) -> Result<Selection, PortalError> {
        let wanted = self.settings_or_default(session).await.duration;
        let fields = Fields { wanted, ..Fields::default() };
        self.select_again(session, Again { rows, fields, ..Again::default() }).await
    }

    pub(crate) async fn select_again(
        &self,
        session: &Session,
        again: Again,
    ) -> Result<Selection, PortalError> {
        let Again { rows, fields, refused, narrowed, continues, missing } = again;
        let mut unique: Vec<RowKey> = Vec::new();
        for row in rows.into_iter().filter(|row| self.plane(&row.plane).is_some()) {
            if unique.len() < MOST_ROLES && !unique.contains(&row) {
                unique.push(row);
            }
        }
        if unique.is_empty() {
            return Err(PortalError::NothingChosen);
        }
        let selection = Selection {
            id: SelectionId::random(),
            owner: session.person.clone(),
            rows: unique,
            narrowed,
            continues,
            missing,
            fields,
            problems: Vec::new(),
            refused,
            confirmed: None,
            confirmed_at: None,
            created: self.clock.now(),
        };
        if !self.write_selection(&selection, 0).await? {
            return Err(PortalError::Store(StoreError));
        }
        Ok(selection)
    }

    /// The person's own selection.
    pub async fn selection(&self, session: &Session, id: SelectionId) -> Result<Selection, PortalError> {
        Ok(self.read_selection(session, id).await?.0)
    }

    /// Takes one role out of a selection; what was typed stays.
    pub async fn deselect(
        &self,
        session: &Session,
        id: SelectionId,
        row: &RowKey,
        fields: Fields,
    ) -> Result<Selection, PortalError> {
        let fields = fields.bounded();
        self.amend_selection(session, id, |selection| {
            selection.rows.retain(|kept| kept != row);
            selection.refused.retain(|refused| &refused.row != row);
            selection.narrowed.retain(|(narrowed, _)| narrowed != row);
            selection.fields = fields.clone();
        })
        .await
    }

    /// Keeps what was typed, without sending anything.
    pub async fn keep_fields(
        &self,
        session: &Session,
        id: SelectionId,
        fields: Fields,
    ) -> Result<Selection, PortalError> {
        let fields = fields.bounded();
        self.amend_selection(session, id, |selection| {
            selection.fields = fields.clone();
            selection.problems.clear();
        })
        .await
    }

    /// Makes a change that comes to the same however often it is made: again on what another tab wrote meanwhile.
    /// [`PortalError::Store`] when others are quicker every time.
    pub(crate) async fn amend_selection(
        &self,
        session: &Session,
        id: SelectionId,
        change: impl Fn(&mut Selection) + Send + Sync,
    ) -> Result<Selection, PortalError> {
        for _ in 0..MOST_AMENDMENTS {
            let (mut selection, version) = self.read_selection(session, id).await?;
            change(&mut selection);
            if self.write_selection(&selection, version).await? {
                return Ok(selection);
            }
        }
        Err(PortalError::Store(StoreError))
    }

    pub(crate) async fn read_selection(
        &self,
        session: &Session,
        id: SelectionId,
    ) -> Result<(Selection, i64), PortalError> {
        let record = self.records.get(RecordKind::Selection, &id.to_string()).await?;
        let Record { content, version, .. } = record.ok_or(PortalError::NotFound)?;
        let selection: Selection = serde_json::from_slice(&content).map_err(|_| PortalError::NotFound)?;
        let own =
            (selection.owner.tenant, selection.owner.id) == (session.caller.tenant, session.caller.principal);
        if own { Ok((selection, version)) } else { Err(PortalError::NotFound) }
    }

    /// Writes a selection that was read at `version`. Returns whether it was still that version.
    pub(crate) async fn write_selection(
        &self,
        selection: &Selection,
        version: i64,
    ) -> Result<bool, PortalError> {
        let content = serde_json::to_vec(selection).map_err(|_| StoreError)?;
        let expires = selection.created.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
        let key = selection.id.to_string();
        Ok(self.records.replace(RecordKind::Selection, &key, version, &content, expires).await?)
    }
}

impl Fields {
    /// Trimmed, and cut to what is taken at all.
    pub(crate) fn bounded(self) -> Self {
        let cut = |text: &str, most: usize| text.trim().chars().take(most).collect::<String>();
        Self {
            wanted: self.wanted,
            // One more than allowed is kept, so that the check can say that it was too long.
            justification: cut(&self.justification, LONGEST_JUSTIFICATION + 1),
            ticket_number: cut(&self.ticket_number, LONGEST_TICKET),
            ticket_system: cut(&self.ticket_system, LONGEST_TICKET),
            start: self.start,
            own: self.own.into_iter().take(MOST_ROLES).map(|(row, own)| (row, own.bounded())).collect(),
        }
    }

    /// What was typed for `row` alone.
    #[must_use]
    pub fn own(&self, row: &RowKey) -> Option<&Own> {
        self.own.iter().find(|(key, own)| key == row && !own.is_empty()).map(|(_, own)| own)
    }
}

impl Own {
    fn bounded(self) -> Self {
        let cut = |text: Option<String>, most: usize| {
            let text: String = text?.trim().chars().take(most).collect();
            (!text.is_empty()).then_some(text)
        };
        Self {
            duration: self.duration,
            justification: cut(self.justification, LONGEST_JUSTIFICATION + 1),
            ticket_number: cut(self.ticket_number, LONGEST_TICKET),
            ticket_system: cut(self.ticket_system, LONGEST_TICKET),
        }
    }
}
