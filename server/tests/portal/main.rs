//! The whole portal over HTTP, against the simulated tenant over HTTP: what a browser sends and gets, and what the tenant commits.
//!
//! Every test starts its own tenant and its own portal on free ports. To add one, take a [`world::World`], sign somebody in, and
//! look at pages and at the tenant's ledger.

mod activation;
mod overview;
mod ownership;
mod sign_in;
mod world;
