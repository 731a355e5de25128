//! Faults and delays that a test orders through the control port.
//!
//! To extend: a new kind of fault is a variant of [`Kind`] and an arm in `running.rs` where the verdict is carried out.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::wire::{Call, Origin, Reply};

/// What a fault does to the call it meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Answer with `status`, `headers` and `body`; nothing is carried out.
    #[default]
    Answer,
    /// Drop the connection before anything is carried out.
    CloseBefore,
    /// Carry it out, then drop the connection: the answer is lost.
    CloseAfter,
}

/// One order: which calls, what happens, how often.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub(crate) plane: String,
    #[serde(default)]
    pub(crate) path_contains: String,
    #[serde(default)]
    pub(crate) method: Option<String>,
    #[serde(default)]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// How many calls it meets; 1 when missing.
    #[serde(default)]
    pub(crate) times: Option<u32>,
    #[serde(default)]
    pub(crate) body: Option<Value>,
    #[serde(default)]
    pub(crate) headers: Option<std::collections::BTreeMap<String, String>>,
}

/// A standing delay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Latency {
    pub(crate) plane: String,
    pub(crate) milliseconds: u64,
    #[serde(default)]
    pub(crate) path_contains: String,
}

/// All orders.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) faults: Vec<Fault>,
    pub(crate) latencies: Vec<Latency>,
}

/// What happens to one call.
#[derive(Debug)]
pub(crate) enum Verdict {
    Pass,
    Answer(Box<Reply>),
    CloseBefore,
    CloseAfter,
}

fn is_plane(name: &str, origin: Origin) -> bool {
    let name = name.replace('_', "-");
    name == origin.name() || name == "*"
}

impl Faults {
    /// Uses up one order that meets this call.
    pub(crate) fn take(&mut self, origin: Origin, call: &Call) -> Verdict {
        let meets = |fault: &Fault| {
            is_plane(&fault.plane, origin)
                && call.path.to_ascii_lowercase().contains(&fault.path_contains.to_ascii_lowercase())
                && fault.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(call.method.as_str()))
        };
        let Some(at) = self.faults.iter().position(meets) else { return Verdict::Pass };
        let left = self.faults[at].times.unwrap_or(1);
        let fault = if left <= 1 {
            self.faults.remove(at)
        } else {
            self.faults[at].times = Some(left - 1);
            self.faults[at].clone()
        };
        match fault.kind {
            Kind::CloseBefore => Verdict::CloseBefore,
            Kind::CloseAfter => Verdict::CloseAfter,
            Kind::Answer => {
                let status = fault.status.unwrap_or(503);
                let mut reply = Reply::json(status, fault.body.unwrap_or_else(|| default_body(status)));
                reply.headers.extend(fault.headers.into_iter().flatten());
                Verdict::Answer(Box::new(reply))
            }
        }
    }

    /// How long this call is kept waiting.
    pub(crate) fn delay(&self, origin: Origin, call: &Call) -> Duration {
        let longest = self
            .latencies
            .iter()
            .filter(|l| is_plane(&l.plane, origin))
            .filter(|l| call.path.to_ascii_lowercase().contains(&l.path_contains.to_ascii_lowercase()))
            .map(|l| l.milliseconds)
            .max();
        Duration::from_millis(longest.unwrap_or(0))
    }
}

/// A body in the manner of the services, for an order that brings none.
/// See <https://learn.microsoft.com/graph/errors> and <https://learn.microsoft.com/graph/throttling>.
fn default_body(status: u16) -> Value {
    let (code, message) = match status {
        429 => ("TooManyRequests", "Please retry again later."),
        500 => ("InternalServerError", "The server encountered an internal error. Please retry the request."),
        502 => ("BadGateway", "The server received an invalid response from an upstream server."),
        504 => ("GatewayTimeout", "The gateway did not receive a response from an upstream server in time."),
        503 => ("ServiceUnavailable", "The service is temporarily unavailable. Please retry the request."),
        _ => ("UnknownError", "The request could not be carried out."),
    };
    serde_json::json!({ "error": { "code": code, "message": message } })
}
