//! The closed lists that a view picks from. Each value has a slug, which stands in addresses and as a mark on rows, and a label. To add a
//! value, add it to its list, whose first is what goes without saying; no slug stands twice among those that mark rows.

/// A value of a closed list.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// All of them, in the order in which they are offered.
    const ALL: &'static [Self];

    /// The word in addresses and marks.
    fn slug(self) -> &'static str;

    /// The words for people, which only the server writes.
    #[cfg(feature = "ssr")]
    fn label(self) -> &'static str;

    /// The value with this slug.
    fn parse(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.slug() == slug)
    }
}

macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $first:ident = $one:literal, $words:literal; $($value:ident = $slug:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) enum $name { #[default] $first, $($value),+ }

        impl Choice for $name {
            const ALL: &'static [Self] = &[Self::$first, $(Self::$value),+];

            fn slug(self) -> &'static str {
                match self { Self::$first => $one, $(Self::$value => $slug),+ }
            }

            #[cfg(feature = "ssr")]
            fn label(self) -> &'static str {
                match self { Self::$first => $words, $(Self::$value => $label),+ }
            }
        }
    };
}

choices! {
    /// What an activation asks for.
    Ask {
        Approval = "approval", "Approval";
        Ticket = "ticket", "Ticket";
        SignIn = "sign-in", "Stronger sign-in";
        Mfa = "mfa", "MFA";
        Nothing = "nothing", "Nothing but a reason";
        Unknown = "unknown", "Not known";
    }
}

choices! {
    /// What kind of thing a role holds for.
    Scope {
        Directory = "directory", "Whole directory";
        Unit = "unit", "Administrative unit";
        Object = "object", "One application or object";
        Member = "member", "Group, as member";
        Owner = "owner", "Group, as owner";
        ManagementGroup = "management-group", "Management group";
        Subscription = "subscription", "Subscription";
        ResourceGroup = "resource-group", "Resource group";
        Resource = "resource", "Resource";
    }
}

choices! {
    /// What the things are for that a role holds for; a guess, see [`super::environment`].
    Environment {
        Production = "production", "Production";
        Test = "test", "Test";
        Development = "development", "Development";
    }
}

choices! {
    /// What is told of a row by what the person did.
    Only {
        Favourites = "favourites", "Favourites";
        New = "new", "New since your last visit";
    }
}

choices! {
    /// What comes first; what is equal stays by name.
    Sort {
        Name = "name", "Name";
        Favourites = "favourites", "Favourites first";
        Ends = "ends", "Ends first";
        Used = "used", "Most used";
    }
}

choices! {
    /// What stands together. Planes stand apart in any case: each arrives for itself.
    Grouping {
        Plane = "plane", "Plane";
        Scope = "scope", "Subscription or scope";
        Origin = "origin", "How it is held";
    }
}

choices! {
    /// A column of the policy matrix.
    Column {
        UpTo = "up-to", "Up to";
        Reason = "reason", "Reason";
        Ticket = "ticket", "Ticket";
        Mfa = "mfa", "MFA";
        SignIn = "sign-in", "Sign-in";
        Approval = "approval", "Approval";
        Until = "until", "Eligible until";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_means_two_things() {
        fn slugs<C: Choice>() -> impl Iterator<Item = &'static str> {
            C::ALL.iter().map(|one| one.slug())
        }
        let mut all: Vec<_> = slugs::<Ask>()
            .chain(slugs::<Scope>())
            .chain(slugs::<Environment>())
            .chain(slugs::<Only>())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|slug| !slug.contains(' ')));
    }
}
