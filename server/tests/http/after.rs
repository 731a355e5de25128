//! What comes after an activation: lag, withdrawal, deactivation when it is allowed, the same again, extensions, history, scopes.

use serde_json::{Value, json};

use crate::support::{ADELE, ALEX, Page, World};

const READER: &str = "Global Reader, Directory";

fn state(page: &Page) -> String {
    page.only_line().0
}

async fn watch(world: &World) {
    // One round takes what is due; what it sends may be due again at once.
    for _ in 0..4 {
        world.portal.state.portal.watch_once().await.expect("the journal answers");
    }
}

#[tokio::test]
async fn provisioned_is_not_usable_until_the_role_is_there() {
    let world = World::start().await;
    world.sim.control("lag", json!({ "plane": "*", "provisioning": "PT10S", "instance": "PT45S" })).await;
    for (role, hint) in [
        (READER, "Exchange, SharePoint, Teams"),
        ("Incident Responders, Member", "a token from before does not have the group"),
        ("Contributor, Contoso Sandbox", "it can take up to ten minutes"),
    ] {
        let browser = world.signed_in(ADELE).await;
        let result = browser.activate(&[role], "Slow today").await;
        assert_eq!(state(&result), "Accepted", "{role}: {}", result.text());
        world.sim.control("clock", json!({ "advance": "PT20S" })).await;
        assert_eq!(state(&browser.get(&result.path).await), "Provisioned", "{role}");
        assert!(!browser.get(&result.path).await.text().contains("usable now"), "{role}");
        world.sim.control("clock", json!({ "advance": "PT40S" })).await;
        let usable = browser.get(&result.path).await;
        assert_eq!(state(&usable), "Usable", "{role}");
        for said in ["The role is usable now.", hint, "since "] {
            assert!(usable.text().contains(said), "{role}: {said}: {}", usable.text());
        }
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_yet_has_not_failed() {
    let world = World::start().await;
    world.sim.control("lag", json!({ "plane": "*", "request": "PT30S" })).await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&["Release Managers, Member"], "Release 12").await;
    assert_eq!(state(&result), "PendingApproval");
    assert_eq!(state(&browser.get(&result.path).await), "PendingApproval");
    world.sim.control("clock", json!({ "advance": "PT24H" })).await;
    let over = browser.get(&result.path).await;
    assert_eq!(state(&over), "TimedOut");
    assert!(over.text().contains("Ask again…"), "{}", over.text());
    let plan = browser.submit("/do/retry", &[("batch", &over.field("batch"))]).await;
    assert_eq!((plan.heading().as_str(), plan.reason().as_str()), ("Activate 1 role", "Release 12"));
}

#[tokio::test]
async fn what_waits_and_what_is_scheduled_can_be_withdrawn() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let start = world.portal.clock_now() + jiff::SignedDuration::from_hours(3);
    let start = start.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M").to_string();
    for (role, is_scheduled) in
        [(READER, true), ("Contributor, Contoso Sandbox", true), ("Release Managers, Member", false)]
    {
        let plan = browser.select(&[role]).await;
        let start = if is_scheduled { start.as_str() } else { "" };
        let result = browser.confirm(&plan, &[("justification", "Tonight"), ("start", start)]).await;
        let expected = if is_scheduled { "Scheduled" } else { "PendingApproval" };
        assert_eq!(state(&result), expected, "{role}: {}", result.text());
        let overview = browser.get("/").await;
        let request = overview.button("request");
        let withdrawn = browser.submit("/do/withdraw", &[("request", &request)]).await;
        assert_eq!(state(&withdrawn), "Cancelled", "{role}: {}", withdrawn.text());
        assert_eq!(state(&browser.get(&result.path).await), "Cancelled", "{role}");
    }
}

#[tokio::test]
async fn a_role_is_deactivated_as_soon_as_that_is_allowed() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&[READER], "Short").await;
    let row = browser.get("/").await.tick(READER);
    let queued = browser.submit("/do/deactivate", &[("rows[]", &row), ("when", "allowed")]).await;
    assert_eq!(state(&queued), "Queued", "{}", queued.text());
    watch(&world).await;
    assert_eq!(state(&browser.get(&queued.path).await), "Queued");
    world.wait_everywhere(6).await;
    watch(&world).await;
    assert_eq!(state(&browser.get(&queued.path).await), "Revoked");
    assert_eq!(world.sim.ledger().await.len(), 2);
}

#[tokio::test]
async fn both_forms_of_the_five_minute_floor_are_told_alike() {
    for fails in [false, true] {
        let world = World::start().await;
        world.sim.control("switches", json!({ "early_deactivation_fails": fails })).await;
        let browser = world.signed_in(ADELE).await;
        browser.activate(&[READER], "Short").await;
        let row = browser.get("/").await.tick(READER);
        let early = browser.submit("/do/deactivate", &[("rows[]", &row)]).await;
        assert!(early.text().contains("Active for less than five minutes"), "{}", early.text());
        assert!(browser.get("/").await.part("held-entra").contains("Global Reader"), "it is still active");
    }
}

#[tokio::test]
async fn an_activation_that_ends_is_followed_by_one_that_the_person_confirmed() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[READER]).await;
    browser.confirm(&plan, &[("justification", "Long night"), ("wanted", "30")]).await;
    let row = browser.get("/").await.tick(READER);
    let plan = browser.submit("/do/continue", &[("rows[]", &row)]).await;
    assert_eq!(plan.heading(), "Continue 1 role");
    assert!(plan.text().contains("Begins again at"), "{}", plan.text());
    let result = browser.confirm(&plan, &[("justification", "Long night"), ("wanted", "60")]).await;
    // The service lengthens nothing that runs, and the page says so and what can be done.
    assert_eq!(state(&result), "Rejected", "{}", result.text());
    assert!(result.text().contains("Activate again at"), "{}", result.text());
    let later = browser.submit("/do/reactivate-later", &[("batch", &result.field("batch"))]).await;
    assert_eq!(state(&later), "Queued");
    world.wait_everywhere(31).await;
    watch(&world).await;
    assert_eq!(state(&browser.get(&later.path).await), "Usable");
    let lengths: Vec<_> = world.sim.ledger().await.iter().map(|one| one["duration"].clone()).collect();
    assert_eq!(lengths, ["PT30M", "PT1H"]);
}

#[tokio::test]
async fn what_is_queued_can_be_taken_back() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&[READER], "Short").await;
    let row = browser.get("/").await.tick(READER);
    let queued = browser.submit("/do/deactivate", &[("rows[]", &row), ("when", "allowed")]).await;
    let fields = [("batch", queued.field("batch")), ("operation", queued.field("operation"))];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(state(&browser.submit("/do/take-back", &fields).await), "Cancelled");
    world.wait_everywhere(6).await;
    watch(&world).await;
    assert_eq!(world.sim.ledger().await.len(), 1, "it stays active");
}

#[tokio::test]
async fn an_eligibility_that_ends_soon_is_asked_for_again_and_waits_for_an_administrator() {
    for (role, plane) in
        [("Contoso Device Auditor, Directory", "entra"), ("Owner, Contoso Production", "azure")]
    {
        let world = World::start().await;
        let browser = world.signed_in(ADELE).await;
        let row = browser.get("/").await.tick(role);
        let asked = browser
            .submit("/do/prolong", &[("row", &row), ("days", "180"), ("justification", "Still on call")])
            .await;
        let (state_then, line) = asked.only_line();
        assert_eq!(state_then, "PendingApproval", "{role}: {line}");
        assert!(line.contains("Waiting for an administrator"), "{line}");
        browser.post("/do/refresh", &[]).await;
        assert!(
            browser.get("/").await.part(&format!("held-{plane}")).contains("Waiting for an administrator")
        );
        let request = world.sim.only_commit().await["id"].clone();
        world.sim.control("decide", json!({ "request": request, "decision": "approve", "by": ALEX })).await;
        assert_eq!(state(&browser.get(&asked.path).await), "Done", "{role}");
    }
}

#[tokio::test]
async fn an_eligibility_that_has_ended_is_asked_for_again_on_every_plane() {
    for (role, plane) in
        [("Reports Reader", "entra"), ("Release Managers", "groups"), ("Log Analytics Reader", "azure")]
    {
        let world = World::start().await;
        let browser = world.signed_in(ADELE).await;
        let overview = browser.get("/").await;
        let eligible = overview.part(&format!("eligible-{plane}"));
        assert!(eligible.contains("Ended lately") && eligible.contains("ago"), "{eligible}");
        let way = overview.link(&format!("Ask to renew {role}")).expect("a way to ask");
        let page = browser.get(&way).await;
        assert!(page.body.contains(&format!("Renew {role}")), "{}", page.body);
        let row = page.field("row");
        let asked = browser
            .submit("/do/prolong", &[("row", &row), ("days", "90"), ("justification", "Still on call")])
            .await;
        assert!(asked.body.contains("Renewal of an eligibility"), "{}", asked.body);
        let (state_then, line) = asked.only_line();
        assert_eq!(state_then, "PendingApproval", "{role}: {line}");
        assert!(line.contains("Waiting for an administrator"), "{line}");
        browser.post("/do/refresh", &[]).await;
        let overview = browser.get("/").await;
        assert!(overview.part(&format!("held-{plane}")).contains("Waiting for an administrator"));
        assert!(!overview.part(&format!("eligible-{plane}")).contains("Ended lately"));
        let request = world.sim.only_commit().await["id"].clone();
        world.sim.control("decide", json!({ "request": request, "decision": "approve", "by": ALEX })).await;
        assert_eq!(state(&browser.get(&asked.path).await), "Done", "{role}");
        let history = browser.get("/history").await.body;
        assert!(history.contains("Renewal"), "{history}");
    }
}

#[tokio::test]
async fn an_activation_is_narrowed_to_several_scopes() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&["Owner, Contoso Production"]).await;
    let selection = plan.field("selection");
    let row = plan.button_with("step", "narrow:").trim_start_matches("narrow:").to_owned();
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("role", &row).finish();
    let scopes = browser.get(&format!("/activate/{selection}/scopes?{query}")).await;
    let chosen: Vec<String> = scopes.fields("scopes[]").into_iter().take(2).collect();
    assert_eq!(chosen.len(), 2, "{}", scopes.text());
    let foreign = "/subscriptions/5b0000ff-0000-4000-8000-000000000000";
    let mut fields = vec![("selection", selection.as_str()), ("row", &row), ("scopes[]", foreign)];
    fields.extend(chosen.iter().map(|scope| ("scopes[]", scope.as_str())));
    let narrowed = browser.submit("/do/narrow", &fields).await;
    assert!(narrowed.text().contains("Activate 2 roles"), "{}", narrowed.text());
}

#[tokio::test]
async fn the_history_tells_each_thing_once_and_says_what_is_missing() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&[READER, "Contributor, Contoso Sandbox"], "=cmd()").await;
    world.wait_everywhere(6).await;
    let row = browser.get("/").await.tick(READER);
    browser.submit("/do/deactivate", &[("rows[]", &row)]).await;
    let page = browser.get("/history").await;
    assert_eq!(page.history_entries(), 3, "{}", page.text());
    assert!(page.text().contains("audit log could not be read"), "{}", page.text());
    let only = browser.get("/history?kind=deactivation&plane=entra&outcome=succeeded&q=global").await;
    assert_eq!(only.history_entries(), 1, "{}", only.text());

    let csv = browser.get("/history.csv?days=7").await;
    assert_eq!(csv.body.lines().count(), 4, "{}", csv.body);
    assert!(csv.body.contains("\"'=cmd()\""), "no spreadsheet calculates it: {}", csv.body);
    let json: Value = serde_json::from_str(&browser.get("/history.json").await.body).expect("JSON");
    assert_eq!(json["entries"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["missing"][0]["source"], "audit");
}

#[tokio::test]
async fn who_may_read_the_audit_log_sees_its_steps_in_the_same_entries() {
    let world = World::start().await;
    let alex = world.signed_in(ALEX).await;
    assert_eq!(state(&alex.activate(&["Incident Responders, Member"], "Review").await), "Usable");
    let page = alex.get("/history").await;
    assert_eq!(page.history_entries(), 1, "{}", page.text());
    assert!(!page.text().contains("could not be read"), "{}", page.text());
    let json: Value = serde_json::from_str(&alex.get("/history.json").await.body).expect("JSON");
    assert_eq!(json["entries"][0]["sources"], json!(["portal", "requests", "audit"]));
    assert_eq!(json["missing"], json!([]));
}

#[tokio::test]
async fn a_session_that_microsoft_ended_leaves_the_draft_and_what_was_begun() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let waiting = browser.activate(&["Release Managers, Member"], "Release 12").await;
    let plan = browser.select(&[READER]).await;
    let selection = plan.field("selection");
    browser
        .post(
            "/do/activate",
            &[("selection", &selection), ("step", "again"), ("justification", "Half a thought")],
        )
        .await;
    world.sim.control("revoke", json!({ "how": "sessions", "who": ADELE })).await;
    browser.post("/do/refresh", &[]).await;
    let page = browser.get("/").await;
    assert!(page.text().contains("Your session at Microsoft has ended"), "{}", page.text());
    let back = browser.sign_in(ADELE, &plan.path).await;
    assert_eq!(back.location(), plan.path);
    let plan = browser.get(&plan.path).await;
    assert_eq!((plan.heading().as_str(), plan.reason().as_str()), ("Activate 1 role", "Half a thought"));
    // What the earlier session began is watched with this one's tokens.
    let request = world.sim.only_commit().await["id"].clone();
    world.sim.control("decide", json!({ "request": request, "decision": "deny", "by": ALEX })).await;
    world.wait_everywhere(2).await;
    watch(&world).await;
    assert_eq!(state(&browser.get(&waiting.path).await), "Denied");
}

#[tokio::test]
async fn a_group_leads_to_the_roles_that_it_brought_and_to_no_others() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let mut result = browser.activate(&["Incident Responders, Member", READER], "On call").await;
    for _ in 0..20 {
        if result.text().contains("still being read") {
            result = browser.get(&result.path).await;
        }
    }
    let rows = result.fields("rows[]");
    let titles: Vec<_> = ["Authentication Administrator", "Website Contributor", "Groups Administrator"]
        .map(|title| result.text().contains(title))
        .into();
    assert_eq!(titles, [true, true, false], "the last one came through another group: {}", result.text());
    assert_eq!(rows.len(), 2);
    let batch = result.path.rsplit('/').next().expect("a batch").split('?').next().expect("an id");
    let mut fields = vec![("batch", batch)];
    fields.extend(rows.iter().map(|row| ("rows[]", row.as_str())));
    let plan = browser.submit("/do/select-led-to", &fields).await;
    assert!(plan.text().contains("On call"), "what was typed for the group goes along: {}", plan.text());
    // One of the two asks for more than she signed in with today; the other needs nothing else.
    let result = browser.confirm(&plan, &[("justification", "On call")]).await;
    let states: Vec<_> = result.lines().into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["Usable", "Usable"], "{}", result.text());
}
