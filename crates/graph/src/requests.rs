//! Role requests: sending one, reading one again, and finding one whose answer was lost.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use pim::error::{ErrorKind, PlaneError};
use pim::ids::RequestId;
use pim::plane::{Fingerprint, Submission};
use pim::request::{Request, RequestAction};
use pim::target::Target;
use serde::Serialize;
use transport::wire::usable;
use transport::write::submission;
use transport::{Line, Route, segment};

use crate::wire::WireRequest;

/// How far the portal's clock and the service's may be apart: a request that the service dates this much before the send may
/// still be the one that was sent.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(2);

/// The collection of one plane's requests.
pub(crate) struct Collection {
    /// Its path; requests are posted to it.
    pub(crate) path: &'static str,
    /// The path of the caller's own.
    pub(crate) own: &'static str,
    /// How one request's path shows in logs.
    pub(crate) one: &'static str,
    /// Reads the target out of a row.
    pub(crate) target: fn(&WireRequest) -> Option<Target>,
}

impl Collection {
    /// Sends `body`, once. The answer's own target is not believed: it is what was sent.
    pub(crate) async fn post(
        &self,
        line: &Line,
        target: &Target,
        body: &(impl Serialize + Sync),
    ) -> Result<Submission, PlaneError> {
        let outcome = line.send(&Method::POST, &Route::fixed(self.path), body).await;
        submission(outcome, |answer| {
            let wire: WireRequest = answer.json()?;
            wire.into_request(target.clone()).ok_or_else(|| PlaneError::from(ErrorKind::Protocol))
        })
    }

    /// All of the caller's own.
    pub(crate) async fn own(&self, line: &Line) -> Result<Vec<Request>, PlaneError> {
        let rows: Vec<WireRequest> = line.pages(&Route::fixed(self.own)).await?;
        Ok(usable(rows, "role requests", |wire| {
            let target = (self.target)(&wire)?;
            wire.into_request(target)
        }))
    }

    /// One.
    pub(crate) async fn get(&self, line: &Line, id: &RequestId) -> Result<Request, PlaneError> {
        let id = segment(id.as_str()).ok_or(ErrorKind::NotFound)?;
        let wire: WireRequest = line.get_json(&Route::new(self.one, format!("{}/{id}", self.path))).await?;
        let target = (self.target)(&wire).ok_or(ErrorKind::Protocol)?;
        wire.into_request(target).ok_or_else(|| ErrorKind::Protocol.into())
    }

    /// The one that fits `lost`, among the caller's own.
    pub(crate) async fn find(&self, line: &Line, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        Ok(best(self.own(line).await?, lost))
    }
}

/// The request that `lost` describes. Graph chooses the ids, so it is recognised by what was sent: same target, same action,
/// the same reason (deactivations carry none), and created no earlier than two minutes before the send. Of several, the first one
/// that was created at or after the send; failing that, the newest before it.
fn best(requests: Vec<Request>, lost: &Fingerprint) -> Option<Request> {
    let earliest = lost.sent.saturating_sub(CLOCKS_APART).unwrap_or(Timestamp::MIN);
    let reason = |request: &Request| {
        request.justification.as_deref().unwrap_or_default().trim() == lost.justification.trim()
    };
    let fits = |request: &Request| {
        request.target.same_as(&lost.target)
            && request.action == lost.action
            && (lost.action == RequestAction::Deactivate || reason(request))
            && request.created.is_some_and(|created| created >= earliest)
    };
    requests.into_iter().filter(fits).min_by_key(|request| {
        let late = request.created.map_or(SignedDuration::MAX, |created| created.duration_since(lost.sent));
        (late.is_negative(), late.abs())
    })
}

#[cfg(test)]
mod tests {
    use pim::request::RequestStatus;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn target(role: &str) -> Target {
        Target { plane: "entra".into(), role: role.into(), scope: "/".into() }
    }

    fn request(id: &str, created: i64, change: impl FnOnce(&mut Request)) -> Request {
        let mut request = Request {
            id: id.into(),
            target: target("role"),
            action: RequestAction::Activate,
            status: RequestStatus::from("Provisioned".to_owned()),
            created: Some(at(created)),
            start: None,
            duration: None,
            names: None,
            ticket: None,
            completed: None,
            justification: Some("Incident 7".into()),
        };
        change(&mut request);
        request
    }

    fn lost(action: RequestAction) -> Fingerprint {
        Fingerprint {
            request_id: "mine".into(),
            target: target("ROLE"),
            action,
            justification: "Incident 7".into(),
            sent: at(0),
        }
    }

    fn found(requests: Vec<Request>, action: RequestAction) -> Option<String> {
        best(requests, &lost(action)).map(|request| request.id.0)
    }

    #[test]
    fn recognises_what_was_sent_and_nothing_else() {
        let others = vec![
            request("other role", 1, |r| r.target = target("another")),
            request("other action", 1, |r| r.action = RequestAction::Deactivate),
            request("other reason", 1, |r| r.justification = Some("Incident 8".into())),
            request("no reason", 1, |r| r.justification = None),
            request("too old", -121, |_| ()),
            request("undated", 1, |r| r.created = None),
        ];
        assert_eq!(found(others.clone(), RequestAction::Activate), None);
        let with_ours = others.into_iter().chain([request("ours", 1, |_| ())]).collect();
        assert_eq!(found(with_ours, RequestAction::Activate).as_deref(), Some("ours"));
    }

    #[test]
    fn prefers_what_was_created_after_the_send() {
        let several =
            vec![request("before", -5, |_| ()), request("second", 40, |_| ()), request("first", 2, |_| ())];
        assert_eq!(found(several, RequestAction::Activate).as_deref(), Some("first"));
        let before = vec![request("older", -90, |_| ()), request("newer", -5, |_| ())];
        assert_eq!(found(before, RequestAction::Activate).as_deref(), Some("newer"));
    }

    #[test]
    fn a_deactivation_is_recognised_without_a_reason() {
        let one = request("off", 1, |r| {
            r.action = RequestAction::Deactivate;
            r.justification = None;
        });
        assert_eq!(found(vec![one], RequestAction::Deactivate).as_deref(), Some("off"));
    }
}
