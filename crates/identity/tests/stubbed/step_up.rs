//! Stronger sign-ins: who may make one, where a callback belongs that comes too late or twice, and which token comes of it.

use identity::{BrowserBinding, Check, Finished, ReturnTo, SignInError, SignedIn, StepUp};
use jiff::SignedDuration;
use pim::challenge::{Challenge, Claims};
use pim::records::{Record, RecordKind};
use pim::tokens::{Audience, TokenError};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::{self, Journey, TENANT, World, header, signed, start};

const BATCH: &str = "/requests/7d0a3c1e-52d4-4b7e-9a54-0f6f1b3f1c11";

fn c1(audience: Audience) -> Challenge {
    Challenge::context(audience, "c1".into())
}

/// Begins a stronger sign-in for `challenge`.
async fn begin(world: &World, signed_in: &SignedIn, challenge: Challenge) -> Journey {
    let step_up = StepUp { vault: signed_in.vault, principal: signed_in.person.id, challenge };
    let to = ReturnTo::parse(BATCH).unwrap();
    let begun = world
        .identity
        .begin_step_up(TENANT.parse().unwrap(), BrowserBinding::random(), step_up, to, None)
        .await;
    Journey::of(begun.unwrap())
}

/// The stronger sign-in came to nothing, on the page of its batch.
fn why_not(finished: Result<Finished, SignInError>) -> SignInError {
    let Ok(Finished::NotSteppedUp { return_to, error }) = finished else { panic!("{finished:?}") };
    assert_eq!(return_to.as_str(), BATCH);
    error
}

#[tokio::test]
async fn too_late_or_twice_ends_where_it_belongs() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let journey = begin(&world, &signed_in, c1(Audience::Graph)).await;
    let again = || world.identity.finish(journey.callback(), Some(&journey.binding));
    world.clock.advance(SignedDuration::from_mins(10) + SignedDuration::from_secs(1));
    assert_eq!(why_not(again().await).slug(), "expired");
    assert_eq!(why_not(again().await).slug(), "replayed");
    assert_eq!(world.stub.calls().len(), 1, "the code is not sent");
    world.clock.advance(SignedDuration::from_mins(50));
    assert_eq!(again().await.map(drop), Err(SignInError::FlowUnknown), "nothing is remembered any more");
}

#[tokio::test]
async fn another_browser_is_not_told_where_it_belongs() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let journey = begin(&world, &signed_in, c1(Audience::Graph)).await;
    let other = BrowserBinding::random();
    for binding in [None, Some(other.cookie_value())] {
        let early = world.identity.finish(journey.callback(), binding).await.map(drop);
        assert_eq!(early, Err(SignInError::NotThisBrowser));
    }
    world.clock.advance(SignedDuration::from_mins(11));
    why_not(world.identity.finish(journey.callback(), Some(&journey.binding)).await);
    for binding in [None, Some(other.cookie_value())] {
        let late = world.identity.finish(journey.callback(), binding).await.map(drop);
        assert!(matches!(late, Err(SignInError::FlowReplayed(_))), "{late:?}");
    }
}

async fn stronger(world: &World, signed_in: &SignedIn, challenge: &Challenge) -> Result<String, TokenError> {
    let tokens = world.identity.tokens(signed_in.vault);
    tokens.stronger_token(challenge).await.map(|token| token.expose_secret().to_owned())
}

async fn renewed(
    world: &World,
    signed_in: &SignedIn,
    refused: &str,
    claims: Option<&Claims>,
) -> Result<String, TokenError> {
    let tokens = world.identity.tokens(signed_in.vault);
    let token = tokens.renewed_token(Audience::Graph, &refused.to_owned().into(), claims).await;
    token.map(|token| token.expose_secret().to_owned())
}

/// Finishes `journey` with a token "strong" for an ID token in which `change` was made.
async fn finish(
    world: &World,
    journey: &Journey,
    change: impl Fn(&mut Value),
) -> Result<Finished, SignInError> {
    let mut claims = world.claims(&journey.nonce);
    change(&mut claims);
    let mut grant = World::grant(&signed(&header(), &claims));
    grant["access_token"] = json!("strong");
    grant["refresh_token"] = json!("refresh-strong");
    world.stub.answer(200, grant);
    world.identity.finish(journey.callback(), Some(&journey.binding)).await
}

/// Somebody who has made the stronger sign-in for `challenge`.
async fn stepped_up(world: &World, challenge: &Challenge) -> SignedIn {
    let signed_in = world.sign_in().await;
    let journey = begin(world, &signed_in, challenge.clone()).await;
    let finished = finish(world, &journey, |_| {}).await.unwrap();
    let Finished::SteppedUp { return_to } = finished else { panic!("{finished:?}") };
    assert_eq!(return_to.as_str(), BATCH);
    signed_in
}

/// A change that another replica makes to the vault.
fn theirs(change: impl FnOnce(&mut Value) + Send + 'static) -> impl FnOnce(&mut Record) + Send + 'static {
    move |record| {
        let mut vault: Value = serde_json::from_slice(&record.content).unwrap();
        change(&mut vault);
        record.content = serde_json::to_vec(&vault).unwrap();
    }
}

fn access(token: &str) -> Value {
    let obtained = start();
    json!({ "token": token, "obtained": obtained, "expires": obtained + SignedDuration::from_hours(1) })
}

#[tokio::test]
async fn the_sign_in_asks_for_what_it_has_to_bring_and_the_code_is_redeemed_for_its_resource() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let acrs = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"},"xms_cc":{"values":["cp1"]}}}"#;
    let cp1 = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
    for (challenge, claims, prompt, resource) in [
        (c1(Audience::Graph), acrs, None, "https://graph.microsoft.com"),
        (c1(Audience::Azure), acrs, None, "https://management.azure.com"),
        (Challenge::mfa(Audience::Azure), cp1, Some("login"), "https://management.azure.com"),
    ] {
        let journey = begin(&world, &signed_in, challenge).await;
        assert_eq!(journey.query["claims"], claims);
        assert_eq!(journey.query.get("prompt").map(String::as_str), prompt);
        assert!(matches!(finish(&world, &journey, |_| {}).await, Ok(Finished::SteppedUp { .. })));
        let call = world.stub.calls().pop().unwrap();
        assert_eq!(call.fields["scope"], format!("{resource}/.default offline_access openid profile"));
        assert_eq!(call.fields["claims"], claims);
    }
}

#[tokio::test]
async fn it_serves_for_ten_minutes_and_only_where_it_was_asked_for() {
    let world = World::new().await;
    let signed_in = stepped_up(&world, &c1(Audience::Graph)).await;
    world.clock.advance(SignedDuration::from_mins(10) - SignedDuration::from_secs(1));
    assert_eq!(stronger(&world, &signed_in, &c1(Audience::Graph)).await.unwrap(), "strong");
    let ordinary = world.identity.tokens(signed_in.vault).access_token(Audience::Graph).await.unwrap();
    assert_eq!(ordinary.expose_secret(), "graph-1", "it is never the ordinary token");
    for other in [Challenge::context(Audience::Graph, "c2".into()), Challenge::mfa(Audience::Graph)] {
        assert_eq!(
            stronger(&world, &signed_in, &other).await,
            Err(TokenError::StepUpRequired(other.clone()))
        );
    }
    world.clock.advance(SignedDuration::from_secs(1));
    for audience in [Audience::Graph, Audience::Azure] {
        let over = stronger(&world, &signed_in, &c1(audience)).await;
        assert_eq!(over, Err(TokenError::StepUpRequired(c1(audience))));
    }
    assert_eq!(world.stub.calls().len(), 2, "nobody was asked in vain");
}

#[tokio::test]
async fn another_resource_gets_one_silently_and_it_serves_no_longer_than_the_sign_in() {
    let world = World::new().await;
    let signed_in = stepped_up(&world, &c1(Audience::Graph)).await;
    world.clock.advance(SignedDuration::from_mins(9));
    world.stub.answer_tokens("azure", 3600);
    for _ in 0..2 {
        assert_eq!(stronger(&world, &signed_in, &c1(Audience::Azure)).await.unwrap(), "access-azure");
    }
    assert_eq!(stronger(&world, &signed_in, &c1(Audience::Graph)).await.unwrap(), "strong");
    let calls = world.stub.calls();
    assert_eq!(calls.len(), 3, "once");
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"},"xms_cc":{"values":["cp1"]}}}"#;
    for (field, value) in [
        ("grant_type", "refresh_token"),
        ("refresh_token", "refresh-strong"),
        ("scope", "https://management.azure.com/.default offline_access"),
        ("claims", claims),
    ] {
        assert_eq!(calls[2].fields[field], value, "{field}");
    }
    world.clock.advance(SignedDuration::from_mins(1));
    let over = stronger(&world, &signed_in, &c1(Audience::Azure)).await;
    assert_eq!(over, Err(TokenError::StepUpRequired(c1(Audience::Azure))));
    assert_eq!(world.stub.calls().len(), 3);
}

#[tokio::test]
async fn what_the_silent_way_refuses_is_told_apart() {
    let step_up = || TokenError::StepUpRequired(c1(Audience::Azure));
    for (status, body, expected, lives) in [
        (400, json!({"error": "interaction_required", "error_codes": [50076]}), step_up(), true),
        (400, json!({"error": "interaction_required"}), step_up(), true),
        (400, json!({"error": "invalid_grant", "error_codes": [50079]}), step_up(), true),
        (400, json!({"error": "invalid_grant", "suberror": "basic_action"}), step_up(), true),
        (400, json!({"error": "invalid_grant", "claims": "{}"}), step_up(), true),
        // The sign-in frequency of the policy behind the context: the session itself may well last longer.
        (
            400,
            json!({"error": "invalid_grant", "error_codes": [70043], "suberror": "token_expired"}),
            step_up(),
            true,
        ),
        (400, json!({"error": "invalid_grant", "error_codes": [65001]}), TokenError::ConsentRequired, true),
        (
            400,
            json!({"error": "invalid_resource", "error_codes": [500_011]}),
            TokenError::ResourceAbsent,
            true,
        ),
        (400, json!({"error": "temporarily_unavailable"}), TokenError::Unavailable, true),
        (401, json!({"error": "invalid_client"}), TokenError::Unavailable, true),
        (429, json!({"error": "interaction_required"}), TokenError::Unavailable, true),
        (503, Value::Null, TokenError::Unavailable, true),
        (200, json!({"token_type": "Bearer"}), TokenError::Unavailable, true),
        (400, json!({"error": "invalid_grant", "error_codes": [700_082]}), TokenError::SignInRequired, false),
        (
            400,
            json!({"error": "invalid_grant", "error_codes": [50173], "suberror": "bad_token"}),
            TokenError::SignInRequired,
            false,
        ),
    ] {
        let world = World::new().await;
        let signed_in = stepped_up(&world, &c1(Audience::Graph)).await;
        world.stub.answer(status, body.clone());
        let outcome = stronger(&world, &signed_in, &c1(Audience::Azure)).await;
        assert_eq!(outcome, Err(expected), "{status} {body}");
        assert_eq!(!world.records.all(RecordKind::Tokens).is_empty(), lives, "{status} {body}");
        assert_eq!(world.stub.calls().len(), 3, "asked once");
    }
}

#[tokio::test]
async fn a_service_that_is_away_leaves_the_stronger_sign_in_as_it_was() {
    let world = World::new().await;
    let signed_in = stepped_up(&world, &c1(Audience::Graph)).await;
    world.stub.answer(503, Value::Null);
    let away = stronger(&world, &signed_in, &c1(Audience::Azure)).await;
    assert_eq!(away, Err(TokenError::Unavailable));
    world.stub.answer_tokens("azure", 3600);
    assert_eq!(stronger(&world, &signed_in, &c1(Audience::Azure)).await.unwrap(), "access-azure");
}

#[tokio::test]
async fn whoever_waited_finds_what_was_stored_meanwhile() {
    let world = World::new().await;
    let signed_in = stepped_up(&world, &c1(Audience::Graph)).await;
    let calls = world.stub.calls().len();
    // Between its first look and its turn, another one has done the work.
    let brought = json!({ "challenge": c1(Audience::Azure), "access": access("theirs"), "made": start() });
    let meanwhile = theirs(move |vault| vault["stronger"].as_array_mut().unwrap().push(brought));
    world.records.interfere_after_read(RecordKind::Tokens, meanwhile);
    assert_eq!(stronger(&world, &signed_in, &c1(Audience::Azure)).await.unwrap(), "theirs");

    let meanwhile = theirs(|vault| vault["access"]["Graph"] = access("renewed"));
    world.records.interfere_after_read(RecordKind::Tokens, meanwhile);
    assert_eq!(renewed(&world, &signed_in, "graph-1", None).await.unwrap(), "renewed");
    assert_eq!(world.stub.calls().len(), calls);
}

#[tokio::test]
async fn many_callers_cause_one_call_of_each_kind() {
    let world = World::new().await;
    let signed_in = stepped_up(&world, &c1(Audience::Graph)).await;
    let before = world.stub.calls().len();
    world.stub.answer_tokens("new", 3600);
    world.stub.close().await;
    let azure = c1(Audience::Azure);
    let stronger = (0..20).map(|_| stronger(&world, &signed_in, &azure));
    let renewed = (0..20).map(|_| renewed(&world, &signed_in, "graph-1", None));
    let opener = async {
        world.stub.called(before + 2).await;
        // Whoever would call as well has every chance to do so before the first answer.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        world.stub.open();
    };
    let (stronger, renewed, ()) =
        futures::join!(futures::future::join_all(stronger), futures::future::join_all(renewed), opener);
    assert!(stronger.iter().chain(&renewed).all(|token| token.as_deref() == Ok("access-new")));
    assert_eq!(world.stub.calls().len() - before, 2, "one stronger, one renewed");
}

#[tokio::test]
async fn a_token_that_was_not_taken_is_renewed_once_with_what_was_asked_for() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let asked = Claims::parse(r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#).unwrap();
    world.stub.answer_tokens("renewed", 3600);
    // Two requests had the same token, and both come with the refusal.
    for _ in 0..2 {
        assert_eq!(renewed(&world, &signed_in, "graph-1", Some(&asked)).await.unwrap(), "access-renewed");
    }
    let calls = world.stub.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(
        calls[1].fields["claims"],
        r#"{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}}}"#
    );
    let ordinary = world.identity.tokens(signed_in.vault).access_token(Audience::Graph).await.unwrap();
    assert_eq!(ordinary.expose_secret(), "access-renewed", "it is the ordinary one from now on");
    world.stub.answer_tokens("again", 3600);
    assert_eq!(renewed(&world, &signed_in, "access-renewed", None).await.unwrap(), "access-again");
}

#[tokio::test]
async fn a_token_that_is_not_renewed_says_why() {
    let told = Claims::parse(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#).unwrap();
    let asked = Claims::parse(r#"{"access_token":{"nbf":{"value":"1"}}}"#).unwrap();
    let for_asked = TokenError::StepUpRequired(Challenge::from_claims(Audience::Graph, asked.clone()));
    let interaction = json!({"error": "interaction_required", "error_codes": [50076]});
    let with_claims = json!({"error": "interaction_required", "claims": told.as_str()});
    let dead = json!({"error": "invalid_grant", "error_codes": [50173]});
    for (status, body, claims, expected, lives) in [
        (400, &interaction, None, TokenError::SignInRequired, true),
        (400, &interaction, Some(&asked), for_asked, true),
        (400, &with_claims, Some(&asked), TokenError::StepUpRequired(c1(Audience::Graph)), true),
        (503, &Value::Null, Some(&asked), TokenError::Unavailable, true),
        (400, &dead, Some(&asked), TokenError::SignInRequired, false),
    ] {
        let world = World::new().await;
        let signed_in = world.sign_in().await;
        world.stub.answer(status, body.clone());
        let outcome = renewed(&world, &signed_in, "graph-1", claims).await;
        assert_eq!(outcome, Err(expected), "{status} {body}");
        assert_eq!(!world.records.all(RecordKind::Tokens).is_empty(), lives, "{status} {body}");
    }
}

#[tokio::test]
async fn a_dead_refresh_token_counts_only_when_no_replica_has_stored_a_newer_one() {
    for kind in ["ordinary", "stronger", "renewed"] {
        let world = World::new().await;
        let signed_in = stepped_up(&world, &c1(Audience::Graph)).await;
        let dead = json!({"error": "invalid_grant", "error_codes": [700_082]});
        world.stub.answer_tokens("new", 3600);
        world.stub.answer_once(400, dead);
        world.stub.close().await;
        let before = world.stub.calls().len();
        let replica = async {
            world.stub.called(before + 1).await;
            world
                .records
                .change(RecordKind::Tokens, theirs(|vault| vault["refresh"] = json!("refresh-theirs")));
            world.stub.open();
        };
        let asker = async {
            match kind {
                "ordinary" => {
                    let tokens = world.identity.tokens(signed_in.vault);
                    tokens.access_token(Audience::Azure).await.map(|token| token.expose_secret().to_owned())
                }
                "stronger" => stronger(&world, &signed_in, &c1(Audience::Azure)).await,
                _ => renewed(&world, &signed_in, "graph-1", None).await,
            }
        };
        let (token, ()) = futures::join!(asker, replica);
        assert_eq!(token.as_deref(), Ok("access-new"), "{kind}");
        let calls = world.stub.calls();
        assert_eq!(calls.len(), before + 2, "{kind}");
        assert_eq!(calls[before + 1].fields["refresh_token"], "refresh-theirs", "{kind}");
    }
}

#[tokio::test]
async fn strangers_and_replays_bring_nothing() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let vault = || world.records.all(RecordKind::Tokens).pop().unwrap().content;
    let before = vault();
    let other = "99999999-9999-9999-9999-999999999999";
    for (claim, value, expected) in [
        ("oid", json!(other), SignInError::OtherPerson),
        ("tid", json!(other), SignInError::WrongTenant),
        ("nonce", json!("another"), Check::Nonce.into()),
        ("aud", json!(other), Check::Audience.into()),
    ] {
        let journey = begin(&world, &signed_in, c1(Audience::Graph)).await;
        let outcome = finish(&world, &journey, |claims| claims[claim] = value.clone()).await;
        assert_eq!(why_not(outcome), expected, "{claim}");
        let again = finish(&world, &journey, |_| {}).await;
        assert_eq!(why_not(again).slug(), "replayed", "{claim}: it is used up");
    }
    let journey = begin(&world, &signed_in, c1(Audience::Graph)).await;
    let declined = support::callback(&json!({ "state": journey.state, "error": "access_denied" }));
    let outcome = world.identity.finish(declined, Some(&journey.binding)).await;
    assert_eq!(why_not(outcome).slug(), "declined");
    assert_eq!(vault(), before);
    let none = stronger(&world, &signed_in, &c1(Audience::Graph)).await;
    assert_eq!(none, Err(TokenError::StepUpRequired(c1(Audience::Graph))));
}

#[tokio::test]
async fn after_a_sign_out_a_stronger_sign_in_brings_nothing_back() {
    let world = World::new().await;
    let signed_in = world.sign_in().await;
    let journey = begin(&world, &signed_in, c1(Audience::Graph)).await;
    world.identity.sign_out(signed_in.vault).await.unwrap();
    assert_eq!(why_not(finish(&world, &journey, |_| {}).await), SignInError::FlowUnknown);
    assert!(world.records.all(RecordKind::Tokens).is_empty());
}
