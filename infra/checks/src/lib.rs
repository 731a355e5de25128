//! What can be checked of `infra/` without Azure, a container registry or a cluster. Each check reads text and returns what is
//! wrong with it, one sentence per problem; none means that it is well. The tests run the checks on the real files, and beside each
//! check a test shows that it can fail.
//!
//! To add one: a function from text to problems in the module of its kind of file, a broken snippet in that module's tests, and a
//! line in `tests/files.rs`. What is left to Azure's own compiler and to the other tools is in `docs/deploy/README.md`.

pub mod azure;
pub mod bicep;
pub mod containers;
pub mod graph;
pub mod helm;
pub mod probes;
pub mod scopes;
pub mod settings;
pub mod stop;
pub mod workflows;
