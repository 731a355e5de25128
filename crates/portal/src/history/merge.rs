//! One entry for each thing that was done, out of what three sources tell of it.
//!
//! An operation of the journal and a request of the service are the same when they carry the same request id. Rows of the audit log join them by
//! request id, then by correlation id; a row that neither ties to anything joins the nearest one about the same role at the same scope,
//! unless that is known to be another request. The end of an activation, which the service writes by itself, joins the activation that it
//! ends.

use jiff::{SignedDuration, Timestamp};
use pim::audit::{Activity, AuditEntry};
use pim::duration::ActivationDuration;
use pim::ids::PlaneId;
use pim::journal::{Intent, Operation, OperationState};
use pim::prolongation::ProlongationKind;
use pim::request::{Progress, Request, RequestAction};
use pim::target::Target;

use super::{Entry, Kind, Moment, Outcome, Source, Told};

/// How far apart two sources may date the same thing.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// What an entry is recognised by.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Key {
    pub(super) target: Option<Target>,
    /// Whether its title is an id.
    pub(super) is_nameless: bool,
    /// When an activation is over, as far as is known.
    pub(super) ends: Option<Timestamp>,
    /// Whether its request id is the service's: until a lost answer is found, the portal only knows its own.
    is_theirs: bool,
}

pub(super) fn merge(told: Told, now: Timestamp) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let (withdrawals, operations): (Vec<_>, Vec<_>) =
        told.operations.into_iter().partition(|operation| matches!(operation.intent, Intent::Cancel(_)));
    entries.extend(operations.iter().map(from_operation));
    for request in told.requests {
        match find_request(&mut entries, &request.target.plane, request.id.as_str()) {
            Some(entry) => join_request(entry, &request, now),
            None => entries.extend(from_request(&request, now)),
        }
    }
    for operation in &withdrawals {
        // A withdrawal is part of what it withdraws, where that is known.
        let Intent::Cancel(withdrawn) = &operation.intent else { continue };
        match find_request(&mut entries, &withdrawn.target.plane, withdrawn.id.as_str()) {
            Some(entry) => {
                let steps = operation.timeline.iter().filter(|step| step.state == OperationState::Cancelled);
                entry.timeline.extend(steps.map(|step| moment(step.at, "Withdrawn", Source::Portal)));
            }
            None => entries.push(from_operation(operation)),
        }
    }
    let mut rows = told.audit;
    rows.sort_by_key(|row| row.at);
    for row in &rows {
        match find_for(&mut entries, row) {
            Some(entry) => join_row(entry, row),
            None => entries.push(from_row(row)),
        }
    }
    for entry in &mut entries {
        tidy(entry);
    }
    entries
}

fn moment(at: Timestamp, what: &str, source: Source) -> Moment {
    Moment { at, what: what.to_owned(), source }
}

fn find_request<'e>(entries: &'e mut [Entry], plane: &PlaneId, id: &str) -> Option<&'e mut Entry> {
    entries.iter_mut().find(|entry| {
        &entry.plane == plane && entry.request.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(id))
    })
}

/// The entry that a row of the log is about.
fn find_for<'e>(entries: &'e mut [Entry], row: &AuditEntry) -> Option<&'e mut Entry> {
    let position =
        by_request(entries, row).or_else(|| by_correlation(entries, row)).or_else(|| by_role(entries, row));
    position.and_then(|position| entries.get_mut(position))
}

fn by_request(entries: &[Entry], row: &AuditEntry) -> Option<usize> {
    let id = row.request.as_ref()?;
    entries.iter().position(|entry| {
        entry.plane == row.plane
            && entry.request.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(id.as_str()))
    })
}

fn by_correlation(entries: &[Entry], row: &AuditEntry) -> Option<usize> {
    let id = row.correlation_id.as_ref()?;
    entries.iter().position(|entry| entry.plane == row.plane && entry.correlation_ids.contains(id))
}

fn by_role(entries: &[Entry], row: &AuditEntry) -> Option<usize> {
    let wanted = kind_of(&row.activity);
    let same_role = |entry: &Entry| match (&entry.key.target, &row.role) {
        (Some(target), Some(role)) => {
            let scope = row.scope.as_ref();
            target.role.as_str().eq_ignore_ascii_case(role.as_str())
                && scope.is_none_or(|scope| target.scope.as_str().eq_ignore_ascii_case(scope.as_str()))
        }
        _ => row.title.as_deref().is_some_and(|title| title == entry.title),
    };
    // An end may carry the id of the service's own request to end it.
    let is_another =
        |entry: &Entry| entry.key.is_theirs && row.request.is_some() && row.activity != Activity::Ended;
    let apart = |entry: &Entry| {
        let expected = if row.activity == Activity::Ended {
            entry.key.ends?
        } else {
            entry.timeline.iter().map(|moment| moment.at).min_by_key(|at| at.duration_since(row.at).abs())?
        };
        Some(expected.duration_since(row.at).abs())
    };
    let fits = |entry: &Entry| {
        entry.plane == row.plane
            && wanted.is_none_or(|kind| kind == entry.kind)
            && same_role(entry)
            && !is_another(entry)
    };
    entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| fits(entry))
        .filter_map(|(position, entry)| Some((apart(entry)?, position)))
        .filter(|(apart, _)| *apart <= APART)
        .min()
        .map(|(_, position)| position)
}

/// What sort of entry a row belongs to; `None` for any.
fn kind_of(activity: &Activity) -> Option<Kind> {
    match activity {
        Activity::ActivationRequested
        | Activity::ApprovalRequested
        | Activity::Activated
        | Activity::RequestExpired
        | Activity::Ended
        | Activity::Approved
        | Activity::Denied => Some(Kind::Activation),
        Activity::DeactivationRequested | Activity::Deactivated => Some(Kind::Deactivation),
        Activity::Cancelled | Activity::Other(_) => None,
    }
}

fn from_operation(operation: &Operation) -> Entry {
    let (kind, minutes, ticket) = match &operation.intent {
        Intent::Activate(draft) => (Kind::Activation, Some(draft.duration.minutes()), draft.ticket.as_ref()),
        Intent::Deactivate(_) => (Kind::Deactivation, None, None),
        Intent::Cancel(_) => (Kind::Withdrawal, None, None),
        Intent::Decide(_) => (Kind::Decision, None, None),
        Intent::Prolong(wish) => match wish.kind {
            ProlongationKind::Extend => (Kind::Prolongation, None, None),
            ProlongationKind::Renew => (Kind::Renewal, None, None),
        },
    };
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let provisioned = operation
        .timeline
        .iter()
        .find(|step| matches!(step.state, OperationState::Provisioned | OperationState::Usable))
        .map(|step| step.at);
    let ends = match &operation.intent {
        Intent::Activate(draft) => {
            provisioned.and_then(|from| from.max(draft.start).checked_add(draft.duration.signed()).ok())
        }
        _ => None,
    };
    let request = match &operation.intent {
        Intent::Decide(_) => None,
        Intent::Cancel(request) => Some(request.id.as_str().to_owned()),
        // Before it was sent, the id means nothing to anybody.
        _ => operation.sent.map(|_| operation.request_id.as_str().to_owned()),
    };
    let is_answered = operation.state.may_exist()
        && !matches!(operation.state, OperationState::Sending | OperationState::Unsure);
    let is_theirs = request.is_some() && is_answered;
    Entry {
        at: operation.created,
        plane: operation.intent.target().plane.clone(),
        title: operation.names.title.clone(),
        place: operation.names.place.clone(),
        kind,
        outcome: outcome_of_state(operation.state),
        justification: said(operation.intent.justification()),
        ticket_number: ticket.and_then(|ticket| said(&ticket.number)),
        ticket_system: ticket.and_then(|ticket| said(&ticket.system)),
        minutes,
        request,
        correlation_ids: operation.correlation_id.iter().cloned().collect(),
        batch: Some(operation.batch),
        timeline: operation
            .timeline
            .iter()
            .map(|step| moment(step.at, state_in_words(step.state), Source::Portal))
            .collect(),
        sources: vec![Source::Portal],
        key: Key { target: Some(operation.intent.target().clone()), is_nameless: false, ends, is_theirs },
    }
}

fn from_request(request: &Request, now: Timestamp) -> Option<Entry> {
    let at = request.created.or(request.start)?;
    let kind = match request.action {
        RequestAction::Activate => Kind::Activation,
        RequestAction::Deactivate => Kind::Deactivation,
        RequestAction::Extend => Kind::Prolongation,
        RequestAction::Renew => Kind::Renewal,
        // What administrators did about eligibilities is not the person's own doing.
        RequestAction::Grant | RequestAction::Remove => return None,
        RequestAction::Other => Kind::Other,
    };
    let names = request.names.as_ref();
    let mut entry = Entry {
        at,
        plane: request.target.plane.clone(),
        title: names.map_or_else(|| request.target.role.as_str().to_owned(), |names| names.title.clone()),
        place: names.map_or_else(|| request.target.scope.as_str().to_owned(), |names| names.place.clone()),
        kind,
        outcome: Outcome::Unknown,
        justification: None,
        ticket_number: None,
        ticket_system: None,
        minutes: None,
        request: Some(request.id.as_str().to_owned()),
        correlation_ids: Vec::new(),
        batch: None,
        timeline: vec![moment(at, "Asked for", Source::Requests)],
        sources: Vec::new(),
        key: Key {
            target: Some(request.target.clone()),
            is_nameless: names.is_none(),
            ends: None,
            is_theirs: true,
        },
    };
    join_request(&mut entry, request, now);
    Some(entry)
}

fn join_request(entry: &mut Entry, request: &Request, now: Timestamp) {
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    let progress = request.status.progress();
    // What the portal saw to its end it knows better: a request says "provisioned" for ever.
    if matches!(entry.outcome, Outcome::Open | Outcome::Unknown) {
        entry.outcome = outcome_of_progress(progress);
    }
    entry.justification =
        entry.justification.take().or_else(|| request.justification.as_ref().and_then(said));
    if let Some(ticket) = &request.ticket {
        entry.ticket_number = entry.ticket_number.take().or_else(|| said(&ticket.number));
        entry.ticket_system = entry.ticket_system.take().or_else(|| said(&ticket.system));
    }
    entry.minutes = entry.minutes.or(request.duration.map(ActivationDuration::minutes));
    if entry.kind == Kind::Activation && entry.key.ends.is_none() && progress == Progress::Provisioned {
        let from = request.start.or(request.created);
        entry.key.ends =
            from.zip(request.duration).and_then(|(from, duration)| from.checked_add(duration.signed()).ok());
    }
    // For one that starts later this is the start, which has not come.
    if let Some(at) = request.completed.filter(|at| *at <= now)
        && let Some(what) = progress_in_words(progress)
    {
        entry.timeline.push(moment(at, what, Source::Requests));
    }
    entry.key.is_theirs = true;
    remembered(entry, Source::Requests);
}

fn from_row(row: &AuditEntry) -> Entry {
    let kind = match row.activity {
        Activity::Ended => Kind::End,
        Activity::Cancelled => Kind::Withdrawal,
        _ => kind_of(&row.activity).unwrap_or(Kind::Other),
    };
    let role = row.role.as_ref();
    let target = role.zip(row.scope.as_ref()).map(|(role, scope)| Target {
        plane: row.plane.clone(),
        role: role.clone(),
        scope: scope.clone(),
    });
    let title = row.title.clone().or_else(|| role.map(|role| role.as_str().to_owned())).unwrap_or_default();
    let mut entry = Entry {
        at: row.at,
        plane: row.plane.clone(),
        title,
        place: String::new(),
        kind,
        outcome: Outcome::Unknown,
        justification: None,
        ticket_number: None,
        ticket_system: None,
        minutes: None,
        request: row.request.as_ref().map(|id| id.as_str().to_owned()),
        correlation_ids: Vec::new(),
        batch: None,
        timeline: Vec::new(),
        sources: Vec::new(),
        key: Key { target, is_nameless: row.title.is_none(), ends: None, is_theirs: row.request.is_some() },
    };
    join_row(&mut entry, row);
    entry
}

fn join_row(entry: &mut Entry, row: &AuditEntry) {
    if matches!(entry.outcome, Outcome::Open | Outcome::Unknown) {
        entry.outcome = outcome_of_row(row);
    }
    if entry.request.is_none() {
        entry.request = row.request.as_ref().map(|id| id.as_str().to_owned());
        entry.key.is_theirs = entry.request.is_some();
    }
    if let Some(id) = row.correlation_id.as_ref().filter(|id| !entry.correlation_ids.contains(id)) {
        entry.correlation_ids.push(id.clone());
    }
    entry.justification = entry.justification.take().or_else(|| row.justification.clone());
    let what = activity_in_words(&row.activity, row.succeeded);
    let by = match (&row.actor, &row.activity) {
        (Some(actor), Activity::Approved | Activity::Denied) => format!("{what} by {actor}"),
        _ => what,
    };
    entry.timeline.push(moment(row.at, &by, Source::Audit));
    remembered(entry, Source::Audit);
}

fn remembered(entry: &mut Entry, source: Source) {
    if !entry.sources.contains(&source) {
        entry.sources.push(source);
    }
}

/// In order, and each thing once: of two sources that say the same at about the same time, the one that was joined first stays.
fn tidy(entry: &mut Entry) {
    let mut kept: Vec<Moment> = Vec::new();
    for moment in std::mem::take(&mut entry.timeline) {
        let same =
            |known: &Moment| known.what == moment.what && known.at.duration_since(moment.at).abs() <= APART;
        if !kept.iter().any(same) {
            kept.push(moment);
        }
    }
    kept.sort_by_key(|moment| moment.at);
    entry.timeline = kept;
    entry.sources.sort_unstable();
}

const fn outcome_of_state(state: OperationState) -> Outcome {
    match state {
        OperationState::Usable
        | OperationState::Provisioned
        | OperationState::Ended
        | OperationState::Revoked
        | OperationState::Done => Outcome::Succeeded,
        OperationState::Rejected | OperationState::Denied | OperationState::TimedOut => Outcome::Refused,
        OperationState::Failed | OperationState::NotCreated => Outcome::Failed,
        OperationState::Cancelled => Outcome::Withdrawn,
        OperationState::Unsure => Outcome::Unknown,
        _ => Outcome::Open,
    }
}

const fn outcome_of_progress(progress: Progress) -> Outcome {
    match progress {
        Progress::Provisioned | Progress::Revoked => Outcome::Succeeded,
        Progress::Denied | Progress::TimedOut => Outcome::Refused,
        Progress::Failed => Outcome::Failed,
        Progress::Cancelled => Outcome::Withdrawn,
        Progress::Unknown => Outcome::Unknown,
        _ => Outcome::Open,
    }
}

const fn outcome_of_row(row: &AuditEntry) -> Outcome {
    match row.activity {
        _ if !row.succeeded => Outcome::Failed,
        Activity::Activated | Activity::Deactivated | Activity::Ended => Outcome::Succeeded,
        Activity::Denied | Activity::RequestExpired => Outcome::Refused,
        Activity::Cancelled => Outcome::Withdrawn,
        Activity::ActivationRequested
        | Activity::ApprovalRequested
        | Activity::Approved
        | Activity::DeactivationRequested => Outcome::Open,
        Activity::Other(_) => Outcome::Unknown,
    }
}

const fn state_in_words(state: OperationState) -> &'static str {
    match state {
        OperationState::Prepared => "Asked for",
        OperationState::Queued => "Queued",
        OperationState::AwaitingStepUp => "Stronger sign-in asked for",
        OperationState::Sending => "Sent",
        OperationState::Unsure => "Answer lost",
        OperationState::NotCreated => "Not created",
        OperationState::Accepted => "Accepted",
        OperationState::PendingApproval => "Waiting for a decision",
        OperationState::Scheduled => "Scheduled",
        OperationState::Provisioned => "Provisioned",
        OperationState::Usable => "Seen to be active",
        OperationState::Ended => "Ended",
        OperationState::Revoked => "Deactivated",
        OperationState::Done => "Done",
        OperationState::Rejected => "Refused",
        OperationState::Denied => "Denied",
        OperationState::Failed => "Failed",
        OperationState::Cancelled => "Withdrawn",
        OperationState::TimedOut => "Nobody decided in time",
    }
}

const fn progress_in_words(progress: Progress) -> Option<&'static str> {
    match progress {
        Progress::Provisioned => Some("Provisioned"),
        Progress::Revoked => Some("Deactivated"),
        Progress::Denied => Some("Denied"),
        Progress::Cancelled => Some("Withdrawn"),
        Progress::TimedOut => Some("Nobody decided in time"),
        Progress::Failed => Some("Failed"),
        _ => None,
    }
}

fn activity_in_words(activity: &Activity, succeeded: bool) -> String {
    let words = match activity {
        Activity::ActivationRequested | Activity::DeactivationRequested => "Asked for",
        Activity::ApprovalRequested => "Waiting for a decision",
        Activity::Approved => "Approved",
        Activity::Denied => "Denied",
        Activity::Activated => "Provisioned",
        Activity::Cancelled => "Withdrawn",
        Activity::RequestExpired => "Nobody decided in time",
        Activity::Deactivated => "Deactivated",
        Activity::Ended => "Ended",
        Activity::Other(words) => words,
    };
    if succeeded { words.to_owned() } else { format!("{words} (failed)") }
}
