//! The use cases, over the ports of [`pim`] only: no HTTP, no SQL, no page.
//!
//! | module | use case |
//! |---|---|
//! | [`overview`] | what the person holds and may activate, read once and kept briefly |
//! | [`familiar`] | favourites, what is new, and how often roles are used |
//! | [`directories`] | the directories that the person's account is in, and what was consented to in each |
//! | `forget` | deletes what is kept of a person, and what is old |
//! | [`own_view`] | how the person looks at it by default |
//! | [`selection`] | roles ticked for activation, with what was typed, kept on the server until confirmed |
//! | [`plan`] | what a selection will ask and do, worked out before anything is sent |
//! | [`check`] | what the service says to a plan, without sending it |
//! | [`reasons`] | what the person wrote before, to be used again |
//! | [`profiles`] | named sets of roles, which become a selection with one click |
//! | [`rules`] | what the organisation asks of a reason and a ticket; [`typed`] keeps what was refused |
//! | [`settings`] | how a person wants the portal |
//! | [`narrow`] | an activation at scopes below the eligibility's own |
//! | [`activate`], [`deactivate`], [`cancel`], [`approvals`], [`prolong`] | a confirmation becomes operations in the journal, which are carried out |
//! | [`requests`] | the person's own requests: what each waits for, and what came to its end lately |
//! | [`step_up`] | operations that wait for a stronger sign-in, and their resumption |
//! | [`follow_on`] | what can come next: the same role again, or the roles that a group leads to |
//! | [`track`] | what became of operations, on a person's request; [`watch`] does it while nobody looks |
//! | `in_hand` | what is under way in this portal, and what becomes of it when it stops |
//! | [`feed`] | tells open pages what changed |
//! | [`status`] | what failed lately of the calls to Microsoft |
//! | [`history`] | what was done, from all that remembers it |
//!
//! To add a use case, write a module with an `impl Portal`; what it needs from outside is a port in `pim`.

pub mod activate;
pub mod approvals;
pub mod cancel;
pub mod check;
pub mod deactivate;
pub mod directories;
pub mod familiar;
pub mod feed;
pub mod follow_on;
mod forget;
pub mod history;
pub mod narrow;
pub mod overview;
pub mod own_view;
pub mod pace;
pub mod plan;
pub mod profiles;
pub mod prolong;
pub mod reasons;
pub mod requests;
pub mod rules;
pub mod selection;
pub mod settings;
pub mod status;
pub mod step_up;
pub mod track;
pub mod typed;
pub mod watch;

mod carry_out;
mod in_hand;
mod kept;
mod personal;

use std::sync::Arc;

use pace::Pace;
use pim::audit::AuditLog;
use pim::clock::Clock;
use pim::context::AuthenticationContexts;
use pim::ids::{PlaneId, VaultId};
use pim::journal::Journal;
use pim::person::Person;
use pim::plane::{Caller, Descriptor, Plane};
use pim::records::{Records, StoreError};
use pim::tokens::Vaults;

/// The person at the other end, with the means to act for them.
#[derive(Clone)]
pub struct Session {
    /// Who it is.
    pub person: Person,
    /// The same person, as the planes want it.
    pub caller: Caller,
    /// Where their tokens are: with them, what they began is watched after they have gone.
    pub vault: VaultId,
}

/// What the use cases need from outside.
pub struct Ports {
    /// In any order; pages follow [`Descriptor::order`].
    pub planes: Vec<Arc<dyn Plane>>,
    /// Selections and the like.
    pub records: Arc<dyn Records>,
    /// Operations.
    pub journal: Arc<dyn Journal>,
    /// Tokens of people who are away.
    pub vaults: Arc<dyn Vaults>,
    /// Names of authentication contexts; `None` where nothing can name them.
    pub contexts: Option<Arc<dyn AuthenticationContexts>>,
    /// The directory's audit log; `None` where there is none.
    pub audit: Option<Arc<dyn AuditLog>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How fast things are expected to happen.
    pub pace: Pace,
    /// What the organisation asks of a reason and a ticket.
    pub rules: rules::Rules,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Portal {
    planes: Arc<[Arc<dyn Plane>]>,
    records: Arc<dyn Records>,
    journal: Arc<dyn Journal>,
    vaults: Arc<dyn Vaults>,
    contexts: Option<Arc<dyn AuthenticationContexts>>,
    audit: Option<Arc<dyn AuditLog>>,
    clock: Arc<dyn Clock>,
    pace: Pace,
    rules: Arc<rules::Rules>,
    kept: Arc<overview::Kept>,
    bell: feed::Bell,
    in_hand: in_hand::InHand,
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
    /// The person is not eligible for any of it any more.
    #[error("no longer eligible")]
    NotEligible,
    /// The reason is against the organisation's rules; nothing was sent.
    #[error("the reason is against the organisation's rules")]
    AgainstRules,
    /// The portal's own store failed; nothing was sent.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Portal {
    /// Wires the use cases.
    #[must_use]
    pub fn new(mut ports: Ports) -> Self {
        ports.planes.sort_by_key(|plane| plane.descriptor().order);
        let kept = Arc::new(overview::Kept::new(ports.clock.clone()));
        let Ports { planes, records, journal, vaults, contexts, audit, clock, pace, rules } = ports;
        let (planes, rules, bell) = (planes.into(), Arc::new(rules), feed::Bell::new());
        let in_hand = in_hand::InHand::new();
        Self { planes, records, journal, vaults, contexts, audit, clock, pace, rules, kept, bell, in_hand }
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

    /// What the organisation asks of a reason and a ticket.
    #[must_use]
    pub fn rules(&self) -> &rules::Rules {
        &self.rules
    }

    fn plane(&self, id: &PlaneId) -> Option<&Arc<dyn Plane>> {
        self.planes.iter().find(|plane| &plane.descriptor().id == id)
    }
}
