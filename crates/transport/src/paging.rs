//! Lists that come in pages. <https://learn.microsoft.com/graph/paging>,
//! <https://learn.microsoft.com/rest/api/azure/#async-operations-throttling-and-paging>

use std::collections::HashSet;

use pim::error::{ErrorKind, PlaneError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use crate::line::Line;
use crate::route::Route;

/// One page: rows, and where the next page is.
#[derive(Clone, Debug, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub value: Vec<T>,
    /// The next page's absolute address: Graph's name for it, or Azure's.
    #[serde(rename = "@odata.nextLink", alias = "nextLink", default)]
    pub next: Option<String>,
}

impl Line {
    /// Reads a list to its end, within [`Limits::list`](crate::Limits::list).
    pub async fn pages<T: DeserializeOwned>(&self, route: &Route) -> Result<Vec<T>, PlaneError> {
        let list = Instant::now() + self.limits.list;
        let first = self.get(route, list.min(Instant::now() + self.limits.read)).await?.json()?;
        self.follow(first, route.template(), list).await
    }

    /// Reads what follows `first`, which came some other way (out of a `$batch`), and returns it all.
    pub async fn rest<T: DeserializeOwned>(
        &self,
        first: Page<T>,
        template: &'static str,
    ) -> Result<Vec<T>, PlaneError> {
        self.follow(first, template, Instant::now() + self.limits.list).await
    }

    /// A link that leads to another host, in a circle or on and on fails the whole list with [`ErrorKind::Protocol`]: a list is
    /// whole or it is not given.
    async fn follow<T: DeserializeOwned>(
        &self,
        first: Page<T>,
        template: &'static str,
        list: Instant,
    ) -> Result<Vec<T>, PlaneError> {
        let Page { value: mut rows, mut next } = first;
        let mut seen = HashSet::new();
        while let Some(link) = next.filter(|link| !link.is_empty()) {
            let url = Url::parse(&link).ok().filter(|url| self.api.is_ours(url));
            let Some(url) = url else {
                tracing::error!(route = template, "a link to the next page that leads to another host");
                return Err(ErrorKind::Protocol.into());
            };
            if seen.len() + 1 >= self.limits.pages || !seen.insert(link) {
                tracing::error!(route = template, pages = seen.len(), "a list without an end");
                return Err(ErrorKind::Protocol.into());
            }
            let deadline = list.min(Instant::now() + self.limits.read);
            let page: Page<T> = self.get_url(&url, template, deadline).await?.json()?;
            rows.extend(page.value);
            next = page.next;
        }
        Ok(rows)
    }
}
