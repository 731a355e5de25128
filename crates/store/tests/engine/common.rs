//! What the store's tests share.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use pim::clock::ManualClock;
use store::{KeyRing, Store};

/// Where the tests' clock starts.
pub(crate) fn start() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(start())
}

pub(crate) async fn open(url: &str, keys: KeyRing) -> Store {
    Store::open(url, keys, Arc::new(clock())).await.unwrap()
}

/// A key file in `folder` with these keys, the current one first.
pub(crate) fn keys(folder: &Path, keys: &[[u8; 32]]) -> KeyRing {
    let text = keys.iter().fold(String::new(), |mut text, key| {
        writeln!(text, "{}", BASE64_STANDARD.encode(key)).unwrap();
        text
    });
    let path = folder.join("keys");
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    KeyRing::from_file(&path).unwrap()
}

/// Every byte of every file in `folder`.
pub(crate) fn raw_files(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}
