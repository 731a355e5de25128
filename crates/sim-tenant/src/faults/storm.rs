//! A storm: every call is hit with one probability, reproducibly from a seed.
//!
//! Whether and how a call is hit depends only on the seed and on the call's ordinal among calls with the same method,
//! path template and principal, so the same program run again meets the same weather. What the client or the service
//! makes up on the way (request ids) is not part of the template.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::kind::{Effect, Kind};
use super::{Hit, Meeting};
use crate::random;
use crate::wire::{Origin, Reply};

/// An order for a storm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(super) seed: u64,
    /// Share of calls that are hit, 0 to 1.
    pub(super) rate: f64,
    #[serde(default = "both_planes")]
    pub(super) planes: Vec<String>,
    #[serde(default = "all_kinds")]
    pub(super) kinds: Vec<Kind>,
    /// What `answer` draws from.
    #[serde(default = "all_statuses")]
    pub(super) statuses: Vec<u16>,
    /// What `answer_after` draws from.
    #[serde(default = "lost_statuses")]
    pub(super) statuses_after: Vec<u16>,
    /// The longest `delay`.
    #[serde(default = "fifty")]
    pub(super) milliseconds: u64,
    /// What `throttled` asks to wait, in seconds.
    #[serde(default = "one")]
    pub(super) retry_after: u32,
}

fn both_planes() -> Vec<String> {
    vec!["graph".to_owned(), "azure".to_owned()]
}

fn all_kinds() -> Vec<Kind> {
    Kind::ALL.to_vec()
}

fn all_statuses() -> Vec<u16> {
    vec![400, 401, 403, 404, 408, 409, 500, 502, 503, 504]
}

fn lost_statuses() -> Vec<u16> {
    vec![500, 502, 503, 504]
}

fn fifty() -> u64 {
    50
}

fn one() -> u32 {
    1
}

/// What a caller is told about the storm that blows.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    seed: u64,
    rate: f64,
    calls: u64,
    hit: u64,
}

/// A storm that blows.
#[derive(Debug)]
pub(super) struct Storm {
    order: Order,
    ordinals: HashMap<String, u64>,
    calls: u64,
    hit: u64,
}

/// A path without what is made up on the way: ids after the collection's name. Azure's scopes stay, they are the tenant's.
fn template(origin: Origin, path: &str) -> String {
    const PROVIDER: &str = "/providers/microsoft.authorization/";
    let path = path.to_ascii_lowercase();
    let fixed = path.rfind(PROVIDER).filter(|_| origin == Origin::Azure).map_or(0, |at| at + PROVIDER.len());
    let (scope, rest) = path.split_at(fixed);
    let made_up =
        |segment: &str| uuid::Uuid::try_parse(segment.rsplit('_').next().unwrap_or(segment)).is_ok();
    let rest: Vec<&str> = rest.split('/').map(|s| if made_up(s) { "{id}" } else { s }).collect();
    format!("{scope}{}", rest.join("/"))
}

impl Storm {
    /// Begins a storm, or says what is wrong with the order.
    pub(super) fn begin(order: Order) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&order.rate) {
            return Err("`rate` is a share between 0 and 1".to_owned());
        }
        if order.kinds.is_empty() || order.statuses.is_empty() || order.statuses_after.is_empty() {
            return Err("`kinds`, `statuses` and `statuses_after` name at least one each".to_owned());
        }
        if let Some(plane) = order.planes.iter().find(|name| !super::names_a_plane(name)) {
            return Err(format!("`planes` are graph, azure, sign_in or *, not {plane}"));
        }
        Ok(Self { order, ordinals: HashMap::new(), calls: 0, hit: 0 })
    }

    pub(super) fn report(&self) -> Report {
        Report { seed: self.order.seed, rate: self.order.rate, calls: self.calls, hit: self.hit }
    }

    /// Whether this call is hit, and how.
    pub(super) fn meet(&mut self, meeting: &Meeting<'_>) -> Option<Hit> {
        if !self.order.planes.iter().any(|name| super::is_plane(name, meeting.origin)) {
            return None;
        }
        self.calls += 1;
        let method = meeting.call.method.as_str();
        let inside = if meeting.inside { "inside" } else { "alone" };
        let template = template(meeting.origin, &meeting.call.path);
        let key = format!("{} {method} {template} {} {inside}", meeting.origin.name(), meeting.principal);
        let ordinal = self.ordinals.entry(key.clone()).or_default();
        *ordinal += 1;
        let parts = [&self.order.seed.to_string(), &key, &ordinal.to_string()];
        let [whether, which, how, _] = random::draws(&parts.map(String::as_str));
        if random::share(whether) >= self.order.rate {
            return None;
        }
        let fits = |kind: &&Kind| !meeting.inside || kind.fits_inside();
        let kinds: Vec<Kind> = self.order.kinds.iter().filter(fits).copied().collect();
        let kind = *pick(&kinds, which)?;
        self.hit += 1;
        Some(match kind.effect() {
            Effect::Status => {
                let from = if kind.commits() { &self.order.statuses_after } else { &self.order.statuses };
                Hit::status(kind, *pick(from, how)?, how)
            }
            Effect::Throttle { .. } => Hit::throttled(kind, self.order.retry_after),
            Effect::Wait => Hit::delayed(Duration::from_millis(1 + how % self.order.milliseconds.max(1))),
            // A body broken by a gateway comes with a gateway's status as often as with the call's own.
            Effect::Break(_) => Hit::broken(kind, (how % 2 == 0).then_some(502)),
            Effect::Close | Effect::CloseMiddle | Effect::Challenge => Hit::new(kind, Reply::empty(200)),
        })
    }
}

fn pick<T>(from: &[T], draw: u64) -> Option<&T> {
    let count = u64::try_from(from.len()).ok().filter(|count| *count > 0)?;
    from.get(usize::try_from(draw % count).ok()?)
}

#[cfg(test)]
mod tests {
    use super::template;
    use crate::wire::Origin;

    #[test]
    fn a_template_leaves_out_what_is_made_up_and_keeps_azures_scope() {
        let guid = "3f0c2a1e-7d43-4b8e-9a61-c0de7e0a2b01";
        let one = format!("/v1.0/roleManagement/directory/roleAssignmentScheduleRequests/{guid}/cancel");
        assert_eq!(
            template(Origin::Graph, &one),
            "/v1.0/rolemanagement/directory/roleassignmentschedulerequests/{id}/cancel"
        );
        let scope = format!("/subscriptions/{guid}/resourceGroups/rg");
        let one = format!("{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/{guid}");
        assert_eq!(
            template(Origin::Azure, &one),
            format!(
                "/subscriptions/{guid}/resourcegroups/rg/providers/microsoft.authorization/roleassignmentschedulerequests/{{id}}"
            )
        );
    }
}
