//! After the browser tests: nothing secret that went over the simulated tenant's wire is in what the portal logged, stored, handed over as
//! traces or counted.
//!
//! Pages and addresses are searched by each browser test itself (`e2e/support/fixtures.ts`).

use std::{fs, path::Path};

use aho_corasick::AhoCorasick;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::{http, process::step, stage::DIRECTORIES, watch};

/// What has to be there to be searched, with something that stands in each: an empty file would hide everything.
const EXPECTED: [(&str, &str); 4] = [
    ("pim-portal.log", "the portal is ready"),
    ("pim-portal.db", "SQLite format 3"),
    (watch::METRICS, "pim_portal_build_info"),
    (watch::TRACES, ""),
];

/// The same where people have signed in.
const VISITED: [(&str, &str); 2] =
    [(watch::METRICS, "pim_portal_upstream_requests_total"), (watch::TRACES, "client_request_id")];

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

    /// Searches every file in `directory` that is the portal's: log, database, traces and metrics. `visited` is whether somebody signed in,
    /// so that they have to say so.
    pub(crate) fn search(&self, directory: &Path, visited: bool) -> Result<()> {
        step(
            "Searching for secrets",
            "What went over the wire must not be in the portal's log, database, traces or metrics.",
        );
        ensure!(!self.0.is_empty(), "the simulated tenant has handed out nothing to search for");
        let searched = AhoCorasick::new(&self.0)?;
        let mut files = 0;
        for (name, content) in EXPECTED.into_iter().chain(VISITED.into_iter().filter(|_| visited)) {
            let file = fs::read(directory.join(name)).with_context(|| format!("{name} is not there"))?;
            let says = AhoCorasick::new([content])?.is_match(&file);
            ensure!(says, "{name} in {} does not say {content}: was it kept?", directory.display());
        }
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
        for (name, content) in EXPECTED {
            let error = canaries.search(folder.path(), false).unwrap_err().to_string();
            assert_eq!(error, format!("{name} is not there"));
            fs::write(folder.path().join(name), content).unwrap();
        }
        canaries.search(folder.path(), false).unwrap();
        for (name, content) in VISITED {
            let error = canaries.search(folder.path(), true).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains(content), "{error}");
            fs::write(folder.path().join(name), format!("pim_portal_build_info {content}")).unwrap();
        }
        canaries.search(folder.path(), true).unwrap();
        for (name, _) in EXPECTED {
            let path = folder.path().join(name);
            let before = fs::read(&path).unwrap();
            fs::write(&path, [&before[..], b"\0\xff a-token-of-somebody"].concat()).unwrap();
            let error = canaries.search(folder.path(), true).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("a-token"), "{error}");
            fs::write(&path, before).unwrap();
        }
    }
}
