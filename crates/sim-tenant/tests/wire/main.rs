//! The simulated tenant over HTTP: what a client of Microsoft's services would see.

mod claims;
mod control;
mod faults;
mod graph;
mod requests;
mod sign_in;
mod support;
