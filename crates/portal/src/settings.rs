//! How one person wants the portal: what it looks like, how it writes times, what a selection begins with.
//!
//! Every page needs them before its first byte, so they are kept in memory for a minute; saving forgets what was kept. What is
//! stored is read value by value: one that this version does not know counts as not chosen, so a record of a newer version, or
//! a damaged value, never breaks a page.
//!
//! To add a setting: a field, its place in [`Settings::named`] and [`Settings::pairs`], and a control on the page `/settings`.

use std::collections::BTreeMap;

use pim::duration::ActivationDuration;
use pim::error::ErrorKind;
use pim::records::{RecordKind, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::personal::Personal;
use crate::selection::Wanted;
use crate::{Portal, Session};

/// How long settings that were read serve before they are read again: what another replica saved shows after this at the latest.
pub(crate) const LIFE: std::time::Duration = std::time::Duration::from_mins(1);

/// The longest default duration, in minutes: the longest that a policy can allow, a day.
pub const LONGEST_MINUTES: u32 = 24 * 60;

/// A choice among a few words. The word is what is stored and what a form sends.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub enum $name { $($(#[$what])* $variant,)+ }

        impl $name {
            /// All, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What a word stands for.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

choice! {
    /// The colours.
    Theme {
        /// Light or dark, as the person's system says.
        #[default]
        System = "system",
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
        /// Strong lines and ink, light or dark as the system says.
        Contrast = "contrast",
    }
}

choice! {
    /// How much room a row takes.
    Density {
        /// About 50 pixels, two lines.
        #[default]
        Comfortable = "comfortable",
        /// 36 pixels, one line.
        Compact = "compact",
    }
}

choice! {
    /// How a time of day is written.
    TimeFormat {
        /// 16:54.
        #[default]
        Hours24 = "24",
        /// 4:54 PM.
        Hours12 = "12",
        /// As the browser's language has it; 16:54 without JavaScript.
        Browser = "browser",
    }
}

/// A person's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value", into = "BTreeMap<String, String>")]
pub struct Settings {
    /// The colours.
    pub theme: Theme,
    /// How much room a row takes.
    pub density: Density,
    /// How a time of day is written.
    pub time_format: TimeFormat,
    /// What a selection begins with; each role is shortened to its own policy.
    pub duration: Wanted,
    /// Whether the browser is to tell 15 and 5 minutes before a role ends.
    pub notify: bool,
}

impl Settings {
    /// The settings that `value` has under their names. What is missing or not known is as if it had not been chosen.
    #[must_use]
    pub fn named(value: impl Fn(&str) -> Option<String>) -> Self {
        let minutes = value("duration").and_then(|text| text.parse().ok());
        let duration = minutes.filter(|minutes| *minutes <= LONGEST_MINUTES);
        Self {
            theme: value("theme").and_then(|word| Theme::parse(&word)).unwrap_or_default(),
            density: value("density").and_then(|word| Density::parse(&word)).unwrap_or_default(),
            time_format: value("time_format").and_then(|word| TimeFormat::parse(&word)).unwrap_or_default(),
            duration: duration
                .and_then(ActivationDuration::from_minutes)
                .filter(|duration| *duration >= ActivationDuration::SHORTEST)
                .map_or(Wanted::Longest, Wanted::For),
            notify: value("notify").is_some_and(|word| word == "on"),
        }
    }

    /// The settings under their names.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, String); 5] {
        let duration = match self.duration {
            Wanted::Longest => "longest".to_owned(),
            Wanted::For(duration) => duration.minutes().to_string(),
        };
        [
            ("theme", self.theme.word().to_owned()),
            ("density", self.density.word().to_owned()),
            ("time_format", self.time_format.word().to_owned()),
            ("duration", duration),
            ("notify", if self.notify { "on" } else { "off" }.to_owned()),
        ]
    }
}

impl From<Value> for Settings {
    fn from(stored: Value) -> Self {
        Self::named(|name| stored.get(name).and_then(Value::as_str).map(str::to_owned))
    }
}

impl From<Settings> for BTreeMap<String, String> {
    fn from(settings: Settings) -> Self {
        settings.pairs().into_iter().map(|(name, word)| (name.to_owned(), word)).collect()
    }
}

impl Personal for Settings {
    const KIND: RecordKind = RecordKind::Settings;
}

impl Portal {
    /// The person's settings, from memory where they were read within the last minute.
    pub async fn settings(&self, session: &Session) -> Result<Settings, StoreError> {
        let (portal, reader) = (self.clone(), session.clone());
        let read =
            async move { portal.personal(&reader).await.map_err(|StoreError| ErrorKind::Unavailable.into()) };
        self.kept.settings.get(person(session), read).await.map_err(|_| StoreError)
    }

    /// The same, and the defaults where the store fails: no page is kept from anybody for want of a theme.
    pub async fn settings_or_default(&self, session: &Session) -> Settings {
        self.settings(session).await.unwrap_or_else(|StoreError| {
            tracing::warn!("settings could not be read; a page goes by the defaults");
            Settings::default()
        })
    }

    /// Stores the person's settings.
    pub async fn save_settings(&self, session: &Session, settings: &Settings) -> Result<(), StoreError> {
        let saved = self
            .change_personal(session, |stored: &mut Settings| {
                stored.clone_from(settings);
                Ok::<(), StoreError>(())
            })
            .await;
        // Also after a failure: it may have been written all the same.
        self.kept.settings.forget(&person(session)).await;
        saved
    }
}

fn person(session: &Session) -> (pim::ids::TenantId, pim::ids::PrincipalId) {
    (session.caller.tenant, session.caller.principal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_comes_back_and_what_is_not_known_is_the_default() {
        let minutes = ActivationDuration::from_minutes(90).unwrap();
        let settings = Settings {
            theme: Theme::Contrast,
            density: Density::Compact,
            time_format: TimeFormat::Browser,
            duration: Wanted::For(minutes),
            notify: true,
        };
        let stored = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&stored).unwrap(), settings);

        let newer = r#"{"theme":"sepia","density":7,"time_format":null,"duration":"100000","notify":[],"moon":"full"}"#;
        assert_eq!(serde_json::from_str::<Settings>(newer).unwrap(), Settings::default());
        assert_eq!(serde_json::from_str::<Settings>("[1, 2]").unwrap(), Settings::default());
        let partly = r#"{"theme":"sepia","density":"compact","duration":"4"}"#;
        let expected = Settings { density: Density::Compact, ..Settings::default() };
        assert_eq!(serde_json::from_str::<Settings>(partly).unwrap(), expected);
    }
}
