//! Role requests: sending one, trying one, reading one again, withdrawing one, and finding one whose answer was lost.
//!
//! Entra roles and groups do all of this alike. What tells them apart is in [`Requests`]: paths, and how a target is written.

use futures::future::join;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use pim::draft::Draft;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::PrincipalId;
use pim::plane::{Fingerprint, Submission, Validation};
use pim::prolongation::{Prolongation, ProlongationKind};
use pim::request::{Progress, Request, RequestAction, RequestRef, RequestStatus};
use pim::target::{Names, Target};
use transport::wire::{Activation, usable};
use transport::write::{submission, validation};
use transport::{Line, Route, segment};

use crate::wire::{Details, Post, ProlongationDetails, TargetIds, WireRequest};

/// How far the portal's clock and the service's may be apart: a request that the service dates this much before the send may
/// still be the one that was sent.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(2);

/// The requests of one plane.
pub(crate) struct Requests {
    /// Those about assignments: activations and deactivations.
    pub(crate) assignments: Collection,
    /// Those about eligibilities: wishes to lengthen and renew them.
    pub(crate) eligibilities: Collection,
    /// What is asked for along with a row, for its names.
    pub(crate) expand: &'static str,
    /// The expiration type of an activation, as the plane's documentation spells it.
    pub(crate) after_duration: &'static str,
    /// Reads the target out of a row.
    pub(crate) target: fn(&WireRequest) -> Option<Target>,
    /// Writes a target.
    pub(crate) ids: for<'a> fn(&'a Target) -> TargetIds<'a>,
    /// What people call the target, as far as the row tells.
    pub(crate) names: fn(&WireRequest, &Target) -> Names,
}

/// One collection of requests.
pub(crate) struct Collection {
    /// Its path; requests are posted to it.
    pub(crate) path: &'static str,
    /// How one request's path shows in logs.
    pub(crate) one: &'static str,
}

impl Collection {
    fn route(&self) -> Route {
        Route::fixed(self.path)
    }

    /// One request, or an action on it.
    fn one(&self, request: &RequestRef, action: &str) -> Result<Route, PlaneError> {
        let id = segment(request.id.as_str()).ok_or(ErrorKind::NotFound)?;
        Ok(Route::new(self.one, format!("{}/{id}{action}", self.path)))
    }
}

impl Requests {
    fn collection(&self, action: RequestAction) -> &Collection {
        match action {
            RequestAction::Extend | RequestAction::Renew | RequestAction::Grant | RequestAction::Remove => {
                &self.eligibilities
            }
            RequestAction::Activate | RequestAction::Deactivate | RequestAction::Other => &self.assignments,
        }
    }

    fn body<'a>(
        &self,
        action: &'static str,
        principal_id: PrincipalId,
        target: &'a Target,
        details: Option<Details<'a>>,
    ) -> Post<'a> {
        Post { action, principal_id, target: (self.ids)(target), details, is_validation_only: false }
    }

    fn activation<'a>(&self, principal: PrincipalId, draft: &'a Draft) -> Post<'a> {
        let details = Details::Activation(Activation::new(draft, self.after_duration));
        self.body("selfActivate", principal, &draft.target, Some(details))
    }

    /// Sends `body`, once. The answer's own target is not believed: it is what was sent.
    async fn post(
        &self,
        line: &Line,
        collection: &Collection,
        target: &Target,
        body: &Post<'_>,
    ) -> Result<Submission, PlaneError> {
        let outcome = line.send(&Method::POST, &collection.route(), body).await;
        submission(outcome, |answer| {
            let wire: WireRequest = answer.json()?;
            wire.request(target.clone(), None).ok_or_else(|| PlaneError::from(ErrorKind::Protocol))
        })
    }

    /// Asks to activate.
    pub(crate) async fn activate(
        &self,
        line: &Line,
        principal: PrincipalId,
        draft: &Draft,
    ) -> Result<Submission, PlaneError> {
        self.post(line, &self.assignments, &draft.target, &self.activation(principal, draft)).await
    }

    /// Tries an activation. Nothing comes of it, so it may be sent again like a read.
    pub(crate) async fn validate(
        &self,
        line: &Line,
        principal: PrincipalId,
        draft: &Draft,
    ) -> Result<Validation, PlaneError> {
        let body = Post { is_validation_only: true, ..self.activation(principal, draft) };
        validation(line.query_json::<serde_json::Value>(&self.assignments.route(), &body).await)
    }

    /// Asks to deactivate.
    pub(crate) async fn deactivate(
        &self,
        line: &Line,
        principal: PrincipalId,
        target: &Target,
    ) -> Result<Submission, PlaneError> {
        let body = self.body("selfDeactivate", principal, target, None);
        self.post(line, &self.assignments, target, &body).await
    }

    /// Asks an administrator to lengthen or renew an eligibility.
    pub(crate) async fn prolong(
        &self,
        line: &Line,
        principal: PrincipalId,
        wish: &Prolongation,
    ) -> Result<Submission, PlaneError> {
        let action = match wish.kind {
            ProlongationKind::Extend => "selfExtend",
            ProlongationKind::Renew => "selfRenew",
        };
        let details = Details::Prolongation(ProlongationDetails::new(wish));
        let body = self.body(action, principal, &wish.target, Some(details));
        self.post(line, &self.eligibilities, &wish.target, &body).await
    }

    /// Withdraws `request`. A refusal is no answer yet: the request may have been withdrawn before.
    /// <https://learn.microsoft.com/graph/api/unifiedroleassignmentschedulerequest-cancel>
    pub(crate) async fn cancel(&self, line: &Line, request: &RequestRef) -> Result<Submission, PlaneError> {
        let route = self.collection(request.action).one(request, "/cancel")?;
        let cancelled = submission(line.post(&route).await, |_| Ok::<_, PlaneError>(withdrawn(request)));
        let refused = match &cancelled {
            Ok(Submission::Rejected(_)) => true,
            Ok(_) => false,
            Err(error) => matches!(error.kind, ErrorKind::NotFound | ErrorKind::Conflict),
        };
        if !refused {
            return cancelled;
        }
        match self.get(line, request).await {
            Ok(found) if found.status.progress() == Progress::Cancelled => Ok(Submission::Accepted(found)),
            _ => cancelled,
        }
    }

    /// The rows of `collection` that fit `on`: `principal` (the caller's own) or `approver` (those that wait for the caller).
    pub(crate) async fn rows(
        &self,
        line: &Line,
        collection: &Collection,
        on: &str,
        options: &str,
    ) -> Result<Vec<WireRequest>, PlaneError> {
        let (path, expand) = (collection.path, self.expand);
        let path = format!("{path}/filterByCurrentUser(on='{on}')?$expand={expand}{options}");
        line.pages(&Route::new(collection.path, path)).await
    }

    fn read(&self, wire: &WireRequest) -> Option<Request> {
        let target = (self.target)(wire)?;
        let names = (self.names)(wire, &target);
        wire.request(target, Some(names))
    }

    /// All of the caller's own, and what administrators did about their eligibilities. A service that does not list requests
    /// about eligibilities has none to show.
    pub(crate) async fn own(&self, line: &Line) -> Result<Vec<Request>, PlaneError> {
        let (assignments, eligibilities) = join(
            self.rows(line, &self.assignments, "principal", ""),
            self.rows(line, &self.eligibilities, "principal", ""),
        )
        .await;
        let eligibilities = match eligibilities {
            Ok(rows) => usable(rows, "requests about eligibilities", |wire| {
                Some(Request { action: wire.on_eligibility(), ..self.read(&wire)? })
            }),
            Err(error) => match error.kind {
                ErrorKind::Forbidden { .. } | ErrorKind::Rejected(_) | ErrorKind::NotFound => Vec::new(),
                _ => return Err(error),
            },
        };
        let mut own = usable(assignments?, "role requests", |wire| self.read(&wire));
        own.extend(eligibilities);
        Ok(own)
    }

    /// One.
    pub(crate) async fn get(&self, line: &Line, request: &RequestRef) -> Result<Request, PlaneError> {
        let wire: WireRequest = line.get_json(&self.collection(request.action).one(request, "")?).await?;
        let target = (self.target)(&wire).ok_or(ErrorKind::Protocol)?;
        wire.request(target, None).ok_or_else(|| ErrorKind::Protocol.into())
    }

    /// The one that fits `lost`, among the caller's own.
    pub(crate) async fn find(&self, line: &Line, lost: &Fingerprint) -> Result<Option<Request>, PlaneError> {
        let rows = self.rows(line, self.collection(lost.action), "principal", "").await?;
        Ok(best(usable(rows, "role requests", |wire| self.read(&wire)), lost))
    }
}

/// `request` after it was withdrawn: the answer to that has no body.
fn withdrawn(request: &RequestRef) -> Request {
    Request {
        id: request.id.clone(),
        target: request.target.clone(),
        action: request.action,
        status: RequestStatus::from("Canceled".to_owned()),
        created: None,
        start: None,
        duration: None,
        until: None,
        schedule: None,
        names: None,
        ticket: None,
        completed: None,
        justification: None,
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
            until: None,
            schedule: None,
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
