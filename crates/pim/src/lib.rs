//! The domain of Privileged Identity Management (PIM), pure and without I/O: it builds for the server and for WebAssembly.
//!
//! Terms are Microsoft's, once each. A person holds an [`Eligibility`](eligibility::Eligibility) for a role at a scope. To use it
//! they send an activation [`Draft`](draft::Draft), which the role's [`Policy`](policy::Policy) limits; that creates a
//! [`Request`](request::Request) and, once provisioned, an [`Assignment`](assignment::Assignment).
//!
//! Three [planes](plane) exist: Entra roles, PIM for Groups and Azure resources. Nothing in here tells them apart: a plane is a
//! [`Descriptor`](plane::Descriptor) and an implementation of the port [`Plane`](plane::Plane). To add one, implement the port
//! in a crate of its own and wire it in the server.
//!
//! What only some planes can do is a small port of its own, which a plane may offer: [`approval`], [`child_scope`] and
//! [`directory`].
//!
//! The ports for what the use cases need besides a plane are [`tokens`] (access tokens), [`records`] (encrypted, expiring
//! records), [`journal`] (writes and what became of them), [`audit`] (the directory's own log) and [`context`] (names of
//! authentication contexts). [`clock`] is the only source of time.

pub mod approval;
pub mod assignment;
pub mod audit;
pub mod calls;
pub mod challenge;
pub mod child_scope;
pub mod clock;
pub mod context;
pub mod directory;
pub mod draft;
pub mod duration;
pub mod eligibility;
pub mod error;
pub mod ids;
pub mod journal;
pub mod listing;
pub mod person;
pub mod plane;
pub mod policy;
pub mod prolongation;
pub mod records;
pub mod request;
pub mod target;
pub mod tokens;
