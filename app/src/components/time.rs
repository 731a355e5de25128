//! Points in time and time left. Drawn in UTC; the clockwork island puts them into the person's zone and keeps them current.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leptos::prelude::*;
use pim::assignment::Assignment;
use portal::settings::TimeFormat;

use crate::context::context;
use crate::words;

fn utc(at: Timestamp, format: &str) -> String {
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// A time of day in UTC, as the person writes times, after the date in this format (none when it is empty).
pub(crate) fn clock(at: Timestamp, date: &str) -> String {
    let format = match context().settings.time_format {
        TimeFormat::Hours12 => "%-I:%M %p UTC",
        // Only the browser knows what it would say.
        TimeFormat::Hours24 | TimeFormat::Browser => "%H:%M UTC",
    };
    utc(at, &format!("{date}{format}"))
}

/// A time of day, with the date when it is another day.
#[component]
pub(crate) fn At(at: Timestamp, now: Timestamp) -> impl IntoView {
    let same_day = utc(at, "%F") == utc(now, "%F");
    let text = clock(at, if same_day { "" } else { "%a %-d %b " });
    view! { <time datetime=at.to_string() data-at=at.as_millisecond().to_string()>{text}</time> }
}

/// When something came to be as it is. For how long it has been so the clockwork says as well, unless it `is_over`.
#[component]
pub(crate) fn Since(at: Timestamp, now: Timestamp, is_over: bool) -> impl IntoView {
    let lasting = (!is_over).then(|| view! { <span data-since=at.as_millisecond().to_string()></span> });
    // Not read aloud every minute where it stands in a live region.
    view! { <p class="since" aria-live="off">{(!is_over).then_some("since ")}<At at=at now=now/>{lasting}</p> }
}

/// A date.
#[component]
pub(crate) fn On(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=at.to_string() title=clock(at, "%-d %b %Y, ") data-at=at.as_millisecond().to_string() data-date="">{utc(at, "%-d %b %Y")}</time>
    }
}

/// How long ago something was, in days: "3 days ago".
pub(crate) fn ago(seconds: i64) -> String {
    match seconds / 86_400 {
        ..=0 => "less than a day ago".into(),
        1 => "a day ago".into(),
        days => format!("{days} days ago"),
    }
}

/// A date and a time of day.
#[component]
pub(crate) fn OnAt(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.to_string() data-at=at.as_millisecond().to_string() data-date="time">{clock(at, "%-d %b %Y, ")}</time> }
}

/// What is left of an assignment: in words, until when, and as a bar that drains.
#[component]
pub(crate) fn Left(row: Assignment, now: Timestamp) -> impl IntoView {
    let Some((until, left)) = row.until.zip(row.left(now)) else {
        return view! { <span class="quiet">"No end"</span> }.into_any();
    };
    let seconds = left.as_secs();
    let whole = row.since.map_or(seconds, |since| until.duration_since(since).as_secs()).max(1);
    let millis = until.as_millisecond().to_string();
    let class = if seconds < words::SHORT_SECONDS { "time-left short" } else { "time-left" };
    let label = format!("Time left of {}", row.names.title);
    view! {
        <div class=class data-time="">
            <span><strong data-left=millis.clone()>{words::left(seconds)}</strong>" · "<At at=until now=now/></span>
            <meter aria-label=label min="0" max=whole.to_string() value=seconds.to_string() data-left=millis></meter>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn days_are_counted_when_they_are_over() {
        let day = 86_400;
        assert_eq!(ago(day - 1), "less than a day ago");
        assert_eq!(ago(2 * day - 1), "a day ago");
        assert_eq!(ago(2 * day), "2 days ago");
    }
}
