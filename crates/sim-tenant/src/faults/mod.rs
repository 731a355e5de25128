//! Faults and delays that a test orders through the control port.
//!
//! Two ways to order: one fault for the next calls that fit ([`Order`]), or a storm that hits any call with a probability
//! ([`storm`]). Both know the same kinds ([`kind`]). What was injected is counted and told by `GET /faults`; the counts
//! outlive the orders and start afresh with the next storm.
//!
//! To extend: see `kind.rs` for a new kind; `Hit::end` carries it out.

mod kind;
mod storm;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::{Call, Origin, Reply};
use kind::{Effect, Kind};

/// One order: which calls, what happens, how often.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) plane: String,
    #[serde(default)]
    pub(crate) path_contains: String,
    #[serde(default)]
    pub(crate) method: Option<String>,
    #[serde(default)]
    kind: Kind,
    /// The status of an answer, or of a broken one when nothing is carried out.
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// How many calls it meets; 1 when missing.
    #[serde(default)]
    pub(crate) times: Option<u32>,
    #[serde(default)]
    pub(crate) body: Option<Value>,
    #[serde(default)]
    pub(crate) headers: Option<BTreeMap<String, String>>,
    /// How long a `delay` is.
    #[serde(default)]
    pub(crate) milliseconds: Option<u64>,
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

/// A call about to be answered, as faults see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting<'a> {
    pub(crate) origin: Origin,
    pub(crate) call: &'a Call,
    /// The object id of whoever calls; empty when nobody is known.
    pub(crate) principal: &'a str,
    /// The call came inside a `$batch`.
    pub(crate) inside: bool,
}

/// A fault that has met a call.
#[derive(Debug)]
pub(crate) struct Hit {
    kind: Kind,
    /// What it is counted under.
    label: String,
    /// How long the call is kept waiting first.
    pub(crate) wait: Duration,
    reply: Reply,
    /// The status of a broken answer, when it is not that of the answer that is broken.
    status: Option<u16>,
}

/// How a call ends.
#[derive(Debug)]
pub(crate) enum End {
    Whole(Reply),
    /// The head and half of the body, then nothing.
    Cut(Reply),
    /// A 401 with a claims challenge, which the resource words.
    Challenged,
    /// No answer at all.
    Dropped,
}

impl End {
    /// The status the client gets to see.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Whole(reply) | Self::Cut(reply) => Some(reply.status),
            Self::Challenged => Some(401),
            Self::Dropped => None,
        }
    }
}

impl Hit {
    fn new(kind: Kind, reply: Reply) -> Self {
        Self { kind, label: kind.name().to_owned(), wait: Duration::ZERO, reply, status: None }
    }

    fn status(kind: Kind, status: u16, draw: u64) -> Self {
        let body = if status == 400 { kind::odd_body(draw) } else { kind::default_body(status) };
        let reply = Reply::json(status, body);
        let reply = if status == 401 { reply.with("www-authenticate", "Bearer realm=\"\"") } else { reply };
        Self { label: format!("{}_{status}", kind.name()), ..Self::new(kind, reply) }
    }

    fn throttled(kind: Kind, seconds: u32) -> Self {
        let reply = Reply::json(429, kind::default_body(429));
        let reply = match kind.effect() {
            Effect::Throttle { header: true, zero } => {
                reply.with("retry-after", if zero { 0 } else { seconds }.to_string())
            }
            _ => reply,
        };
        Self::new(kind, reply)
    }

    fn delayed(wait: Duration) -> Self {
        Self { wait, ..Self::new(Kind::Delay, Reply::empty(200)) }
    }

    /// A broken body; with a status of its own, or that of the call when it is carried out.
    fn broken(kind: Kind, status: Option<u16>) -> Self {
        Self { status, ..Self::new(kind, Reply::empty(200)) }
    }

    fn of(order: Order) -> Self {
        let mut hit = match order.kind.effect() {
            Effect::Status => Self::status(order.kind, order.status.unwrap_or(503), 0),
            Effect::Throttle { .. } => Self::throttled(order.kind, 1),
            Effect::Wait => Self::delayed(Duration::from_millis(order.milliseconds.unwrap_or(1000))),
            Effect::Break(_) => Self::broken(order.kind, order.status),
            Effect::Close | Effect::CloseMiddle | Effect::Challenge => {
                Self::new(order.kind, Reply::empty(200))
            }
        };
        if let Some(body) = order.body {
            hit.reply.payload = crate::wire::reply::Payload::Json(body);
        }
        hit.reply.headers.extend(order.headers.into_iter().flatten());
        hit
    }

    /// The name it is counted under.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Ends the call; `carry_out` is called when the kind says that the call goes through.
    pub(crate) fn end(self, carry_out: impl FnOnce() -> Reply) -> End {
        let real = self.kind.commits().then(carry_out);
        match self.kind.effect() {
            Effect::Status | Effect::Throttle { .. } => End::Whole(self.reply),
            Effect::Challenge => End::Challenged,
            Effect::Close => End::Dropped,
            Effect::CloseMiddle => End::Cut(real.unwrap_or(self.reply)),
            Effect::Wait => End::Whole(real.unwrap_or(self.reply)),
            Effect::Break(broken) => {
                let mut reply = real.unwrap_or(self.reply);
                reply.status = self.status.unwrap_or(reply.status);
                End::Whole(kind::spoil(reply, broken))
            }
        }
    }
}

/// All orders, and what has come of them.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    orders: Vec<Order>,
    pub(crate) latencies: Vec<Latency>,
    storm: Option<storm::Storm>,
    injected: BTreeMap<String, u64>,
}

fn is_plane(name: &str, origin: Origin) -> bool {
    let name = name.replace('_', "-");
    name == origin.name() || name == "*"
}

fn names_a_plane(name: &str) -> bool {
    [Origin::SignIn, Origin::Graph, Origin::Azure].into_iter().any(|origin| is_plane(name, origin))
}

impl Faults {
    /// Takes an order: `{"storm": {…}}`, or one fault.
    pub(crate) fn order(&mut self, order: Value) -> Result<(), String> {
        match order {
            Value::Object(mut fields) if fields.contains_key("storm") => {
                let storm = fields.remove("storm").unwrap_or_default();
                let storm = serde_json::from_value(storm).map_err(|e| e.to_string())?;
                if !fields.is_empty() {
                    return Err("an order for a storm has no other fields".to_owned());
                }
                self.storm = Some(storm::Storm::begin(storm)?);
                self.injected.clear();
            }
            other => self.orders.push(serde_json::from_value(other).map_err(|e| e.to_string())?),
        }
        Ok(())
    }

    /// Ends everything that was ordered; the counts stay.
    pub(crate) fn end(&mut self) {
        *self = Self { injected: std::mem::take(&mut self.injected), ..Self::default() };
    }

    /// What was injected, and what is still ordered.
    pub(crate) fn report(&self) -> Value {
        json!({
            "injected": { "total": self.injected.values().sum::<u64>(), "kinds": self.injected },
            "orders": self.orders.len(),
            "storm": self.storm.as_ref().map(storm::Storm::report),
        })
    }

    /// Uses up one order that meets this call, or asks the storm.
    pub(crate) fn take(&mut self, meeting: &Meeting<'_>) -> Option<Hit> {
        let hit = self.take_order(meeting).or_else(|| self.storm.as_mut()?.meet(meeting))?;
        *self.injected.entry(hit.label.clone()).or_default() += 1;
        Some(hit)
    }

    fn take_order(&mut self, meeting: &Meeting<'_>) -> Option<Hit> {
        let path = meeting.call.path.to_ascii_lowercase();
        let meets = |order: &Order| {
            is_plane(&order.plane, meeting.origin)
                && path.contains(&order.path_contains.to_ascii_lowercase())
                && order
                    .method
                    .as_deref()
                    .is_none_or(|m| m.eq_ignore_ascii_case(meeting.call.method.as_str()))
                && (!meeting.inside || order.kind.fits_inside())
        };
        let at = self.orders.iter().position(meets)?;
        let left = self.orders[at].times.unwrap_or(1);
        Some(Hit::of(if left <= 1 {
            self.orders.remove(at)
        } else {
            self.orders[at].times = Some(left - 1);
            self.orders[at].clone()
        }))
    }

    /// How long this call is kept waiting.
    pub(crate) fn delay(&self, origin: Origin, call: &Call) -> Duration {
        if self.latencies.is_empty() {
            return Duration::ZERO;
        }
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
