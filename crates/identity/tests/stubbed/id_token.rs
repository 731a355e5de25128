//! Every check of the ID token, one row each: a token that differs from a good one in exactly that respect is refused for it.

use crate::support::{self, CLIENT, World, header, key_set, signed, signed_by_stranger};
use identity::{Check, SignInError};
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A change to the claims of a good token.
fn with(name: &'static str, value: Value) -> impl Fn(&mut Value) {
    move |claims| {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
}

async fn outcome(world: &World, change: impl Fn(&mut Value)) -> Result<(), SignInError> {
    let journey = world.begin().await;
    let mut claims = world.claims(&journey.nonce);
    change(&mut claims);
    world.finish_with(&journey, &signed(&header(), &claims)).await.map(drop)
}

#[tokio::test]
async fn each_claim_is_checked() {
    let world = World::new().await;
    outcome(&world, |_| {}).await.expect("the unchanged token is good");
    outcome(&world, with("azp", json!(CLIENT))).await.expect("our own azp is good");
    let other = "99999999-9999-9999-9999-999999999999";
    let refused: Vec<(&'static str, Value, SignInError)> = vec![
        ("iss", json!(format!("{}/", world.issuer())), Check::Issuer.into()),
        ("iss", json!("https://evil.example/v2.0"), Check::Issuer.into()),
        ("iss", Value::Null, Check::Form.into()),
        ("tid", Value::Null, Check::Tenant.into()),
        ("tid", json!("contoso"), Check::Tenant.into()),
        ("tid", json!("11111111222233334444555555555555"), Check::Tenant.into()),
        ("tid", json!(other), SignInError::WrongTenant),
        ("tid", json!("9188040d-6c67-4c5b-b112-36a304b66dad"), Check::PersonalAccount.into()),
        ("aud", json!(other), Check::Audience.into()),
        ("aud", json!([CLIENT]), Check::Audience.into()),
        ("aud", json!([CLIENT, other]), Check::Audience.into()),
        ("azp", json!(other), Check::AuthorizedParty.into()),
        ("nonce", json!("another"), Check::Nonce.into()),
        ("nonce", json!(""), Check::Nonce.into()),
        ("nonce", Value::Null, Check::Nonce.into()),
        ("ver", json!("1.0"), Check::Version.into()),
        ("ver", Value::Null, Check::Version.into()),
        ("oid", Value::Null, Check::ObjectId.into()),
        ("oid", json!("adele"), Check::ObjectId.into()),
        ("exp", Value::Null, Check::Form.into()),
        ("nbf", Value::Null, Check::Form.into()),
        ("iat", Value::Null, Check::Form.into()),
    ];
    for (claim, value, expected) in refused {
        let outcome = outcome(&world, with(claim, value.clone())).await;
        assert_eq!(outcome, Err(expected), "{claim} = {value}");
    }
}

#[tokio::test]
async fn times_are_checked_with_five_minutes_of_grace_and_skew_is_told_apart() {
    let world = World::new().await;
    let now = support::start().as_second();
    for (claim, seconds, expected) in [
        ("exp", -299, Ok(())),
        ("exp", -300, Err(Check::Expired.into())),
        ("nbf", 300, Ok(())),
        ("nbf", 301, Err(Check::NotBefore.into())),
        ("iat", 300, Ok(())),
        ("iat", 301, Err(SignInError::ClockSkew { seconds: -301 })),
        // Five minutes, and five more that Entra dates back.
        ("iat", -600, Ok(())),
        ("iat", -601, Err(SignInError::ClockSkew { seconds: 601 })),
    ] {
        let outcome = outcome(&world, with(claim, json!(now + seconds))).await;
        assert_eq!(outcome, expected, "{claim} {seconds:+}");
    }
}

#[tokio::test]
async fn a_portal_whose_clock_is_an_hour_off_says_so() {
    for hours in [1, -1] {
        let world = World::new().await;
        // The service's time stays; the portal's clock is what is wrong.
        let service = world.claims("")["iat"].as_i64().unwrap();
        world.clock.advance(SignedDuration::from_hours(hours));
        let outcome = outcome(&world, |claims| {
            for (claim, time) in [("iat", service), ("nbf", service), ("exp", service + 3600)] {
                claims[claim] = json!(time);
            }
        })
        .await;
        assert_eq!(outcome, Err(SignInError::ClockSkew { seconds: hours * 3600 }));
    }
}

#[tokio::test]
async fn a_token_may_be_as_late_as_its_sign_in_but_not_older_than_it() {
    let world = World::new().await;
    let journey = world.begin().await;
    let early = world.claims(&journey.nonce);
    world.clock.advance(SignedDuration::from_mins(9));
    // Issued when the sign-in began, nine minutes ago: within the sign-in.
    world.finish_with(&journey, &signed(&header(), &early)).await.unwrap();
}

#[tokio::test]
async fn the_header_is_checked() {
    let world = World::new().await;
    for (change, expected) in [
        (json!({"alg": "none"}), Check::Algorithm),
        (json!({"alg": "HS256"}), Check::Algorithm),
        (json!({"alg": "RS384"}), Check::Algorithm),
        (json!({"alg": "PS256"}), Check::Algorithm),
        (json!({"typ": "at+jwt"}), Check::Type),
        (json!({"typ": null}), Check::Type),
        (json!({"crit": ["b64"]}), Check::Type),
        (json!({"kid": null}), Check::Key),
        (json!({"kid": "unknown"}), Check::Key),
    ] {
        let journey = world.begin().await;
        let mut changed = header();
        changed.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let token = signed(&changed, &world.claims(&journey.nonce));
        let outcome = world.finish_with(&journey, &token).await.map(drop);
        assert_eq!(outcome, Err(expected.into()), "{change}");
    }
}

#[tokio::test]
async fn the_signature_is_checked() {
    let world = World::new().await;
    let journey = world.begin().await;
    let claims = world.claims(&journey.nonce);
    let good = signed(&header(), &claims);
    let mut promoted = claims.clone();
    promoted["oid"] = json!("ffffffff-ffff-ffff-ffff-ffffffffffff");
    let (head, signature) = (good.split('.').next().unwrap(), good.split('.').nth(2).unwrap());
    let spliced = format!("{head}.{}.{signature}", signed(&header(), &promoted).split('.').nth(1).unwrap());
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    for (token, expected) in [
        (signed_by_stranger(&header(), &claims), vec![Check::Signature]),
        (spliced, vec![Check::Signature]),
        (unsigned, vec![Check::Signature, Check::Form]),
        ("not a token".to_owned(), vec![Check::Form]),
        (String::new(), vec![Check::Form]),
        (format!("{good}.more"), vec![Check::Form, Check::Signature]),
        (format!("{}.", "a".repeat(40_000)), vec![Check::Form]),
    ] {
        let journey = world.begin().await;
        let outcome = world.finish_with(&journey, &token).await.map(drop);
        let Err(SignInError::IdToken(check)) = outcome else { panic!("{outcome:?}") };
        assert!(expected.contains(&check), "{check:?} instead of {expected:?}");
    }
}

#[tokio::test]
async fn a_key_signs_only_for_the_issuer_it_is_tied_to() {
    for (issuer, expected) in [
        (None, Ok(())),
        (Some(format!("https://login.example/{}/v2.0", support::TENANT)), Err(Check::KeyIssuer.into())),
    ] {
        let world = World::new().await;
        // `None` stands for this tenant's own, written out.
        world.stub.set_keys(key_set(&issuer.unwrap_or_else(|| world.issuer())));
        assert_eq!(outcome(&world, |_| {}).await, expected);
    }
}

#[tokio::test]
async fn keys_are_read_once_again_for_an_unknown_one_and_the_last_good_set_is_kept() {
    let world = World::new().await;
    for _ in 0..3 {
        outcome(&world, |_| {}).await.unwrap();
    }
    assert_eq!(world.stub.key_reads(), 1, "the set is cached");

    let unknown = async || {
        let journey = world.begin().await;
        let token =
            signed(&json!({"alg": "RS256", "typ": "JWT", "kid": "new"}), &world.claims(&journey.nonce));
        world.finish_with(&journey, &token).await.map(drop)
    };
    assert_eq!(unknown().await, Err(Check::Key.into()));
    assert_eq!(world.stub.key_reads(), 1, "read less than five minutes ago");
    world.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(unknown().await, Err(Check::Key.into()));
    assert_eq!(unknown().await, Err(Check::Key.into()));
    assert_eq!(world.stub.key_reads(), 2, "once per five minutes");

    // A rolled-over key is found.
    world.clock.advance(SignedDuration::from_mins(5));
    let mut rolled = key_set(&world.issuer_template());
    let mut new = rolled["keys"][0].clone();
    new["kid"] = json!("new");
    rolled["keys"].as_array_mut().unwrap().push(new);
    world.stub.set_keys(rolled);
    assert_eq!(unknown().await, Ok(()));
    assert_eq!(world.stub.key_reads(), 3);

    // A day later the set is read again; when that fails, the old one still serves.
    world.stub.break_keys();
    world.clock.advance(SignedDuration::from_hours(24));
    outcome(&world, |_| {}).await.unwrap();
    outcome(&world, |_| {}).await.unwrap();
    assert_eq!(world.stub.key_reads(), 4, "a broken service is not asked at every sign-in");
}

#[tokio::test]
async fn without_any_keys_the_service_counts_as_away_until_it_is_back() {
    let world = World::new().await;
    world.stub.break_keys();
    assert!(matches!(outcome(&world, |_| {}).await, Err(SignInError::Unavailable(_))));
    world.stub.set_keys(key_set(&world.issuer_template()));
    outcome(&world, |_| {}).await.unwrap();
}

/// Values that a claim might have: of any kind, and right for another claim.
fn odd() -> impl Strategy<Value = Value> {
    let now = support::start().as_second();
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (now - 900..now + 900).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![CLIENT, support::TENANT, support::PERSON, "2.0"]).prop_map(Value::from),
    ]
}

const CHECKED: [&str; 10] = ["iss", "aud", "tid", "oid", "nonce", "azp", "ver", "exp", "nbf", "iat"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_signed_token_claims_it_passes_only_when_every_claim_is_right(
        changes in prop::collection::vec((prop::sample::select(CHECKED.to_vec()), odd()), 0..3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let journey = world.begin().await;
            let good = world.claims(&journey.nonce);
            let mut claims = good.clone();
            for (claim, value) in changes {
                claims[claim] = value;
            }
            let outcome = world.finish_with(&journey, &signed(&header(), &claims)).await;
            let same = |claim: &&str| claims[*claim] == good[*claim];
            let right = ["iss", "aud", "tid", "nonce", "ver"].iter().all(same);
            match outcome {
                Ok(signed_in) => {
                    prop_assert!(right, "{claims}");
                    prop_assert!(claims["azp"].is_null() || claims["azp"] == CLIENT);
                    prop_assert_eq!(json!(signed_in.person.id.to_string()), claims["oid"].clone());
                }
                Err(error) => {
                    let times = ["exp", "nbf", "iat"].iter().all(same);
                    let azp = claims["azp"].is_null() || claims["azp"] == CLIENT;
                    prop_assert!(!(right && times && azp && same(&"oid")), "{error}: {claims}");
                }
            }
            Ok(())
        })?;
    }
}
