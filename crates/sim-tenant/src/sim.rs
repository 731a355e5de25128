//! The simulator as its origins see it: clock, key, public addresses, and the world behind its lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// What each directory of the cloud starts from. Locked last and briefly, so that any call may look at all of them.
pub(crate) type Seeds = Arc<[Mutex<Tenant>]>;

/// Shared by every origin.
#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) clock: Clock,
    pub(crate) key: &'static SigningKey,
    pub(crate) places: Places,
    pub(crate) redirect_uris: Vec<String>,
    seeds: Seeds,
    /// Which of them is its own.
    at: usize,
    world: Mutex<World>,
}

impl Sim {
    pub(crate) fn new(
        seeds: Seeds,
        at: usize,
        places: Places,
        redirect_uris: Vec<String>,
    ) -> anyhow::Result<Self> {
        let clock = Clock::default();
        let world = World::new(seed(&seeds[at]).clone(), clock.now(Hand::Planes));
        Ok(Self {
            key: SigningKey::shared()?,
            clock,
            places,
            redirect_uris,
            seeds,
            at,
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

    /// What `read` makes of each directory in which `account` is, as a member or a guest.
    pub(crate) fn directories_of<T>(&self, account: &str, read: impl Fn(&Tenant) -> T) -> Vec<T> {
        let seeds = self.seeds.iter().map(seed);
        seeds.filter(|tenant| tenant.has_account(account)).map(|tenant| read(&tenant)).collect()
    }

    /// Starts over, from another tenant if one is given.
    pub(crate) fn reset(&self, tenant: Option<Tenant>) {
        let tenant = {
            let mut seed = seed(&self.seeds[self.at]);
            if let Some(tenant) = tenant {
                *seed = tenant;
            }
            seed.clone()
        };
        self.clock.reset();
        let mut world = self.world();
        let canaries = std::mem::take(&mut world.canaries);
        *world = World::new(tenant, self.now());
        world.canaries = canaries;
    }
}

fn seed(seed: &Mutex<Tenant>) -> MutexGuard<'_, Tenant> {
    seed.lock().unwrap_or_else(PoisonError::into_inner)
}
