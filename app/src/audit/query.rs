//! The address of a page of the trail: what is looked for stands in its query.

use super::model::{EntryId, Filter, Paging};
use crate::sites::model::SiteId;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::str::FromStr;

/// The names in the query, as the form writes them.
pub const NAMES: [&str; 8] = ["who", "action", "site", "from", "to", "q", "request", "batch"];

impl Filter {
    /// Reads a query. What is empty or cannot be read does not matter.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| {
            let value = get(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        Self {
            who: text("who"),
            action: text("action"),
            site: text("site").and_then(number).map(SiteId),
            from: text("from").and_then(|value| instant(&value, Edge::Start)),
            to: text("to").and_then(|value| instant(&value, Edge::End)),
            text: text("q"),
            request: text("request"),
            batch: text("batch").and_then(number).map(EntryId),
        }
    }

    /// The query that reads as this filter.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let values = [
            self.who.clone(),
            self.action.clone(),
            self.site.map(|site| site.to_string()),
            self.from.map(|from| written(from, Edge::Start)),
            self.to.map(|to| written(to, Edge::End)),
            self.text.clone(),
            self.request.clone(),
            self.batch.map(|batch| batch.0.to_string()),
        ];
        let pairs = NAMES.into_iter().zip(values);
        pairs.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// Whether it leaves anything out, other than by the site.
    pub fn narrows(&self) -> bool {
        *self != Self { site: self.site, ..Self::default() }
    }
}

impl Paging {
    /// Reads a query.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let entry = |name: &str| get(name).and_then(number).map(EntryId);
        match (entry("before"), entry("after")) {
            (Some(before), _) => Self::Before(before),
            (None, Some(after)) => Self::After(after),
            (None, None) => Self::Newest,
        }
    }
}

/// Which end of a span an instant is. A day stands for its start or its end accordingly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The first instant that belongs to the span.
    Start,
    /// The first that does not.
    End,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A day (`2026-11-24`), a day and time (`2026-11-24T10:00`), both in UTC, or RFC 3339.
fn instant(typed: &str, edge: Edge) -> Option<Timestamp> {
    if let Ok(at) = typed.parse::<Timestamp>() {
        return Some(at);
    }
    let utc = |at: DateTime| Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp());
    match typed.parse::<Date>() {
        Ok(day) if typed.len() == "2026-11-24".len() => {
            let start = utc(day.to_datetime(jiff::civil::Time::midnight()))?;
            if edge == Edge::Start { Some(start) } else { start.checked_add(DAY).ok() }
        }
        _ => utc(typed.parse().ok()?),
    }
}

/// An instant as [`instant`] reads it back: as a day where it is the edge of one.
pub fn written(at: Timestamp, edge: Edge) -> String {
    let day = if edge == Edge::Start { Ok(at) } else { at.checked_sub(DAY) };
    match day {
        Ok(day) if at.as_nanosecond() % DAY.as_nanos() == 0 => day.strftime("%F").to_string(),
        _ => at.to_string(),
    }
}

fn number<T: FromStr>(text: impl AsRef<str>) -> Option<T> {
    text.as_ref().trim().trim_start_matches('#').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pairs: &[(&str, &str)]) -> Filter {
        let find = |name: &str| pairs.iter().find(|(of, _)| *of == name);
        Filter::read(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_day_stands_for_the_whole_of_it() {
        let filter = read(&[("from", "2026-11-24"), ("to", "2026-11-24")]);
        assert_eq!(filter.from, "2026-11-24T00:00:00Z".parse().ok());
        assert_eq!(filter.to, "2026-11-25T00:00:00Z".parse().ok());
        assert_eq!(read(&[("from", "2026-11-24T10:05")]).from, "2026-11-24T10:05:00Z".parse().ok());
    }

    #[test]
    fn what_is_empty_or_unreadable_does_not_matter() {
        let typed = [("who", " "), ("site", "x"), ("from", "yesterday"), ("batch", "")];
        assert_eq!(read(&typed), Filter::default());
        assert_eq!(read(&[("batch", "#12")]).batch, Some(EntryId(12)));
    }

    proptest! {
        #[test]
        fn a_filter_reads_back_from_its_query(
            who in proptest::option::of("[a-z@.]{1,9}"),
            site in proptest::option::of(1..9_999_i64),
            from in proptest::option::of(0..2_000_000_000_i64),
            days in proptest::option::of(1..20_000_i64),
        ) {
            let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
            let filter = Filter {
                who,
                site: site.map(SiteId),
                from: from.map(at),
                to: days.map(|days| at(days * 86_400)),
                ..Filter::default()
            };
            let pairs = filter.pairs();
            let pairs: Vec<_> =
                pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            prop_assert_eq!(read(&pairs), filter);
        }
    }
}
