//! Activations at scopes below the eligibility's own.

use pim::error::{ErrorKind, Violation};
use pim::ids::{ScopeId, SelectionId};
use pim::journal::OperationState as State;
use pim::request::RequestAction;
use pim::target::Condition;
use portal::PortalError;
use portal::narrow::MOST_SCOPES;
use portal::overview::Standing;
use portal::selection::RowKey;

use crate::support::{Answer, request};
use crate::world::{World, lenient, session, typed};

fn condition() -> Condition {
    Condition { expression: "@Resource[x] == 'y'".into(), version: "2.0".into() }
}

/// Offers `owner` on the Azure plane, with a condition, above two resource groups.
fn offers_owner(world: &World) -> RowKey {
    let row = world.azure.offers("owner", Some(lenient(60)));
    for scope in ["/one", "/two"] {
        world.azure.contains(scope);
    }
    let mut state = world.azure.state();
    state.eligibilities[0].schedule = Some("schedule".into());
    state.eligibilities[0].condition = Some(condition());
    row
}

async fn select(world: &World, row: &RowKey) -> SelectionId {
    world.portal.select(&world.adele(), vec![row.clone()]).await.unwrap().id
}

/// Narrows `row`. Returns the scopes that it is narrowed to.
async fn narrow(
    world: &World,
    selection: SelectionId,
    row: &RowKey,
    scopes: &[&str],
) -> Result<Vec<String>, PortalError> {
    let scopes: Vec<ScopeId> = scopes.iter().copied().map(ScopeId::from).collect();
    let told = world.portal.narrow(&world.adele(), selection, row, &scopes).await?;
    let kept = world.portal.selection(&world.adele(), selection).await?;
    assert!(told == kept, "what is told is what is kept");
    Ok(kept.narrowed(row).iter().map(|child| child.scope.as_str().to_owned()).collect())
}

/// The scopes that were sent to the Azure plane.
fn sent(world: &World) -> Vec<String> {
    world.azure.state().drafts.iter().map(|(_, draft)| draft.target.scope.as_str().to_owned()).collect()
}

#[tokio::test]
async fn each_scope_is_a_request_of_its_own_with_the_schedule_and_the_condition() {
    let world = World::new();
    let row = offers_owner(&world);
    let selection = select(&world, &row).await;
    assert_eq!(narrow(&world, selection, &row, &["/two", "/one"]).await.unwrap(), ["/one", "/two"]);
    let batch = world.confirm_selection(selection, typed(30, "patching")).await;
    assert_eq!(world.states(batch).await, [State::Provisioned, State::Provisioned]);
    assert_eq!(sent(&world), ["/one", "/two"]);
    for (_, draft) in &world.azure.state().drafts {
        assert_eq!(draft.target.role, world.azure.target("owner").role);
        assert_eq!(draft.eligibility_schedule, Some("schedule".into()));
        assert_eq!(draft.condition, Some(condition()));
    }
    let places: Vec<_> = world.operations(batch).await.into_iter().map(|one| one.names.place).collect();
    assert_eq!(places, ["Directory / /one", "Directory / /two"]);
}

#[tokio::test]
async fn what_is_not_below_the_role_is_left_out_and_never_widens_it() {
    let world = World::new();
    let row = offers_owner(&world);
    let selection = select(&world, &row).await;
    assert_eq!(narrow(&world, selection, &row, &["/elsewhere", "/one", "/"]).await.unwrap(), ["/one"]);
    // To nothing that is there: the role is not activated where it is eligible instead.
    let nothing = narrow(&world, selection, &row, &["/elsewhere"]).await;
    assert_eq!(nothing, Err(PortalError::NothingChosen));
    world.confirm_selection(selection, typed(30, "patching")).await;
    assert_eq!(sent(&world), ["/one"]);
}

#[tokio::test]
async fn narrowed_to_none_it_is_activated_where_it_is_eligible() {
    let world = World::new();
    let row = offers_owner(&world);
    let selection = select(&world, &row).await;
    narrow(&world, selection, &row, &["/one"]).await.unwrap();
    assert_eq!(narrow(&world, selection, &row, &[]).await.unwrap(), [""; 0]);
    world.confirm_selection(selection, typed(30, "patching")).await;
    assert_eq!(sent(&world), ["/"]);
}

#[tokio::test]
async fn a_scope_where_the_role_is_in_use_is_set_apart_from_the_others() {
    let world = World::new();
    let row = offers_owner(&world);
    let mut waiting = request(&world.azure.target("owner"), RequestAction::Activate, "PendingApproval");
    waiting.target.scope = "/ONE".into();
    world.azure.state().requests = vec![waiting];
    let selection = select(&world, &row).await;
    narrow(&world, selection, &row, &["/one", "/two"]).await.unwrap();
    let kept = world.portal.selection(&world.adele(), selection).await.unwrap();
    let plan = world.portal.plan(&world.adele(), &kept).await;
    let standings: Vec<_> = plan.lines.iter().map(|line| line.standing).collect();
    assert_eq!(standings, [Standing::Waiting, Standing::Free]);
    world.confirm_selection(selection, typed(30, "patching")).await;
    assert_eq!(sent(&world), ["/two"]);
}

#[tokio::test]
async fn only_a_role_of_the_selection_with_a_schedule_and_something_below_can_be_narrowed() {
    let world = World::new();
    let row = offers_owner(&world);
    let selection = select(&world, &row).await;
    let other = RowKey::new(world.azure.id(), "other");
    assert_eq!(narrow(&world, selection, &other, &["/one"]).await, Err(PortalError::NotFound));
    for stranger in [session(1, 9), session(9, 1)] {
        let refused = world.portal.narrow(&stranger, selection, &row, &["/one".into()]).await;
        assert!(matches!(refused, Err(PortalError::NotFound)));
    }

    let schedule = world.azure.state().eligibilities[0].schedule.take();
    world.portal.forget(&world.adele()).await;
    assert_eq!(narrow(&world, selection, &row, &["/one"]).await, Err(PortalError::NotFound));
    world.azure.state().eligibilities[0].schedule = schedule;
    world.azure.state().below.clear();
    world.portal.forget(&world.adele()).await;
    assert_eq!(narrow(&world, selection, &row, &["/one"]).await, Err(PortalError::NotFound));
    assert_eq!(world.azure.calls("children"), 0);
}

#[tokio::test]
async fn what_lies_below_is_read_once_and_with_what_was_chosen() {
    let world = World::new();
    let row = offers_owner(&world);
    let selection = select(&world, &row).await;
    narrow(&world, selection, &row, &["/two"]).await.unwrap();
    let kept = world.portal.selection(&world.adele(), selection).await.unwrap();
    let narrowing = world.portal.narrowing(&world.adele(), &kept, &row).await.unwrap();
    let names = |scopes: &[pim::child_scope::ChildScope]| {
        scopes.iter().map(|child| child.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&narrowing.below.rows), ["/one", "/two"]);
    assert_eq!(names(&narrowing.chosen), ["/two"]);
    assert_eq!(world.azure.calls("children"), 1);
}

#[tokio::test]
async fn a_role_is_narrowed_to_fifty_scopes_at_most() {
    let world = World::new();
    let row = offers_owner(&world);
    let scopes: Vec<String> = (0..60).map(|number| format!("/more/{number}")).collect();
    for scope in &scopes {
        world.azure.contains(scope);
    }
    let selection = select(&world, &row).await;
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    assert_eq!(narrow(&world, selection, &row, &scopes).await.unwrap().len(), MOST_SCOPES);
}

#[tokio::test]
async fn a_role_that_is_taken_out_is_narrowed_no_more() {
    let world = World::new();
    let row = offers_owner(&world);
    let other = world.azure.offers("other", Some(lenient(60)));
    let selection = world.portal.select(&world.adele(), vec![row.clone(), other]).await.unwrap().id;
    narrow(&world, selection, &row, &["/one"]).await.unwrap();
    let kept = world.portal.deselect(&world.adele(), selection, &row, typed(30, "patching")).await.unwrap();
    assert!(kept.narrowed.is_empty());
}

#[tokio::test]
async fn changes_of_several_tabs_at_once_are_all_kept() {
    let world = World::new();
    let row = offers_owner(&world);
    let other = world.azure.offers("other", Some(lenient(60)));
    let who = world.adele();
    let selection = world.portal.select(&who, vec![row.clone(), other.clone()]).await.unwrap().id;
    // Another tab writes between the reading and the writing of each.
    *world.records.overtaken.lock().unwrap() = 2;
    world.portal.keep_fields(&who, selection, typed(30, "patching")).await.unwrap();
    *world.records.overtaken.lock().unwrap() = 2;
    world.portal.deselect(&who, selection, &other, typed(30, "patching")).await.unwrap();
    *world.records.overtaken.lock().unwrap() = 2;
    assert_eq!(narrow(&world, selection, &row, &["/one"]).await.unwrap(), ["/one"]);
    let kept = world.portal.selection(&who, selection).await.unwrap();
    assert_eq!((kept.rows.as_slice(), kept.fields.justification.as_str()), ([row].as_slice(), "patching"));
}

#[tokio::test]
async fn a_change_that_could_not_be_written_is_not_said_to_be() {
    let world = World::new();
    let row = offers_owner(&world);
    let selection = select(&world, &row).await;
    *world.records.overtaken.lock().unwrap() = usize::MAX;
    let kept = world.portal.keep_fields(&world.adele(), selection, typed(30, "patching")).await;
    assert!(matches!(kept, Err(PortalError::Store(_))));
}

#[tokio::test]
async fn what_was_refused_is_tried_again_at_the_same_scopes_and_no_others() {
    let world = World::new();
    let row = offers_owner(&world);
    world.azure.contains("/three");
    let selection = select(&world, &row).await;
    narrow(&world, selection, &row, &["/one", "/two", "/three"]).await.unwrap();
    let refused = || Answer::Rejected(vec![Violation::TicketMissing]);
    world.azure.state().answers = [refused(), Answer::Accepted("Provisioned"), refused()].into();
    let batch = world.confirm_selection(selection, typed(30, "patching")).await;
    let again = world.portal.retry(&world.adele(), batch).await.unwrap();
    let scopes: Vec<_> = again.narrowed(&row).iter().map(|child| child.scope.as_str()).collect();
    assert_eq!((again.rows.as_slice(), scopes), ([row.clone()].as_slice(), vec!["/one", "/three"]));
}

#[tokio::test]
async fn what_was_narrowed_is_never_tried_again_at_the_whole_of_its_scope() {
    for reading_fails in [false, true] {
        let world = World::new();
        let row = offers_owner(&world);
        let selection = select(&world, &row).await;
        narrow(&world, selection, &row, &["/one"]).await.unwrap();
        world.azure.state().answers = [Answer::Fails(ErrorKind::Unavailable)].into();
        let batch = world.confirm_selection(selection, typed(30, "patching")).await;
        // The scope was deleted meanwhile, or what lies below cannot be read; by a portal that remembers nothing.
        if reading_fails {
            world.azure.state().failing.insert("children");
        } else {
            world.azure.state().below.remove(0);
        }
        let again = world.replica().retry(&world.adele(), batch).await;
        assert_eq!(again.err(), Some(PortalError::NotEligible), "reading fails: {reading_fails}");
    }
}
