//! What allowing a host would do, told before it is done.

use super::{Pattern, Warning};
use crate::sites::model::SiteId;
use crate::ui::flash::Flash;
use serde::{Deserialize, Serialize};

/// A question to the operator: shall this host be allowed on this site?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// The version the answer is for.
    pub version: i64,
    /// What would follow, or why the host cannot be an entry.
    pub effect: Result<Effect, crate::error::Refusal>,
}

/// What allowing a host would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The entry as it would be stored.
    pub pattern: Pattern,
    /// What was changed on the way to it, and what is worth knowing.
    pub notes: Vec<String>,
    /// The entry that lets the host through already, if one does.
    pub covered_by: Option<String>,
    /// Denials of the range that it would have let through, and no entry does yet.
    pub lets_through: i64,
    /// All denials of the range.
    pub denied: i64,
    /// The hosts it would let through, the most denied first, with their denials.
    pub hosts: Vec<(String, i64)>,
    /// The nearest entry and why it does not match, as a clause.
    pub nearest: Option<String>,
    /// Reasons to look twice.
    pub warnings: Vec<Warning>,
}
