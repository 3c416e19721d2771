//! Where the explorer leads: closer to a group, and earlier, later, into and out of a time.

use super::model::{NO_REFERER, Wanted};
use crate::events::model::EARLIEST;
use crate::events::model::host as special;
use crate::stats::model::{Filter, GroupBy, Key, Range};
use crate::ui::query::Address;
use jiff::{SignedDuration, Timestamp};

/// The shortest time that is zoomed into.
pub const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// What comes after looking at one group of `wanted.by`: the next thing in the order code, site, host,
/// sitekey that is not chosen yet.
pub fn next_by(wanted: &Wanted) -> Option<GroupBy> {
    let Filter { site, code, host, sitekey, source, .. } = &wanted.filter;
    let is_chosen = |by: GroupBy| {
        by == wanted.by
            || match by {
                GroupBy::Code => code.is_some(),
                GroupBy::Site => site.is_some(),
                // Hosts are counted neither by sitekey nor by source.
                GroupBy::Host => {
                    host.is_some()
                        || sitekey.is_some()
                        || source.is_some()
                        || matches!(wanted.by, GroupBy::Sitekey | GroupBy::Source)
                }
                // A sitekey says which site; a source has many.
                GroupBy::Sitekey => sitekey.is_some(),
                GroupBy::Source => source.is_some(),
            }
    };
    GroupBy::ALL.into_iter().find(|by| !is_chosen(*by))
}

/// The address that looks closer at a group; none where it stands for several.
pub fn closer(address: &Address, wanted: &Wanted, key: &Key) -> Option<Address> {
    let value = match key {
        Key::Site(site) => site.to_string(),
        Key::Null if wanted.by == GroupBy::Site => "0".to_owned(),
        Key::Name(name) if wanted.by == GroupBy::Host => match name.as_str() {
            special::OTHER => return None,
            special::NONE => NO_REFERER.to_owned(),
            name => name.to_owned(),
        },
        Key::Name(name) => name.clone(),
        Key::Null | Key::Pair(_) => return None,
    };
    let by = next_by(wanted)?;
    let closer = address.without(&["hide"]).with(wanted.by.name(), value);
    Some(closer.with("by", by.name()))
}

/// Times near a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// Half of it earlier.
    pub earlier: Option<Range>,
    /// Half of it later; none once that is now.
    pub later: Option<Range>,
    /// The half in its middle.
    pub closer: Option<Range>,
    /// Twice as long.
    pub wider: Option<Range>,
}

/// Where one can go from `range`, as seen at `now`.
pub fn around(range: Range, now: Timestamp) -> Around {
    let length = range.length().as_secs();
    let seconds = SignedDuration::from_secs;
    let at = |instant: Timestamp, by: i64| instant.checked_add(seconds(by)).ok();
    // What is to come is not looked at: a time that would reach beyond now ends now.
    let within = |from: Option<Timestamp>, to: Option<Timestamp>| -> Option<Range> {
        let (from, to) = (from?.max(EARLIEST), to?);
        let beyond = to.duration_since(now).max(SignedDuration::ZERO);
        Range::new(from.checked_sub(beyond).ok()?.max(EARLIEST), to.checked_sub(beyond).ok()?)
    };
    let (half, quarter) = (length / 2, length / 4);
    let is_new = |found: &Range| found != &range;
    Around {
        earlier: within(at(range.from, -half), at(range.to, -half)).filter(is_new),
        later: within(at(range.from, half), at(range.to, half))
            .filter(|later| later.to.duration_since(range.to) >= SHORTEST),
        closer: Range::new(
            at(range.from, quarter).unwrap_or(range.from),
            at(range.to, -quarter).unwrap_or(range.to),
        )
        .filter(|closer| closer.length() >= SHORTEST),
        wider: within(at(range.from, -half), at(range.to, half)).filter(is_new),
    }
}

/// The address of a time.
pub fn at_range(address: &Address, range: Range) -> Address {
    address
        .without(&crate::ui::range::NAMES)
        .with("from", range.from.to_string())
        .with("to", range.to.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> Range {
        Range::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    fn wanted(by: GroupBy, filter: Filter) -> Wanted {
        Wanted { by, filter, compare: None, as_rates: false }
    }

    #[test]
    fn one_looks_closer_from_code_to_site_to_host_to_sitekey() {
        let address = Address::new("/errors", [("range".to_owned(), "7d".to_owned())]);
        let name = |name: &str| Key::Name(name.to_owned());
        let first = wanted(GroupBy::Code, Filter::default());
        let step = closer(&address, &first, &name("referer_denied")).unwrap();
        assert_eq!(step.href(), "/errors?range=7d&code=referer_denied&by=site");
        let second = wanted(GroupBy::Site, Filter::code("referer_denied"));
        let step = closer(&step, &second, &Key::Site(3)).unwrap();
        assert_eq!(step.get("by"), Some("host"));
        let third =
            wanted(GroupBy::Host, Filter { site: Some(3), ..Filter::code("referer_denied") });
        let step = closer(&step, &third, &name("")).unwrap();
        assert_eq!((step.get("host"), step.get("by")), (Some("-"), Some("sitekey")));
        assert_eq!(closer(&address, &third, &name("*")), None);
        // Hosts are not counted by source.
        let of_source = wanted(GroupBy::Source, Filter { site: Some(3), ..Filter::code("x") });
        assert_eq!(next_by(&of_source), Some(GroupBy::Sitekey));
    }

    #[test]
    fn the_times_around_one_do_not_reach_beyond_now() {
        let now = "2026-06-15T12:00:00Z".parse().unwrap();
        let day = range("2026-06-14T12:00:00Z", "2026-06-15T12:00:00Z");
        let around = around(day, now);
        assert_eq!(around.later, None);
        assert_eq!(around.earlier, Some(range("2026-06-14T00:00:00Z", "2026-06-15T00:00:00Z")));
        assert_eq!(around.wider, Some(range("2026-06-13T12:00:00Z", "2026-06-15T12:00:00Z")));
        assert_eq!(around.closer, Some(range("2026-06-14T18:00:00Z", "2026-06-15T06:00:00Z")));
        let minute = range("2026-06-14T12:00:00Z", "2026-06-14T12:01:00Z");
        assert_eq!(super::around(minute, now).closer, None);
    }
}
