//! The simulated tenant over HTTP: what a client of Microsoft's services would see.

mod audit;
mod azure;
mod claims;
mod control;
mod credential;
mod faults;
mod graph;
mod names;
mod prolong;
mod requests;
mod seeds;
mod sign_in;
mod support;
mod switches;
