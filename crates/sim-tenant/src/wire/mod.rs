//! What goes over the wire, before any origin gives it a meaning: calls, replies, OData, durations, HTML.
//!
//! To extend: anything two origins need and no origin owns goes here, one small module per kind.

pub(crate) mod call;
pub(crate) mod duration;
pub(crate) mod filter;
pub(crate) mod html;
pub(crate) mod odata;
pub(crate) mod paging;

pub(crate) use call::{Call, Origin};
pub(crate) mod reply;
pub(crate) use reply::Reply;
