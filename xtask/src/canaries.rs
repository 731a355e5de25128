//! After the browser tests: nothing secret that went over the simulated tenant's wire is in what the portal logged or stored.
//!
//! Pages and addresses are searched by each browser test itself (`e2e/support/fixtures.ts`).

use std::{fs, path::Path};

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::{http, process::step, stage::DIRECTORIES};

/// Every token, code, verifier, claim and justification that the simulated tenant has seen, in any of its directories.
pub(crate) struct Canaries(Vec<String>);

impl Canaries {
    /// Asks the control port at `port`.
    pub(crate) fn of(port: u16) -> Result<Self> {
        let mut all = Vec::new();
        let others = DIRECTORIES.map(|name| format!("/canaries?tenant={name}.example"));
        for path in std::iter::once("/canaries".to_owned()).chain(others) {
            let answer = http::get_json(port, &path)?;
            for list in ["secrets", "justifications"] {
                let texts = answer[list].as_array().with_context(|| format!("{path} has no {list}"))?;
                all.extend(texts.iter().filter_map(Value::as_str).map(str::to_owned));
            }
        }
        Ok(Self(all))
    }

    /// Searches every file in `directory` that the portal writes: its log and its database.
    pub(crate) fn search(&self, directory: &Path) -> Result<()> {
        step("Searching for secrets", "What went over the wire must not be in the portal's log or database.");
        ensure!(!self.0.is_empty(), "the simulated tenant has handed out nothing to search for");
        let searched = AhoCorasick::new(&self.0)?;
        let mut files = 0;
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.starts_with("pim-portal.") {
                continue;
            }
            files += 1;
            // What was found is not printed: it is a secret.
            if let Some(found) = searched.find(&fs::read(&path)?) {
                bail!("{name} holds something secret at byte {}", found.start());
            }
        }
        ensure!(files >= 2, "the portal left no log or no database in {}", directory.display());
        println!(
            "{} tokens, codes, verifiers, claims and justifications are in none of {files} files.",
            self.0.len()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_anywhere_in_a_file_is_found_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let canaries = Canaries(vec!["a-token-of-somebody".to_owned()]);
        fs::write(folder.path().join("pim-portal.log"), "nothing").unwrap();
        assert!(canaries.search(folder.path()).is_err(), "a database is missing");
        fs::write(folder.path().join("pim-portal.db"), b"\0\xff nothing").unwrap();
        canaries.search(folder.path()).unwrap();
        fs::write(folder.path().join("pim-portal.db"), b"\0\xff a-token-of-somebody").unwrap();
        let error = canaries.search(folder.path()).unwrap_err().to_string();
        assert!(error.contains("pim-portal.db") && !error.contains("a-token"), "{error}");
    }
}
