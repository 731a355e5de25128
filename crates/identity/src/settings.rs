//! What identity is told by the configuration, and the sign-in service's addresses that follow from it.

use jiff::SignedDuration;
use pim::ids::TenantId;
use url::Url;

use crate::client_auth::ClientAuth;

/// Which planes are on. A plane that is off takes its scopes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneSet {
    /// Entra roles.
    pub entra: bool,
    /// PIM for Groups.
    pub groups: bool,
    /// Azure resources.
    pub azure: bool,
}

impl PlaneSet {
    /// Every plane.
    pub const ALL: Self = Self { entra: true, groups: true, azure: true };

    /// Whether any plane is on in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        (self.entra && other.entra) || (self.groups && other.groups) || (self.azure && other.azure)
    }
}

/// The settings of sign-in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The organisation's own tenant. Guests sign in to it and get in.
    pub tenant: TenantId,
    /// Other tenants that may be signed in to. Nobody gets in from any that is neither.
    pub others: Vec<TenantId>,
    /// The app registration's application id.
    pub client_id: String,
    /// The portal's own origin, such as `https://pim.example.com`.
    pub public_url: Url,
    /// The sign-in service, such as `https://login.microsoftonline.com`.
    pub login: Url,
    /// Microsoft Graph, such as `https://graph.microsoft.com`.
    pub graph: Url,
    /// Azure Resource Manager, such as `https://management.azure.com`.
    pub arm: Url,
    /// Which planes are on.
    pub planes: PlaneSet,
    /// How the portal shows that it is the registered application.
    pub client_auth: ClientAuth,
    /// How long after a sign-in its tokens are kept at most; [`Settings::ABSOLUTE`] unless there is a reason.
    pub absolute: SignedDuration,
}

/// Where the sign-in service sends the browser back to.
pub const CALLBACK_PATH: &str = "/auth/callback";
/// Where the sign-in service sends an administrator back to after consent for the organisation.
pub const ADMIN_CONSENT_PATH: &str = "/auth/admin-consent";

impl Settings {
    /// Ten hours: a working day.
    pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(10);

    /// Every tenant that may be signed in to, the organisation's own first.
    pub fn tenants(&self) -> impl Iterator<Item = TenantId> {
        std::iter::once(self.tenant).chain(self.others.iter().copied())
    }

    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>
    pub(crate) fn authorize(&self, tenant: TenantId) -> Url {
        self.at_login(tenant, "oauth2/v2.0/authorize")
    }

    pub(crate) fn token(&self, tenant: TenantId) -> Url {
        self.at_login(tenant, "oauth2/v2.0/token")
    }

    /// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request>
    pub(crate) fn logout(&self, tenant: TenantId) -> Url {
        self.at_login(tenant, "oauth2/v2.0/logout")
    }

    /// <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>
    pub(crate) fn admin_consent(&self, tenant: TenantId) -> Url {
        self.at_login(tenant, "v2.0/adminconsent")
    }

    /// <https://learn.microsoft.com/entra/identity-platform/access-tokens#signing-key-rollover>
    pub(crate) fn signing_keys(&self, tenant: TenantId) -> Url {
        self.at_login(tenant, "discovery/v2.0/keys")
    }

    /// Where the sign-in service tells what it is for a tenant.
    /// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document>
    #[must_use]
    pub fn discovery(&self, tenant: TenantId) -> Url {
        self.at_login(tenant, "v2.0/.well-known/openid-configuration")
    }

    /// A sign-in to a tenant that must show nothing and that nobody redeems: the sign-in service sends it back with an error where the redirect URI is
    /// registered, and says why not otherwise.
    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code>
    #[must_use]
    pub fn redirect_probe(&self, tenant: TenantId) -> Url {
        let mut url = self.authorize(tenant);
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", self.callback().as_str())
            .append_pair("scope", "openid")
            .append_pair("prompt", "none")
            // Of no verifier: what comes of it cannot be redeemed.
            .append_pair("code_challenge", "pim-portal-doctor-redeems-nothing-0000000000")
            .append_pair("code_challenge_method", "S256");
        url
    }

    /// The issuer of ID tokens for a tenant, byte for byte.
    #[must_use]
    pub fn issuer(&self, tenant: TenantId) -> String {
        format!("{}/{tenant}/v2.0", bare(&self.login))
    }

    /// Where the sign-in service sends the browser back to.
    #[must_use]
    pub fn callback(&self) -> Url {
        below(&self.public_url, CALLBACK_PATH)
    }

    pub(crate) fn admin_consent_return(&self) -> Url {
        below(&self.public_url, ADMIN_CONSENT_PATH)
    }

    fn at_login(&self, tenant: TenantId, path: &str) -> Url {
        below(&self.login, &format!("/{tenant}/{path}"))
    }
}

/// `base` without a trailing slash, as text.
pub(crate) fn bare(base: &Url) -> &str {
    base.as_str().trim_end_matches('/')
}

/// `path` (with its leading slash) below `base`.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}
