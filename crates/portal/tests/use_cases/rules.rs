//! The organisation's rules: whatever they are, a text that they refuse changes nothing, and nothing is sent.

use jiff::SignedDuration;
use pim::approval::Decision;
use pim::policy::{Policy, Requirement};
use portal::PortalError;
use portal::activate::Confirmation;
use portal::rules::{JustificationRules, Pattern, Rules, TicketRules};
use portal::selection::{Field, Fields, Own};
use proptest::prelude::*;

use crate::world::{World, adele, lenient, typed};

fn strategy() -> impl Strategy<Value = JustificationRules> {
    let patterns = ["(INC|CHG)[0-9]+", "^[A-Z]", "[a-z]{3,} [a-z]{3,}", "."];
    let fillers = ["test", "asdf", "...", "aaa", "because"];
    (
        prop::option::of(prop::sample::select(patterns.to_vec())),
        0_usize..24,
        prop::collection::vec(prop::sample::select(fillers.to_vec()), 0..4),
    )
        .prop_map(|(pattern, shortest, fillers)| JustificationRules {
            pattern: pattern.map(|pattern| Pattern::somewhere(pattern, "Write it as we do.").unwrap()),
            shortest,
            fillers: fillers.into_iter().map(str::to_owned).collect(),
        })
}

/// What people type, and what nobody does.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "(test|asdf|aaa|\\.\\.\\.|Because)( |!|\\.){0,3}",
        "[A-Za-z]{0,12}( [a-z]{1,8}){0,3}",
        "Patching (INC|CHG)[0-9]{1,4}",
        "\\PC{0,40}",
    ]
}

async fn live(rules: JustificationRules, all: String, own: Option<String>) -> Result<(), TestCaseError> {
    let world = World::ruled(Rules { justification: rules.clone(), ..Rules::default() });
    let (row, other) =
        (world.entra.offers("reader", Some(lenient(60))), world.azure.offers("owner", Some(lenient(60))));
    let ends = world.clock_now() + SignedDuration::from_hours(24);
    world.entra.state().eligibilities[0].until = Some(ends);
    let waits = world.entra.asks("waits");
    let who = world.adele();

    let of_own = Own { justification: own.clone(), ..Own::default() };
    let fields = Fields { own: vec![(other.clone(), of_own)], ..typed(30, &all) };
    let selection = world.portal.select(&who, vec![row.clone(), other]).await.unwrap();
    let confirmed = world.portal.confirm(&who, selection.id, fields).await.unwrap();
    let sent = world.entra.calls("submit") + world.azure.calls("submit");
    let refused =
        [Some(all.as_str()), own.as_deref()].into_iter().flatten().any(|text| rules.problem(text).is_some());
    if refused {
        let kept = world.portal.selection(&who, selection.id).await.unwrap();
        prop_assert_eq!((&confirmed, sent, kept.confirmed), (&Confirmation::NotYet, 0, None));
        prop_assert_eq!(&kept.fields.justification, all.trim(), "what was typed is still there");
        prop_assert!(kept.problems.iter().all(|problem| problem.field == Field::Justification));
    } else {
        prop_assert_eq!(sent, 2, "{:?}", confirmed);
    }

    // The same text where an administrator or a requester reads it.
    let next_year = world.clock_now() + SignedDuration::from_hours(24 * 365);
    let prolonged = world.portal.prolong(&who, &row, next_year, &all).await;
    let decided = world.portal.decide(&who, &[waits], Decision::Approve, &all).await;
    if rules.problem(&all).is_some() {
        prop_assert_eq!(prolonged.err(), Some(PortalError::AgainstRules));
        prop_assert_eq!(decided.err(), Some(PortalError::AgainstRules));
        prop_assert_eq!((world.entra.calls("prolong"), world.entra.calls("decide")), (0, 0));
    } else if !all.trim().is_empty() {
        prop_assert_eq!((prolonged.is_ok(), decided.is_ok()), (true, true));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_rules_a_refused_text_changes_nothing_and_nothing_is_sent(
        rules in strategy(),
        all in text(),
        own in prop::option::of("[a-z]{1,10}( [a-z]{1,8}){0,3}"),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(live(rules, all, own))?;
    }
}

#[tokio::test]
async fn a_ticket_is_checked_as_it_would_be_sent_for_all_and_for_one() {
    let pattern = Pattern::whole("CHG[0-9]{4}", "CHG and four digits.").unwrap();
    let ticket = TicketRules {
        pattern: Some(pattern),
        example: None,
        systems: vec!["ServiceNow".into(), "Jira".into()],
    };
    let world = World::ruled(Rules { ticket, ..Rules::default() });
    let strict = Policy { ticket: Requirement::Required, ..lenient(60) };
    let rows =
        vec![world.entra.offers("reader", Some(strict.clone())), world.azure.offers("owner", Some(strict))];
    let selection = world.portal.select(&adele(), rows.clone()).await.unwrap().id;
    let told = async |number: &str, system: &str, own: Own| {
        let (ticket_number, ticket_system) = (number.to_owned(), system.to_owned());
        let fields = Fields {
            ticket_number,
            ticket_system,
            own: vec![(rows[1].clone(), own)],
            ..typed(30, "Release")
        };
        world.portal.confirm(&adele(), selection, fields).await.unwrap();
        let problems = world.portal.selection(&adele(), selection).await.unwrap().problems;
        problems.into_iter().map(|problem| (problem.field, problem.row)).collect::<Vec<_>>()
    };
    let own = |number: &str, system: Option<&str>| Own {
        ticket_number: Some(number.into()),
        ticket_system: system.map(str::to_owned),
        ..Own::default()
    };
    assert_eq!(told("12", "Jira", Own::default()).await, [(Field::Ticket, None)], "once, not once a role");
    assert_eq!(told("CHG0042", "Bugzilla", Own::default()).await, [(Field::TicketSystem, None)]);
    let other = Some(rows[1].clone());
    assert_eq!(told("CHG0042", "Jira", own("12", None)).await, [(Field::Ticket, other.clone())]);
    let both = told("CHG0042", "", own("CHG0043", Some("Bugzilla"))).await;
    assert_eq!(both, [(Field::TicketSystem, None), (Field::TicketSystem, other)]);
    assert_eq!(world.entra.calls("submit") + world.azure.calls("submit"), 0);
    assert_eq!(told("CHG0042", "Jira", own("CHG0043", None)).await, []);
    assert_eq!(world.entra.calls("submit") + world.azure.calls("submit"), 2);
}

#[tokio::test]
async fn a_reason_that_no_role_uses_is_not_asked_to_be_right() {
    let rules = JustificationRules { shortest: 10, ..JustificationRules::default() };
    let world = World::ruled(Rules { justification: rules, ..Rules::default() });
    let row = world.entra.offers("reader", Some(lenient(60)));
    let own = Own { justification: Some("Patching the hosts".into()), ..Own::default() };
    let fields = Fields { own: vec![(row.clone(), own)], ..typed(30, "short") };
    world.confirm(vec![row], fields).await;
    assert_eq!(world.entra.calls("submit"), 1);
}

#[tokio::test]
async fn what_was_typed_is_kept_for_its_person_and_form_for_a_while() {
    let world = World::new();
    world.portal.keep_typed(&adele(), "extend", "on call").await.unwrap();
    assert_eq!(world.portal.typed(&adele(), "extend").await, "on call");
    assert_eq!(world.portal.typed(&adele(), "approvals").await, "");
    assert_eq!(world.portal.typed(&crate::world::session(1, 2), "extend").await, "");
    world.portal.keep_typed(&adele(), "extend", &"é".repeat(600)).await.unwrap();
    assert_eq!(world.portal.typed(&adele(), "extend").await.chars().count(), 501);
}
