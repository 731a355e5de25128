//! How the portal is operated, as set: what it logs, where its numbers can be read, how it stops, how its calls leave the network.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use transport::{Outbound, OutboundError};
use url::Url;

use crate::config::PREFIX;

/// The longest part of a stop.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// The settings, checked.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Where metrics can be read. Default: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// How the log looks. Default: for people.
    pub log_format: LogFormat,
    /// Whether somebody takes traces: the standard variables of OpenTelemetry name an endpoint.
    pub traces: bool,
    /// How the portal stops.
    pub shutdown: Shutdown,
    /// How calls leave the network. Default: directly.
    pub outbound: Outbound,
}

/// How the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// How the portal stops, counted from the signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long it goes on taking connections, while `/readyz` says no: what a balancer needs to notice. Default: not at all.
    pub delay: Duration,
    /// How long requests and writes under way may take after that. Default: 10 seconds.
    pub grace: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { delay: Duration::ZERO, grace: Duration::from_secs(10) }
    }
}

/// What the environment says besides the portal's own variables.
#[derive(Debug, Default)]
pub(crate) struct Around {
    traces: bool,
    proxy: Option<String>,
    direct: String,
}

impl Around {
    pub(crate) fn of(environment: &HashMap<String, String>) -> Self {
        let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
        // <https://opentelemetry.io/docs/languages/sdk-configuration/otlp-exporter/>
        let traces = is_set("OTEL_EXPORTER_OTLP_ENDPOINT") || is_set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let first =
            |names: &[&str]| names.iter().find(|name| is_set(name)).map(|name| environment[*name].clone());
        let proxy = first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
        let direct = first(&["NO_PROXY", "no_proxy"]).unwrap_or_default();
        Self { traces, proxy, direct }
    }
}

/// The settings as written.
pub(crate) struct Written {
    pub(crate) metrics_listen: Option<String>,
    pub(crate) log_format: Option<String>,
    pub(crate) shutdown_delay: Option<String>,
    pub(crate) shutdown_grace: Option<String>,
    pub(crate) proxy_url: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
}

impl Written {
    pub(crate) fn check(
        self,
        around: &Around,
        listen: Option<&SocketAddr>,
        problems: &mut Vec<String>,
    ) -> Operation {
        let metrics_listen = metrics_listen(self.metrics_listen.as_deref(), listen, problems);
        let log_format = match self.log_format.as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(_) => {
                problems.push(format!("{PREFIX}LOG_FORMAT is not known: write text or json"));
                LogFormat::Text
            }
        };
        let usual = Shutdown::default();
        let shutdown = Shutdown {
            delay: seconds("SHUTDOWN_DELAY", self.shutdown_delay.as_deref(), usual.delay, problems),
            grace: seconds("SHUTDOWN_GRACE", self.shutdown_grace.as_deref(), usual.grace, problems),
        };
        let outbound = outbound(self.proxy_url.as_deref(), self.ca_file.as_deref(), around, problems);
        Operation { metrics_listen, log_format, traces: around.traces, shutdown, outbound }
    }
}

/// The key wins over the environment. What is wrong with a proxy is said without its address, which may hold a password.
fn outbound(
    proxy_url: Option<&str>,
    ca_file: Option<&Path>,
    around: &Around,
    problems: &mut Vec<String>,
) -> Outbound {
    let (name, written) = match proxy_url {
        Some(written) => ("PIM_PORTAL_PROXY_URL", Some(written)),
        None => ("HTTPS_PROXY", around.proxy.as_deref()),
    };
    let proxy = written.filter(|written| !written.is_empty()).map(Url::parse);
    let pem = ca_file.map(std::fs::read);
    let proxy_is = "is not the address of a proxy: write, for one, http://proxy.example.com:3128";
    let (Ok(proxy), Ok(pem)) = (proxy.transpose(), pem.transpose()) else {
        if written.is_some_and(|written| !written.is_empty() && Url::parse(written).is_err()) {
            problems.push(format!("{name} {proxy_is}"));
        }
        if ca_file.is_some_and(|path| std::fs::read(path).is_err()) {
            problems.push(format!(
                "{PREFIX}CA_FILE cannot be read: write the path of a file with certificates in PEM"
            ));
        }
        return Outbound::default();
    };
    Outbound::new(proxy, &around.direct, pem.as_deref()).unwrap_or_else(|error| {
        problems.push(match error {
            OutboundError::Proxy => format!("{name} {proxy_is}"),
            OutboundError::Authorities => format!("{PREFIX}CA_FILE: {error}"),
        });
        Outbound::default()
    })
}

/// Whole seconds, up to [`LONGEST_WAIT`].
fn seconds(name: &str, written: Option<&str>, usual: Duration, problems: &mut Vec<String>) -> Duration {
    let Some(written) = written else { return usual };
    match written.parse().map(Duration::from_secs) {
        Ok(wait) if wait <= LONGEST_WAIT => wait,
        _ => {
            let most = LONGEST_WAIT.as_secs();
            problems.push(format!("{PREFIX}{name} is not a number of seconds from 0 to {most}"));
            usual
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{problem, read};

    #[test]
    fn the_log_and_the_stop_are_as_set() {
        let usual = read(&[]).expect("complete").operation;
        assert_eq!(
            (usual.log_format, usual.shutdown, usual.traces),
            (LogFormat::Text, Shutdown::default(), false)
        );
        let set = [("LOG_FORMAT", "json"), ("SHUTDOWN_DELAY", "5"), ("SHUTDOWN_GRACE", "20")];
        let set = read(&set).expect("complete").operation;
        let shutdown = Shutdown { delay: Duration::from_secs(5), grace: Duration::from_secs(20) };
        assert_eq!((set.log_format, set.shutdown), (LogFormat::Json, shutdown));
        let text = problem(&[("LOG_FORMAT", "xml"), ("SHUTDOWN_DELAY", "soon"), ("SHUTDOWN_GRACE", "301")]);
        for key in ["LOG_FORMAT", "SHUTDOWN_DELAY", "SHUTDOWN_GRACE"] {
            assert!(text.contains(&format!("PIM_PORTAL_{key}")), "{text}");
        }
    }

    #[test]
    fn metrics_are_off_and_have_an_address_of_their_own() {
        assert_eq!(read(&[]).expect("complete").operation.metrics_listen, None);
        let other = read(&[("METRICS_LISTEN", "0.0.0.0:9090")]).expect("another port").operation;
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
    fn the_way_out_is_the_key_or_the_environment_and_its_problems_hold_no_password() {
        let graph = Url::parse("https://graph.microsoft.com").expect("an address");
        let proxy = |settings: &[(&str, &str)], around: &[(&str, &str)]| {
            let around =
                around.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let mut problems = Vec::new();
            let of = |name: &str| settings.iter().find(|(its, _)| *its == name).map(|(_, value)| *value);
            let way =
                outbound(of("PROXY_URL"), of("CA_FILE").map(Path::new), &Around::of(&around), &mut problems);
            (way.proxy_for(&graph).and_then(Url::host_str).map(str::to_owned), problems.join("\n"))
        };
        let told = |host: Option<&str>| (host.map(str::to_owned), String::new());
        let environment = [("HTTPS_PROXY", "http://env.example:3128"), ("NO_PROXY", "example.com")];
        assert_eq!(proxy(&[], &[]), told(None));
        assert_eq!(proxy(&[], &environment), told(Some("env.example")));
        assert_eq!(
            proxy(&[("PROXY_URL", "http://key.example:3128")], &environment),
            told(Some("key.example"))
        );
        assert_eq!(
            proxy(&[("PROXY_URL", "")], &environment),
            told(None),
            "none, whatever the environment says"
        );
        assert_eq!(proxy(&[], &[environment[0], ("no_proxy", "microsoft.com")]), told(None));
        for wrong in ["socks5://me:secret@proxy", "me:secret"] {
            let (_, problem) = proxy(&[("PROXY_URL", wrong)], &[]);
            assert!(problem.contains("PIM_PORTAL_PROXY_URL") && !problem.contains("secret"), "{problem}");
        }
        let (_, problem) = proxy(&[("PROXY_URL", "::"), ("CA_FILE", "/no/such/file")], &[]);
        assert!(problem.contains("PROXY_URL") && problem.contains("CA_FILE"), "both at once: {problem}");
        assert!(self::problem(&[("CA_FILE", "Cargo.toml")]).contains("no certificate"));
    }
}
