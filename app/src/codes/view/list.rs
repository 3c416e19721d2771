//! All codes: how often each occurred, on how many sites, and what to do about it.

use super::class_label;
use crate::codes::api::errors_page;
use crate::codes::model::{CatalogueEntry, Code, Family};
use crate::codes::pages::ErrorsReport;
use crate::codes::{NO_OPERATOR_ACTION, is_unrecognised};
use crate::sites::model::SiteId;
use crate::stats::model::CodeTrend;
use crate::ui::chart::StackedChart;
use crate::ui::frame::{Frame, Section};
use crate::ui::load::loaded;
use crate::ui::number::{compact, counted, grouped, percent};
use crate::ui::query::Address;
use crate::ui::range::{Chosen, RangeNote, RangePicker};
use crate::ui::spark::Spark;
use crate::ui::table::TableWrap;
use leptos::prelude::*;

/// The names in an address of the filters.
const SITE: &str = "site";
const FAMILY: &str = "family";

/// `/errors`
#[component]
pub fn ErrorsPage() -> impl IntoView {
    let address = Address::current();
    let (chosen, problem) = Chosen::of(&address);
    let site: Option<i64> = address.get(SITE).and_then(|site| site.parse().ok());
    loaded(errors_page(chosen, site), move |report| {
        let range = chosen.resolve(report.course.now);
        let tools = view! { <RangePicker address=address.clone() chosen range/> }.into_any();
        let flash = report.flash.clone();
        let of = match site {
            None => "all sites".to_owned(),
            Some(0) => "without a site".to_owned(),
            Some(id) => name_of(&report.sites, id),
        };
        let chart = report.chart.clone();
        view! {
            <Frame here=Section::Errors title="Errors" flash=flash tools=tools>
                <div class="page-head">
                    <h1>"Errors"</h1>
                    <Filters address=address.clone() sites=report.sites.clone() site/>
                </div>
                <RangeNote problem/>
                <StackedChart chart title="Errors by code" of=of address=address.clone()/>
                <Codes report address/>
            </Frame>
        }
    })
}

fn name_of(sites: &[(SiteId, String)], id: i64) -> String {
    let found = sites.iter().find(|(site, _)| site.0 == id);
    found.map_or_else(|| format!("site {id}"), |(_, name)| name.clone())
}

#[component]
fn Filters(address: Address, sites: Vec<(SiteId, String)>, site: Option<i64>) -> impl IntoView {
    let family = address.get(FAMILY).unwrap_or_default().to_owned();
    let option = |value: &'static str, label: &'static str, chosen: bool| {
        view! { <option value=value selected=chosen>{label}</option> }
    };
    let sites = sites
        .into_iter()
        .map(|(id, name)| {
            view! { <option value=id.to_string() selected=site == Some(id.0)>{name}</option> }
        })
        .collect_view();
    view! {
        <form class="filters" method="get">
            {address.without(&[SITE, FAMILY]).hidden_inputs()}
            <select name=SITE aria-label="Site">
                {option("", "All sites", site.is_none())}
                {option("0", "Unattributed", site == Some(0))}
                {sites}
            </select>
            <select name=FAMILY aria-label="Reported by">
                {option("", "Web and server", family.is_empty())}
                {option("web", "Web", family == "web")}
                {option("server", "Server", family == "server")}
            </select>
            <button>"Filter"</button>
        </form>
    }
}

#[component]
fn Codes(report: ErrorsReport, address: Address) -> impl IntoView {
    let family = address.get(FAMILY).map(str::to_owned);
    let wanted = |of: Family| family.as_deref().is_none_or(|family| family == of.as_str());
    let entries: Vec<Row> = Code::ALL
        .into_iter()
        .map(Code::entry)
        .filter(|entry| wanted(entry.family))
        .map(|entry| Row::of_entry(entry, &report))
        .collect();
    let (mut acted, mut quiet): (Vec<Row>, Vec<Row>) =
        entries.into_iter().partition(|row| row.needs_action);
    let mut unknown: Vec<Row> = report
        .course
        .codes
        .iter()
        .filter(|trend| is_unrecognised(&trend.code))
        .map(|trend| Row::of_unrecognised(trend, &report))
        .collect();
    for rows in [&mut acted, &mut quiet, &mut unknown] {
        rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    }
    let attempts = report.course.attempts();
    let note = format!(
        "{} in the catalogue, of {}",
        Code::ALL.len(),
        if attempts == 1 {
            "1 attempt".to_owned()
        } else {
            format!("{} attempts", compact(attempts))
        }
    );
    let list = List {
        attempts,
        address: address.without(&["hide"]),
        by_site: address.get(SITE).is_some(),
    };
    let quiet_heading = format!(
        "{} no operator action",
        counted(length(&quiet), "code that needs", "codes that need")
    );
    let unknown_heading = counted(length(&unknown), "unrecognised code", "unrecognised codes");
    let any_quiet = !quiet.is_empty();
    let any_unknown = !unknown.is_empty();
    view! {
        <section class="panel" aria-labelledby="codes">
            <div class="panel-head">
                <h2 id="codes">"Codes"</h2>
                <p>{note}</p>
            </div>
            {list.table("Codes", &acted)}
            {any_quiet.then(|| list.disclosure(quiet_heading, &quiet, false))}
            {any_unknown.then(|| list.disclosure(unknown_heading, &unknown, true))}
        </section>
    }
}

fn length(rows: &[Row]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// One line of the table.
struct Row {
    code: String,
    description: &'static str,
    class: &'static str,
    reported_by: &'static str,
    count: i64,
    trend: Vec<i64>,
    sites: i64,
    action: &'static str,
    needs_action: bool,
    button: Option<&'static str>,
}

impl Row {
    fn of_entry(entry: &CatalogueEntry, report: &ErrorsReport) -> Self {
        let code = entry.code.as_str();
        let trend = report.course.of(code);
        Self {
            code: code.to_owned(),
            description: entry.description,
            class: class_label(entry.class),
            reported_by: entry.family.as_str(),
            count: report.course.count(code),
            trend: trend.map(|trend| trend.trend.clone()).unwrap_or_default(),
            sites: report.sites_of(code),
            action: entry.recommended_action(),
            needs_action: entry.needs_operator_action(),
            button: entry.fix().button(),
        }
    }

    fn of_unrecognised(trend: &CodeTrend, report: &ErrorsReport) -> Self {
        Self {
            code: trend.code.clone(),
            description: "not in the catalogue; kept and counted as it came",
            class: "Unrecognised",
            reported_by: "",
            count: trend.count,
            trend: trend.trend.clone(),
            sites: report.sites_of(&trend.code),
            action: "None known. Check the version of the verifier that sends it.",
            needs_action: false,
            button: None,
        }
    }
}

/// What all tables of codes share.
struct List {
    attempts: i64,
    address: Address,
    by_site: bool,
}

impl List {
    fn table(&self, label: &'static str, rows: &[Row]) -> impl IntoView + use<> {
        let by_site = self.by_site;
        let rows = rows.iter().map(|row| self.row(row)).collect_view();
        view! {
            <TableWrap label=label>
                <table class="table stacked codes">
                    <thead>
                        <tr>
                            <th scope="col" class="c-code">"Code"</th>
                            <th scope="col" class="c-class">"Class"</th>
                            <th scope="col" class="num c-count" aria-sort="descending">"Count"</th>
                            <th scope="col" class="num c-rate">"Rate"</th>
                            <th scope="col" class="c-trend">"Trend"</th>
                            {(!by_site).then(|| view! { <th scope="col" class="num c-sites">"Sites"</th> })}
                            <th scope="col">"Recommended action"</th>
                            <th scope="col" class="c-act"><span class="visually-hidden">"Fix"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        }
    }

    fn row(&self, row: &Row) -> impl IntoView + use<> {
        let href = self.address.without(&[FAMILY]).at(format!("/errors/{}", row.code)).href();
        let action_class = if row.action == NO_OPERATOR_ACTION { "wide muted" } else { "wide" };
        let button = row.button.filter(|_| row.count > 0).map(|button| {
            let label = format!("{} {}", button.trim_end_matches('…'), row.code);
            view! { <a class="btn small" href=format!("{href}#fix") aria-label=label>{button}</a> }
        });
        let sites = (!self.by_site)
            .then(|| view! { <td class="num" data-label="Sites">{grouped(row.sites)}</td> });
        view! {
            <tr class="opens">
                <th scope="row">
                    <a class="mono" href=href>{row.code.clone()}</a>
                    <span class="sub">{row.description}</span>
                </th>
                <td data-label="Class">{row.class}<span class="sub">{row.reported_by}</span></td>
                <td class="num" data-label="Count">{grouped(row.count)}</td>
                <td class="num" data-label="Rate">{percent(row.count, self.attempts)}</td>
                <td data-label="Trend"><Spark counts=row.trend.clone() code=row.code.clone()/></td>
                {sites}
                <td class=action_class data-label="Recommended action">{row.action}</td>
                <td class="act"><div class="actions">{button}</div></td>
            </tr>
        }
    }

    fn disclosure(&self, heading: String, rows: &[Row], open: bool) -> impl IntoView + use<> {
        let total: i64 = rows.iter().map(|row| row.count).sum();
        let label = if open { "Unrecognised codes" } else { "Codes without an operator action" };
        view! {
            <details class="disclosure" open=open>
                <summary>{heading}" "<span class="count">{grouped(total)}</span></summary>
                {self.table(label, rows)}
            </details>
        }
    }
}
