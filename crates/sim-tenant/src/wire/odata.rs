//! OData collections: `$filter`, `$select`, `$expand` and paging over rows that are already JSON.
//!
//! A collection is described by a [`Shape`]; an option it does not list is refused, as Graph does, rather than ignored.
//! See <https://learn.microsoft.com/graph/query-parameters>.

use serde_json::{Map, Value, json};

use super::filter::Filter;
use super::{Call, Reply, paging};

/// What a collection can be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'a> {
    /// The entity type, without `microsoft.graph.`.
    pub(crate) entity: &'a str,
    /// The text after `$metadata#` in `@odata.context`.
    pub(crate) context: &'a str,
    pub(crate) properties: &'a [&'a str],
    pub(crate) navigations: &'a [&'a str],
    /// The query options the documentation lists, without `$`.
    pub(crate) options: &'a [&'a str],
}

/// One item of `$expand`, with what is nested in its parentheses.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expand {
    pub(crate) name: String,
    pub(crate) select: Option<Vec<String>>,
    pub(crate) inner: Vec<Expand>,
}

/// The Graph error for a query that cannot be answered.
pub(crate) struct BadQuery(pub(crate) String);

fn split_outside(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == separator && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn names(text: &str) -> Vec<String> {
    split_outside(text, ',')
}

/// Parses the value of `$expand`.
pub(crate) fn parse_expand(text: &str) -> Result<Vec<Expand>, BadQuery> {
    split_outside(text, ',')
        .iter()
        .map(|item| {
            let Some((name, options)) = item.split_once('(') else {
                return Ok(Expand { name: item.clone(), ..Expand::default() });
            };
            let options = options
                .strip_suffix(')')
                .ok_or_else(|| BadQuery(format!("Syntax error in the $expand item '{item}'.")))?;
            let mut expand = Expand { name: name.trim().to_owned(), ..Expand::default() };
            for option in split_outside(options, ';') {
                match option.split_once('=') {
                    Some(("$select", list)) => expand.select = Some(names(list)),
                    Some(("$expand", list)) => expand.inner = parse_expand(list)?,
                    _ => {
                        return Err(BadQuery(format!(
                            "The option '{option}' inside $expand is not supported."
                        )));
                    }
                }
            }
            Ok(expand)
        })
        .collect()
}

/// Keeps the selected properties (and annotations and `keep`) of an object.
pub(crate) fn project(value: Value, select: Option<&[String]>, keep: &[Expand]) -> Value {
    let Some(select) = select else { return value };
    let Value::Object(object) = value else { return value };
    let chosen = |key: &String| {
        key.starts_with('@') || select.contains(key) || keep.iter().any(|expand| expand.name == *key)
    };
    Value::Object(object.into_iter().filter(|(key, _)| chosen(key)).collect::<Map<_, _>>())
}

impl Shape<'_> {
    fn known(&self, property: &str) -> Result<(), BadQuery> {
        let first = property.split('/').next().unwrap_or(property);
        if first == "*" || self.properties.contains(&first) || self.navigations.contains(&first) {
            return Ok(());
        }
        Err(BadQuery(format!(
            "Could not find a property named '{property}' on type 'microsoft.graph.{}'.",
            self.entity
        )))
    }

    /// Refuses options the collection does not document.
    pub(crate) fn check_options(&self, call: &Call) -> Result<(), BadQuery> {
        for (name, _) in call.query.iter().filter(|(name, _)| name.starts_with('$')) {
            let bare = name[1..].to_ascii_lowercase();
            if bare != "skiptoken" && !self.options.contains(&bare.as_str()) {
                return Err(BadQuery(format!(
                    "The query option '{name}' is not supported on this resource."
                )));
            }
        }
        Ok(())
    }

    /// The parsed `$filter`, with every property known.
    pub(crate) fn filter(&self, call: &Call) -> Result<Option<Filter>, BadQuery> {
        let Some(text) = call.param("$filter") else { return Ok(None) };
        let filter = Filter::parse(text).map_err(|e| BadQuery(format!("Invalid filter clause: {e}")))?;
        for property in filter.properties() {
            self.known(property)?;
        }
        Ok(Some(filter))
    }

    fn wishes(&self, call: &Call) -> Result<(Option<Vec<String>>, Vec<Expand>), BadQuery> {
        let select = call.param("$select").map(names);
        for property in select.iter().flatten() {
            self.known(property)?;
        }
        let expand = call.param("$expand").map(parse_expand).transpose()?.unwrap_or_default();
        for item in &expand {
            if !self.navigations.contains(&item.name.as_str()) {
                return Err(BadQuery(format!(
                    "Parsing OData Select and Expand failed: Could not find a property named '{}' on type 'microsoft.graph.{}'.",
                    item.name, self.entity
                )));
            }
        }
        Ok((select, expand))
    }

    /// A page of the rows, as Graph answers: `@odata.context`, `value`, and `@odata.nextLink` when there is more.
    /// `navigate` gives what a navigation property of a row leads to.
    pub(crate) fn list(
        &self,
        call: &Call,
        base: &str,
        page_size: usize,
        rows: Vec<Value>,
        navigate: &dyn Fn(&Expand, &Value) -> Value,
    ) -> Result<Reply, BadQuery> {
        self.list_of(call, base, page_size, rows, &Value::clone, navigate)
    }

    /// The same over what is not JSON yet: without a `$filter` only the rows of the page are printed, which is what makes
    /// a list of thousands cheap.
    pub(crate) fn list_of<T>(
        &self,
        call: &Call,
        base: &str,
        page_size: usize,
        items: Vec<T>,
        print: &dyn Fn(&T) -> Value,
        navigate: &dyn Fn(&Expand, &Value) -> Value,
    ) -> Result<Reply, BadQuery> {
        self.check_options(call)?;
        let filter = self.filter(call)?;
        let (select, expand) = self.wishes(call)?;
        let passes = |item: &T| filter.as_ref().is_none_or(|f| f.matches(&print(item)));
        let items: Vec<T> = items.into_iter().filter(passes).collect();
        let page = paging::page(call, base, page_size, items).map_err(BadQuery)?;
        let value: Vec<Value> = page
            .rows
            .iter()
            .map(|item| shape_row(print(item), select.as_deref(), &expand, navigate))
            .collect();
        let mut body =
            json!({ "@odata.context": format!("{base}/v1.0/$metadata#{}", self.context), "value": value });
        if let Some(next) = page.next {
            body["@odata.nextLink"] = Value::String(next);
        }
        Ok(Reply::json(200, body))
    }

    /// One entity with `$select` and `$expand` applied.
    pub(crate) fn entity(
        &self,
        call: &Call,
        base: &str,
        status: u16,
        row: &Value,
        navigate: &dyn Fn(&Expand, &Value) -> Value,
    ) -> Result<Reply, BadQuery> {
        self.check_options(call)?;
        let (select, expand) = self.wishes(call)?;
        let mut body = json!({ "@odata.context": format!("{base}/v1.0/$metadata#{}/$entity", self.context) });
        if let (Value::Object(target), Value::Object(source)) =
            (&mut body, shape_row(row.clone(), select.as_deref(), &expand, navigate))
        {
            target.extend(source);
        }
        Ok(Reply::json(status, body))
    }
}

fn shape_row(
    mut row: Value,
    select: Option<&[String]>,
    expand: &[Expand],
    navigate: &dyn Fn(&Expand, &Value) -> Value,
) -> Value {
    for item in expand {
        let target = navigate(item, &row);
        row[&item.name] = project(target, item.select.as_deref(), &item.inner);
    }
    project(row, select, expand)
}
