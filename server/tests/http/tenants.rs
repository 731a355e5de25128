//! Several directories: each entered by a sign-in of its own, kept apart from the others, and told with what was consented to, and with
//! whether the account is in it.

use std::time::{Duration, Instant};

use identity::PlaneSet;
use jiff::SignedDuration;
use pim::ids::TenantId;
use serde_json::{Value, json};
use server::tenants::Tenant;
use sim_tenant::tenant::{self, DEMO_TENANT_ID, demo, fabrikam, litware};
use sim_tenant::walk::{self, Consent};
use url::Url;

use crate::support::{ADELE, ADELE_ID, Browser, Page, Portal, SESSION, Sim, World};

const READER: &str = "Global Reader, Directory";

/// The demo tenant, and two others that the portal may enter.
async fn several() -> World {
    let sim = Sim::start_with(demo(), vec![fabrikam(), litware()]).await;
    let portal = Portal::start_with(&sim, |config| {
        config.tenants.extend([fabrikam(), litware()].map(|tenant| named(&tenant.id, &tenant.name)));
    });
    World { portal: portal.await, sim }
}

fn named(id: &str, name: &str) -> Tenant {
    Tenant { id: id.parse::<TenantId>().expect("a tenant id"), name: name.to_owned() }
}

/// Adele, as another directory knows her.
fn guest(domain: &str) -> String {
    format!("adele_contoso.example#EXT#@{domain}")
}

async fn ask_for(browser: &Browser, tenant: &str) -> Page {
    browser.post("/auth/tenant", &[("tenant", tenant)]).await
}

/// Where the browser would come back to, from the sign-in that `begun` leads to.
async fn come_back(begun: &Page, upn: &str) -> String {
    let authorize = Url::parse(begun.location()).expect("an absolute address");
    let back = walk::authorize(&authorize, upn, Consent::Accept).await.expect("it comes to an end");
    format!("{}?{}", back.path(), back.query().unwrap_or_default())
}

/// Signs in to another directory, and goes where that leads.
async fn enter(browser: &Browser, tenant: &sim_tenant::tenant::Tenant) -> Page {
    let begun = ask_for(browser, &tenant.id).await;
    assert!(
        begun.location().contains(&format!("/{}/oauth2/v2.0/authorize", tenant.id)),
        "{}",
        begun.location()
    );
    let landed = browser.get(&come_back(&begun, &guest(&tenant.domain)).await).await;
    browser.get(landed.location()).await
}

fn roles(page: &Page) -> Vec<String> {
    page.eligible().into_iter().map(|row| row.title).collect()
}

/// What the page of tenants says of one of them, which the account is in: what was consented to.
async fn consent(browser: &Browser, name: &str) -> String {
    let told = told(browser, name).await;
    let is_in_it = format!("✓ Your account is in it {}.example ", name.to_lowercase());
    told.strip_prefix(&is_in_it).unwrap_or_else(|| panic!("{told}")).to_owned()
}

/// What the page of tenants says of one of them.
async fn told(browser: &Browser, name: &str) -> String {
    let text = browser.get("/tenants").await.text();
    let (_, after) =
        text.split_once(&format!("{name} Switch to {name}")).unwrap_or_else(|| panic!("{name}: {text}"));
    after.split("Link for its administrator").next().unwrap_or_default().trim().to_owned()
}

#[tokio::test]
async fn a_person_enters_another_directory_and_goes_back_at_once() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    assert_eq!(browser.get("/").await.eligible().len(), 35);
    let (before, at_home) = (browser.cookie(SESSION), Browser::with_cookies_of(&browser));

    let begun = ask_for(&browser, &fabrikam().id).await;
    assert!(begun.location().contains("login_hint=adele%40contoso.example"), "{}", begun.location());
    let there = enter(&browser, &fabrikam()).await;
    assert!(there.text().contains("You are in Fabrikam"), "{}", there.text());
    assert_eq!(roles(&there).len(), 3, "{:?}", roles(&there));
    assert_ne!(browser.cookie(SESSION), before, "under a new id");
    assert_eq!(at_home.get("/").await.location(), "/sign-in", "the old id opens nothing");

    let asked = world.sim.token_calls().await;
    assert_eq!(ask_for(&browser, DEMO_TENANT_ID).await.location(), "/");
    let home = browser.get("/").await;
    assert!(!home.text().contains("You are in"), "{}", home.text());
    assert_eq!(home.eligible().len(), 35);
    assert_eq!(world.sim.token_calls().await, asked, "no sign-in was needed");
    assert_eq!(ask_for(&browser, &fabrikam().id).await.location(), "/", "nor is there one to return");
    assert_eq!(roles(&browser.get("/").await).len(), 3);
}

#[tokio::test]
async fn a_sign_in_of_ten_hours_ago_is_made_again_and_the_other_one_goes_on() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    // Nearly as far apart as the clocks of the portal and the sign-in service may be.
    world.wait(SignedDuration::from_mins(4));
    let there = enter(&browser, &fabrikam()).await;
    assert!(there.text().contains("You are in Fabrikam"), "{}", there.text());
    for minutes in [50; 11].into_iter().chain([47]) {
        world.wait(SignedDuration::from_mins(minutes));
        assert_eq!(browser.get("/").await.status, 200, "use keeps it alive");
    }
    let home = ask_for(&browser, DEMO_TENANT_ID).await;
    let sign_in = format!("/{DEMO_TENANT_ID}/oauth2/v2.0/authorize");
    assert!(home.location().contains(&sign_in), "{}", home.location());
    assert!(browser.get("/").await.text().contains("You are in Fabrikam"), "nothing is lost meanwhile");
}

#[tokio::test]
async fn what_is_done_in_one_directory_is_not_done_in_another() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    enter(&browser, &fabrikam()).await;
    browser.post("/do/save-settings", &[("theme", "dark")]).await;
    browser.activate(&[READER], "In Fabrikam").await;
    let there = format!("ledger?tenant={}", fabrikam().id);
    let ledger = world.sim.list(&there).await;
    let [committed] = ledger.as_slice() else { panic!("{ledger:#?}") };
    assert_eq!(committed["justification"], "In Fabrikam");
    assert_ne!(committed["principalId"], ADELE_ID, "the guest's own object");
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new(), "nothing at home");
    let dark = "data-theme=\"dark\"";
    assert!(browser.get("/history").await.body.contains(dark));

    ask_for(&browser, DEMO_TENANT_ID).await;
    let history = browser.get("/history").await;
    assert!(!history.text().contains("In Fabrikam") && !history.body.contains(dark), "{}", history.text());
    assert!(!browser.get("/").await.text().contains("Time left of Global Reader"));
}

#[tokio::test]
async fn signing_out_ends_every_directory() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    let vault = async |browser: &Browser| {
        world.session_record(browser).await["vault"].as_str().expect("a vault").to_owned()
    };
    let home = vault(&browser).await;
    enter(&browser, &fabrikam()).await;
    let there = vault(&browser).await;
    assert_ne!(home, there);
    for vault in [&home, &there] {
        assert!(world.token_record(vault).await.is_some());
    }
    browser.post("/auth/sign-out", &[]).await;
    for vault in [&home, &there] {
        assert_eq!(world.token_record(vault).await, None);
    }
}

#[tokio::test]
async fn a_sign_in_at_home_begins_afresh_whoever_was_elsewhere() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    enter(&browser, &fabrikam()).await;
    let there = world.session_record(&browser).await["vault"].as_str().expect("a vault").to_owned();
    browser.sign_in(crate::support::ALEX, "/").await;
    assert_eq!(world.token_record(&there).await, None, "her tokens are gone");
    assert!(
        ask_for(&browser, &fabrikam().id).await.location().contains("/authorize"),
        "he has to sign in there"
    );
}

#[tokio::test]
async fn nobody_enters_by_another_directory_or_one_that_is_not_listed() {
    let world = several().await;
    let stranger = world.browser();
    assert_eq!(ask_for(&stranger, &fabrikam().id).await.location(), "/sign-in");

    let browser = world.signed_in(ADELE).await;
    let other = ask_for(&browser, "0ddba11e-0000-4000-8000-00000000e15e").await;
    assert_eq!(other.location(), "/sign-in/failed?problem=tenant");
    assert!(browser.get(other.location()).await.text().contains("none of them"));
    assert_eq!(ask_for(&browser, "fabrikam.example").await.status, 422);

    // Begun while signed in, finished after signing out.
    let begun = ask_for(&browser, &fabrikam().id).await;
    let back = come_back(&begun, &guest("fabrikam.example")).await;
    browser.post("/auth/sign-out", &[]).await;
    let landed = browser.get(&back).await;
    assert!(landed.location().starts_with("/sign-in/failed?problem=unknown"), "{}", landed.location());
    assert_eq!(browser.get("/").await.location(), "/sign-in");
}

#[tokio::test]
async fn a_code_of_one_directory_is_of_no_use_in_another() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    let begun = ask_for(&browser, &fabrikam().id).await;
    let there = come_back(&begun, &guest("fabrikam.example")).await;
    let home = browser.to_callback(ADELE, "/", Consent::Accept).await;
    let parameter = |path: &str, name: &str| {
        let url = Url::parse(&format!("http://localhost{path}")).expect("an address");
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).expect(name)
    };
    let mixed = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &parameter(&home, "code"))
        .append_pair("state", &parameter(&there, "state"))
        .finish();
    let landed = browser.get(&format!("/auth/callback?{mixed}")).await;
    assert!(landed.location().starts_with("/sign-in/failed?problem=protocol"), "{}", landed.location());
    let issuer =
        format!("{}/{DEMO_TENANT_ID}/v2.0", world.sim.running.sign_in.as_str().trim_end_matches('/'));
    let begun = ask_for(&browser, &fabrikam().id).await;
    let there = come_back(&begun, &guest("fabrikam.example")).await;
    let landed = browser.get(&format!("{there}&iss={issuer}")).await;
    assert!(
        landed.location().starts_with("/sign-in/failed?problem=protocol"),
        "another issuer: {}",
        landed.location()
    );
    assert!(browser.get("/").await.text().contains("Adele Vance"), "and the session at home goes on");
}

#[tokio::test]
async fn each_directory_is_told_with_its_consent_and_the_link_to_send() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    for name in ["Fabrikam", "Litware"] {
        assert_eq!(consent(&browser, name).await, "Consent not known: nobody has signed in there yet");
    }

    enter(&browser, &fabrikam()).await;
    ask_for(&browser, DEMO_TENANT_ID).await;
    let partly = consent(&browser, "Fabrikam").await;
    assert!(partly.starts_with("Partly authorised"), "{partly}");
    assert!(partly.contains("AuditLog.Read.All What does not work: History shows only"), "{partly}");

    let refused = enter(&browser, &litware()).await;
    assert_eq!(refused.heading(), "An administrator has to consent first");
    assert!(refused.text().contains("It was the sign-in to Litware"), "{}", refused.text());
    let link = format!("/{}/v2.0/adminconsent?", litware().id);
    assert!(refused.body.contains(&link), "its own link: {}", refused.body);
    assert!(!refused.body.contains(&format!("/{DEMO_TENANT_ID}/v2.0/adminconsent?")));
    assert!(consent(&browser, "Litware").await.starts_with("✗ Not authorised"));
    assert!(browser.get("/tenants").await.body.contains(&link));
    assert!(browser.get("/").await.text().contains("Adele Vance"), "the session at home goes on");

    world.sim.control(&format!("consent?tenant={}", litware().id), json!({ "granted": true })).await;
    assert!(enter(&browser, &litware()).await.text().contains("You are in Litware"));
    ask_for(&browser, DEMO_TENANT_ID).await;
    assert!(consent(&browser, "Litware").await.starts_with("✓ Authorised"));
    // Somebody else is told the same.
    let alex = world.signed_in(crate::support::ALEX).await;
    assert!(consent(&alex, "Litware").await.starts_with("✓ Authorised"));
}

#[tokio::test]
async fn forty_directories_can_be_searched_without_a_script() {
    let sim = Sim::start(demo()).await;
    let portal = Portal::start_with(&sim, |config| {
        config.tenants.extend((0..40).map(|at| {
            named(&format!("0d8c9e8e-56a0-4f2b-9a35-0000000000{at:02}"), &format!("Customer {at:02}"))
        }));
    });
    let world = World { portal: portal.await, sim };
    let browser = world.signed_in(ADELE).await;
    let all = browser.get("/tenants").await;
    assert_eq!(all.body.matches("action=\"/auth/tenant\"").count(), 40);
    let found = browser.get("/tenants?q=customer+17").await;
    assert_eq!(found.body.matches("action=\"/auth/tenant\"").count(), 1);
    assert!(found.text().contains("Customer 17"), "{}", found.text());
    let none = browser.get("/tenants?q=%3Cb%3E").await;
    assert!(none.text().contains("None of them is called that."), "{}", none.text());
    assert!(!none.body.contains("<b>"));
}

/// The directory without Adele.
fn without_her(mut tenant: tenant::Tenant) -> tenant::Tenant {
    tenant.personas.retain(|persona| persona.key != "adele");
    tenant
}

#[tokio::test]
async fn each_directory_is_told_with_whether_the_account_is_in_it() {
    const ELSEWHERE: &str = "0ddba11e-0000-4000-8000-00000000e15e";
    let sim = Sim::start_with(demo(), vec![fabrikam(), without_her(litware())]).await;
    let portal = Portal::start_with(&sim, |config| {
        // Without names of their own, and one that is in another cloud or gone.
        config.tenants.extend([&fabrikam().id, &litware().id, ELSEWHERE].map(|id| named(id, id)));
    });
    let world = World { portal: portal.await, sim };
    let browser = world.signed_in(ADELE).await;
    assert!(
        consent(&browser, "Fabrikam").await.starts_with("Consent not known"),
        "Azure's name in place of the id"
    );
    for id in [&*litware().id, ELSEWHERE] {
        let told = told(&browser, id).await;
        let (not_in_it, consent) = told.split_once(" Consent not known").unwrap_or_else(|| panic!("{told}"));
        assert!(not_in_it.starts_with("Azure does not list it for your account."), "{not_in_it}");
        assert!(consent.starts_with(": nobody has signed in"), "{consent}");
    }
    let page = browser.get("/tenants").await;
    assert!(page.text().contains("Name Contoso Domain contoso.example"), "{}", page.text());
    assert!(!page.text().contains("not set up for"), "{}", page.text());

    // Who is not in the list may try nevertheless: it can be late.
    let begun = ask_for(&browser, &litware().id).await;
    assert!(begun.location().contains(&format!("/{}/oauth2/v2.0/authorize", litware().id)));
}

#[tokio::test]
async fn directories_that_the_portal_is_not_set_up_for_are_told_with_their_ids() {
    let sim = Sim::start_with(demo(), vec![fabrikam(), litware()]).await;
    let world = World { portal: Portal::start(&sim).await, sim };
    let browser = world.signed_in(ADELE).await;
    let page = browser.get("/tenants").await;
    let text = page.text();
    assert!(text.contains("Your account is in 2 directories that this portal is not set up for"), "{text}");
    for tenant in [fabrikam(), litware()] {
        let told = format!(
            "{0} {1} Directory id {2} Copy the directory id of {0}",
            tenant.name, tenant.domain, tenant.id
        );
        assert!(text.contains(&told), "{told}: {text}");
    }
    assert!(
        text.contains("none to switch to") && text.contains("Name Contoso Domain contoso.example"),
        "{text}"
    );
    let has_switch = |page: &Page| page.body.contains("action=\"/auth/tenant\"");
    let is_open = |page: &Page| page.body.contains("<details open");
    assert!(!has_switch(&page) && !is_open(&page), "{}", page.body);

    let found = browser.get("/tenants?q=litware.example").await;
    assert!(found.text().contains("Your account is in 1 directory that"), "{}", found.text());
    assert!(found.text().contains("Litware") && !found.text().contains("Fabrikam"), "{}", found.text());
    assert!(is_open(&found), "{}", found.body);
    let other = ask_for(&browser, &litware().id).await;
    assert_eq!(other.location(), "/sign-in/failed?problem=tenant", "being in it is not enough");

    // What others are in is nobody else's.
    let alone = Sim::start_with(demo(), vec![without_her(fabrikam())]).await;
    let world = World { portal: Portal::start(&alone).await, sim: alone };
    let text = world.signed_in(ADELE).await.get("/tenants").await.text();
    assert!(!text.contains("not set up for") && !text.contains("Fabrikam"), "{text}");
}

#[tokio::test]
async fn a_search_finds_a_directory_by_its_domain() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    let found = browser.get("/tenants?q=FABRIKAM.example").await;
    assert_eq!(found.body.matches("action=\"/auth/tenant\"").count(), 1);
    assert!(found.text().contains("Switch to Fabrikam"), "{}", found.text());
}

/// The page with what the configuration says alone.
fn assert_untold(page: &Page) {
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("could not be read from Azure"), "{text}");
    assert!(
        text.contains("Switch to Fabrikam Consent not known")
            && text.contains("Switch to Litware Consent not known"),
        "{text}"
    );
    assert!(!text.contains("Your account is in") && !text.contains("Azure does not list"), "{text}");
}

#[tokio::test]
async fn without_azure_s_list_the_page_tells_what_is_set_up() {
    let world = several().await;
    let browser = world.signed_in(ADELE).await;
    world
        .sim
        .control(
            "faults",
            json!({ "plane": "azure", "path_contains": "/tenants", "status": 403, "times": 1 }),
        )
        .await;
    assert_untold(&browser.get("/tenants").await);
    assert!(browser.get("/tenants").await.text().contains("Your account is in it"), "a failure is not kept");

    let world = several().await;
    let slow = json!({ "plane": "azure", "path_contains": "/tenants", "milliseconds": 60_000 });
    world.sim.control("latency", slow).await;
    let browser = world.signed_in(ADELE).await;
    let began = Instant::now();
    assert_untold(&browser.get("/tenants").await);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

    let sim = Sim::start_with(demo(), vec![fabrikam(), litware()]).await;
    let portal = Portal::start_with(&sim, |config| {
        config.planes = PlaneSet { azure: false, ..config.planes };
        config.tenants.extend([fabrikam(), litware()].map(|tenant| named(&tenant.id, &tenant.name)));
    });
    let world = World { portal: portal.await, sim };
    assert_untold(&world.signed_in(ADELE).await.get("/tenants").await);

    let world = several().await;
    world.sim.control("consent", json!({ "without": ["user_impersonation"] })).await;
    assert_untold(&world.signed_in(ADELE).await.get("/tenants").await);
}
