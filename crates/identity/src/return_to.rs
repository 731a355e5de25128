//! Where a person goes after signing in: an address of the portal's own, whatever the link said.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// A path with query and fragment on the portal's own origin. It cannot name another origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReturnTo(String);

/// The text leads elsewhere, or might.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address within the portal")]
pub struct LeadsElsewhere;

impl ReturnTo {
    /// Longest accepted address, in bytes.
    pub const LONGEST: usize = 2048;

    /// Accepts `text` if every browser takes it for a path on the same origin: one leading `/`, no backslash (browsers read
    /// it as `/`), nothing that a URL parser drops or rewrites (control characters, spaces, non-ASCII), at most
    /// [`LONGEST`](Self::LONGEST) bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let harmless = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let one_slash = text.starts_with('/') && !text.starts_with("//");
        if !harmless || !one_slash || text.len() > Self::LONGEST {
            return None;
        }
        // The last word is the parser that browsers share (WHATWG): resolved against an origin, it has to stay there.
        let origin = Url::parse("https://portal.invalid").ok()?;
        let resolved = origin.join(text).ok()?;
        // `/..//host` is shortened to `//host`, which would leave when it is resolved once more.
        if resolved.origin() != origin.origin() || resolved.path().starts_with("//") {
            return None;
        }
        Some(Self(text.to_owned()))
    }

    /// The address, for a `Location` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnTo {
    /// The overview.
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ReturnTo {
    type Error = LeadsElsewhere;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(LeadsElsewhere)
    }
}

impl From<ReturnTo> for String {
    fn from(to: ReturnTo) -> Self {
        to.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_portal_are_kept_as_they_are() {
        for text in
            ["/", "/activate/3f", "/?q=a&plane=azure", "/history#top", "/a/../b", "/a//b", "/x?u=https://y/"]
        {
            assert_eq!(ReturnTo::parse(text).map(String::from).as_deref(), Some(text));
        }
    }

    #[test]
    fn nothing_that_leads_elsewhere_is_accepted() {
        let long = format!("/{}", "a".repeat(ReturnTo::LONGEST));
        for text in [
            "",
            "overview",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/a\\..\\b",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            " /",
            "/a b",
            "/\u{0}",
            "/\u{7f}",
            "/é",
            "https://evil.example/",
            "javascript:alert(1)",
            "?next=/",
            "/..//evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "/%2e%2e//evil.example",
            &long,
        ] {
            assert_eq!(ReturnTo::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_stored_address_is_checked_again() {
        assert!(serde_json::from_str::<ReturnTo>("\"/ok\"").is_ok());
        assert!(serde_json::from_str::<ReturnTo>("\"//evil.example\"").is_err());
    }
}
