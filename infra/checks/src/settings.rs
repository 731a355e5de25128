//! Every `PIM_PORTAL_…` in what is deployed, and in the guides, is a setting that the portal knows.

use std::collections::BTreeSet;

const PREFIX: &str = "PIM_PORTAL_";

/// The settings that `server/src/config.rs` reads, in upper case: the fields of `Written`, and the two variables beside them that
/// matter to a running portal. Read from the source, for want of building the whole portal to learn a dozen names.
///
/// # Panics
/// When the source has no `struct Written`.
#[must_use]
pub fn known(source: &str) -> BTreeSet<String> {
    let (_, fields) = source.split_once("struct Written {").expect("config.rs has a struct Written");
    let fields = fields.split('}').next().unwrap_or_default();
    let names = fields
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(name, _)| name.trim().to_uppercase());
    names.chain(["CONFIG".to_owned(), "LOG".to_owned()]).collect()
}

/// The settings in a text that are not among `known`.
#[must_use]
pub fn problems(text: &str, known: &BTreeSet<String>) -> Vec<String> {
    let mentions = text.split(PREFIX).skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    });
    let unknown: BTreeSet<&str> =
        mentions.filter(|name| !name.is_empty() && !known.contains(*name)).collect();
    unknown.into_iter().map(|name| format!("{PREFIX}{name} is no setting of the portal")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "struct Written {\n    public_url: Option<String>,\n    listen: Option<String>,\n}\n";

    #[test]
    fn only_settings_of_the_portal_pass() {
        let known = known(SOURCE);
        assert_eq!(
            problems("PIM_PORTAL_LISTEN=a PIM_PORTAL_PUBLIC_URL: b PIM_PORTAL_LOG", &known),
            Vec::<String>::new()
        );
        assert_eq!(
            problems("PIM_PORTAL_LISTEN_ON=a", &known),
            ["PIM_PORTAL_LISTEN_ON is no setting of the portal"]
        );
        assert_eq!(
            problems("PIM_PORTAL_CLIENT_SECRET", &known),
            ["PIM_PORTAL_CLIENT_SECRET is no setting of the portal"]
        );
    }
}
