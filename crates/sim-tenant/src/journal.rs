//! What the simulator has seen: every call (`GET /requests`) and every committed role request (`GET /ledger`).
//!
//! To extend: add a field to [`Seen`]; tests read both lists as JSON.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::state::{RoleRequest, World};
use crate::wire::duration::stamp_or_null;
use crate::wire::{Call, Origin};

/// One call.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    pub(crate) time: Timestamp,
    pub(crate) plane: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) status: Option<u16>,
    pub(crate) client_request_id: Option<String>,
    /// Who the bearer token belongs to.
    pub(crate) caller: Option<String>,
    pub(crate) elapsed_milliseconds: u64,
    /// It came inside a `$batch`.
    pub(crate) batched: bool,
    /// The kind of fault that met it.
    pub(crate) fault: Option<String>,
    /// The JSON body of a write, to see what a client sends.
    pub(crate) body: Option<Value>,
}

impl Seen {
    /// A call as it arrived; the status is not known yet.
    pub(crate) fn new(origin: Origin, call: &Call, time: Timestamp) -> Self {
        let client_request_id =
            ["client-request-id", "x-ms-client-request-id"].iter().find_map(|name| call.header(name));
        let shown = matches!(origin, Origin::Graph | Origin::Azure) && !call.path.ends_with("$batch");
        Self {
            time,
            plane: origin.name(),
            method: call.method.to_string(),
            path: call.path.clone(),
            query: redact(&call.raw_query),
            status: None,
            client_request_id: client_request_id.map(str::to_owned),
            caller: None,
            elapsed_milliseconds: 0,
            batched: false,
            fault: None,
            body: if shown { call.json() } else { None },
        }
    }
}

/// Codes and tokens never reach the log, not even here.
fn redact(query: &str) -> String {
    query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key @ ("code" | "refresh_token" | "access_token" | "id_token"), _)) => format!("{key}=…"),
            _ => pair.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("&")
}

/// How many calls are kept unless `POST /requests` says otherwise.
const KEPT: usize = 20_000;

/// Both lists. Of the calls only the newest are kept; the ledger is the truth and keeps everything.
#[derive(Debug)]
pub(crate) struct Journal {
    seen: VecDeque<Seen>,
    kept: usize,
    pub(crate) ledger: Vec<Value>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { seen: VecDeque::new(), kept: KEPT, ledger: Vec::new() }
    }
}

impl Journal {
    /// Notes a call.
    pub(crate) fn see(&mut self, seen: Seen) {
        self.seen.push_back(seen);
        self.trim();
    }

    /// Keeps only so many calls from now on.
    pub(crate) fn keep(&mut self, most: usize) {
        self.kept = most;
        self.trim();
    }

    fn trim(&mut self) {
        while self.seen.len() > self.kept {
            self.seen.pop_front();
        }
    }

    /// The calls that are kept, oldest first.
    pub(crate) fn seen(&self) -> &VecDeque<Seen> {
        &self.seen
    }

    /// Forgets every call.
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
    }
}

/// Writes a committed role request into the ledger.
pub(crate) fn record(world: &mut World, request: &RoleRequest, call: &Call) {
    let (role_name, scope_name) = world.names(&request.target);
    let upn = world.tenant.persona_by_id(&request.principal).map(|p| p.upn.clone());
    let client_request_id =
        ["client-request-id", "x-ms-client-request-id"].iter().find_map(|name| call.header(name));
    world.canaries.justification(request.justification.as_deref().unwrap_or_default());
    world.journal.ledger.push(json!({
        "time": request.created.to_string(),
        "plane": request.target.plane.name(),
        "action": request.action.graph(),
        "id": request.id,
        "status": request.status,
        "principalId": request.principal,
        "principal": upn,
        "role": request.target.role,
        "roleName": role_name,
        "scope": request.target.scope,
        "scopeName": scope_name,
        "justification": request.justification,
        "ticketNumber": request.ticket_number,
        "ticketSystem": request.ticket_system,
        "startDateTime": stamp_or_null(request.schedule.as_ref().map(|s| s.start)),
        "endDateTime": stamp_or_null(request.schedule.as_ref().and_then(|s| s.end)),
        "duration": request.schedule.as_ref().and_then(|s| s.duration.clone()),
        "clientRequestId": client_request_id,
    }));
}
