//! What a form has to say after its redirect: kept in the session, shown on the next page, gone after.

use crate::audit::model::EntryId;
use crate::error::Refusal;
use serde::{Deserialize, Serialize};

/// The answer to the last form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Flash {
    /// It was done.
    Done(Done),
    /// It was refused; what was typed is kept.
    Refused {
        /// The name of the form, so that the message stands at its field.
        form: String,
        /// Why.
        refusal: Refusal,
        /// What was typed, by field name.
        typed: Vec<(String, String)>,
    },
    /// It failed; the message is fixed text.
    Failed {
        /// What to tell.
        message: String,
    },
}

/// What was done, and how to take it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// One sentence.
    pub message: String,
    /// The entry of the trail that *Undo* takes back.
    pub undo: Option<EntryId>,
    /// Where secrets wait to be shown, once.
    pub reveal: Option<String>,
    /// What was typed and is not done yet, by field name, to stand in the form again.
    #[serde(default)]
    pub kept: Vec<(String, String)>,
}

impl Done {
    /// Something done that *Undo* can take back.
    pub fn undoable(message: impl Into<String>, entry: EntryId) -> Self {
        Self { message: message.into(), undo: Some(entry), ..Self::default() }
    }

    /// Something done for good.
    pub fn told(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

impl Flash {
    /// The refusal meant for the field `field` of the form `form`.
    pub fn refusal_of(&self, form: &str) -> Option<&Refusal> {
        match self {
            Self::Refused { form: of, refusal, .. } if of == form => Some(refusal),
            _ => None,
        }
    }

    /// What was typed into `field` of the form `form` when it was refused.
    pub fn typed_in(&self, form: &str, field: &str) -> Option<&str> {
        match self {
            Self::Refused { form: of, typed, .. } if of == form => named(typed, field),
            _ => None,
        }
    }

    /// What was typed into `field` and is not done yet, though the rest of it is.
    pub fn kept_in(&self, field: &str) -> Option<&str> {
        match self {
            Self::Done(done) => named(&done.kept, field),
            _ => None,
        }
    }
}

fn named<'a>(values: &'a [(String, String)], name: &str) -> Option<&'a str> {
    values.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
}
