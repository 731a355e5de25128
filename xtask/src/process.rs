//! Programs that xtask runs: to completion, or in the background until xtask ends, however it ends.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Children that are running, in the order in which they were started.
static CHILDREN: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// How long a child may take over its own ending before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Says what a step does and why it is needed.
pub(crate) fn step(what: &str, why: &str) {
    println!("\n▸ {what}\n  {why}");
}

/// A variable of xtask's own environment.
#[expect(clippy::disallowed_methods, reason = "xtask is a program of its own and owns its environment")]
pub(crate) fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The cargo that runs xtask, started in the root of the repository.
pub(crate) fn cargo() -> Command {
    command(environment("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Lets what cargo builds not depend on where it is built: sources are named as if the repository and cargo's own folder were always in
/// the same place. Names of sources stand in the messages of panics, and so in what is built.
pub(crate) fn without_places(cargo: &mut Command) -> Result<&mut Command> {
    let home = environment("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| environment("HOME").map(|home| Path::new(&home).join(".cargo")));
    let home = home.context("neither CARGO_HOME nor HOME is set")?;
    let mut flags: Vec<OsString> = match environment("CARGO_ENCODED_RUSTFLAGS") {
        Some(encoded) => vec![encoded],
        // Ours take their place, so they are among ours.
        None => environment("RUSTFLAGS")
            .and_then(|flags| flags.into_string().ok())
            .map(|flags| flags.split_whitespace().map(OsString::from).collect())
            .unwrap_or_default(),
    };
    for (place, name) in [(home, "/cargo"), (root(), "/pim-portal")] {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.extend([place.as_os_str(), OsStr::new("="), OsStr::new(name)]);
        flags.push(flag);
    }
    // A separator that no path has in it.
    Ok(cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsStr::new("\u{1f}"))))
}

/// A program, started in the root of the repository.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Whether a program of this name is on the path.
pub(crate) fn on_path(program: &str) -> bool {
    let path = environment("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Runs a program to its end and fails, naming it, when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{} failed ({status})", spell(command));
    }
    Ok(())
}

/// Runs a program to its end; it ends with xtask.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    let id = spawn(command)?;
    loop {
        let mut running = children();
        // Only a signal takes a child off the list, and xtask is about to end then.
        if let Some(position) = running.iter().position(|child| child.id() == id)
            && running[position].try_wait()?.is_some()
        {
            return Ok(running.remove(position).wait()?);
        }
        drop(running);
        thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a child that is stopped when xtask ends, and returns its id.
fn spawn(command: &mut Command) -> Result<u32> {
    // The list stays locked over the start, so that no child can slip past a signal that comes just then.
    let mut children = children();
    let child = command.spawn().with_context(|| format!("cannot start {}", spell(command)))?;
    let id = child.id();
    children.push(child);
    Ok(id)
}

/// Installs Debian packages, or says which ones to install where that is not for xtask to do.
pub(crate) fn install_debian_packages(packages: &[&str], why: &str) -> Result<()> {
    let by_hand = format!("apt-get install --no-install-recommends {}", packages.join(" "));
    if !on_path("apt-get") {
        bail!("{why}. Install it with your system's package manager; on Debian that is: {by_hand}");
    }
    if !rustix::process::geteuid().is_root() {
        bail!("{why}. Installing packages takes root, so run this yourself and start again: sudo {by_hand}");
    }
    step(&format!("Installing {} from Debian", packages.join(", ")), why);
    run(command("apt-get").args(["update", "--quiet", "--quiet"]))?;
    let mut install = command("apt-get");
    install.args(["install", "--yes", "--quiet", "--quiet", "--no-install-recommends"]);
    run(install.args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Stops every child and leaves when xtask is interrupted or told to terminate.
pub(crate) fn stop_children_on_signal() -> Result<()> {
    ctrlc::set_handler(|| {
        println!();
        stop_children();
        std::process::exit(130);
    })
    .context("cannot listen for Ctrl-C")
}

/// A child in the background, with its output in a log file.
pub(crate) struct Background {
    name: &'static str,
    log: PathBuf,
    id: u32,
}

impl Background {
    /// Starts a child; it is stopped when xtask ends.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: PathBuf) -> Result<Self> {
        if let Some(directory) = log.parent() {
            fs::create_dir_all(directory)?;
        }
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let id = spawn(command)?;
        Ok(Self { name, log, id })
    }

    /// Where its output goes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Waits until `ready` says so; fails with the end of the log when the child dies or `deadline` passes.
    pub(crate) fn wait_until(&self, deadline: Duration, ready: impl Fn() -> bool) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            if self.has_ended() {
                bail!("{} ended before it was ready.{}", self.name, self.log_tail());
            }
            if started.elapsed() > deadline {
                bail!("{} was not ready after {} s.{}", self.name, deadline.as_secs(), self.log_tail());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Fails when the child has ended by itself.
    pub(crate) fn check(&self) -> Result<()> {
        if self.has_ended() {
            bail!("{} ended by itself.{}", self.name, self.log_tail());
        }
        Ok(())
    }

    fn has_ended(&self) -> bool {
        children()
            .iter_mut()
            .find(|child| child.id() == self.id)
            .is_none_or(|child| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(20)..].join("\n    ");
        format!(" The end of {}:\n    {tail}", self.log.display())
    }
}

/// Stops every child, last started first: asks, waits, and kills what is still there.
pub(crate) fn stop_children() {
    let mut children = children();
    while let Some(mut child) = children.pop() {
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            continue;
        }
        if let Some(id) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            // It may have ended a moment ago; then there is nobody to tell.
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let asked = Instant::now();
        while asked.elapsed() < GRACE && child.try_wait().is_ok_and(|status| status.is_none()) {
            thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn children() -> MutexGuard<'static, Vec<Child>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spell(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
