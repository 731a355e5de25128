//! Microsoft's hosts: name, connection, TLS, proxy. And the clock, which their answers tell.

use std::error::Error;
use std::time::Duration;

use futures::future::join_all;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use pim::clock::Clock;
use reqwest::Client;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

use super::Finding;
use crate::config::Config;

/// How long a name, a connection, an answer may take.
const PATIENCE: Duration = Duration::from_secs(8);
/// Sign-in is refused when the clock is off by more: `identity` leaves ID tokens that much room.
const TOO_WRONG: SignedDuration = SignedDuration::from_mins(5);
/// A clock that is off by more is not being set.
const WRONG: SignedDuration = SignedDuration::from_secs(30);

/// One host.
struct Seen {
    findings: Vec<Finding>,
    /// What it says the time is, and how late it is here.
    time: Option<(Timestamp, Timestamp)>,
}

/// What was found of the hosts; and of the clock, where one of them told the time.
pub(super) async fn examine(
    config: &Config,
    client: &Client,
    clock: &dyn Clock,
) -> (Vec<Finding>, Option<Finding>) {
    let planes = config.planes;
    let hosts = [
        ("sign-in", &config.cloud.login, true),
        ("Microsoft Graph", &config.cloud.graph, planes.entra || planes.groups),
        ("Azure Resource Manager", &config.cloud.arm, planes.azure),
    ];
    let hosts = hosts.into_iter().filter(|(_, _, is_needed)| *is_needed);
    let seen = join_all(hosts.map(|(name, url, _)| host(config, client, clock, name, url))).await;
    let told = seen.iter().find_map(|seen| seen.time).map(|(theirs, ours)| clock_is(theirs, ours));
    (seen.into_iter().flat_map(|seen| seen.findings).collect(), told)
}

async fn host(config: &Config, client: &Client, clock: &dyn Clock, name: &str, url: &Url) -> Seen {
    let mut findings = Vec::new();
    // Whose name is looked up from here, and who is connected to.
    let next = config.operation.outbound.proxy_for(url);
    let (what, hop) = next.map_or((name.to_owned(), url), |proxy| (format!("{name}, outbound proxy"), proxy));
    match connect(hop).await {
        Ok(found) => findings.push(Finding::ok(format!("{what}: connection"), found)),
        Err((found, fix)) => {
            findings.push(Finding::failed(format!("{what}: connection"), found, fix));
            return Seen { findings, time: None };
        }
    }
    let check = format!("{name}: {}", if url.scheme() == "https" { "TLS and answer" } else { "answer" });
    match client.get(url.clone()).timeout(PATIENCE).send().await {
        Ok(answer) => {
            let date = answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
            let theirs = date.and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
            let status = answer.status().as_u16();
            let way = if next.is_some() { " through the proxy" } else { "" };
            findings.push(Finding::ok(check, format!("{} answers{way} ({status})", shown(url))));
            Seen { findings, time: theirs.map(|theirs| (theirs, clock.now())) }
        }
        Err(error) => {
            let (found, fix) = explained(&error, next.is_some());
            findings.push(Finding::failed(check, format!("{}: {found}", shown(url)), fix));
            Seen { findings, time: None }
        }
    }
}

/// Host and port; an address may hold a password.
fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The name, then a connection.
async fn connect(url: &Url) -> Result<String, (String, String)> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let addresses = match timeout(PATIENCE, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    if addresses.is_empty() {
        let fix = "let this machine resolve the name, or name the outbound proxy with PIM_PORTAL_PROXY_URL"
            .to_owned();
        return Err((format!("the name {host} cannot be resolved"), fix));
    }
    let connected = timeout(PATIENCE, TcpStream::connect(&*addresses)).await;
    match connected {
        Ok(Ok(_)) => Ok(format!("{host} resolves, and takes connections on port {port}")),
        _ => Err((
            format!("{host} resolves, and takes no connection on port {port}"),
            format!(
                "let the firewall pass TCP to {host}:{port}, or name the outbound proxy with PIM_PORTAL_PROXY_URL"
            ),
        )),
    }
}

/// What is behind a failure, in the words of the TLS library or of the proxy, and what to do.
fn explained(error: &reqwest::Error, proxied: bool) -> (String, String) {
    let mut causes = Vec::new();
    let mut next: Option<&dyn Error> = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    let found = causes.pop().unwrap_or_else(|| "no answer".to_owned());
    let all = format!("{found} {}", causes.join(" ")).to_lowercase();
    let fix = if all.contains("certificate") {
        "name the authority that signed its certificate with PIM_PORTAL_CA_FILE, as where a proxy opens TLS; and look at the clock"
    } else if all.contains("tunnel") || all.contains("proxy") {
        "let the outbound proxy pass CONNECT to this host; a user and a password go into PIM_PORTAL_PROXY_URL"
    } else if error.is_timeout() {
        "look at the firewall and at the outbound proxy: the connection is taken, and nothing comes back"
    } else if proxied {
        "look at the outbound proxy of PIM_PORTAL_PROXY_URL or HTTPS_PROXY: it does not pass the call on"
    } else {
        "look at what stands between this machine and the host: the connection is taken, and no HTTP comes of it"
    };
    (found, fix.to_owned())
}

fn clock_is(theirs: Timestamp, ours: Timestamp) -> Finding {
    let off = ours.duration_since(theirs);
    let found = format!(
        "{} s {} Microsoft's",
        off.as_secs().abs(),
        if off.is_negative() { "behind" } else { "before" }
    );
    let fix = "have the time of this machine set by NTP: `timedatectl` shows whether it is";
    match off.abs() {
        off if off >= TOO_WRONG => {
            Finding::failed("clock", format!("{found}, and sign-in will be refused"), fix)
        }
        off if off >= WRONG => Finding::warning("clock", found, fix),
        _ => Finding::ok("clock", found),
    }
}
