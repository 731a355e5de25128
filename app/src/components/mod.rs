//! The pieces that pages are built of. Each draws one thing and knows nothing of the page around it.

pub(crate) mod chart;
pub(crate) mod consent;
pub(crate) mod copy;
pub(crate) mod failure;
pub(crate) mod frame;
pub(crate) mod icon;
pub(crate) mod justification;
pub(crate) mod operation;
pub(crate) mod organisation;
pub(crate) mod plane;
pub(crate) mod policy;
pub(crate) mod pulse;
pub(crate) mod search;
pub(crate) mod shortcuts;
pub(crate) mod time;
pub(crate) mod toolbar;
