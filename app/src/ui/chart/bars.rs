//! The bars: where they stand, what they say, and where they lead.

use super::geometry::{Scale, draw, stack};
use super::model::{Chart, Series};
use super::series_class;
use crate::stats::model::Step;
use crate::ui::number::{compact, grouped};
use crate::ui::query::Address;
use jiff::Timestamp;
use leptos::prelude::*;

/// How a chart is drawn, besides what it shows.
pub(super) struct Drawing<'a> {
    /// The attempts of each step, which its counts are a part of.
    pub(super) attempts: &'a [i64],
    /// Whether shares of the attempts are drawn in place of counts.
    pub(super) as_rates: bool,
    /// What stands behind each bar for comparison: the counts of the step before, and the attempts.
    pub(super) before: &'a [(i64, i64)],
    /// The query of the page without a time, up to where one is added; none where no step has a link.
    pub(super) zoom: Option<String>,
}

/// A share of everything, in the units in which rates are drawn.
const ALL: i64 = 1_000_000;

impl Drawing<'_> {
    /// How high a count stands: itself, or its share of the attempts.
    pub(super) fn height(&self, count: i64, attempts: i64) -> i64 {
        if !self.as_rates {
            return count;
        }
        let share = i128::from(count) * i128::from(ALL) / i128::from(attempts.max(1));
        i64::try_from(share).unwrap_or(ALL).min(ALL)
    }

    /// The attempts of this step.
    pub(super) fn attempts_at(&self, at: usize) -> i64 {
        self.attempts.get(at).copied().unwrap_or(0)
    }

    /// What stood at this step in the time before.
    pub(super) fn before_at(&self, at: usize) -> Option<i64> {
        self.before.get(at).map(|(count, attempts)| self.height(*count, *attempts))
    }

    /// What a line of the grid says.
    pub(super) fn label(&self, value: i64) -> String {
        if self.as_rates { crate::ui::number::percent(value, ALL) } else { compact(value) }
    }

    /// The link to one step, on the page that it stands on: a chart has a hundred of them, and no step is
    /// shorter than a minute.
    pub(super) fn step(&self, start: Timestamp, step: Step) -> Option<String> {
        let end = start.checked_add(step.duration()).ok()?;
        let [from, to] = [start, end].map(|at| at.strftime("%Y-%m-%dT%H:%M"));
        self.zoom.as_ref().map(|query| format!("{query}from={from}&to={to}"))
    }
}

/// The query of an address, up to where more is added.
pub(super) fn open_query(address: &Address) -> String {
    let href = address.href();
    match href.split_once('?') {
        Some((_, query)) => format!("?{query}&"),
        None => "?".to_owned(),
    }
}

/// The counts of the series at one step.
pub(super) fn counts(shown: &[Series], at: usize) -> Vec<i64> {
    shown.iter().map(|series| series.counts.get(at).copied().unwrap_or(0)).collect()
}

/// What one step says, the one `at` of so many, and where it leads: it lies beneath the bars that [`bars`] draws.
pub(super) fn step(
    (at, start): (usize, Timestamp),
    (chart, shown): (&Chart, &[Series]),
    units: usize,
    drawing: &Drawing<'_>,
) -> AnyView {
    let said = step_title(start, chart, &counts(shown, at), shown, drawing.attempts.get(at));
    let x = at * units;
    match drawing.step(start, chart.step) {
        // The table has the same links for the keyboard.
        Some(href) => {
            view! { <a href=href tabindex="-1"><title>{said}</title><rect x=x width=units></rect></a> }
                .into_any()
        }
        None => view! { <rect x=x width=units><title>{said}</title></rect> }.into_any(),
    }
}

/// The bars of all steps: a path for each series, since a page may have a thousand parts.
pub(super) fn bars(
    shown: &[Series],
    heights: &[Vec<i64>],
    units: usize,
    scale: Scale,
) -> impl IntoView + use<> {
    let mut paths = vec![String::new(); shown.len()];
    for (at, heights) in heights.iter().enumerate() {
        draw(&mut paths, at, units, &stack(heights, scale));
    }
    let drawn = shown.iter().zip(paths).filter(|(_, path)| !path.is_empty());
    drawn
        .map(|(series, path)| view! { <path class=series_class(series.hue) d=path></path> })
        .collect_view()
}

/// How many of its series a bar names; the table has all of them.
const NAMED: usize = 4;

/// What a bar says, the year only if it is another: `17 May 10:00 UTC · 802: referer_denied 700, site_paused 102`; of
/// how many attempts, where that is known.
fn step_title(
    start: Timestamp,
    chart: &Chart,
    counts: &[i64],
    shown: &[Series],
    attempts: Option<&i64>,
) -> String {
    let all: i64 = counts.iter().sum();
    let of = attempts.map_or_else(String::new, |attempts| {
        let rate = crate::ui::number::percent(all, *attempts);
        format!(" of {} attempts ({rate})", grouped(*attempts))
    });
    let mut parts: Vec<(&Series, i64)> =
        shown.iter().zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect();
    parts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named = parts.iter().take(NAMED);
    let named: Vec<String> =
        named.map(|(series, count)| format!("{} {}", series.name, grouped(*count))).collect();
    let more = match parts.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let [year, this_year] = [start, chart.now].map(|at| at.strftime("%Y").to_string());
    let label = label(start, chart.step, year != this_year);
    if parts.is_empty() && chart.is_silent_at(start) {
        format!("{label} UTC · no reports")
    } else if parts.is_empty() {
        format!("{label} UTC · none{of}")
    } else {
        format!("{label} UTC · {}{of}: {}{more}", grouped(all), named.join(", "))
    }
}

/// `17 May 2015 10:00`, or the day alone for steps of days.
pub(super) fn step_label(start: Timestamp, step: Step) -> String {
    label(start, step, true)
}

fn label(start: Timestamp, step: Step, with_year: bool) -> String {
    let day = if with_year { "%-d %b %Y" } else { "%-d %b" };
    let time = if step.seconds() >= 86_400 { "" } else { " %H:%M" };
    start.strftime(&format!("{day}{time}")).to_string()
}

/// As SVG writes it.
pub(super) fn percent(x: f64) -> String {
    format!("{x}%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::model::{Grain, Range};

    fn chart(series: Vec<Series>) -> Chart {
        let range = Range::new(
            "2026-11-23T14:00:00Z".parse().unwrap(),
            "2026-11-23T14:30:00Z".parse().unwrap(),
        );
        Chart {
            range: range.unwrap(),
            step: Step { grain: Grain::Minute, multiple: 15 },
            now: "2026-11-23T14:30:00Z".parse().unwrap(),
            series,
            marks: Vec::new(),
            silent_since: None,
        }
    }

    fn series(name: &str, count: i64) -> Series {
        Series { name: name.to_owned(), hue: Some(1), counts: vec![count, 0] }
    }

    #[test]
    fn a_bar_leads_to_its_time_on_the_page_it_stands_on() {
        let pairs = [("code", "referer_denied"), ("q", "a b")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (address, expected) in [
            (
                Address::new("/errors", pairs),
                "?code=referer_denied&q=a%20b&from=2026-11-23T14:15&to=",
            ),
            (Address::new("/errors", []), "?from=2026-11-23T14:15&to=2026-11-23T14:30"),
        ] {
            let zoom = Some(open_query(&address));
            let drawing = Drawing { attempts: &[], as_rates: false, before: &[], zoom };
            let chart = chart(Vec::new());
            let href = drawing.step(chart.starts()[1], chart.step).unwrap();
            assert!(href.starts_with(expected), "{href}");
        }
    }

    #[test]
    fn a_bar_names_its_largest_series_and_counts_the_others() {
        let shown: Vec<Series> =
            (1..=6).map(|place| series(&format!("code_{place}"), place * 1_000)).collect();
        let chart = chart(shown.clone());
        let said = |at| step_title(chart.starts()[at], &chart, &counts(&shown, at), &shown, None);
        assert_eq!(
            said(0),
            "23 Nov 14:00 UTC · 21,000: code_6 6,000, code_5 5,000, code_4 4,000, code_3 3,000 and 2 more"
        );
        assert_eq!(said(1), "23 Nov 14:15 UTC · none");
    }

    #[test]
    fn what_a_series_is_called_stays_text() {
        let shown = [series("</title><script>alert(1)</script>", 1)];
        let drawing = Drawing { attempts: &[], as_rates: false, before: &[], zoom: None };
        let chart = chart(shown.to_vec());
        let html = step((0, chart.starts()[0]), (&chart, &shown), 10, &drawing).to_html();
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
    }
}
