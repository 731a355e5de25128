//! The overview: every role on every plane, what each asks for, and what is said of a plane that fails, is slow or is empty.

use std::time::{Duration, Instant};

use serde_json::json;
use sim_tenant::tenant::demo;
use url::form_urlencoded::byte_serialize;

use crate::support::{ADELE, ALEX, FRIDA, NESTOR, Page, Portal, Row, World, text};

const PLANES: [&str; 3] = ["entra", "groups", "azure"];

/// The part of the overview that an event of this stream brings.
fn arrived(stream: &Page, id: &str) -> String {
    let events = stream.body.split("\n\n").filter(|event| event.contains("event: part\n"));
    let data = |event: &str| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let parts: Vec<_> = events.map(data).collect();
    let part = parts.iter().find_map(|part| part.strip_prefix(&format!("{id}\n")));
    text(part.unwrap_or_else(|| panic!("{id} arrives: {}", stream.body)))
}

/// The titles on the overview of one plane that this person may activate without activating a group first, according to the seed.
fn seeded(who: &str, plane: &str) -> Vec<String> {
    let mut tenant = demo();
    let groups =
        tenant.personas.iter().find(|persona| persona.key == who).map(|persona| persona.member_of.clone());
    let is_there = |through: &Option<String>| {
        through.as_ref().is_none_or(|group| groups.iter().flatten().any(|one| one == group))
    };
    tenant.entra.eligible.retain(|e| is_there(&e.through) && e.ended.is_none());
    tenant.groups.eligible.retain(|e| e.ended.is_none());
    tenant.azure.eligible.retain(|e| is_there(&e.through) && e.ended.is_none());
    let mut titles: Vec<String> = match plane {
        "entra" => tenant.entra.eligible.into_iter().filter(|e| e.who == who).map(|e| e.role).collect(),
        "groups" => tenant.groups.eligible.into_iter().filter(|e| e.who == who).map(|e| e.group).collect(),
        _ => tenant.azure.eligible.into_iter().filter(|e| e.who == who).map(|e| e.role).collect(),
    };
    for group in tenant.groups.list.into_iter().filter(|group| group.nameless) {
        // The service keeps this group's name to itself.
        titles.iter_mut().filter(|title| **title == group.name).for_each(|title| title.clone_from(&group.id));
    }
    titles.sort_unstable();
    titles
}

#[tokio::test]
async fn every_role_of_the_tenant_is_there_once() {
    let world = World::start().await;
    let page = world.signed_in(ADELE).await.get("/").await;
    for (plane, count) in PLANES.into_iter().zip([14, 7, 14]) {
        let part = page.body.split("<tbody").find(|part| part.contains(&format!("\"eligible-{plane}\"")));
        let part = Page { body: part.expect("a part").to_owned(), ..page.clone() };
        let mut shown: Vec<_> = part.eligible().into_iter().map(|row| row.title).collect();
        shown.sort_unstable();
        assert_eq!(shown, seeded("adele", plane), "{plane}");
        assert_eq!(shown.len(), count, "{plane}");
    }
    assert!(page.eligible().iter().all(|row| !row.is_hidden), "nothing is narrowed away");
}

#[tokio::test]
async fn each_role_says_what_it_asks_for() {
    let world = World::start().await;
    let page = world.signed_in(ADELE).await.get("/").await;
    let unknown = ["unknown"; 6];
    for (name, asks) in [
        ("Global Reader, Directory", ["8 h", "–", "–", "–", "–", "–"]),
        ("Helpdesk Administrator, Directory", ["1 h 45 min", "Reason", "–", "–", "–", "–"]),
        ("Groups Administrator, Directory", ["24 h", "Reason", "–", "–", "–", "–"]),
        ("Exchange Administrator, Directory", ["4 h", "Reason", "Ticket", "–", "–", "–"]),
        ("Privileged Role Administrator, Directory", ["4 h", "Reason", "–", "MFA", "–", "1 group"]),
        ("Conditional Access Administrator, Directory", ["1 h", "Reason", "–", "–", "c1", "–"]),
        ("Global Administrator, Directory", ["30 min", "Reason", "Ticket", "–", "c1", "2 approvers"]),
        ("Production Database Operators, Member", ["8 h", "–", "–", "–", "–", "–"]),
        ("Production Database Operators, Owner", ["2 h", "Reason", "–", "–", "–", "1 approver"]),
        ("Payroll Administrators, Member", ["4 h", "Reason", "Ticket", "–", "–", "–"]),
        ("Key Custodians, Member", ["1 h", "Reason", "–", "–", "c1", "–"]),
        ("Owner, Contoso Production", ["30 min", "Reason", "Ticket", "–", "c1", "2 approvers"]),
        ("Contributor, Contoso Sandbox", ["8 h", "–", "–", "–", "–", "–"]),
        ("Network Contributor, Contoso Connectivity", unknown),
        ("Cost Management Reader, Contoso Connectivity", unknown),
        ("Security Admin, Contoso Landing Zones", unknown),
    ] {
        assert_eq!(page.row(name).asks, asks, "{name}");
    }
}

#[tokio::test]
async fn each_role_says_where_it_holds_and_how_it_came_about() {
    let world = World::start().await;
    let page = world.signed_in(ADELE).await.get("/").await;
    for (name, said) in [
        ("User Administrator, Administrative unit: Seattle Branch", "Seattle Branch · direct"),
        ("Application Administrator, Application: Expense Reporting", "Expense Reporting · direct"),
        ("SharePoint Administrator, Directory", "Directory · through a group"),
        ("Virtual Machine Contributor, Contoso Sandbox / rg-lab", "rg-lab · through a group"),
        (
            "Storage Blob Data Contributor, Contoso Production / rg-data-prod / contosoinvoices",
            "contosoinvoices · direct · with a condition",
        ),
        ("Global Reader, Directory", "Permanent"),
    ] {
        let row = page.row(name);
        assert!(row.text.contains(said), "{name}: {}", row.text);
    }
    let held: Vec<_> = PLANES.iter().map(|plane| page.part(&format!("held-{plane}"))).collect();
    for (held, assigned) in
        held.iter().zip(["Message Center Reader", "Cloud Operations", "Log Analytics Reader"])
    {
        assert!(held.contains("2 roles assigned without activation") && held.contains(assigned), "{held}");
    }
}

#[tokio::test]
async fn a_plane_that_refuses_says_so_and_is_never_called_empty() {
    let world = World::start().await;
    let page = world.signed_in(FRIDA).await.get("/").await;
    for plane in PLANES {
        for part in ["held", "eligible"] {
            let said = page.part(&format!("{part}-{plane}"));
            assert!(said.contains("could not be read"), "{part} {plane}: {said}");
            assert!(said.contains("Try again"), "{part} {plane}: {said}");
        }
    }
    assert!(!page.text().contains("eligible for you"), "{}", page.text());
    assert_eq!(page.eligible().len(), 0);
}

#[tokio::test]
async fn who_may_activate_nothing_is_told_so_plane_by_plane() {
    let world = World::start().await;
    let page = world.signed_in(NESTOR).await.get("/").await;
    for plane in world.portal.state.portal.planes() {
        let said = page.part(&format!("eligible-{}", plane.id));
        assert_eq!(said, format!("{} {}", plane.title, plane.empty));
        assert_eq!(page.part(&format!("held-{}", plane.id)), "");
    }
    assert!(!page.text().contains("could not be read"));
}

#[tokio::test]
async fn one_plane_that_is_down_leaves_the_others_whole() {
    for (down, path) in [
        ("entra", "/roleManagement/directory/roleEligibilityScheduleInstances"),
        ("groups", "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"),
        ("azure", "/roleEligibilityScheduleInstances?"),
    ] {
        let world = World::start().await;
        let origin = if down == "azure" { "azure" } else { "graph" };
        let path = path.trim_end_matches('?');
        let fault = json!({ "plane": origin, "path_contains": path, "status": 500, "times": 1000 });
        world.sim.control("faults", fault).await;
        let browser = world.signed_in(ADELE).await;
        let page = browser.get("/").await;
        for (plane, count) in PLANES.into_iter().zip([14, 7, 14]) {
            let said = page.part(&format!("eligible-{plane}"));
            assert_eq!(said.contains("eligible roles could not be read"), plane == down, "{plane}: {said}");
            let rows = page.eligible().into_iter().filter(|row| said.contains(&row.text)).count();
            assert_eq!(rows, if plane == down { 0 } else { count }, "{down} is down, {plane}");
        }
        let retry = page.link(&format!("Try again to read {}", title(&world.portal, down))).expect("a retry");
        world.sim.heal().await;
        let again = browser.get(&retry).await;
        assert_eq!(again.eligible().len(), 35, "the failure was not kept");
    }
}

fn title(portal: &Portal, plane: &str) -> &'static str {
    let mut planes = portal.state.portal.planes();
    planes.find(|known| known.id.as_str() == plane).expect("a plane").title
}

#[tokio::test]
async fn a_plane_that_asks_to_wait_says_for_how_long() {
    let world = World::start().await;
    let fault = json!({ "plane": "azure", "status": 429, "times": 1000, "headers": { "retry-after": "60" } });
    world.sim.control("faults", fault).await;
    let page = world.signed_in(ADELE).await.get("/").await;
    let said = page.part("eligible-azure");
    assert!(said.contains("Microsoft asks to wait 60 seconds"), "{said}");
    assert_eq!(page.eligible().len(), 21, "the other two are whole");
}

#[tokio::test]
async fn a_plane_that_stumbles_once_is_asked_again() {
    let world = World::start().await;
    world
        .sim
        .control("faults", json!({ "plane": "azure", "status": 503, "headers": { "retry-after": "1" } }))
        .await;
    let browser = world.signed_in(ADELE).await;
    browser.get("/").await;
    let late = browser.get("/events/overview?part=held-azure&part=eligible-azure").await;
    for (id, said) in [("held-azure", "2 roles assigned"), ("eligible-azure", "Key Vault Administrator")] {
        assert!(arrived(&late, id).contains(said), "{id}: {}", late.body);
    }
}

#[tokio::test]
async fn a_slow_plane_does_not_hold_the_page_up_and_arrives_by_itself() {
    let mut tenant = demo();
    tenant.paging.azure = 100;
    let world = World::of(tenant).await;
    let list = "roleEligibilityScheduleInstances";
    let slow = json!({ "plane": "azure", "milliseconds": 3000, "path_contains": list });
    world.sim.control("latency", slow).await;
    let browser = world.signed_in(ADELE).await;

    let asked = Instant::now();
    let page = browser.get("/").await;
    assert!(asked.elapsed() < Duration::from_millis(2_900), "the page took {:?}", asked.elapsed());
    let waiting = page.part("eligible-azure");
    assert_eq!(waiting, "Azure resources Azure resources are still loading. Load again");
    assert_eq!(page.eligible().len(), 21, "the others are there");

    let stream = browser.get("/events/overview?part=eligible-azure&part=nothing").await;
    assert_eq!(stream.header("content-type"), "text/event-stream");
    let rows = arrived(&stream, "eligible-azure");
    assert!(rows.contains("Key Vault Administrator") && !rows.contains("still loading"), "{rows}");
    assert_eq!(stream.body.matches("event: part\n").count(), 1, "what is not a part does not come");
    assert!(
        stream.body.ends_with("event: end\ndata: all\n\n"),
        "a browser hears what has data: {}",
        stream.body
    );
    let calls = world.sim.calls().await;
    let is_list = |call: &&serde_json::Value| call["path"].as_str().is_some_and(|path| path.ends_with(list));
    let lists = calls.iter().filter(|call| call["plane"] == "azure").filter(is_list).count();
    assert_eq!(lists, 1, "the stream waited for the read that the page began");
}

#[tokio::test]
async fn search_and_plane_narrow_without_a_script() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for (query, expected) in [
        ("q=global", vec!["Global Administrator", "Global Reader"]),
        ("q=KEY+prod", vec!["Key Vault Administrator"]),
        (
            "q=contributor&plane=azure",
            vec![
                "Contributor",
                "Contributor",
                "Network Contributor",
                "SQL DB Contributor",
                "Storage Blob Data Contributor",
                "Virtual Machine Contributor",
                "Website Contributor",
            ],
        ),
        ("q=contributor&plane=entra", vec![]),
        ("q=no+such+role", vec![]),
    ] {
        let page = browser.get(&format!("/?{query}")).await;
        let mut shown: Vec<_> =
            page.eligible().into_iter().filter(|row| !row.is_hidden).map(|row| row.title).collect();
        shown.sort_unstable();
        assert_eq!(shown, expected, "{query}");
        assert_eq!(page.eligible().len(), 35, "the rest is there for the script to show");
    }
    for (plane, count) in PLANES.into_iter().zip([14, 7, 14]) {
        let page = browser.get(&format!("/?plane={plane}")).await;
        assert_eq!(page.eligible().iter().filter(|row| !row.is_hidden).count(), count, "{plane}");
    }
    let quoted = browser.get("/?q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert_eq!(quoted.field("q"), "\"><script>alert(1)</script>");
    assert!(!quoted.body.contains("<script>alert"), "what was searched for comes back as text");
}

/// What is shown, in its order.
fn shown(page: &Page) -> Vec<String> {
    let rows = page.eligible().into_iter().filter(|row| !row.is_hidden);
    rows.map(|row| format!("{}, {}", row.title, row.place)).collect()
}

/// The heads of the columns.
fn heads(page: &Page) -> String {
    text(page.element("<thead role=\"rowgroup\" id=\"eligible-columns\"", "</thead>").expect("heads"))
}

fn is_before(page: &Page, first: &str, second: &str) -> bool {
    let heads = heads(page);
    heads.find(first).is_some_and(|at| Some(at) < heads.find(second))
}

#[tokio::test]
async fn an_address_alone_filters() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let whole = browser.get("/").await;
    for (query, fits) in [
        ("asks=ticket", &(|row: &Row| row.asks[2] == "Ticket") as &dyn Fn(&Row) -> bool),
        ("asks=ticket&asks=mfa", &|row| row.asks[2] == "Ticket" || row.asks[3] == "MFA"),
        ("asks=unknown", &|row| row.asks.iter().any(|cell| cell == "unknown")),
        ("asks=nothing", &|row| row.asks[2..].iter().all(|cell| cell == "–")),
        ("scope=directory&asks=approval", &|row| row.place == "Directory" && row.asks[5].contains('p')),
        ("scope=unit", &|row| row.place.starts_with("Administrative unit")),
        ("scope=owner", &|row| row.place == "Owner"),
        ("env=production&plane=azure", &|row| row.place.contains("Production")),
        ("env=development", &|row| row.place.contains("Sandbox")),
    ] {
        let expected = whole.eligible().iter().filter(|row| fits(row)).count();
        assert!(expected > 0, "{query} has something to find");
        let found = browser.get(&format!("/?{query}")).await.eligible();
        let found: Vec<_> = found.iter().filter(|row| !row.is_hidden).collect();
        assert!(found.iter().all(|row| fits(row)), "{query}: {found:?}");
        assert_eq!(found.len(), expected, "{query}");
    }
    assert_eq!(shown(&browser.get("/?asks=everything&scope=moon&sort=colour").await).len(), 35);
}

#[tokio::test]
async fn an_address_alone_sorts_groups_and_lays_out() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let by_end = browser.get("/?plane=azure&sort=ends").await;
    let permanent = by_end.eligible().into_iter().filter(|row| !row.is_hidden);
    let permanent: Vec<bool> = permanent.map(|row| row.text.contains("Permanent")).collect();
    assert!(permanent.is_sorted() && permanent.contains(&false), "what ends comes first: {permanent:?}");

    let grouped = browser.get("/?plane=azure&group=scope").await;
    let part = grouped.part("eligible-azure");
    let at = |text: &str| part.find(text).unwrap_or_else(|| panic!("{text}: {part}"));
    assert!(at("Contoso Connectivity") < at("Contoso Production"), "{part}");
    let places: Vec<_> =
        grouped.eligible().into_iter().filter(|row| !row.is_hidden).map(|row| row.place).collect();
    let mut steps: Vec<_> =
        places.iter().map(|place| place.split(" / ").next().unwrap_or_default()).collect();
    steps.dedup();
    let count = steps.len();
    steps.sort_unstable();
    steps.dedup();
    assert_eq!(steps.len(), count, "each subscription stands together: {places:?}");

    let narrow = browser.get("/?col=approval&col=up-to").await;
    assert!(is_before(&narrow, "Approval", "Up to") && !heads(&narrow).contains("Ticket"));
    let moved = browser.get("/?col=approval&col=up-to&move=up-to%3Aup").await;
    assert!(is_before(&moved, "Up to", "Approval"));
    assert_eq!(narrow.row("Global Reader, Directory").asks[2], "", "no cell for a column that is not shown");
}

#[tokio::test]
async fn a_layout_that_is_kept_is_meant_where_none_is_said() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let sorted = "/?plane=azure&sort=ends&col=approval";
    let kept = browser.post("/do/keep-view", &[("view", &sorted[2..]), ("step", "keep")]).await;
    assert_eq!(kept.location(), sorted);
    assert_eq!(shown(&browser.get("/?plane=azure").await), shown(&browser.get(sorted).await));
    let plain = browser.get("/?plane=azure&sort=name").await;
    assert_ne!(shown(&plain), shown(&browser.get("/?plane=azure").await));
    assert!(heads(&plain).contains("Ticket"), "the built-in layout can be asked for");
    // Another person has their own.
    let alex = world.signed_in(ALEX).await;
    assert!(heads(&alex.get("/").await).contains("Ticket"));
    browser.post("/do/keep-view", &[("view", &sorted[2..]), ("step", "forget")]).await;
    assert!(heads(&browser.get("/?plane=azure").await).contains("Ticket"));
}

#[tokio::test]
async fn an_open_row_tells_all_that_is_known_with_and_without_a_script() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let page = browser.get("/").await;
    let encoded = |name: &str| byte_serialize(page.tick(name).as_bytes()).collect::<String>();
    let key = encoded("Global Administrator, Directory");
    assert!(!page.body.contains("data-details"));
    let open = browser.get(&format!("/?q=global&toggle={key}")).await;
    let told = text(open.element("<tr role=\"row\" data-details", "</tr>").expect("details"));
    for said in ["Scope /", "Direct", "30 min (PT30M)", "Ticket Required", "c1", "Required, from one of"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let fetched = browser.get(&format!("/details?role={key}")).await;
    assert_eq!(text(&fetched.body), told);
    assert!(!browser.get(&format!("/?open={key}&toggle={key}")).await.body.contains("data-details"));

    let name = "Storage Blob Data Contributor, Contoso Production / rg-data-prod / contosoinvoices";
    let fetched = text(&browser.get(&format!("/details?role={}", encoded(name))).await.body);
    assert!(fetched.contains("Condition") && fetched.contains("/resourceGroups/"), "{fetched}");
    let name = "Network Contributor, Contoso Connectivity";
    let fetched = text(&browser.get(&format!("/details?role={}", encoded(name))).await.body);
    assert!(fetched.contains("Longest activation Not known"), "{fetched}");
    assert_eq!(browser.get("/details?role=entra%3Anothing").await.status, 404);
}

#[tokio::test]
async fn favourites_come_first_where_that_is_wanted_and_can_be_had_alone() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let page = browser.overview().await;
    let name = "User Administrator, Administrative unit: Seattle Branch";
    let key = page.tick(name);
    let answer = browser.post("/do/star", &[("star", &key), ("view", "plane=entra")]).await;
    assert_eq!(answer.location(), "/?plane=entra");
    assert_eq!(shown(&browser.get("/?plane=entra&sort=favourites").await)[0], name);
    assert_ne!(shown(&browser.get("/?plane=entra").await)[0], name);
    assert_eq!(shown(&browser.get("/?only=favourites").await), [name]);
    assert_eq!(shown(&world.signed_in(ALEX).await.get("/?only=favourites").await), [""; 0], "a person's own");
    browser.post("/do/star", &[("unstar", &key)]).await;
    assert_eq!(shown(&browser.get("/?only=favourites").await), [""; 0]);
    let answer = browser.post("/do/star", &[("star", "entra:nothing")]).await;
    assert_eq!(answer.location(), "/?notice=gone");
}

#[tokio::test]
async fn what_is_used_most_comes_first_where_that_is_wanted() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let (reader, other) = ("Global Reader, Directory", "Helpdesk Administrator, Directory");
    browser.activate(&[reader], "Looking around").await;
    let order = shown(&browser.get("/?plane=entra&sort=used").await);
    assert_eq!(order[0], reader, "{order:?}");
    assert!(order[1..].is_sorted(), "the rest stays by name: {order:?}");
    assert!(!shown(&browser.get("/?plane=entra").await)[0].starts_with("Global Reader"));
    let key = browser.get("/").await.tick(other);
    let key: String = byte_serialize(key.as_bytes()).collect();
    let told = text(&browser.get(&format!("/details?role={key}")).await.body);
    assert!(told.contains("Activated with this portal Not in the last 90 days"), "{told}");
}

#[tokio::test]
async fn what_was_not_there_before_is_new_for_one_visit() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.overview().await;
    assert_eq!(shown(&browser.get("/?only=new").await), [""; 0], "of the first visit nothing is new");

    // This group brings a role in the directory and one in Azure.
    let brought = ["Authentication Administrator", "Website Contributor"];
    browser.activate(&["Incident Responders, Member"], "On call").await;
    let titles = |page: Page, fits: fn(&Row) -> bool| {
        let mut titles: Vec<_> = page.eligible().into_iter().filter(fits).map(|row| row.title).collect();
        titles.sort_unstable();
        titles
    };
    let mut new = Vec::new();
    for _ in 0..20 {
        browser.submit("/do/refresh", &[]).await;
        new = titles(browser.get("/?only=new").await, |row| !row.is_hidden);
        if new.len() == brought.len() {
            break;
        }
    }
    assert_eq!(new, brought);
    let marked = titles(browser.overview().await, |row| row.text.contains(" New "));
    assert_eq!(marked, brought, "it is said without a filter, too");
    // She stays signed in, and comes back to the overview later.
    for _ in 0..5 {
        world.wait(jiff::SignedDuration::from_mins(50));
        browser.get("/settings").await;
    }
    let page = browser.get("/?only=new").await;
    assert_eq!(shown(&page), [""; 0]);
    assert!(page.text().contains(brought[0]), "it is there, and was seen");
}
