//! JSON that Graph and Azure write the same way: activations, times, rows of lists.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use pim::draft::Draft;
use serde::{Deserialize, Deserializer, Serialize};

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

/// How many marks a letter may carry: more than any language needs, too few to cover the line above.
const MARKS: usize = 4;

/// A name that people gave, as a field: what [`legible`] leaves of it. Every field that holds one is read with
/// `#[serde(default, deserialize_with = "transport::wire::name")]`, so that no name can harm what is written around it.
///
/// # Errors
///
/// When the field is neither text nor null.
pub fn name<'de, D: Deserializer<'de>>(field: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(field)?.as_deref().and_then(legible))
}

/// A name without what is no part of it: control characters, and the marks that turn the direction of whatever follows.
/// White space of any kind is one space. `None` where nothing is left that can be seen; the thing then goes by its id.
#[must_use]
pub fn legible(text: &str) -> Option<String> {
    let belongs = |c: &char| c.is_whitespace() || !(c.is_control() || is_directing(*c));
    let mut marks = 0;
    let mut kept = String::with_capacity(text.len());
    for c in text.chars().filter(belongs) {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks <= MARKS {
            kept.push(c);
        }
    }
    let name = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.chars().all(is_unseen)).then_some(name)
}

/// Embeddings, overrides and isolates: <https://www.unicode.org/reports/tr9/#Explicit_Directional_Formatting_Characters>.
fn is_directing(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Marks that stand above, below or on the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Characters without width, and spaces.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{feff}')
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

    #[test]
    fn names_lose_what_is_no_part_of_them() {
        for (name, legible_name) in [
            ("Operators", Some("Operators")),
            ("  Operators\t(North) ", Some("Operators (North)")),
            ("One\r\nTwo\u{2028}Three\u{85}Four", Some("One Two Three Four")),
            ("Null\0 and \u{1b}[31mred\u{7}", Some("Null and [31mred")),
            ("C1 \u{9b}31m", Some("C1 31m")),
            ("Over\u{202e}ride\u{2066}\u{202c}", Some("Override")),
            ("<script>alert(1)</script>", Some("<script>alert(1)</script>")),
            ("\u{5de}\u{5e0}\u{5d4}\u{5dc}", Some("\u{5de}\u{5e0}\u{5d4}\u{5dc}")),
            ("\u{1f469}\u{200d}\u{1f467}", Some("\u{1f469}\u{200d}\u{1f467}")),
            ("Za\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}lgo", Some("Za\u{300}\u{301}\u{302}\u{303}lgo")),
            ("", None),
            (" \t\u{a0}", None),
            ("\u{200b}\u{2060}\u{feff}", None),
            ("\u{202e}\0", None),
        ] {
            assert_eq!(legible(name).as_deref(), legible_name, "{name:?}");
        }
    }

    #[test]
    fn a_field_that_holds_a_name_may_be_null_or_missing() {
        #[derive(Deserialize)]
        struct Named {
            #[serde(default, deserialize_with = "name")]
            name: Option<String>,
        }
        let read = |json: &str| serde_json::from_str::<Named>(json).map(|named| named.name);
        assert_eq!(read(r#"{"name":"a\u0000b","more":1}"#).unwrap().as_deref(), Some("ab"));
        assert_eq!(read(r#"{"name":null}"#).unwrap(), None);
        assert_eq!(read("{}").unwrap(), None);
        assert!(read(r#"{"name":7}"#).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_left_of_a_name_is_legible(text in ".{0,40}", odd in "[\u{0}-\u{20}\u{7f}-\u{a0}\u{200b}-\u{2069}\u{300}-\u{310}]{0,40}") {
            let name = legible(&format!("{text}{odd}"));
            if let Some(name) = name {
                proptest::prop_assert!(!name.chars().any(|c| c.is_control() || is_directing(c)));
                proptest::prop_assert_eq!(legible(&name), Some(name));
            }
        }
    }
}
