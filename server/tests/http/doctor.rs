//! `pim-portal doctor` against the simulated tenant: nothing to say where all is well, and one line with what to do for each thing that
//! is not.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use jiff::SignedDuration;
use pim::clock::SystemClock;
use pim::clock::{Clock as _, ManualClock};
use server::config::Config;
use server::doctor::{self, Finding, Verdict};
use server::tenants::Tenant;
use sim_tenant::tenant::{demo, fabrikam};
use url::Url;

use crate::support::{Portal, Sim, World};

async fn examine(world: &World, change: impl FnOnce(&mut Config)) -> Vec<Finding> {
    let mut config = (*world.portal.state.config).clone();
    change(&mut config);
    doctor::examine(&config, Arc::new(world.portal.clock.clone())).await.expect("findings")
}

/// The one finding that is not as it should be.
async fn wrong(world: &World, change: impl FnOnce(&mut Config)) -> Finding {
    let mut wrong = examine(world, change).await;
    wrong.retain(|finding| finding.verdict != Verdict::Ok);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    wrong.remove(0)
}

#[tokio::test]
async fn all_is_well_and_nothing_is_changed() {
    let world = World::start().await;
    let findings = examine(&world, |_| {}).await;
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Ok), "{findings:?}");
    let checks: Vec<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
    for check in [
        "sign-in: connection",
        "Microsoft Graph: answer",
        "Azure Resource Manager: answer",
        "clock",
        "sign-in: tenant",
        "sign-in: redirect URI",
        "key file",
        "store",
        "store: tables",
    ] {
        assert!(checks.contains(&check), "{check}: {checks:?}");
    }
    let one = serde_json::to_value(&findings[0]).expect("JSON");
    assert_eq!((one["check"].as_str(), one["verdict"].as_str()), (Some("sign-in: connection"), Some("ok")));

    let elsewhere = tempfile::tempdir().expect("a folder");
    let address = format!("sqlite://{}", elsewhere.path().join("portal.db").display());
    let key = elsewhere.path().join("key");
    let finding = wrong(&world, |config| {
        config.database_url = address;
        config.key_file = key;
    })
    .await;
    assert_eq!(
        (finding.check.as_str(), finding.verdict),
        ("key file", Verdict::Warning),
        "the first start makes it"
    );
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("the folder").count(), 0, "no store, no key");
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_said_with_what_to_do() {
    let world = World::start().await;
    let told = |finding: &Finding, found: &str, fix: &str| {
        let line = finding.to_string();
        assert_eq!(finding.verdict, Verdict::Failed, "{line}");
        assert!(finding.found.contains(found), "{line}");
        assert!(finding.fix.as_ref().is_some_and(|its| its.contains(fix)), "{line}");
        assert!(!line.contains('\n'), "one line: {line}");
    };
    let finding = wrong(&world, |config| {
        config.tenant_id = "3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11".parse().expect("an id");
    })
    .await;
    told(&finding, "no such tenant", "PIM_PORTAL_TENANT_ID");
    let finding =
        wrong(&world, |config| config.client_id = "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22".to_owned()).await;
    told(&finding, "AADSTS700016", "PIM_PORTAL_CLIENT_ID");
    let finding = wrong(&world, |config| {
        config.public_url = Url::parse("https://pim.example.com").expect("an address");
    })
    .await;
    told(
        &finding,
        "https://pim.example.com/auth/callback is not registered",
        "Mobile and desktop applications",
    );
    let finding =
        wrong(&world, |config| config.cloud.graph = Url::parse("http://127.0.0.1:1").expect("an address"))
            .await;
    told(&finding, "takes no connection on port 1", "firewall");
    let finding = wrong(&world, |config| {
        config.cloud.arm = Url::parse("https://no-such-host.test").expect("an address");
    })
    .await;
    told(&finding, "cannot be resolved", "PIM_PORTAL_PROXY_URL");
    let finding =
        wrong(&world, |config| config.database_url = "sqlite:///no/such/folder/portal.db".to_owned()).await;
    told(&finding, "cannot be opened", "PIM_PORTAL_DATABASE_URL");

    let key = world.portal.state.config.key_file.clone();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    told(&wrong(&world, |_| {}).await, "chmod 600", "runs as");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("a mode");

    for (off, verdict) in [(-400, Verdict::Failed), (400, Verdict::Failed), (60, Verdict::Warning)] {
        let clock = ManualClock::at(SystemClock.now() + SignedDuration::from_secs(off));
        let findings = doctor::examine(&world.portal.state.config, Arc::new(clock)).await.expect("findings");
        let clock = findings.iter().find(|finding| finding.check == "clock").expect("a clock");
        assert_eq!(clock.verdict, verdict, "{clock}");
    }
}

#[tokio::test]
async fn every_tenant_that_may_be_signed_in_to_is_looked_at() {
    let sim = Sim::start_with(demo(), vec![fabrikam()]).await;
    let portal = Portal::start(&sim).await;
    let world = World { sim, portal };
    let also = |id: &str| Tenant { id: id.parse().expect("a tenant id"), name: "Another".to_owned() };
    let findings = examine(&world, |config| config.tenants.push(also(&fabrikam().id))).await;
    let of_it: Vec<_> = findings
        .iter()
        .filter(|finding| finding.check.contains(&fabrikam().id))
        .map(|it| it.verdict)
        .collect();
    assert_eq!(of_it, [Verdict::Ok; 2], "its tenant and the redirect URI: {findings:?}");

    let nobodys = "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22";
    let finding = wrong(&world, |config| config.tenants.push(also(nobodys))).await;
    assert!(finding.check.contains(nobodys), "{finding}");
    assert!(finding.fix.is_some_and(|fix| fix.contains("PIM_PORTAL_ALLOWED_TENANTS")));
}

#[tokio::test]
async fn tables_of_another_version_are_told() {
    let world = World::start().await;
    let database = &world.portal.state.config.database_url;
    assert_eq!(store::Store::examine(database, None).await.expect("it opens"), store::Migrations::Current);
    let file = world.portal.directory.path().join("portal.db");
    let damaged = world.portal.directory.path().join("damaged.db");
    std::fs::copy(&file, &damaged).expect("a copy");
    std::fs::write(&damaged, "this is no database, and long enough to be looked at").expect("written");
    let finding =
        wrong(&world, |config| config.database_url = format!("sqlite://{}", damaged.display())).await;
    assert_eq!((finding.check.as_str(), finding.verdict), ("store", Verdict::Failed));
}
