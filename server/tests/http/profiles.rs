//! Profiles: saved from a plan, used in one click or by a link, handed on as a file. Using one sends nothing.

use serde_json::{Value, json};

use crate::support::{ADELE, ALEX, Browser, Page, World};

const ROLES: [&str; 2] = ["Global Reader, Directory", "Contributor, Contoso Sandbox"];

async fn save(browser: &Browser, name: &str) -> Page {
    let plan = browser.select(&ROLES).await;
    let selection = plan.field("selection");
    let fields = [
        ("selection", selection.as_str()),
        ("step", "save-profile"),
        ("profile_name", name),
        ("justification", "The morning round"),
        ("wanted", "60"),
    ];
    browser.submit("/do/activate", &fields).await
}

#[tokio::test]
async fn a_profile_is_one_click_from_the_filled_plan_and_sends_nothing_by_itself() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let page = save(&browser, "Morning").await;
    assert!(page.text().contains("The profile is saved."), "{}", page.text());
    assert!(page.text().contains("2 roles, for 1 h"), "{}", page.text());
    let id = page.field("profile");
    let reason = "Night%20shift";
    for plan in [
        browser.submit("/do/use-profile", &[("profile", &id)]).await,
        browser.get(browser.get("/activate?profile=mORNING").await.location()).await,
        browser.get(browser.get(&format!("/activate?profile={id}&reason={reason}")).await.location()).await,
    ] {
        assert_eq!(plan.heading(), "Activate 2 roles", "{}", plan.text());
        assert!(plan.text().contains("1 h of 8 h"), "{}", plan.text());
        let expected = if plan.text().contains("Night shift") { "Night shift" } else { "The morning round" };
        assert!(plan.text().contains(expected), "{}", plan.text());
    }
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new(), "a link sends nothing");
}

#[tokio::test]
async fn a_link_survives_the_sign_in_and_an_unknown_one_leads_to_the_list() {
    let world = World::start().await;
    save(&world.signed_in(ADELE).await, "Morning").await;
    let browser = world.browser();
    let landed = browser.sign_in(ADELE, "/activate?profile=Morning").await;
    assert_eq!(landed.location(), "/activate?profile=Morning");
    let plan = browser.get(browser.get(landed.location()).await.location()).await;
    assert_eq!(plan.heading(), "Activate 2 roles");
    let lost = browser.get(browser.get("/activate?profile=Evening").await.location()).await;
    assert!(lost.text().contains("There is no profile of that name."), "{}", lost.text());
}

#[tokio::test]
async fn names_are_one_s_own_and_told_apart() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    save(&browser, "Morning").await;
    let again = save(&browser, "morning").await;
    assert!(again.text().contains("Another profile of yours has this name."), "{}", again.text());
    assert!(again.text().contains("The morning round"), "what was typed is still there");
    let id = browser.get("/profiles").await.field("profile");
    let alex = world.signed_in(ALEX).await;
    assert!(alex.get("/profiles").await.text().contains("No profile yet."));
    let foreign = [("profile", id.as_str()), ("step", "delete")];
    alex.submit("/do/change-profile", &foreign).await;
    let renamed = [("profile", id.as_str()), ("step", "save"), ("name", "<b>Round</b>")];
    let page = browser.submit("/do/change-profile", &renamed).await;
    assert!(page.text().contains("<b>Round</b>") && !page.body.contains("<b>Round"), "{}", page.text());
    let page = browser.submit("/do/change-profile", &foreign).await;
    assert!(page.text().contains("No profile yet."), "{}", page.text());
}

#[tokio::test]
async fn a_file_of_profiles_is_taken_whole_or_refused_with_every_problem() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    save(&browser, "Morning").await;
    let file = browser.get("/profiles.json").await;
    assert_eq!(file.header("cache-control"), "no-store");
    let mut content: Value = serde_json::from_str(&file.body).expect("JSON");
    assert_eq!(content["profiles"][0]["reason"], "The morning round");

    let import = async |content: &Value| {
        browser.submit("/do/import-profiles", &[("file", &content.to_string())]).await
    };
    let taken = import(&content).await;
    assert!(taken.text().contains("One of its names is taken"), "{}", taken.text());
    content["profiles"][0]["name"] = json!("Evening");
    assert!(import(&content).await.text().contains("The profiles of the file are added."));

    let mut broken = content.clone();
    broken["profiles"][0]["name"] = json!(" ");
    broken["profiles"][0]["minutes"] = json!(0);
    broken["profiles"][0]["roles"][1]["plane"] = json!("moon");
    let refused = import(&broken).await.text();
    for problem in [
        "Profile 1: its name has to have 1 to 80 characters.",
        "Profile 1: its minutes are no length",
        "Profile 1: role 2: there is no plane of that name.",
    ] {
        assert!(refused.contains(problem), "{refused}");
    }
    let odd = browser.submit("/do/import-profiles", &[("file", "{\"version\": 2,")]).await;
    assert!(
        odd.text().contains("It is not a file of profiles: something is wrong at line 1"),
        "{}",
        odd.text()
    );
    assert_eq!(browser.get("/profiles").await.fields("profile").len(), 6, "two profiles, three forms each");
}

#[tokio::test]
async fn a_role_that_is_gone_is_named_and_the_others_go_on() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let mut content: Value = serde_json::from_str(&{
        save(&browser, "Morning").await;
        browser.get("/profiles.json").await.body
    })
    .expect("JSON");
    content["profiles"][0]["name"] = json!("Older");
    content["profiles"][0]["roles"][0]["role"] = json!("00000000-0000-0000-0000-00000000dead");
    content["profiles"][0]["roles"][0]["title"] = json!("Former Administrator");
    browser.submit("/do/import-profiles", &[("file", &content.to_string())]).await;
    assert!(
        browser.get("/profiles").await.text().contains("Former Administrator Directory No longer eligible")
    );
    let plan = browser.get(browser.get("/activate?profile=Older").await.location()).await;
    assert_eq!(plan.heading(), "Activate 1 role");
    assert!(plan.text().contains("No longer eligible: Former Administrator, Directory."), "{}", plan.text());
}

#[tokio::test]
async fn a_profile_is_edited_moved_and_given_more_roles_by_forms_alone() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    save(&browser, "Morning").await;
    let page = save(&browser, "Evening").await;
    assert!(page.text().contains("never used"), "{}", page.text());
    let ids = page.fields("profile");
    let (first, second) = (ids[0].clone(), ids[3].clone());
    let change = async |fields: &[(&str, &str)]| browser.submit("/do/change-profile", fields).await;

    let page = change(&[("profile", &second), ("step", "up")]).await;
    assert_eq!(page.fields("profile")[0], second);
    assert!(page.path.ends_with(&format!("#up-{second}")), "the focus stays: {}", page.path);

    let defaults = [("name", "Late"), ("wanted", "30"), ("reason", "Night shift"), ("ticket_number", "T-1")];
    let page = change(&[&[("profile", &*second), ("step", "save")], &defaults[..]].concat()).await;
    assert!(page.text().contains("The profile is changed."), "{}", page.text());
    for part in ["Late", "2 roles, for 30 min", "Night shift", "Ticket T-1"] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    let remove = page.button_with("step", "remove:");
    let page = change(&[("profile", &second), ("step", &remove)]).await;
    assert!(page.text().contains("1 role, for 30 min"), "{}", page.text());

    let plan = browser.select(&["Helpdesk Administrator, Directory", ROLES[1]]).await;
    let selection = plan.field("selection");
    let add = [("selection", selection.as_str()), ("step", "add-to-profile"), ("profile", &second)];
    let page = browser.submit("/do/activate", &add).await;
    assert!(page.text().contains("The roles are added to the profile."), "{}", page.text());
    assert!(page.text().contains("2 roles, for 30 min"), "one of them was in it: {}", page.text());

    browser.submit("/do/use-profile", &[("profile", &first)]).await;
    assert!(browser.get("/profiles").await.text().contains("last used"));
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new(), "nothing of it sends anything");
}

#[tokio::test]
async fn enter_in_the_field_of_a_name_saves_and_does_not_activate() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for (field, landed) in [("profile_name", "/profiles?notice=saved"), ("template_name", "/activate/")] {
        let plan = browser.select(&ROLES).await;
        let selection = plan.field("selection");
        let enter = plan.button("step");
        assert_eq!(enter, "enter", "it is the first button that Enter presses");
        let fields = [
            ("selection", selection.as_str()),
            ("step", &enter),
            ("justification", "Round"),
            (field, "Morning"),
        ];
        let page = browser.submit("/do/activate", &fields).await;
        assert!(page.path.starts_with(landed), "{}", page.path);
    }
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
}
