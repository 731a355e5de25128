//! `pim-portal key`: the keys that content is sealed with, and how one takes another's place.
//!
//! Everything here may run beside portals at work: they read the key file again every minute ([`crate::wiring::State::read_keys_forever`]).

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use pim::clock::Clock;
use store::{KeyFacts, KeyRing, Store};

use crate::config::Config;

/// How long after it was added a new key begins to be used: by then every replica has read the file again, and a secret that
/// changed has reached every pod.
const BEFORE_USE: SignedDuration = SignedDuration::from_mins(10);

/// What is to be done with the keys.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum KeyCommand {
    /// Shows the ids of the keys, which is in use, and how much is sealed with each.
    List,
    /// Adds a key to the file, to be used in ten minutes. Running portals need no restart.
    Rotate,
    /// Seals anew what older keys sealed, and takes those keys out of the file.
    Retire,
    /// Deletes what was sealed with keys that are not in the file: sessions, what people chose and set, and their journal.
    Forget {
        /// Really.
        #[arg(long)]
        yes: bool,
    },
}

/// Does it, and returns what to tell.
pub async fn run(command: KeyCommand, config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<String> {
    let path = &config.key_file;
    let now = clock.now();
    if let KeyCommand::Rotate = command {
        let from = now.saturating_add(BEFORE_USE)?;
        let from = from.round(jiff::Unit::Second)?;
        let id = KeyRing::rotate(path, from)?;
        return Ok(format!(
            "Added the key {id}, in use from {from}. Running portals read it by themselves. After {}, run `pim-portal key retire` \
             to have everything sealed with it and to take the older keys away.",
            from.saturating_add(BEFORE_USE)?
        ));
    }
    let keys = KeyRing::read(path)?;
    let facts = keys.facts(now);
    let machine = config.credentials.machine(&clock);
    let passwords = config.credentials.database_passwords(machine.as_ref());
    let store = Store::open_in_part(&config.database_url, passwords, keys, clock)
        .await
        .context("cannot open the store")?;
    let told = match command {
        KeyCommand::List | KeyCommand::Rotate => list(&facts, &store).await,
        KeyCommand::Retire => retire(path, &facts, &store, now).await,
        KeyCommand::Forget { yes } => forget(&store, yes).await,
    };
    store.close().await;
    told
}

async fn list(facts: &[KeyFacts], store: &Store) -> anyhow::Result<String> {
    let mut used = store.key_use().await?;
    let mut lines = Vec::new();
    for key in facts {
        let rows = used.iter().position(|used| used.id == key.id).map_or(0, |at| used.swap_remove(at).rows);
        let state = match (key.is_current, key.from) {
            (true, _) => "in use".to_owned(),
            (false, Some(from)) => format!("from {from}"),
            (false, None) => "kept for reading".to_owned(),
        };
        lines.push(format!("{}  {rows:>8} rows  {state}", key.id));
    }
    lines.extend(used.iter().map(|lost| format!("{}  {:>8} rows  not in the file", lost.id, lost.rows)));
    Ok(lines.join("\n"))
}

async fn retire(
    path: &std::path::Path,
    facts: &[KeyFacts],
    store: &Store,
    now: jiff::Timestamp,
) -> anyhow::Result<String> {
    let current = facts.iter().find(|key| key.is_current).context("no key is in use")?;
    if let Some(from) = current.from {
        let safe = from.saturating_add(BEFORE_USE)?;
        ensure!(
            now >= safe,
            "the key {} is in use since {from} only, and a portal may still seal with the one before: run this after {safe}",
            current.id
        );
    }
    let (sealed, unreadable) = store.reseal().await?;
    let used: Vec<String> = store.key_use().await?.into_iter().map(|used| used.id).collect();
    // One that is still to come is not older.
    let is_over = |key: &&KeyFacts| {
        !key.is_current && key.from.is_none_or(|from| from <= now) && !used.contains(&key.id)
    };
    let over: Vec<String> = facts.iter().filter(is_over).map(|key| key.id.clone()).collect();
    KeyRing::remove(path, &over)?;
    let left = if unreadable == 0 {
        String::new()
    } else {
        format!(
            " {unreadable} rows do not open with the key that they name: somebody changed them. Their keys stay."
        )
    };
    Ok(format!("Sealed {sealed} rows anew; took {} keys out of the file.{left}", over.len()))
}

async fn forget(store: &Store, yes: bool) -> anyhow::Result<String> {
    let lost = store.lost_keys().await?;
    if lost.is_empty() {
        return Ok("Every key that the database needs is in the file: nothing was deleted.".to_owned());
    }
    ensure!(
        yes,
        "what {} sealed would be deleted for good: sessions, what people chose and set, and their journal. If a backup of the \
         key file may exist, look for it first; otherwise run this again with --yes",
        lost.join(", ")
    );
    Ok(format!("Deleted {} rows.", store.forget_lost().await?))
}
