//! Access tokens: kept while fresh, refreshed once at a time, merged across replicas, and gone when the session is.

use std::sync::Arc;

use identity::{PlaneSet, Settings};
use jiff::SignedDuration;
use pim::ids::VaultId;
use pim::records::RecordKind;
use pim::tokens::{Audience, TokenError, Tokens};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::{CLIENT, World};

async fn token(tokens: &Arc<dyn Tokens>, audience: Audience) -> Result<String, TokenError> {
    tokens.access_token(audience).await.map(|token| token.expose_secret().to_owned())
}

fn stored(world: &World) -> Value {
    let records = world.records.all(RecordKind::Tokens);
    let [record] = records.as_slice() else { panic!("{} vaults", records.len()) };
    serde_json::from_slice(&record.content).unwrap()
}

#[tokio::test]
async fn the_azure_token_comes_through_the_refresh_token_when_it_is_first_wanted() {
    let world = World::new().await;
    let tokens = world.identity.tokens(world.sign_in().await.vault);
    assert_eq!(token(&tokens, Audience::Graph).await.unwrap(), "graph-1");
    assert_eq!(world.stub.calls().len(), 1, "the sign-in's own");

    world.stub.answer_tokens("azure", 3600);
    assert_eq!(token(&tokens, Audience::Azure).await.unwrap(), "access-azure");
    assert_eq!(token(&tokens, Audience::Azure).await.unwrap(), "access-azure");
    assert_eq!(token(&tokens, Audience::Graph).await.unwrap(), "graph-1", "the other one is still there");
    let calls = world.stub.calls();
    assert_eq!(calls.len(), 2);
    let expected = [
        ("client_id", CLIENT),
        ("grant_type", "refresh_token"),
        ("refresh_token", "refresh-1"),
        ("redirect_uri", "https://pim.example.com/auth/callback"),
        ("scope", "https://management.azure.com/.default offline_access"),
        ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#),
    ];
    assert_eq!(calls[1].fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    for absent in ["origin", "authorization"] {
        assert!(!calls[1].headers.contains_key(absent), "{absent}");
    }
    assert_eq!(stored(&world)["refresh"], "refresh-azure", "the newest refresh token is kept");
}

#[tokio::test]
async fn a_token_is_refreshed_five_minutes_early_and_after_an_hour_at_the_latest() {
    for (lasts, after) in [(3600, 55), (80_000, 60)] {
        let world = World::new().await;
        let tokens = world.identity.tokens(world.sign_in().await.vault);
        world.stub.answer_tokens("first", lasts);
        token(&tokens, Audience::Azure).await.unwrap();
        world.stub.answer_tokens("second", lasts);
        world.clock.advance(SignedDuration::from_mins(after) - SignedDuration::from_secs(1));
        assert_eq!(token(&tokens, Audience::Azure).await.unwrap(), "access-first", "{lasts}");
        world.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(token(&tokens, Audience::Azure).await.unwrap(), "access-second", "{lasts}");
    }
}

#[tokio::test]
async fn while_the_service_is_away_a_valid_token_still_serves() {
    let world = World::new().await;
    let tokens = world.identity.tokens(world.sign_in().await.vault);
    world.stub.answer(503, Value::Null);
    world.clock.advance(SignedDuration::from_secs(3600 - 61));
    assert_eq!(token(&tokens, Audience::Graph).await.unwrap(), "graph-1", "more than a minute is left");
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(token(&tokens, Audience::Graph).await, Err(TokenError::Unavailable));
    world.stub.answer_tokens("back", 3600);
    assert_eq!(token(&tokens, Audience::Graph).await.unwrap(), "access-back");
}

#[tokio::test]
async fn many_callers_cause_one_refresh_per_audience() {
    let world = World::new().await;
    let vault = world.sign_in().await.vault;
    world.clock.advance(SignedDuration::from_mins(56));
    world.stub.answer_tokens("new", 3600);
    world.stub.close().await;
    let before = world.stub.calls().len();
    // Handles of their own, as in separate requests.
    let callers = (0..40).map(|number| {
        let tokens = world.identity.tokens(vault);
        let audience = if number % 2 == 0 { Audience::Graph } else { Audience::Azure };
        async move { token(&tokens, audience).await.unwrap() }
    });
    let opener = async {
        world.stub.called(before + 2).await;
        // Whoever would call as well has every chance to do so before the first answer.
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        world.stub.open();
    };
    let (got, ()) = futures::join!(futures::future::join_all(callers), opener);
    assert!(got.iter().all(|token| token == "access-new"));
    assert_eq!(world.stub.calls().len() - before, 2, "one for Graph, one for Azure");
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_take_the_refresh_with_it() {
    let world = World::new().await;
    let vault = world.sign_in().await.vault;
    world.stub.answer_tokens("azure", 3600);
    world.stub.close().await;
    let impatient = {
        let tokens = world.identity.tokens(vault);
        tokio::spawn(async move { token(&tokens, Audience::Azure).await })
    };
    world.stub.called(2).await;
    let patient = {
        let tokens = world.identity.tokens(vault);
        tokio::spawn(async move { token(&tokens, Audience::Azure).await })
    };
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    world.stub.open();
    assert_eq!(patient.await.unwrap().unwrap(), "access-azure");
}

#[tokio::test]
async fn a_lost_race_merges_and_keeps_what_is_newer() {
    // Another replica stores an Azure token and a refresh token while this one refreshes Graph.
    for (minutes, kept_refresh) in [(-1, "refresh-ours"), (1, "refresh-theirs")] {
        let world = World::new().await;
        let tokens = world.identity.tokens(world.sign_in().await.vault);
        world.clock.advance(SignedDuration::from_mins(56));
        let theirs = crate::support::start() + SignedDuration::from_mins(56 + minutes);
        world.records.interfere(move |record| {
            let mut vault: Value = serde_json::from_slice(&record.content).unwrap();
            vault["access"]["Azure"] = json!({
                "token": "azure-theirs", "obtained": theirs, "expires": theirs + SignedDuration::from_hours(1),
            });
            vault["refresh"] = json!("refresh-theirs");
            vault["refreshed"] = json!(theirs);
            record.content = serde_json::to_vec(&vault).unwrap();
        });
        world.stub.answer_tokens("ours", 3600);
        assert_eq!(token(&tokens, Audience::Graph).await.unwrap(), "access-ours");
        assert_eq!(token(&tokens, Audience::Azure).await.unwrap(), "azure-theirs");
        let vault = stored(&world);
        assert_eq!(vault["access"]["Graph"]["token"], "access-ours");
        assert_eq!(vault["refresh"], kept_refresh);
        assert_eq!(world.stub.calls().len(), 2, "Azure was not asked for");
    }
}

#[tokio::test]
async fn a_dead_refresh_token_ends_the_session() {
    let world = World::new().await;
    let tokens = world.identity.tokens(world.sign_in().await.vault);
    world.stub.refuse("invalid_grant", 700_082);
    assert_eq!(token(&tokens, Audience::Azure).await, Err(TokenError::SignInRequired));
    assert!(world.records.all(RecordKind::Tokens).is_empty(), "the tokens are deleted");
    assert_eq!(token(&tokens, Audience::Graph).await, Err(TokenError::SignInRequired));
    assert_eq!(world.stub.calls().len(), 2, "without a vault nobody is asked");
}

#[tokio::test]
async fn what_azure_alone_refuses_leaves_graph_alone() {
    for (error, code, expected) in [
        ("invalid_grant", 65001, TokenError::ConsentRequired),
        ("invalid_resource", 500_011, TokenError::ResourceAbsent),
        ("interaction_required", 50076, TokenError::SignInRequired),
        ("invalid_grant", 53003, TokenError::SignInRequired),
        ("server_error", 0, TokenError::Unavailable),
    ] {
        let world = World::new().await;
        let tokens = world.identity.tokens(world.sign_in().await.vault);
        world.stub.refuse(error, code);
        assert_eq!(token(&tokens, Audience::Azure).await, Err(expected), "{error} {code}");
        assert_eq!(token(&tokens, Audience::Graph).await.unwrap(), "graph-1", "{error} {code}");
    }
}

#[tokio::test]
async fn signing_out_deletes_the_tokens_even_during_a_refresh() {
    let world = World::new().await;
    let vault = world.sign_in().await.vault;
    let tokens = world.identity.tokens(vault);
    world.stub.answer_tokens("azure", 3600);
    world.stub.close().await;
    let refreshing = {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { token(&tokens, Audience::Azure).await })
    };
    world.stub.called(2).await;
    world.replica().sign_out(vault).await.unwrap();
    world.stub.open();
    assert_eq!(refreshing.await.unwrap(), Err(TokenError::SignInRequired));
    assert!(world.records.all(RecordKind::Tokens).is_empty(), "the refresh did not bring them back");
    world.identity.sign_out(vault).await.unwrap();
}

#[tokio::test]
async fn a_vault_lasts_as_long_as_the_session_may_and_no_refresh_makes_it_longer() {
    let world = World::new().await;
    let tokens = world.identity.tokens(world.sign_in().await.vault);
    world.stub.answer_tokens("again", 3600);
    for _ in 0..9 {
        world.clock.advance(SignedDuration::from_hours(1));
        token(&tokens, Audience::Graph).await.unwrap();
    }
    assert_eq!(Settings::ABSOLUTE, SignedDuration::from_hours(10));
    world.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(token(&tokens, Audience::Graph).await, Err(TokenError::SignInRequired));
}

#[tokio::test]
async fn another_vault_or_a_plane_that_is_off_yields_nothing() {
    let world = World::new().await;
    world.sign_in().await;
    let stranger = world.identity.tokens(VaultId::random());
    assert_eq!(token(&stranger, Audience::Graph).await, Err(TokenError::SignInRequired));

    let without_azure = World::with_planes(PlaneSet { entra: true, groups: true, azure: false }).await;
    let tokens = without_azure.identity.tokens(without_azure.sign_in().await.vault);
    assert_eq!(token(&tokens, Audience::Azure).await, Err(TokenError::ResourceAbsent));
    assert_eq!(without_azure.stub.calls().len(), 1);
}
