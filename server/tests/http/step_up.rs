//! Stronger sign-ins: made once for each resource and context, by the same person, and never in vain.

use jiff::SignedDuration;
use serde_json::{Value, json};
use sim_tenant::walk::Consent;

use crate::support::{ADELE, ALEX, Browser, LEE, Page, SESSION, World};

/// Two on Graph and one on Azure, all under one context; and one that asks for nothing.
const ROLES: [&str; 4] = [
    "Conditional Access Administrator, Directory",
    "Key Custodians, Member",
    "User Access Administrator, Contoso Sandbox",
    "Global Reader, Directory",
];

fn states(page: &Page) -> Vec<String> {
    page.lines().into_iter().map(|(state, _)| state).collect()
}

async fn resume(browser: &Browser, page: &Page) -> Page {
    browser.submit("/do/resume", &[("batch", &page.field("batch"))]).await
}

#[tokio::test]
async fn one_sign_in_serves_a_context_on_graph_and_on_azure_and_the_rest_does_not_wait() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&ROLES).await;
    assert!(plan.text().contains("Stronger sign-in: c1 for 2 roles"), "{}", plan.text());
    let result = browser.confirm(&plan, &[("justification", "Policy change")]).await;
    assert_eq!(states(&result), ["AwaitingStepUp", "AwaitingStepUp", "AwaitingStepUp", "Usable"]);
    // The policies named the context beforehand, so nothing was sent in vain.
    assert_eq!(world.sim.writes().await.len(), 1);

    let ready = browser.step_up(&result, ADELE).await;
    assert!(
        ready.text().contains("3 roles can be activated now; nothing was sent so far."),
        "{}",
        ready.text()
    );
    assert_eq!(world.sim.writes().await.len(), 1, "the way back sends nothing");
    let done = resume(&browser, &ready).await;
    assert_eq!(states(&done), ["Usable"; 4], "{}", done.text());
    // Three more, one each: what went through before was not touched.
    assert_eq!((world.sim.writes().await.len(), world.sim.ledger().await.len()), (4, 4));
    assert_eq!(states(&resume(&browser, &result).await), ["Usable"; 4], "a second click sends nothing");
    assert_eq!(world.sim.writes().await.len(), 4);
}

#[tokio::test]
async fn a_demand_that_no_policy_named_is_learnt_from_the_refusal_in_every_form() {
    for form in ["plain", "wrapped", "wrapped_nameless", "nested"] {
        let world = World::start().await;
        world.sim.control("switches", json!({ "acrs_form": form })).await;
        let browser = world.signed_in(ADELE).await;
        // The policies cannot be read, so that the service is the first to say so.
        for plane in ["graph", "azure"] {
            let fault = json!({ "plane": plane, "path_contains": "roleManagementPolicyAssignments", "status": 403, "times": 1000 });
            world.sim.control("faults", fault).await;
        }
        let plan = browser.select(&ROLES[..1]).await;
        let result = browser.confirm(&plan, &[("justification", "Policy change")]).await;
        assert_eq!(states(&result), ["AwaitingStepUp"], "{form}: {}", result.text());
        assert!(result.text().contains("Stronger sign-in: c1"), "{}", result.text());
        let ready = browser.step_up(&result, ADELE).await;
        assert_eq!(states(&resume(&browser, &ready).await), ["Usable"], "{form}");
    }
}

#[tokio::test]
async fn somebody_else_changes_nothing() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&ROLES[..1], "Policy change").await;
    let back = browser.step_up_to_callback(&result, ALEX, Consent::Accept).await;
    let landed = browser.get(&back).await;
    assert_eq!(landed.location(), format!("{}?step_up=other-person", result.path));
    let page = browser.get(landed.location()).await;
    assert!(page.text().contains("Somebody else signed in. Nothing has changed"), "{}", page.text());
    assert_eq!(states(&page), ["AwaitingStepUp"]);
    assert!(browser.get("/").await.text().contains("Adele Vance"), "she is still signed in");
    assert_eq!(states(&resume(&browser, &result).await), ["AwaitingStepUp"]);
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
}

#[tokio::test]
async fn too_late_ends_on_the_page_of_the_request() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&ROLES[..1], "Policy change").await;
    let back = browser.step_up_to_callback(&result, ADELE, Consent::Accept).await;
    world.wait(SignedDuration::from_mins(11));
    let landed = browser.get(&back).await;
    assert_eq!(landed.location(), format!("{}?step_up=expired", result.path));
    let page = browser.get(landed.location()).await;
    let notice = "was not completed: it has to be finished within ten minutes. Nothing was sent";
    assert!(page.text().contains(notice), "{}", page.text());
    assert_eq!(page.link("Sign in for it"), result.link("Sign in for it"), "it can be repeated");
}

#[tokio::test]
async fn twice_ends_on_the_page_of_the_request_and_it_can_be_repeated() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&ROLES[..1], "Policy change").await;
    let back = browser.step_up_to_callback(&result, ALEX, Consent::Accept).await;
    browser.get(&back).await;
    let landed = browser.get(&back).await;
    assert_eq!(landed.location(), format!("{}?step_up=replayed", result.path));
    let page = browser.get(landed.location()).await;
    let notice = "was not completed this time: the address you came back with works once";
    assert!(page.text().contains(notice), "{}", page.text());
    assert_eq!(states(&page), ["AwaitingStepUp"]);
    let ready = browser.step_up(&page, ADELE).await;
    assert_eq!(states(&resume(&browser, &ready).await), ["Usable"]);
}

#[tokio::test]
async fn where_nothing_is_known_any_more_the_page_leads_back_to_the_requests() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&ROLES[..1], "Policy change").await;
    let back = browser.step_up_to_callback(&result, ADELE, Consent::Accept).await;
    let elsewhere = world.browser();
    let landed = elsewhere.get(&back).await;
    assert_eq!(landed.location(), "/sign-in/failed?problem=browser");
    assert!(elsewhere.get(landed.location()).await.link("open the request").is_some());

    // An hour later nothing is remembered; what keeps the session alive is that the portal is used.
    world.wait(SignedDuration::from_mins(40));
    browser.get("/").await;
    world.wait(SignedDuration::from_mins(21));
    let landed = browser.get(&back).await;
    assert_eq!(landed.location(), "/sign-in/failed?problem=unknown");
    let page = browser.get(landed.location()).await;
    let requests = page.link("open the request").expect("a way back");
    let list = browser.get(&requests).await;
    assert!(list.body.contains(&result.path), "{}", list.text());
}

#[tokio::test]
async fn another_tab_stays_signed_in_while_one_makes_a_stronger_sign_in() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&ROLES[..1], "Policy change").await;
    // What another tab asks for with the cookies of now may be answered after the stronger sign-in.
    let other = Browser::with_cookies_of(&browser);
    let ready = browser.step_up(&result, ADELE).await;
    let late = other.get("/").await;
    assert!(late.text().contains("Adele Vance"), "{} {}", late.status, late.text());
    assert_eq!(late.set_cookie(SESSION), None, "the answer takes no cookie away from the browser");
    assert_eq!(states(&resume(&other, &result).await), ["Usable"], "either tab can send it");
    assert_eq!(states(&resume(&browser, &ready).await), ["Usable"]);
}

#[tokio::test]
async fn a_second_refusal_is_explained_and_not_repeated() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    // Conditional Access lets her pass and does not put the context into the token.
    world.sim.control("contexts", json!({ "context": "c1", "who": ADELE, "outcome": "exclude" })).await;
    let result = browser.activate(&ROLES[..1], "Policy change").await;
    let ready = browser.step_up(&result, ADELE).await;
    let refused = resume(&browser, &ready).await;
    let (state, line) = refused.only_line();
    assert_eq!(state, "Rejected", "{line}");
    assert!(line.contains("Microsoft still asks for more"), "{line}");
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_stronger_sign_in_serves_for_ten_minutes() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let first = browser.activate(&ROLES[..1], "Policy change").await;
    let ready = browser.step_up(&first, ADELE).await;
    resume(&browser, &ready).await;
    let again = browser.activate(&ROLES[1..2], "One more").await;
    assert_eq!(states(&again), ["Usable"], "the same context on the same resource: {}", again.text());
    world.wait(SignedDuration::from_mins(10));
    let later = browser.activate(&ROLES[2..3], "Later").await;
    assert_eq!(states(&later), ["AwaitingStepUp"]);
}

#[tokio::test]
async fn a_rule_for_multifactor_sign_in_leads_to_one_interactive_sign_in() {
    let world = World::start().await;
    let browser = world.signed_in(LEE).await;
    let result = browser.activate(&["Intune Administrator, Directory"], "Tablets").await;
    assert_eq!(states(&result), ["AwaitingStepUp"], "{}", result.text());
    assert!(result.text().contains("Multifactor sign-in for 1 role"), "{}", result.text());
    let ready = browser.step_up(&result, LEE).await;
    assert_eq!(states(&resume(&browser, &ready).await), ["Usable"]);
}

#[tokio::test]
async fn a_group_of_somebody_else_leads_nowhere() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let result = browser.activate(&ROLES[..1], "Policy change").await;
    let link = result.link("Sign in for it").expect("a link");
    let other = world.signed_in(ALEX).await;
    assert_eq!(other.get(&link).await.location(), result.path, "to a page that he does not get");
    assert_eq!(other.get(&result.path).await.status, 404);
    let nobody = world.browser();
    assert!(nobody.get(&link).await.location().starts_with("/sign-in?return_to="));
}
