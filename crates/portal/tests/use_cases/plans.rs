//! What a selection will ask and do.

use jiff::SignedDuration;
use pim::assignment::AssignmentOrigin;
use pim::error::ErrorKind;
use pim::policy::{Policy, Requirement};
use pim::request::RequestAction;
use portal::overview::Standing;
use portal::plan::{DEFAULT_DURATION, Plan};
use portal::selection::{Field, Fields, LONGEST_JUSTIFICATION, RowKey, Wanted};

use crate::support::request;
use crate::world::{World, adele, lenient, minutes, typed};

async fn plan(world: &World, rows: Vec<RowKey>, fields: Fields) -> Plan {
    let mut selection = world.portal.select(&adele(), rows).await.unwrap();
    selection.fields = fields;
    world.portal.plan(&adele(), &selection).await
}

/// What is wrong when `rows` are to be activated with `fields`.
async fn fields_of(world: &World, rows: &[RowKey], fields: Fields) -> Vec<Field> {
    let plan = plan(world, rows.to_vec(), fields.clone()).await;
    let problems = plan.problems(&fields, world.portal.clock().now(), world.portal.rules());
    problems.into_iter().map(|problem| problem.field).collect()
}

#[tokio::test]
async fn each_role_is_shortened_to_its_own_policy() {
    let world = World::new();
    let rows = vec![
        world.entra.offers("short", Some(lenient(60))),
        world.azure.offers("long", Some(lenient(600))),
        world.azure.offers("exact", Some(lenient(240))),
        world.entra.offers("unknown", None),
    ];
    let plan = plan(&world, rows.clone(), typed(240, "")).await;
    let lines: Vec<_> =
        plan.lines.iter().map(|line| (&line.row, line.duration, line.shortened_from)).collect();
    let expected = [
        (&rows[0], minutes(60), Some(minutes(240))),
        (&rows[1], minutes(240), None),
        (&rows[2], minutes(240), None),
        (&rows[3], minutes(240), None),
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn longest_takes_each_maximum_and_the_default_where_it_is_unknown() {
    let world = World::new();
    let rows = vec![
        world.entra.offers("short", Some(lenient(60))),
        world.entra.offers("long", Some(lenient(1440))),
        world.entra.offers("unknown", None),
    ];
    let plan = plan(&world, rows, Fields { wanted: Wanted::Longest, ..Fields::default() }).await;
    let durations: Vec<_> = plan.lines.iter().map(|line| (line.duration, line.shortened_from)).collect();
    assert_eq!(durations, [(minutes(60), None), (minutes(1440), None), (DEFAULT_DURATION, None)]);
}

#[tokio::test]
async fn active_and_waiting_roles_are_set_apart() {
    let world = World::new();
    let rows: Vec<_> =
        ["active", "waiting", "free"].map(|name| world.entra.offers(name, Some(lenient(60)))).into();
    world.entra.gives("ACTIVE", AssignmentOrigin::Activated);
    world.entra.gives("free", AssignmentOrigin::Assigned);
    let waiting = request(&world.entra.target("waiting"), RequestAction::Activate, "PendingApproval");
    world.entra.state().requests.push(waiting);
    let plan = plan(&world, rows.clone(), typed(30, "")).await;
    let standings: Vec<_> = plan.lines.iter().map(|line| line.standing).collect();
    assert_eq!(standings, [Standing::Active(None), Standing::Waiting, Standing::Free]);
    assert_eq!(plan.ready().map(|line| &line.row).collect::<Vec<_>>(), [&rows[2]]);
}

#[tokio::test]
async fn an_activation_that_has_run_out_stands_in_nobodys_way() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    world.entra.gives("reader", AssignmentOrigin::Activated);
    let until = world.portal.clock().now() + SignedDuration::from_secs(10);
    world.entra.state().assignments[0].until = Some(until);
    let before = plan(&world, vec![row.clone()], typed(30, "")).await;
    assert_eq!(before.lines[0].standing, Standing::Active(Some(until)));
    world.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(plan(&world, vec![row], typed(30, "")).await.lines[0].standing, Standing::Free);
}

#[tokio::test]
async fn a_role_that_is_no_longer_eligible_is_gone() {
    let world = World::new();
    let kept = world.entra.offers("kept", Some(lenient(60)));
    let lost = RowKey::new(world.entra.id(), "lost");
    let plan = plan(&world, vec![lost.clone(), kept.clone()], typed(30, "")).await;
    assert_eq!(plan.gone, [lost]);
    assert_eq!(plan.lines.iter().map(|line| &line.row).collect::<Vec<_>>(), [&kept]);
}

#[tokio::test]
async fn a_plane_that_cannot_be_read_is_unread_and_not_gone() {
    let world = World::new();
    let rows = vec![world.entra.offers("reader", None), world.azure.offers("owner", None)];
    world.entra.state().failing.insert("eligibilities");
    let plan = plan(&world, rows.clone(), typed(30, "")).await;
    assert_eq!(plan.unread, [(rows[0].clone(), ErrorKind::Unavailable.into())]);
    assert_eq!((plan.lines.len(), plan.gone.len()), (1, 0));
}

#[tokio::test]
async fn a_reason_is_missing_when_one_role_requires_it_or_may_require_it() {
    let strict = Policy { justification: Requirement::Required, ..lenient(60) };
    for (policy, expected) in [
        (Some(lenient(60)), vec![]),
        (Some(strict), vec![Field::Justification]),
        (None, vec![Field::Justification]),
    ] {
        let world = World::new();
        let rows = vec![world.entra.offers("a", Some(lenient(60))), world.entra.offers("b", policy)];
        assert_eq!(fields_of(&world, &rows, typed(30, " \n ")).await, expected);
        assert_eq!(fields_of(&world, &rows, typed(30, "patching")).await, []);
    }
}

#[tokio::test]
async fn a_reason_that_is_too_long_is_a_problem_even_where_none_is_required() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let rows = [row];
    assert_eq!(fields_of(&world, &rows, typed(30, &"ä".repeat(LONGEST_JUSTIFICATION))).await, []);
    assert_eq!(
        fields_of(&world, &rows, typed(30, &"ä".repeat(LONGEST_JUSTIFICATION + 1))).await,
        [Field::Justification]
    );
}

#[tokio::test]
async fn a_ticket_is_missing_only_when_a_policy_requires_it() {
    let strict = Policy { ticket: Requirement::Required, ..lenient(60) };
    for (policy, expected) in
        [(Some(lenient(60)), vec![]), (Some(strict), vec![Field::Ticket]), (None, vec![])]
    {
        let world = World::new();
        let rows = vec![world.entra.offers("a", Some(lenient(60))), world.entra.offers("b", policy)];
        assert_eq!(fields_of(&world, &rows, typed(30, "patching")).await, expected);
        let fields = Fields { ticket_number: "INC1".into(), ..typed(30, "patching") };
        assert_eq!(fields_of(&world, &rows, fields).await, []);
    }
}

#[tokio::test]
async fn what_a_role_that_is_active_already_requires_is_not_asked_for() {
    let world = World::new();
    let strict =
        Policy { justification: Requirement::Required, ticket: Requirement::Required, ..lenient(60) };
    let rows = vec![world.entra.offers("a", Some(lenient(60))), world.entra.offers("b", Some(strict))];
    world.entra.gives("b", AssignmentOrigin::Activated);
    assert_eq!(fields_of(&world, &rows, Fields::default()).await, []);
}

#[tokio::test]
async fn a_plan_in_a_trace_tells_no_reason_and_no_ticket() {
    let world = World::new();
    let row = world.entra.offers("reader", Some(lenient(60)));
    let fields = Fields { ticket_number: "INC-1".into(), ..typed(30, "patching") };
    let plan = plan(&world, vec![row], fields).await;
    assert_eq!(plan.lines[0].justification, "patching");
    let traced = format!("{plan:?}");
    assert!(traced.contains("reader") && !traced.contains("patching") && !traced.contains("INC-1"));
}
