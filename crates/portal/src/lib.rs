//! The use cases, over the ports of [`pim`] only: no HTTP, no SQL, no page.
//!
//! | module | use case |
//! |---|---|
//! | [`overview`] | what the person holds and may activate, read once and kept briefly |
//! | [`selection`] | roles ticked for activation, with what was typed, kept on the server until confirmed |
//! | [`plan`] | what a selection will ask and do, worked out before anything is sent |
//! | [`activate`], [`deactivate`] | a confirmation becomes operations in the journal, which are carried out |
//! | [`track`] | what became of them |
//!
//! To add a use case, write a module with an `impl Portal`; what it needs from outside is a port in `pim`.

pub mod activate;
pub mod deactivate;
pub mod overview;
pub mod plan;
pub mod selection;
pub mod track;

mod carry_out;
mod kept;

use std::sync::Arc;

use pim::clock::Clock;
use pim::ids::PlaneId;
use pim::journal::Journal;
use pim::person::Person;
use pim::plane::{Caller, Descriptor, Plane};
use pim::records::{Records, StoreError};

/// The person at the other end, with the means to act for them.
#[derive(Clone)]
pub struct Session {
    /// Who it is.
    pub person: Person,
    /// The same person, as the planes want it.
    pub caller: Caller,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Portal {
    planes: Arc<[Arc<dyn Plane>]>,
    records: Arc<dyn Records>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    kept: Arc<overview::Kept>,
}

/// A use case could not be carried out at all. What happens to single roles is told in its result instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// No such selection or batch, no longer, or somebody else's.
    #[error("not found")]
    NotFound,
    /// Nothing was chosen.
    #[error("nothing was chosen")]
    NothingChosen,
    /// The portal's own store failed; nothing was sent.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Portal {
    /// Wires the use cases. `planes` in any order; pages follow [`Descriptor::order`].
    #[must_use]
    pub fn new(
        mut planes: Vec<Arc<dyn Plane>>,
        records: Arc<dyn Records>,
        journal: Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        planes.sort_by_key(|plane| plane.descriptor().order);
        let kept = Arc::new(overview::Kept::new(clock.clone()));
        Self { planes: planes.into(), records, journal, clock, kept }
    }

    /// The planes, in the order of the pages.
    pub fn planes(&self) -> impl Iterator<Item = &Descriptor> {
        self.planes.iter().map(|plane| plane.descriptor())
    }

    /// The clock everything here goes by.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn plane(&self, id: &PlaneId) -> Option<&Arc<dyn Plane>> {
        self.planes.iter().find(|plane| &plane.descriptor().id == id)
    }
}
