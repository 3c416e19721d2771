//! The chart as SVG, its legend and its table.

use super::axis::{position, ticks};
use super::geometry::{BASE, HEIGHT, Scale, TOP, column, stack};
use super::marks::marks;
use super::model::{Chart, Series};
use super::series_class;
use crate::stats::model::Step;
use crate::ui::number::{compact, grouped};
use crate::ui::query::Address;
use crate::ui::time::utc;
use jiff::Timestamp;
use leptos::prelude::*;

/// The name in an address that lists the hidden series, separated by commas.
const HIDE: &str = "hide";

/// Stacked bars by code, with everything around them.
#[component]
pub fn StackedChart(
    /// What it shows.
    chart: Chart,
    /// Its heading.
    #[prop(into)]
    title: String,
    /// What stands before the length of a step, such as a site's name.
    #[prop(optional, into)]
    of: Option<String>,
    /// The address of the page, which says what is hidden.
    address: Address,
    /// What is said when nothing was counted.
    #[prop(default = "No errors in this range.")]
    empty: &'static str,
    /// What a screen reader says of the legend.
    #[prop(default = "Codes; choose one to hide or show it")]
    legend_label: &'static str,
) -> impl IntoView {
    let hidden: Vec<String> =
        address.get(HIDE).unwrap_or_default().split(',').map(str::to_owned).collect();
    let is_hidden = |series: &Series| hidden.contains(&series.name);
    let shown: Vec<Series> =
        chart.series.iter().filter(|series| !is_hidden(series)).cloned().collect();
    let of = of.map(|of| format!("{of}, ")).unwrap_or_default();
    let note = format!("{of}per {}, UTC", chart.step_in_words());
    let legend =
        (chart.series.len() > 1).then(|| legend(&chart.series, &hidden, &address, legend_label));
    let is_empty = shown.iter().all(|series| series.total() == 0);
    let label = summary(&title, &chart, &shown);
    view! {
        <section class="panel">
            <Patterns/>
            <figure class="chart">
                <figcaption class="panel-head">
                    <h2>{title.clone()}</h2>
                    <p>{note}</p>
                    <div class="actions">
                        <label class="check"><input class="chart-patterns" type="checkbox"/>"Patterns"</label>
                    </div>
                </figcaption>
                {plot(&chart, &shown, label)}
                {(!chart.marks.is_empty())
                    .then(|| view! { <p class="chart-note">"▾ marks a configuration change; a number says how many share one"</p> })}
                {silence_note(&chart)}
                {(is_empty && chart.silent_since.is_none())
                    .then(|| view! { <p class="chart-note">{empty}</p> })}
                {legend}
                <details class="disclosure">
                    <summary>"Show as a table"</summary>
                    {table(&title, &chart, &shown)}
                </details>
            </figure>
        </section>
    }
}

fn plot(chart: &Chart, shown: &[Series], label: String) -> impl IntoView + use<> {
    let starts = chart.starts();
    let counts = |at: usize| -> Vec<i64> {
        shown.iter().map(|series| series.counts.get(at).copied().unwrap_or(0)).collect()
    };
    let largest = (0..starts.len()).map(|at| counts(at).iter().sum()).max().unwrap_or(0);
    let scale = Scale::for_largest(largest);
    let labels = scale
        .lines()
        .map(|(value, y)| view! { <text x="44" y=y + 4.0>{compact(value)}</text> })
        .collect_view();
    let grid = scale
        .lines()
        .map(|(value, y)| {
            view! { <line class=(value == 0).then_some("base") x1="0" x2="100%" y1=y y2=y></line> }
        })
        .collect_view();
    let columns = starts
        .iter()
        .enumerate()
        .map(|(at, start)| {
            let counts = counts(at);
            bar(at, starts.len(), &counts, shown, scale, &step_title(*start, chart, &counts, shown))
        })
        .collect_view();
    let marks = marks(chart.range, &chart.marks);
    let ticks = ticks(chart.range, chart.step.seconds(), chart.now)
        .into_iter()
        .map(|tick| {
            view! { <text class=tick.place.class() x=percent(tick.x) y="220">{tick.label}</text> }
        })
        .collect_view();
    view! {
        <div class="plot">
            <svg class="y-axis" height=HEIGHT aria-hidden="true">{labels}</svg>
            <svg class="canvas" height=HEIGHT role="group" aria-label=label>
                <g class="grid" aria-hidden="true">{grid}</g>
                {silence(chart)}
                <g class="cols">{columns}</g>
                {marks}
                <g class="ticks" aria-hidden="true">{ticks}</g>
            </svg>
        </div>
    }
}

/// The time since when nothing is reported: hatched, since nothing is not zero.
fn silence(chart: &Chart) -> Option<impl IntoView + use<>> {
    let from = position(chart.range, chart.silent_since?);
    let to = position(chart.range, chart.now).max(from);
    Some(view! {
        <rect
            class="silence"
            x=percent(from)
            width=percent(super::geometry::round(to - from))
            y=TOP
            height=BASE - TOP
            aria-hidden="true"
        ></rect>
    })
}

/// What the hatching means.
fn silence_note(chart: &Chart) -> Option<impl IntoView + use<>> {
    let since = chart.silent_since?;
    let said = format!("Hatched: no reports since {}", utc(since));
    Some(view! { <p class="chart-note">{said}</p> })
}

fn bar(
    at: usize,
    of: usize,
    counts: &[i64],
    shown: &[Series],
    scale: Scale,
    title: &str,
) -> impl IntoView + use<> {
    let column = column(at, of);
    let parts = stack(counts, scale)
        .into_iter()
        .map(|part| {
            let class = series_class(shown.get(part.series).and_then(|series| series.hue));
            let (x, width) = (percent(column.bar_x), percent(column.bar_width));
            view! { <rect class=class x=x width=width y=part.y height=part.height></rect> }
        })
        .collect_view();
    let (x, width) = (percent(column.x), percent(column.width));
    view! {
        <g class="col">
            <title>{title.to_owned()}</title>
            <rect class="hit" x=x width=width y=TOP - 4.0 height=BASE - TOP + 4.0></rect>
            {parts}
        </g>
    }
}

fn legend(
    all: &[Series],
    hidden: &[String],
    address: &Address,
    label: &'static str,
) -> impl IntoView + use<> {
    let keys = all
        .iter()
        .map(|series| {
            let off = hidden.contains(&series.name);
            let mut next: Vec<&str> =
                hidden.iter().map(String::as_str).filter(|name| *name != series.name).collect();
            if !off {
                next.push(&series.name);
            }
            next.retain(|name| !name.is_empty());
            let href = address.with(HIDE, next.join(",")).href();
            let title = format!("{} {}", if off { "Show" } else { "Hide" }, series.name);
            view! {
                <li>
                    <a class=if off { "key off" } else { "key" } href=href title=title>
                        <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
                            <rect class=series_class(series.hue) width="10" height="10" rx="2"></rect>
                        </svg>
                        {series.name.clone()}
                        " "
                        <span class="num">{grouped(series.total())}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="legend" aria-label=label>{keys}</ul> }
}

fn table(title: &str, chart: &Chart, shown: &[Series]) -> impl IntoView + use<> {
    let heads = shown
        .iter()
        .map(|series| view! { <th scope="col" class="num">{series.name.clone()}</th> })
        .collect_view();
    let rows = chart
        .starts()
        .into_iter()
        .enumerate()
        .map(|(at, start)| {
            let counts: Vec<i64> =
                shown.iter().map(|series| series.counts.get(at).copied().unwrap_or(0)).collect();
            let all: i64 = counts.iter().sum();
            let unheard = all == 0 && chart.is_silent_at(start);
            let told = move |count| if unheard { "no reports".to_owned() } else { grouped(count) };
            let cells = counts
                .into_iter()
                .map(|count| view! { <td class="num">{told(count)}</td> })
                .collect_view();
            view! {
                <tr>
                    <th scope="row" class="nowrap">{step_label(start, chart.step)}</th>
                    {cells}
                    <td class="num">{told(all)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap" role="group" aria-label=format!("{title}, as a table") tabindex="0">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Time, UTC"</th>
                        {heads}
                        <th scope="col" class="num">"All"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// What a screen reader says of the drawing.
fn summary(title: &str, chart: &Chart, shown: &[Series]) -> String {
    let at_step = |at: usize| shown.iter().filter_map(|series| series.counts.get(at)).sum::<i64>();
    let total: i64 = shown.iter().map(Series::total).sum();
    let peak = chart
        .starts()
        .into_iter()
        .enumerate()
        .max_by_key(|(at, _)| at_step(*at))
        .filter(|_| total > 0)
        .map(|(at, start)| {
            format!(", most at {} ({})", step_label(start, chart.step), grouped(at_step(at)))
        })
        .unwrap_or_default();
    format!("{title} per {}: {} in all{peak}", chart.step_in_words(), grouped(total))
}

/// What a bar says: `17 May 10:00 UTC · 802: referer_denied 700, site_paused 102`.
fn step_title(start: Timestamp, chart: &Chart, counts: &[i64], shown: &[Series]) -> String {
    let all: i64 = counts.iter().sum();
    let parts: Vec<String> = shown
        .iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(series, count)| format!("{} {}", series.name, grouped(*count)))
        .collect();
    let label = step_label(start, chart.step);
    if parts.is_empty() && chart.is_silent_at(start) {
        format!("{label} UTC · no reports")
    } else if parts.is_empty() {
        format!("{label} UTC · none")
    } else {
        format!("{label} UTC · {}: {}", grouped(all), parts.join(", "))
    }
}

/// `17 May 2015 10:00`, or the day alone for steps of days.
fn step_label(start: Timestamp, step: Step) -> String {
    let format = if step.seconds() >= 86_400 { "%-d %b %Y" } else { "%-d %b %Y %H:%M" };
    start.strftime(format).to_string()
}

fn percent(x: f64) -> String {
    format!("{x}%")
}

/// The pattern twins of the hues, which the style sheet refers to: a page has one chart.
#[component]
fn Patterns() -> impl IntoView {
    /// What is drawn over each hue, from the second on.
    const OVER: [&str; 7] = [
        "M-2 2l4-4M0 8l8-8M6 10l4-4",
        "M-2 6l4 4M0 0l8 8M6-2l4 4",
        "M2.4 4a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0",
        "M0 4h8",
        "M4 0v8",
        "M0 4h8M4 0v8",
        "M-2 2l4-4M0 8l8-8M6 10l4-4M0 0l8 8",
    ];
    let patterns = (1_u8..)
        .zip([None].into_iter().chain(OVER.map(Some)))
        .map(|(hue, over)| {
            view! {
                <pattern id=format!("p{hue}") width="8" height="8" patternUnits="userSpaceOnUse">
                    <rect class=series_class(Some(hue)) width="8" height="8"></rect>
                    {over.map(|d| view! { <path d=d></path> })}
                </pattern>
            }
        })
        .collect_view();
    view! {
        <svg class="patterns" width="0" height="0" aria-hidden="true">
            <defs>
                {patterns}
                <pattern id="silence" width="6" height="6" patternUnits="userSpaceOnUse">
                    <path class="hatch" d="M-1 1l2-2M0 6l6-6M5 7l2-2"></path>
                </pattern>
            </defs>
        </svg>
    }
}
