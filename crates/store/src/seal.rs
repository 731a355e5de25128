//! Sealing: XChaCha20-Poly1305 with a random 24-byte nonce and the row's identity as associated data.
//!
//! A sealed payload is `version (1 byte) | nonce (24) | ciphertext and tag`. The version leaves room for another cipher.
//! <https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03>

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use pim::records::StoreError;

use crate::keys::{KeyRing, SealingKey};

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// A sealed payload with the id of its key.
pub(crate) struct Sealed {
    pub(crate) key_id: String,
    pub(crate) payload: Vec<u8>,
}

/// Why a payload cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It was sealed with a key that is not in the ring.
    UnknownKey,
    /// It is not what was sealed for this row, or not with this key.
    Tampered,
}

fn cipher(key: &SealingKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

/// Seals `content` with `key` for the row that `identity` names.
pub(crate) fn seal(key: &SealingKey, identity: &str, content: &[u8]) -> Result<Sealed, StoreError> {
    let nonce = XNonce::generate();
    let sealed = cipher(key)
        .encrypt(&nonce, Payload { msg: content, aad: identity.as_bytes() })
        // Only a content beyond 256 GiB is refused.
        .map_err(|_| StoreError)?;
    let mut payload = Vec::with_capacity(1 + NONCE + sealed.len());
    payload.push(VERSION);
    payload.extend_from_slice(&nonce);
    payload.extend_from_slice(&sealed);
    Ok(Sealed { key_id: key.id().to_owned(), payload })
}

/// Opens what was sealed for the row that `identity` names.
pub(crate) fn open(
    keys: &KeyRing,
    key_id: &str,
    identity: &str,
    payload: &[u8],
) -> Result<Vec<u8>, Unreadable> {
    let key = keys.get(key_id).ok_or(Unreadable::UnknownKey)?;
    let (&version, rest) = payload.split_first().ok_or(Unreadable::Tampered)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Unreadable::Tampered)?;
    if version != VERSION {
        return Err(Unreadable::Tampered);
    }
    cipher(key)
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: identity.as_bytes() })
        .map_err(|_| Unreadable::Tampered)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

    #[test]
    fn only_the_same_row_and_key_open_it() {
        let keys = KeyRing::ephemeral();
        let sealed = seal(keys.current(NOW), "row", b"content").unwrap();
        assert_eq!(open(&keys, &sealed.key_id, "row", &sealed.payload).unwrap(), b"content");
        assert_eq!(open(&keys, &sealed.key_id, "row2", &sealed.payload), Err(Unreadable::Tampered));
        let other = KeyRing::ephemeral();
        assert_eq!(open(&other, &sealed.key_id, "row", &sealed.payload), Err(Unreadable::UnknownKey));
        let posing = other.current(NOW).id();
        assert_eq!(open(&other, posing, "row", &sealed.payload), Err(Unreadable::Tampered));
    }

    #[test]
    fn every_single_changed_byte_is_noticed_and_so_is_every_cut() {
        let keys = KeyRing::ephemeral();
        let sealed = seal(keys.current(NOW), "row", b"content").unwrap();
        for index in 0..sealed.payload.len() {
            let mut changed = sealed.payload.clone();
            changed[index] ^= 1;
            assert_eq!(
                open(&keys, &sealed.key_id, "row", &changed),
                Err(Unreadable::Tampered),
                "byte {index}"
            );
            let cut = &sealed.payload[..index];
            assert_eq!(open(&keys, &sealed.key_id, "row", cut), Err(Unreadable::Tampered), "cut at {index}");
        }
    }

    #[test]
    fn the_same_content_never_looks_the_same_twice() {
        let keys = KeyRing::ephemeral();
        let (first, second) = (
            seal(keys.current(NOW), "row", b"content").unwrap(),
            seal(keys.current(NOW), "row", b"content").unwrap(),
        );
        assert_ne!(first.payload, second.payload);
    }
}
