//! Forty roles over three planes, with every call to Graph and Azure taking 200 ms: nothing waits for what it does not need.
//!
//! `cargo xtask bench forty` prints the figures.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sim_tenant::tenant::{
    AzureGrant, AzureScope, DirectoryRole, EntraGrant, Group, GroupGrant, Paging, Tenant, demo,
};

use crate::support::{ADELE, Portal, Sim};

/// One call to Graph or Azure.
const CALL: Duration = Duration::from_millis(200);
/// The lists, and after them the policies.
const TRIPS_TO_PLAN: usize = 2;
/// The request, and after it the list that shows whether the role can be used.
const TRIPS_TO_RESULT: usize = 2;
/// A machine that is busy with something else may begin a call when another has ended already.
const TRIES: usize = 3;

/// 14 Entra roles, 13 groups and 13 Azure roles at as many scopes, all of them free to be used at once; lists as long as one page.
fn forty() -> Tenant {
    let mut tenant = demo();
    let who = "adele".to_owned();
    let policy = "nothing-8h".to_owned();
    let id = |kind: u32, n: u32| format!("{kind:08x}-0f0b-4d6e-8a0c-0000000000{n:02x}");
    let name = |what: &str, n: u32| format!("{what} {n:02}");
    tenant.paging = Paging { entra: 100, groups: 100, policies: 100, azure: 100, audit: 100 };
    tenant.entra.eligible.clear();
    tenant.groups.eligible.clear();
    // Among them one without a name, which would be asked for.
    tenant.groups.assigned.clear();
    tenant.azure.eligible.clear();
    for n in 0..14 {
        let (id, name) = (id(0xe0, n), name("Role", n));
        let role = DirectoryRole {
            id,
            name: name.clone(),
            description: String::new(),
            policy: policy.clone(),
            custom: false,
        };
        tenant.entra.roles.push(role);
        tenant.entra.eligible.push(EntraGrant {
            who: who.clone(),
            role: name,
            scope: "/".to_owned(),
            until: None,
            ended: None,
            member_type: "Direct".to_owned(),
            through: None,
            listed_as_group: false,
        });
    }
    for n in 0..13 {
        let group = name("Group", n);
        tenant.groups.list.push(Group {
            id: id(0x60, n),
            name: group.clone(),
            description: String::new(),
            member_policy: Some(policy.clone()),
            owner_policy: None,
            nameless: false,
        });
        tenant.groups.eligible.push(GroupGrant {
            who: who.clone(),
            group,
            access: "member".to_owned(),
            until: None,
            ended: None,
        });
        let scope = name("rg", n).replace(' ', "-");
        tenant.azure.scopes.push(AzureScope {
            key: scope.clone(),
            id: format!("/subscriptions/5b000002-93d4-4e6a-8a0c-1f0000000002/resourceGroups/{scope}"),
            name: scope.clone(),
            kind: "resourcegroup".to_owned(),
            parent: None,
            policies_hidden_from: Vec::new(),
        });
        tenant.azure.eligible.push(AzureGrant {
            who: who.clone(),
            role: "Reader".to_owned(),
            scope,
            policy: policy.clone(),
            until: None,
            ended: None,
            member_type: "Direct".to_owned(),
            through: None,
            listed_as_group: false,
            condition: None,
        });
    }
    tenant
}

/// How it went, with a portal and a tenant that have just started.
struct Measured {
    /// From the selection to the plan on the page.
    plan: Duration,
    /// How many calls in a row that took.
    trips_to_plan: usize,
    /// From the confirmation to the last result on the page.
    results: Duration,
    /// How many calls in a row that took.
    trips_to_result: usize,
}

async fn measure() -> Measured {
    let sim = Sim::start(forty()).await;
    // The rows' keys, from another portal: this one has read nothing yet.
    let another = Portal::start(&sim).await;
    let overview = another.signed_in(ADELE).await.get("/").await;
    let rows = overview.fields("rows[]");
    assert_eq!(rows.len(), 40, "{}", overview.text());
    let portal = Portal::start(&sim).await;
    let browser = portal.signed_in(ADELE).await;
    let fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
    for plane in ["graph", "azure"] {
        let latency = u64::try_from(CALL.as_millis()).expect("a short time");
        sim.control("latency", json!({ "plane": plane, "milliseconds": latency })).await;
    }

    let before = sim.calls().await.len();
    let begun = Instant::now();
    let page = browser.submit("/do/select", &fields).await;
    let plan = begun.elapsed();
    assert!(page.text().contains("Activate 40 roles"), "{}", page.text());
    let planned = sim.calls().await.len();

    let begun = Instant::now();
    let result = browser.confirm(&page, &[("justification", "Forty at once")]).await;
    let results = begun.elapsed();
    let states = result.lines();
    assert_eq!(states.len(), 40);
    assert!(states.iter().all(|(state, _)| state == "Usable"), "{states:?}");
    assert_eq!(sim.ledger().await.len(), 40);
    let calls = sim.calls().await;
    // What the groups lead to is read afterwards, and not waited for: one list a plane shows the results.
    let is_list =
        |call: &Value| call["path"].as_str().is_some_and(|path| path.contains("ssignmentScheduleInstances"));
    let (lists, others): (Vec<_>, Vec<_>) = calls[planned..].iter().partition(|call| is_list(call));
    let writes = others.into_iter().filter(|call| call["method"] != "GET");
    Measured {
        plan,
        trips_to_plan: in_a_row(calls[before..planned].iter()),
        results,
        trips_to_result: in_a_row(writes.chain(lists.into_iter().take(3))),
    }
}

/// The most of `calls` that came one after the end of another: nothing can be faster than these, one by one.
fn in_a_row<'c>(calls: impl Iterator<Item = &'c Value>) -> usize {
    let times = |call: &Value| {
        let begun: Timestamp = call["time"].as_str().expect("a time").parse().expect("a time");
        let elapsed = call["elapsedMilliseconds"].as_i64().expect("a number");
        (begun + SignedDuration::from_millis(elapsed), begun)
    };
    let mut calls: Vec<_> = calls.filter(|call| call["batched"] != true).map(times).collect();
    calls.sort_unstable();
    let mut last: Option<Timestamp> = None;
    let mut count = 0;
    for (ended, begun) in calls {
        if last.is_none_or(|last| begun >= last) {
            last = Some(ended);
            count += 1;
        }
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_roles_wait_for_no_more_than_what_each_of_them_needs() {
    let mut tries = Vec::new();
    for _ in 0..TRIES {
        let measured = measure().await;
        let (plan, results) = (measured.plan.as_millis(), measured.results.as_millis());
        let in_a_row = [measured.trips_to_plan, measured.trips_to_result];
        println!("plan {plan} ms, results {results} ms; calls in a row: {in_a_row:?}");
        if in_a_row == [TRIPS_TO_PLAN, TRIPS_TO_RESULT] {
            return;
        }
        tries.push(in_a_row);
    }
    panic!("calls in a row to plan and results: {tries:?}");
}
