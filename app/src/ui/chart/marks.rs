//! The marks of configuration changes above a chart. Those that would stand on each other share one,
//! which says how many they are and leads to all of them.

use super::axis::position;
use super::geometry::BASE;
use crate::audit::model::{ChangeMark, Filter};
use crate::audit::view::entry_path;
use crate::stats::model::Range;
use crate::ui::number::{counted, grouped};
use crate::ui::query::Address;
use crate::ui::time::utc;
use jiff::SignedDuration;
use leptos::prelude::*;

/// How near two marks may stand on a wide chart and on a phone, in per cent of the width: a mark has 24
/// pixels to be hit in.
const WIDE: f64 = 2.2;
const NARROW: f64 = 7.5;
/// How many changes a mark names; the others are counted.
const NAMED: usize = 4;

/// The marks, twice where a narrow chart has to put more of them together; the style sheet shows one of
/// the two.
pub(super) fn marks(range: Range, changes: &[ChangeMark]) -> impl IntoView + use<> {
    let [wide, narrow] = [WIDE, NARROW].map(|apart| gather(range, changes, apart));
    let same = wide.len() == narrow.len();
    let drawn = |marks: Vec<Mark<'_>>| marks.iter().map(mark).collect_view();
    let narrow = (!same).then(|| view! { <g class="marks narrow">{drawn(narrow)}</g> });
    view! { <g class=if same { "marks" } else { "marks wide" }>{drawn(wide)}</g>{narrow} }
}

/// Changes that share a mark, oldest first.
struct Mark<'a> {
    /// Where it stands, in per cent of the width.
    x: f64,
    /// The changes; never none.
    changes: Vec<&'a ChangeMark>,
}

impl Mark<'_> {
    fn count(&self) -> i64 {
        self.changes.iter().map(|change| change.count).sum()
    }

    fn entries(&self) -> i64 {
        self.changes.iter().map(|change| change.entries).sum()
    }

    /// The page of the one entry, or the part of the trail that has all of them.
    fn href(&self) -> String {
        let (first, last) = match *self.changes {
            [only] if only.entries == 1 => return entry_path(only.id),
            [first, .., last] => (first, last),
            [only] => (only, only),
            [] => return "/audit".to_owned(),
        };
        let one_site = self.changes.iter().all(|change| change.site == first.site);
        let second = SignedDuration::from_secs(1);
        let floor = |change: &ChangeMark| {
            let nanoseconds = SignedDuration::from_nanos(change.at.subsec_nanosecond().into());
            change.at.checked_sub(nanoseconds).unwrap_or(change.at)
        };
        let filter = Filter {
            site: first.site.filter(|_| one_site),
            from: Some(floor(first)),
            to: floor(last).checked_add(second).ok(),
            ..Filter::default()
        };
        Address::new("/audit", filter.pairs()).href()
    }

    /// What it says: when, and what was changed.
    fn label(&self) -> String {
        let when = match *self.changes {
            [first, .., last] => format!("{} to {}", utc(first.at), utc(last.at)),
            [only] => utc(only.at),
            [] => String::new(),
        };
        let named: Vec<&str> =
            self.changes.iter().take(NAMED).map(|change| change.label.as_str()).collect();
        let more = self.entries() - i64::try_from(named.len()).unwrap_or(0);
        let than = if self.changes.iter().any(|change| change.is_cut) { "more than " } else { "" };
        let more = if more > 0 { format!(" and {than}{more} more") } else { String::new() };
        let what = format!("{}{more}", named.join(", "));
        match self.count() {
            1 => format!("{when}: {what}"),
            count => format!("{}, {when}: {what}", counted(count, "change", "changes")),
        }
    }
}

/// Puts each change, oldest first, to the mark before it where that is nearer than `apart`.
fn gather(range: Range, changes: &[ChangeMark], apart: f64) -> Vec<Mark<'_>> {
    let mut marks: Vec<Mark<'_>> = Vec::new();
    for change in changes {
        let x = position(range, change.at);
        match marks.last_mut() {
            Some(mark) if x - mark.x < apart => mark.changes.push(change),
            _ => marks.push(Mark { x, changes: vec![change] }),
        }
    }
    marks
}

fn mark(mark: &Mark<'_>) -> impl IntoView + use<> {
    let x = format!("{}%", mark.x);
    let (label, href, count) = (mark.label(), mark.href(), mark.count());
    // The title is its name, and what a pointer is told. The number in the sign's place stands in it already.
    let (class, sign) =
        if count > 1 { (Some("many"), grouped(count)) } else { (None, "▾".to_owned()) };
    view! {
        <a href=href>
            <title>{label}</title>
            <line x1=x.clone() x2=x.clone() y1="16" y2=BASE></line>
            <rect class="hit" x=x.clone() y="0" width="24" height="24" transform="translate(-12)"></rect>
            <text class=class x=x y="13" aria-hidden="true">{sign}</text>
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::model::EntryId;
    use crate::sites::model::SiteId;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn change(id: i64, at: &str, label: &str) -> ChangeMark {
        let (at, label) = (at.parse().unwrap(), label.to_owned());
        ChangeMark {
            id: EntryId(id),
            at,
            label,
            count: 1,
            entries: 1,
            is_cut: false,
            site: Some(SiteId(7)),
        }
    }

    fn day() -> Range {
        let [from, to] = ["2026-11-22T14:00:00Z", "2026-11-23T14:00:00Z"];
        Range::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_name_of_a_change_stays_text() {
        let label = "Renamed site </title><script>alert(1)</script>";
        let html = marks(day(), &[change(8123, "2026-11-23T13:01:00Z", label)]).to_html();
        assert!(html.contains("Renamed site &lt;/title&gt;&lt;script&gt;alert(1)"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn changes_that_would_cover_each_other_share_a_mark_that_leads_to_all() {
        let changes = [
            change(1, "2026-11-23T02:00:00Z", "Paused site Shop"),
            change(2, "2026-11-23T13:58:10.5Z", "Added domain a.example"),
            change(3, "2026-11-23T13:59:20.7Z", "Added domain b.example"),
        ];
        let marks = gather(day(), &changes, WIDE);
        let counts: Vec<i64> = marks.iter().map(Mark::count).collect();
        assert_eq!(counts, [1, 2]);
        assert_eq!(marks[0].href(), "/audit/1");
        let href = marks[1].href();
        assert!(href.starts_with("/audit?site=7&from="), "{href}");
        assert!(href.contains("13%3A58%3A10Z") && href.contains("13%3A59%3A21Z"), "{href}");
        let label = marks[1].label();
        assert!(label.starts_with("2\u{a0}changes, 2026-11-23 13:58:10 UTC to"), "{label}");
        assert!(label.ends_with("Added domain a.example, Added domain b.example"), "{label}");
    }

    #[test]
    fn what_was_done_at_once_is_one_change_of_many_entries() {
        let change = change(1, "2026-11-23T02:00:00Z", "Added domain a.example");
        let of = |entries| ChangeMark { entries, ..change.clone() };
        let many = [of(18)];
        let marks = gather(day(), &many, WIDE);
        assert_eq!(marks[0].count(), 1);
        let label = marks[0].label();
        assert!(label.ends_with("UTC: Added domain a.example and 17 more"), "{label}");
        assert!(marks[0].href().starts_with("/audit?site=7&from="), "{}", marks[0].href());
        assert_eq!(gather(day(), &[of(2)], WIDE)[0].href(), marks[0].href());
        let cut = [ChangeMark { is_cut: true, ..of(250) }];
        let label = gather(day(), &cut, WIDE)[0].label();
        assert!(label.ends_with("UTC: Added domain a.example and more than 249 more"), "{label}");
    }

    proptest! {
        #[test]
        fn marks_stand_apart_and_hold_every_change(mut at in prop::collection::vec(0_i64..86_400, 0..80)) {
            at.sort_unstable();
            let range = day();
            let instant = |second: &i64| range.from + SignedDuration::from_secs(*second);
            let changes: Vec<ChangeMark> = at
                .iter()
                .map(instant)
                .map(|at: Timestamp| change(1, &at.to_string(), ""))
                .collect();
            for apart in [WIDE, NARROW] {
                let marks = gather(range, &changes, apart);
                prop_assert_eq!(marks.iter().map(|mark| mark.changes.len()).sum::<usize>(), at.len());
                prop_assert!(marks.windows(2).all(|pair| pair[1].x - pair[0].x >= apart));
            }
        }
    }
}
