//! What is stored of events, for how long, and the job that looks after it.

use super::api::{PATH, storage_page};
use super::model::{Bounded, Job, Kept, Storage, Table};
use super::rules::{Standing, bytes, is_short, standing};
use crate::stats::view::figures::{Figure, Figures};
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::loaded;
use crate::ui::number::{compact, counted, grouped};
use crate::ui::settings::SettingsTabs;
use crate::ui::share::Share;
use crate::ui::table::TableWrap;
use crate::ui::time::{Ago, day, utc};
use jiff::Timestamp;
use leptos::prelude::*;

/// `/settings/storage`
#[component]
pub fn StoragePage() -> impl IntoView {
    loaded(storage_page(), |storage| {
        let crumbs = vec![Crumb::link("Settings", "/settings/tokens"), Crumb::here("Storage")];
        let flash = storage.flash.clone();
        view! {
            <Frame here=Section::Settings title="Storage" crumbs=crumbs flash=flash>
                <div class="page-head">
                    <h1>"Storage"</h1>
                    <p class="sub">"What is kept of events, for how long, and the job that looks after it."</p>
                </div>
                <SettingsTabs here=PATH/>
                <Content storage/>
            </Frame>
        }
    })
}

#[component]
fn Content(storage: Storage) -> impl IntoView {
    let total = storage.bytes();
    let Storage { now, tables, horizon, job, names, .. } = storage;
    let doing = standing(job.as_ref(), now);
    let rows: i64 = tables.iter().map(|table| table.rows).sum();
    let short = is_short(horizon, now) && doing != Standing::Awaited;
    let until = match horizon {
        Some(horizon) => day(horizon, now),
        None => "–".to_owned(),
    };
    let ahead = if short {
        view! { <span class="badge bad">"Running out"</span> }.into_any()
    } else {
        view! { "every table has a partition until then" }.into_any()
    };
    let (problem, ran) = (problem(job.as_ref(), doing, short, now), last_run(job.as_ref(), now));
    view! {
        {problem}
        <Figures>
            <Figure label="On disk" value=bytes(total)>"with indexes"</Figure>
            <Figure label="Rows" value=compact(rows)>"as PostgreSQL estimates"</Figure>
            <Figure label="Made ahead until" value=until>{ahead}</Figure>
            <Figure label="Partition job" value=ran>
                <span class=doing.badge()>{doing.label()}</span>
            </Figure>
        </Figures>
        <Tables tables now/>
        <div class="cols">
            <JobPanel job now/>
            <Names names/>
        </div>
    }
}

fn last_run(job: Option<&Job>, now: Timestamp) -> String {
    job.map_or_else(|| "–".to_owned(), |job| crate::ui::time::ago(job.ran_at, now))
}

/// What is wrong, and what to do about it.
fn problem(
    job: Option<&Job>,
    doing: Standing,
    short: bool,
    now: Timestamp,
) -> Option<impl IntoView + use<>> {
    let error = job.and_then(|job| job.error.clone()).unwrap_or_default();
    let told = match doing {
        Standing::Failed => {
            format!("The partition job failed: {error} It tries again within the hour.")
        }
        Standing::Late => format!(
            "The partition job last ran {}. Look whether a server is running.",
            last_run(job, now)
        ),
        Standing::Well | Standing::Awaited if short => {
            "Partitions run out within a day: events will make their own, slower. Look at the server’s log."
                .to_owned()
        }
        Standing::Well | Standing::Awaited => return None,
    };
    Some(view! { <div class="flash bad" role="alert"><p>{told}</p></div> })
}

#[component]
fn Tables(tables: Vec<Table>, now: Timestamp) -> impl IntoView {
    let largest = tables.iter().map(|table| table.bytes).max().unwrap_or(0);
    let rows = tables.into_iter().map(|table| row(table, largest, now)).collect_view();
    view! {
        <section class="panel" aria-labelledby="tables">
            <div class="panel-head">
                <h2 id="tables">"Tables"</h2>
                <p>"a late event goes to every table that still holds its time"</p>
            </div>
            <TableWrap label="Tables">
                <table class="table stacked sizes">
                    <thead>
                        <tr>
                            <th scope="col">"Table"</th>
                            <th scope="col">"Kept"</th>
                            <th scope="col" class="num">"Partitions"</th>
                            <th scope="col">"From"</th>
                            <th scope="col">"To"</th>
                            <th scope="col" class="num">"Rows, about"</th>
                            <th scope="col" class="num">"On disk"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
            <div class="panel-foot">
                <p>
                    "Set with "<code>"SITEKEEPER_RETAIN_…_DAYS"</code>
                    " of the server; "<code>"sitekeeper serve --help"</code>" lists them."
                </p>
            </div>
        </section>
    }
}

fn row(table: Table, largest: i64, now: Timestamp) -> impl IntoView {
    let Table { name, holds, kept, partitions, oldest, newest, bytes: size, rows } = table;
    let kept = match kept {
        Kept::Briefly => view! { "a few seconds" }.into_any(),
        Kept::Always => view! { "for ever" }.into_any(),
        Kept::Days { days, since } => {
            let since = since.map(|since| {
                view! {
                    <span class="sub" title="The retention was shorter before.">
                        "whole since "{day(since, now)}
                    </span>
                }
            });
            view! { {counted(days.into(), "day", "days")}{since} }.into_any()
        }
    };
    let date = |at: Option<Timestamp>| match at {
        Some(at) => {
            view! { <time datetime=at.to_string() title=utc(at)>{day(at, now)}</time> }.into_any()
        }
        None => view! { <span class="muted">"–"</span> }.into_any(),
    };
    let partitions = partitions.map_or_else(|| "–".to_owned(), grouped);
    view! {
        <tr>
            <th scope="row"><code>{name}</code><span class="sub">{holds}</span></th>
            <td data-label="Kept">{kept}</td>
            <td class="num" data-label="Partitions">{partitions}</td>
            <td class="nowrap" data-label="From">{date(oldest)}</td>
            <td class="nowrap" data-label="To">{date(newest)}</td>
            <td class="num" data-label="Rows, about">{grouped(rows)}</td>
            <td class="num wide" data-label="On disk">
                <Share part=size whole=largest hue=1 shown=bytes(size)/>
            </td>
        </tr>
    }
}

#[component]
fn JobPanel(job: Option<Job>, now: Timestamp) -> impl IntoView {
    let body = match job {
        None => view! {
            <div class="state empty">
                <h3>"The job has not finished a run yet"</h3>
                <p>"It runs when a server starts, and then every hour."</p>
            </div>
        }
        .into_any(),
        Some(Job { ran_at, took_ms, made, dropped, error, succeeded_at }) => {
            let error = error.map(|error| view! { <dt>"Error"</dt><dd>{error}</dd> });
            let well = match succeeded_at {
                Some(at) => view! { <Ago at now/> }.into_any(),
                None => view! { "never" }.into_any(),
            };
            view! {
                <dl class="facts pad">
                    <dt>"Last run"</dt>
                    <dd><Ago at=ran_at now/>", in "{grouped(took_ms)}"\u{a0}ms"</dd>
                    <dt>"Made"</dt>
                    <dd>{counted(made, "partition", "partitions")}</dd>
                    <dt>"Dropped"</dt>
                    <dd>{counted(dropped, "partition", "partitions")}</dd>
                    <dt>"Last went well"</dt>
                    <dd>{well}</dd>
                    {error}
                </dl>
            }
            .into_any()
        }
    };
    view! {
        <section class="panel" aria-labelledby="job">
            <div class="panel-head">
                <h2 id="job">"Partition job"</h2>
                <p>"makes partitions two days ahead and drops the old ones, every hour"</p>
            </div>
            {body}
        </section>
    }
}

#[component]
fn Names(names: Vec<Bounded>) -> impl IntoView {
    let rows = names
        .into_iter()
        .map(|Bounded { what, used, most }| {
            let note = if used >= most {
                view! { <span class="badge warn">"Full: new ones are counted as other"</span> }
                    .into_any()
            } else {
                view! { {format!("of {}", grouped(most))} }.into_any()
            };
            view! {
                <tr>
                    <th scope="row">{what}</th>
                    <td class="num" data-label="Used"><Share part=used whole=most hue=1/></td>
                    <td data-label="Room">{note}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="names">
            <div class="panel-head">
                <h2 id="names">"Names told apart"</h2>
                <p>"beyond that, counts stay exact under "<code>"other"</code></p>
            </div>
            <TableWrap label="Names told apart">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"Names"</th>
                            <th scope="col" class="num">"Used"</th>
                            <th scope="col">"Room"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        </section>
    }
}
