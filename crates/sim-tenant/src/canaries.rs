//! What must never show where it does not belong (`GET /canaries`): every token, code, verifier and demanded claim that went over the
//! wire, and every justification. It outlives a reset, so that a suite that starts over many times can be searched for it at its end.

use serde_json::{Value, json};

/// Shorter texts stand in too many places by chance.
const SHORTEST: usize = 12;

/// Both lists, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Canaries {
    secrets: Vec<String>,
    justifications: Vec<String>,
}

impl Canaries {
    /// A token, a code, a verifier or a claim.
    pub(crate) fn secret(&mut self, text: &str) {
        if text.len() >= SHORTEST {
            self.secrets.push(text.to_owned());
        }
    }

    /// What somebody wrote as a reason.
    pub(crate) fn justification(&mut self, text: &str) {
        if text.len() >= SHORTEST {
            self.justifications.push(text.to_owned());
        }
    }

    pub(crate) fn print(&self) -> Value {
        json!({ "secrets": self.secrets, "justifications": self.justifications })
    }
}
