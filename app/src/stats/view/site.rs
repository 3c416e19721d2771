//! A site's statistics, for its first tab.

use super::figures::{Figure, TotalFigures};
use super::hosts::HostsTable;
use super::overview::Elsewhere;
use crate::codes::OK;
use crate::sites::model::SiteId;
use crate::sites::view::frame::Tab;
use crate::stats::api::site_stats;
use crate::stats::model::HostCount;
use crate::stats::pages::SiteReport;
use crate::ui::chart::StackedChart;
use crate::ui::load::part;
use crate::ui::number::{compact, grouped, percent};
use crate::ui::query::Address;
use crate::ui::range::Chosen;
use crate::ui::spark::Spark;
use crate::ui::table::TableWrap;
use crate::ui::time::Since;
use jiff::Timestamp;
use leptos::prelude::*;

/// How many codes are listed.
const LISTED: usize = 8;

/// Key figures, errors by code, the most frequent codes and the hosts of a site, over the range in
/// the address.
#[component]
pub fn SiteStats(
    /// The site.
    site: SiteId,
) -> impl IntoView {
    let address = Address::current();
    let (chosen, _) = Chosen::of(&address);
    part("Statistics", site_stats(site, chosen), move |report| content(report, address, chosen))
}

fn content(report: SiteReport, address: Address, chosen: Chosen) -> impl IntoView {
    let SiteReport {
        site,
        name,
        totals,
        course,
        chart,
        silent_since,
        hosts,
        of_all_hosts,
        elsewhere,
    } = report;
    let (attempts, allowed) = (course.attempts(), course.count(OK));
    let filtered = address.range_only().with("site", site.to_string());
    let codes = course
        .codes
        .iter()
        .filter(|trend| trend.code != OK)
        .take(LISTED)
        .map(|trend| {
            let href = filtered.at(format!("/errors/{}", trend.code)).href();
            view! {
                <tr class="opens">
                    <th scope="row"><a class="mono" href=href>{trend.code.clone()}</a></th>
                    <td class="num">{grouped(trend.count)}</td>
                    <td class="num">{percent(trend.count, attempts)}</td>
                    <td class="fit"><Spark counts=trend.trend.clone() code=trend.code.clone()/></td>
                </tr>
            }
        })
        .collect_view();
    let now = course.now;
    let any = attempts > 0;
    let never = (!any && elsewhere.is_none()).then(|| no_events_yet(site));
    let errors = course.errors();
    let all = filtered.at("/errors").href();
    view! {
        {silent_since.map(|since| silence(since, now))}
        {never}
        <Elsewhere range=elsewhere address=address.clone()/>
        <TotalFigures totals before=chosen.before()>
            <Figure label="Allowed" value=compact(allowed)>{percent(allowed, attempts)}" of attempts"</Figure>
        </TotalFigures>
        <StackedChart chart title="Errors by code" of=name address=address/>
        {any
            .then(|| {
                view! {
                    <div class="cols">
                        <section class="panel" aria-labelledby="site-codes">
                            <div class="panel-head">
                                <h2 id="site-codes">"Errors"</h2>
                                <p>{chosen.in_text()}</p>
                            </div>
                            {if errors == 0 {
                                view! { <div class="state empty"><h3>"No errors"</h3><p>"Everything was let through."</p></div> }
                                    .into_any()
                            } else {
                                view! {
                                    <TableWrap label="Errors by code">
                                        <table class="table">
                                            <thead>
                                                <tr>
                                                    <th scope="col">"Code"</th>
                                                    <th scope="col" class="num">"Errors"</th>
                                                    <th scope="col" class="num">"Rate"</th>
                                                    <th scope="col">"Trend"</th>
                                                </tr>
                                            </thead>
                                            <tbody>{codes}</tbody>
                                        </table>
                                    </TableWrap>
                                    <div class="panel-foot"><a href=all>"All codes"</a></div>
                                }
                                    .into_any()
                            }}
                        </section>
                        {hosts_panel(hosts, of_all_hosts, now, chosen)}
                    </div>
                }
            })}
    }
}

/// Nothing was reported yet, and what to do about it.
fn no_events_yet(site: SiteId) -> impl IntoView {
    view! {
        <section class="panel" aria-label="No events yet">
            <div class="state empty">
                <h2>"No events yet"</h2>
                <p>
                    "What its visitors meet is shown here as soon as a verifier reports it.                      Put the sitekey in the site's pages, and connect a verifier."
                </p>
                <div class="actions">
                    <a class="btn primary" href=Tab::Integration.path(site)>"Put the keys to use"</a>
                    <a class="btn" href="/verifiers">"Connect a verifier"</a>
                </div>
            </div>
        </section>
    }
}

/// Nothing comes, which is no good sign where something usually does.
fn silence(since: Timestamp, now: Timestamp) -> impl IntoView {
    view! {
        <div class="flash warn" role="status">
            <p>
                <strong>"Silent since "<Since at=since now/>". "</strong>
                "Nothing is reported for this site, though at this time of the week it usually is. \
                 Look whether its pages still load the widget, and whether the verifiers report."
            </p>
            <a class="btn small" href="/verifiers">"Verifiers"</a>
        </div>
    }
}

fn hosts_panel(
    hosts: Vec<HostCount>,
    of_all_hosts: i64,
    now: Timestamp,
    chosen: Chosen,
) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="site-hosts">
            <div class="panel-head">
                <h2 id="site-hosts">"Hosts"</h2>
                <p>{chosen.in_text()}", allowed or not, by whole hours"</p>
            </div>
            <HostsTable hosts of="Attempts" whole=of_all_hosts now/>
        </section>
    }
}
