//! What the pages of alerts show.

use super::model::{Delivery, Rule, Waiting};
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The page of the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertsPageData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The rules, by name.
    pub rules: Vec<Listed>,
    /// Whether there is a mail server.
    pub mail: bool,
}

/// A rule in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The rule.
    pub rule: Rule,
    /// Its last try to send.
    pub last: Option<Delivery>,
}

/// The page of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePageData {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// The rule.
    pub rule: Rule,
    /// Its signing secret, if that was just made: shown this once.
    pub secret: Option<String>,
    /// What waits, the soonest first.
    pub waiting: Vec<Waiting>,
    /// Its last tries, the newest first.
    pub log: Vec<Delivery>,
    /// Whether there is a mail server.
    pub mail: bool,
}
