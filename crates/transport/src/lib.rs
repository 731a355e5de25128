//! The one HTTP client wrapper: base URLs, deadlines, `Retry-After`, paging, redaction.
//!
//! [`client`] builds the only HTTP client of the portal. An [`Api`](api::Api) is one host (Microsoft Graph, Azure Resource
//! Manager); a [`Line`](line::Line) is that host on behalf of one person and one plane, with a token. Reads are retried while
//! their deadline allows; a write is sent again only after a 429, and what came of it is an [`Outcome`](line::Outcome) that
//! tells "answered", "never sent" and "unsure" apart.
//!
//! What Microsoft's two services have in common on the wire lives here once, because the adapters may not depend on each other:
//! [`refusal`] (error bodies), [`challenge`] (claims that a stronger token has to show) and [`rules`] (policy rules), [`wire`] (activations, times). To learn a new error code, add it to the table in [`refusal`].
//!
//! Nothing in here logs or returns a token, a body, a query or an id from a path: traces carry route templates.

use std::time::Duration;

mod answer;
pub mod api;
pub mod challenge;
mod lane;
pub mod line;
mod paging;
pub mod refusal;
mod retry_after;
mod route;
pub mod rules;
#[cfg(test)]
mod tests;
mod told;
pub mod wire;
pub mod write;

pub use answer::Answer;
pub use api::{Api, Limits};
pub use line::{Line, Outcome};
pub use paging::Page;
pub use retry_after::retry_after;
pub use route::{Route, segment};

/// How long a TCP and TLS handshake may take. Shorter than every deadline, so that "never reached" is told from "no answer".
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The HTTP client: rustls, no redirects, no cookies, no proxy credentials in logs, connect timeout. Every other deadline is set
/// per call.
///
/// # Panics
///
/// When the TLS back end cannot start, which nothing can be done about at run time.
#[must_use]
pub fn client() -> reqwest::Client {
    builder().build().expect("the TLS back end starts")
}

/// As [`client`], for an endpoint of the machine's own: never through a proxy.
///
/// # Panics
///
/// As [`client`].
#[must_use]
pub fn local_client() -> reqwest::Client {
    builder().no_proxy().build().expect("the TLS back end starts")
}

#[expect(clippy::disallowed_methods, reason = "the one place that builds an HTTP client")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("pim-portal/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(Duration::from_mins(1))
}
