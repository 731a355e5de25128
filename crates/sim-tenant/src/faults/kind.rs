//! The kinds of fault: what happens to a call that is met by one.
//!
//! To extend: a new kind is a variant of [`Kind`] with its line in [`Kind::effect`] and in [`Kind::ALL`].

use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::Reply;
use crate::wire::reply::Payload;

/// What a fault does to the call it meets. A name that ends in `_after` means: carry it out, then spoil the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Answer with a status.
    #[default]
    Answer,
    AnswerAfter,
    /// 429 with a `Retry-After`.
    Throttled,
    /// 429 without one.
    ThrottledBare,
    /// 429 with `Retry-After: 0`, as Azure sends it.
    ThrottledZero,
    /// Drop the connection.
    CloseBefore,
    CloseAfter,
    /// Carry it out, send the head and half of the body, then drop the connection.
    CloseMiddle,
    /// Keep it waiting, then carry it out and answer as usual.
    Delay,
    /// JSON that breaks off.
    Truncated,
    TruncatedAfter,
    /// A gateway's page.
    Html,
    HtmlAfter,
    /// No body at all.
    Empty,
    EmptyAfter,
    /// JSON of another shape.
    WrongType,
    WrongTypeAfter,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    InvalidUtf8After,
    /// 401 with a claims challenge for a token issued from now on; a storm has it only when it names it.
    Claims,
}

/// The effect without the question whether the call is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Status,
    /// 429; whether a `Retry-After` comes with it and whether that is zero.
    Throttle {
        header: bool,
        zero: bool,
    },
    Close,
    CloseMiddle,
    Wait,
    Break(Broken),
    Challenge,
}

/// The ways a body is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Truncated,
    Html,
    Empty,
    WrongType,
    InvalidUtf8,
}

impl Kind {
    /// Every kind a storm draws from when it names none, in this order.
    pub(super) const ALL: [Self; 19] = [
        Self::Answer,
        Self::AnswerAfter,
        Self::Throttled,
        Self::ThrottledBare,
        Self::ThrottledZero,
        Self::CloseBefore,
        Self::CloseAfter,
        Self::CloseMiddle,
        Self::Delay,
        Self::Truncated,
        Self::TruncatedAfter,
        Self::Html,
        Self::HtmlAfter,
        Self::Empty,
        Self::EmptyAfter,
        Self::WrongType,
        Self::WrongTypeAfter,
        Self::InvalidUtf8,
        Self::InvalidUtf8After,
    ];

    /// Whether the call is carried out, the effect, and the name it is counted under.
    const fn row(self) -> (bool, Effect, &'static str) {
        use Effect::{Break, Challenge, Close, CloseMiddle, Status, Throttle, Wait};
        match self {
            Self::Answer => (false, Status, "answer"),
            Self::AnswerAfter => (true, Status, "answer_after"),
            Self::Throttled => (false, Throttle { header: true, zero: false }, "throttled"),
            Self::ThrottledBare => (false, Throttle { header: false, zero: false }, "throttled_bare"),
            Self::ThrottledZero => (false, Throttle { header: true, zero: true }, "throttled_zero"),
            Self::CloseBefore => (false, Close, "close_before"),
            Self::CloseAfter => (true, Close, "close_after"),
            Self::CloseMiddle => (true, CloseMiddle, "close_middle"),
            Self::Delay => (true, Wait, "delay"),
            Self::Truncated => (false, Break(Broken::Truncated), "truncated"),
            Self::TruncatedAfter => (true, Break(Broken::Truncated), "truncated_after"),
            Self::Html => (false, Break(Broken::Html), "html"),
            Self::HtmlAfter => (true, Break(Broken::Html), "html_after"),
            Self::Empty => (false, Break(Broken::Empty), "empty"),
            Self::EmptyAfter => (true, Break(Broken::Empty), "empty_after"),
            Self::WrongType => (false, Break(Broken::WrongType), "wrong_type"),
            Self::WrongTypeAfter => (true, Break(Broken::WrongType), "wrong_type_after"),
            Self::InvalidUtf8 => (false, Break(Broken::InvalidUtf8), "invalid_utf8"),
            Self::Claims => (false, Challenge, "claims"),
            Self::InvalidUtf8After => (true, Break(Broken::InvalidUtf8), "invalid_utf8_after"),
        }
    }

    /// Whether the call is carried out nevertheless.
    pub(super) const fn commits(self) -> bool {
        self.row().0
    }

    pub(super) const fn effect(self) -> Effect {
        self.row().1
    }

    pub(super) const fn name(self) -> &'static str {
        self.row().2
    }

    /// Whether it can happen to one call inside a `$batch`, whose answer is a JSON object among others.
    pub(super) const fn fits_inside(self) -> bool {
        matches!(
            self.effect(),
            Effect::Status
                | Effect::Challenge
                | Effect::Throttle { .. }
                | Effect::Break(Broken::Empty | Broken::WrongType)
        )
    }
}

/// An answer's own bytes, or what a body of this service looks like when nothing was carried out.
fn text_of(reply: &Reply) -> String {
    match &reply.payload {
        Payload::Json(value) => value.to_string(),
        Payload::Text(_, text) => text.clone(),
        Payload::Empty | Payload::Bytes(..) => {
            json!({ "value": [{ "id": "00000000-0000-0000-0000-000000000000" }] }).to_string()
        }
    }
}

/// Breaks an answer's body; status and headers stay.
pub(super) fn spoil(mut reply: Reply, broken: Broken) -> Reply {
    const JSON: &str = "application/json; charset=utf-8";
    let text = text_of(&reply);
    reply.payload = match broken {
        Broken::Truncated => Payload::Bytes(JSON, text.as_bytes()[..text.len() / 2].to_vec()),
        Broken::Html => {
            reply.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            let page = "<html><head><title>Service Unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>";
            Payload::Text("text/html", page.to_owned())
        }
        Broken::Empty => Payload::Empty,
        Broken::WrongType => Payload::Json(json!([{ "value": 7 }, "unexpected", null])),
        Broken::InvalidUtf8 => {
            let at = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
            let mut bytes = text.into_bytes();
            bytes.splice(at..at, [0xff, 0xfe, 0xc3]);
            Payload::Bytes(JSON, bytes)
        }
    };
    reply
}

/// Bodies of a 400 that no error envelope describes.
pub(super) fn odd_body(draw: u64) -> Value {
    match draw % 4 {
        0 => json!({ "Message": "An error has occurred." }),
        1 => json!({ "error": "bad_request" }),
        2 => json!({ "error": { "code": "", "message": null } }),
        _ => json!([]),
    }
}

/// A body in the manner of the services, for an order that brings none.
/// See <https://learn.microsoft.com/graph/errors> and <https://learn.microsoft.com/graph/throttling>.
pub(super) fn default_body(status: u16) -> Value {
    let (code, message) = match status {
        401 => ("InvalidAuthenticationToken", "Access token validation failure."),
        403 => ("Forbidden", "Access is forbidden right now."),
        404 => ("ResourceNotFound", "The resource could not be found."),
        408 => ("RequestTimeout", "The request timed out."),
        409 => ("Conflict", "The request conflicts with another operation."),
        429 => ("TooManyRequests", "Please retry again later."),
        500 => ("InternalServerError", "The server encountered an internal error. Please retry the request."),
        502 => ("BadGateway", "The server received an invalid response from an upstream server."),
        504 => ("GatewayTimeout", "The gateway did not receive a response from an upstream server in time."),
        503 => ("ServiceUnavailable", "The service is temporarily unavailable. Please retry the request."),
        _ => ("UnknownError", "The request could not be carried out."),
    };
    json!({ "error": { "code": code, "message": message } })
}
