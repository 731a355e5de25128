//! Which port is served by which adapter. To add a plane: one line in [`planes`].

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use identity::scopes::Consent;
use identity::{ClientAuth, Identity, PlaneSet, Settings};
use pim::clock::Clock;
use pim::plane::Plane;
use pim::records::{Records, StoreError};
use pim::tokens::Audience;
use portal::{Portal, Ports};
use store::{Census, KeyRing, Store};
use transport::{Api, Limits};

use crate::assets;
use crate::config::Config;
use crate::floods::Buckets;
use crate::lifecycle::Lifecycle;
use crate::tenants::Tenant;

/// How often expired records are deleted.
const PURGE_EVERY: Duration = Duration::from_mins(10);
/// How often the key file is read again.
const READ_KEYS_EVERY: Duration = Duration::from_mins(1);

/// How often the database's password is looked at: well within the five minutes before its end in which there is a new one.
const RENEW_EVERY: Duration = Duration::from_mins(1);

/// Everything a request may need. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The settings.
    pub config: Arc<Config>,
    /// Sign-in.
    pub identity: Identity,
    /// The use cases.
    pub portal: Portal,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How fast each address asks for sign-ins.
    pub floods: Arc<Buckets>,
    /// What pages say about this portal.
    pub site: Arc<app::Site>,
    /// Whether the portal is on its way down.
    pub lifecycle: Lifecycle,
    store: Arc<Store>,
}

impl State {
    /// Opens the store and wires everything. Asks nothing of Microsoft.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let machine = config.credentials.machine(&clock);
        let passwords = config.credentials.database_passwords(machine.as_ref());
        let keys = KeyRing::from_file(&config.key_file)
            .with_context(|| format!("cannot use the key file {}", config.key_file.display()))?;
        let store = Store::open_with(&config.database_url, passwords, keys, clock.clone())
            .await
            .context("cannot open the store")?;
        let store = Arc::new(store);
        let http = transport::client();
        let client_auth = config.credentials.for_sign_in(machine.as_ref());
        let identity = identity(&config, client_auth, store.clone(), clock.clone(), http.clone());
        let limits = Limits { write: config.pace.write, ..Limits::default() };
        let graph = Arc::new(Api::new(http.clone(), config.cloud.graph.clone(), limits));
        let azure = Arc::new(Api::new(http, config.cloud.arm.clone(), limits));
        let portal = Portal::new(Ports {
            planes: planes(&config, &graph, &azure),
            records: store.clone(),
            journal: store.clone(),
            vaults: Arc::new(identity.clone()),
            contexts: Some(Arc::new(graph::ConditionalAccess::new(graph.clone()))),
            audit: Some(Arc::new(graph::DirectoryAudits::new(graph.clone()))),
            clock: clock.clone(),
            pace: config.pace,
            rules: config.rules.clone(),
        });
        let site = Arc::new(site(&config, &identity));
        let lifecycle = Lifecycle::default();
        Ok(Self {
            config: Arc::new(config),
            identity,
            portal,
            clock,
            site,
            floods: Arc::default(),
            lifecycle,
            store,
        })
    }

    /// The records, for sessions.
    #[must_use]
    pub fn records(&self) -> Arc<dyn Records> {
        self.store.clone()
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// How much is in the store.
    pub async fn census(&self) -> Result<Census, StoreError> {
        self.store.census().await
    }

    /// Keeps the database's password new, again and again.
    pub async fn renew_password_forever(self) {
        let mut every = tokio::time::interval(RENEW_EVERY);
        loop {
            every.tick().await;
            self.store.renew_password().await;
        }
    }

    /// The permissions at Microsoft Graph that are not among those granted.
    #[must_use]
    pub fn missing(&self, granted: &[String]) -> Vec<String> {
        let is_granted = |name: &str| granted.iter().any(|one| one.eq_ignore_ascii_case(name));
        let graph = self.site.permissions.iter().filter(|one| one.audience == Some(Audience::Graph));
        graph.map(|one| one.scope.clone()).filter(|name| !is_granted(name)).collect()
    }

    /// Deletes expired records, and of the journal what is older than it is kept, again and again.
    pub async fn purge_forever(self) {
        let mut every = tokio::time::interval(PURGE_EVERY);
        loop {
            every.tick().await;
            if self.store.purge().await.is_err() {
                tracing::warn!("expired records could not be deleted; trying again later");
            }
            if self.portal.forget_old(self.config.history_kept).await.is_err() {
                tracing::warn!(
                    "what is older than the journal is kept could not be deleted; trying again later"
                );
            }
        }
    }

    /// Reads the key file again and again: a key that was added is known to every replica before one of them seals with it.
    pub async fn read_keys_forever(self) {
        let mut every = tokio::time::interval(READ_KEYS_EVERY);
        loop {
            every.tick().await;
            self.read_keys();
        }
    }

    /// Reads the key file again. What cannot be read changes nothing.
    pub fn read_keys(&self) {
        match KeyRing::read(&self.config.key_file) {
            Ok(keys) => self.store.use_keys(keys),
            Err(error) => {
                tracing::error!(%error, "the key file cannot be read again; its keys stay as they were");
            }
        }
    }

    /// Closes the store.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

/// Sign-in as configured, its records in `records`.
pub fn identity(
    config: &Config,
    client_auth: ClientAuth,
    records: Arc<dyn Records>,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
) -> Identity {
    let settings = Settings {
        tenant: config.tenant_id,
        others: config.tenants.iter().map(|tenant| tenant.id).filter(|id| *id != config.tenant_id).collect(),
        client_id: config.client_id.clone(),
        public_url: config.public_url.clone(),
        login: config.cloud.login.clone(),
        graph: config.cloud.graph.clone(),
        arm: config.cloud.arm.clone(),
        planes: config.planes,
        client_auth,
        absolute: crate::session::ABSOLUTE,
    };
    Identity::new(settings, records, clock, http)
}

/// The link that an administrator opens to grant the permissions. Needs no store and leaves none behind.
pub async fn consent_url(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<url::Url> {
    let nowhere = Store::open("sqlite::memory:", KeyRing::ephemeral(), clock.clone()).await?;
    let identity = identity(config, ClientAuth::None, Arc::new(nowhere), clock, transport::client());
    Ok(identity.admin_consent_url(config.tenant_id, "cli"))
}

fn planes(config: &Config, graph: &Arc<Api>, azure: &Arc<Api>) -> Vec<Arc<dyn Plane>> {
    let PlaneSet { entra, groups, azure: resources } = config.planes;
    let mut planes: Vec<Arc<dyn Plane>> = Vec::new();
    if entra {
        planes.push(Arc::new(graph::EntraRoles::new(graph.clone(), Some(&config.cloud.admin_center))));
    }
    if groups {
        planes.push(Arc::new(graph::Groups::new(graph.clone(), Some(&config.cloud.admin_center))));
    }
    if resources {
        planes
            .push(Arc::new(arm::AzureResources::new(azure.clone(), Some(config.cloud.admin_center.clone()))));
    }
    planes
}

fn site(config: &Config, identity: &Identity) -> app::Site {
    let asset = |logical| assets::url(logical).map(str::to_owned);
    let permission = |scope: &identity::Scope| app::Permission {
        scope: scope.name.to_owned(),
        purpose: scope.purpose.to_owned(),
        consent: match scope.consent {
            Consent::User => "you".to_owned(),
            Consent::Administrator(roles) => roles.to_owned(),
        },
        audience: scope.audience(),
        planes: scope.planes_in_words(),
        without: scope.without(),
        still: scope.still(),
    };
    // For handing on: whoever opens it has no cookie of ours, so its state guards nothing, and its answer is not believed.
    let directory = |tenant: &Tenant| app::Directory {
        id: tenant.id,
        name: tenant.name.clone(),
        admin_consent_url: identity.admin_consent_url(tenant.id, "portal").into(),
    };
    let public = config.public_url.join("/sign-in").unwrap_or_else(|_| config.public_url.clone());
    app::Site {
        brand: config.branding.brand.clone(),
        origin: config.public_url.origin().ascii_serialization(),
        stylesheet: asset("app.css").unwrap_or_default(),
        boot: asset("boot.js"),
        icon: asset("icon.svg").unwrap_or_default(),
        banner: config.cloud.is_custom.then(|| {
            let host = config.cloud.login.host_str().unwrap_or_default();
            format!("Not a Microsoft cloud: this portal talks to {host}. Nothing here touches a real tenant.")
        }),
        directories: config.tenants.iter().map(directory).collect(),
        permissions: identity.scopes().iter().map(permission).collect(),
        admin_center: config.cloud.admin_center.clone(),
        history_days: config.history_kept.as_hours() / 24,
        sign_out_url: identity.sign_out_url(&public, None).into(),
    }
}
