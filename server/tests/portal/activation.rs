//! Activating and deactivating by the forms, and what the tenant commits.

use serde_json::{Value, json};

use crate::world::{Page, World};

const ADELE: &str = "adele@contoso.example";
const READER: &str = "Global Reader, Directory";
const GROUP: &str = "Incident Responders, Member";
const SANDBOX: &str = "Contributor, Contoso Sandbox";
const BLOBS: &str = "Storage Blob Data Contributor, Contoso Production / rg-data-prod / contosoinvoices";
const EXCHANGE: &str = "Exchange Administrator, Directory";
const NETWORK: &str = "Network Contributor, Contoso Connectivity";
const REASON: (&str, &str) = ("justification", "INC-7 canary-reason");

fn text(entry: &Value) -> String {
    entry.to_string()
}

#[track_caller]
fn states(page: &Page) -> Vec<&str> {
    page.body.split("data-state=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn one_role_on_each_plane_becomes_active_with_just_what_was_typed() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let typed = [REASON, ("wanted", "60")];
    let (_, page) = adele.activate(&[READER, GROUP, SANDBOX, BLOBS], &typed).await;
    assert_eq!(states(&page), ["Usable"; 4], "{}", page.text());

    let ledger = world.ledger().await;
    assert_eq!(ledger.len(), 4);
    for entry in &ledger {
        let entry = text(entry);
        assert!(entry.contains("a1de1e00-51c8-4d0e-8f2a-6b1e00000001"), "not Adele's own id: {entry}");
        assert!(entry.contains("canary-reason") && entry.contains("PT1H"), "{entry}");
    }
    let overview = adele.open("/").await;
    assert_eq!(overview.body.matches("class=\"role-row\"").count(), 4);
    overview.says("1 h left");
    overview.says("Active until");
    let stored = String::from_utf8_lossy(&world.stored()).into_owned();
    assert!(!stored.contains("canary-reason"), "the reason is readable in the store");
}

#[tokio::test]
async fn each_role_is_shortened_to_its_own_policy_and_a_ticket_goes_where_it_is_asked() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let typed = [REASON, ("wanted", "480"), ("ticket_number", "T-1"), ("ticket_system", "Desk")];
    let (_, page) = adele.activate(&[READER, EXCHANGE], &typed).await;
    assert_eq!(states(&page), ["Usable"; 2], "{}", page.text());
    let ledger: Vec<String> = world.ledger().await.iter().map(text).collect();
    let exchange = ledger.iter().find(|entry| entry.contains("29232cdf")).expect("Exchange");
    assert!(exchange.contains("PT4H") && exchange.contains("T-1") && exchange.contains("Desk"), "{exchange}");
    let reader = ledger.iter().find(|entry| entry.contains("f2ef992c")).expect("Global Reader");
    assert!(reader.contains("PT8H") && !reader.contains("T-1"), "{reader}");
}

#[tokio::test]
async fn what_is_missing_is_said_at_its_field_and_what_was_typed_is_kept() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let (id, _) = adele.select(&[EXCHANGE]).await;
    let (place, page) = adele.confirm(&id, &[("ticket_system", "Desk </textarea>")]).await;
    assert!(place.starts_with(&format!("/activate/{id}")));
    page.says("Nothing was sent.");
    page.says("Write a reason");
    page.says("Write a ticket number");
    assert!(page.body.contains("Desk &lt;/textarea&gt;"), "what was typed is gone: {}", page.body);
    assert!(world.ledger().await.is_empty());
}

#[tokio::test]
async fn a_second_confirmation_sends_nothing() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let (id, _) = adele.select(&[READER]).await;
    let ((first, _), (second, _)) = tokio::join!(adele.confirm(&id, &[]), adele.confirm(&id, &[]));
    assert_eq!(first, second);
    assert_eq!(adele.confirm(&id, &[]).await.0, first);
    assert_eq!(world.ledger().await.len(), 1);
}

#[tokio::test]
async fn approval_waits_and_a_stronger_sign_in_is_said_to_be_needed() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let names = ["Security Administrator, Directory", "Conditional Access Administrator, Directory"];
    let (_, page) = adele.activate(&names, &[REASON]).await;
    let mut states = states(&page);
    states.sort_unstable();
    assert_eq!(states, ["AwaitingStepUp", "PendingApproval"], "{}", page.text());
    page.says("Waiting for an approver");
    page.says("activate it in Microsoft's admin center");
    adele.open("/").await.says("Waiting for approval");
}

/// Rules that nobody could read still apply: the tenant itself refuses, and the form can put it right.
#[tokio::test]
async fn a_refusal_leads_back_to_its_field_with_what_was_typed() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let (batch, page) = adele.activate(&[NETWORK], &[REASON, ("wanted", "480")]).await;
    assert_eq!(states(&page), ["Rejected"], "{}", page.text());
    page.says("Longer than this role's rules allow");
    page.says("This role asks for a ticket.");
    assert!(world.ledger().await.is_empty());

    let id = batch.strip_prefix("/requests/").unwrap();
    let (plan, page) = adele.submit("/do/retry", &[("batch", id)]).await;
    page.says("Network Contributor: This role asks for a ticket.");
    page.says("Network Contributor: Longer than this role's rules allow");
    assert!(page.body.contains("canary-reason"), "the reason is gone");
    let selection = plan.strip_prefix("/activate/").unwrap();
    let typed = [REASON, ("wanted", "60"), ("ticket_number", "T-9")];
    assert_eq!(states(&adele.confirm(selection, &typed).await.1), ["Usable"]);
}

#[tokio::test]
async fn every_documented_refusal_is_said_in_words() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    let rules = "RoleAssignmentRequestPolicyValidationFailed";
    for (host, role, code, message, words) in [
        (
            "graph",
            READER,
            rules,
            "The following policy rules failed: [\"ExpirationRule\"]",
            "Longer than this role's rules allow",
        ),
        (
            "graph",
            GROUP,
            rules,
            "The following policy rules failed: JustificationRule - needed",
            "This role asks for a reason.",
        ),
        (
            "azure",
            SANDBOX,
            rules,
            "The following policy rules failed: [\"TicketingRule\"]",
            "This role asks for a ticket.",
        ),
        (
            "graph",
            READER,
            rules,
            "The following policy rules failed: [\"EligibilityRule\"]",
            "You are not eligible for this role any more",
        ),
        ("azure", SANDBOX, "RoleAssignmentExists", "The Role assignment already exists.", "Already active"),
        (
            "graph",
            GROUP,
            "PendingRoleAssignmentRequest",
            "A request is pending.",
            "A request for this role is waiting already.",
        ),
        ("graph", READER, rules, "The following policy rules failed: [\"MfaRule\"]", "multifactor sign-in"),
        ("azure", SANDBOX, "NeverHeardOf", "x", "Refused by Microsoft: NeverHeardOf"),
    ] {
        let method = if host == "azure" { "PUT" } else { "POST" };
        world.refuse_next(host, method, code, message).await;
        let (_, page) = adele.activate(&[role], &[REASON]).await;
        page.says(words);
        assert!(world.ledger().await.is_empty(), "{code} was committed");
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_never_sent_again() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    for (host, method, role) in
        [("graph", "POST", READER), ("graph", "POST", GROUP), ("azure", "PUT", SANDBOX)]
    {
        let lost = json!({ "plane": host, "path_contains": "ssignmentScheduleRequests", "method": method,
            "kind": "close_after", "status": 0, "times": 1 });
        world.control("/faults", lost).await;
        let (_, page) = adele.activate(&[role], &[REASON]).await;
        assert_eq!(states(&page), ["Usable"], "{role}: {}", page.text());
    }
    assert_eq!(world.ledger().await.len(), 3);

    let never = json!({ "plane": "graph", "path_contains": "ssignmentScheduleRequests", "method": "POST",
        "kind": "close_before", "status": 0, "times": 1 });
    world.control("/faults", never).await;
    let (batch, page) = adele.activate(&["Contoso Device Auditor, Directory"], &[]).await;
    assert_eq!(states(&page), ["Unsure"], "{}", page.text());
    assert_eq!(states(&adele.open(&batch).await), ["Unsure"]);
    assert_eq!(world.ledger().await.len(), 3, "it was sent again");
}

#[tokio::test]
async fn deactivation_has_a_floor_of_five_minutes_and_then_works() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    adele.activate(&[READER, GROUP, SANDBOX], &[REASON]).await;
    let overview = adele.open("/").await;
    let ticks: Vec<String> = [READER, GROUP, SANDBOX]
        .iter()
        .map(|name| overview.tick(&format!("Choose {name} to deactivate")))
        .collect();
    let rows: Vec<(&str, &str)> = ticks.iter().map(|tick| ("rows[]", tick.as_str())).collect();

    let (_, page) = adele.submit("/do/deactivate", &rows).await;
    assert_eq!(states(&page), ["Rejected"; 3], "{}", page.text());
    page.says("Active for less than five minutes");

    world.wait_minutes(6).await;
    let (_, page) = adele.submit("/do/deactivate", &rows).await;
    assert_eq!(states(&page), ["Revoked"; 3], "{}", page.text());
    adele.open("/").await.says("No role is active");
}

#[tokio::test]
async fn an_assigned_role_cannot_be_deactivated_even_by_a_forged_form() {
    let world = World::start().await;
    let adele = world.signed_in(ADELE).await;
    adele.open("/").await.says("roles assigned without activation");
    for row in ["entra:anything", "groups:anything", "azure:anything", "nonsense", ""] {
        assert_eq!(
            adele.submit("/do/deactivate", &[("rows[]", row)]).await.0,
            "/?notice=nothing-chosen",
            "{row}"
        );
    }
    assert!(world.ledger().await.is_empty());
}
