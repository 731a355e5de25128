//! What the overview shows, on good days and bad ones.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn three_planes_with_what_each_role_asks() {
    let world = World::start().await;
    let page = world.signed_in("adele@contoso.example").await.open("/").await;
    assert_eq!(page.body.matches("data-row=").count(), 35);
    page.says("Entra roles");
    page.says("Application Administrator Privileged Application: Expense Reporting · direct 8 h Reason");
    page.says("Administrative unit: Seattle Branch");
    page.says("Global Administrator Privileged Directory · direct 30 min Reason Ticket – not required c1 2 approvers");
    page.says("Groups Administrator Directory · through a group 24 h");
    page.says("Helpdesk Administrator Privileged Directory · direct 1 h 45 min");
    page.says(
        "Network Contributor Contoso Connectivity · direct unknown unknown unknown unknown unknown unknown",
    );
    page.says("· with a condition");
    page.says("No role is active");
    page.says("2 roles assigned without activation");
}

#[tokio::test]
async fn search_and_plane_filter_work_by_address() {
    let world = World::start().await;
    let browser = world.signed_in("adele@contoso.example").await;
    let shown = |body: &str| {
        body.split("<tr ")
            .filter(|row| row.contains("data-row="))
            .filter(|row| !row.split('>').next().unwrap_or("").contains(" hidden"))
            .count()
    };
    assert_eq!(shown(&browser.open("/?q=owner+production").await.body), 2);
    assert_eq!(shown(&browser.open("/?plane=groups").await.body), 7);
    assert_eq!(shown(&browser.open("/?plane=groups&q=owner").await.body), 2);
    let hostile = browser.open("/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!hostile.body.contains("<script>alert"), "{}", hostile.body);
}

#[tokio::test]
async fn an_empty_plane_says_so_and_a_forbidden_one_is_never_called_empty() {
    let world = World::start().await;
    let nestor = world.signed_in("nestor@contoso.example").await.open("/").await;
    for plane in ["Entra roles", "groups", "Azure"] {
        nestor.says(plane);
    }
    nestor.is_silent_about("could not be read");
    assert_eq!(nestor.body.matches("data-row=").count(), 0);

    let frida = world.signed_in("frida@contoso.example").await.open("/").await;
    for plane in ["Entra roles", "Groups", "Azure resources"] {
        frida.says(&format!("{plane}: eligible roles could not be read."));
    }
    frida.says("The portal lacks the permission");
    frida.says("Try again");
    frida.is_silent_about("eligible for you");
}

#[tokio::test]
async fn one_plane_never_hurts_another() {
    let world = World::start().await;
    let fault = json!({ "plane": "azure", "path_contains": "", "status": 403, "times": 50,
        "body": { "error": { "code": "AuthorizationFailed", "message": "no" } } });
    world.control("/faults", fault).await;
    let page = world.signed_in("adele@contoso.example").await.open("/").await;
    page.says("Azure resources: eligible roles could not be read.");
    assert_eq!(page.body.matches("data-row=").count(), 21);
}

#[tokio::test]
async fn a_slow_plane_arrives_after_the_page() {
    let world = World::start().await;
    world.control("/latency", json!({ "plane": "azure", "milliseconds": 2_500 })).await;
    let browser = world.signed_in("adele@contoso.example").await;
    let page = browser.open("/").await;
    page.says("Azure resources are still loading. Load again");
    assert_eq!(page.body.matches("data-row=").count(), 21);
    let late = browser.get("/events/overview?part=eligible-azure&part=nonsense").await;
    assert!(late.body.contains("event: part\ndata: eligible-azure\n"), "{}", late.body);
    assert_eq!(late.body.matches("data-row=").count(), 14);
    assert!(late.body.contains("event: end"));
}
