//! The key file and the store, looked at and left as they are.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use store::{KeyRing, Migrations, Passwords, Store};

use super::Finding;

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) fn key_file(path: &Path) -> Finding {
    let check = "key file";
    match KeyRing::examine(path) {
        Ok(Some(keys)) => {
            Finding::ok(check, format!("{} holds {keys} key(s), for its owner only", path.display()))
        }
        Ok(None) => Finding::warning(
            check,
            format!("{} does not exist", path.display()),
            "nothing, before the first start, which makes it; otherwise bring back the file that belongs to the database",
        ),
        Err(error) => {
            Finding::failed(check, error.to_string(), "as it says, for the user that the portal runs as")
        }
    }
}

pub(super) async fn store(address: &str, passwords: Option<Arc<dyn Passwords>>) -> Vec<Finding> {
    let Ok(examined) = tokio::time::timeout(PATIENCE, Store::examine(address, passwords)).await else {
        let fix = "look at the host and the port of PIM_PORTAL_DATABASE_URL, and at the firewall";
        return vec![Finding::failed("store", "the database does not answer", fix)];
    };
    let migrations = match examined {
        Ok(migrations) => migrations,
        Err(error) => {
            let fix = "put right PIM_PORTAL_DATABASE_URL, or the rights of the user that the portal runs as";
            return vec![Finding::failed("store", error.to_string(), fix)];
        }
    };
    let opens = Finding::ok("store", "the database opens, and can be written");
    let tables = match migrations {
        Migrations::None => Finding::ok("store: tables", "there are none yet; the first start makes them"),
        Migrations::Pending(count) => Finding::warning(
            "store: tables",
            format!("{count} migration(s) are still to be made"),
            "nothing, before the start of a new version, which makes them; back the database up before",
        ),
        Migrations::Current => Finding::ok("store: tables", "up to date"),
        Migrations::Newer => Finding::failed(
            "store: tables",
            "they were made by a newer version",
            "start that version, or bring back the backup from before it",
        ),
    };
    vec![opens, tables]
}
