//! Every setting: where it comes from, its default, and which combinations are refused.
//!
//! TOML plus environment; the environment wins. A key is `client_id` in the file and `PIM_PORTAL_CLIENT_ID` in the environment.
//! An unknown key is refused, and all problems are named at once, each with what to write instead.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use identity::PlaneSet;
use jiff::SignedDuration;
use pim::ids::TenantId;
use portal::pace::Pace;
use portal::rules::Rules;
use serde::Deserialize;
use url::Url;

use crate::branding::{self, Branding};
use crate::credentials::{self, Credentials, Surroundings};
use crate::floods::Network;
use crate::rules;
use crate::tenants::{self, Tenant};

pub(crate) const PREFIX: &str = "PIM_PORTAL_";
/// Variables with the prefix that are not settings: the file's path, the log filter, and the assets of a build.
const NOT_SETTINGS: [&str; 3] = ["PIM_PORTAL_CONFIG", "PIM_PORTAL_LOG", "PIM_PORTAL_SITE"];

/// The settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The portal's own origin, as browsers see it.
    pub public_url: Url,
    /// Where it listens. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Where metrics can be read. Default: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// The organisation's tenant.
    pub tenant_id: TenantId,
    /// The directories that may be signed in to, the organisation's own first. Default: no other.
    pub tenants: Vec<Tenant>,
    /// The app registration.
    pub client_id: String,
    /// Where Microsoft is.
    pub cloud: Cloud,
    /// Which planes are on. Default: all.
    pub planes: PlaneSet,
    /// The store. Default: `sqlite://pim-portal.db`.
    pub database_url: String,
    /// The key that encrypts it; made when absent. Default: `pim-portal.key`.
    pub key_file: PathBuf,
    /// Proxies that say truly who is behind them. Default: none.
    pub trusted_proxies: Vec<Network>,
    /// How the portal shows who it is. Default: to Entra not at all.
    pub credentials: Credentials,
    /// For how long what the portal did is kept after its end. Default: 365 days.
    pub history_kept: SignedDuration,
    /// How fast things are expected to happen. Default: as Microsoft's services do.
    pub pace: Pace,
    /// The organisation's own. Default: nothing is.
    pub branding: Branding,
    /// What a reason and a ticket have to be. Default: anything.
    pub rules: Rules,
}

/// The addresses of a cloud. <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Sign-in.
    pub login: Url,
    /// Microsoft Graph.
    pub graph: Url,
    /// Azure Resource Manager.
    pub arm: Url,
    /// Where a person can activate roles by Microsoft's own page.
    pub admin_center: String,
    /// Not one of Microsoft's: every page says so.
    pub is_custom: bool,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or the environment could not be read as settings.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(String),
    /// These settings are wrong.
    #[error("the configuration has {} problem(s):\n{}", .0.len(), .0.iter().map(|problem| format!("  - {problem}")).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<String>),
}

/// The settings as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    public_url: Option<String>,
    listen: Option<String>,
    metrics_listen: Option<String>,
    tenant_id: Option<String>,
    allowed_tenants: Option<tenants::Written>,
    client_id: Option<String>,
    cloud: Option<String>,
    login_url: Option<String>,
    graph_url: Option<String>,
    arm_url: Option<String>,
    planes: Option<Words>,
    database_url: Option<String>,
    key_file: Option<PathBuf>,
    trusted_proxies: Option<Words>,
    client_auth: Option<String>,
    assertion_file: Option<PathBuf>,
    managed_identity_client_id: Option<String>,
    history_days: Option<u32>,
    database_auth: Option<String>,
    pace: Option<String>,
    portal_name: Option<String>,
    logo_file: Option<PathBuf>,
    accent_light: Option<String>,
    accent_dark: Option<String>,
    links: Option<branding::Links>,
    announcement: Option<String>,
    announcement_severity: Option<String>,
    justification_pattern: Option<String>,
    justification_message: Option<String>,
    justification_min_length: Option<usize>,
    justification_fillers: Option<Words>,
    ticket_pattern: Option<String>,
    ticket_message: Option<String>,
    ticket_example: Option<String>,
    ticket_systems: Option<Words>,
}

/// A list in the file, words with commas in the environment.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Line(String),
}

impl Words {
    fn read(self) -> Vec<String> {
        match self {
            Self::List(words) => words,
            Self::Line(words) => words.split(',').map(|word| word.trim().to_owned()).collect(),
        }
    }
}

impl Config {
    /// Reads the environment and, if given, a TOML file. `flags` are keys in upper case, such as `CLIENT_ID`, that win over both.
    pub fn load(file: Option<&Path>, flags: &[(&str, Option<String>)]) -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        let mut environment: HashMap<String, String> = std::env::vars().collect();
        let given = flags.iter().filter_map(|(key, value)| Some((format!("{PREFIX}{key}"), value.clone()?)));
        environment.extend(given);
        Self::read(file, environment)
    }

    /// Reads a file and these variables.
    pub fn read(file: Option<&Path>, environment: HashMap<String, String>) -> Result<Self, ConfigError> {
        let surroundings = Surroundings::of(&environment);
        let settings = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX) && !NOT_SETTINGS.contains(&name.as_str()))
            .collect();
        let environment = config::Environment::with_prefix("PIM_PORTAL")
            .prefix_separator("_")
            .separator("__")
            .source(Some(settings));
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        let written: Written = builder
            .add_source(environment)
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| ConfigError::Unreadable(error.to_string()))?;
        written.check(surroundings)
    }
}

impl Written {
    fn check(self, surroundings: Surroundings) -> Result<Config, ConfigError> {
        let mut problems = Vec::new();
        let public_url = origin("PUBLIC_URL", self.public_url.as_deref(), &mut problems);
        let cloud = cloud(&self, &mut problems);
        let planes = planes(self.planes, &mut problems);
        let tenant_id = tenant_id(self.tenant_id.as_deref(), &mut problems);
        let tenants = tenants::check(self.allowed_tenants, tenant_id, &mut problems);
        let client_id = self.client_id.filter(|id| !id.trim().is_empty());
        if client_id.is_none() {
            problems
                .push(format!("{PREFIX}CLIENT_ID is missing: the application id of the app registration"));
        }
        let listen = self.listen.as_deref().unwrap_or("127.0.0.1:8080").parse();
        if listen.is_err() {
            problems
                .push(format!("{PREFIX}LISTEN is not an address with a port: write, for one, 0.0.0.0:8080"));
        }
        let metrics_listen =
            metrics_listen(self.metrics_listen.as_deref(), listen.as_ref().ok(), &mut problems);
        let database_url = self.database_url.unwrap_or_else(|| "sqlite://pim-portal.db".into());
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| database_url.starts_with(scheme)) {
            problems.push(format!(
                "{PREFIX}DATABASE_URL names no database: write sqlite://… (one replica) or postgres://… (any number)"
            ));
        }
        let key_file = self.key_file.unwrap_or_else(|| "pim-portal.key".into());
        if key_file.as_os_str().is_empty() {
            problems.push(format!("{PREFIX}KEY_FILE is empty: write the path of a file, or leave it out"));
        }
        let trusted_proxies = networks(self.trusted_proxies, &mut problems);
        let credentials = credentials::Written {
            client_auth: self.client_auth.as_deref(),
            assertion_file: self.assertion_file,
            managed_identity_client_id: self.managed_identity_client_id.as_deref(),
            database_auth: self.database_auth.as_deref(),
            database_url: &database_url,
            cloud: self.cloud.as_deref(),
        }
        .check(surroundings, &mut problems);
        let is_custom = cloud.as_ref().is_some_and(|cloud| cloud.is_custom);
        let history_kept = history_kept(self.history_days, &mut problems);
        let pace = pace(self.pace.as_deref(), is_custom, &mut problems);
        let branding = branding::Written {
            portal_name: self.portal_name,
            logo_file: self.logo_file,
            accent_light: self.accent_light,
            accent_dark: self.accent_dark,
            links: self.links,
            announcement: self.announcement,
            announcement_severity: self.announcement_severity,
        }
        .check(&mut problems);
        let rules = rules::Written {
            justification_pattern: self.justification_pattern,
            justification_message: self.justification_message,
            justification_min_length: self.justification_min_length,
            justification_fillers: self.justification_fillers.map(Words::read).unwrap_or_default(),
            ticket_pattern: self.ticket_pattern,
            ticket_message: self.ticket_message,
            ticket_example: self.ticket_example,
            ticket_systems: self.ticket_systems.map(Words::read).unwrap_or_default(),
        }
        .check(&mut problems);
        match (public_url, cloud, tenant_id, client_id, listen) {
            (Some(public_url), Some(cloud), Some(tenant_id), Some(client_id), Ok(listen))
                if problems.is_empty() =>
            {
                Ok(Config {
                    public_url,
                    listen,
                    metrics_listen,
                    tenant_id,
                    tenants,
                    client_id,
                    cloud,
                    planes,
                    database_url,
                    key_file,
                    trusted_proxies,
                    credentials,
                    history_kept,
                    pace,
                    branding,
                    rules,
                })
            }
            _ => Err(ConfigError::Problems(problems)),
        }
    }
}

/// An address of its own: who can reach the portal must not read its metrics.
fn metrics_listen(
    written: Option<&str>,
    listen: Option<&SocketAddr>,
    problems: &mut Vec<String>,
) -> Option<SocketAddr> {
    let written = written?;
    let Ok(address) = written.parse::<SocketAddr>() else {
        problems.push(format!(
            "{PREFIX}METRICS_LISTEN is not an address with a port: write, for one, 127.0.0.1:9090"
        ));
        return None;
    };
    // An unspecified address takes the port of every other one.
    let collides = listen.is_some_and(|listen| {
        let overlap =
            listen.ip() == address.ip() || listen.ip().is_unspecified() || address.ip().is_unspecified();
        listen.port() == address.port() && listen.port() != 0 && overlap
    });
    if collides {
        problems.push(format!("{PREFIX}METRICS_LISTEN is where the portal listens: write another port"));
    }
    Some(address)
}

fn tenant_id(written: Option<&str>, problems: &mut Vec<String>) -> Option<TenantId> {
    let Some(written) = written else {
        problems.push(format!("{PREFIX}TENANT_ID is missing: the id of your Microsoft Entra tenant"));
        return None;
    };
    let tenant = written.parse().ok();
    if tenant.is_none() {
        problems.push(format!("{PREFIX}TENANT_ID is not a GUID: write the tenant's id, not its domain name"));
    }
    tenant
}

fn history_kept(days: Option<u32>, problems: &mut Vec<String>) -> SignedDuration {
    let days = days.unwrap_or(365);
    if !(1..=3_650).contains(&days) {
        problems.push(format!("{PREFIX}HISTORY_DAYS is out of range: write 1 to 3650"));
    }
    SignedDuration::from_hours(i64::from(days) * 24)
}

fn networks(written: Option<Words>, problems: &mut Vec<String>) -> Vec<Network> {
    let words = written.map(Words::read).unwrap_or_default();
    let networks: Vec<_> = words.iter().map(|word| Network::parse(word)).collect();
    if networks.iter().any(Option::is_none) {
        problems.push(format!(
            "{PREFIX}TRUSTED_PROXIES has something that is no network: write addresses such as 10.0.0.0/8"
        ));
    }
    networks.into_iter().flatten().collect()
}

fn pace(written: Option<&str>, is_custom: bool, problems: &mut Vec<String>) -> Pace {
    match written {
        None | Some("real") => {}
        Some("hurried") if is_custom => return Pace::hurried(),
        Some("hurried") => {
            problems.push(format!("{PREFIX}PACE: \"hurried\" is for a simulated tenant, with CLOUD custom"));
        }
        Some(_) => problems.push(format!("{PREFIX}PACE is not known: write real, or leave it out")),
    }
    Pace::default()
}

/// Trimmed, if it is one line of 1 to `most` characters.
pub(crate) fn line(text: &str, most: usize) -> Option<String> {
    let text = text.trim();
    let is_line = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_line.then(|| text.to_owned())
}

/// An origin: https, or http on loopback. `None` adds a problem.
fn origin(name: &str, written: Option<&str>, problems: &mut Vec<String>) -> Option<Url> {
    let Some(written) = written else {
        problems.push(format!("{PREFIX}{name} is missing: an address such as https://pim.example.com"));
        return None;
    };
    let url = Url::parse(written).ok().filter(|url| url.host_str().is_some());
    let Some(url) = url else {
        problems.push(format!("{PREFIX}{name} is not an address: write, for one, https://pim.example.com"));
        return None;
    };
    let is_loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
        problems.push(format!("{PREFIX}{name} has to be https; plain http works on localhost only"));
        return None;
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        problems.push(format!("{PREFIX}{name} has to be an origin: leave out everything after the host"));
        return None;
    }
    Some(url)
}

fn cloud(written: &Written, problems: &mut Vec<String>) -> Option<Cloud> {
    let name = written.cloud.as_deref().unwrap_or("public");
    let (login, graph, arm, admin_center) = match name {
        "public" => (
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com",
            "https://management.azure.com",
            "https://entra.microsoft.com",
        ),
        "usgov" => (
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us",
            "https://management.usgovcloudapi.net",
            "https://entra.microsoft.us",
        ),
        "usgov-dod" => (
            "https://login.microsoftonline.us",
            "https://dod-graph.microsoft.us",
            "https://management.usgovcloudapi.net",
            "https://portal.azure.us",
        ),
        "china" => (
            "https://login.partner.microsoftonline.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            "https://management.chinacloudapi.cn",
            "https://entra.microsoftonline.cn",
        ),
        "custom" => {
            let login = origin("LOGIN_URL", written.login_url.as_deref(), problems);
            let graph = origin("GRAPH_URL", written.graph_url.as_deref(), problems);
            let arm = origin("ARM_URL", written.arm_url.as_deref(), problems);
            let admin_center = "https://entra.microsoft.com".to_owned();
            return Some(Cloud { login: login?, graph: graph?, arm: arm?, admin_center, is_custom: true });
        }
        _ => {
            problems
                .push(format!("{PREFIX}CLOUD is not known: write public, usgov, usgov-dod, china or custom"));
            return None;
        }
    };
    for (key, value) in
        [("LOGIN_URL", &written.login_url), ("GRAPH_URL", &written.graph_url), ("ARM_URL", &written.arm_url)]
    {
        if value.is_some() {
            problems
                .push(format!("{PREFIX}{key} only goes with {PREFIX}CLOUD=custom: remove it, or set that"));
        }
    }
    let parse = |text: &str| Url::parse(text).ok();
    let admin_center = admin_center.to_owned();
    Some(Cloud {
        login: parse(login)?,
        graph: parse(graph)?,
        arm: parse(arm)?,
        admin_center,
        is_custom: false,
    })
}

fn planes(written: Option<Words>, problems: &mut Vec<String>) -> PlaneSet {
    let Some(written) = written else { return PlaneSet::ALL };
    let mut set = PlaneSet { entra: false, groups: false, azure: false };
    for name in written.read() {
        match name.as_str() {
            "entra" => set.entra = true,
            "groups" => set.groups = true,
            "azure" => set.azure = true,
            _ => problems.push(format!(
                "{PREFIX}PLANES has an unknown plane: write entra, groups, azure, or some of them"
            )),
        }
    }
    if set == (PlaneSet { entra: false, groups: false, azure: false }) {
        problems.push(format!(
            "{PREFIX}PLANES switches everything off: write at least one of entra, groups, azure"
        ));
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let complete = [
            ("PUBLIC_URL", "https://pim.example.com"),
            ("TENANT_ID", "3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11"),
            ("CLIENT_ID", "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22"),
        ];
        let all = complete
            .iter()
            .chain(settings)
            .map(|(name, value)| (format!("{PREFIX}{name}"), (*value).to_owned()));
        Config::read(None, all.filter(|(_, value)| value != "-").collect())
    }

    fn problem(settings: &[(&str, &str)]) -> String {
        read(settings).expect_err("should be refused").to_string()
    }

    #[test]
    fn three_settings_are_enough() {
        let config = read(&[]).expect("complete");
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.planes, PlaneSet::ALL);
        assert_eq!(config.cloud.graph.as_str(), "https://graph.microsoft.com/");
    }

    #[test]
    fn a_plane_can_be_switched_off() {
        let config = read(&[("PLANES", "entra, azure")]).expect("complete");
        assert_eq!(config.planes, PlaneSet { entra: true, groups: false, azure: true });
        assert!(problem(&[("PLANES", "entra,mail")]).contains("PIM_PORTAL_PLANES"));
        assert!(problem(&[("PLANES", "")]).contains("PIM_PORTAL_PLANES"));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let text = problem(&[
            ("PUBLIC_URL", "http://pim.example.com"),
            ("TENANT_ID", "contoso.com"),
            ("LISTEN", "8080"),
        ]);
        for key in ["PUBLIC_URL", "TENANT_ID", "LISTEN"] {
            assert!(text.contains(&format!("PIM_PORTAL_{key}")), "{text}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        assert!(problem(&[("CLIENT_SECRET", "never")]).contains("client_secret"));
    }

    #[test]
    fn http_is_for_loopback_only_and_addresses_go_with_a_custom_cloud() {
        assert!(read(&[("PUBLIC_URL", "http://localhost:8080")]).is_ok());
        assert!(problem(&[("GRAPH_URL", "https://graph.example")]).contains("CLOUD=custom"));
        assert!(problem(&[("CLOUD", "custom")]).contains("LOGIN_URL"));
        assert!(problem(&[("CLOUD", "moon")]).contains("CLOUD"));
    }

    #[test]
    fn metrics_are_off_and_have_an_address_of_their_own() {
        assert_eq!(read(&[]).expect("complete").metrics_listen, None);
        let other = read(&[("METRICS_LISTEN", "0.0.0.0:9090")]).expect("another port");
        assert_eq!(other.metrics_listen.map(|address| address.port()), Some(9090));
        assert!(read(&[("METRICS_LISTEN", "127.0.0.2:8080")]).is_ok(), "another address");
        for (listen, metrics) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("127.0.0.1:8080", "0.0.0.0:8080"),
            ("127.0.0.1:8080", "[::]:8080"),
        ] {
            assert!(
                problem(&[("LISTEN", listen), ("METRICS_LISTEN", metrics)]).contains("METRICS_LISTEN"),
                "{listen} {metrics}"
            );
        }
        assert!(problem(&[("METRICS_LISTEN", "9090")]).contains("METRICS_LISTEN"));
    }

    #[test]
    fn what_cannot_be_opened_is_refused_before_it_is_tried() {
        assert!(problem(&[("DATABASE_URL", "mysql://db/pim")]).contains("DATABASE_URL"));
        assert!(problem(&[("TRUSTED_PROXIES", "10.0.0.0/8,proxy")]).contains("TRUSTED_PROXIES"));
        assert!(problem(&[("KEY_FILE", "")]).contains("KEY_FILE"));
        assert!(problem(&[("CLIENT_AUTH", "secret")]).contains("CLIENT_AUTH"));
        assert!(problem(&[("ASSERTION_FILE", "/etc/passwd")]).contains("ASSERTION_FILE"));
    }
}
