//! What a simulated tenant is started with.
//!
//! To extend: a new option gets a field here, a default in [`Options::ephemeral`] and a flag in `main.rs`.

use std::net::{Ipv4Addr, SocketAddr};

use url::Url;

use crate::tenant::{self, Tenant};

/// Addresses, public URLs, the client's redirect URIs and the tenant's content.
///
/// Port 0 takes any free port; the public URL then carries the port that was taken.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the sign-in origin listens (`login.microsoftonline.com` in the real world).
    pub sign_in: SocketAddr,
    /// Where the Microsoft Graph origin listens.
    pub graph: SocketAddr,
    /// Where the Azure Resource Manager origin listens.
    pub azure: SocketAddr,
    /// Where the control port listens; a real tenant has no such thing.
    pub control: SocketAddr,
    /// The sign-in origin as clients see it; `http://localhost:{port}` when `None`.
    pub public_sign_in: Option<Url>,
    /// The Graph origin as clients see it; `http://localhost:{port}` when `None`.
    pub public_graph: Option<Url>,
    /// The Azure origin as clients see it; `http://localhost:{port}` when `None`.
    pub public_azure: Option<Url>,
    /// Redirect URIs of the public client registration: exact, except that for `http://localhost` the port is ignored.
    /// See <https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions>.
    pub redirect_uris: Vec<String>,
    /// Who and what is in the tenant.
    pub tenant: Tenant,
    /// Other directories at the same origins, in which the same client is registered.
    pub directories: Vec<Tenant>,
}

impl Options {
    /// Everything on a free loopback port, the demo tenant, and the redirect URI `http://localhost/auth/callback`.
    #[must_use]
    pub fn ephemeral() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            sign_in: any,
            graph: any,
            azure: any,
            control: any,
            public_sign_in: None,
            public_graph: None,
            public_azure: None,
            redirect_uris: vec!["http://localhost/auth/callback".to_owned()],
            tenant: tenant::demo(),
            directories: Vec::new(),
        }
    }
}
