//! The chart as SVG, and its legend.

use super::axis::{position, ticks};
use super::bars::{Drawing, bars, counts, open_query, percent, step, step_label};
use super::brush::Brush;
use super::geometry::{BASE, HEIGHT, Scale, TOP, column, units};
use super::marks::marks;
use super::model::{Chart, Series};
use super::series_class;
use super::twin::table;
use crate::ui::number::grouped;
use crate::ui::query::Address;
use crate::ui::time::utc;
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
    /// The attempts of each step, which its counts are a part of: the table then has rates.
    #[prop(optional)]
    attempts: Vec<i64>,
    /// Draw shares of the attempts in place of counts.
    #[prop(optional)]
    as_rates: bool,
    /// What stands behind each bar for comparison: the counts of the step before, and the attempts.
    #[prop(optional)]
    before: Vec<(i64, i64)>,
    /// When that was.
    #[prop(default = "the time before".to_owned(), into)]
    before_words: String,
    /// Whether a step leads to its own time.
    #[prop(optional)]
    zooms: bool,
    /// More tools beside the heading.
    #[prop(optional)]
    tools: Option<AnyView>,
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
    let zoom = zooms.then(|| open_query(&address.without(&crate::ui::range::NAMES)));
    let drawing = Drawing { attempts: &attempts, as_rates, before: &before, zoom };
    let compared = (!before.is_empty()).then(|| {
        view! { <p class="chart-note"><svg class="then-key" viewBox="0 0 16 10" aria-hidden="true"><line x1="0" x2="16" y1="5" y2="5"></line></svg>" "{before_words}</p> }
    });
    // A row for each step is much to send with every page: it waits until it is asked for.
    let as_table = if address.get("table").is_some() {
        view! {
            <details class="disclosure" id="as-table" open>
                <summary>"Show as a table"</summary>
                {table(&title, &chart, &shown, &drawing)}
            </details>
        }
        .into_any()
    } else {
        let href = format!("{}#as-table", address.with("table", "1").href());
        view! { <div class="panel-foot"><a href=href>"Show as a table"</a></div> }.into_any()
    };
    view! {
        <section class="panel">
            <Patterns/>
            <figure class="chart">
                <figcaption class="panel-head">
                    <h2>{title.clone()}</h2>
                    <p>{note}</p>
                    <div class="actions">
                        {tools}
                        <label class="check"><input class="chart-patterns" type="checkbox"/>"Patterns"</label>
                    </div>
                </figcaption>
                {plot(&chart, &shown, label, &drawing)}
                {(!chart.marks.is_empty())
                    .then(|| view! { <p class="chart-note">"▾ marks a configuration change, a number several of them"</p> })}
                {compared}
                {silence_note(&chart)}
                {(is_empty && chart.silent_since.is_none())
                    .then(|| view! { <p class="chart-note">{empty}</p> })}
                {legend}
                {as_table}
            </figure>
        </section>
    }
}

fn plot(
    chart: &Chart,
    shown: &[Series],
    label: String,
    drawing: &Drawing<'_>,
) -> impl IntoView + use<> {
    let starts = chart.starts();
    let heights = |at: usize| -> Vec<i64> {
        let attempts = drawing.attempts_at(at);
        counts(shown, at).into_iter().map(|count| drawing.height(count, attempts)).collect()
    };
    let heights: Vec<Vec<i64>> = (0..starts.len()).map(heights).collect();
    let of_step = |(at, heights): (usize, &Vec<i64>)| {
        heights.iter().sum::<i64>().max(drawing.before_at(at).unwrap_or(0))
    };
    let largest = heights.iter().enumerate().map(of_step).max().unwrap_or(0);
    let scale = Scale::for_largest(largest);
    let labels = scale
        .lines()
        .map(|(value, y)| view! { <text x="44" y=y + 4.0>{drawing.label(value)}</text> })
        .collect_view();
    let grid = scale
        .lines()
        .map(|(value, y)| {
            view! { <line class=(value == 0).then_some("base") x1="0" x2="100%" y1=y y2=y></line> }
        })
        .collect_view();
    let units = units(starts.len());
    let steps = starts
        .iter()
        .enumerate()
        .map(|(at, start)| step((at, *start), (chart, shown), units, drawing))
        .collect_view();
    let bars = bars(shown, &heights, units, scale);
    let box_of_columns = format!("0 0 {} {HEIGHT}", units * starts.len());
    let then = (0..starts.len())
        .filter_map(|at| {
            let column = column(at, starts.len());
            let y = scale.y(drawing.before_at(at)?);
            let (x1, x2) = (percent(column.x), percent(column.x + column.width));
            Some(view! { <line x1=x1 x2=x2 y1=y y2=y></line> })
        })
        .collect_view();
    let marks = marks(chart.range, &chart.marks);
    let ticks = ticks(chart.range, chart.step.seconds(), chart.now)
        .into_iter()
        .map(|tick| {
            view! { <text class=tick.place.class() x=percent(tick.x) y="220">{tick.label}</text> }
        })
        .collect_view();
    let brush = drawing.zoom.clone().map(|href| {
        let steps = i64::try_from(starts.len()).unwrap_or(i64::MAX);
        view! { <Brush from=chart.range.from.as_second() step=chart.step.seconds() steps href/> }
    });
    view! {
        <div class="plot">
            <svg class="y-axis" height=HEIGHT aria-hidden="true">{labels}</svg>
            <svg class="canvas" height=HEIGHT role="group" aria-label=label>
                <g class="grid" aria-hidden="true">{grid}</g>
                {silence(chart)}
                <svg class="cols" viewBox=box_of_columns preserveAspectRatio="none" height=HEIGHT>
                    {steps}
                    <g class="bars">{bars}</g>
                </svg>
                <g class="then" aria-hidden="true">{then}</g>
                {marks}
                <g class="ticks" aria-hidden="true">{ticks}</g>
            </svg>
            {brush}
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
            // The same for a narrow chart, whose bars are drawn closer together.
            let (id, narrow) = (format!("p{hue}"), format!("n{hue}"));
            view! {
                <pattern id=narrow href=format!("#{id}") patternTransform="scale(3 1)"></pattern>
                <pattern id=id width="8" height="8" patternUnits="userSpaceOnUse">
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
