//! `pim-portal doctor`: tries what the portal needs, and says what to fix. Changes nothing: no store is made, nothing is brought up to
//! date, no key is written, nobody is signed in.
//!
//! | module | tries |
//! |---|---|
//! | `network` | for each of Microsoft's hosts: its name, a connection, TLS, the proxy; and the clock |
//! | `sign_in` | each tenant that may be signed in to, and whether the redirect URI is one of the registration's |
//! | `keeping` | the key file and the store |
//!
//! To add a check: a function that returns a [`Finding`], in one of the modules, and a call in [`examine`].

mod keeping;
mod network;
mod sign_in;

use std::fmt;
use std::sync::Arc;

use pim::clock::Clock;
use serde::Serialize;

use crate::config::Config;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and should be looked at; or it cannot be told from here.
    Warning,
    /// The portal will not work.
    Failed,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was tried.
    pub check: String,
    /// How it went.
    pub verdict: Verdict,
    /// What was seen. No secret is in it.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Finding {
    fn ok(check: impl Into<String>, found: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Ok, found: found.into(), fix: None }
    }

    fn warning(check: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, fix: Some(fix.into()), ..Self::ok(check, found) }
    }

    fn failed(check: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, fix: Some(fix.into()), ..Self::ok(check, found) }
    }
}

impl fmt::Display for Finding {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Ok => "ok     ",
            Verdict::Warning => "warning",
            Verdict::Failed => "FAILED ",
        };
        write!(f, "{mark}  {}: {}", self.check, self.found)?;
        self.fix.as_ref().map_or(Ok(()), |fix| write!(f, ". To fix: {fix}"))
    }
}

/// Tries everything, and returns what was found, in the order in which it is best put right.
pub async fn examine(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Vec<Finding>> {
    let client = config.operation.outbound.client();
    let identity = crate::wiring::unstored_identity(config, clock.clone()).await?;
    let (mut findings, clock_is) = network::examine(config, &client, &*clock).await;
    findings.extend(clock_is);
    findings.extend(sign_in::examine(identity.settings(), &client).await);
    findings.push(keeping::key_file(&config.key_file));
    let machine = config.credentials.machine(&clock);
    let passwords = config.credentials.database_passwords(machine.as_ref());
    findings.extend(keeping::store(&config.database_url, passwords).await);
    Ok(findings)
}
