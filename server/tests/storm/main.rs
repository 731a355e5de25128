//! A storm: many people activate many roles while a third of the calls to Microsoft goes wrong in every way a network can, and, if
//! asked, while the portal is killed again and again. Afterwards every line that the portal shows is compared with the simulated
//! tenant's ledger.
//!
//! The test suite runs a small one. `cargo xtask bench storm` runs a large one, by way of the variables that [`Weather`] reads.
//!
//! | module | holds |
//! |---|---|
//! | `tenant` | the people and their roles |
//! | `portal` | the portal as a program of its own, or as several replicas, which can be killed |
//! | `balancer` | what stands in front of replicas |
//! | `replicas` | what one person sees of two replicas |
//! | `stopping` | how a portal ends that is told to |
//! | `logs` | what a portal logs, for machines |
//! | `visit` | what one person does in the browser |
//! | `judge` | what is shown against what happened |

mod balancer;
mod judge;
mod logs;
mod portal;
mod replicas;
mod stopping;
mod tenant;
mod visit;
mod weather;

use std::sync::Arc;
use std::time::Duration;

use judge::Verdict;
use portal::Portal;
use serde_json::json;
use sim_tenant::{Options, Running};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use weather::Weather;

/// How many people are at it at the same time.
const AT_ONCE: usize = 16;
/// How long people wait before they look again.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// How long operations may take to their ends once the storm is over.
const SETTLES: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_nothing_happens_twice_and_nothing_is_told_that_is_not_so() {
    run(&Weather::small()).await.hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_that_is_killed_in_a_storm_takes_up_what_it_began() {
    run(&Weather { kills: 4, seed: 20, ..Weather::small() }).await.hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_of_which_one_is_killed_now_and_then_do_nothing_twice() {
    run(&Weather { kills: 4, seed: 22, replicas: 2, ..Weather::small() }).await.hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "as large as its variables say; cargo xtask bench storm runs it"]
async fn as_ordered() {
    let weather = Weather::from_environment();
    let verdict = run(&weather).await;
    verdict.write(&weather);
    verdict.hold();
}

async fn run(weather: &Weather) -> Verdict {
    println!("{weather:?}");
    let options = Options { tenant: tenant::of(weather), ..Options::ephemeral() };
    let tenant = Arc::new(Running::start(options).await.expect("the tenant starts"));
    let control = visit::Control::new(&tenant.control);
    control.post("requests", json!({ "keep": 1_000 })).await;
    let portal = Arc::new(Portal::start(&tenant, weather.replicas).await);
    control
        .post("lag", json!({ "plane": "*", "provisioning": "PT1S", "instance": "PT1S", "request": "PT0.5S" }))
        .await;
    let storm = json!({ "seed": weather.seed, "rate": weather.rate, "kinds": weather::KINDS });
    control.post("faults", json!({ "storm": storm })).await;

    let killing = tokio::spawn(portal.clone().kill_now_and_then(weather.clone()));
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let visits = (0..weather.operations).map(|number| {
        let (portal, places, weather) = (portal.clone(), places.clone(), weather.clone());
        tokio::spawn(async move {
            let _place = places.acquire_owned().await.expect("open");
            visit::activate(&portal, &weather, number).await
        })
    });
    let visits: Vec<_> = visits.collect();
    let mut people = Vec::new();
    for visit in visits {
        people.push(visit.await.expect("a visit ends"));
    }
    // Those that are still to be killed are killed while the rest comes to its end.
    killing.await.expect("killing ends");
    let report = control.get("faults").await;
    control.delete("faults").await;

    let deadline = Instant::now() + SETTLES;
    loop {
        let looks = people.iter_mut().filter(|person| !person.is_at_the_end());
        let open = futures::future::join_all(looks.map(visit::Person::look)).await;
        if open.is_empty() || Instant::now() > deadline {
            break;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    let verdict = judge::judge(weather, &people, &control.get("ledger").await, &report);
    portal.stop();
    verdict
}
