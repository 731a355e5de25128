//! The keys that content is sealed with, and the file they live in.
//!
//! The file is text, one key per line: 32 random bytes in Base64, and after it, if it is not to be used at once, the time from which it
//! seals what is new (RFC 3339). Of those whose time has come the latest is in use, the first in the file where several came at
//! once; the others are kept for reading. Lines that are empty or start with `#` are left alone. A key's id is derived from the
//! key itself, so it cannot be mixed up.
//!
//! A key begins some minutes after it was added ([`KeyRing::rotate`]), because every replica has to know it before one of them
//! seals with it. [`crate::Store::use_keys`] takes a file that was read again.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Generate, Key};
use jiff::Timestamp;
use secrecy::zeroize::{Zeroize, Zeroizing};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::files;

/// Bytes in a key.
pub(crate) const KEY_LENGTH: usize = 32;

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("the key file {path} cannot be read: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It is missing and cannot be created.
    #[error("the key file {path} does not exist and cannot be created: {source}", path = path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Others than its owner may read or write it.
    #[error(
        "the key file {path} has mode {mode:04o}: others than its owner can get at it; run `chmod 600` on it, and replace the \
         key if somebody may have read it", path = path.display()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It cannot be written.
    #[error(
        "the key file {path} cannot be written: {source}; where it is mounted from a secret, change a copy of it and put that in \
         the secret's place", path = path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A line is not a key.
    #[error(
        "line {line} of the key file {path} is not a key: 32 bytes in Base64 (44 characters) are expected, and after them at most \
         the time from which it is used", path = path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// It holds no key.
    #[error("the key file {path} holds no key; delete it to have a new one made", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// A key with its id.
pub(crate) struct SealingKey {
    id: String,
    bytes: SecretBox<[u8; KEY_LENGTH]>,
    from: Timestamp,
}

impl SealingKey {
    fn new(bytes: [u8; KEY_LENGTH], from: Timestamp) -> Self {
        // Half a SHA-256 would do as an id; a quarter of that is still unique among the keys of one file and gives nothing away.
        let digest = Sha256::new().chain_update(b"pim-portal key id").chain_update(bytes).finalize();
        Self { id: hex(&digest[..8]), bytes: SecretBox::new(Box::new(bytes)), from }
    }

    fn random() -> Self {
        let mut key = Key::<XChaCha20Poly1305>::generate();
        let made = Self::new(key.into(), Timestamp::MIN);
        key.as_mut_slice().zeroize();
        made
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_LENGTH] {
        self.bytes.expose_secret()
    }
}

/// What may be told of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its id, as rows name it.
    pub id: String,
    /// When it begins to be used; `None`: it was from the start.
    pub from: Option<Timestamp>,
    /// Whether it is the one in use.
    pub is_current: bool,
}

/// The keys of a file: at least one.
pub struct KeyRing {
    keys: Vec<SealingKey>,
}

impl fmt::Debug for KeyRing {
    /// Shows ids only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl KeyRing {
    /// Reads the keys at `path`; makes the file, with one fresh key and readable by its owner only, when it is missing.
    ///
    /// Fails when the file cannot be read or made, when group or others have any access to it (Unix; a file of root's with mode 0440,
    /// as Kubernetes mounts a secret, is accepted), and when a line is not a key.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        match create(path) {
            Ok(()) => tracing::info!(path = %path.display(), "made a new key file"),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(KeyError::Create { path: path.to_owned(), source }),
        }
        Self::read(path)
    }

    /// Reads the keys at `path`, as [`KeyRing::from_file`] does, where they exist.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        check_permissions(path)?;
        let text = std::fs::read_to_string(path)
            .map_err(|source| KeyError::Read { path: path.to_owned(), source })
            .map(Zeroizing::new)?;
        Self::parse(&text, path)
    }

    /// How many keys the file at `path` holds; `None` where there is no file. Fails as [`read`](Self::read).
    pub fn examine(path: &Path) -> Result<Option<usize>, KeyError> {
        match std::fs::exists(path) {
            Ok(true) => Self::read(path).map(|keys| Some(keys.keys.len())),
            Ok(false) => Ok(None),
            Err(source) => Err(KeyError::Read { path: path.to_owned(), source }),
        }
    }

    /// A fresh key that lives as long as the process. What it seals is unreadable afterwards.
    #[must_use]
    pub fn ephemeral() -> Self {
        Self { keys: vec![SealingKey::random()] }
    }

    /// Adds a fresh key to the file at `path`, to be used from `from` on. Returns its id.
    ///
    /// Fails as [`KeyRing::from_file`] does, and when the file cannot be written.
    pub fn rotate(path: &Path, from: Timestamp) -> Result<String, KeyError> {
        let key = SealingKey::random();
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(key.bytes()));
        rewrite(path, |text| {
            let ends = text.is_empty() || text.ends_with('\n');
            Zeroizing::new(format!(
                "{}{}{} {from}\n",
                text.as_str(),
                if ends { "" } else { "\n" },
                encoded.as_str()
            ))
        })?;
        Ok(key.id)
    }

    /// Takes the keys with these ids out of the file at `path`.
    ///
    /// Fails as [`KeyRing::from_file`] does, and when the file cannot be written.
    pub fn remove(path: &Path, ids: &[String]) -> Result<(), KeyError> {
        let is_kept = |line: &&str| decode(line.trim()).is_none_or(|key| !ids.contains(&key.id));
        rewrite(path, |text| {
            text.lines().filter(is_kept).fold(Zeroizing::new(String::new()), |mut kept, line| {
                kept.push_str(line);
                kept.push('\n');
                kept
            })
        })
    }

    fn parse(text: &str, path: &Path) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = decode(line).ok_or(KeyError::Line { path: path.to_owned(), line: index + 1 })?;
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyError::Empty { path: path.to_owned() }) } else { Ok(Self { keys }) }
    }

    /// The key that seals at `now`. Where the time of none has come, the first one.
    pub(crate) fn current(&self, now: Timestamp) -> &SealingKey {
        let begun = self.keys.iter().rev().filter(|key| key.from <= now);
        // Of several that compare the same `max_by_key` gives the last, which is the first in the file.
        begun.max_by_key(|key| key.from).unwrap_or(&self.keys[0])
    }

    pub(crate) fn get(&self, id: &str) -> Option<&SealingKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// What may be told of the keys at `now`, in the order of the file.
    #[must_use]
    pub fn facts(&self, now: Timestamp) -> Vec<KeyFacts> {
        let current = self.current(now);
        let facts = |key: &SealingKey| KeyFacts {
            id: key.id.clone(),
            from: (key.from > Timestamp::MIN).then_some(key.from),
            is_current: key.id == current.id,
        };
        self.keys.iter().map(facts).collect()
    }
}

/// A line of the file as a key.
fn decode(line: &str) -> Option<SealingKey> {
    let mut words = line.split_whitespace();
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(words.next()?).ok()?);
    let bytes: [u8; KEY_LENGTH] = bytes.as_slice().try_into().ok()?;
    let from = words.next().map_or(Ok(Timestamp::MIN), str::parse).ok()?;
    words.next().is_none().then(|| SealingKey::new(bytes, from))
}

/// Puts a changed file in the place of the one at `path`, whole or not at all.
fn rewrite(
    path: &Path,
    change: impl FnOnce(&Zeroizing<String>) -> Zeroizing<String>,
) -> Result<(), KeyError> {
    KeyRing::read(path)?;
    let failed = |source| KeyError::Write { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(failed)?;
    let changed = change(&text);
    KeyRing::parse(&changed, path)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = write_new(&beside, changed.as_bytes())
        .and_then(|()| files::hand_over(&beside, path))
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| {
        // Nothing of a key is left lying about.
        let _ = std::fs::remove_file(&beside);
        failed(source)
    })
}

fn write_new(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = files::make(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes the file with a fresh key; fails with `AlreadyExists` when there is one, so that two starting processes never
/// overwrite each other's.
fn create(path: &Path) -> std::io::Result<()> {
    let key = Zeroizing::new(BASE64_STANDARD.encode(SealingKey::random().bytes()));
    let text = Zeroizing::new(format!("{HEADER}{}\n", key.as_str()));
    write_new(path, text.as_bytes())
}

const HEADER: &str = "\
# Keys of pim-portal: whoever has this file and the database can read sessions and tokens.
# `pim-portal key rotate` adds one, `pim-portal key retire` takes away what is no longer needed.
";

#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::MetadataExt;
    let metadata =
        std::fs::metadata(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })?;
    let mode = metadata.mode() & 0o7777;
    // What Kubernetes makes of a mounted secret: root's, and the pod's group may read it. Nobody may write.
    let is_mounted = metadata.uid() == 0 && mode == 0o440;
    let others = mode & 0o077;
    if others == 0 || is_mounted {
        Ok(())
    } else {
        Err(KeyError::Permissions { path: path.to_owned(), mode })
    }
}

#[cfg(not(unix))]
fn check_permissions(_: &Path) -> Result<(), KeyError> {
    Ok(())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_missing_file_is_made_once_and_read_again() {
        let folder = folder();
        let path = folder.path().join("keys");
        let made = KeyRing::from_file(&path).unwrap();
        let read = KeyRing::from_file(&path).unwrap();
        assert_eq!(made.current(NOW).bytes(), read.current(NOW).bytes());
        assert_eq!(read.keys.len(), 1);
        assert_ne!(made.current(NOW).bytes(), KeyRing::ephemeral().current(NOW).bytes());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_the_owners_alone_and_nothing_wider_is_accepted() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let path = folder.path().join("keys");
        KeyRing::from_file(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        for wider in [0o640, 0o604, 0o620, 0o610, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(wider)).unwrap();
            let error = KeyRing::from_file(&path).unwrap_err();
            assert!(
                matches!(error, KeyError::Permissions { mode, .. } if mode == wider),
                "{wider:o}: {error}"
            );
            assert!(error.to_string().contains("chmod 600"));
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        KeyRing::from_file(&path).unwrap();
    }

    /// Where the tests run as root the file is somebody else's, as on a machine whose operator is not the portal's user.
    #[cfg(unix)]
    #[test]
    fn a_changed_file_keeps_its_owner() {
        use std::os::unix::fs::{MetadataExt, chown};
        let folder = folder();
        let path = folder.path().join("keys");
        KeyRing::from_file(&path).unwrap();
        let owner = || std::fs::metadata(&path).map(|metadata| (metadata.uid(), metadata.gid())).unwrap();
        if owner().0 == 0 {
            chown(&path, Some(65532), Some(65532)).unwrap();
        }
        let before = owner();
        let id = KeyRing::rotate(&path, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(owner(), before);
        KeyRing::remove(&path, &[id]).unwrap();
        assert_eq!(owner(), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_as_kubernetes_mounts_it_is_accepted_and_anybody_elses_group_is_not() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let folder = folder();
        let path = folder.path().join("keys");
        KeyRing::from_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
        let is_of_root = std::fs::metadata(&path).unwrap().uid() == 0;
        assert_eq!(KeyRing::from_file(&path).is_ok(), is_of_root);
        // A mounted secret is a link to a file in another folder.
        let link = folder.path().join("key");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(KeyRing::from_file(&link).is_ok(), is_of_root);
    }

    #[test]
    fn what_is_not_a_key_is_refused_with_its_line() {
        let short = BASE64_STANDARD.encode([1; 31]);
        let long = BASE64_STANDARD.encode([1; 33]);
        for wrong in ["not base64!", &short, &long] {
            let text = format!("# comment\n\n{}\n{wrong}\n", BASE64_STANDARD.encode([7; 32]));
            let error = KeyRing::parse(&text, Path::new("keys")).unwrap_err();
            assert!(matches!(error, KeyError::Line { line: 4, .. }), "{wrong}: {error}");
            assert!(!error.to_string().contains(wrong), "the message shows the line");
        }
        for nothing in ["", "\n\n", "# only a comment\n"] {
            assert!(matches!(KeyRing::parse(nothing, Path::new("keys")), Err(KeyError::Empty { .. })));
        }
    }

    #[test]
    fn the_first_line_is_current_and_the_others_are_still_known() {
        let (new, old) = (BASE64_STANDARD.encode([1; 32]), BASE64_STANDARD.encode([2; 32]));
        let ring = KeyRing::parse(&format!("{new}\n{old}\n"), Path::new("keys")).unwrap();
        assert_eq!(ring.current(NOW).bytes(), &[1; 32]);
        let old_id = SealingKey::new([2; 32], NOW).id;
        assert_eq!(ring.get(&old_id).unwrap().bytes(), &[2; 32]);
        assert!(ring.get("0000000000000000").is_none());
    }

    #[test]
    fn a_rotated_key_is_known_at_once_and_used_when_its_time_has_come() {
        let folder = folder();
        let path = folder.path().join("keys");
        let first = KeyRing::from_file(&path).unwrap().current(NOW).id.clone();
        let from = NOW + jiff::SignedDuration::from_mins(10);
        let second = KeyRing::rotate(&path, from).unwrap();
        let ring = KeyRing::from_file(&path).unwrap();
        assert!(ring.get(&second).is_some());
        assert_eq!(ring.current(NOW).id, first);
        assert_eq!(ring.current(from).id, second);
        assert!(ring.facts(from)[1].is_current);
        KeyRing::remove(&path, &[first]).unwrap();
        let ring = KeyRing::from_file(&path).unwrap();
        assert_eq!(ring.facts(NOW).len(), 1);
        assert_eq!(ring.current(NOW).id, second, "a lone key is used whatever its time");
        let error = KeyRing::remove(&path, &[second]).unwrap_err();
        assert!(matches!(error, KeyError::Empty { .. }), "the last one stays: {error}");
        assert!(KeyRing::from_file(&path).is_ok());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no copy is left beside it");
    }

    #[test]
    fn a_key_never_shows_in_debug_output() {
        let ring = KeyRing::parse(&BASE64_STANDARD.encode([0xAB; 32]), Path::new("keys")).unwrap();
        let shown = format!("{ring:?}").to_lowercase();
        assert!(!shown.contains("abab") && !shown.contains("171, 171") && !shown.contains("q6ur"), "{shown}");
    }
}
