//! ISO 8601 durations as `Edm.Duration` and ARM write them: `PT8H`, `PT1H45M`, `P1D`, `P365D`.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::Value;

/// The length of an ISO 8601 duration, a day counting 24 hours; `None` when it is not one.
pub(crate) fn parse(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let span = if span.get_years() != 0 || span.get_months() != 0 {
        span.years(0)
            .months(0)
            .days(i32::from(span.get_years()) * 365 + span.get_months() * 30 + span.get_days())
    } else {
        span
    };
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

/// A time as the services print it.
pub(crate) fn stamp(time: Timestamp) -> Value {
    Value::String(time.to_string())
}

/// A time that may be missing.
pub(crate) fn stamp_or_null(time: Option<Timestamp>) -> Value {
    time.map_or(Value::Null, stamp)
}
