//! The same journey with every disputed behaviour of the simulated tenant in each of its positions.

use futures::stream::{self, StreamExt};
use serde_json::{Map, Value, json};

use crate::support::{ADELE, ALEX, World};

/// Journeys side by side.
const AT_ONCE: usize = 4;

/// One position of one switch.
type Position = (String, Value);

async fn positions() -> Vec<Position> {
    let world = World::start().await;
    let catalogue = world.sim.object("switches/catalogue").await;
    let mut positions = Vec::new();
    for (name, about) in &catalogue {
        let values = about["values"].as_array().expect("positions");
        assert!(values.len() > 1, "{name} has more than one position");
        positions.extend(values.iter().map(|value| (name.clone(), value.clone())));
    }
    positions
}

/// What goes wrong in one position; nothing, as it should be.
async fn journey((name, value): Position) -> Option<String> {
    let world = World::start().await;
    world.sim.control("switches", Value::Object(Map::from_iter([(name.clone(), value.clone())]))).await;
    let wrong =
        |what: &str, page: &crate::support::Page| Some(format!("{name} = {value}: {what}: {}", page.text()));
    let browser = world.signed_in(ADELE).await;
    let mut roles = vec![
        "Global Reader, Directory",
        "Contributor, Contoso Sandbox",
        "Conditional Access Administrator, Directory",
    ];
    // With this, the permission that the portal asks for opens nothing on groups: the plane says so, and the others go on.
    // And where the service names no groups, they cannot be told apart by name.
    let no_groups = (name == "privileged_access_opens_groups" && value == json!(false))
        || (name == "group_names_null" && value == json!(true));
    if !no_groups {
        roles.extend(["Incident Responders, Member", "Release Managers, Member"]);
    }
    let plan = browser.select(&roles).await;
    let result = browser.confirm(&plan, &[("justification", "Every position"), ("wanted", "30")]).await;
    let stepped = if result.link("Sign in for it").is_some() {
        let ready = browser.step_up(&result, ADELE).await;
        browser.submit("/do/resume", &[("batch", &ready.field("batch"))]).await
    } else {
        result.clone()
    };
    let states: Vec<_> = stepped.lines().into_iter().map(|(state, _)| state).collect();
    let mut expected = vec!["Usable"; 3];
    if !no_groups {
        expected.extend(["Usable", "PendingApproval"]);
    }
    let mut sorted = states.clone();
    sorted.sort();
    expected.sort_unstable();
    if sorted != expected {
        return wrong(&format!("activation ended as {states:?}"), &stepped);
    }
    if !no_groups {
        let alex = world.signed_in(ALEX).await;
        let rows = alex.get("/approvals").await.fields("rows[]");
        let mut fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
        fields.extend([("decision", "approve"), ("reason", "Fine")]);
        let decided = alex.submit("/do/decide", &fields).await;
        if decided.lines().iter().any(|(state, _)| state != "Done") {
            return wrong("the decision", &decided);
        }
    }
    world.wait_everywhere(6).await;
    browser.post("/do/refresh", &[]).await;
    let overview = browser.overview().await;
    let rows: Vec<String> =
        ["Global Reader, Directory", "Contributor, Contoso Sandbox"].map(|role| overview.tick(role)).into();
    let fields: Vec<_> = rows.iter().map(|row| ("rows[]", row.as_str())).collect();
    let ended = browser.submit("/do/deactivate", &fields).await;
    if ended.lines().iter().any(|(state, _)| state != "Revoked") {
        return wrong("deactivation", &ended);
    }
    let history = browser.get("/history").await;
    let told = history.history_entries();
    if told != roles.len() + 2 {
        return wrong(&format!("history tells {told} things"), &history);
    }
    None
}

/// A journey that stops where something is missing says for which position.
async fn apart(position: Position) -> Option<String> {
    let (name, value) = position.clone();
    match tokio::spawn(journey(position)).await {
        Ok(wrong) => wrong,
        Err(stopped) => Some(format!("{name} = {value}: {stopped}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_sources_dispute_the_journey_is_the_same() {
    let positions = positions().await;
    let wrong: Vec<String> = stream::iter(positions)
        .map(apart)
        .buffer_unordered(AT_ONCE)
        .filter_map(async |wrong| wrong)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
