//! `$filter`: the part of OData's expression language that the simulated collections understand.
//!
//! Comparison (`eq`, `ne`, `gt`, `ge`, `lt`, `le`), `and`, `or`, parentheses, `startswith(a,'b')`,
//! `a/any(x:x/b eq 'c')`; property paths with `/`.
//! See <https://learn.microsoft.com/graph/filter-query-parameter>. Anything else is an error, never ignored.

use std::cmp::Ordering;

use serde_json::{Value, json};

/// A parsed expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Compare {
        property: String,
        operator: String,
        literal: String,
    },
    StartsWith {
        property: String,
        literal: String,
    },
    /// `property/any(variable: inner)`; the inner paths begin with the variable.
    Any {
        property: String,
        variable: String,
        inner: Box<Filter>,
    },
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            ' ' => {}
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            ',' => out.push(Token::Comma),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match rest.next() {
                        Some((_, '\'')) if rest.peek().is_some_and(|(_, next)| *next == '\'') => {
                            rest.next();
                            literal.push('\'');
                        }
                        Some((_, '\'')) => break,
                        Some((_, other)) => literal.push(other),
                        None => {
                            return Err(format!(
                                "There is an unterminated string literal at position {at} in '{text}'."
                            ));
                        }
                    }
                }
                out.push(Token::Text(literal));
            }
            c if c.is_alphanumeric() || "_@.$-+:/".contains(c) => {
                let mut word = String::from(c);
                while let Some((_, next)) =
                    rest.next_if(|(_, n)| n.is_alphanumeric() || "_@.$-+:/".contains(*n))
                {
                    word.push(next);
                }
                out.push(Token::Word(word));
            }
            _ => {
                return Err(format!(
                    "Syntax error: character '{c}' is not valid at position {at} in '{text}'."
                ));
            }
        }
    }
    Ok(out)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    text: &'a str,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn wrong<T>(&self) -> Result<T, String> {
        Err(format!("Syntax error at position {} in '{}'.", self.at, self.text))
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<Filter, String> {
        let mut left = self.both()?;
        while self.keyword("or") {
            left = Filter::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter, String> {
        let mut left = self.one()?;
        while self.keyword("and") {
            left = Filter::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Filter, String> {
        match self.next() {
            Some(Token::Open) => {
                let inner = self.either()?;
                if self.next() == Some(Token::Close) { Ok(inner) } else { self.wrong() }
            }
            Some(Token::Word(name)) if name.eq_ignore_ascii_case("startswith") => {
                let parts = [self.next(), self.next(), self.next(), self.next(), self.next()];
                match parts {
                    [
                        Some(Token::Open),
                        Some(Token::Word(property)),
                        Some(Token::Comma),
                        Some(Token::Text(literal)),
                        Some(Token::Close),
                    ] => Ok(Filter::StartsWith { property, literal }),
                    _ => self.wrong(),
                }
            }
            Some(Token::Word(path)) if path.ends_with("/any") => self.any(path.trim_end_matches("/any")),
            Some(Token::Word(property)) => {
                let Some(Token::Word(operator)) = self.next() else { return self.wrong() };
                if !["eq", "ne", "gt", "ge", "lt", "le"].contains(&operator.as_str()) {
                    return self.wrong();
                }
                match self.next() {
                    Some(Token::Text(literal) | Token::Word(literal)) => {
                        Ok(Filter::Compare { property, operator, literal })
                    }
                    _ => self.wrong(),
                }
            }
            _ => self.wrong(),
        }
    }
}

impl Parser<'_> {
    /// What follows `property/any`: `(t:t/id eq 'x')`, with or without a space after the colon.
    fn any(&mut self, property: &str) -> Result<Filter, String> {
        if self.next() != Some(Token::Open) {
            return self.wrong();
        }
        let Some(Token::Word(word)) = self.tokens.get(self.at).cloned() else { return self.wrong() };
        let Some((variable, rest)) = word.split_once(':') else { return self.wrong() };
        if rest.is_empty() {
            self.at += 1;
        } else {
            self.tokens[self.at] = Token::Word(rest.to_owned());
        }
        let inner = Box::new(self.either()?);
        let own = inner.properties().iter().all(|p| p.split('/').next() == Some(variable));
        if !own || self.next() != Some(Token::Close) {
            return self.wrong();
        }
        Ok(Filter::Any { property: property.to_owned(), variable: variable.to_owned(), inner })
    }
}

fn compare(actual: &str, literal: &str) -> Ordering {
    match (actual.parse::<jiff::Timestamp>(), literal.parse::<jiff::Timestamp>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => actual.to_ascii_lowercase().cmp(&literal.to_ascii_lowercase()),
    }
}

fn lookup(row: &Value, path: &str) -> Option<String> {
    let mut value = row;
    for part in path.split('/') {
        value = value.get(part)?;
    }
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl Filter {
    /// Parses an expression; the error text is in the service's manner.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, text };
        let filter = parser.either()?;
        if parser.at < parser.tokens.len() { parser.wrong() } else { Ok(filter) }
    }

    /// Whether a row passes.
    pub(crate) fn matches(&self, row: &Value) -> bool {
        match self {
            Self::And(a, b) => a.matches(row) && b.matches(row),
            Self::Or(a, b) => a.matches(row) || b.matches(row),
            Self::Any { property, variable, inner } => row[property.as_str()]
                .as_array()
                .is_some_and(|items| items.iter().any(|item| inner.matches(&json!({ variable: item })))),
            Self::StartsWith { property, literal } => lookup(row, property)
                .is_some_and(|v| v.to_ascii_lowercase().starts_with(&literal.to_ascii_lowercase())),
            Self::Compare { property, operator, literal } => {
                let Some(actual) = lookup(row, property) else {
                    return (operator == "eq") == (literal == "null");
                };
                let order = compare(&actual, literal);
                match operator.as_str() {
                    "eq" => order.is_eq(),
                    "ne" => order.is_ne(),
                    "gt" => order.is_gt(),
                    "ge" => order.is_ge(),
                    "lt" => order.is_lt(),
                    _ => order.is_le(),
                }
            }
        }
    }

    /// Every property the expression mentions.
    pub(crate) fn properties(&self) -> Vec<&str> {
        match self {
            Self::And(a, b) | Self::Or(a, b) => [a.properties(), b.properties()].concat(),
            Self::Compare { property, .. }
            | Self::StartsWith { property, .. }
            | Self::Any { property, .. } => {
                vec![property]
            }
        }
    }

    /// The value without which no row passes: what a property has to equal in every case.
    pub(crate) fn required(&self, wanted: &str) -> Option<&str> {
        match self {
            Self::And(a, b) => a.required(wanted).or_else(|| b.required(wanted)),
            Self::Compare { property, operator, literal } if property == wanted && operator == "eq" => {
                Some(literal)
            }
            _ => None,
        }
    }

    /// The values that one property is required to equal anywhere in the expression.
    pub(crate) fn values_of(&self, wanted: &str) -> Vec<&str> {
        match self {
            Self::And(a, b) | Self::Or(a, b) => [a.values_of(wanted), b.values_of(wanted)].concat(),
            Self::Compare { property, operator, literal } if property == wanted && operator == "eq" => {
                vec![literal]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Filter;

    #[test]
    fn and_binds_tighter_than_or() {
        let filter = Filter::parse("a eq '1' or b eq '2' and c eq 'it''s'").unwrap();
        assert!(filter.matches(&json!({"a": "1"})));
        assert!(filter.matches(&json!({"a": "0", "b": "2", "c": "it's"})));
        assert!(!filter.matches(&json!({"a": "0", "b": "2", "c": "x"})));
        assert_eq!(filter.properties(), ["a", "b", "c"]);
    }

    #[test]
    fn any_looks_into_a_collection() {
        let row = json!({"t": [{"id": "1", "n": "ab"}, {"id": "2"}]});
        for (text, passes) in [
            ("t/any(x:x/id eq '2')", true),
            ("t/any(x: x/id eq '1' and startswith(x/n,'a'))", true),
            ("t/any(x:x/id eq '2' and x/n eq 'ab')", false),
            ("t/any(x:x/id eq '3') or t/any(y:y/id eq '1')", true),
        ] {
            assert_eq!(Filter::parse(text).unwrap().matches(&row), passes, "{text}");
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        for text in [
            "t/any",
            "t/any(x/id eq '1')",
            "t/any(x:y/id eq '1')",
            "t/any(x:x/id eq '1'",
            "",
            "a",
            "a eq",
            "a like 'b'",
            "(a eq 'b'",
            "a eq 'b",
            "a eq 'b' c",
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}
