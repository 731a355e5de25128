//! A portal with two planes, and people to use it.

use std::sync::Arc;

use async_trait::async_trait;
use pim::clock::ManualClock;
use pim::duration::ActivationDuration;
use pim::person::Person;
use pim::plane::{Caller, Plane};
use pim::policy::{ApprovalRequirement, ContextRequirement, Policy, Requirement};
use pim::tokens::{Audience, TokenError, Tokens};
use portal::selection::{Fields, Wanted};
use portal::{Portal, Session};
use secrecy::SecretString;

use crate::stores::{MemoryJournal, MemoryRecords};
use crate::support::FakePlane;

pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) entra: Arc<FakePlane>,
    pub(crate) azure: Arc<FakePlane>,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) clock: ManualClock,
}

impl World {
    pub(crate) fn new() -> Self {
        let (entra, azure) = (FakePlane::new("entra", 0), FakePlane::new("azure", 1));
        let journal = Arc::new(MemoryJournal::default());
        let clock = ManualClock::at("2026-03-02T08:00:00Z".parse().unwrap());
        let planes: Vec<Arc<dyn Plane>> = vec![azure.clone(), entra.clone()];
        let records = Arc::new(MemoryRecords::default());
        let portal = Portal::new(planes, records, journal.clone(), Arc::new(clock.clone()));
        Self { portal, entra, azure, journal, clock }
    }
}

struct NoTokens;

#[async_trait]
impl Tokens for NoTokens {
    async fn access_token(&self, _: Audience) -> Result<SecretString, TokenError> {
        Err(TokenError::Unavailable)
    }
}

/// Person `person` of tenant `tenant`.
pub(crate) fn session(tenant: u8, person: u8) -> Session {
    let id = |n: u8| format!("00000000-0000-0000-0000-0000000000{n:02x}");
    let (tenant, principal) = (id(tenant).parse().unwrap(), id(person).parse().unwrap());
    let (name, username) = ("Adele Vance".into(), "adele@contoso.example".into());
    Session {
        person: Person { tenant, id: principal, name, username },
        caller: Caller { tenant, principal, tokens: Arc::new(NoTokens) },
    }
}

/// The person most tests are about.
pub(crate) fn adele() -> Session {
    session(1, 1)
}

pub(crate) fn minutes(n: u32) -> ActivationDuration {
    ActivationDuration::from_minutes(n).unwrap()
}

/// A policy that asks for nothing and allows `most` minutes.
pub(crate) fn lenient(most: u32) -> Policy {
    Policy {
        maximum_duration: Some(minutes(most)),
        justification: Requirement::NotRequired,
        ticket: Requirement::NotRequired,
        mfa: Requirement::NotRequired,
        authentication_context: ContextRequirement::NotRequired,
        approval: ApprovalRequirement::NotRequired,
    }
}

/// What somebody types who wants `n` minutes for a reason.
pub(crate) fn typed(n: u32, reason: &str) -> Fields {
    Fields { wanted: Wanted::For(minutes(n)), justification: reason.into(), ..Fields::default() }
}

/// Lets everything that was started run as far as it can.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
