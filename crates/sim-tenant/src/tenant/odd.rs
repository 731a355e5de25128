//! What a service may do and no documentation says: fields that nobody knows, words that are on no list, nulls.
//!
//! It is worked into finished answers of Graph and Azure, so that no row has to know of it. Nothing is odd by default.
//!
//! To extend: another oddity is a field of [`Odd`] and a line in `Odd::distort_value`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::Reply;
use crate::wire::reply::Payload;

/// What is odd about a tenant's answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Odd {
    /// Every object has fields that nobody knows.
    pub extras: bool,
    /// Texts that leave as something else.
    pub replaced: Vec<Replacement>,
}

/// One text of one field that leaves as another.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The field's name, wherever it stands.
    pub field: String,
    /// What would be in it, alone or in a list.
    pub text: String,
    /// What is there instead; null when missing.
    #[serde(default)]
    pub by: Option<String>,
}

impl Odd {
    /// The answer as it leaves.
    pub(crate) fn distort(&self, mut reply: Reply) -> Reply {
        if let Payload::Json(value) = &mut reply.payload
            && (self.extras || !self.replaced.is_empty())
        {
            self.distort_value("", value);
        }
        reply
    }

    fn distort_value(&self, field: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                let found = self.replaced.iter().find(|one| one.field == field && one.text == *text);
                if let Some(found) = found {
                    *value = json!(found.by);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.distort_value(field, item)),
            Value::Object(object) => {
                object.iter_mut().for_each(|(name, inner)| self.distort_value(name, inner));
                // The headers inside a batch are HTTP's, and every one of them is a text.
                if self.extras && field != "headers" {
                    object.insert("oddity".to_owned(), json!({ "<b>": [null, 1, { "id": 7 }] }));
                    object.insert("odd@odata.count".to_owned(), json!(-1));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
