//! What was done, from three sources that each know a part of it.

mod files;

use jiff::{SignedDuration, Timestamp};
use pim::approval::Decision;
use pim::assignment::AssignmentOrigin;
use pim::audit::{Activity, AuditEntry};
use pim::duration::ActivationDuration;
use pim::error::{ErrorKind, Violation};
use pim::journal::OperationState as State;
use pim::request::{Request, RequestAction};
use pim::target::Names;
use portal::deactivate::TooEarly;
use portal::history::{Entry, FURTHEST, Filter, History, Kind, Outcome, Source, json};
use portal::selection::Fields;
use proptest::prelude::*;

use crate::support::{Answer, request};
use crate::world::{World, lenient, minutes, typed};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

async fn history(world: &World, filter: &Filter) -> History {
    world.portal.history(&world.adele(), filter).await.unwrap()
}

async fn entries(world: &World) -> Vec<Entry> {
    history(world, &Filter::default()).await.entries
}

/// A row of the log about the role `reader`, with no id that ties it to anything.
fn row(activity: Activity, at: Timestamp) -> AuditEntry {
    AuditEntry {
        id: format!("{activity:?}-{at}"),
        at,
        plane: "entra".into(),
        by_service: activity == Activity::Ended,
        activity,
        succeeded: true,
        correlation_id: None,
        request: None,
        role: Some("reader".into()),
        title: Some("reader".into()),
        scope: Some("/".into()),
        actor: None,
        justification: None,
    }
}

/// A request to activate `name` for half an hour, made at `created`, under an id of its own.
fn asked(world: &World, name: &str, status: &str, created: Timestamp) -> Request {
    Request {
        id: format!("request-{name}").as_str().into(),
        created: Some(created),
        start: Some(created),
        duration: Some(minutes(30)),
        names: Some(Names { title: name.into(), place: "Directory".into() }),
        ..request(&world.entra.target(name), RequestAction::Activate, status)
    }
}

/// Activates `reader` for half an hour, and lets its time end. Returns when it began.
async fn activated(world: &World) -> Timestamp {
    world.entra.tells_the_truth();
    let began = world.clock_now();
    let reader = world.entra.offers("reader", Some(lenient(60)));
    let batch = world.confirm(vec![reader], typed(30, "patching")).await;
    assert_eq!(world.states(batch).await, [State::Usable]);
    world.clock.advance(SignedDuration::from_hours(1));
    began
}

fn what(entry: &Entry) -> Vec<&str> {
    entry.timeline.iter().map(|moment| moment.what.as_str()).collect()
}

fn titles(history: &History) -> Vec<&str> {
    history.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[tokio::test]
async fn what_three_sources_tell_is_one_entry_with_everything_once() {
    let world = World::new();
    let began = activated(&world).await;
    let committed = world.entra.state().ledger[0].clone();
    let of_request = |row| AuditEntry { request: Some("THEIRS-0".into()), ..row };
    let correlated = |row| AuditEntry { correlation_id: Some("correlation-1".into()), ..row };
    let ended = began + SignedDuration::from_mins(30) + SignedDuration::from_secs(6);
    world.audit.says(Ok(vec![
        correlated(of_request(row(Activity::ActivationRequested, began))),
        // The service writes some things twice.
        correlated(row(Activity::Activated, began + SignedDuration::from_secs(2))),
        correlated(row(Activity::Activated, began + SignedDuration::from_secs(3))),
        row(Activity::Ended, ended),
    ]));
    let completed = Some(began + SignedDuration::from_secs(1));
    world.entra.state().requests =
        vec![Request { created: Some(began), completed, duration: Some(minutes(30)), ..committed }];

    let all = entries(&world).await;
    assert_eq!(all.len(), 1, "{all:?}");
    let entry = &all[0];
    assert_eq!((entry.kind, entry.outcome, entry.at), (Kind::Activation, Outcome::Succeeded, began));
    assert_eq!(entry.sources, [Source::Portal, Source::Requests, Source::Audit]);
    assert_eq!(what(entry), ["Asked for", "Sent", "Provisioned", "Seen to be active", "Ended"]);
    assert_eq!((entry.request.as_deref(), entry.minutes), (Some("theirs-0"), Some(30)));
    assert_eq!(entry.correlation_ids, ["correlation-1"]);
    assert!(entry.batch.is_some());
}

#[tokio::test]
async fn a_list_that_names_a_request_twice_makes_one_entry_of_it() {
    let world = World::new();
    let twin = asked(&world, "reader", "Denied", world.clock_now());
    world.entra.state().requests = vec![twin.clone(), twin];
    let all = entries(&world).await;
    assert_eq!(all.iter().map(|entry| entry.outcome).collect::<Vec<_>>(), [Outcome::Refused]);
}

#[tokio::test]
async fn the_same_id_on_two_planes_is_two_things() {
    let world = World::new();
    let one = asked(&world, "reader", "Provisioned", world.clock_now());
    let other = Request { target: world.azure.target("reader"), ..one.clone() };
    world.entra.state().requests = vec![one];
    world.azure.state().requests = vec![other];
    assert_eq!(entries(&world).await.len(), 2);
}

#[tokio::test]
async fn an_end_joins_the_activation_that_it_ends_and_no_other() {
    let world = World::new();
    let began = activated(&world).await;
    let end = began + SignedDuration::from_mins(30);
    for (apart, joins) in
        [(5 * MINUTE, true), (-(5 * MINUTE), true), (6 * MINUTE, false), (-(6 * MINUTE), false)]
    {
        world.audit.says(Ok(vec![row(Activity::Ended, end + apart)]));
        let all = entries(&world).await;
        let kinds: Vec<_> = all.iter().map(|entry| entry.kind).collect();
        let expected = if joins { vec![Kind::Activation] } else { vec![Kind::End, Kind::Activation] };
        assert_eq!(kinds, expected, "{apart}");
    }
    // Nor that of another role.
    let other =
        AuditEntry { role: Some("writer".into()), title: Some("writer".into()), ..row(Activity::Ended, end) };
    world.audit.says(Ok(vec![other]));
    assert_eq!(entries(&world).await.len(), 2);
}

#[tokio::test]
async fn what_holds_at_two_scopes_at_once_is_kept_apart() {
    // On the groups plane the role is "member" everywhere, and the group is the scope.
    let world = World::new();
    let now = world.clock_now();
    let member = |group: &str, created| {
        let mut asked = asked(&world, group, "Provisioned", created);
        (asked.target.role, asked.target.scope) = ("member".into(), group.into());
        asked
    };
    world.entra.state().requests = vec![member("one", now), member("two", now + MINUTE)];
    let end = |group: &str, at| AuditEntry {
        role: Some("member".into()),
        title: Some(group.into()),
        scope: Some(group.into()),
        ..row(Activity::Ended, at)
    };
    // Each ends nearer to the other's time than to its own.
    let later = now + SignedDuration::from_mins(30);
    world.audit.says(Ok(vec![end("one", later + 2 * MINUTE), end("two", later)]));
    world.clock.advance(SignedDuration::from_hours(1));
    let all = entries(&world).await;
    let told: Vec<_> = all
        .iter()
        .map(|entry| {
            (entry.title.as_str(), entry.timeline.last().map(|moment| (moment.what.as_str(), moment.at)))
        })
        .collect();
    assert_eq!(told, [("two", Some(("Ended", later))), ("one", Some(("Ended", later + 2 * MINUTE)))]);
}

#[tokio::test]
async fn a_row_about_another_request_is_not_taken_for_a_near_one() {
    // Two activations of one role within minutes, of which only the first is in the list.
    let world = World::new();
    let now = world.clock_now();
    world.entra.state().requests = vec![asked(&world, "reader", "Provisioned", now)];
    let other = AuditEntry {
        request: Some("request-other".into()),
        ..row(Activity::ActivationRequested, now + MINUTE)
    };
    world.audit.says(Ok(vec![other]));
    let all = entries(&world).await;
    let requests: Vec<_> = all.iter().map(|entry| entry.request.as_deref()).collect();
    assert_eq!(requests, [Some("request-other"), Some("request-reader")]);
}

#[tokio::test]
async fn rows_join_what_the_portal_cannot_tell_the_outcome_of() {
    // The answer was lost, so the service's own id is not known.
    let world = World::new();
    let now = world.clock_now();
    let reader = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers.push_back(Answer::Unsure);
    world.entra.state().failing.insert("find");
    let batch = world.confirm(vec![reader], typed(30, "patching")).await;
    assert_eq!(world.states(batch).await, [State::Unsure]);
    assert_eq!(entries(&world).await[0].outcome, Outcome::Unknown);
    let of_request = |row| AuditEntry { request: Some("theirs-7".into()), ..row };
    world.audit.says(Ok(vec![of_request(row(Activity::Activated, now + SignedDuration::from_secs(4)))]));
    let all = entries(&world).await;
    assert_eq!(all.iter().map(|entry| entry.outcome).collect::<Vec<_>>(), [Outcome::Succeeded]);
}

#[tokio::test]
async fn a_withdrawal_is_part_of_what_it_withdraws() {
    let world = World::new();
    let now = world.clock_now();
    let mut open = asked(&world, "reader", "PendingApproval", now);
    world.entra.state().requests = vec![open.clone()];
    world.entra.state().answers.push_back(Answer::Accepted("Canceled"));
    world.portal.cancel(&world.adele(), world.entra.id(), &"request-reader".into()).await.unwrap();
    open.status = "Canceled".to_owned().into();
    world.entra.state().requests = vec![open];
    let all = entries(&world).await;
    let told: Vec<_> = all.iter().map(|entry| (entry.kind, entry.outcome, what(entry))).collect();
    assert_eq!(told, [(Kind::Activation, Outcome::Withdrawn, vec!["Asked for", "Withdrawn"])]);

    // Where nobody knows of the request any more, the withdrawal stands for itself.
    world.entra.state().requests.clear();
    let all = entries(&world).await;
    let told: Vec<_> = all.iter().map(|entry| (entry.kind, entry.outcome)).collect();
    assert_eq!(told, [(Kind::Withdrawal, Outcome::Withdrawn)]);
}

#[tokio::test]
async fn approvers_are_named_and_each_outcome_is_told() {
    let world = World::new();
    let now = world.clock_now();
    let later = |minutes: i64| now + MINUTE * i32::try_from(minutes).unwrap();
    world.entra.state().requests = vec![asked(&world, "reader", "Denied", now)];
    let of_request = |row| AuditEntry { request: Some("request-reader".into()), ..row };
    let denied = AuditEntry { actor: Some("Alex".into()), ..of_request(row(Activity::Denied, later(9))) };
    world.audit.says(Ok(vec![of_request(row(Activity::ApprovalRequested, now)), denied]));
    world.clock.advance(SignedDuration::from_hours(1));
    let all = entries(&world).await;
    assert_eq!(all.len(), 1);
    assert_eq!(what(&all[0]), ["Asked for", "Waiting for a decision", "Denied by Alex"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_the_rest_is_shown() {
    let world = World::new();
    activated(&world).await;
    world.azure.state().failing.insert("requests");
    world.audit.says(Err(ErrorKind::Forbidden { missing_scope: None }));
    let found = history(&world, &Filter::default()).await;
    let gaps: Vec<_> =
        found.gaps.iter().map(|gap| (gap.source, gap.plane.clone(), gap.error.kind.clone())).collect();
    let expected = [
        (Source::Requests, Some(world.azure.id().clone()), ErrorKind::Unavailable),
        (Source::Audit, None, ErrorKind::Forbidden { missing_scope: None }),
    ];
    assert_eq!(gaps, expected);
    assert_eq!(titles(&found), ["reader"]);
    // The file says so too.
    let file: serde_json::Value = serde_json::from_str(&json(&found)).unwrap();
    let missing = serde_json::json!([
        { "source": "requests", "plane": "azure", "reason": "unavailable" },
        { "source": "audit", "plane": null, "reason": "forbidden" },
    ]);
    assert_eq!(file["missing"], missing);

    // Where there is no log, nothing is missing; nor is a plane that was not asked for.
    world.audit.says(Err(ErrorKind::NotFound));
    let only = Filter { plane: Some(world.entra.id().clone()), ..Filter::default() };
    assert_eq!(history(&world, &only).await.gaps, []);
}

#[tokio::test]
async fn filters_by_time_plane_words_outcome_and_sort() {
    let world = World::new();
    let now = world.clock_now();
    let hours = |hours| now - SignedDuration::from_hours(hours);
    let mut removal = asked(&world, "leaver", "Revoked", hours(3));
    removal.action = RequestAction::Deactivate;
    world.entra.state().requests = vec![
        asked(&world, "Global Reader", "Provisioned", hours(1)),
        asked(&world, "Report Reader", "PendingApproval", hours(2)),
        removal,
        asked(&world, "old", "Failed", hours(24 * 31)),
        asked(&world, "ancient", "TimedOut", now - FURTHEST - MINUTE),
    ];
    let mut azure = asked(&world, "Owner", "Canceled", hours(4));
    azure.target = world.azure.target("Owner");
    world.azure.state().requests = vec![azure];
    world.audit.says(Ok(vec![AuditEntry {
        role: Some("gone".into()),
        title: Some("gone".into()),
        ..row(Activity::Ended, hours(5))
    }]));
    let search = |text: &str| Filter { search: text.into(), ..Filter::default() };
    let outcome = |outcome| Filter { outcome: Some(outcome), ..Filter::default() };
    let kind = |kind| Filter { kind: Some(kind), ..Filter::default() };
    let since = |since| Filter { since: Some(since), ..Filter::default() };
    let recent = ["Global Reader", "Report Reader", "leaver", "Owner", "gone"];
    for (filter, expected) in [
        (Filter::default(), &recent[..]),
        (since(Timestamp::MIN), &["Global Reader", "Report Reader", "leaver", "Owner", "gone", "old"]),
        (since(hours(2)), &recent[..2]),
        (Filter { until: Some(hours(2)), ..Filter::default() }, &recent[1..]),
        (Filter { since: Some(hours(4)), until: Some(hours(3)), ..Filter::default() }, &recent[2..4]),
        (Filter { plane: Some(world.azure.id().clone()), ..Filter::default() }, &["Owner"]),
        (search(" READER  glob "), &["Global Reader"]),
        (search("directory own"), &["Owner"]),
        (search("nothing"), &[]),
        (outcome(Outcome::Succeeded), &["Global Reader", "leaver", "gone"]),
        (outcome(Outcome::Open), &["Report Reader"]),
        (outcome(Outcome::Withdrawn), &["Owner"]),
        (Filter { since: Some(Timestamp::MIN), ..outcome(Outcome::Failed) }, &["old"]),
        (kind(Kind::Deactivation), &["leaver"]),
        (kind(Kind::Other), &["gone"]),
    ] {
        assert_eq!(titles(&history(&world, &filter).await), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn what_only_has_ids_is_named_as_the_lists_name_it() {
    let world = World::new();
    world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().eligibilities[0].names = Names { title: "Reader".into(), place: "Tenant".into() };
    let now = world.clock_now();
    let nameless = |name: &str| Request { names: None, ..asked(&world, name, "Denied", now) };
    world.entra.state().requests = vec![nameless("reader"), nameless("unknown")];
    let all = entries(&world).await;
    let names: Vec<_> = all.iter().map(|entry| (entry.title.as_str(), entry.place.as_str())).collect();
    assert_eq!(names, [("Reader", "Tenant"), ("unknown", "/")]);
}

#[tokio::test]
async fn what_a_refusal_and_a_decision_leave_is_told_by_the_portal_alone() {
    let world = World::new();
    let reader = world.entra.offers("reader", Some(lenient(60)));
    world.entra.state().answers.push_back(Answer::Rejected(vec![Violation::TooLong]));
    let fields = Fields { ticket_number: "INC1".into(), ..typed(30, "patching") };
    world.confirm(vec![reader], fields).await;
    world.clock.advance(MINUTE);
    let waiting = world.entra.asks("writer");
    world.portal.decide(&world.adele(), &[waiting], Decision::Deny, "not now").await.unwrap();
    world.clock.advance(MINUTE);
    let active = world.entra.gives("other", AssignmentOrigin::Activated);
    world.portal.deactivate(&world.adele(), &[active], TooEarly::Send).await.unwrap();
    let all = entries(&world).await;
    let told: Vec<_> = all.iter().map(|entry| (entry.kind, entry.outcome)).collect();
    let expected = [
        (Kind::Deactivation, Outcome::Succeeded),
        (Kind::Decision, Outcome::Succeeded),
        (Kind::Activation, Outcome::Refused),
    ];
    assert_eq!(told, expected);
    assert_eq!(all[1].justification.as_deref(), Some("not now"));
    assert!(all.iter().all(|entry| entry.sources == [Source::Portal]));
}

/// One thing that happened, as each source would tell it.
#[derive(Clone, Debug)]
struct Happened {
    hour: i64,
    minutes: u32,
    in_requests: bool,
    in_audit: bool,
    twice: bool,
}

fn happened() -> impl Strategy<Value = Vec<Happened>> {
    let one = (5_u32..55, any::<bool>(), any::<bool>(), any::<bool>());
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let numbered = (1_i64..).zip(all);
        let happened = numbered.map(|(hour, (minutes, in_requests, in_audit, twice))| Happened {
            hour,
            minutes,
            in_requests,
            in_audit: in_audit || !in_requests,
            twice,
        });
        happened.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn however_the_sources_overlap_each_thing_is_told_once(all in happened(), seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(async {
            let world = World::new();
            let now = world.clock_now();
            let (mut requests, mut rows) = (Vec::new(), Vec::new());
            for one in &all {
                let began = now - SignedDuration::from_hours(one.hour);
                let length = ActivationDuration::from_minutes(one.minutes).unwrap();
                let mut asked = asked(&world, "reader", "Provisioned", began);
                asked.id = format!("request-{}", one.hour).as_str().into();
                asked.duration = Some(length);
                let of_request = |row| AuditEntry {
                    request: Some(asked.id.clone()),
                    correlation_id: Some(format!("correlation-{}", one.hour)),
                    ..row
                };
                let times = if one.twice { 2 } else { 1 };
                for _ in 0..times {
                    if one.in_requests {
                        requests.push(asked.clone());
                        // The end carries no id, and only the request tells when it has to be.
                        rows.push(row(Activity::Ended, began + length.signed() + SignedDuration::from_secs(7)));
                    }
                    if one.in_audit {
                        rows.push(of_request(row(Activity::ActivationRequested, began)));
                        rows.push(of_request(row(Activity::Activated, began + SignedDuration::from_secs(3))));
                    }
                }
            }
            // In any order.
            let mix = |index: usize| (index as u64 + 1).wrapping_mul(seed | 1).rotate_left(17);
            let mut keyed: Vec<_> = requests.into_iter().enumerate().collect();
            keyed.sort_by_key(|(index, _)| mix(*index));
            world.entra.state().requests = keyed.into_iter().map(|(_, request)| request).collect();
            world.audit.says(Ok(rows));
            history(&world, &Filter::default()).await
        });
        let told: Vec<_> = found.entries.iter().map(|entry| entry.request.clone()).collect();
        let expected: Vec<_> = all.iter().map(|one| Some(format!("request-{}", one.hour))).collect();
        prop_assert_eq!(told, expected);
        for (entry, one) in found.entries.iter().zip(&all) {
            let expected: &[&str] = match (one.in_requests, one.in_audit) {
                (true, true) => &["Asked for", "Provisioned", "Ended"],
                (true, false) => &["Asked for", "Ended"],
                _ => &["Asked for", "Provisioned"],
            };
            prop_assert_eq!(what(entry), expected);
        }
    }
}

#[tokio::test]
async fn an_entry_in_a_trace_tells_no_reason() {
    let world = World::new();
    let reader = world.entra.offers("reader", Some(lenient(60)));
    world.confirm(vec![reader], typed(30, "patching")).await;
    let entries = entries(&world).await;
    assert_eq!(entries[0].justification.as_deref(), Some("patching"));
    let traced = format!("{entries:?}");
    assert!(traced.contains("reader") && !traced.contains("patching"));
}

#[tokio::test]
async fn figures_count_what_worked_in_its_week_until_its_end_its_deactivation_or_now() {
    let world = World::new();
    world.entra.tells_the_truth();
    world.entra.state().requests.clear();
    let now = world.clock_now();
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    let lasting = |request: Request, wanted: u32| Request {
        id: format!("{}-{wanted}-{:?}", request.id, request.created).as_str().into(),
        duration: Some(minutes(wanted)),
        start: request.created,
        completed: request.created,
        ..request
    };
    let ended = lasting(asked(&world, "reader", "Provisioned", ago(24 * 10)), 120);
    let cut = lasting(asked(&world, "reader", "Provisioned", ago(24 * 3)), 120);
    let off = Request {
        id: "off".into(),
        action: RequestAction::Deactivate,
        ..asked(&world, "reader", "Revoked", ago(24 * 3 - 1))
    };
    let running = lasting(asked(&world, "owner", "Provisioned", ago(1)), 480);
    let denied = lasting(asked(&world, "owner", "Denied", ago(2)), 480);
    world.entra.state().requests = vec![ended, cut, off, running, denied];

    let told = history(&world, &Filter::default()).await;
    let figures = &told.figures;
    let times: Vec<_> =
        figures.roles.iter().map(|role| (role.title.as_str(), role.activations, role.minutes)).collect();
    assert_eq!(times, [("reader", 2, 180), ("owner", 1, 60)], "{figures:?}");
    assert_eq!(figures.weeks.iter().map(|week| week.activations).sum::<usize>(), 3);
    assert!(
        (5..=6).contains(&figures.weeks.len()),
        "thirty days, those without activations too: {figures:?}"
    );
    for week in &figures.weeks {
        let monday = week.starts.to_zoned(jiff::tz::TimeZone::UTC);
        assert_eq!((monday.weekday(), monday.hour()), (jiff::civil::Weekday::Monday, 0));
    }
    // A filter that hides the deactivation does not make the activation longer.
    let only = Filter { kind: Some(Kind::Activation), search: "reader".into(), ..Filter::default() };
    let told = history(&world, &only).await;
    assert_eq!(told.figures.roles.iter().map(|role| role.minutes).collect::<Vec<_>>(), [180]);
}
