//! The portal as a program of its own, on one port and one store however often it is killed.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sim_tenant::Running;
use sim_tenant::tenant::{DEMO_CLIENT_ID, DEMO_TENANT_ID};
use tempfile::TempDir;
use url::Url;

use crate::visit::client;
use crate::weather::Weather;

/// How long it may take to answer after its start.
const READY_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Portal {
    pub(crate) url: Url,
    variables: Vec<(String, String)>,
    child: Mutex<Option<Child>>,
    _directory: TempDir,
}

impl Portal {
    pub(crate) async fn start(tenant: &Running) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let directory = TempDir::new().expect("a directory");
        let file = |name: &str| directory.path().join(name).display().to_string();
        let bare = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let variables = [
            ("PUBLIC_URL", format!("http://localhost:{port}")),
            ("LISTEN", format!("127.0.0.1:{port}")),
            ("TENANT_ID", DEMO_TENANT_ID.to_owned()),
            ("CLIENT_ID", DEMO_CLIENT_ID.to_owned()),
            ("CLOUD", "custom".to_owned()),
            ("LOGIN_URL", bare(&tenant.sign_in)),
            ("GRAPH_URL", bare(&tenant.graph)),
            ("ARM_URL", bare(&tenant.azure)),
            ("DATABASE_URL", format!("sqlite://{}", file("portal.db"))),
            ("KEY_FILE", file("key")),
            ("PACE", "hurried".to_owned()),
            ("LOG", "error".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (format!("PIM_PORTAL_{name}"), value)).into();
        let url = Url::parse(&format!("http://localhost:{port}")).expect("a URL");
        let portal = Self { url, variables, child: Mutex::new(None), _directory: directory };
        portal.revive().await;
        portal
    }

    /// Starts it and waits until it answers.
    async fn revive(&self) {
        let child = Command::new(env!("CARGO_BIN_EXE_pim-portal"))
            .arg("serve")
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
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

    /// Kills it, without a chance to put anything in order.
    pub(crate) fn stop(&self) {
        if let Some(mut child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() {
            child.kill().expect("it can be killed");
            child.wait().expect("it has ended");
        }
    }

    /// Kills and revives it as often as ordered, at moments that follow from the seed.
    pub(crate) async fn kill_now_and_then(self: Arc<Self>, weather: Weather) {
        for kill in 0..weather.kills {
            let wait = 300 + weather.chance("kill", kill, 1_500);
            tokio::time::sleep(Duration::from_millis(u64::try_from(wait).expect("small"))).await;
            self.stop();
            self.revive().await;
        }
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.stop();
    }
}
