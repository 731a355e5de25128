//! A portal with two planes, and people to use it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pim::audit::{AuditEntry, AuditLog};
use pim::challenge::{Challenge, Claims};
use pim::clock::ManualClock;
use pim::duration::ActivationDuration;
use pim::error::{ErrorKind, PlaneError};
use pim::ids::{BatchId, SelectionId, VaultId};
use pim::journal::{Operation, OperationState, Refusal};
use pim::person::Person;
use pim::plane::{Caller, Plane};
use pim::policy::{ApprovalRequirement, ContextRequirement, Policy, Requirement};
use pim::tokens::{Audience, TokenError, Tokens, Vaults};
use portal::activate::Confirmation;
use portal::pace::Pace;
use portal::rules::Rules;
use portal::selection::{Fields, RowKey, Wanted};
use portal::{Portal, Ports, Session};
use secrecy::SecretString;

use crate::stores::{MemoryJournal, MemoryRecords};
use crate::support::FakePlane;

pub(crate) struct World {
    pub(crate) portal: Portal,
    pub(crate) entra: Arc<FakePlane>,
    pub(crate) azure: Arc<FakePlane>,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) records: Arc<MemoryRecords>,
    pub(crate) audit: Arc<FakeAudit>,
    pub(crate) clock: ManualClock,
    /// What people who are away have.
    pub(crate) tokens: Arc<FakeTokens>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(FakePlane::new("entra", 0))
    }

    /// The first plane lets the portal choose the ids of requests.
    pub(crate) fn choosing_ids() -> Self {
        Self::of(FakePlane::choosing_ids("entra", 0))
    }

    pub(crate) fn of(entra: Arc<FakePlane>) -> Self {
        Self::found(entra, MemoryJournal::default(), "2026-03-02T08:00:00Z".parse().unwrap())
    }

    /// A world in which the first plane and the journal were found as they are.
    pub(crate) fn found(entra: Arc<FakePlane>, journal: MemoryJournal, now: Timestamp) -> Self {
        let azure = FakePlane::new("azure", 1);
        let (journal, clock) = (Arc::new(journal), ManualClock::at(now));
        let records = Arc::new(MemoryRecords::default());
        let (audit, tokens) = (Arc::new(FakeAudit::default()), Arc::new(FakeTokens::default()));
        let planes = [entra.clone(), azure.clone()];
        let portal = portal(&planes, &records, &journal, &audit, &tokens, &clock, Rules::default());
        Self { portal, entra, azure, journal, records, audit, clock, tokens }
    }

    /// Another portal over the same stores and planes, which remembers nothing: a second process, or the same one started again.
    pub(crate) fn replica(&self) -> Portal {
        let planes = [self.entra.clone(), self.azure.clone()];
        portal(
            &planes,
            &self.records,
            &self.journal,
            &self.audit,
            &self.tokens,
            &self.clock,
            Rules::default(),
        )
    }

    /// A world whose organisation has rules.
    pub(crate) fn ruled(rules: Rules) -> Self {
        let world = Self::new();
        let planes = [world.entra.clone(), world.azure.clone()];
        let World { records, journal, audit, tokens, clock, .. } = &world;
        let portal = portal(&planes, records, journal, audit, tokens, clock, rules);
        Self { portal, ..world }
    }

    /// Confirms `rows` with `fields`.
    pub(crate) async fn confirm(&self, rows: Vec<RowKey>, fields: Fields) -> BatchId {
        let selection = self.portal.select(&self.adele(), rows).await.unwrap().id;
        self.confirm_selection(selection, fields).await
    }

    /// Confirms a selection, which has to be complete.
    pub(crate) async fn confirm_selection(&self, selection: SelectionId, fields: Fields) -> BatchId {
        match self.portal.confirm(&self.adele(), selection, fields).await.unwrap() {
            Confirmation::CarriedOut(batch) => batch,
            Confirmation::NotYet => panic!("nothing was carried out"),
        }
    }

    /// A batch, as the journal has it.
    pub(crate) async fn operations(&self, batch: BatchId) -> Vec<Operation> {
        self.portal.operations(&self.adele(), batch).await.unwrap()
    }

    /// The states of a batch, as the journal has them.
    pub(crate) async fn states(&self, batch: BatchId) -> Vec<OperationState> {
        self.operations(batch).await.iter().map(|operation| operation.state).collect()
    }

    /// The states and refusals of a batch, as the journal has them.
    pub(crate) async fn results(&self, batch: BatchId) -> Vec<(OperationState, Option<Refusal>)> {
        let operations = self.operations(batch).await;
        operations.into_iter().map(|operation| (operation.state, operation.refusal)).collect()
    }

    /// Looks once at a batch. Returns its states.
    pub(crate) async fn track(&self, batch: BatchId) -> Vec<OperationState> {
        let operations = self.portal.track(&self.adele(), batch).await.unwrap();
        let states: Vec<_> = operations.iter().map(|operation| operation.state).collect();
        assert_eq!(states, self.states(batch).await, "what is told is what is stored");
        states
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.portal.clock().now()
    }

    /// Lets `time` pass and looks at what is due by then. Returns how many operations that were.
    pub(crate) async fn watch_after(&self, time: SignedDuration) -> usize {
        self.clock.advance(time);
        self.portal.watch_once().await.unwrap()
    }

    /// Adele, with the tokens that this world's vaults hold.
    pub(crate) fn adele(&self) -> Session {
        let Session { person, vault, .. } = adele();
        Session { caller: Caller::new(person.tenant, person.id, self.tokens.clone()), person, vault }
    }
}

fn portal(
    planes: &[Arc<FakePlane>],
    records: &Arc<MemoryRecords>,
    journal: &Arc<MemoryJournal>,
    audit: &Arc<FakeAudit>,
    tokens: &Arc<FakeTokens>,
    clock: &ManualClock,
    rules: Rules,
) -> Portal {
    Portal::new(Ports {
        // In no order: the portal sorts them.
        planes: planes.iter().rev().map(|plane| plane.clone() as Arc<dyn Plane>).collect(),
        records: records.clone(),
        journal: journal.clone(),
        vaults: tokens.clone(),
        contexts: None,
        audit: Some(audit.clone()),
        clock: Arc::new(clock.clone()),
        pace: Pace::default(),
        rules,
    })
}

/// The directory's audit log, about whoever asks: what it has, or why it cannot be read.
pub(crate) struct FakeAudit(Mutex<Result<Vec<AuditEntry>, ErrorKind>>);

impl Default for FakeAudit {
    /// There is none.
    fn default() -> Self {
        Self(Mutex::new(Err(ErrorKind::NotFound)))
    }
}

impl FakeAudit {
    pub(crate) fn says(&self, rows: Result<Vec<AuditEntry>, ErrorKind>) {
        *self.0.lock().unwrap() = rows;
    }
}

#[async_trait]
impl AuditLog for FakeAudit {
    async fn entries(
        &self,
        _: &Caller,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<AuditEntry>, PlaneError> {
        let mut rows = self.0.lock().unwrap().clone()?;
        rows.retain(|row| (since..=until).contains(&row.at));
        rows.sort_by_key(|row| std::cmp::Reverse(row.at));
        Ok(rows)
    }
}

/// Tokens of a person: the fake plane asks for none, so only stronger sign-ins matter.
#[derive(Clone, Default)]
pub(crate) struct FakeTokens(Arc<Mutex<Vec<Challenge>>>);

impl FakeTokens {
    /// The person makes the stronger sign-in that `challenge` asks for.
    pub(crate) fn meet(&self, challenge: Challenge) {
        self.0.lock().unwrap().push(challenge);
    }
}

#[async_trait]
impl Tokens for FakeTokens {
    async fn access_token(&self, _: Audience) -> Result<SecretString, TokenError> {
        Err(TokenError::Unavailable)
    }

    async fn stronger_token(&self, challenge: &Challenge) -> Result<SecretString, TokenError> {
        if self.0.lock().unwrap().contains(challenge) {
            Ok(SecretString::from("stronger"))
        } else {
            Err(TokenError::StepUpRequired(challenge.clone()))
        }
    }

    async fn renewed_token(
        &self,
        _: Audience,
        _: &SecretString,
        _: Option<&Claims>,
    ) -> Result<SecretString, TokenError> {
        Err(TokenError::SignInRequired)
    }
}

impl Vaults for FakeTokens {
    fn tokens(&self, _: VaultId) -> Arc<dyn Tokens> {
        Arc::new(self.clone())
    }
}

/// Person `person` of tenant `tenant`.
pub(crate) fn session(tenant: u8, person: u8) -> Session {
    let id = |n: u8| format!("00000000-0000-0000-0000-0000000000{n:02x}");
    let (tenant, principal) = (id(tenant).parse().unwrap(), id(person).parse().unwrap());
    let (name, username) = ("Adele Vance".into(), "adele@contoso.example".into());
    Session {
        person: Person { tenant, id: principal, name, username },
        caller: Caller::new(tenant, principal, Arc::new(FakeTokens::default())),
        vault: VaultId("00000000-0000-0000-0000-0000000000ff".parse().unwrap()),
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
