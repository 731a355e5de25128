//! `$batch`: up to twenty reads in one call. <https://learn.microsoft.com/graph/json-batching>
//!
//! One throttled read inside a batch that succeeds is asked for once more, after the longest wait that any of them names.

use std::collections::HashMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use pim::error::{ErrorKind, PlaneError};
use pim::tokens::Audience;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use transport::{Answer, Line, Route, refusal};

/// The most that one batch may hold.
pub(crate) const LARGEST: usize = 20;

/// A wait longer than this is not worth it: the page is being drawn.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long to wait where a throttled answer does not say.
const UNSAID: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Batch<'a> {
    requests: Vec<Inner<'a>>,
}

#[derive(Serialize)]
struct Inner<'a> {
    id: String,
    method: &'static str,
    url: &'a str,
}

#[derive(Deserialize)]
struct Answers {
    responses: Vec<InnerAnswer>,
}

#[derive(Deserialize)]
struct InnerAnswer {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Option<HashMap<String, Value>>,
    #[serde(default)]
    body: Value,
}

/// Reads `urls`, at most [`LARGEST`], each relative to `/v1.0` and escaped. Returns one result per url, in their order.
pub(crate) async fn get(line: &Line, urls: &[String]) -> Vec<Result<Answer, PlaneError>> {
    let mut results = vec![Err(ErrorKind::Protocol.into()); urls.len()];
    let all: Vec<usize> = (0..urls.len()).collect();
    once(line, urls, &all, &mut results).await;
    let throttled: Vec<usize> = all.into_iter().filter(|index| wait(&results[*index]).is_some()).collect();
    let longest = throttled.iter().filter_map(|index| wait(&results[*index])).max();
    if let Some(longest) = longest.filter(|longest| *longest <= PATIENCE) {
        tokio::time::sleep(longest).await;
        once(line, urls, &throttled, &mut results).await;
    }
    results
}

/// How long a throttled result asks to wait; `None` for any other.
fn wait(result: &Result<Answer, PlaneError>) -> Option<Duration> {
    match result {
        Err(PlaneError { kind: ErrorKind::Throttled { retry_after }, .. }) => {
            Some(retry_after.filter(|wait| !wait.is_zero()).unwrap_or(UNSAID))
        }
        _ => None,
    }
}

async fn once(line: &Line, urls: &[String], which: &[usize], results: &mut [Result<Answer, PlaneError>]) {
    let requests = which
        .iter()
        .map(|index| Inner { id: index.to_string(), method: "GET", url: &urls[*index] })
        .collect();
    let answers = line.query_json::<Answers>(&Route::fixed("/v1.0/$batch"), &Batch { requests }).await;
    match answers {
        Err(error) => {
            for index in which {
                results[*index] = Err(error.clone());
            }
        }
        Ok(Answers { responses }) => {
            // What is not answered for stays unanswered, not throttled.
            for index in which {
                results[*index] = Err(ErrorKind::Protocol.into());
            }
            for inner in responses {
                if let Some(index) = inner.id.parse().ok().filter(|index| which.contains(index)) {
                    results[index] = inner.into_result();
                }
            }
        }
    }
}

impl InnerAnswer {
    fn into_result(self) -> Result<Answer, PlaneError> {
        let headers: HeaderMap = self
            .headers
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Some((name.parse::<HeaderName>().ok()?, HeaderValue::try_from(value).ok()?))
            })
            .collect();
        let status = StatusCode::from_u16(self.status).map_err(|_| ErrorKind::Protocol)?;
        let body = serde_json::to_vec(&self.body).map_err(|_| ErrorKind::Protocol)?;
        let answer = Answer { audience: Audience::Graph, status, headers, body };
        if status.is_success() {
            return Ok(answer);
        }
        Err(refusal::of(&answer))
    }
}
