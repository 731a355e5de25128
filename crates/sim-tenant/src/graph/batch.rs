//! `$batch`: up to twenty calls in one, answered in an order that is not the one they were sent in.
//! See <https://learn.microsoft.com/graph/json-batching>.

use std::collections::{BTreeMap, HashSet};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::{Caller, GraphError, respond_inside};
use crate::sim::Sim;
use crate::state::World;
use crate::wire::reply::Payload;
use crate::wire::{Call, Reply};

const MOST: usize = 20;

struct Item {
    id: String,
    call: Call,
    depends_on: Vec<String>,
}

fn read(call: &Call) -> Result<Vec<Item>, GraphError> {
    let body = call.json().ok_or_else(|| GraphError::bad_request("Invalid batch payload format."))?;
    let requests = body["requests"]
        .as_array()
        .ok_or_else(|| GraphError::bad_request("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > MOST {
        let message = format!("Number of batch request steps exceeds the maximum value of {MOST}.");
        return Err(GraphError::new(400, "MaximumValueExceeded", message));
    }
    let mut ids = HashSet::new();
    requests
        .iter()
        .map(|request| {
            let id = request["id"].as_str().ok_or_else(|| {
                GraphError::bad_request("Invalid batch payload format: every request needs an id.")
            })?;
            if !ids.insert(id.to_owned()) {
                return Err(GraphError::bad_request(format!(
                    "Invalid batch payload format: the id '{id}' is not unique."
                )));
            }
            item(call, id, request)
        })
        .collect()
}

fn item(outer: &Call, id: &str, request: &Value) -> Result<Item, GraphError> {
    let wrong =
        |what: &str| GraphError::bad_request(format!("Invalid batch payload format: request '{id}' {what}."));
    let url = request["url"].as_str().ok_or_else(|| wrong("has no url"))?;
    if url.contains("://") {
        return Err(wrong("has an absolute url"));
    }
    let method = request["method"].as_str().and_then(|m| m.to_ascii_uppercase().parse::<Method>().ok());
    let method = method.ok_or_else(|| wrong("has no valid method"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        if let (Ok(name), Some(Ok(value))) =
            (name.parse::<HeaderName>(), value.as_str().map(HeaderValue::from_str))
        {
            headers.insert(name, value);
        }
    }
    let body = request.get("body").filter(|b| !b.is_null());
    if body.is_some() && !headers.contains_key("content-type") {
        return Err(wrong("has a body but no Content-Type header"));
    }
    if let Some(own) = outer.headers.get("client-request-id") {
        headers.entry("client-request-id").or_insert_with(|| own.clone());
    }
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let path = format!("/v1.0/{}", path.trim_start_matches('/'));
    let body = body.map_or_else(Bytes::new, |b| Bytes::from(b.to_string()));
    let depends_on = request["dependsOn"].as_array().into_iter().flatten();
    Ok(Item {
        id: id.to_owned(),
        call: Call::new(method, &path, query, headers, body),
        depends_on: depends_on.filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

fn printed(id: &str, reply: Reply) -> Value {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    if matches!(reply.payload, Payload::Json(_)) {
        headers.insert("Content-Type".to_owned(), "application/json".to_owned());
    }
    for (name, value) in reply.headers {
        headers.insert(name, value);
    }
    let body = match reply.payload {
        Payload::Json(value) => value,
        Payload::Empty | Payload::Text(..) | Payload::Bytes(..) => Value::Null,
    };
    json!({ "id": id, "status": reply.status, "headers": headers, "body": body })
}

/// Answers a batch.
pub(super) fn answer(sim: &Sim, world: &mut World, caller: &Caller, call: &Call) -> Reply {
    if call.method != "POST" {
        return GraphError::new(
            405,
            "BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
        .reply(sim, call);
    }
    let items = match read(call) {
        Ok(items) => items,
        Err(error) => return error.reply(sim, call),
    };
    let mut succeeded: HashSet<String> = HashSet::new();
    let mut responses = Vec::new();
    for item in &items {
        let reply = if item.depends_on.iter().all(|id| succeeded.contains(id)) {
            respond_inside(sim, world, caller, &item.call)
        } else {
            GraphError::new(424, "FailedDependency", "A request this one depends on has failed.")
                .reply(sim, &item.call)
        };
        if reply.is_success() {
            succeeded.insert(item.id.clone());
        }
        responses.push(printed(&item.id, reply));
    }
    // Never the order they came in: the documentation promises none.
    responses.reverse();
    if responses.len() > 2 {
        let middle = responses.len() / 2;
        responses.rotate_left(middle);
    }
    Reply::json(200, json!({ "responses": responses }))
}
