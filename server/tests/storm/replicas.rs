//! Two replicas on one PostgreSQL, behind a balancer that remembers nobody: what one does, the other knows.

use sim_tenant::{Options, Running};

use crate::portal::Portal;
use crate::tenant::upn;
use crate::visit::Browser;
use crate::weather::Weather;

struct World {
    portal: Portal,
    _tenant: Running,
}

impl World {
    async fn start() -> Self {
        let options = Options { tenant: crate::tenant::of(&Weather::small()), ..Options::ephemeral() };
        let tenant = Running::start(options).await.expect("the tenant starts");
        Self { portal: Portal::start(&tenant, 2).await, _tenant: tenant }
    }

    fn lead_to(&self, replica: usize) {
        self.portal.balancer.as_ref().expect("two replicas").lead_to(replica);
    }

    /// Signed in: begun at one replica, ended at the other.
    async fn signed_in(&self) -> Browser {
        let mut browser = Browser::new(&self.portal.url);
        self.lead_to(0);
        let way = browser.begin_sign_in(&upn(0)).await.expect("a way back");
        self.lead_to(1);
        assert_eq!(browser.get(&way).await.expect("an answer").location.as_deref(), Some("/"));
        browser
    }
}

/// The first event that somebody who listens is told of.
async fn told(mut events: reqwest::Response) -> String {
    let mut heard = String::new();
    while let Some(chunk) = events.chunk().await.expect("a stream") {
        heard.push_str(&String::from_utf8_lossy(&chunk));
        if heard.contains("\n\n") && heard.contains("event:") {
            return heard;
        }
    }
    panic!("the stream ended after {heard:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_begun_at_one_ends_at_the_other_and_both_know_who_it_is() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    for replica in [0, 1] {
        world.lead_to(replica);
        let page = browser.get("/").await.expect("an answer");
        assert!(page.body.contains(&upn(0)), "replica {replica}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_at_one_is_told_by_both() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let mut listening = Vec::new();
    for replica in [0, 1] {
        world.lead_to(replica);
        listening.push(browser.listen("/events/changes").await);
    }
    world.lead_to(0);
    let page = browser.activate_first().await;
    for events in listening {
        let heard = tokio::time::timeout(std::time::Duration::from_secs(20), told(events)).await;
        let heard = heard.expect("both are told");
        assert!(heard.contains("operation"), "{heard}");
    }
    world.lead_to(1);
    assert!(browser.get(&page).await.expect("an answer").body.contains("data-state"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_one_is_killed_the_other_goes_on_with_everything() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.lead_to(0);
    let page = browser.activate_first().await;
    world.portal.stop_replica(0);
    let usable = async {
        loop {
            let answer = browser.get(&page).await.expect("the other answers");
            if answer.body.contains("data-state=\"Usable\"") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), usable).await.expect("it is taken to its end");
}
