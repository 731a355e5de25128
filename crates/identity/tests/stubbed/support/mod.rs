//! What identity's tests share: a stub of the sign-in service that answers exactly what a test tells it to, records in
//! memory, and ID tokens signed with a key made for the run. How the real service behaves is the simulated tenant's business.

mod memory;
mod stub;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use identity::{
    Begin, Callback, ClientAuth, Finished, Identity, PlaneSet, ReturnTo, Settings, SignInError, SignedIn,
};
use jiff::Timestamp;
use pim::clock::{Clock, ManualClock};
use pim::ids::TenantId;
use serde_json::{Value, json};
use url::Url;

pub(crate) use memory::Memory;
pub(crate) use stub::Stub;

pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const CLIENT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
pub(crate) const PERSON: &str = "0a0a0a0a-1b1b-2c2c-3d3d-4e4e4e4e4e4e";
pub(crate) const KID: &str = "key-of-this-run";

/// A key made for the run: nothing is signed with it anywhere else.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());
/// A key that is in no key set.
static OTHER: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The key set with the run's key.
pub(crate) fn key_set(issuer: &str) -> Value {
    let public = KEY.public_key();
    let (n, e) = (public.modulus(), public.exponent());
    json!({"keys": [{
        "kty": "RSA", "use": "sig", "kid": KID, "issuer": issuer,
        "n": encode(n.big_endian_without_leading_zero()), "e": encode(e.big_endian_without_leading_zero()),
    }]})
}

fn signed_with(key: &KeyPair, header: &Value, claims: &Value) -> String {
    let message =
        format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", encode(&signature))
}

/// A token signed with the run's key.
pub(crate) fn signed(header: &Value, claims: &Value) -> String {
    signed_with(&KEY, header, claims)
}

/// A token signed with a key that nobody knows.
pub(crate) fn signed_by_stranger(header: &Value, claims: &Value) -> String {
    signed_with(&OTHER, header, claims)
}

/// The header that Entra writes.
pub(crate) fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": KID})
}

/// An identity with its stub, records and clock.
pub(crate) struct World {
    pub(crate) stub: Stub,
    pub(crate) records: Memory,
    pub(crate) clock: ManualClock,
    pub(crate) identity: Identity,
}

pub(crate) fn start() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

/// What a browser knows of a sign-in.
pub(crate) struct Journey {
    pub(crate) query: HashMap<String, String>,
    pub(crate) url: Url,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) binding: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_planes(PlaneSet::ALL).await
    }

    pub(crate) async fn with_planes(planes: PlaneSet) -> Self {
        let stub = Stub::start().await;
        let clock = ManualClock::at(start());
        let records = Memory::new(clock.clone());
        let identity = identity(&stub, &records, &clock, planes);
        let world = Self { stub, records, clock, identity };
        world.stub.set_keys(key_set(&world.issuer_template()));
        world
    }

    /// Another replica on the same records.
    pub(crate) fn replica(&self) -> Identity {
        identity(&self.stub, &self.records, &self.clock, PlaneSet::ALL)
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/{TENANT}/v2.0", self.stub.origin())
    }

    pub(crate) fn issuer_template(&self) -> String {
        format!("{}/{{tenantid}}/v2.0", self.stub.origin())
    }

    pub(crate) async fn begin(&self) -> Journey {
        let to = ReturnTo::parse("/activate?x=1").unwrap();
        Journey::of(self.identity.begin(to, None).await.unwrap())
    }

    /// Claims that pass every check.
    pub(crate) fn claims(&self, nonce: &str) -> Value {
        let now = self.clock.now().as_second();
        json!({
            "iss": self.issuer(), "aud": CLIENT, "tid": TENANT, "oid": PERSON, "sub": "pairwise", "ver": "2.0",
            "nonce": nonce, "iat": now, "nbf": now, "exp": now + 3600,
            "name": "Adele Vance", "preferred_username": "adele@contoso.example", "login_hint": "hint",
        })
    }

    /// What the token endpoint answers with this ID token.
    pub(crate) fn grant(id_token: &str) -> Value {
        json!({
            "token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600,
            "scope": "openid profile https://graph.microsoft.com/User.Read",
            "access_token": "graph-1", "refresh_token": "refresh-1", "id_token": id_token,
        })
    }

    /// Finishes a sign-in for which the service hands out `id_token`.
    pub(crate) async fn finish_with(
        &self,
        journey: &Journey,
        id_token: &str,
    ) -> Result<SignedIn, SignInError> {
        self.stub.answer(200, Self::grant(id_token));
        let finished = self.identity.finish(journey.callback(), Some(&journey.binding)).await?;
        let Finished::SignedIn(signed_in) = finished else { panic!("a sign-in, and no stronger one") };
        Ok(signed_in)
    }

    /// A whole sign-in that succeeds.
    pub(crate) async fn sign_in(&self) -> SignedIn {
        let journey = self.begin().await;
        let id_token = signed(&header(), &self.claims(&journey.nonce));
        self.finish_with(&journey, &id_token).await.unwrap()
    }
}

impl Journey {
    pub(crate) fn of(begin: Begin) -> Self {
        let query: HashMap<String, String> = begin.url.query_pairs().into_owned().collect();
        Self {
            state: query["state"].clone(),
            nonce: query["nonce"].clone(),
            binding: begin.binding.cookie_value().to_owned(),
            url: begin.url,
            query,
        }
    }

    pub(crate) fn callback(&self) -> Callback {
        callback(&json!({"code": "the-code", "state": self.state}))
    }
}

pub(crate) fn callback(query: &Value) -> Callback {
    serde_json::from_value(query.clone()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests do not go through `transport`; the stub is on loopback")]
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

fn identity(stub: &Stub, records: &Memory, clock: &ManualClock, planes: PlaneSet) -> Identity {
    let settings = Settings {
        tenant: TENANT.parse::<TenantId>().unwrap(),
        others: Vec::new(),
        client_id: CLIENT.to_owned(),
        public_url: Url::parse("https://pim.example.com").unwrap(),
        login: Url::parse(&stub.origin()).unwrap(),
        graph: Url::parse("https://graph.microsoft.com").unwrap(),
        arm: Url::parse("https://management.azure.com/").unwrap(),
        planes,
        client_auth: ClientAuth::default(),
        absolute: Settings::ABSOLUTE,
    };
    Identity::new(settings, Arc::new(records.clone()), Arc::new(clock.clone()), http())
}
