//! What a person wrote as reasons: the last ones, and templates under names of their own, so that nobody types the same twice.
//!
//! They are one record for each person in each tenant, encrypted like everything that is kept, and are never logged. Reasons are
//! remembered when a confirmation is carried out, and forgotten one by one or all at once.

use pim::records::{RecordKind, StoreError};
use serde::{Deserialize, Serialize};

use crate::personal::Personal;
use crate::selection::LONGEST_JUSTIFICATION;
use crate::{Portal, Session};

/// How many different reasons are remembered.
pub const MOST_RECENT: usize = 10;
/// How many templates one person may have in one tenant.
pub const MOST_TEMPLATES: usize = 20;
/// The longest name of a template, in characters.
pub const LONGEST_NAME: usize = 80;

/// A reason under a name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Its name; unique for the person, whatever the case.
    pub name: String,
    /// The reason.
    pub text: String,
}

/// A person's reasons.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    /// The last different ones, the newest first.
    pub recent: Vec<String>,
    /// The templates, in the order in which they were made.
    pub templates: Vec<Template>,
}

impl Personal for Reasons {
    const KIND: RecordKind = RecordKind::Reasons;
}

impl Reasons {
    /// Whether there is nothing to offer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.recent.is_empty() && self.templates.is_empty()
    }
}

/// Why a template was not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A name is missing.
    #[error("a name is missing")]
    NoName,
    /// The name is longer than [`LONGEST_NAME`].
    #[error("the name is too long")]
    NameTooLong,
    /// There is no reason to save, or it is longer than [`LONGEST_JUSTIFICATION`].
    #[error("no reason, or too long a one")]
    Text,
    /// There are [`MOST_TEMPLATES`] already.
    #[error("too many templates")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Portal {
    /// What the person wrote before.
    pub async fn reasons(&self, session: &Session) -> Result<Reasons, StoreError> {
        self.personal(session).await
    }

    /// Remembers `texts` as the newest reasons, the first of them on top.
    pub(crate) async fn remember_reasons(
        &self,
        session: &Session,
        texts: &[String],
    ) -> Result<(), StoreError> {
        self.change_personal(session, |reasons: &mut Reasons| {
            for text in texts.iter().rev().map(|text| plain(text)).filter(|text| !text.is_empty()) {
                reasons.recent.retain(|known| *known != text);
                reasons.recent.insert(0, text);
            }
            reasons.recent.truncate(MOST_RECENT);
            Ok(())
        })
        .await
    }

    /// Forgets one remembered reason.
    pub async fn forget_reason(&self, session: &Session, text: &str) -> Result<(), StoreError> {
        let text = plain(text);
        self.change_personal(session, |reasons: &mut Reasons| {
            reasons.recent.retain(|known| *known != text);
            Ok(())
        })
        .await
    }

    /// Forgets all remembered reasons; templates stay.
    pub async fn forget_reasons(&self, session: &Session) -> Result<(), StoreError> {
        self.change_personal(session, |reasons: &mut Reasons| {
            reasons.recent.clear();
            Ok(())
        })
        .await
    }

    /// Saves `text` under `name`, in place of what had that name.
    pub async fn save_template(
        &self,
        session: &Session,
        name: &str,
        text: &str,
    ) -> Result<(), TemplateError> {
        let (name, text) = (name.trim().to_owned(), plain(text));
        match name.chars().count() {
            0 => return Err(TemplateError::NoName),
            1..=LONGEST_NAME => {}
            _ => return Err(TemplateError::NameTooLong),
        }
        if text.is_empty() || text.chars().count() > LONGEST_JUSTIFICATION {
            return Err(TemplateError::Text);
        }
        self.change_personal(session, |reasons: &mut Reasons| {
            let template = Template { name: name.clone(), text: text.clone() };
            let templates = &mut reasons.templates;
            match templates.iter().position(|known| same(&known.name, &name)) {
                Some(at) => templates[at] = template,
                None if templates.len() >= MOST_TEMPLATES => return Err(TemplateError::TooMany),
                None => templates.push(template),
            }
            Ok(())
        })
        .await
    }

    /// Deletes a template, if there is one.
    pub async fn delete_template(&self, session: &Session, name: &str) -> Result<(), StoreError> {
        self.change_personal(session, |reasons: &mut Reasons| {
            reasons.templates.retain(|known| !same(&known.name, name));
            Ok(())
        })
        .await
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.trim().to_lowercase()
}

/// As it is compared: browsers send other line breaks than they show.
fn plain(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}
