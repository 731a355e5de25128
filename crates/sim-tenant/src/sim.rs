//! The simulator as its origins see it: clock, key, public addresses, and the world behind its lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::clock::{Clock, Hand};
use crate::state::World;
use crate::tenant::Tenant;
use crate::tokens::SigningKey;

/// The origins' public base URLs, without a slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) sign_in: String,
    pub(crate) graph: String,
    pub(crate) azure: String,
}

/// Shared by every origin.
#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) clock: Clock,
    pub(crate) key: &'static SigningKey,
    pub(crate) places: Places,
    pub(crate) redirect_uris: Vec<String>,
    seed: Mutex<Tenant>,
    world: Mutex<World>,
}

impl Sim {
    pub(crate) fn new(tenant: Tenant, places: Places, redirect_uris: Vec<String>) -> anyhow::Result<Self> {
        let clock = Clock::default();
        let world = World::new(tenant.clone(), clock.now(Hand::Planes));
        Ok(Self {
            key: SigningKey::shared()?,
            clock,
            places,
            redirect_uris,
            seed: Mutex::new(tenant),
            world: Mutex::new(world),
        })
    }

    /// The world, locked. A connection dropped on purpose unwinds outside the lock, so poison means nothing here.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time Graph and Azure believe in.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now(Hand::Planes)
    }

    /// The time the sign-in origin believes in.
    pub(crate) fn sign_in_now(&self) -> Timestamp {
        self.clock.now(Hand::SignIn)
    }

    /// Starts over, from another tenant if one is given.
    pub(crate) fn reset(&self, tenant: Option<Tenant>) {
        let mut seed = self.seed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tenant) = tenant {
            *seed = tenant;
        }
        self.clock.reset();
        let mut world = self.world();
        let canaries = std::mem::take(&mut world.canaries);
        *world = World::new(seed.clone(), self.now());
        world.canaries = canaries;
    }
}
