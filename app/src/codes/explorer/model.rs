//! What is asked of the explorer, and what it shows.

use crate::events::model::host as special;
use crate::sites::model::SiteId;
use crate::stats::course::Compared;
use crate::stats::model::{Comparison, Filter, GroupBy, Key, Range, Sample, Step};
use crate::ui::chart::Chart;
use crate::ui::flash::Flash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The names in an address of what is asked, besides the range.
pub const NAMES: [&str; 8] = ["by", "site", "code", "host", "sitekey", "source", "compare", "as"];

/// How an address writes the host of events without a referer, which has no name.
pub const NO_REFERER: &str = "-";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// What the errors are told apart by.
    pub by: GroupBy,
    /// Which errors are meant; without a code, all of them.
    pub filter: Filter,
    /// What they stand beside.
    pub compare: Option<Comparison>,
    /// Whether the chart shows shares of the attempts in place of counts.
    pub as_rates: bool,
}

impl Wanted {
    /// What an address asks for, by the value of each name. What makes no sense is left out.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str| {
            let value = value(name).map(|value| value.trim().replace('\0', ""));
            value.filter(|value| !value.is_empty())
        };
        let host = named("host").map(|host| match host.as_str() {
            NO_REFERER => special::NONE.to_owned(),
            _ => host.to_lowercase(),
        });
        let code = named("code");
        Self {
            by: named("by").and_then(|by| GroupBy::from_name(&by)).unwrap_or(GroupBy::Code),
            filter: Filter {
                site: named("site").and_then(|site| site.parse().ok()),
                errors: code.is_none(),
                code,
                host,
                sitekey: named("sitekey"),
                source: named("source"),
                keys_of: None,
            },
            compare: named("compare").and_then(|name| Comparison::from_name(&name)),
            as_rates: named("as").as_deref() == Some("rate"),
        }
    }
}

/// What an address asks for that makes no sense. A page shows what it has read of it; a file says nothing of what it left
/// out, so that it is refused.
pub fn misread(value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let given = |name: &str| value(name).filter(|value| !value.trim().is_empty());
    let wrong = |name: &str, is_right: fn(&str) -> bool, right: &str| {
        let given = given(name).filter(|value| !is_right(value.trim()))?;
        Some(format!("{name} is {given:?}: write {right}, or leave it out."))
    };
    wrong("by", |by| GroupBy::from_name(by).is_some(), "code, site, host, sitekey or source")
        .or_else(|| wrong("site", |site| site.parse::<i64>().is_ok(), "the number of a site"))
        .or_else(|| {
            wrong("compare", |name| Comparison::from_name(name).is_some(), "previous or week")
        })
}

/// One line of what was read: a key and what was counted under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The key.
    pub key: Key,
    /// How it is called: a site by its name.
    pub label: String,
    /// How many errors, in this time and in the one before.
    pub count: Compared,
    /// How many attempts they are a part of, where that is known.
    pub attempts: Option<i64>,
    /// The course of the errors.
    pub trend: Vec<i64>,
}

/// What only the samples know, because it is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// How many samples were looked at.
    pub samples: i64,
    /// What the counts leave out: `sitekey` or `source`.
    pub left_out: GroupBy,
}

/// Why there is nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {
    /// Attempts were reported, and all of them passed.
    AllPassed,
    /// There is no such site.
    NoSite,
    /// Nothing was ever reported, of the site that is looked at or of any.
    Never,
    /// What is looked at has been heard of, but not in this time: the day or instant it last was.
    SilentSince(Timestamp),
    /// Other times have events: from the first to the last day with any.
    Elsewhere(Range),
}

/// What the explorer shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The outcome of the last form.
    pub flash: Option<Flash>,
    /// The present instant.
    pub now: Timestamp,
    /// What was asked.
    pub wanted: Wanted,
    /// What was counted over: every number is of this time.
    pub range: Range,
    /// How the courses are cut.
    pub step: Step,
    /// What it stands beside.
    pub before: Option<Range>,
    /// The largest groups first.
    pub groups: Vec<Group>,
    /// What all others come to, and how many they are.
    pub other: Option<(Group, i64)>,
    /// All errors that are looked at.
    pub count: Compared,
    /// All attempts of the same sites, hosts and so on.
    pub attempts: Compared,
    /// The attempts, step by step.
    pub attempts_trend: Vec<i64>,
    /// The errors and the attempts of the time before, step by step; empty without one.
    pub trend_before: Vec<(i64, i64)>,
    /// The errors, drawn.
    pub chart: Chart,
    /// On how many sites each code occurred; empty where that is not told.
    pub sites_of: Vec<(String, i64)>,
    /// Set when the groups are of samples.
    pub sampled: Option<Sampled>,
    /// Why there is nothing, if there is nothing.
    pub nothing: Option<Nothing>,
    /// The sites to choose from: those with the most errors, and the one that is chosen.
    pub sites: Vec<(SiteId, String)>,
    /// The sources to choose from.
    pub sources: Vec<String>,
    /// Examples, where it is looked at closely.
    pub samples: Option<Vec<Sample>>,
    /// For how many days examples are kept.
    pub sample_days: u16,
}

impl Report {
    /// What was asked for that the numbers leave out, because it is not counted.
    pub fn left_out(&self) -> Option<GroupBy> {
        self.sampled.map(|sampled| sampled.left_out).filter(|left_out| *left_out != self.wanted.by)
    }
}

impl Report {
    /// On how many sites `code` occurred.
    pub fn sites_of(&self, code: &str) -> i64 {
        self.sites_of.iter().find(|(of, _)| of == code).map_or(0, |(_, sites)| *sites)
    }

    /// The name of the site that is chosen.
    pub fn site_name(&self) -> Option<String> {
        let id = self.wanted.filter.site?;
        let found = self.sites.iter().find(|(site, _)| site.0 == id);
        Some(match found {
            Some((_, name)) => name.clone(),
            None if id == 0 => "Unattributed".to_owned(),
            None => format!("site {id}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(pairs: &[(&str, &str)]) -> Wanted {
        Wanted::read(|name| {
            pairs.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let misread = |name: &'static str, value: &'static str| {
            super::misread(|of| (of == name).then(|| value.to_owned()))
        };
        for (name, value) in [("by", "colour"), ("site", "shop"), ("compare", "year")] {
            assert!(misread(name, value).is_some_and(|said| said.starts_with(name)), "{name}");
        }
        for (name, value) in [("by", "host"), ("site", " 3 "), ("compare", ""), ("colour", "red")] {
            assert_eq!(misread(name, value), None, "{name}");
        }
    }

    #[test]
    fn an_address_is_a_question_and_what_makes_no_sense_is_left_out() {
        let all = wanted(&[("by", "colour"), ("site", "shop"), ("compare", "year"), ("as", "pie")]);
        let filter = Filter { errors: true, ..Filter::default() };
        assert_eq!(all, Wanted { by: GroupBy::Code, filter, compare: None, as_rates: false });
        let some = wanted(&[
            ("by", "host"),
            ("site", "3"),
            ("code", " referer_denied"),
            ("host", "-"),
            ("compare", "week"),
            ("as", "rate"),
        ]);
        assert_eq!(some.filter.site, Some(3));
        assert_eq!(some.filter.host.as_deref(), Some(""));
        assert_eq!(some.filter.code.as_deref(), Some("referer_denied"));
        assert!(!some.filter.errors && some.as_rates);
        assert_eq!((some.by, some.compare), (GroupBy::Host, Some(Comparison::Week)));
    }
}
