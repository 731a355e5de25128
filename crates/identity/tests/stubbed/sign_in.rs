//! Begin and finish: the authorize URL, what is sent to redeem the code, and every way a sign-in ends without one.

use std::collections::BTreeSet;

use identity::{Breach, BrowserBinding, PlaneSet, ReturnTo, Settings, SignInError};
use jiff::SignedDuration;
use pim::records::RecordKind;
use serde_json::json;
use url::Url;

use crate::support::{self, CLIENT, Journey, PERSON, TENANT, World, header, signed};

#[tokio::test]
async fn the_authorize_url_is_exactly_this() {
    let world = World::new().await;
    let begin = world.identity.begin(ReturnTo::default(), Some("adele@contoso.example")).await.unwrap();
    let journey = Journey::of(begin);
    let expected = format!("{}/{TENANT}/oauth2/v2.0/authorize", world.stub.origin());
    assert_eq!(journey.url.as_str().split('?').next(), Some(expected.as_str()));

    let graph = |name: &str| format!("https://graph.microsoft.com/{name}");
    let scopes: Vec<&str> = journey.query["scope"].split(' ').collect();
    assert_eq!(
        scopes,
        [
            "openid",
            "profile",
            "email",
            "offline_access",
            &graph("User.Read"),
            &graph("RoleManagement.ReadWrite.Directory"),
            &graph("PrivilegedAccess.ReadWrite.AzureADGroup"),
            &graph("RoleManagementPolicy.Read.AzureADGroup"),
            &graph("Policy.Read.All"),
            &graph("AdministrativeUnit.Read.All"),
            &graph("AuditLog.Read.All"),
            "https://management.azure.com/user_impersonation",
        ]
    );
    for (name, value) in [
        ("response_type", "code"),
        ("response_mode", "query"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://pim.example.com/auth/callback"),
        ("code_challenge_method", "S256"),
        ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#),
        ("login_hint", "adele@contoso.example"),
    ] {
        assert_eq!(journey.query.get(name).map(String::as_str), Some(value), "{name}");
    }
    let names: BTreeSet<&str> = journey.query.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 11, "{names:?}: plus state, nonce, scope and code_challenge, and nothing else");
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(journey.query[name].len(), 43, "{name}: 32 bytes");
    }
    let other = world.begin().await;
    assert_ne!((&journey.state, &journey.nonce), (&other.state, &other.nonce));
}

#[tokio::test]
async fn a_plane_that_is_off_is_not_in_the_authorize_url() {
    let azure = PlaneSet { entra: false, groups: false, azure: true };
    let world = World::with_planes(azure).await;
    assert_eq!(
        world.begin().await.query["scope"],
        "openid profile email offline_access https://graph.microsoft.com/User.Read \
         https://management.azure.com/user_impersonation"
    );
}

#[tokio::test]
async fn a_sign_in_succeeds_and_the_code_is_redeemed_as_a_public_client() {
    let world = World::new().await;
    let journey = world.begin().await;
    let id_token = signed(&header(), &world.claims(&journey.nonce));
    let signed_in = world.finish_with(&journey, &id_token).await.unwrap();
    assert_eq!(signed_in.person.id.to_string(), PERSON);
    assert_eq!(signed_in.person.tenant.to_string(), TENANT);
    assert_eq!(
        (signed_in.person.name.as_str(), signed_in.person.username.as_str()),
        ("Adele Vance", "adele@contoso.example")
    );
    assert_eq!(signed_in.return_to.as_str(), "/activate?x=1");
    assert_eq!(signed_in.granted, ["openid", "profile", "User.Read"]);
    assert_eq!(signed_in.login_hint.as_deref(), Some("hint"));

    let calls = world.stub.calls();
    let [call] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    for absent in ["origin", "authorization", "cookie"] {
        assert!(!call.headers.contains_key(absent), "{absent}");
    }
    let mut fields = call.fields.clone();
    let verifier = fields.remove("code_verifier").unwrap();
    assert_eq!(verifier.len(), 43);
    let challenge =
        oauth2::PkceCodeChallenge::from_code_verifier_sha256(&oauth2::PkceCodeVerifier::new(verifier));
    assert_eq!(challenge.as_str(), journey.query["code_challenge"]);
    let expected = [
        ("client_id", CLIENT),
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("redirect_uri", "https://pim.example.com/auth/callback"),
        ("scope", "https://graph.microsoft.com/.default offline_access openid profile"),
        ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn a_callback_counts_once() {
    let world = World::new().await;
    let journey = world.begin().await;
    let id_token = signed(&header(), &world.claims(&journey.nonce));
    world.finish_with(&journey, &id_token).await.unwrap();
    let again = world.finish_with(&journey, &id_token).await.map(drop);
    assert!(matches!(again, Err(SignInError::FlowReplayed(_))), "{again:?}");
    assert_eq!(world.stub.calls().len(), 1, "the code is not sent twice");

    // Two at the same moment: one wins.
    let journey = world.begin().await;
    let id_token = signed(&header(), &world.claims(&journey.nonce));
    world.stub.answer(200, World::grant(&id_token));
    let finish = || world.identity.finish(journey.callback(), Some(&journey.binding));
    let both = futures::join!(finish(), finish());
    assert_eq!([both.0.is_ok(), both.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(world.stub.calls().len(), 2);

    // Another replica claims it between the read and the write: the code is that one's.
    let journey = world.begin().await;
    world.records.interfere_after_read(RecordKind::SignInFlow, |_| {});
    let late = world.identity.finish(journey.callback(), Some(&journey.binding)).await.map(drop);
    assert!(matches!(late, Err(SignInError::FlowReplayed(_))), "{late:?}");
    assert_eq!(world.stub.calls().len(), 2);
}

#[tokio::test]
async fn a_sign_in_is_good_for_ten_minutes_and_then_said_to_be_too_old() {
    let world = World::new().await;
    let (late, forgotten) = (world.begin().await, world.begin().await);
    world.clock.advance(SignedDuration::from_mins(10) + SignedDuration::from_secs(1));
    let outcome = world.identity.finish(late.callback(), Some(&late.binding)).await.map(drop);
    assert!(matches!(outcome, Err(SignInError::FlowExpired(_))), "{outcome:?}");
    world.clock.advance(SignedDuration::from_mins(50));
    let outcome = world.identity.finish(forgotten.callback(), Some(&forgotten.binding)).await.map(drop);
    assert_eq!(outcome, Err(SignInError::FlowUnknown));
    assert_eq!(world.stub.calls().len(), 0);
}

#[tokio::test]
async fn another_browser_gets_nowhere_and_does_not_spoil_it_for_the_right_one() {
    let world = World::new().await;
    let journey = world.begin().await;
    let id_token = signed(&header(), &world.claims(&journey.nonce));
    world.stub.answer(200, World::grant(&id_token));
    let other = BrowserBinding::random();
    for binding in [None, Some(""), Some(other.cookie_value())] {
        let outcome = world.identity.finish(journey.callback(), binding).await.map(drop);
        assert_eq!(outcome, Err(SignInError::NotThisBrowser), "{binding:?}");
    }
    assert_eq!(world.stub.calls().len(), 0);
    world.identity.finish(journey.callback(), Some(&journey.binding)).await.unwrap();
}

#[tokio::test]
async fn two_tabs_of_one_browser_both_finish() {
    let world = World::new().await;
    let first = world.begin().await;
    let binding = BrowserBinding::from_cookie(&first.binding).unwrap();
    let second = Journey::of(
        world.identity.begin_in(TENANT.parse().unwrap(), binding, ReturnTo::default(), None).await.unwrap(),
    );
    assert_eq!(first.binding, second.binding);
    for journey in [first, second] {
        let id_token = signed(&header(), &world.claims(&journey.nonce));
        world.finish_with(&journey, &id_token).await.unwrap();
    }
    assert!(BrowserBinding::from_cookie("short").is_none());
    assert!(BrowserBinding::from_cookie(&"ü".repeat(43)).is_none());
}

#[tokio::test]
async fn a_refusal_at_the_sign_in_page_is_told_and_uses_the_sign_in_up() {
    let world = World::new().await;
    let journey = world.begin().await;
    let declined = support::callback(&json!({
        "state": journey.state, "error": "access_denied",
        "error_description": "AADSTS65004: User declined to consent.",
    }));
    let outcome = world.identity.finish(declined, Some(&journey.binding)).await.map(drop);
    assert!(matches!(outcome, Err(SignInError::Declined(_))), "{outcome:?}");
    let after = world.identity.finish(journey.callback(), Some(&journey.binding)).await.map(drop);
    assert!(matches!(after, Err(SignInError::FlowReplayed(_))), "{after:?}");
}

#[tokio::test]
async fn a_callback_that_makes_no_sense_is_a_breach() {
    let world = World::new().await;
    let journey = world.begin().await;
    for query in [
        json!({}),
        json!({"code": "c"}),
        json!({"code": "c", "state": ""}),
        json!({"code": "c", "state": "x".repeat(200)}),
    ] {
        let outcome =
            world.identity.finish(support::callback(&query), Some(&journey.binding)).await.map(drop);
        assert!(matches!(outcome, Err(SignInError::Protocol(Breach::Callback, _))), "{query}: {outcome:?}");
    }
    let made_up = support::callback(&json!({"code": "c", "state": "made-up"}));
    let outcome = world.identity.finish(made_up, Some(&journey.binding)).await.map(drop);
    assert_eq!(outcome, Err(SignInError::FlowUnknown));

    world.records.spoil(RecordKind::SignInFlow);
    let outcome = world.identity.finish(journey.callback(), Some(&journey.binding)).await.map(drop);
    assert!(matches!(outcome, Err(SignInError::Protocol(Breach::Stored, _))), "{outcome:?}");
}

#[tokio::test]
async fn what_the_token_endpoint_refuses_is_told_apart() {
    let world = World::new().await;
    for (status, body, slug) in [
        (400, json!({"error": "invalid_grant", "error_codes": [54005]}), "replayed"),
        (400, json!({"error": "invalid_grant", "error_codes": [70008]}), "expired"),
        (
            400,
            json!({"error": "invalid_grant", "error_codes": [65001], "suberror": "consent_required"}),
            "consent",
        ),
        (400, json!({"error": "invalid_grant", "error_codes": [53003]}), "policy"),
        (401, json!({"error": "invalid_client", "error_codes": [7_000_218]}), "configuration"),
        (400, json!({"error": "unheard_of"}), "protocol"),
        (400, json!("not an object"), "protocol"),
        (429, json!({"error": "invalid_request"}), "unavailable"),
        (503, json!(null), "unavailable"),
        (302, json!({}), "protocol"),
        (200, json!({"token_type": "Bearer"}), "protocol"),
        (200, json!({"token_type": "Bearer", "access_token": "a", "refresh_token": "r"}), "protocol"),
    ] {
        let journey = world.begin().await;
        world.stub.answer(status, body.clone());
        let outcome = world.identity.finish(journey.callback(), Some(&journey.binding)).await;
        assert_eq!(outcome.unwrap_err().slug(), slug, "{status} {body}");
    }
    assert!(world.records.all(RecordKind::Tokens).is_empty());
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_is_incomplete() {
    let world = World::new().await;
    let journey = world.begin().await;
    let mut grant = World::grant(&signed(&header(), &world.claims(&journey.nonce)));
    grant.as_object_mut().unwrap().remove("refresh_token");
    world.stub.answer(200, grant);
    let outcome = world.identity.finish(journey.callback(), Some(&journey.binding)).await.map(drop);
    assert!(matches!(outcome, Err(SignInError::Protocol(Breach::Incomplete, _))), "{outcome:?}");
}

#[tokio::test]
async fn a_failed_id_token_leaves_no_tokens_behind() {
    let world = World::new().await;
    let journey = world.begin().await;
    let id_token = signed(&header(), &world.claims("another nonce"));
    world.finish_with(&journey, &id_token).await.unwrap_err();
    assert!(world.records.all(RecordKind::Tokens).is_empty());
}

#[tokio::test]
async fn no_error_and_no_debug_output_holds_a_secret() {
    let world = World::new().await;
    let journey = world.begin().await;
    let callback = support::callback(&json!({
        "code": "canary-code", "state": journey.state, "error_description": "canary-description",
    }));
    let mut shown = vec![format!(
        "{callback:?} {:?} {:?}",
        world.identity,
        BrowserBinding::from_cookie(&journey.binding)
    )];
    // A body that parses half-way is where a library would quote it.
    for body in [
        json!({"access_token": "canary-access", "refresh_token": "canary-refresh", "expires_in": "canary-soon"}),
        json!({"error": "canary error", "error_description": "canary-description", "claims": "canary-claims"}),
        World::grant("canary-id-token"),
    ] {
        for status in [200, 400] {
            let journey = world.begin().await;
            world.stub.answer(status, body.clone());
            let callback = support::callback(&json!({"code": "canary-code", "state": journey.state}));
            let error = world.identity.finish(callback, Some(&journey.binding)).await.unwrap_err();
            shown.push(format!("{error} {error:?} {}", error.slug()));
        }
    }
    let signed_in = world.sign_in().await;
    shown.push(format!("{signed_in:?}"));
    let shown = shown.concat();
    for secret in ["canary", "graph-1", "refresh-1", &journey.binding, &journey.state, &journey.nonce] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn a_sign_in_service_that_is_not_there_is_unavailable_and_its_address_is_not_in_the_error() {
    let world = World::new().await;
    let settings =
        Settings { login: Url::parse("http://127.0.0.1:1").unwrap(), ..world.identity.settings().clone() };
    let records = std::sync::Arc::new(world.records.clone());
    let clock = std::sync::Arc::new(world.clock.clone());
    let away = identity::Identity::new(settings, records, clock, support::http());
    let journey = Journey::of(away.begin(ReturnTo::default(), None).await.unwrap());
    let error = away.finish(journey.callback(), Some(&journey.binding)).await.unwrap_err();
    assert!(matches!(error, SignInError::Unavailable(_)));
    assert!(!format!("{error} {error:?}").contains("127.0.0.1"));
}

#[tokio::test]
async fn the_other_addresses_are_the_documented_ones() {
    let world = World::new().await;
    let origin = world.stub.origin();
    let consent = world.identity.admin_consent_url(TENANT.parse().unwrap(), "s t&x");
    assert_eq!(
        consent.as_str(),
        format!(
            "{origin}/{TENANT}/v2.0/adminconsent?client_id={CLIENT}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default\
             &redirect_uri=https%3A%2F%2Fpim.example.com%2Fauth%2Fadmin-consent&state=s+t%26x"
        )
    );
    let back = Url::parse("https://pim.example.com/signed-out").unwrap();
    let sign_out = world.identity.sign_out_url(&back, Some("hint"));
    assert_eq!(
        sign_out.as_str(),
        format!(
            "{origin}/{TENANT}/oauth2/v2.0/logout?post_logout_redirect_uri=https%3A%2F%2Fpim.example.com%2Fsigned-out\
             &logout_hint=hint"
        )
    );
}
