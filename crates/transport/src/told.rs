//! What is told of every call to Microsoft: a line in the log, and numbers. Both hold the route's template and the ids by which the two
//! sides name the call, never a token, a body, a query or an id from a path.
//!
//! | metric | labels |
//! |---|---|
//! | `pim_portal_upstream_requests_total` | `plane`, `host`, `method`, `route`, `status` |
//! | `pim_portal_upstream_request_duration_seconds` | `plane`, `host`, `method`, `route` |
//! | `pim_portal_upstream_throttled_total` | `plane`, `host` |

use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{counter, histogram};
use pim::ids::PlaneId;
use pim::tokens::Audience;
use uuid::Uuid;

use crate::line::Attempt;

/// One call, sent.
pub(crate) struct Told<'a> {
    pub(crate) plane: &'a PlaneId,
    pub(crate) audience: Audience,
    pub(crate) method: &'a Method,
    pub(crate) route: &'static str,
    /// `client-request-id`: how we name it. The service's own name for it is the correlation id.
    pub(crate) call: Uuid,
}

impl Told<'_> {
    /// Tells what came of it after `elapsed`.
    pub(crate) fn tell(&self, attempt: &Attempt, elapsed: Duration) {
        self.count(attempt, elapsed);
        let Self { plane, audience, method, route, call } = self;
        let (plane, host) = (plane.as_str(), host(*audience));
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        match attempt {
            // An overview is dozens of these.
            Attempt::Answered(answer) if method.is_safe() && answer.status.is_success() => tracing::debug!(
                plane, host, %method, route, status = answer.status.as_u16(), elapsed_ms,
                client_request_id = %call, correlation_id = answer.correlation_id(), "answered"
            ),
            Attempt::Answered(answer) => tracing::info!(
                plane, host, %method, route, status = answer.status.as_u16(), elapsed_ms,
                client_request_id = %call, correlation_id = answer.correlation_id(), "answered"
            ),
            Attempt::Unreachable => tracing::warn!(
                plane, host, %method, route, elapsed_ms, client_request_id = %call, "no connection"
            ),
            Attempt::Lost { timed_out, correlation_id } => tracing::warn!(
                plane, host, %method, route, elapsed_ms, client_request_id = %call, timed_out, correlation_id, "no answer"
            ),
        }
    }

    fn count(&self, attempt: &Attempt, elapsed: Duration) {
        let plane = self.plane.as_str().to_owned();
        let (host, route, method) = (host(self.audience), self.route, method(self.method));
        let status = match attempt {
            Attempt::Answered(answer) => answer.status.as_str().to_owned(),
            Attempt::Unreachable => "unreachable".to_owned(),
            Attempt::Lost { timed_out: true, .. } => "timeout".to_owned(),
            Attempt::Lost { timed_out: false, .. } => "broken".to_owned(),
        };
        if matches!(attempt, Attempt::Answered(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS) {
            counter!("pim_portal_upstream_throttled_total", "plane" => plane.clone(), "host" => host)
                .increment(1);
        }
        histogram!(
            "pim_portal_upstream_request_duration_seconds",
            "plane" => plane.clone(), "host" => host, "method" => method, "route" => route
        )
        .record(elapsed);
        counter!(
            "pim_portal_upstream_requests_total",
            "plane" => plane, "host" => host, "method" => method, "route" => route, "status" => status
        )
        .increment(1);
    }
}

fn host(audience: Audience) -> &'static str {
    match audience {
        Audience::Graph => "graph",
        Audience::Azure => "azure",
    }
}

/// The methods that adapters use.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
