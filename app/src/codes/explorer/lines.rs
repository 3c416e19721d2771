//! The lines of the explorer's table, as the page shows them and the files repeat them.

use super::model::{Group, Report};
use crate::codes::model::{CatalogueEntry, Code};
use crate::codes::{entry, is_unrecognised};
use crate::domains::rejected::in_words;
use crate::events::model::host as special;
use crate::stats::course::Compared;
use crate::stats::model::{GroupBy, Key};

/// Which part of the table a line stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The table itself.
    Main,
    /// Codes that need no operator action.
    Quiet,
    /// Codes outside the catalogue.
    Unrecognised,
    /// All that has no line of its own.
    Rest,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it stands.
    pub part: Part,
    /// What is counted.
    pub group: Group,
    /// What the catalogue says of it, if it is a code.
    pub entry: Option<&'static CatalogueEntry>,
    /// On how many sites it occurred, if it is a code and that is told.
    pub sites: Option<i64>,
}

impl Line {
    /// What a file calls its key: as in the machine API, but `other` for all that has no line.
    pub fn key_text(&self) -> String {
        match (&self.group.key, self.part) {
            (_, Part::Rest) => self.group.label.clone(),
            (Key::Name(name), _) => name.clone(),
            (Key::Site(site), _) => site.to_string(),
            (Key::Null | Key::Pair(_), _) => String::new(),
        }
    }
}

/// All lines, in the order of the page.
pub fn lines(report: &Report) -> Vec<Line> {
    let mut lines = if report.wanted.by == GroupBy::Code && report.sampled.is_none() {
        of_codes(report)
    } else {
        report.groups.iter().map(|group| line(Part::Main, group.clone())).collect()
    };
    // Hosts that found no room stand at the end, whatever their number.
    let (rest, mut named): (Vec<Line>, Vec<Line>) = lines.drain(..).partition(|line| {
        report.wanted.by == GroupBy::Host
            && matches!(&line.group.key, Key::Name(host) if host == special::OTHER)
    });
    if let Some((other, _)) = &report.other {
        named.push(line(Part::Rest, other.clone()));
    }
    named.extend(rest.into_iter().map(|line| Line { part: Part::Rest, ..line }));
    named
}

fn line(part: Part, group: Group) -> Line {
    Line { part, group, entry: None, sites: None }
}

/// Every code of the catalogue that may occur under the filter, and those outside it that did.
fn of_codes(report: &Report) -> Vec<Line> {
    let only = report.wanted.filter.code.as_deref();
    let counted = |code: &str| {
        let found = report
            .groups
            .iter()
            .find(|group| matches!(&group.key, Key::Name(name) if name == code));
        found.cloned().unwrap_or_else(|| Group {
            key: Key::Name(code.to_owned()),
            label: code.to_owned(),
            count: Compared::default(),
            attempts: Some(report.attempts.now),
            trend: Vec::new(),
        })
    };
    let sites = |code: &str| report.wanted.filter.site.is_none().then(|| report.sites_of(code));
    let mut lines: Vec<Line> = Code::ALL
        .into_iter()
        .map(Code::as_str)
        .filter(|code| only.is_none_or(|only| only == *code))
        .map(|code| {
            let entry = entry(code);
            let acts = entry.is_some_and(CatalogueEntry::needs_operator_action);
            Line {
                part: if acts { Part::Main } else { Part::Quiet },
                group: counted(code),
                entry,
                sites: sites(code),
            }
        })
        .collect();
    let others = report.groups.iter().filter_map(|group| match &group.key {
        Key::Name(code) if is_unrecognised(code) || code == crate::codes::OK => Some(Line {
            part: if code == crate::codes::OK { Part::Main } else { Part::Unrecognised },
            group: group.clone(),
            entry: None,
            sites: sites(code),
        }),
        _ => None,
    });
    lines.extend(others);
    let order = |line: &Line| {
        let part = match line.part {
            Part::Main => 0,
            Part::Quiet => 1,
            Part::Unrecognised => 2,
            Part::Rest => 3,
        };
        (part, -line.group.count.now, -line.group.count.before)
    };
    lines.sort_by_key(order);
    lines
}

/// What a key is called on the page.
pub fn label(by: GroupBy, key: &Key) -> String {
    match (by, key) {
        (GroupBy::Site, Key::Null) => "Unattributed".to_owned(),
        (GroupBy::Sitekey, Key::Null) => "No known sitekey".to_owned(),
        (GroupBy::Host, Key::Name(host)) => match host.as_str() {
            special::OTHER => "Hosts without room of their own".to_owned(),
            host => in_words(host).map_or_else(
                || host.to_owned(),
                |words| {
                    let mut words = words.to_owned();
                    if let Some(first) = words.get_mut(..1) {
                        first.make_ascii_uppercase();
                    }
                    words
                },
            ),
        },
        (_, Key::Name(name)) => name.clone(),
        (_, Key::Site(site)) => format!("site {site}"),
        (_, Key::Null | Key::Pair(_)) => "none".to_owned(),
    }
}
