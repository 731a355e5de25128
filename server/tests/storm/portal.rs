//! The portal as a program of its own, on one port and one store however often it is killed: alone, or as several replicas behind
//! something that spreads connections over them.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sim_tenant::Running;
use sim_tenant::tenant::{DEMO_CLIENT_ID, DEMO_TENANT_ID};
use tempfile::TempDir;
use url::Url;

use crate::balancer::Balancer;
use crate::visit::client;
use crate::weather::Weather;

/// How long it may take to answer after its start.
const READY_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Portal {
    pub(crate) url: Url,
    replicas: Vec<Replica>,
    pub(crate) balancer: Option<Balancer>,
    _directory: TempDir,
}

/// One process.
struct Replica {
    url: Url,
    variables: Vec<(String, String)>,
    log: Option<PathBuf>,
    child: Mutex<Option<Child>>,
}

fn localhost(port: u16) -> Url {
    Url::parse(&format!("http://localhost:{port}")).expect("a URL")
}

impl Portal {
    /// One process on SQLite, or `replicas` of them on PostgreSQL.
    pub(crate) async fn start(tenant: &Running, replicas: usize) -> Self {
        Self::start_with(tenant, replicas, &[]).await
    }

    /// With other settings besides; what it logs goes into a file.
    pub(crate) async fn start_with(tenant: &Running, replicas: usize, settings: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a directory");
        let file = |name: &str| directory.path().join(name).display().to_string();
        let ports: Vec<u16> = (0..replicas).map(|_| free_port()).collect();
        let (database, balancer) = if replicas == 1 {
            (format!("sqlite://{}", file("portal.db")), None)
        } else {
            let database = scratch_postgres::database().expect("a database");
            (database, Some(Balancer::start(ports.clone()).await))
        };
        let public = balancer.as_ref().map_or(ports[0], |balancer| balancer.port);
        let bare = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let shared = [
            ("PUBLIC_URL", bare(&localhost(public))),
            ("TENANT_ID", DEMO_TENANT_ID.to_owned()),
            ("CLIENT_ID", DEMO_CLIENT_ID.to_owned()),
            ("CLOUD", "custom".to_owned()),
            ("LOGIN_URL", bare(&tenant.sign_in)),
            ("GRAPH_URL", bare(&tenant.graph)),
            ("ARM_URL", bare(&tenant.azure)),
            ("DATABASE_URL", database),
            ("KEY_FILE", file("key")),
            ("PACE", "hurried".to_owned()),
            ("LOG", "error".to_owned()),
        ];
        let log = (!settings.is_empty()).then(|| directory.path().join("portal.log"));
        let replica = |port: &u16| {
            let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
            let variables =
                shared.iter().cloned().chain([("LISTEN", format!("127.0.0.1:{port}"))]).chain(settings);
            let variables = variables.map(|(name, value)| (format!("PIM_PORTAL_{name}"), value)).collect();
            Replica { url: localhost(*port), variables, log: log.clone(), child: Mutex::new(None) }
        };
        let replicas: Vec<_> = ports.iter().map(replica).collect();
        // The first makes the key file; only the database is theirs to make together.
        for replica in &replicas {
            replica.revive().await;
        }
        Self { url: localhost(public), replicas, balancer, _directory: directory }
    }

    /// Kills every process, without a chance to put anything in order.
    pub(crate) fn stop(&self) {
        self.replicas.iter().for_each(Replica::stop);
    }

    /// Kills one process; the others go on.
    pub(crate) fn stop_replica(&self, which: usize) {
        self.replicas[which].stop();
    }

    /// Tells the first process to stop, as whatever runs it does.
    pub(crate) fn tell_to_stop(&self) {
        let child = self.replicas[0].child.lock().unwrap_or_else(PoisonError::into_inner);
        let id = child.as_ref().expect("it runs").id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(told.success());
    }

    /// How the first process ended, once it has.
    pub(crate) async fn ended(&self) -> ExitStatus {
        let child = self.replicas[0].child.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut child = child.expect("it ran");
        let waiting = tokio::task::spawn_blocking(move || child.wait());
        let ended = tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it ends");
        ended.expect("no panic").expect("a status")
    }

    /// What was logged so far.
    pub(crate) fn log(&self) -> String {
        let log = self.replicas[0].log.as_ref().expect("a log");
        std::fs::read_to_string(log).expect("a log")
    }

    /// Kills and revives it as often as ordered, one process after the other, at moments that follow from the seed.
    pub(crate) async fn kill_now_and_then(self: Arc<Self>, weather: Weather) {
        for kill in 0..weather.kills {
            let wait = 300 + weather.chance("kill", kill, 1_500);
            tokio::time::sleep(Duration::from_millis(u64::try_from(wait).expect("small"))).await;
            let replica = &self.replicas[kill % self.replicas.len()];
            replica.stop();
            replica.revive().await;
        }
    }
}

fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    free.local_addr().expect("an address").port()
}

impl Replica {
    /// Starts it and waits until it answers.
    async fn revive(&self) {
        let child = Command::new(env!("CARGO_BIN_EXE_pim-portal"))
            .arg("serve")
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .stderr(self.log.as_ref().map_or_else(Stdio::inherit, |log| {
                Stdio::from(File::options().create(true).append(true).open(log).expect("a log"))
            }))
            .spawn()
            .expect("the portal starts");
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let healthz = self.url.join("healthz").expect("a path");
        let http = client();
        let ready = async {
            while http.get(healthz.clone()).send().await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(READY_WITHIN, ready).await.expect("the portal answers");
    }

    fn stop(&self) {
        if let Some(mut child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() {
            child.kill().expect("it can be killed");
            child.wait().expect("it has ended");
        }
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.stop();
    }
}
