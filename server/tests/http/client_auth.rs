//! The portal as a confidential client without a secret: an assertion beside every request for tokens, or none of them.

use std::path::PathBuf;

use jiff::SignedDuration;
use managed_identity::Endpoint;
use serde_json::{Value, json};
use server::credentials::{ClientCredential, Credentials, MachineIdentity};
use sim_tenant::IDENTITY_HEADER;
use sim_tenant::tenant::{DEMO_TENANT_ID, demo};
use tempfile::TempDir;

use crate::support::{ADELE, Browser, Page, Portal, Sim, World};

const AUDIENCE: &str = "api://AzureADTokenExchange";
const ISSUER: &str = "https://oidc.cluster.example/";
const SUBJECT: &str = "system:serviceaccount:pim:pim-portal";

fn credential(subject: &str) -> Value {
    json!({ "issuer": ISSUER, "subject": subject, "audience": AUDIENCE })
}

/// A portal in a cluster, whose registration trusts one service account.
struct Cluster {
    world: World,
    file: PathBuf,
    _directory: TempDir,
}

impl Cluster {
    async fn start() -> Self {
        let directory = TempDir::new().expect("a directory");
        let file = directory.path().join("token");
        let sim = Sim::start(demo()).await;
        let client = ClientCredential::AssertionFile(file.clone());
        let credentials = Credentials { client, ..Credentials::default() };
        let portal = Portal::start_with(&sim, |config| config.credentials = credentials).await;
        let cluster = Self { world: World { sim, portal }, file, _directory: directory };
        cluster.trust(SUBJECT).await;
        cluster.project(&credential(SUBJECT)).await;
        cluster
    }

    async fn trust(&self, subject: &str) {
        let order = json!({ "platform": "web", "federated_credentials": [credential(subject)] });
        self.world.sim.control("client", order).await;
    }

    /// Puts a token like this into the file.
    async fn project(&self, order: &Value) {
        let answer = self.world.sim.ask("assertion", order).await;
        std::fs::write(&self.file, answer["assertion"].as_str().expect("an assertion")).expect("written");
    }
}

/// The permissions after the access tokens have run out, so that both have to be asked for again.
async fn permissions_later(world: &World, browser: &Browser) -> Page {
    world.wait(SignedDuration::from_mins(45));
    browser.get("/settings").await;
    world.wait(SignedDuration::from_mins(50));
    browser.get("/permissions").await
}

fn granted(page: &Page) -> usize {
    page.text().matches("✓ Granted").count()
}

#[tokio::test]
async fn a_projected_token_goes_with_every_request_and_is_read_anew() {
    let cluster = Cluster::start().await;
    let world = &cluster.world;
    let browser = world.signed_in(ADELE).await;
    assert_eq!(granted(&browser.get("/permissions").await), 12, "both resources");

    // It has rotated, and the one before is of no use any more.
    cluster.trust("system:serviceaccount:pim:another").await;
    cluster.project(&credential("system:serviceaccount:pim:another")).await;
    assert_eq!(granted(&permissions_later(world, &browser).await), 12, "the new token was sent");
}

#[tokio::test]
async fn a_broken_token_ends_no_session_and_heals_by_itself() {
    let cluster = Cluster::start().await;
    let world = &cluster.world;
    let browser = world.signed_in(ADELE).await;
    let gone = |file: &PathBuf| std::fs::remove_file(file).expect("removed");
    let empty = |file: &PathBuf| std::fs::write(file, "").expect("written");
    let breaks: [&dyn Fn(&PathBuf); 2] = [&gone, &empty];
    for broken in breaks {
        broken(&cluster.file);
        let page = permissions_later(world, &browser).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!((granted(&page), page.text().contains("? Unknown")), (4, true), "{}", page.text());
        cluster.project(&credential(SUBJECT)).await;
        assert_eq!(granted(&browser.get("/permissions").await), 12, "at once");
    }
    cluster
        .project(&json!({ "issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE, "lasts": "-PT1H" }))
        .await;
    let page = permissions_later(world, &browser).await;
    assert_eq!((page.status, granted(&page)), (200, 4), "{}", page.text());
    cluster.project(&credential(SUBJECT)).await;
    assert_eq!(granted(&browser.get("/permissions").await), 12);
}

#[tokio::test]
async fn a_sign_in_with_a_broken_token_says_that_the_portal_is_set_up_wrongly() {
    let cluster = Cluster::start().await;
    let expired = json!({ "issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE, "lasts": "-PT1H" });
    let other = credential("system:serviceaccount:default:default");
    let forged = json!({ "issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE, "signature": "bad" });
    for order in [expired, other, forged] {
        cluster.project(&order).await;
        misconfigured(&cluster.world, &order.to_string()).await;
    }
    std::fs::write(&cluster.file, "not a token").expect("written");
    misconfigured(&cluster.world, "no token").await;
    std::fs::remove_file(&cluster.file).expect("removed");
    misconfigured(&cluster.world, "no file").await;

    cluster.project(&credential(SUBJECT)).await;
    cluster.world.signed_in(ADELE).await;
}

async fn misconfigured(world: &World, why: &str) {
    let landed = world.browser().sign_in(ADELE, "/").await;
    assert!(
        landed.location().starts_with("/sign-in/failed?problem=configuration"),
        "{why}: {}",
        landed.location()
    );
}

#[tokio::test]
async fn a_registration_on_the_other_platform_is_told() {
    let cluster = Cluster::start().await;
    cluster.world.sim.control("client", json!({ "platform": "public" })).await;
    misconfigured(&cluster.world, "a public registration takes no assertion").await;

    let world = World::start().await;
    world.sim.control("client", json!({ "platform": "web" })).await;
    misconfigured(&world, "a confidential registration wants one").await;
}

#[tokio::test]
async fn a_managed_identity_signs_in_and_refreshes() {
    for is_machine in [false, true] {
        let sim = Sim::start(demo()).await;
        let at = |path| sim.running.control.join(path).expect("a path");
        let endpoint = if is_machine {
            Endpoint::Metadata { url: at("metadata/identity/oauth2/token") }
        } else {
            Endpoint::AppService { url: at("msi/token"), header: IDENTITY_HEADER.into() }
        };
        let identity = demo().managed_identity.expect("the demo has one");
        let credentials = Credentials {
            client: ClientCredential::ManagedIdentity { audience: AUDIENCE },
            managed_identity: Some(MachineIdentity { client_id: identity.client_id, endpoint }),
        };
        let issuer = format!("{}{DEMO_TENANT_ID}/v2.0", sim.running.sign_in);
        let trusted = json!({ "issuer": issuer, "subject": identity.principal_id, "audience": AUDIENCE });
        sim.control("client", json!({ "platform": "web", "federated_credentials": [trusted] })).await;
        let portal = Portal::start_with(&sim, |config| config.credentials = credentials).await;
        let world = World { sim, portal };
        let browser = world.signed_in(ADELE).await;
        assert_eq!(granted(&permissions_later(&world, &browser).await), 12, "is_machine: {is_machine}");
    }
}
