//! Paging by an opaque skip token in an absolute link, as Graph (`@odata.nextLink`) and ARM (`nextLink`) do.
//! See <https://learn.microsoft.com/graph/paging>.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Call;
use super::call::percent_encode;

/// Rows of one page and the link to the next.
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<String>,
}

/// Cuts the page that the call's `$skiptoken` points at.
pub(crate) fn page<T>(call: &Call, base: &str, size: usize, rows: Vec<T>) -> Result<Page<T>, String> {
    let offset = match call.param("$skiptoken") {
        None => 0,
        Some(token) => URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.strip_prefix("after:").and_then(|n| n.parse::<usize>().ok()))
            .ok_or_else(|| "Invalid skip token.".to_owned())?,
    };
    let total = rows.len();
    let rows: Vec<T> = rows.into_iter().skip(offset).take(size).collect();
    let end = offset + rows.len();
    let next = (end < total).then(|| {
        let token = URL_SAFE_NO_PAD.encode(format!("after:{end}"));
        let mut query: Vec<String> = call
            .query
            .iter()
            .filter(|(key, _)| !key.eq_ignore_ascii_case("$skiptoken"))
            .map(|(key, value)| format!("{key}={}", percent_encode(value)))
            .collect();
        query.push(format!("$skiptoken={token}"));
        format!("{base}{}?{}", call.path, query.join("&"))
    });
    Ok(Page { rows, next })
}
