//! The `pim-portal` binary.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use pim::clock::SystemClock;
use server::config::Config;
use server::doctor::{self, Verdict};
use server::keys::KeyCommand;
use server::wiring::State;
use server::{health, logging, serving};

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
    /// Tries what the portal needs (network, clock, tenant, registration, store), and says what to fix. Changes nothing.
    Doctor {
        /// Writes an array of JSON objects instead of lines.
        #[arg(long)]
        json: bool,
    },
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

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
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
    let traces = logging::begin(&config);
    match cli.command {
        Command::Serve => {
            let served = serve(config).await;
            if let Some(traces) = traces {
                traces.end().await;
            }
            served
        }
        Command::Config { command: ConfigCommand::Check } => {
            println!("The configuration is complete.");
            Ok(())
        }
        Command::ConsentUrl(_) => {
            println!("{}", server::wiring::consent_url(&config, Arc::new(SystemClock)).await?);
            Ok(())
        }
        Command::Doctor { json } => doctor(&config, json).await,
        Command::Key { command } => {
            println!("{}", server::keys::run(command, &config, Arc::new(SystemClock)).await?);
            Ok(())
        }
        Command::Healthcheck(flags) => healthcheck(&config, &flags).await,
    }
}

async fn doctor(config: &Config, json: bool) -> anyhow::Result<()> {
    let findings = doctor::examine(config, Arc::new(SystemClock)).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for finding in &findings {
            println!("{finding}");
        }
    }
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Failed).count();
    anyhow::ensure!(failed == 0, "{failed} of {} checks failed", findings.len());
    Ok(())
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
    let lifecycle = state.lifecycle.clone();
    tokio::spawn(async move {
        stop_signal().await;
        lifecycle.stop();
    });
    serving::serve(state, listener).await
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
