//! Ports on loopback: whether one is free, and free ones for tests.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
};

use anyhow::{Result, bail};

/// Where the portal and the three origins and the control port of the simulated tenant listen.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Ports {
    /// The portal.
    #[arg(long = "port", value_name = "PORT", default_value_t = 8080)]
    pub(crate) portal: u16,
    /// The simulated tenant: sign-in.
    #[arg(long = "sign-in-port", value_name = "PORT", default_value_t = 8081)]
    pub(crate) sign_in: u16,
    /// The simulated tenant: Microsoft Graph.
    #[arg(long = "graph-port", value_name = "PORT", default_value_t = 8082)]
    pub(crate) graph: u16,
    /// The simulated tenant: Azure Resource Manager.
    #[arg(long = "azure-port", value_name = "PORT", default_value_t = 8083)]
    pub(crate) azure: u16,
    /// The simulated tenant: control port, for tests.
    #[arg(long = "control-port", value_name = "PORT", default_value_t = 8084)]
    pub(crate) control: u16,
}

impl Ports {
    /// Five ports that nobody listens on.
    pub(crate) fn free() -> Result<Self> {
        // All five stay taken until each has its own.
        let listeners = (0..5)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .collect::<std::io::Result<Vec<_>>>()?;
        let port = |index: usize| -> Result<u16> { Ok(listeners[index].local_addr()?.port()) };
        Ok(Self { portal: port(0)?, sign_in: port(1)?, graph: port(2)?, azure: port(3)?, control: port(4)? })
    }

    /// Fails when a port is taken, or named twice, and says with which flag to choose another.
    pub(crate) fn check(self) -> Result<()> {
        let mut seen = Vec::new();
        let mut problems = Vec::new();
        for (port, flag, what) in self.named() {
            if seen.contains(&port) {
                problems.push(format!("port {port} ({what}) is used twice; choose another with {flag} PORT"));
            } else if !is_free(port) {
                problems.push(format!("port {port} ({what}) is in use; choose another with {flag} PORT"));
            }
            seen.push(port);
        }
        if problems.is_empty() { Ok(()) } else { bail!("{}", problems.join("\n")) }
    }

    fn named(self) -> [(u16, &'static str, &'static str); 5] {
        [
            (self.portal, "--port", "the portal"),
            (self.sign_in, "--sign-in-port", "simulated sign-in"),
            (self.graph, "--graph-port", "simulated Graph"),
            (self.azure, "--azure-port", "simulated Azure"),
            (self.control, "--control-port", "the control port of the simulated tenant"),
        ]
    }
}

/// `localhost` may mean either address, so a listener on the other family counts as well.
fn is_free(port: u16) -> bool {
    let taken = |result: std::io::Result<TcpListener>| {
        result.is_err_and(|error| matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied))
    };
    !taken(TcpListener::bind((Ipv4Addr::LOCALHOST, port)))
        && !taken(TcpListener::bind((Ipv6Addr::LOCALHOST, port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_flag() {
        let ports = Ports::free().expect("free ports");
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.graph)).expect("a free port");
        let error = ports.check().expect_err("the Graph port is taken").to_string();
        assert_eq!(
            error,
            format!(
                "port {} (simulated Graph) is in use; choose another with --graph-port PORT",
                ports.graph
            )
        );
    }

    #[test]
    fn a_port_named_twice_is_refused() {
        let mut ports = Ports::free().expect("free ports");
        ports.azure = ports.portal;
        let error = ports.check().expect_err("two listeners cannot share a port").to_string();
        assert!(error.contains("is used twice; choose another with --azure-port PORT"), "{error}");
    }

    #[test]
    fn free_ports_differ() {
        let ports = Ports::free().expect("free ports");
        assert!(ports.check().is_ok());
    }
}
