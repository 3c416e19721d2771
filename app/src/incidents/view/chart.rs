//! The course of an incident as SVG: what was counted, what is usual, and what happened when.

use crate::incidents::model::Incident;
use crate::incidents::pages::IncidentCourse;
use crate::ui::number::grouped;
use crate::ui::table::TableWrap;
use crate::ui::time::utc;
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

const HEIGHT: f64 = 160.0;
const TOP: f64 = 40.0;
/// The names of the marks stand in so many rows, so that those of neighbours do not cover each other.
const ROWS: usize = 3;

/// The counts as bars, the usual band behind them, and a line for each event.
#[component]
pub(super) fn Course(incident: Incident, course: IncidentCourse, now: Timestamp) -> impl IntoView {
    let steps = course.counts.len();
    let highest = course
        .counts
        .iter()
        .map(|count| float(*count))
        .chain(course.usual.iter().map(|(_, high)| *high))
        .fold(1.0, f64::max);
    let y = move |count: f64| TOP + HEIGHT - (count / highest) * HEIGHT;
    let width = 100.0 / float(i64::try_from(steps).unwrap_or(1).max(1));
    let x = move |at: usize| width * float(i64::try_from(at).unwrap_or(0));
    let bars = course.counts.iter().enumerate().map(|(at, count)| {
        let unusual = course.usual.get(at).is_some_and(|(_, high)| float(*count) > *high);
        let class = if unusual { "bar unusual" } else { "bar" };
        let top = y(float(*count));
        view! {
            <rect class=class x=percent(x(at) + width * 0.1) width=percent(width * 0.8) y=number(top) height=number(TOP + HEIGHT - top)></rect>
        }
    });
    let band = course.usual.iter().enumerate().map(|(at, (low, high))| {
        let (top, bottom) = (y(*high), y(*low));
        view! { <rect class="band" x=percent(x(at)) width=percent(width) y=number(top) height=number((bottom - top).max(1.0))></rect> }
    });
    let length = SignedDuration::from_mins(course.step * i64::try_from(steps).unwrap_or(0));
    let place = |at: Timestamp| {
        let part = at.duration_since(course.from).as_secs_f64() / length.as_secs_f64().max(1.0);
        (0.0..=1.0).contains(&part).then_some(part * 100.0)
    };
    let change = incident.explanation.change.as_ref().map(|change| change.at);
    let mut lines: Vec<(f64, &'static str)> = [
        (change, "▾ change"),
        (Some(incident.onset), "onset"),
        (incident.fixed_at, "fix"),
        (incident.closed_at, "over"),
    ]
    .into_iter()
    .filter_map(|(at, label)| Some((place(at?)?, label)))
    .collect();
    lines.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let marks = lines.iter().enumerate().map(|(row, (at, label))| {
        let anchor = if *at > 85.0 { "end" } else { "start" };
        let y = 10 + 12 * (row % ROWS);
        view! {
            <line class="mark" x1=percent(*at) x2=percent(*at) y1=number(TOP - 2.0) y2=number(TOP + HEIGHT)></line>
            <text class="mark-label" x=percent(*at) y=y.to_string() text-anchor=anchor>{*label}</text>
        }
    });
    let ends = [
        (0.0, "start", course.from),
        (100.0, "end", course.from.checked_add(length).unwrap_or(now)),
    ];
    let times = ends.map(|(at, anchor, time)| {
        view! { <text x=percent(at) y="218" text-anchor=anchor>{time.strftime("%-d %b %H:%M").to_string()}</text> }
    });
    let (latest, peak) = course.latest_and_peak();
    let per =
        if course.step == 1 { "minute".to_owned() } else { format!("{} minutes", course.step) };
    let label = format!(
        "Events per {per}: at most {}, {} in the last. The band is what is usual.",
        grouped(peak),
        grouped(latest)
    );
    let table = table(&course);
    let note = if course.usual.iter().any(|(_, high)| *high >= 1.0) {
        "The band is what this time of the week usually brings; what stands above it is red."
    } else {
        "This time of the week usually brings none; what stands above that is red."
    };
    view! {
        <section class="panel">
            <figure class="chart">
                <figcaption class="panel-head">
                    <h2>"Course"</h2>
                    <p>"per "{per}", UTC"</p>
                </figcaption>
                <div class="plot">
                    <svg class="y-axis" width="52" height="224" aria-hidden="true">
                        <text x="44" y=number(TOP + 4.0)>{grouped(rounded(highest))}</text>
                        <text x="44" y=number(TOP + HEIGHT + 4.0)>"0"</text>
                    </svg>
                    <svg class="canvas course" height="224" role="img" aria-label=label>
                        {band.collect_view()}
                        {bars.collect_view()}
                        <line class="base" x1="0" x2="100%" y1=number(TOP + HEIGHT) y2=number(TOP + HEIGHT)></line>
                        {marks.collect_view()}
                        {times.into_iter().collect_view()}
                    </svg>
                </div>
                <p class="chart-note">{note}</p>
                <details class="disclosure">
                    <summary>"Show as a table"</summary>
                    {table}
                </details>
            </figure>
        </section>
    }
}

/// The same as a table.
fn table(course: &IncidentCourse) -> impl IntoView + use<> {
    let rows =
        course.counts.iter().zip(&course.usual).enumerate().map(|(at, (count, (low, high)))| {
            let start = SignedDuration::from_mins(course.step * i64::try_from(at).unwrap_or(0));
            let start = course.from.checked_add(start).unwrap_or(course.from);
            view! {
                <tr>
                    <th scope="row" class="nowrap">{utc(start)}</th>
                    <td class="num">{grouped(*count)}</td>
                    <td class="num">{format!("{low:.0} to {high:.0}")}</td>
                </tr>
            }
        });
    let rows = rows.collect_view();
    view! {
                    <TableWrap label="Course">
                        <table class="table">
                            <thead>
                                <tr>
                                    <th scope="col">"From"</th>
                                    <th scope="col" class="num">"Events"</th>
                                    <th scope="col" class="num">"Usual"</th>
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </TableWrap>
    }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[expect(clippy::cast_precision_loss, reason = "drawn, not counted")]
fn float(count: i64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a label")]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}
