//! A list, and whether it is the whole of it.

/// Rows that a service gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether rows may be missing.
    pub coverage: Coverage,
}

/// How much of what there is was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// All of it.
    #[default]
    Whole,
    /// The service would not list everything at once, so it was asked scope by scope: `unanswered` of `asked` scopes did not answer,
    /// and what only they know is missing. Even with all answered, rows of scopes that the person cannot see may be missing.
    ScopeByScope {
        /// How many scopes were asked.
        asked: usize,
        /// How many did not answer.
        unanswered: usize,
    },
}

impl<T> From<Vec<T>> for Listing<T> {
    /// The whole list.
    fn from(rows: Vec<T>) -> Self {
        Self { rows, coverage: Coverage::Whole }
    }
}
