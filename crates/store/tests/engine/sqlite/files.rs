//! Who may read the files.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Home;
use crate::common;

fn modes(folder: &Path) -> Vec<(String, u32)> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let mut modes: Vec<_> = files
        .map(|file| {
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            (file.file_name().into_string().unwrap(), mode)
        })
        .filter(|(name, _)| name.starts_with("portal.db"))
        .collect();
    modes.sort();
    modes
}

#[tokio::test]
async fn a_new_database_is_its_owners_alone() {
    let home = Home::new().await;
    let store = common::open(home.url(), home.keys(&[[1; 32]])).await;
    let folder = home.folder.path();
    let expected = ["portal.db", "portal.db-shm", "portal.db-wal"].map(|name| (name.to_owned(), 0o600));
    assert_eq!(modes(folder), expected);
    drop(store);
}

#[tokio::test]
async fn a_database_that_is_there_keeps_its_mode() {
    let home = Home::new().await;
    let file = home.folder.path().join("portal.db");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let _store = common::open(home.url(), home.keys(&[[1; 32]])).await;
    assert_eq!(modes(home.folder.path())[0], ("portal.db".to_owned(), 0o640));
}
