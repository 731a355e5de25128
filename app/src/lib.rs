//! The Leptos UI. One crate, two builds:
//!
//! * `ssr` (the server): the [`shell`], the pages, their components and the server functions that forms post to. Every journey
//!   works as plain HTML.
//! * `hydrate` (WebAssembly): the islands only. They enhance what the server drew: they filter rows, count a selection, keep
//!   times current and put in what arrives late. They see `pim` and nothing else of ours.
//!
//! To add a page, write a module in `pages` and a `<Route>` in `shell`. To add an island, write a module in `islands`; it works
//! on the document by `data-` attributes, so that rows which arrive later are served as well. What is said to people is in
//! `words`.

#![recursion_limit = "256"]
#![expect(unreachable_pub, reason = "the component and island macros make their properties public")]
#![cfg_attr(
    feature = "ssr",
    expect(clippy::needless_pass_by_value, reason = "components take their properties by value")
)]

mod islands;
mod view;
mod words;

#[cfg(feature = "ssr")]
mod actions;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
mod context;
#[cfg(feature = "ssr")]
mod escape;
#[cfg(feature = "ssr")]
pub mod fragments;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub use context::{Announcement, Brand, Context, Directory, Link, Permission, SessionEnds, Severity, Site};
#[cfg(feature = "ssr")]
pub use pages::failure::failure_page;
#[cfg(feature = "ssr")]
pub use pages::history::Asked;
#[cfg(feature = "ssr")]
pub use pages::permissions::{NOT_ASKED_FOR, Standing, standings};
#[cfg(feature = "ssr")]
pub use shell::{App, document};
pub use view::View;

/// Starts the islands; called once by the page's boot script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
