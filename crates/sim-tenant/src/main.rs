//! The `sim-tenant` binary: a simulated tenant on four fixed addresses until Ctrl-C or SIGTERM.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use sim_tenant::tenant::Tenant;
use sim_tenant::{Options, Running};
use tracing_subscriber::EnvFilter;
use url::Url;

/// A simulated Microsoft tenant: sign-in, Microsoft Graph and Azure Resource Manager on loopback.
#[derive(Debug, Parser)]
#[command(version)]
struct Flags {
    /// Where the sign-in origin listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    sign_in: SocketAddr,
    /// Where the Microsoft Graph origin listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8082")]
    graph: SocketAddr,
    /// Where the Azure Resource Manager origin listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8083")]
    azure: SocketAddr,
    /// Where the control port listens.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8084")]
    control: SocketAddr,
    /// The sign-in origin as clients see it [default: <http://localhost:PORT>].
    #[arg(long, value_name = "URL")]
    public_sign_in_url: Option<Url>,
    /// The Graph origin as clients see it [default: <http://localhost:PORT>].
    #[arg(long, value_name = "URL")]
    public_graph_url: Option<Url>,
    /// The Azure origin as clients see it [default: <http://localhost:PORT>].
    #[arg(long, value_name = "URL")]
    public_azure_url: Option<Url>,
    /// A redirect URI of the registered public client; may be repeated.
    #[arg(long, value_name = "URI", default_value = "http://localhost:8080/auth/callback")]
    redirect_uri: Vec<String>,
    /// What is in the tenant: `demo`, `large`, `hostile`, or a TOML file of the form of the demo's.
    #[arg(long, value_name = "NAME|FILE", default_value = "demo")]
    seed: String,
    /// Another directory at the same origins: `fabrikam`, `litware`, or a file as for `--seed`; may be repeated.
    #[arg(long, value_name = "NAME|FILE")]
    directory: Vec<String>,
}

fn tenant_of(seed: &str) -> anyhow::Result<Tenant> {
    if let Some(tenant) = Tenant::named(seed) {
        return Ok(tenant);
    }
    let text = std::fs::read_to_string(seed).with_context(|| {
        format!("{seed} is neither the name of a built-in tenant nor a file that can be read")
    })?;
    Tenant::from_toml(&text).with_context(|| seed.to_owned())
}

async fn until_stopped() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sim-tenant: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    let flags = Flags::parse();
    let tenant = tenant_of(&flags.seed)?;
    let directories =
        flags.directory.iter().map(|seed| tenant_of(seed)).collect::<anyhow::Result<Vec<_>>>()?;
    let (name, id, client) = (tenant.name.clone(), tenant.id.clone(), tenant.client.id.clone());
    let running = Running::start(Options {
        sign_in: flags.sign_in,
        graph: flags.graph,
        azure: flags.azure,
        control: flags.control,
        public_sign_in: flags.public_sign_in_url,
        public_graph: flags.public_graph_url,
        public_azure: flags.public_azure_url,
        redirect_uris: flags.redirect_uri,
        tenant,
        directories,
    })
    .await?;
    println!("simulated tenant {name}: tenant id {id}, client id {client}");
    println!(
        "  sign-in {}\n  graph   {}\n  azure   {}\n  control {}",
        running.sign_in, running.graph, running.azure, running.control
    );
    until_stopped().await?;
    println!("stopping");
    running.stop().await;
    Ok(())
}
