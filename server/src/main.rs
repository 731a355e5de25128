//! The `pim-portal` binary.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use pim::clock::SystemClock;
use server::config::Config;
use server::keys::KeyCommand;
use server::listen;
use server::wiring::State;
use server::{health, metrics};
use tracing_subscriber::EnvFilter;

/// A self-hosted portal to activate Microsoft Entra privileged roles. Settings come from `PIM_PORTAL_…` variables and, if given, a
/// TOML file.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// A TOML file with settings; the environment wins over it.
    #[arg(long, global = true, env = "PIM_PORTAL_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the portal until Ctrl-C or SIGTERM.
    Serve,
    /// Looks at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Prints the link that an administrator opens to grant the permissions. Needs no store, and leaves none behind.
    ConsentUrl(ConsentFlags),
    /// Looks after the keys that what is stored is sealed with.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Asks a running portal on this machine whether it is well; for containers and service managers.
    Healthcheck(HealthFlags),
}

/// Settings that may be given beside the others, for a portal that is not set up yet. A flag wins.
#[derive(Args)]
struct ConsentFlags {
    /// The application (client) id of the app registration.
    #[arg(long)]
    client_id: Option<String>,
    /// The id of the tenant: a GUID.
    #[arg(long)]
    tenant: Option<String>,
    /// The portal's own origin, as browsers see it.
    #[arg(long)]
    public_url: Option<String>,
    /// public, usgov, usgov-dod, china or custom.
    #[arg(long)]
    cloud: Option<String>,
}

/// What is asked, and for how long.
#[derive(Args)]
struct HealthFlags {
    /// Whether it can serve people, store included; not only whether the process answers.
    #[arg(long)]
    ready: bool,
    /// Asks again for so many seconds until the answer is yes.
    #[arg(long, default_value_t = 0)]
    wait: u64,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Names every problem, or says that there is none.
    Check,
}

/// How long `healthcheck` waits for one answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(4);

/// How long requests may take to end after the signal.
const GRACE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(log_filter())
        .with_writer(std::io::stderr)
        .with_ansi(is_terminal)
        .init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// tower-sessions warns of every cookie whose session has ended, which is everyday life.
fn log_filter() -> EnvFilter {
    EnvFilter::try_from_env("PIM_PORTAL_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,tower_sessions_core=error"))
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let flags = match &cli.command {
        Command::ConsentUrl(flags) => vec![
            ("CLIENT_ID", flags.client_id.clone()),
            ("TENANT_ID", flags.tenant.clone()),
            ("PUBLIC_URL", flags.public_url.clone()),
            ("CLOUD", flags.cloud.clone()),
        ],
        _ => Vec::new(),
    };
    let config = Config::load(cli.config.as_deref(), &flags)?;
    match cli.command {
        Command::Serve => serve(config).await,
        Command::Config { command: ConfigCommand::Check } => {
            println!("The configuration is complete.");
            Ok(())
        }
        Command::ConsentUrl(_) => {
            println!("{}", server::wiring::consent_url(&config, Arc::new(SystemClock)).await?);
            Ok(())
        }
        Command::Key { command } => {
            println!("{}", server::keys::run(command, &config, Arc::new(SystemClock)).await?);
            Ok(())
        }
        Command::Healthcheck(flags) => healthcheck(&config, &flags).await,
    }
}

async fn healthcheck(config: &Config, flags: &HealthFlags) -> anyhow::Result<()> {
    let until = tokio::time::Instant::now() + Duration::from_secs(flags.wait);
    loop {
        match ask(config, flags.ready).await {
            Err(problem) if tokio::time::Instant::now() >= until => return Err(problem),
            Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
            Ok(()) => return Ok(()),
        }
    }
}

async fn ask(config: &Config, ready: bool) -> anyhow::Result<()> {
    let path = if ready { health::READY } else { health::ALIVE };
    let url = format!("http://{}{path}", config.listen);
    let asked = transport::client().get(url).timeout(ANSWERS_WITHIN).send().await;
    let answer =
        asked.map_err(|error| anyhow::anyhow!("the portal does not answer: {}", error.without_url()))?;
    let status = answer.status();
    let said = answer.text().await.unwrap_or_default();
    anyhow::ensure!(status.is_success(), "the portal answered {status}: {said}");
    Ok(())
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let listen = config.listen;
    let state = State::open(config, Arc::new(SystemClock)).await?;
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with PIM_PORTAL_LISTEN")
    })?;
    tracing::info!(address = %listener.local_addr()?, public_url = %state.config.public_url, "the portal is ready");
    let counting = match state.config.metrics_listen {
        Some(address) => {
            let (listener, handle) = (metrics::listen(address).await?, metrics::install(&state)?);
            Some(tokio::spawn(metrics::serve(state.clone(), handle, listener)))
        }
        None => None,
    };
    let purging = tokio::spawn(state.clone().purge_forever());
    let reading = tokio::spawn(state.clone().read_keys_forever());
    let renewing = tokio::spawn(state.clone().renew_password_forever());
    let watching = tokio::spawn(state.portal.clone().watch());
    let stop = Arc::new(tokio::sync::Notify::new());
    let signalled = stop.clone();
    let serving = listen::serve(listener, server::router(&state), listen::PATIENCE, async move {
        stop_signal().await;
        signalled.notify_one();
    });
    tokio::select! {
        () = serving => {}
        // Event streams would hold the portal open; by then they have had their time.
        () = async { stop.notified().await; tokio::time::sleep(GRACE).await } => {}
    }
    counting.inspect(tokio::task::JoinHandle::abort);
    purging.abort();
    reading.abort();
    renewing.abort();
    watching.abort();
    state.close().await;
    tracing::info!("the portal has stopped");
    Ok(())
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
