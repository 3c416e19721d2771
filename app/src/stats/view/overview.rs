//! The first page.

use super::figures::{Figure, TotalFigures};
use super::setup::FirstSteps;
use super::todo::Todos;
use crate::codes::OK;
use crate::demo::view::DemoBanner;
use crate::incidents::model::Incident;
use crate::incidents::view::IncidentList;
use crate::stats::api::overview_page;
use crate::stats::model::Range;
use crate::stats::pages::{Overview, Running, Stage, TopSite};
use crate::ui::chart::StackedChart;
use crate::ui::frame::{Frame, Section};
use crate::ui::load::{here, loaded};
use crate::ui::number::{grouped, percent};
use crate::ui::query::Address;
use crate::ui::range::{Chosen, RangeNote, RangePicker};
use crate::ui::spark::Spark;
use crate::ui::table::TableWrap;
use crate::ui::time::since as clock;
use crate::verifiers::pages::Standings;
use jiff::Timestamp;
use leptos::prelude::*;

/// How many codes are listed.
const TOP_CODES: usize = 6;

/// How everything is.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let address = Address::current();
    let (chosen, problem) = Chosen::of(&address);
    let back = here();
    loaded(overview_page(chosen), move |Overview { flash, now, operator, samples, stage }| {
        match stage {
            Stage::Running(running) => {
                let range = chosen.resolve(now);
                let tools =
                    view! { <RangePicker address=address.clone() chosen range/> }.into_any();
                view! {
                    <Frame here=Section::Overview title="Overview" flash=flash tools=tools>
                        <div class="page-head"><h1>"Overview"</h1></div>
                        <RangeNote problem/>
                        {samples.then(|| view! { <DemoBanner back=back/> })}
                        <InUse running=*running address chosen now/>
                    </Frame>
                }
                .into_any()
            }
            stage => view! {
                <Frame here=Section::Overview title="Welcome" flash=flash>
                    <FirstSteps operator stage/>
                </Frame>
            }
            .into_any(),
        }
    })
}

#[component]
fn InUse(running: Running, address: Address, chosen: Chosen, now: Timestamp) -> impl IntoView {
    let Running { totals, course, chart, todos, sites, sources, incidents, elsewhere } = running;
    let codes = course
        .codes
        .iter()
        .filter(|trend| trend.code != OK)
        .take(TOP_CODES)
        .map(|trend| {
            let href = address.range_only().at(format!("/errors/{}", trend.code)).href();
            view! {
                <tr class="opens">
                    <th scope="row"><a class="mono" href=href>{trend.code.clone()}</a></th>
                    <td class="num">{grouped(trend.count)}</td>
                    <td class="num">{percent(trend.count, course.attempts())}</td>
                    <td class="fit"><Spark counts=trend.trend.clone() code=trend.code.clone()/></td>
                </tr>
            }
        })
        .collect_view();
    let any_errors = course.errors() > 0;
    let range_only = address.range_only();
    let all_errors = range_only.at("/errors").href();
    let all_sites = range_only.at("/sites").href();
    let sites = sites.into_iter().map(|site| top_site(site, &address)).collect_view();
    view! {
        <Elsewhere range=elsewhere address=address.clone()/>
        <TotalFigures totals before=chosen.before()>
            <SourcesFigure sources now/>
        </TotalFigures>
        {(!incidents.is_empty()).then(|| view! { <IncidentsNow incidents now/> })}
        <StackedChart chart title="Errors by code" address=address.clone()/>
        <div class="cols">
            <Todos todos chosen now address/>
            {any_errors
                .then(|| {
                    view! {
                        <div class="stack-m">
                            <Top id="top-sites" title="Sites with the most errors" of="Site" rows=sites all=all_sites all_label="All sites"/>
                            <Top id="top-codes" title="Most frequent codes" of="Code" rows=codes all=all_errors all_label="All codes"/>
                        </div>
                    }
                })}
        </div>
    }
}

/// What goes on.
#[component]
fn IncidentsNow(incidents: Vec<Incident>, now: Timestamp) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="incidents-now">
            <div class="panel-head"><h2 id="incidents-now">"Incidents now"</h2></div>
            <IncidentList incidents now/>
            <div class="panel-foot"><a href="/incidents">"All incidents"</a></div>
        </section>
    }
}

/// The most of something, with the way to all of it.
#[component]
fn Top<V: IntoView + 'static>(
    id: &'static str,
    title: &'static str,
    of: &'static str,
    rows: V,
    all: String,
    all_label: &'static str,
) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby=id>
            <div class="panel-head"><h2 id=id>{title}</h2></div>
            <TableWrap label=title>
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{of}</th>
                            <th scope="col" class="num">"Errors"</th>
                            <th scope="col" class="num">"Rate"</th>
                            <th scope="col">"Trend"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
            <div class="panel-foot"><a href=all>{all_label}</a></div>
        </section>
    }
}

fn top_site(top: TopSite, address: &Address) -> impl IntoView + use<> {
    let TopSite { site, attempts, errors, trend, leading } = top;
    let (name, href) = match site {
        Some((id, name)) => (name, address.range_only().at(format!("/sites/{id}"))),
        None => ("Unattributed".to_owned(), address.range_only().at("/errors").with("site", "0")),
    };
    view! {
        <tr class="opens">
            <th scope="row"><a href=href.href()>{name}</a></th>
            <td class="num">{grouped(errors)}</td>
            <td class="num">{percent(errors, attempts)}</td>
            <td class="fit"><Spark counts=trend code=leading.unwrap_or_default()/></td>
        </tr>
    }
}

/// How many verifiers are silent, and which fell silent last.
#[component]
fn SourcesFigure(sources: Standings, now: Timestamp) -> impl IntoView {
    let Standings { reporting, quiet, silent, latest, all_silent_since } = sources;
    let all = reporting + quiet + silent;
    let value = if all == 0 { "–".to_owned() } else { grouped(silent) };
    let note = match (latest, all_silent_since) {
        (None, _) if all == 0 => view! { <a href="/verifiers">"Only replayed logs"</a> }.into_any(),
        (None, _) => {
            let said = match (reporting, quiet) {
                (_, 0) => format!("All {} reporting", grouped(all)),
                (0, _) => format!("All {} quiet, as usual", grouped(all)),
                _ => format!("{} reporting, {} quiet", grouped(reporting), grouped(quiet)),
            };
            view! { <span class="badge ok">{said}</span> }.into_any()
        }
        (Some(_), Some(since)) => {
            let said = format!("No verifier reports since {}", clock(since, now));
            view! { <a href="/verifiers"><span class="badge bad">{said}</span></a> }.into_any()
        }
        (Some((name, since)), None) => {
            let others = if silent > 1 { " and others" } else { "" };
            let said = format!("{name}{others}, since {}", clock(since, now));
            view! { <a href="/verifiers"><span class="badge warn">{said}</span></a> }.into_any()
        }
    };
    view! { <Figure label="Silent sources" value=value>{note}</Figure> }
}

/// Where there are events, when there are none in the range shown.
#[component]
pub(super) fn Elsewhere(range: Option<Range>, address: Address) -> impl IntoView {
    range.map(|range| {
        let words = Chosen::Custom(range).label();
        let href = address
            .without(&crate::ui::range::NAMES)
            .with("from", range.from.to_string())
            .with("to", range.to.to_string())
            .href();
        view! {
            <div class="flash" role="status">
                <p>"Nothing happened in this range. There are events from "{words}" UTC."</p>
                <a class="btn small" href=href>"Show them"</a>
            </div>
        }
    })
}
