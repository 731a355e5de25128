//! Identifiers: random ones for what a service makes up, stable ones for what the demo tenant contains.
//!
//! To extend: anything else that is random (a shuffle, a jitter) belongs here; what has to be the same again comes from
//! [`draws`].

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A new GUID in the services' lower-case form.
#[expect(clippy::disallowed_methods, reason = "this module owns the simulator's randomness")]
pub(crate) fn guid() -> String {
    Uuid::new_v4().to_string()
}

/// An opaque, unguessable string of `blocks` × 22 characters (codes, refresh tokens, session ids).
#[expect(clippy::disallowed_methods, reason = "this module owns the simulator's randomness")]
pub(crate) fn opaque(blocks: usize) -> String {
    (0..blocks).map(|_| URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes())).collect()
}

/// A number below `bound`.
#[expect(clippy::disallowed_methods, reason = "this module owns the simulator's randomness")]
pub(crate) fn below(bound: u64) -> u64 {
    u64::from_be_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap_or_default()) % bound.max(1)
}

fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

/// The GUID that always belongs to these parts, so that ids survive a reset.
pub(crate) fn stable_guid(parts: &[&str]) -> String {
    let mut bytes: [u8; 16] = digest(parts)[..16].try_into().unwrap_or_default();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Uuid::from_bytes(bytes).to_string()
}

/// The opaque 43-character text that always belongs to these parts (Graph's instance ids look like this).
pub(crate) fn stable_text(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(digest(parts))
}

/// Four numbers that always belong to these parts, as good as random otherwise.
pub(crate) fn draws(parts: &[&str]) -> [u64; 4] {
    let bytes = digest(parts);
    std::array::from_fn(|at| u64::from_be_bytes(bytes[at * 8..][..8].try_into().unwrap_or_default()))
}

/// A number as a share between 0 (inclusive) and 1 (exclusive).
pub(crate) fn share(draw: u64) -> f64 {
    let top = u32::try_from(draw >> 32).unwrap_or_default();
    f64::from(top) / (f64::from(u32::MAX) + 1.0)
}
