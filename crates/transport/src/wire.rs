//! JSON that Graph and Azure write the same way: activations, times, rows of lists.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use pim::draft::Draft;
use serde::Serialize;

/// What an activation says besides who, what and where.
/// <https://learn.microsoft.com/graph/api/resources/requestschedule>,
/// <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-requests/create>
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activation<'a> {
    justification: &'a str,
    schedule_info: Schedule,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_info: Option<Ticket<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Schedule {
    start_date_time: String,
    expiration: Expiration,
}

#[derive(Debug, Serialize)]
struct Expiration {
    #[serde(rename = "type")]
    kind: &'static str,
    duration: String,
}

/// <https://learn.microsoft.com/graph/api/resources/ticketinfo>
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ticket<'a> {
    ticket_number: &'a str,
    ticket_system: &'a str,
}

impl<'a> Activation<'a> {
    /// `after_duration` is the expiration's type as the plane's documentation spells it: `AfterDuration` or `afterDuration`.
    #[must_use]
    pub fn new(draft: &'a Draft, after_duration: &'static str) -> Self {
        Self {
            justification: &draft.justification,
            schedule_info: Schedule {
                // Milliseconds: the services read at most seven decimals, the clock gives nine.
                start_date_time: format!("{:.3}", draft.start),
                expiration: Expiration { kind: after_duration, duration: draft.duration.to_string() },
            },
            ticket_info: draft
                .ticket
                .as_ref()
                .map(|ticket| Ticket { ticket_number: &ticket.number, ticket_system: &ticket.system }),
        }
    }
}

/// A `DateTimeOffset` with any number of decimals; `None` where there is none, or none that can be read.
#[must_use]
pub fn timestamp(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// When a schedule ends that names its end, or how long it lasts from its start; `None` is without end, or not said.
#[must_use]
pub fn until(start: Option<Timestamp>, end: Option<&str>, duration: Option<&str>) -> Option<Timestamp> {
    let lasting = || {
        let span: Span = said(duration)?.parse().ok()?;
        Some(start?.to_zoned(TimeZone::UTC).checked_add(span).ok()?.timestamp())
    };
    timestamp(end).or_else(lasting)
}

/// A string that says something.
#[must_use]
pub fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

/// The rows that `read` can make something of. The others cannot be acted upon, and are left out loudly.
pub fn usable<W, D>(
    rows: impl IntoIterator<Item = W>,
    what: &'static str,
    read: impl FnMut(W) -> Option<D>,
) -> Vec<D> {
    let rows: Vec<Option<D>> = rows.into_iter().map(read).collect();
    let left_out = rows.iter().filter(|row| row.is_none()).count();
    if left_out > 0 {
        tracing::warn!(what, left_out, "rows without an id, a role or a scope");
    }
    rows.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_number_of_decimals() {
        for text in [
            "2026-11-21T10:00:00Z",
            "2026-11-21T10:00:00.01Z",
            "2026-11-21T10:00:00.123Z",
            "2026-11-21T10:00:00.1234567Z",
            "2026-11-21T11:00:00.5+01:00",
        ] {
            assert_eq!(timestamp(Some(text)).map(Timestamp::as_second), Some(1_795_255_200), "{text}");
        }
        for text in [None, Some(""), Some("tomorrow")] {
            assert_eq!(timestamp(text), None);
        }
    }
}
