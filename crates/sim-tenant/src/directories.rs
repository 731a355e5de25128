//! Several directories at the same origins: which of them a call is about.
//!
//! Each is a simulator of its own, with its own people, clock, journal and switches; they share addresses, signing key and redirect
//! URIs, as tenants of one cloud do.

use std::sync::Arc;

use crate::sim::Sim;
use crate::tenant::Tenant;
use crate::wire::{Call, Origin};

/// All directories, the first of which is meant where a call does not say.
#[derive(Debug)]
pub(crate) struct Directories(pub(crate) Vec<Arc<Sim>>);

impl Directories {
    /// Whose call this is: of the tenant in the path at sign-in, of the token at Graph and Azure, and of the parameter `tenant` (id or
    /// domain) at the control port.
    pub(crate) fn of(&self, origin: Origin, call: &Call) -> &Arc<Sim> {
        let found = match origin {
            Origin::SignIn => call.segments().first().and_then(|segment| self.called(segment)),
            Origin::Control => call.param("tenant").and_then(|name| self.called(name)),
            Origin::Graph | Origin::Azure => {
                self.0.iter().find(|sim| sim.world().sign_in.bearer(call).is_some())
            }
        };
        found.unwrap_or(&self.0[0])
    }

    fn called(&self, name: &str) -> Option<&Arc<Sim>> {
        let is = |tenant: &Tenant| {
            [&tenant.id, &tenant.domain].iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        self.0.iter().find(|sim| is(&sim.world().tenant))
    }

    /// Whether an order is about all of them.
    pub(crate) fn is_for_all(origin: Origin, call: &Call) -> bool {
        origin == Origin::Control
            && call.method == "POST"
            && call.path.trim_end_matches('/') == "/reset"
            && call.param("tenant").is_none()
    }
}
