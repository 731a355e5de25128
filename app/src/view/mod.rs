//! How the overview is looked at: what is searched and filtered, how it is sorted and grouped, which columns stand there. All of it
//! is in the address, so that a reload and a shared link show the same; server and browser read it, write it and judge rows by the
//! same code.
//!
//! [`View`] is the whole; [`choices`] are the closed lists it picks from; [`environment`] guesses one of them. To add a filter, add a list
//! to [`choices`], a field and a key here, and the mark of its rows in `fragments::facts`.

pub(crate) mod choices;
#[cfg(feature = "ssr")]
pub(crate) mod environment;

use choices::{Ask, Choice, Column, Environment, Grouping, Only, Scope, Sort};
use form_urlencoded::{Serializer, parse};

use crate::words::Wanted;

/// What stands in a table, and in which order. A person may keep one as their default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) sort: Sort,
    pub(crate) group: Grouping,
    /// Shown, in this order; never empty.
    pub(crate) columns: Vec<Column>,
}

impl Default for Layout {
    fn default() -> Self {
        Self { sort: Sort::default(), group: Grouping::default(), columns: Column::ALL.to_vec() }
    }
}

impl Layout {
    /// Reads the keys of a layout; `None` where none of them is there.
    pub(crate) fn parse(query: &str) -> Option<Self> {
        let mut layout = Self { columns: Vec::new(), ..Self::default() };
        let mut moves = Vec::new();
        let mut is_said = false;
        for (key, value) in pairs(query) {
            match key.as_str() {
                "sort" => layout.sort = Sort::parse(&value).unwrap_or_default(),
                "group" => layout.group = Grouping::parse(&value).unwrap_or_default(),
                "col" => add(&mut layout.columns, Column::parse(&value)),
                "move" => moves.push(value),
                _ => continue,
            }
            is_said = true;
        }
        if layout.columns.is_empty() {
            layout.columns = Column::ALL.to_vec();
        }
        for (column, way) in moves.iter().filter_map(|one| one.split_once(':')) {
            let at = layout.columns.iter().position(|one| one.slug() == column);
            let Some(at) = at else { continue };
            let to = if way == "up" { at.saturating_sub(1) } else { (at + 1).min(layout.columns.len() - 1) };
            layout.columns.swap(at, to);
        }
        is_said.then_some(layout)
    }

    /// The query that says it: what differs from the built-in layout.
    #[cfg(feature = "ssr")]
    pub(crate) fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        self.write(&mut query);
        query.finish()
    }

    fn write(&self, query: &mut Serializer<'_, String>) {
        let built_in = Self::default();
        if self.sort != built_in.sort {
            query.append_pair("sort", self.sort.slug());
        }
        if self.group != built_in.group {
            query.append_pair("group", self.group.slug());
        }
        if self.columns != built_in.columns {
            for column in &self.columns {
                query.append_pair("col", column.slug());
            }
        }
    }
}

/// How the overview is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Words that have to match.
    pub(crate) search: String,
    /// Ids of planes; empty for all. So is every list here: a row fits when it has one of each list that is not empty.
    pub(crate) planes: Vec<String>,
    pub(crate) asks: Vec<Ask>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) environments: Vec<Environment>,
    pub(crate) only: Vec<Only>,
    /// Rows that are open, by `plane:id`.
    pub(crate) open: Vec<String>,
    pub(crate) layout: Layout,
    /// Whether the person keeps a layout of their own: then an address without a layout means that one, and the built-in has to be said.
    pub(crate) has_own: bool,
}

/// How many rows an address may open.
const MOST_OPEN: usize = 20;

impl View {
    /// Reads an address's query; what is not known is left out. `own` is what the person keeps as their default, as a query.
    #[must_use]
    pub fn parse(query: &str, own: &str) -> Self {
        let own = Layout::parse(own).filter(|own| *own != Layout::default());
        let mut view = Self { has_own: own.is_some(), ..Self::default() };
        view.layout = Layout::parse(query).or(own).unwrap_or_default();
        for (key, value) in pairs(query) {
            match key.as_str() {
                "q" => value.trim().clone_into(&mut view.search),
                "plane" if !value.is_empty() => add(&mut view.planes, Some(value)),
                "asks" => add(&mut view.asks, Ask::parse(&value)),
                "scope" => add(&mut view.scopes, Scope::parse(&value)),
                "env" => add(&mut view.environments, Environment::parse(&value)),
                "only" => add(&mut view.only, Only::parse(&value)),
                "open" if view.open.len() < MOST_OPEN => add(&mut view.open, Some(value)),
                "toggle" => view.toggle(value),
                _ => {}
            }
        }
        view
    }

    /// Opens a row, or closes it when it is open.
    pub(crate) fn toggle(&mut self, row: String) {
        let count = self.open.len();
        self.open.retain(|one| *one != row);
        if self.open.len() == count && count < MOST_OPEN {
            self.open.push(row);
        }
    }

    /// The query, without what goes without saying.
    #[must_use]
    pub fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        append(&mut query, "plane", self.planes.iter().map(String::as_str));
        append(&mut query, "asks", self.asks.iter().map(|one| one.slug()));
        append(&mut query, "scope", self.scopes.iter().map(|one| one.slug()));
        append(&mut query, "env", self.environments.iter().map(|one| one.slug()));
        append(&mut query, "only", self.only.iter().map(|one| one.slug()));
        if self.has_own && self.layout == Layout::default() {
            query.append_pair("sort", self.layout.sort.slug());
        }
        self.layout.write(&mut query);
        append(&mut query, "open", self.open.iter().map(String::as_str));
        query.finish()
    }

    /// `page` with this view.
    #[must_use]
    pub fn address(&self, page: &str) -> String {
        let query = self.query();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }

    /// How many boxes of the filter are ticked.
    pub(crate) fn filters(&self) -> usize {
        self.asks.len() + self.scopes.len() + self.environments.len() + self.only.len()
    }

    /// Whether rows of this plane are shown.
    pub(crate) fn has_plane(&self, plane: &str) -> bool {
        self.planes.is_empty() || self.planes.iter().any(|one| one == plane)
    }

    /// What rows are judged by.
    pub(crate) fn sieve(&self) -> Sieve<'_> {
        Sieve { view: self, wanted: Wanted::new(&self.search) }
    }
}

/// A view that is ready to judge many rows.
pub(crate) struct Sieve<'a> {
    view: &'a View,
    wanted: Wanted,
}

impl Sieve<'_> {
    /// Whether a row is shown: `text` is what can be searched, in lower case, and `marks` are the slugs of what it is, with spaces between.
    pub(crate) fn lets_through(&self, plane: &str, text: &str, marks: &str) -> bool {
        fn any<C: Choice>(wanted: &[C], marks: &str) -> bool {
            wanted.is_empty() || wanted.iter().any(|one| marks.split(' ').any(|mark| mark == one.slug()))
        }
        let view = self.view;
        view.has_plane(plane)
            && any(&view.asks, marks)
            && any(&view.scopes, marks)
            && any(&view.environments, marks)
            && any(&view.only, marks)
            && self.wanted.is_in(text)
    }
}

fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    parse(query.trim_start_matches('?').as_bytes()).map(|(key, value)| (key.into_owned(), value.into_owned()))
}

fn add<T: PartialEq>(list: &mut Vec<T>, value: Option<T>) {
    list.extend(value.filter(|value| !list.contains(value)));
}

fn append<'a>(query: &mut Serializer<'_, String>, key: &str, values: impl Iterator<Item = &'a str>) {
    for value in values {
        query.append_pair(key, value);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, subsequence};

    use super::*;

    fn some_of<C: Choice + std::fmt::Debug>() -> impl Strategy<Value = Vec<C>> {
        subsequence(C::ALL.to_vec(), 0..=C::ALL.len()).prop_shuffle()
    }

    fn layouts() -> impl Strategy<Value = Layout> {
        let columns = subsequence(Column::ALL.to_vec(), 1..=Column::ALL.len()).prop_shuffle();
        (any::<Index>(), any::<Index>(), columns).prop_map(|(sort, group, columns)| Layout {
            sort: *sort.get(Sort::ALL),
            group: *group.get(Grouping::ALL),
            columns,
        })
    }

    fn views() -> impl Strategy<Value = View> {
        let words = "[a-z&=+%#é ]{0,12}";
        let lists = (some_of::<Ask>(), some_of::<Scope>(), some_of::<Environment>(), some_of::<Only>());
        let planes = subsequence(vec!["entra".to_owned(), "groups".into(), "azure".into()], 0..=3);
        let open = proptest::collection::hash_set("[a-z]{1,6}:[a-z0-9/&]{1,8}", 0..3);
        (words, planes, lists, open, layouts(), any::<bool>()).prop_map(
            |(search, planes, (asks, scopes, environments, only), open, layout, has_own)| View {
                search: search.trim().to_owned(),
                planes,
                asks,
                scopes,
                environments,
                only,
                open: open.into_iter().collect(),
                layout,
                has_own,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(view in views()) {
            let own = if view.has_own { "group=origin&sort=used" } else { "" };
            prop_assert_eq!(View::parse(&view.query(), own), view);
        }

        #[test]
        fn whatever_an_address_says_has_one_way_to_be_written(query in "([a-z]{1,5}=[a-z%+:-]{0,9}&){0,6}") {
            let view = View::parse(&query, "");
            prop_assert_eq!(View::parse(&view.query(), "").query(), view.query());
        }
    }

    #[test]
    fn what_goes_without_saying_is_not_said() {
        assert_eq!(View::default().address("/"), "/");
        let view = View::parse("?q=++key++&plane=&sort=name&group=plane&asks=everything&colour=red", "");
        assert_eq!(view.address("/"), "/?q=key");
    }

    #[test]
    fn the_layout_of_ones_own_is_meant_where_none_is_said() {
        let own = "sort=used&col=ticket&col=mfa";
        let view = View::parse("q=key", own);
        assert_eq!(view.layout, Layout::parse(own).unwrap());
        // A link that is shared says what is seen, whatever the other person keeps.
        assert_eq!(View::parse(&view.query(), "").layout, view.layout);
        let built_in = View { layout: Layout::default(), ..view };
        assert_eq!(built_in.query(), "q=key&sort=name");
        assert_eq!(View::parse(&built_in.query(), own), built_in);
    }

    #[test]
    fn a_column_moves_within_those_that_are_shown() {
        let columns = |query: &str| Layout::parse(query).unwrap().columns;
        let three = [Column::Reason, Column::Ticket, Column::Mfa];
        assert_eq!(columns("col=reason&col=ticket&col=mfa"), three);
        assert_eq!(
            columns("col=reason&col=ticket&col=mfa&move=ticket:up"),
            [Column::Ticket, Column::Reason, Column::Mfa]
        );
        for edge in ["move=reason:up", "move=mfa:down", "move=approval:up", "move=ticket"] {
            assert_eq!(columns(&format!("col=reason&col=ticket&col=mfa&{edge}")), three, "{edge}");
        }
    }

    #[test]
    fn a_row_is_opened_and_closed() {
        let open = |query: &str| View::parse(query, "").query();
        assert_eq!(open("q=key&toggle=entra%3A1"), "q=key&open=entra%3A1");
        assert_eq!(open("open=entra%3A1&open=azure%3A2&toggle=entra%3A1"), "open=azure%3A2");
    }

    #[test]
    fn a_row_fits_when_it_has_one_of_each_list() {
        let fits = |query: &str, marks: &str| {
            View::parse(query, "").sieve().lets_through("azure", "owner of production", marks)
        };
        assert!(fits("", ""));
        assert!(fits("asks=mfa&asks=ticket", "ticket subscription"));
        assert!(fits("asks=mfa&asks=ticket&scope=subscription&q=owner", "ticket subscription"));
        assert!(!fits("asks=mfa&asks=ticket&scope=resource", "ticket subscription"));
        assert!(!fits("asks=mfa", "ticket subscription"));
        // A slug inside another is not that slug.
        assert!(!fits("scope=resource", "resource-group"));
        assert!(!fits("plane=entra", ""));
        assert!(fits("plane=entra&plane=azure", ""));
    }
}
