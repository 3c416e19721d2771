//! The page of the explorer.

mod filters;
mod states;
mod table;

use self::filters::{Chosen as ChosenFilters, Filters};
use self::states::State;
use self::table::{Table, partial};
use super::model::{NAMES, NO_REFERER, Report, Wanted};
use super::rules::{around, at_range};
use crate::codes::api::errors_page;
use crate::codes::view::Samples;
use crate::stats::course::Compared;
use crate::stats::model::{Comparison, GroupBy, Range};
use crate::stats::view::figures::{Change, Figure, Figures};
use crate::ui::chart::StackedChart;
use crate::ui::frame::{Frame, Section};
use crate::ui::load::loaded;
use crate::ui::number::{compact, counted, grouped, percent};
use crate::ui::query::Address;
use crate::ui::range::{Chosen, NAMES as RANGE_NAMES, RangeNote, RangePicker};
use jiff::Timestamp;
use leptos::prelude::*;

/// `/errors`
#[component]
pub fn ErrorsPage() -> impl IntoView {
    let address = Address::current();
    let (chosen, problem) = Chosen::of(&address);
    let wanted = Wanted::read(|name| address.get(name).map(str::to_owned));
    loaded(errors_page(chosen, wanted), move |report| {
        let range = chosen.resolve(report.now);
        let tools = view! { <RangePicker address=address.clone() chosen range/> }.into_any();
        let flash = report.flash.clone();
        view! {
            <Frame here=Section::Errors title="Errors" flash=flash tools=tools>
                <div class="page-head">
                    <h1>"Errors"</h1>
                    <Tools address=address.clone()/>
                </div>
                <Filters report=report.clone() address=address.clone()/>
                <ChosenFilters report=report.clone() address=address.clone()/>
                <RangeNote problem/>
                <Explored report address chosen/>
            </Frame>
        }
    })
}

/// What a code of the catalogue, a site and so on is called.
pub(super) const fn noun(by: GroupBy) -> (&'static str, &'static str) {
    match by {
        GroupBy::Code => ("code", "codes"),
        GroupBy::Site => ("site", "sites"),
        GroupBy::Host => ("host", "hosts"),
        GroupBy::Sitekey => ("sitekey", "sitekeys"),
        GroupBy::Source => ("source", "sources"),
    }
}

/// The same as a heading.
const fn heading(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Code => "Codes",
        GroupBy::Site => "Sites",
        GroupBy::Host => "Hosts",
        GroupBy::Sitekey => "Sitekeys",
        GroupBy::Source => "Sources",
    }
}

/// The address of a file with the same question.
fn elsewhere(address: &Address, path: &'static str) -> String {
    let kept: Vec<&str> = NAMES.iter().chain(&RANGE_NAMES).copied().collect();
    address.only(&kept).at(path).href()
}

/// What can be done with all that is shown.
#[component]
fn Tools(address: Address) -> impl IntoView {
    let live = address.only(&["site", "code", "host", "sitekey", "source"]);
    // The tail knows no way to ask for no host at all.
    let live = if live.get("host") == Some(NO_REFERER) { live.without(&["host"]) } else { live };
    let live = live.at(crate::live::model::PATH).href();
    let hosts = address.range_only().with("site", address.get("site").unwrap_or_default());
    let hosts = hosts.at("/errors/hosts").href();
    let table = format!("{}#as-table", address.with("table", "1").href());
    view! {
        <div class="actions">
            <a class="btn small" href=table>"Table"</a>
            <details class="menu" name="menu">
                <summary class="btn small">"Export"</summary>
                <div class="menu-body">
                    <a href=elsewhere(&address, "/errors.csv") download="">"CSV"<small>"The lines of the table"</small></a>
                    <a href=elsewhere(&address, "/errors.json") download="">"JSON"<small>"With the courses of the chart"</small></a>
                </div>
            </details>
            <a class="btn small" href=hosts>"Rejected hosts"</a>
            <a class="btn small" href=live>"Live"</a>
        </div>
    }
}

#[component]
fn Explored(report: Report, address: Address, chosen: Chosen) -> impl IntoView {
    let of = scope(&report);
    // What only the samples know is not drawn.
    let drawn_by = match report.sampled {
        Some(sampled) if sampled.left_out == report.wanted.by => GroupBy::Code,
        _ => report.wanted.by,
    };
    let what = report.wanted.filter.code.clone().unwrap_or_else(|| "Errors".to_owned());
    let title = match (drawn_by, &report.wanted.filter.code) {
        (GroupBy::Code, Some(_)) => what,
        (by, _) => format!("{what} by {}", noun(by).0),
    };
    let as_rates = report.wanted.as_rates;
    let title = if as_rates { format!("{title}, of all attempts") } else { title };
    let zoom = view! { <Zoom report=report.clone() address=address.clone()/> }.into_any();
    let (samples, days) = (report.samples.clone(), report.sample_days);
    let now = report.now;
    let before = before_words(&report, chosen);
    // What the numbers leave out is said before the first of them.
    let left_out = report
        .sampled
        .filter(|_| report.left_out().is_some())
        .map(|sampled| partial(sampled, report.wanted.by));
    view! {
        {left_out}
        <KeyFigures report=report.clone() before=before.clone()/>
        {report.nothing.map(|nothing| view! { <State nothing report=report.clone() address=address.clone()/> })}
        <StackedChart
            chart=report.chart.clone()
            title
            of
            address=address.clone()
            legend_label="Series; choose one to hide or show it"
            attempts=report.attempts_trend.clone()
            as_rates
            before=report.trend_before.clone()
            before_words=before.unwrap_or_default()
            zooms=true
            tools=zoom
        />
        <Table report address/>
        {samples.map(|samples| view! { <Samples samples days now open=true/> })}
    }
}

/// What is looked at, in few words.
fn scope(report: &Report) -> String {
    let filter = &report.wanted.filter;
    let parts = [
        report.site_name(),
        filter
            .host
            .clone()
            .map(|host| if host.is_empty() { "no referer".to_owned() } else { host }),
        filter.source.clone().filter(|_| report.sampled.is_none()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "all sites".to_owned() } else { parts.join(", ") }
}

/// What it is compared with, in words.
fn before_words(report: &Report, chosen: Chosen) -> Option<String> {
    report.before?;
    Some(match report.wanted.compare? {
        Comparison::Previous => chosen.before().to_owned(),
        Comparison::Week if report.range.length().as_hours() <= 7 * 24 + 1 => {
            "the same time a week before".to_owned()
        }
        Comparison::Week => "the same weekdays before".to_owned(),
    })
}

/// Errors, their rate, attempts.
#[component]
fn KeyFigures(report: Report, before: Option<String>) -> impl IntoView {
    let counted_over = counted_over(&report);
    let Report { count, attempts, .. } = report;
    let label = if report.wanted.filter.code.as_deref() == Some(crate::codes::OK) {
        "Passed"
    } else {
        "Errors"
    };
    let note = |of: Compared, worse: bool| match &before {
        Some(before) => view! { <Change of before=before.clone() more_is_worse=worse/> }.into_any(),
        None => ().into_any(),
    };
    let rate_note = match &before {
        Some(before) if attempts.before > 0 => {
            format!("{} {before}", percent(count.before, attempts.before))
        }
        _ => format!("of {}", counted(attempts.now, "attempt", "attempts")),
    };
    let groups = i64::try_from(report.groups.len()).unwrap_or(0)
        + report.other.as_ref().map_or(0, |(_, keys)| *keys);
    let (one, _) = noun(report.wanted.by);
    let leading = report.groups.iter().find(|group| group.count.now > 0);
    let leading = leading
        .map_or_else(|| format!("no {one} with any"), |group| format!("{} leads", group.label));
    let is_sampled = report.sampled.is_some() && report.left_out().is_none();
    let leading = if is_sampled { "of samples".to_owned() } else { leading };
    let (count_note, attempts_note) = (note(count, true), note(attempts, false));
    view! {
        <Figures>
            <Figure label=label value=grouped(count.now)>
                {count_note}
            </Figure>
            <Figure label="Rate" value=percent(count.now, attempts.now)>{rate_note}</Figure>
            <Figure label="Attempts" value=compact(attempts.now)>
                {attempts_note}
            </Figure>
            <Figure label=heading(report.wanted.by) value=grouped(groups)>
                {leading}
            </Figure>
        </Figures>
        <p class="counted-over">{counted_over}</p>
    }
}

/// The time that every number is of, and the one it stands beside, in words.
fn counted_over(report: &Report) -> String {
    let Report { range, before, now, .. } = report;
    let instant = |at: Timestamp| at.strftime("%-d %b %Y %H:%M").to_string();
    let to = if range.to >= *now { "now".to_owned() } else { instant(range.to) };
    let counted =
        format!("Every number on this page counts from {} to {to}, UTC", instant(range.from));
    match (before, report.wanted.compare) {
        (Some(Range { from, to }), _) => {
            format!("{counted}, and is compared with {} to {}.", instant(*from), instant(*to))
        }
        (None, Some(_)) => format!(
            "{counted}. Nothing is compared: these counts are kept by the hour or the day, and none of this time is over. \
             Choose a longer time."
        ),
        (None, None) => format!("{counted}."),
    }
}

/// Earlier, later, out and in: by links, for whoever does not drag.
#[component]
fn Zoom(report: Report, address: Address) -> impl IntoView {
    let around = around(report.range, report.now);
    let link = |label: &'static str, range: Option<Range>| match range {
        Some(range) => {
            let href = at_range(&address, range).href();
            view! { <a class="btn small" href=href>{label}</a> }.into_any()
        }
        None => view! { <span class="btn small" aria-disabled="true">{label}</span> }.into_any(),
    };
    let as_rates = report.wanted.as_rates;
    let toggle = address.with("as", if as_rates { "" } else { "rate" }).href();
    view! {
        <nav class="zoom" aria-label="Time">
            {link("Earlier", around.earlier)}
            {link("Later", around.later)}
            {link("Zoom out", around.wider)}
            {link("Zoom in", around.closer)}
        </nav>
        <a class="btn small" href=toggle>{if as_rates { "Show counts" } else { "Show rates" }}</a>
    }
}
