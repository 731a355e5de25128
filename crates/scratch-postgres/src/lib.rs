//! For tests: a real PostgreSQL, from the machine's own packages, in a temporary directory. It listens on a socket in that directory
//! only, and is gone with the process that started it, however that ends.
//!
//! Whoever runs many test processes starts one server and hands it on with [`HANDED_ON`]; a process that is handed none starts its
//! own. Each test has a database of its own: [`database`].

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{LazyLock, atomic::AtomicU32, atomic::Ordering};

use anyhow::{Context, Result, bail, ensure};

/// The variable that names the directory of a server that is running already.
pub const HANDED_ON: &str = "SCRATCH_POSTGRES";
/// What the machine needs.
pub const DEBIAN_PACKAGE: &str = "postgresql";

/// The database user, who may do everything.
const USER: &str = "portal";

/// Starts the server, says so when it takes connections, and stops it when its standard input ends: with the process at the other end.
const KEEPER: &str = r#"
set -e
"$1/initdb" --pgdata "$2/data" --auth trust --username "$3" --encoding UTF8 --locale C --no-sync >/dev/null
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c max_connections=300 </dev/null &
server=$!
cat >/dev/null
kill -INT "$server"
wait "$server" || true
rm -rf "$2"
"#;

/// A running server. Dropped, it stops and its directory is deleted.
#[derive(Debug)]
pub struct Server {
    directory: PathBuf,
    keeper: Child,
    /// The keeper waits for its end.
    lifeline: Option<ChildStdin>,
}

impl Server {
    /// Starts one and waits until it takes connections. Fails when PostgreSQL is not installed: the message says what to install.
    pub fn start() -> Result<Self> {
        let programs = programs()?;
        let directory = tempfile::Builder::new().prefix("scratch-postgres-").tempdir()?.keep();
        // PostgreSQL refuses to run as root; its packages bring a user for it.
        let is_root = Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
        let mut command = if is_root {
            let given = Command::new("chown").arg("postgres").arg(&directory).status()?;
            ensure!(given.success(), "there is no user `postgres` to run PostgreSQL as");
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut keeper = command
            .args(["-c", KEEPER, "keeper"])
            .args([&programs, &directory])
            .arg(USER)
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("PostgreSQL could not be started")?;
        let lifeline = keeper.stdin.take();
        let mut log = BufReader::new(keeper.stderr.take().context("no log")?).lines();
        let mut last = String::new();
        loop {
            match log.next() {
                Some(line) => last = line?,
                None => bail!("PostgreSQL did not start; the last it said: {last}"),
            }
            if last.contains("ready to accept connections") {
                break;
            }
        }
        // It must never wait for somebody to read what it says.
        std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
        Ok(Self { directory, keeper, lifeline })
    }

    /// Its directory: the value of [`HANDED_ON`] for other processes.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.keeper.wait();
    }
}

/// The address of a new, empty database.
pub fn database() -> Result<String> {
    static OWN: LazyLock<Result<Server>> = LazyLock::new(Server::start);
    static MADE: AtomicU32 = AtomicU32::new(0);
    let directory = match variable(HANDED_ON) {
        Some(directory) => PathBuf::from(directory),
        None => OWN.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?.directory.clone(),
    };
    let name = format!("test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let made = Command::new(programs()?.join("createdb"))
        .arg("--host")
        .arg(&directory)
        .args(["--username", USER, &name])
        .output()?;
    ensure!(made.status.success(), "createdb: {}", String::from_utf8_lossy(&made.stderr));
    Ok(format!("postgres://{USER}@localhost/{name}?host={}", directory.display()))
}

/// Whether PostgreSQL is installed.
#[must_use]
pub fn is_installed() -> bool {
    programs().is_ok()
}

/// The directory of the newest server's programs. Debian keeps those of each version apart, off the path.
fn programs() -> Result<PathBuf> {
    let debian =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut directories: Vec<PathBuf> = debian.map(|version| version.join("bin")).collect();
    directories.sort();
    let path = variable("PATH").unwrap_or_default();
    directories.splice(0..0, std::env::split_paths(&path).collect::<Vec<_>>().into_iter().rev());
    let complete = |directory: &PathBuf| {
        ["initdb", "postgres", "createdb"].iter().all(|name| directory.join(name).is_file())
    };
    directories.into_iter().rev().find(complete).with_context(|| {
        format!("there is no PostgreSQL to test with: install Debian's package `{DEBIAN_PACKAGE}`, or put initdb, postgres and createdb on the path")
    })
}

#[expect(clippy::disallowed_methods, reason = "the ban is for the portal's own settings")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
