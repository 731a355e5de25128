//! Files that nobody but their owner is to read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a file that only its owner can get at; fails with `AlreadyExists` when there is one.
pub(crate) fn make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Gives a file that root made to the owner of another, so that root can write for the portal's user. What anybody else makes is
/// theirs, and stays so.
#[cfg(unix)]
pub(crate) fn hand_over(made: &Path, like: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let owner = std::fs::metadata(like)?;
    let is_roots = std::fs::metadata(made)?.uid() == 0;
    if is_roots { chown(made, Some(owner.uid()), Some(owner.gid())) } else { Ok(()) }
}

#[cfg(not(unix))]
pub(crate) fn hand_over(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}
