//! How calls leave this network: through a proxy or not, and whose certificates count besides the system's.

use std::fmt;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Certificate, Client, Proxy};
use url::{Host, Url};

/// The way out. Loopback is always reached directly.
#[derive(Clone, Default)]
pub struct Outbound {
    proxy: Option<Way>,
    authorities: Vec<Certificate>,
}

/// Through a proxy, except where `matcher` says otherwise.
#[derive(Clone)]
struct Way {
    proxy: Url,
    matcher: Arc<Matcher>,
}

/// The way out cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// Not an address of a proxy.
    #[error("the proxy is not `http://host:port` or `https://host:port`")]
    Proxy,
    /// Not certificates.
    #[error("there is no certificate in it: write certificates in PEM, `-----BEGIN CERTIFICATE-----`")]
    Authorities,
}

impl Outbound {
    /// Through `proxy`, except to the hosts of `direct`, which is written as `NO_PROXY` is: with commas between, names, each for itself and
    /// for what is below it, addresses, ranges of addresses (`10.0.0.0/8`), `*` for every name. Certificates below the authorities of `pem` count as well as the system's.
    pub fn new(proxy: Option<Url>, direct: &str, pem: Option<&[u8]>) -> Result<Self, OutboundError> {
        let usable = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host().is_some();
        if proxy.as_ref().is_some_and(|proxy| !usable(proxy)) {
            return Err(OutboundError::Proxy);
        }
        let authorities = match pem {
            Some(pem) => Certificate::from_pem_bundle(pem).map_err(|_| OutboundError::Authorities)?,
            None => Vec::new(),
        };
        if pem.is_some() && authorities.is_empty() {
            return Err(OutboundError::Authorities);
        }
        let proxy = proxy.map(|proxy| {
            // Which of the two proxies would be meant says nothing here: it is the same.
            let matcher = Matcher::builder().all(proxy.as_str()).no(direct).build();
            Way { proxy, matcher: Arc::new(matcher) }
        });
        let outbound = Self { proxy, authorities };
        // What is no certificate inside is found out here, and not when the client is made.
        outbound.builder().build().map_err(|_| OutboundError::Authorities)?;
        Ok(outbound)
    }

    /// The proxy that calls to `url` go through; `None` where they go directly.
    #[must_use]
    pub fn proxy_for(&self, url: &Url) -> Option<&Url> {
        let Way { proxy, matcher } = self.proxy.as_ref()?;
        let to = url.as_str().parse().ok()?;
        (!is_loopback(url) && matcher.intercept(&to).is_some()).then_some(proxy)
    }

    /// The HTTP client of this way out: rustls, no redirects, no cookies, connect timeout. Every other deadline is set per call.
    ///
    /// # Panics
    ///
    /// When the TLS back end cannot start, which nothing can be done about at run time.
    #[must_use]
    pub fn client(&self) -> Client {
        self.builder().build().expect("the TLS back end starts")
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let builder = crate::builder().no_proxy().tls_certs_merge(self.authorities.clone());
        if self.proxy.is_none() {
            return builder;
        }
        let way = self.clone();
        builder.proxy(Proxy::custom(move |url| way.proxy_for(url).cloned()))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Debug for Outbound {
    /// Without the proxy's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("proxy", &self.proxy.as_ref().and_then(|way| way.proxy.host_str()))
            .field("authorities", &self.authorities.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn some_hosts_are_reached_directly() {
        let proxy = Some(url("http://me:secret@proxy.example:3128"));
        let way =
            Outbound::new(proxy, "corp.example, .inner.example,10.1.2.3,10.9.0.0/16,fd00::/8", None).unwrap();
        for (to, is_direct) in [
            ("https://graph.microsoft.com", false),
            ("https://corp.example", true),
            ("https://a.corp.example", true),
            ("https://acorp.example", false),
            ("https://a.inner.example", true),
            ("https://10.1.2.3", true),
            ("https://10.1.2.4", false),
            ("https://10.9.8.7", true),
            ("https://[fd00::1]", true),
            ("http://localhost:8081", true),
            ("http://127.0.0.1:8081", true),
            ("http://[::1]:8081", true),
        ] {
            assert_eq!(way.proxy_for(&url(to)).is_none(), is_direct, "{to}");
        }
        assert!(!format!("{way:?}").contains("secret"));
        let none = Outbound::new(Some(url("http://proxy.example")), "*", None).unwrap();
        assert!(none.proxy_for(&url("https://graph.microsoft.com")).is_none());
    }

    #[test]
    fn what_is_no_proxy_and_no_certificate_is_refused() {
        assert!(matches!(Outbound::new(Some(url("socks5://proxy")), "", None), Err(OutboundError::Proxy)));
        let broken = b"-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n";
        for pem in [&b""[..], b"nothing", broken] {
            assert!(matches!(Outbound::new(None, "", Some(pem)), Err(OutboundError::Authorities)));
        }
    }
}
