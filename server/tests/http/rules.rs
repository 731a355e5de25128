//! The organisation's rules for reasons and tickets: said before anything is sent, checked here, and nothing typed is lost.

use std::collections::HashMap;

use portal::rules::Rules;
use serde_json::{Value, json};
use server::config::Config;
use sim_tenant::tenant::demo;

use crate::support::{ADELE, ALEX, Portal, Sim};

const SETTINGS: [(&str, &str); 8] = [
    ("JUSTIFICATION_PATTERN", "[a-z]{3,} [a-z]"),
    ("JUSTIFICATION_MESSAGE", "Say what & why, in <words>."),
    ("JUSTIFICATION_MIN_LENGTH", "12"),
    ("JUSTIFICATION_FILLERS", "test, asdf, because"),
    ("TICKET_PATTERN", "(CHG|INC)[0-9]{4}"),
    ("TICKET_MESSAGE", "CHG or INC and four digits."),
    ("TICKET_EXAMPLE", "CHG0042"),
    ("TICKET_SYSTEMS", "ServiceNow, Jira"),
];

fn read(settings: &[(&str, &str)]) -> Result<Rules, String> {
    let needed = [
        ("PUBLIC_URL", "https://pim.example.com"),
        ("TENANT_ID", "3b3a1a4a-9c5d-4d3f-8a55-2f6a3b0f9c11"),
        ("CLIENT_ID", "0d8c9e8e-56a0-4f2b-9a35-0c1e5a1c8f22"),
    ];
    let environment: HashMap<_, _> = needed
        .iter()
        .chain(settings)
        .map(|(key, value)| (format!("PIM_PORTAL_{key}"), (*value).to_owned()))
        .collect();
    Config::read(None, environment).map(|config| config.rules).map_err(|error| error.to_string())
}

async fn ruled() -> (Sim, Portal) {
    let sim = Sim::start(demo()).await;
    let rules = read(&SETTINGS).expect("settings");
    let portal = Portal::start_with(&sim, |config| config.rules = rules).await;
    (sim, portal)
}

#[tokio::test]
async fn a_plan_says_the_rules_and_comes_back_with_what_was_typed() {
    let (sim, portal) = ruled().await;
    let browser = portal.signed_in(ADELE).await;
    let plan = browser.select(&["Exchange Administrator, Directory"]).await;
    let text = plan.text();
    assert!(text.contains("At least 12 characters. Say what & why, in <words>."), "{text}");
    assert!(text.contains("CHG or INC and four digits. Example: CHG0042."), "{text}");
    assert!(plan.body.contains("minlength=\"12\"") && !plan.body.contains("<words>"), "{}", plan.body);
    assert!(plan.body.contains(r#"pattern="\s*(?:(CHG|INC)[0-9]{4})\s*""#), "{}", plan.body);
    assert!(plan.body.contains("<option value=\"ServiceNow\""), "{}", plan.body);

    for (reason, told) in [
        ("TEST test!", "Write what it is for: that text says nothing."),
        ("too short", "Write at least 12 characters."),
        ("4711 4711 4711 4712", "Say what & why, in <words>."),
    ] {
        let typed = [("justification", reason), ("ticket_number", "CHG0042"), ("ticket_system", "Jira")];
        let page = browser.confirm(&plan, &typed).await;
        assert!(
            page.path.starts_with("/activate/") && page.text().contains("Nothing was sent."),
            "{}",
            page.text()
        );
        assert_eq!(page.reason(), reason, "what was typed is still there");
        let problem = page.element("id=\"justification-problem\"", "</p>").map(crate::support::text);
        assert!(problem.is_some_and(|problem| problem.contains(told)), "{reason}: {}", page.text());
        assert!(page.body.contains("aria-describedby=\"justification-problem"), "the field points at it");
        assert!(page.body.contains("value=\"Jira\" selected"), "{}", page.body);
    }
    for (number, system, told) in [
        ("4711", "Jira", "CHG or INC and four digits. Example: CHG0042."),
        ("CHG0042", "Bugzilla", "Choose the system that the ticket is in."),
    ] {
        let typed = [
            ("justification", "Patching the mail hosts"),
            ("ticket_number", number),
            ("ticket_system", system),
        ];
        let page = browser.confirm(&plan, &typed).await;
        let problems = page.element("<div id=\"problems\"", "</div>").map(crate::support::text);
        assert!(problems.is_some_and(|problems| problems.contains("Put this right")), "{}", page.text());
        assert!(page.text().contains(told), "{number} {system}: {}", page.text());
        assert_eq!(page.field("ticket_number"), number);
    }
    assert_eq!(sim.writes().await, Vec::<Value>::new(), "nothing was sent");
    let typed = [
        ("justification", "Patching the mail hosts"),
        ("ticket_number", "CHG0042"),
        ("ticket_system", "Jira"),
    ];
    let done = browser.confirm(&plan, &typed).await;
    assert!(done.path.starts_with("/requests/"), "{}", done.text());
    assert_eq!(sim.only_commit().await["justification"], "Patching the mail hosts");
}

#[tokio::test]
async fn a_reason_for_one_role_alone_is_told_at_its_own_field() {
    let (sim, portal) = ruled().await;
    let browser = portal.signed_in(ADELE).await;
    let plan = browser.select(&["Exchange Administrator, Directory"]).await;
    let row = plan.field("own[0][row]");
    let typed = [
        ("justification", "Patching the mail hosts"),
        ("ticket_number", "CHG0042"),
        ("ticket_system", "Jira"),
        ("own[0][row]", row.as_str()),
        ("own[0][justification]", "asdf"),
    ];
    let page = browser.confirm(&plan, &typed).await;
    let problem = page.element("id=\"own-0-reason-problem\"", "</p>").map(crate::support::text);
    assert!(problem.is_some_and(|problem| problem.contains("that text says nothing")), "{}", page.text());
    assert!(page.body.contains("href=\"#own-0-reason\""), "{}", page.body);
    assert_eq!(page.field("own[0][justification]"), "asdf");
    assert_eq!(sim.writes().await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_extension_comes_back_with_what_was_typed() {
    let (sim, portal) = ruled().await;
    let browser = portal.signed_in(ADELE).await;
    let form =
        browser.get(&browser.get("/").await.link("Extend Contoso Device Auditor").expect("a link")).await;
    let row = form.field("row");
    for (reason, told) in [
        ("</textarea><b>test", "Say what & why, in <words>."),
        ("Because because", "Write what it is for: that text says nothing."),
        (" ", "Write a reason: the administrator who decides reads it."),
    ] {
        let typed = [("row", row.as_str()), ("days", "90"), ("justification", reason)];
        let page = browser.submit("/do/prolong", &typed).await;
        assert!(page.path.starts_with("/extend?"), "{}", page.path);
        assert!(!page.path.contains("ecause") && !page.path.contains("textarea"), "{}", page.path);
        assert!(page.text().contains(told) && !page.body.contains("<b>"), "{reason}: {}", page.text());
        assert_eq!(page.reason(), reason.trim());
        assert!(page.body.contains("value=\"90\" checked"), "and so is the length: {}", page.body);
    }
    assert_eq!(sim.writes().await, Vec::<Value>::new());
    let typed = [("row", row.as_str()), ("days", "90"), ("justification", "Still on call for it")];
    let asked = browser.submit("/do/prolong", &typed).await;
    assert!(asked.path.starts_with("/requests/"), "{}", asked.text());
    assert_eq!(sim.writes().await.len(), 1);
}

#[tokio::test]
async fn a_decision_comes_back_with_what_was_typed_and_what_was_ticked() {
    let (sim, portal) = ruled().await;
    let requester = portal.signed_in(ADELE).await;
    sim.control("switches", json!({ "entra_approvals_open": true })).await;
    let plan = requester.select(&["Release Managers, Member"]).await;
    let typed =
        [("justification", "Release of the week"), ("ticket_number", "CHG0042"), ("ticket_system", "Jira")];
    let asked = requester.confirm(&plan, &typed).await;
    assert!(asked.path.starts_with("/requests/"), "{}", asked.text());
    let alex = portal.signed_in(ALEX).await;
    let rows = alex.get("/approvals").await.fields("rows[]");
    let row = rows.first().expect("something waits");
    let decide = async |reason: &str| {
        alex.submit("/do/decide", &[("rows[]", row), ("decision", "approve"), ("reason", reason)]).await
    };
    let page = decide("asdf asdf").await;
    assert!(page.path.starts_with("/approvals?") && !page.path.contains("asdf"), "{}", page.path);
    assert!(page.text().contains("that text says nothing"), "{}", page.text());
    assert_eq!(page.reason(), "asdf asdf");
    assert!(page.body.contains(" checked"), "what was ticked is ticked");
    let done = decide("Agreed in the stand-up").await;
    assert_eq!(done.only_line().0, "Done", "{}", done.text());
}

#[test]
fn every_wrong_rule_is_refused_by_its_key() {
    let wrong = [
        ("JUSTIFICATION_PATTERN", "("),
        ("JUSTIFICATION_MIN_LENGTH", "201"),
        ("JUSTIFICATION_FILLERS", "test,,asdf"),
        ("TICKET_PATTERN", "CHG[0-9]{4}"),
        ("TICKET_MESSAGE", "CHG and four digits."),
        ("TICKET_EXAMPLE", "CHG42"),
        ("TICKET_SYSTEMS", " "),
    ];
    let problems = read(&wrong).expect_err("wrong");
    for key in [
        "JUSTIFICATION_MESSAGE is missing",
        "JUSTIFICATION_MIN_LENGTH is",
        "JUSTIFICATION_FILLERS",
        "TICKET_EXAMPLE does not match",
        "TICKET_SYSTEMS",
    ] {
        assert!(problems.contains(&format!("PIM_PORTAL_{key}")), "{key}: {problems}");
    }
    let refused = |settings: &[(&str, &str)]| read(settings).expect_err("wrong");
    let said = ("JUSTIFICATION_MESSAGE", "Say why.");
    assert!(
        refused(&[("JUSTIFICATION_PATTERN", "("), said]).contains("JUSTIFICATION_PATTERN is not a regular")
    );
    let huge = "((([a-z]{100}){100}){100})";
    assert!(refused(&[("JUSTIFICATION_PATTERN", huge), said]).contains("JUSTIFICATION_PATTERN is too large"));
    assert!(refused(&[said]).contains("JUSTIFICATION_MESSAGE goes with"));
    assert!(refused(&[("TICKET_EXAMPLE", "CHG0042")]).contains("TICKET_EXAMPLE goes with"));
    assert!(refused(&[("JUSTIFICATION_MIN_LENGTH", "many")]).contains("justification_min_length"));
    assert!(read(&SETTINGS).is_ok());
}
