//! Where a call goes: the path and query that are sent, and the template that may be logged.

/// A path with its query, relative to an [`Api`](crate::Api)'s base URL.
#[derive(Clone)]
pub struct Route {
    template: &'static str,
    path: String,
}

impl Route {
    /// A route without ids in its path. `path` begins with `/`; what is before a `?` is its own template.
    #[must_use]
    pub fn fixed(path: &'static str) -> Self {
        let template = path.split_once('?').map_or(path, |(before, _)| before);
        Self { template, path: path.to_owned() }
    }

    /// A route whose `path` holds ids; `template` has placeholders instead and is what logs show. Spaces and other characters
    /// that a URL may not hold are escaped on sending; ids that came from elsewhere go through [`segment`] first.
    #[must_use]
    pub fn new(template: &'static str, path: String) -> Self {
        Self { template, path }
    }

    /// What logs show.
    #[must_use]
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// What is sent.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.template)
    }
}

/// `id` if it can stand as one segment of a path, or as a literal in an `OData` filter, without meaning anything else.
#[must_use]
pub fn segment(id: &str) -> Option<&str> {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    (!id.is_empty() && id.chars().all(harmless) && id.chars().any(|c| c != '.')).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        for id in ["5wuT_mJe-1-e", "2b5ed229-4072-478d-9504-a047ebd4b07d", "a.b"] {
            assert_eq!(segment(id), Some(id));
        }
        for id in ["", ".", "..", "a/b", "a?b", "a#b", "a'b", "a%2fb", "a b", "a\\b", "ä"] {
            assert_eq!(segment(id), None, "{id}");
        }
    }

    #[test]
    fn shows_its_template_only() {
        let route = Route::new("/groups/{id}", "/groups/secret?$select=id".into());
        assert_eq!(format!("{route:?}"), "/groups/{id}");
        assert_eq!(Route::fixed("/me?$select=id").template(), "/me");
    }
}
