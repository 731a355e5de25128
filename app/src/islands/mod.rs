//! The islands: what JavaScript adds to a page that works without it.
//!
//! Each island is one component that draws nothing and, in the browser, listens on the document. They find what they work on by
//! `data-` attributes, so rows that arrive late need no wiring. After putting anything into the page call
//! [`dom::page_changed`], which lets every island look again.

mod clockwork;
mod copy;
mod dock;
mod dom;
mod durations;
mod expiry;
mod filter;
#[cfg(feature = "hydrate")]
mod index;
mod keys;
mod late;
mod live;
#[cfg(feature = "hydrate")]
mod palette;
mod progress;
mod pulse;
mod reasons;
mod rows;
mod start;
#[cfg(feature = "hydrate")]
mod times;

#[cfg(feature = "ssr")]
pub(crate) use self::{
    clockwork::Clockwork, copy::Copy, dock::Dock, durations::Durations, expiry::Expiry, filter::Filter,
    keys::Keys, late::Late, live::Live, progress::Progress, pulse::Pulse, reasons::Reasons, rows::Rows,
    start::Start,
};
