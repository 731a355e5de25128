//! One host: where it is, and how long and how many at a time may be asked of it.

use std::sync::Arc;
use std::time::Duration;

use pim::calls::Calls;
use pim::ids::PlaneId;
use pim::plane::Caller;
use pim::tokens::{Audience, TokenError};
use url::Url;

use crate::lane::Lanes;
use crate::line::Line;

/// Deadlines, from the call to the last byte, waiting and retries included; and calls at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One read, or one page of a list. 12 s.
    pub read: Duration,
    /// A whole list, all pages. 30 s.
    pub list: Duration,
    /// One write. 45 s: activations are slow, and giving up early turns a success into a question.
    pub write: Duration,
    /// Calls at a time of one person to one plane, until the service throttles them. 20: 40 roles over three planes go side by side.
    pub concurrency: usize,
    /// Pages of a list that are followed; more are taken for a loop. 200.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(12),
            list: Duration::from_secs(30),
            write: Duration::from_secs(45),
            concurrency: 20,
            pages: 200,
        }
    }
}

/// One host, shared by the planes on it.
pub struct Api {
    pub(crate) client: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) limits: Limits,
    lanes: Lanes,
    pub(crate) calls: Option<Arc<dyn Calls>>,
}

impl Api {
    /// The host at `base` (`https://graph.microsoft.com`); a path in it is kept in front of every route.
    #[must_use]
    pub fn new(client: reqwest::Client, base: Url, limits: Limits) -> Self {
        Self { client, base, limits, lanes: Lanes::new(limits.concurrency), calls: None }
    }

    /// The same, telling `calls` of every call.
    #[must_use]
    pub fn telling(self, calls: Arc<dyn Calls>) -> Self {
        Self { calls: Some(calls), ..self }
    }

    /// The limits it was given.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// This host on behalf of `caller`, for `plane`. Fails only when there is no token.
    pub async fn line(
        self: &Arc<Self>,
        caller: &Caller,
        plane: &PlaneId,
        audience: Audience,
    ) -> Result<Line, TokenError> {
        let token = caller.access_token(audience).await?;
        let lane = self.lanes.lane(plane, caller.principal);
        Ok(Line::new(Arc::clone(self), lane, plane.clone(), caller.clone(), audience, token))
    }

    /// The full address of `path`; `None` when it is none.
    pub(crate) fn address(&self, path: &str) -> Option<Url> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path}")).ok()?;
        (path.starts_with('/') && self.is_ours(&url)).then_some(url)
    }

    /// Whether a token for this host may be sent to `url`.
    #[must_use]
    pub fn is_ours(&self, url: &Url) -> bool {
        url.origin() == self.base.origin() && url.username().is_empty() && url.password().is_none()
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("host", &self.base.host_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static API: LazyLock<Api> = LazyLock::new(|| {
        Api::new(crate::client(), Url::parse("https://graph.example").unwrap(), Limits::default())
    });

    proptest! {
        #[test]
        fn a_token_goes_to_this_host_alone_whatever_a_link_says(
            link in "(https?|ftp|javascript)?:?/{0,3}(graph\\.example)?[@:.\\\\a-z0-9/?#%]{0,40}",
        ) {
            for url in [Url::parse(&link).ok().filter(|url| API.is_ours(url)), API.address(&link)].into_iter().flatten() {
                prop_assert_eq!(
                    (url.scheme(), url.host_str(), url.port(), url.username()),
                    ("https", Some("graph.example"), None, "")
                );
            }
        }
    }
}
