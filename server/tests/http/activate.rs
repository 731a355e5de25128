//! Activating: what is really sent, what is shown of it, and that it happens once.

use serde_json::{Value, json};
use sim_tenant::tenant::demo;
use uuid::Uuid;

use crate::support::{ADELE, ADELE_ID, Page, World};

const HELPDESK: &str = "Helpdesk Administrator, Directory";
const PAYROLL: &str = "Payroll Administrators, Member";
const STORAGE: &str = "Storage Blob Data Contributor, Contoso Production / rg-data-prod / contosoinvoices";
const READER: &str = "Global Reader, Directory";

fn states(page: &Page) -> Vec<String> {
    page.lines().into_iter().map(|(state, _)| state).collect()
}

#[tokio::test]
async fn three_planes_at_once() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[HELPDESK, PAYROLL, STORAGE]).await;
    assert_eq!(plan.heading(), "Activate 3 roles");
    assert!(plan.text().contains("3 roles start at once"), "{}", plan.text());

    let typed = [
        ("justification", "Incident 4711"),
        ("wanted", "480"),
        ("ticket_number", "T-42"),
        ("ticket_system", "Desk"),
    ];
    let result = browser.confirm(&plan, &typed).await;
    assert_eq!(result.heading(), "Activation of 3 roles");
    assert_eq!(states(&result), ["Usable"; 3], "{}", result.text());
    for (_, line) in result.lines() {
        assert!(line.contains("Active Usable now, until "), "{line}");
    }

    let mut ledger = world.sim.ledger().await;
    ledger.sort_by_key(|request| request["plane"].to_string());
    let of = |request: &Value| {
        [
            "plane",
            "action",
            "principalId",
            "roleName",
            "scopeName",
            "duration",
            "justification",
            "ticketNumber",
        ]
        .map(|field| request[field].as_str().unwrap_or_default().to_owned())
    };
    let act = "selfActivate";
    assert_eq!(
        ledger.iter().map(of).collect::<Vec<_>>(),
        [
            [
                "azure",
                act,
                ADELE_ID,
                "Storage Blob Data Contributor",
                "contosoinvoices",
                "PT8H",
                "Incident 4711",
                ""
            ],
            ["entra", act, ADELE_ID, "Helpdesk Administrator", "/", "PT1H45M", "Incident 4711", ""],
            ["groups", act, ADELE_ID, "member", "Payroll Administrators", "PT4H", "Incident 4711", "T-42"],
        ]
    );

    let overview = browser.get("/").await;
    for (part, title) in [
        ("held-entra", "Helpdesk"),
        ("held-groups", "Payroll"),
        ("held-azure", "Storage Blob Data Contributor"),
    ] {
        let held = overview.part(part);
        assert!(held.contains(title) && held.contains("Active"), "{held}");
    }
    assert!(overview.row(HELPDESK).text.contains("Active until"), "and cannot be ticked again");
}

#[tokio::test]
async fn azure_is_sent_what_it_gave_back_unchanged() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&[STORAGE], "Invoices").await;
    let writes = world.sim.writes().await;
    let [put] = writes.as_slice() else { panic!("one write: {writes:#?}") };

    let tenant = demo();
    let role =
        tenant.azure.roles.iter().find(|role| role.name == "Storage Blob Data Contributor").expect("a role");
    let scope = tenant.azure.scopes.iter().find(|scope| scope.key == "storage").expect("a scope");
    let condition = tenant.azure.eligible.iter().find_map(|grant| grant.condition.clone());
    let path = put["path"].as_str().expect("a path");
    let (at, id) = path
        .split_once("/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/")
        .expect("a request below its scope");
    assert_eq!((put["method"].as_str(), at), (Some("PUT"), scope.id.as_str()));
    assert!(Uuid::parse_str(id).is_ok(), "an id of the portal's own: {id}");
    assert_eq!(world.sim.only_commit().await["id"], id);

    let sent = &put["body"]["properties"];
    assert_eq!(sent["requestType"], "SelfActivate");
    assert_eq!(sent["principalId"], ADELE_ID);
    assert_eq!(sent["roleDefinitionId"], role.definition_id_at(&scope.id).as_str());
    assert_eq!(sent["condition"].as_str(), condition.as_deref());
    assert_eq!(sent["conditionVersion"], "2.0");
    let linked = sent["linkedRoleEligibilityScheduleId"].as_str().expect("the eligibility");
    assert!(Uuid::parse_str(linked.rsplit('/').next().unwrap_or_default()).is_ok(), "{linked}");
    assert_eq!(sent["scheduleInfo"]["expiration"]["type"], "AfterDuration");
}

#[tokio::test]
async fn what_needs_approval_waits_for_it() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let roles =
        ["Security Administrator, Directory", "Release Managers, Member", "Contributor, Contoso Production"];
    let plan = browser.select(&roles).await;
    assert_eq!(plan.text().matches("has to approve").count(), 3, "{}", plan.text());
    let result = browser.confirm(&plan, &[("justification", "Release 12")]).await;
    assert_eq!(states(&result), ["PendingApproval"; 3], "{}", result.text());
    for (_, line) in result.lines() {
        assert!(line.contains("Waiting for approval Waiting for "), "{line}");
    }
    let ledger = world.sim.ledger().await;
    assert_eq!(ledger.iter().map(|one| &one["status"]).collect::<Vec<_>>(), ["PendingApproval"; 3]);
    let overview = browser.get("/").await;
    for role in roles {
        assert!(overview.row(role).text.contains("Waiting"), "{}", overview.row(role).text);
    }
    for plane in ["entra", "groups", "azure"] {
        let held = overview.part(&format!("held-{plane}"));
        assert!(held.contains("Waiting for approval") && !held.contains("Active"), "{held}");
    }
}

#[tokio::test]
async fn a_selection_is_carried_out_once() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[READER, HELPDESK]).await;
    let selection = plan.field("selection");
    let fields = [("selection", selection.as_str()), ("step", "confirm"), ("justification", "Twice")];
    let (one, other) =
        tokio::join!(browser.post("/do/activate", &fields), browser.post("/do/activate", &fields));
    let late = browser.post("/do/activate", &fields).await;
    assert!(one.location().starts_with("/requests/"), "{}", one.location());
    assert_eq!((one.location(), one.location()), (other.location(), late.location()));
    assert_eq!(world.sim.ledger().await.len(), 2);
    assert_eq!(world.sim.writes().await.len(), 2);
    let again = browser.get(&plan.path).await;
    assert!(again.text().contains("This was confirmed already. Nothing is sent a second time."));
    assert_eq!(again.link("See what became of it").as_deref(), Some(one.location()));
}

#[tokio::test]
async fn nothing_is_sent_until_what_is_asked_for_is_there() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[PAYROLL, READER]).await;
    let kept = [("ticket_system", "Desk"), ("wanted", "60")];
    let back = browser.confirm(&plan, &kept).await;
    assert_eq!(back.path, format!("{}#problems", plan.path));
    let said = back.text();
    assert!(said.contains("Nothing was sent. Put this right first:"), "{said}");
    assert!(said.contains("Write a reason") && said.contains("Write a ticket number"), "{said}");
    assert_eq!(back.field("ticket_system"), "Desk", "what was typed is kept");
    assert!(said.contains("1 h of 4 h"), "{said}");
    assert_eq!(world.sim.writes().await, Vec::<Value>::new());

    let result = browser.confirm(&back, &[("justification", "Payday"), ("ticket_number", "T-1")]).await;
    assert_eq!(states(&result), ["Usable"; 2], "{}", result.text());
}

#[tokio::test]
async fn a_role_can_be_taken_out_and_what_was_typed_stays() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[READER, HELPDESK]).await;
    let row = browser.get("/").await.tick(READER);
    let (selection, step) = (plan.field("selection"), format!("remove:{row}"));
    let fields =
        [("selection", selection.as_str()), ("step", step.as_str()), ("justification", "Still here")];
    let left = browser.submit("/do/activate", &fields).await;
    assert_eq!((left.heading().as_str(), left.reason().as_str()), ("Activate 1 role", "Still here"));

    let fields = [("selection", selection.as_str()), ("step", "again"), ("wanted", "30")];
    let shorter = browser.submit("/do/activate", &fields).await;
    assert!(shorter.text().contains("30 min of 1 h 45 min"), "{}", shorter.text());
    assert_eq!(world.sim.writes().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_reason_comes_back_as_text_and_arrives_as_typed() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let reason = "</textarea><script>alert(1)</script> & \"Größe\" 日本";
    let plan = browser.select(&[PAYROLL]).await;
    let back = browser.confirm(&plan, &[("justification", reason)]).await;
    assert!(!back.body.contains("<script>alert"), "{}", back.body);
    let field = back.element("<textarea", "</textarea>").expect("a field");
    assert!(field.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;"), "{field}");

    browser.confirm(&back, &[("justification", reason), ("ticket_number", "T-1")]).await;
    assert_eq!(world.sim.only_commit().await["justification"], reason);
}

#[tokio::test]
async fn a_role_that_became_active_elsewhere_is_left_out() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[READER]).await;
    browser.activate(&[READER], "").await;
    let again = browser.get(&plan.path).await;
    assert!(again.text().contains("left out"), "{}", again.text());
    let answer = browser.confirm(&plan, &[]).await;
    assert_eq!(answer.heading(), "Activate 1 role", "there is nothing to send");
    assert_eq!(world.sim.ledger().await.len(), 1);
}

#[tokio::test]
async fn choosing_nothing_says_so() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    for rows in [vec![], vec![("rows[]", "nonsense")], vec![("rows[]", "unknown-plane:1")]] {
        let page = browser.submit("/do/select", &rows).await;
        assert_eq!(page.path, "/?notice=nothing-chosen");
        assert!(page.text().contains("Nothing was chosen. Tick at least one role first."));
    }
    let forged = browser.submit("/do/select", &[("rows[]", "entra:made-up")]).await;
    assert!(forged.text().contains("you are no longer eligible"), "{}", forged.text());
    browser.confirm(&forged, &[("justification", "x")]).await;
    assert_eq!(world.sim.writes().await, Vec::<Value>::new());
    assert_eq!(json!([]), Value::from(world.sim.ledger().await));
}

#[tokio::test]
async fn reasons_come_back_at_a_click_and_are_forgotten_at_a_click() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    browser.activate(&[HELPDESK], "Incident 4711 </button>").await;
    let plan = browser.select(&[STORAGE]).await;
    let selection = plan.field("selection");
    let step = async |step: &str, more: &[(&str, &str)]| {
        let fields = [&[("selection", selection.as_str()), ("step", step), ("wanted", "60")], more].concat();
        browser.submit("/do/activate", &fields).await
    };
    let again = plan.button_with("step", "use:");
    assert_eq!(again, "use:Incident 4711 </button>");
    let filled = step(&again, &[]).await;
    assert_eq!(filled.reason(), "Incident 4711 </button>");
    assert!(filled.text().contains("1 h of 8 h"), "what was typed stays: {}", filled.text());

    let saved =
        step("save-template", &[("justification", "Monthly patches"), ("template_name", "Patch day")]).await;
    assert!(saved.text().contains("Use: Patch day"), "{}", saved.text());
    let nameless = step("save-template", &[("justification", "Monthly patches")]).await;
    assert!(nameless.text().contains("Write a name for the template."), "{}", nameless.text());
    assert_eq!(nameless.reason(), "Monthly patches");

    let forgotten = step("forget:Incident 4711 </button>", &[]).await;
    assert!(!forgotten.text().contains("Incident 4711"), "{}", forgotten.text());
    let deleted = step("delete-template:Patch day", &[]).await;
    assert!(!deleted.text().contains("Patch day"), "{}", deleted.text());
}

#[tokio::test]
async fn a_check_says_for_each_role_what_the_service_says_and_sends_nothing() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[HELPDESK, PAYROLL, STORAGE]).await;
    let selection = plan.field("selection");
    let check = [
        ("selection", selection.as_str()),
        ("step", "check"),
        ("wanted", "60"),
        ("justification", "Looking"),
    ];
    let checked = browser.submit("/do/activate", &check).await;
    let text = checked.text();
    assert!(text.contains("Checked; nothing was sent. 2 would go through, 1 would be refused."), "{text}");
    assert!(text.contains("Would be refused This role asks for a ticket."), "{text}");
    assert_eq!(checked.reason(), "Looking");
    let with = [&check[..], &[("ticket_number", "T-1")]].concat();
    let checked = browser.submit("/do/activate", &with).await;
    assert!(checked.text().contains("nothing was sent. 3 would go through."), "{}", checked.text());
    assert_eq!(world.sim.ledger().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_removed_role_leaves_the_focus_with_the_one_that_took_its_place() {
    let world = World::start().await;
    let browser = world.signed_in(ADELE).await;
    let plan = browser.select(&[HELPDESK, PAYROLL, STORAGE]).await;
    assert!(plan.text().contains("All three start at once."), "{}", plan.text());
    let selection = plan.field("selection");
    let remove = async |page: &Page| {
        let last = page.body.rsplit_once("value=\"remove:").expect("a button").1;
        let row = last.split_once('"').expect("a value").0.replace("&amp;", "&");
        let fields = [("selection", selection.as_str()), ("step", &format!("remove:{row}"))];
        browser.submit("/do/activate", &fields).await
    };
    let left = remove(&plan).await;
    assert!(left.path.ends_with("#remove-1") && left.body.contains("id=\"remove-1\""), "{}", left.path);
    assert!(left.text().contains("Both start at once."), "{}", left.text());
    let left = remove(&left).await;
    assert!(left.path.ends_with("#remove-0"), "{}", left.path);
    assert_eq!(remove(&left).await.heading(), "Overview");
}
