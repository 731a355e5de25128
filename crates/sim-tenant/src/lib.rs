//! A simulated Microsoft tenant that speaks the real wire protocol: library and binary.
//!
//! Three origins, each with its own address and public URL (sign-in, Microsoft Graph, Azure Resource Manager), and a
//! control port with what a test needs and a tenant never offers. It shares no types with the portal's own crates, so
//! that it can contradict them: what it does follows Microsoft's documentation, cited at each module.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! let tenant = sim_tenant::Running::start(sim_tenant::Options::ephemeral()).await?;
//! println!("sign in at {}, control at {}", tenant.sign_in, tenant.control);
//! tenant.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Map: `wire` (calls, replies, OData) ← `state` (rows, switches) ← `engine` (decides on requests) ← `sign_in`, `graph`,
//! `azure` (each prints in its own dialect) ← `running` (servers, latency, faults, journal); `control` beside them.

mod azure;
mod canaries;
mod clock;
mod control;
mod directories;
mod engine;
mod faults;
mod graph;
mod journal;
mod managed_identity;
mod options;
mod policy;
mod random;
mod running;
mod sign_in;
mod sim;
mod state;
pub mod tenant;
mod tokens;
#[cfg(feature = "walk")]
pub mod walk;
mod wire;

pub use managed_identity::HEADER as IDENTITY_HEADER;
pub use options::Options;
pub use policy::Policy;
pub use running::Running;
