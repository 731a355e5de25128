//! The one registered application: its id and its redirect URIs.

use url::Url;

use crate::sim::Sim;

/// Whether a redirect URI is registered: exact, but for `http://localhost` the port is ignored.
/// See <https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions>.
pub(crate) fn is_registered(sim: &Sim, uri: &str) -> bool {
    sim.redirect_uris.iter().any(|registered| {
        registered == uri || matches!((portless(registered), portless(uri)), (Some(a), Some(b)) if a == b)
    })
}

fn portless(uri: &str) -> Option<String> {
    let mut url = Url::parse(uri).ok()?;
    if url.scheme() != "http" || url.host_str() != Some("localhost") || url.fragment().is_some() {
        return None;
    }
    url.set_port(None).ok()?;
    Some(url.to_string())
}

/// Whether a URL is of the same origin as a registered redirect URI (for `http://localhost`, any port).
pub(crate) fn is_registered_origin(sim: &Sim, uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    sim.redirect_uris.iter().filter_map(|r| Url::parse(r).ok()).any(|registered| {
        let local = |u: &Url| u.scheme() == "http" && u.host_str() == Some("localhost");
        registered.origin() == url.origin() || (local(&registered) && local(&url))
    })
}
