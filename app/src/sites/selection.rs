//! Changes of many sites: what the list sends, and what becomes of each site.

use super::list::Wanted;
use super::model::{BulkChange, SiteId, UnknownName};
use super::rules;
use crate::error::Refusal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The most sites that are changed at once.
pub const MOST: usize = 1_000;

/// Which sites are to be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selection {
    /// These.
    Sites(Vec<SiteId>),
    /// All that match.
    Wanted(Wanted),
}

/// The kinds of [`BulkChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkKind {
    /// See [`BulkChange::Pause`].
    Pause,
    /// See [`BulkChange::Start`].
    Start,
    /// See [`BulkChange::Delete`].
    Delete,
    /// See [`BulkChange::AddTag`].
    AddTag,
    /// See [`BulkChange::RemoveTag`].
    RemoveTag,
    /// See [`BulkChange::AddDomain`].
    AddDomain,
}

impl BulkKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pause, Self::Start, Self::AddTag, Self::RemoveTag, Self::AddDomain, Self::Delete];

    /// As addresses and forms write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Start => "start",
            Self::Delete => "delete",
            Self::AddTag => "add_tag",
            Self::RemoveTag => "remove_tag",
            Self::AddDomain => "add_domain",
        }
    }

    /// As a choice says it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pause => "Pause",
            Self::Start => "Start",
            Self::Delete => "Delete",
            Self::AddTag => "Add a tag",
            Self::RemoveTag => "Remove a tag",
            Self::AddDomain => "Add a domain",
        }
    }

    /// What was done, to stand before the number of sites.
    pub const fn past(self) -> &'static str {
        match self {
            Self::Pause => "Paused",
            Self::Start => "Started",
            Self::Delete => "Deleted",
            Self::AddTag | Self::RemoveTag => "Changed the tags of",
            Self::AddDomain => "Added the domain to",
        }
    }
}

impl FromStr for BulkKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownName {
            what: "change of many sites",
            found: text.to_owned(),
            expected: "pause, start, delete, add_tag, remove_tag, add_domain",
        })
    }
}

/// What is typed beside a [`BulkKind`]; only what the kind asks for is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BulkForm {
    /// The tag or the domain.
    pub value: String,
    /// `true` for a domain with everything below it.
    pub subdomains: String,
    /// Why they are paused.
    pub reason: String,
    /// See [`rules::starts_at`].
    pub until: String,
    /// See [`rules::starts_at`].
    pub at: String,
}

impl BulkForm {
    /// What was typed, by field name.
    pub fn typed(&self) -> [(&'static str, &str); 5] {
        [
            ("value", &self.value),
            ("subdomains", &self.subdomains),
            ("reason", &self.reason),
            ("until", &self.until),
            ("at", &self.at),
        ]
    }

    /// The change that is meant. A domain is taken as typed.
    pub fn change(&self, kind: BulkKind, now: Timestamp) -> Result<BulkChange, Refusal> {
        let of_value = |refusal| Refusal { field: "value".into(), ..refusal };
        Ok(match kind {
            BulkKind::Pause => {
                BulkChange::Pause(rules::pause(&self.reason, &self.until, &self.at, now)?)
            }
            BulkKind::Start => BulkChange::Start,
            BulkKind::Delete => BulkChange::Delete,
            BulkKind::AddTag => BulkChange::AddTag(rules::tag(&self.value).map_err(of_value)?),
            BulkKind::RemoveTag => {
                BulkChange::RemoveTag(rules::tag(&self.value).map_err(of_value)?)
            }
            BulkKind::AddDomain => BulkChange::AddDomain {
                pattern: self.value.trim().to_owned(),
                include_subdomains: self.subdomains == "true",
            },
        })
    }
}

/// Numbers of sites as a form sends them: with commas between them. What is no number is left out, and
/// each stands once.
pub fn site_ids(text: &str) -> Vec<SiteId> {
    let mut ids: Vec<SiteId> =
        text.split(',').filter_map(|id| id.trim().parse().ok()).map(SiteId).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Refuses more than [`MOST`] sites, and none.
pub fn few(sites: usize) -> Result<(), Refusal> {
    let message = match sites {
        0 => "No site is selected. Tick some in the list.".to_owned(),
        1..=MOST => return Ok(()),
        _ => format!("More than {MOST} sites match. Narrow the list with its filters."),
    };
    Err(Refusal::new("selection", "sites", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_read_once_each_and_bounded() {
        assert_eq!(site_ids("3, 1,x,,3"), [SiteId(1), SiteId(3)]);
        assert!(few(0).is_err() && few(1).is_ok() && few(MOST).is_ok() && few(MOST + 1).is_err());
    }

    #[test]
    fn a_form_means_one_change() {
        let now = Timestamp::UNIX_EPOCH;
        let form = BulkForm { value: " Europe ".into(), ..BulkForm::default() };
        assert_eq!(form.change(BulkKind::AddTag, now), Ok(BulkChange::AddTag("europe".into())));
        let refusal = BulkForm::default().change(BulkKind::RemoveTag, now).unwrap_err();
        assert_eq!(refusal.field, "value");
        let form = BulkForm { reason: "x".repeat(201), ..BulkForm::default() };
        assert_eq!(form.change(BulkKind::Pause, now).unwrap_err().field, "reason");
        for kind in BulkKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
