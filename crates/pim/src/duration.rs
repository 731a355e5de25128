//! How long an activation lasts: whole minutes, written in ISO 8601 on the wire.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

/// A positive length of time in whole minutes.
///
/// Microsoft writes `PT8H`, `PT1H45M` or `P1D`
/// (<https://learn.microsoft.com/graph/api/resources/expirationpattern>); a day counts as 24 hours. Months and years, fractions
/// of a minute, zero and negative lengths are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActivationDuration(u32);

/// The text is not a length of time that an activation can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration of whole minutes in ISO 8601, such as PT8H")]
pub struct NotADuration;

impl ActivationDuration {
    /// The shortest activation that PIM keeps: an assignment cannot be deactivated earlier.
    pub const SHORTEST: Self = Self(5);

    /// `minutes` minutes; `None` for zero.
    #[must_use]
    pub const fn from_minutes(minutes: u32) -> Option<Self> {
        if minutes == 0 { None } else { Some(Self(minutes)) }
    }

    /// Whole minutes.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        self.0
    }

    /// As a signed duration, to reckon with timestamps.
    #[must_use]
    pub fn signed(self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.0))
    }

    /// For people: `30 min`, `8 h`, `1 h 45 min`.
    #[must_use]
    pub fn words(self) -> String {
        words(self.0)
    }
}

/// `minutes` for people: `30 min`, `8 h`, `1 h 45 min`.
#[must_use]
pub fn words(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}

impl fmt::Display for ActivationDuration {
    /// ISO 8601, in hours and minutes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 60, self.0 % 60) {
            (0, m) => write!(f, "PT{m}M"),
            (h, 0) => write!(f, "PT{h}H"),
            (h, m) => write!(f, "PT{h}H{m}M"),
        }
    }
}

impl FromStr for ActivationDuration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // jiff also reads friendly forms ("8h"); on Microsoft's wire only ISO 8601 is legal.
        if !text.starts_with('P') {
            return Err(NotADuration);
        }
        let span: Span = text.parse().map_err(|_| NotADuration)?;
        if span.get_years() != 0 || span.get_months() != 0 || span.is_negative() {
            return Err(NotADuration);
        }
        let whole_days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
        let rest = SignedDuration::try_from(span.weeks(0).days(0)).map_err(|_| NotADuration)?;
        let seconds = whole_days * 86_400 + rest.as_secs();
        if seconds % 60 != 0 || rest.subsec_nanos() != 0 {
            return Err(NotADuration);
        }
        u32::try_from(seconds / 60).ok().and_then(Self::from_minutes).ok_or(NotADuration)
    }
}

impl TryFrom<String> for ActivationDuration {
    type Error = NotADuration;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ActivationDuration> for String {
    fn from(duration: ActivationDuration) -> Self {
        duration.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_microsoft_writes() {
        for (text, minutes) in [
            ("PT8H", 480),
            ("PT1H45M", 105),
            ("P1D", 1440),
            ("PT30M", 30),
            ("P1DT4H", 1680),
            ("PT5400S", 90),
            ("P1W", 10_080),
        ] {
            assert_eq!(
                text.parse::<ActivationDuration>().map(ActivationDuration::minutes),
                Ok(minutes),
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_an_activation_cannot_last() {
        for text in
            ["", "8h", "PT0S", "-PT1H", "P1M", "P1Y", "PT30S", "PT1.5S", "PT", "eight hours", "P9999999W"]
        {
            assert_eq!(text.parse::<ActivationDuration>(), Err(NotADuration), "{text}");
        }
    }

    #[test]
    fn writes_iso_and_words() {
        let long = ActivationDuration(105);
        assert_eq!((long.to_string(), long.words()), ("PT1H45M".into(), "1 h 45 min".into()));
        assert_eq!(ActivationDuration(30).to_string(), "PT30M");
        assert_eq!(ActivationDuration(1440).to_string(), "PT24H");
    }
}
