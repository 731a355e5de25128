//! Azure scopes. <https://learn.microsoft.com/azure/role-based-access-control/scope-overview>

use std::collections::HashMap;

/// `scope` without a slash at its end, if it can be the start of a path without meaning anything else: an absolute path with
/// no empty or relative segment, no query and nothing escaped. The tenant root is the empty string.
pub(crate) fn checked(scope: &str) -> Option<&str> {
    let scope = scope.strip_suffix('/').unwrap_or(scope);
    if scope.is_empty() {
        return Some(scope);
    }
    let harmless = |c: char| !c.is_control() && !matches!(c, '?' | '#' | '\\' | '%' | '\'' | '"' | '<' | '>');
    let segments = |path: &str| path.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    let path = scope.strip_prefix('/')?;
    (path.chars().all(harmless) && segments(path)).then_some(scope)
}

/// Names of subscriptions by id, lower case.
pub(crate) type Subscriptions = HashMap<String, String>;

/// The subscription's id, if `scope` is one and nothing below it.
pub(crate) fn subscription(scope: &str) -> Option<&str> {
    match *segments(scope).as_slice() {
        [kind, id] if kind.eq_ignore_ascii_case("subscriptions") => Some(id),
        _ => None,
    }
}

/// The subscription that `scope` is or lies in.
pub(crate) fn subscription_of(scope: &str) -> Option<&str> {
    match segments(scope).as_slice() {
        [kind, id, ..] if kind.eq_ignore_ascii_case("subscriptions") => Some(id),
        _ => None,
    }
}

/// `scope` without the provider that previews of the API put before a subscription.
pub(crate) fn stable(scope: &str) -> &str {
    const PREVIEW: &str = "/providers/Microsoft.Subscription";
    let below =
        scope.split_at_checked(PREVIEW.len()).filter(|(start, _)| start.eq_ignore_ascii_case(PREVIEW));
    below.map_or(scope, |(_, rest)| if subscription_of(rest).is_some() { rest } else { scope })
}

/// What a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ManagementGroup,
    Subscription,
    ResourceGroup,
    /// Something else: a resource, the tenant root, a kind that is yet to come.
    Other,
}

impl Kind {
    /// By the scope's form.
    pub(crate) fn of(scope: &str) -> Self {
        let segments = segments(scope);
        match segments.as_slice() {
            _ if is_management_group(&segments) => Self::ManagementGroup,
            [kind, _] if kind.eq_ignore_ascii_case("subscriptions") => Self::Subscription,
            [_, _, kind, _] if kind.eq_ignore_ascii_case("resourceGroups") => Self::ResourceGroup,
            _ => Self::Other,
        }
    }

    /// For people.
    pub(crate) fn words(self) -> Option<&'static str> {
        match self {
            Self::ManagementGroup => Some("Management group"),
            Self::Subscription => Some("Subscription"),
            Self::ResourceGroup => Some("Resource group"),
            Self::Other => None,
        }
    }
}

/// How many of the first [`names`] of `scope` stand for `above`: none where that is a management group, whose name is not part of
/// the path of what lies below it.
pub(crate) fn depth_of_above(scope: &str, above: &str) -> usize {
    let (below, above_segments) = (segments(scope), segments(above));
    let starts = below.len() > above_segments.len()
        && below.iter().zip(&above_segments).all(|(one, other)| one.eq_ignore_ascii_case(other));
    if starts { names(above, None, &Subscriptions::new()).len() } else { 0 }
}

/// The scope for people, the widest name first: "prod-payments / rg-secrets / kv-payments". `own` is the name that the service
/// gives the scope itself, used where the path holds an id; a subscription whose name is not known keeps its id.
pub(crate) fn place(scope: &str, own: Option<&str>, subscriptions: &Subscriptions) -> String {
    names(scope, own, subscriptions).join(" / ")
}

/// The parts of [`place`]; at least one.
pub(crate) fn names(scope: &str, own: Option<&str>, subscriptions: &Subscriptions) -> Vec<String> {
    let segments = segments(scope);
    let own = own.filter(|name| !name.trim().is_empty());
    let mut names: Vec<&str> = Vec::new();
    let mut rest = segments.as_slice();
    if rest.is_empty() {
        return vec![own.unwrap_or("Tenant root").to_owned()];
    }
    if let [kind, id, below @ ..] = rest
        && kind.eq_ignore_ascii_case("subscriptions")
    {
        let known = subscriptions.get(&id.to_ascii_lowercase()).map(String::as_str);
        names.push(if below.is_empty() { own.or(known).unwrap_or(id) } else { known.unwrap_or(id) });
        rest = below;
    }
    if let [kind, name, below @ ..] = rest
        && kind.eq_ignore_ascii_case("resourceGroups")
    {
        names.push(name);
        rest = below;
    }
    // `providers/{namespace}` and then pairs of type and name; a resource can be nested under another provider's.
    while let [kind, _, below @ ..] = rest
        && kind.eq_ignore_ascii_case("providers")
    {
        rest = below;
        while let [kind, name, below @ ..] = rest
            && !kind.eq_ignore_ascii_case("providers")
        {
            names.push(if is_management_group(&segments) { own.unwrap_or(name) } else { name });
            rest = below;
        }
    }
    if names.is_empty() {
        names.push(own.unwrap_or(scope));
    }
    names.into_iter().map(str::to_owned).collect()
}

fn is_management_group(segments: &[&str]) -> bool {
    matches!(segments, [_, _, kind, _] if kind.eq_ignore_ascii_case("managementGroups"))
}

fn segments(scope: &str) -> Vec<&str> {
    scope.split('/').filter(|segment| !segment.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "/subscriptions/AAAA";

    fn known() -> Subscriptions {
        HashMap::from([("aaaa".to_owned(), "prod-payments".to_owned())])
    }

    #[test]
    fn writes_every_kind_of_scope_for_people() {
        let vault = format!(
            "{SUBSCRIPTION}/resourceGroups/rg-secrets/providers/Microsoft.KeyVault/vaults/kv-payments"
        );
        let subnet = format!(
            "{SUBSCRIPTION}/resourcegroups/rg-net/providers/Microsoft.Network/virtualNetworks/hub/subnets/edge"
        );
        for (scope, own, expected) in [
            ("/".to_owned(), None, "Tenant root"),
            (
                "/providers/Microsoft.Management/managementGroups/mg-1".to_owned(),
                Some("Platform"),
                "Platform",
            ),
            ("/providers/Microsoft.Management/managementGroups/mg-1".to_owned(), None, "mg-1"),
            (SUBSCRIPTION.to_owned(), Some("renamed"), "renamed"),
            (SUBSCRIPTION.to_owned(), Some(" "), "prod-payments"),
            ("/subscriptions/BBBB".to_owned(), None, "BBBB"),
            (
                format!("{SUBSCRIPTION}/resourceGroups/rg-secrets"),
                Some("rg-secrets"),
                "prod-payments / rg-secrets",
            ),
            ("/subscriptions/BBBB/resourceGroups/rg".to_owned(), Some("rg"), "BBBB / rg"),
            (vault, Some("kv-payments"), "prod-payments / rg-secrets / kv-payments"),
            (subnet, None, "prod-payments / rg-net / hub / edge"),
            ("/odd".to_owned(), None, "/odd"),
        ] {
            assert_eq!(place(&scope, own, &known()), expected, "{scope}");
        }
    }

    #[test]
    fn only_a_subscription_itself_names_a_subscription() {
        assert_eq!(subscription("/Subscriptions/AAAA"), Some("AAAA"));
        assert_eq!(subscription("/subscriptions/AAAA/resourceGroups/rg"), None);
    }

    #[test]
    fn every_kind_is_told_by_its_form_alone() {
        for (scope, kind) in [
            ("/", Kind::Other),
            ("/providers/microsoft.management/managementgroups/mg-1", Kind::ManagementGroup),
            (SUBSCRIPTION, Kind::Subscription),
            ("/subscriptions/AAAA/resourcegroups/rg", Kind::ResourceGroup),
            ("/subscriptions/AAAA/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv", Kind::Other),
        ] {
            assert_eq!(Kind::of(scope), kind, "{scope}");
        }
    }

    #[test]
    fn the_provider_of_the_previews_is_dropped_before_a_subscription_only() {
        for (scope, expected) in [
            (
                "/providers/Microsoft.Subscription/subscriptions/a/resourceGroups/b",
                "/subscriptions/a/resourceGroups/b",
            ),
            ("/providers/microsoft.subscription/subscriptions/a", "/subscriptions/a"),
            ("/providers/Microsoft.Subscription/other/a", "/providers/Microsoft.Subscription/other/a"),
            ("/subscriptions/a", "/subscriptions/a"),
            ("/é", "/é"),
        ] {
            assert_eq!(stable(scope), expected);
        }
    }

    #[test]
    fn a_scope_that_could_lead_elsewhere_is_refused() {
        for scope in ["", "/", SUBSCRIPTION, "/subscriptions/a/resourceGroups/Grüße (1)_x.y-z"] {
            assert!(checked(scope).is_some(), "{scope}");
        }
        assert_eq!(checked("/subscriptions/a/"), Some("/subscriptions/a"));
        for scope in [
            "subscriptions/a",
            "//host/a",
            "/a/../b",
            "/a/./b",
            "/a?b",
            "/a#b",
            "/a%2e",
            "/a\\b",
            "/a'b",
            "/a\nb",
        ] {
            assert_eq!(checked(scope), None, "{scope}");
        }
    }
}
