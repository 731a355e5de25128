//! `Retry-After`: seconds or an HTTP date. <https://learn.microsoft.com/graph/throttling>

use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use pim::clock::{Clock, SystemClock};

/// The longest wait that is believed; what asks for more is read as this.
const LONGEST: Duration = Duration::from_hours(1);

/// How long the service asks to wait; `None` where it does not say, or not in a form that HTTP knows.
///
/// A date is compared with the answer's own `Date`, so that a clock that is off on either side does no harm; only without one is
/// the local clock asked. A date in the past is zero.
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = text(headers, &RETRY_AFTER)?;
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let until = http_date(text)?;
    let now = self::text(headers, &DATE).and_then(http_date).unwrap_or_else(|| SystemClock.now());
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default().min(LONGEST))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// The fixed form of RFC 9110, 5.6.7. The two obsolete forms are not read: no Microsoft service sends them.
fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_wait_is_longer_than_an_hour(value in prop::collection::vec(32u8..=255, 0..40), seconds in "[0-9]{1,30}") {
            for value in [value.as_slice(), seconds.as_bytes()] {
                let Ok(value) = http::HeaderValue::from_bytes(value) else { continue };
                let read = retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value)]));
                prop_assert!(read.is_none_or(|wait| wait <= LONGEST));
            }
        }
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn reads_seconds_and_dates() {
        let date = (DATE, "Sat, 21 Nov 2026 10:00:00 GMT");
        for (value, expected) in [
            ("10", Some(10)),
            (" 0 ", Some(0)),
            ("999999999", Some(3600)),
            ("Sat, 21 Nov 2026 10:00:07 GMT", Some(7)),
            ("Sat, 21 Nov 2026 09:59:00 GMT", Some(0)),
            ("Tue, 21 Nov 2028 10:00:00 GMT", Some(3600)),
            ("-5", None),
            ("soon", None),
        ] {
            let read = retry_after(&headers(&[date.clone(), (RETRY_AFTER, value)]));
            assert_eq!(read, expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&headers(&[date])), None);
    }

    #[test]
    fn a_date_without_a_date_to_compare_with_is_read_against_the_clock() {
        let past = headers(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT")]);
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
    }
}
