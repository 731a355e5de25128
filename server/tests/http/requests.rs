//! The person's own requests on one page, and the link that leads an approver to one of them.

use serde_json::json;

use crate::support::{ADELE, ALEX, Browser, Page, World, text};

/// One role a plane that Alex decides on.
const ROLES: [&str; 3] = [
    "Privileged Role Administrator, Directory",
    "Release Managers, Member",
    "Contributor, Contoso Production",
];

async fn ask(browser: &Browser, roles: &[&str]) -> Page {
    let plan = browser.select(roles).await;
    browser.confirm(&plan, &[("justification", "Release 12"), ("ticket_number", "T-1")]).await
}

/// Stage and text of each open request.
fn open(page: &Page) -> Vec<(String, String)> {
    let rows = page.body.split("<li data-stage=\"").skip(1);
    rows.map(|row| {
        let (stage, rest) = row.split_once('"').expect("a stage");
        let row = rest.split("<li data-stage").next().expect("a row");
        (stage.to_owned(), text(row.split("</section>").next().expect("a row")))
    })
    .collect()
}

/// The links for approvers, as addresses of the portal.
fn links(world: &World, page: &Page) -> Vec<String> {
    let origin = world.portal.url.as_str().trim_end_matches('/');
    let values = page.body.split("value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    values.filter_map(|value| value.strip_prefix(origin)).map(|path| path.replace("&amp;", "&")).collect()
}

#[tokio::test]
async fn all_that_waits_for_approval_stands_with_who_can_give_it_and_a_link_for_them() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    assert!(adele.get("/requests").await.text().contains("Nothing of yours is waiting."));
    // What an approver read before is not what the links go by.
    let before = world.signed_in(ALEX).await.get("/approvals").await;
    assert!(before.text().contains("Nothing waits for you"), "{}", before.text());
    ask(&adele, &ROLES).await;

    let page = adele.get("/requests").await;
    let rows = open(&page);
    assert_eq!(rows.len(), 3, "{}", page.text());
    for (role, duration) in ROLES.into_iter().zip(["For 4 h", "For 2 h", "For 2 h"]) {
        let (title, place) = role.split_once(", ").expect("a role and a place");
        let (stage, line) = rows
            .iter()
            .find(|(_, line)| line.contains(title))
            .unwrap_or_else(|| panic!("{title}: {rows:#?}"));
        assert_eq!(stage, "approval");
        for part in [place, "Asked", duration, "Release 12", "Can approve: "] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    let azure = rows.iter().find(|(_, line)| line.contains("Contributor")).expect("a row");
    assert!(azure.1.contains("Can approve: Alex Wilber"), "Azure gives names: {}", azure.1);
    let entra = rows.iter().find(|(_, line)| line.contains("Privileged Role")).expect("a row");
    assert!(entra.1.contains("Microsoft tells only the ids here"), "Graph gives none: {}", entra.1);

    let links = links(&world, &page);
    assert_eq!(links.len(), 3, "{}", page.body);
    for link in links {
        // From the link through the sign-in to this very request.
        let browser = world.browser();
        let to_sign_in = browser.get(&link).await;
        let return_to = to_sign_in.location().split_once("return_to=").expect("a way back").1;
        let return_to = url::form_urlencoded::parse(format!("r={return_to}").as_bytes())
            .next()
            .expect("one")
            .1
            .into_owned();
        let landed = browser.sign_in(ALEX, &return_to).await;
        let page = browser.get(landed.location()).await;
        assert_eq!(page.heading(), "3 requests wait for you");
        let first = page.element("<li class=\"approval", "</li>").expect("a request");
        assert!(first.contains("The link led here") && first.contains("checked"), "{first}");
        assert_eq!(page.body.matches("The link led here").count(), 1);
    }
}

#[tokio::test]
async fn a_link_to_what_waits_no_more_or_is_ones_own_says_so() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    ask(&adele, &ROLES[1..2]).await;
    let link = links(&world, &adele.get("/requests").await).remove(0);
    let own = adele.get(&link).await;
    assert!(own.text().contains("a request of your own"), "{}", own.text());

    let request = world.sim.only_commit().await["id"].clone();
    world.sim.control("decide", json!({ "request": request, "decision": "deny", "by": ALEX })).await;
    let alex = world.signed_in(ALEX).await;
    let page = alex.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("does not wait for you. It was decided or withdrawn"), "{}", page.text());

    let over = adele.get("/requests").await;
    assert!(open(&over).is_empty(), "{}", over.text());
    assert!(
        over.text().contains("Ended in the last 7 days") && over.text().contains("Refused"),
        "{}",
        over.text()
    );
}

#[tokio::test]
async fn what_another_tool_asked_for_is_listed_too_and_can_be_withdrawn() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    ask(&adele, &ROLES[2..]).await;
    // Another portal, which knows nothing of this one's journal.
    let other = crate::support::Portal::start(&world.sim).await;
    let browser = other.signed_in(ADELE).await;
    let page = browser.get("/requests").await;
    let rows = open(&page);
    assert_eq!(rows.len(), 1, "{}", page.text());
    assert_eq!(rows[0].0, "approval");
    assert!(rows[0].1.contains("Not asked for through this portal"), "{}", rows[0].1);
    assert!(rows[0].1.contains("Contoso Production"), "{}", rows[0].1);
    let withdrawn = browser.submit("/do/withdraw", &[("request", &page.field("request"))]).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text());
    let page = browser.get("/requests").await;
    assert!(open(&page).is_empty(), "{}", page.text());
    assert!(page.text().contains("Withdrawn"), "{}", page.text());
}

#[tokio::test]
async fn what_waits_for_the_person_an_administrator_or_its_time_stands_apart() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let plan = adele.select(&["Global Reader, Directory"]).await;
    let start = world.portal.clock_now() + jiff::SignedDuration::from_hours(30);
    let start = start.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M").to_string();
    adele.confirm(&plan, &[("justification", "Audit"), ("start", &start), ("start_offset", "0")]).await;
    let row = adele.get("/").await.tick("Contoso Device Auditor, Directory");
    adele.submit("/do/prolong", &[("row", &row), ("days", "90"), ("justification", "On call")]).await;
    let plan = adele.select(&["Conditional Access Administrator, Directory"]).await;
    adele.confirm(&plan, &[("justification", "Incident"), ("ticket_number", "T-2")]).await;

    let page = adele.get("/requests").await;
    let rows = open(&page);
    let stages: Vec<_> = rows.iter().map(|(stage, _)| stage.as_str()).collect();
    assert_eq!(stages, ["sign-in", "administrator", "scheduled"], "{}", page.text());
    assert!(page.body.contains("/auth/step-up/"), "a way to go on: {}", rows[0].1);
    assert!(rows[0].1.contains("Take back") && rows[2].1.contains("Withdraw"), "{rows:#?}");
    assert!(rows[2].1.contains("Starts"), "{}", rows[2].1);
    // The part that an open page fetches when something has changed.
    let part = adele.get("/events/mine").await;
    assert!(part.body.contains("event: part") && part.body.contains("Being") == page.body.contains("Being"));
    assert!(
        part.body.contains("data: mine") && part.body.ends_with("event: end\ndata: all\n\n"),
        "{}",
        part.body
    );
}

#[tokio::test]
async fn one_plane_that_does_not_answer_does_not_hide_the_others() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    ask(&adele, &ROLES[1..]).await;
    adele.post("/do/refresh", &[]).await;
    world.sim.control("faults", json!({ "plane": "azure", "status": 503, "times": 40 })).await;
    let page = adele.get("/requests").await;
    assert!(page.text().contains("your requests could not be read"), "{}", page.text());
    assert_eq!(open(&page).len(), 2, "the journal knows of the other one: {}", page.text());
}
