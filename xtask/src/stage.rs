//! The simulated tenant and the portal, built, started on loopback and ready: what demo and browser tests share.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    assets::Site,
    http,
    ports::Ports,
    process::{Background, cargo, command, root, run, step},
    watch::Watch,
};

/// Other directories beside the tenant, which the portal may enter: built-in ones of the simulated tenant.
pub(crate) const DIRECTORIES: [&str; 2] = ["fabrikam", "litware"];

/// How long either may take from its start to its first answer.
const DEADLINE: Duration = Duration::from_mins(1);

/// Builds `pim-portal` and `sim-tenant` with the assets inside. `selection` says of what else, for cargo: with the
/// same selection as the unit tests, everything those compiled is used again.
pub(crate) fn build_servers(site: &Site, selection: &[&str]) -> Result<()> {
    step(
        "Building the portal and the simulated tenant",
        "Both are ordinary programs; the portal carries the islands inside. The first time takes a few minutes.",
    );
    run(cargo().arg("build").args(selection).env("PIM_PORTAL_SITE", &site.directory))
}

/// Both programs, running.
pub(crate) struct Stage {
    /// Where they listen.
    pub(crate) ports: Ports,
    tenant: Background,
    portal: Background,
    branded: Option<(u16, Background)>,
    watches: Vec<Watch>,
}

/// What an organisation may make of its portal: looks and rules, as settings without their prefix.
const BRANDED: [(&str, &str); 12] = [
    ("PORTAL_NAME", "Contoso roles"),
    ("ACCENT_LIGHT", "#8a1538"),
    ("ACCENT_DARK", "#ffb1c4"),
    (
        "LINKS",
        "Help desk=https://help.contoso.example,Rules for administrators=https://rules.contoso.example",
    ),
    ("ANNOUNCEMENT", "Maintenance tonight from 22:00 UTC: nothing can be activated for an hour."),
    ("ANNOUNCEMENT_SEVERITY", "warning"),
    ("JUSTIFICATION_MIN_LENGTH", "12"),
    ("JUSTIFICATION_FILLERS", "test,asdf"),
    ("TICKET_PATTERN", "(CHG|INC)[0-9]{4}"),
    ("TICKET_MESSAGE", "CHG or INC and four digits."),
    ("TICKET_EXAMPLE", "CHG0042"),
    ("TICKET_SYSTEMS", "ServiceNow,Jira"),
];

/// What the sources dispute, as the simulated tenant tells it: each switch with its positions.
pub(crate) fn disputed(directory: &Path) -> Result<Value> {
    let ports = Ports::free()?;
    fs::create_dir_all(directory)?;
    let tenant = start_tenant(ports, directory, "demo")?;
    let catalogue = http::get_json(ports.control, "/switches/catalogue")?;
    tenant.check()?;
    Ok(catalogue)
}

/// Starts both and waits until both answer. State and logs go to `directory`; `seed` is what is in the tenant.
pub(crate) fn start(ports: Ports, directory: &Path, seed: &str, watch: Option<Watch>) -> Result<Stage> {
    step(
        "Starting the simulated tenant and the portal",
        "The portal has to be told the tenant's ids, so the tenant goes first.",
    );
    fs::create_dir_all(directory)?;
    let tenant = start_tenant(ports, directory, seed)?;
    let identity =
        http::get_json(ports.control, "/tenant").context("the simulated tenant does not say who it is")?;
    let mut allowed = vec![format!("{}={}", text(&identity, "name")?, text(&identity, "tenantId")?)];
    for other in DIRECTORIES {
        let other = http::get_json(ports.control, &format!("/tenant?tenant={other}.example"))?;
        allowed.push(format!("{}={}", text(&other, "name")?, text(&other, "tenantId")?));
    }
    let settings = [("ALLOWED_TENANTS", &*allowed.join(","))];
    let portal = start_portal(ports, directory, &identity, &settings, watch.as_ref())?;
    Ok(Stage { ports, tenant, portal, branded: None, watches: watch.into_iter().collect() })
}

/// Starts both with the demo tenant, on ports that are free, in the emptied directory `target/NAME`.
pub(crate) fn start_afresh(name: &str) -> Result<Stage> {
    start(Ports::free()?, &emptied(name)?, "demo", None)
}

/// [`start_afresh`], and keeps in that directory what the portal tells of itself: [`crate::watch`].
pub(crate) fn start_watched(name: &str) -> Result<Stage> {
    let directory = emptied(name)?;
    let watch = Watch::begin(&directory)?;
    start(Ports::free()?, &directory, "demo", Some(watch))
}

fn emptied(name: &str) -> Result<PathBuf> {
    let directory = root().join("target").join(name);
    if directory.is_dir() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

impl Stage {
    /// Fails when one of them has ended by itself.
    pub(crate) fn check(&self) -> Result<()> {
        self.tenant.check()?;
        self.portal.check()?;
        self.branded.as_ref().map_or(Ok(()), |(_, portal)| portal.check())
    }

    /// Starts a second portal for the same tenant, with an organisation's name, colours, announcement and rules; it keeps its own
    /// store below `target/NAME`.
    pub(crate) fn start_branded(&mut self, name: &str) -> Result<()> {
        let ports = Ports { portal: Ports::free()?.portal, ..self.ports };
        let directory = root().join("target").join(name).join("branded");
        fs::create_dir_all(&directory)?;
        let identity = http::get_json(ports.control, "/tenant")?;
        let watch = Watch::begin(&directory)?;
        let portal = start_portal(ports, &directory, &identity, &BRANDED, Some(&watch))?;
        self.branded = Some((ports.portal, portal));
        self.watches.push(watch);
        Ok(())
    }

    /// Keeps the metrics of those that are watched, while they run.
    pub(crate) fn keep_metrics(&self) -> Result<()> {
        self.watches.iter().try_for_each(Watch::keep_metrics)
    }

    /// Where the branded one is; empty when it was not started.
    pub(crate) fn branded_url(&self) -> String {
        self.branded.as_ref().map(|(port, _)| format!("http://localhost:{port}")).unwrap_or_default()
    }

    /// What a browser opens.
    pub(crate) fn portal_url(&self) -> String {
        format!("http://localhost:{}", self.ports.portal)
    }

    /// Where people sign in: the only other origin that a browser may see.
    pub(crate) fn sign_in_url(&self) -> String {
        format!("http://localhost:{}", self.ports.sign_in)
    }

    /// What a test controls the tenant with.
    pub(crate) fn control_url(&self) -> String {
        format!("http://localhost:{}", self.ports.control)
    }

    /// Where the two write what they have to say.
    pub(crate) fn logs(&self) -> [&Path; 2] {
        [self.portal.log(), self.tenant.log()]
    }
}

/// The text of a field of the control port's answers.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value.get(field).and_then(Value::as_str).with_context(|| format!("no text in `{field}` of {value}"))
}

fn start_tenant(ports: Ports, directory: &Path, seed: &str) -> Result<Background> {
    let mut program = command(root().join("target/debug/sim-tenant"));
    for (flag, port) in [
        ("--sign-in", ports.sign_in),
        ("--graph", ports.graph),
        ("--azure", ports.azure),
        ("--control", ports.control),
    ] {
        program.arg(flag).arg(format!("127.0.0.1:{port}"));
    }
    program.arg("--redirect-uri").arg(format!("http://localhost:{}/auth/callback", ports.portal));
    program.arg("--seed").arg(seed);
    for directory in DIRECTORIES {
        program.arg("--directory").arg(directory);
    }
    let tenant = Background::start("The simulated tenant", &mut program, directory.join("sim-tenant.log"))?;
    tenant.wait_until(DEADLINE, || http::get(ports.control, "/healthz").is_ok())?;
    Ok(tenant)
}

/// `settings` are those beyond what every portal here needs, without their prefix.
fn start_portal(
    ports: Ports,
    directory: &Path,
    identity: &Value,
    settings: &[(&str, &str)],
    watch: Option<&Watch>,
) -> Result<Background> {
    let local = |port: u16| format!("http://localhost:{port}");
    let mut program = command(root().join("target/debug/pim-portal"));
    program
        .arg("serve")
        .env("PIM_PORTAL_PUBLIC_URL", local(ports.portal))
        .env("PIM_PORTAL_LISTEN", format!("127.0.0.1:{}", ports.portal))
        .env("PIM_PORTAL_TENANT_ID", text(identity, "tenantId")?)
        .env("PIM_PORTAL_CLIENT_ID", text(identity, "clientId")?)
        .env("PIM_PORTAL_CLOUD", "custom")
        .env("PIM_PORTAL_LOGIN_URL", local(ports.sign_in))
        .env("PIM_PORTAL_GRAPH_URL", local(ports.graph))
        .env("PIM_PORTAL_ARM_URL", local(ports.azure))
        .env("PIM_PORTAL_DATABASE_URL", format!("sqlite://{}", directory.join("pim-portal.db").display()))
        .env("PIM_PORTAL_KEY_FILE", directory.join("key"))
        .envs(settings.iter().map(|(name, value)| (format!("PIM_PORTAL_{name}"), *value)));
    if let Some(watch) = watch {
        watch.tell(&mut program);
    }
    let portal = Background::start("The portal", &mut program, directory.join("pim-portal.log"))?;
    portal.wait_until(DEADLINE, || http::get(ports.portal, "/healthz").is_ok())?;
    Ok(portal)
}
