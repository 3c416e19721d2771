//! One code: what it means, where it occurs, and the fix.

use super::class_label;
use super::fix::FixPanel;
use super::samples::Samples;
use super::sites::CodeSites;
use crate::codes::api::code_page;
use crate::codes::pages::CodeReport;
use crate::codes::{CatalogueEntry, Fix, OUR_READING, entry};
use crate::domains::view::rejected::RejectedHosts;
use crate::gate::DenyCode;
use crate::sites::model::SiteId;
use crate::stats::model::{HostCount, Range};
use crate::stats::view::figures::{Change, Figure, Figures};
use crate::stats::view::hosts::HostsTable;
use crate::ui::chart::StackedChart;
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::load::{loaded, param};
use crate::ui::number::{counted, grouped, percent};
use crate::ui::query::Address;
use crate::ui::range::{Chosen, RangeNote, RangePicker};
use jiff::Timestamp;
use leptos::prelude::*;

/// `/errors/:code`
#[component]
pub fn CodePage() -> impl IntoView {
    let Some(code) = param::<String>("code") else {
        return view! { <NotFoundPage/> }.into_any();
    };
    let address = Address::current();
    let (chosen, problem) = Chosen::of(&address);
    let site: Option<i64> = address.get("site").and_then(|site| site.parse().ok());
    loaded(code_page(code, chosen, site), move |report| {
        let range = chosen.resolve(report.now);
        let tools = view! { <RangePicker address=address.clone() chosen range/> }.into_any();
        let crumbs = vec![
            Crumb::link("Errors", address.range_only().at("/errors").href()),
            Crumb::here(report.code.clone()),
        ];
        let (title, flash) = (report.code.clone(), report.flash.clone());
        view! {
            <Frame here=Section::Errors title=title crumbs=crumbs flash=flash tools=tools>
                <RangeNote problem/>
                <Content report address chosen/>
            </Frame>
        }
    })
    .into_any()
}

#[component]
fn Content(report: CodeReport, address: Address, chosen: Chosen) -> impl IntoView {
    let CodeReport { code, now, count, attempts, chart, only, sites, site_count, .. } = report;
    // What an operator ignores stays counted, but is no news.
    let headline = (count.now - report.ignored).max(0);
    let ignored = (report.ignored > 0)
        .then(|| format!(", without {} ignored", grouped(count.now - headline)));
    let entry = entry(&code);
    let rejected = entry.is_some_and(|entry| entry.fix() == Fix::AllowHost);
    let hosts = (!rejected && !report.hosts.is_empty())
        .then(|| view! { <Hosts hosts=report.hosts.clone() range=report.hosts_range now chosen/> });
    let tags = entry.map(|entry| {
        view! {
            <span class="tag">{class_label(entry.class)}</span>
            <span class="tag">{format!("{}, at {}", entry.family.as_str(), entry.step)}</span>
        }
    });
    let fix = if rejected {
        let site = only.as_ref().map(|(id, _)| *id);
        view! { <div id="fix"><RejectedHosts site code=Some(DenyCode::RefererDenied) chosen/></div> }.into_any()
    } else {
        view! {
            <FixPanel
                code=code.clone()
                fixing=report.fixing
                count=count
                sites=site_count
                days=report.sample_days
                now=now
                before=chosen.before()
            />
        }
        .into_any()
    };
    let about = match entry {
        Some(entry) => view! { <About entry address=address.clone()/> }.into_any(),
        None => view! { <Unrecognised/> }.into_any(),
    };
    let of = only.as_ref().map_or_else(|| "all sites".to_owned(), |(_, name)| name.clone());
    let leading = leading_site(&sites);
    view! {
        <div class="page-head">
            <h1><code>{code.clone()}</code></h1>
            {tags}
            {only.clone().map(|only| view! { <OnlySite only address=address.clone()/> })}
        </div>
        {about}
        <Figures>
            <Figure label="Events" value=grouped(headline)>
                <Change of=count before=chosen.before() more_is_worse=true/>
                {ignored}
            </Figure>
            <Figure label="Rate" value=percent(headline, attempts)>
                {format!("of {}", counted(attempts, "attempt", "attempts"))}
            </Figure>
            <FromHosts
                hosts=report.hosts
                total=report.hosts_total
                events=count.now
                range=report.hosts_range
                chosen
            />
            <Figure label="Sites" value=grouped(site_count)>
                {leading}
            </Figure>
        </Figures>
        <StackedChart chart title=code.clone() of=of address=address.clone()/>
        {fix}
        <CodeSites code=code sites=sites total=count.now now=now address=address/>
        {hosts}
        <Samples samples=report.samples days=report.sample_days now/>
    }
}

/// The verbatim text and our reading of it.
#[component]
fn About(entry: &'static CatalogueEntry, address: Address) -> impl IntoView {
    let twin = entry.twin().map(|twin| {
        let href = address.range_only().at(format!("/errors/{}", twin.code)).href();
        view! {
            <p>
                <strong>"Not to be mistaken for "<a class="mono" href=href>{twin.code.as_str()}</a>". "</strong>
                {twin.difference}
            </p>
        }
    });
    view! {
        <section class="panel" aria-label="About this code">
            <div class="pad cols">
                <dl class="facts">
                    <dt>"Description"</dt>
                    <dd>{entry.description}</dd>
                    <dt>"Recommended action"</dt>
                    <dd>{entry.recommended_action()}</dd>
                </dl>
                <div class="ours stack-s">
                    <h2 title=OUR_READING>"Our reading"</h2>
                    <dl class="facts">
                        <dt>"Usual cause"</dt>
                        <dd>{entry.usual_cause()}</dd>
                        <dt>"Who can fix it"</dt>
                        <dd>{entry.who_can_fix()}</dd>
                        <dt>"What to do"</dt>
                        <dd>{entry.what_to_do()}</dd>
                    </dl>
                    {twin}
                </div>
            </div>
        </section>
    }
}

#[component]
fn Unrecognised() -> impl IntoView {
    view! {
        <section class="panel" aria-label="About this code">
            <div class="pad ours stack-s">
                <h2 title=OUR_READING>"Our reading"</h2>
                <p>
                    "This code is not in the catalogue. It is kept and counted as it came; the samples below name the verifier that sends it. Check that verifier’s version."
                </p>
            </div>
        </section>
    }
}

/// The site the page is limited to, and the way to all of them.
#[component]
fn OnlySite(only: (SiteId, String), address: Address) -> impl IntoView {
    let (id, name) = only;
    let all = address.without(&["site"]).href();
    view! {
        <p class="sub">
            "on "<a href=format!("/sites/{id}")>{name}</a>" · "<a href=all>"all sites"</a>
        </p>
    }
}

fn leading_site(sites: &[crate::codes::pages::CodeSite]) -> String {
    let named = sites.iter().find_map(|site| site.site.as_ref());
    match (named, sites.first()) {
        (Some(site), _) => site.name.clone(),
        (None, Some(_)) => "unattributed".to_owned(),
        (None, None) => "nowhere in this range".to_owned(),
    }
}

/// How much of it came from hosts, and how much without a referer. Hosts are counted by whole hours, so
/// this says which; where these hold more than the `events` of the page, it is a share.
#[component]
fn FromHosts(
    hosts: Vec<HostCount>,
    total: i64,
    events: i64,
    range: Range,
    chosen: Chosen,
) -> impl IntoView {
    let without = hosts.iter().find(|host| host.host.is_empty()).map_or(0, |host| host.count);
    let with = (total - without).max(0);
    let value = if total == events { grouped(with) } else { percent(with, total) };
    let since = format!("{} UTC", range.from.strftime("%-d %b %H:%M"));
    view! {
        <Figure label="From hosts" value>
            <span title=chosen.in_text_as(range)>
                {format!("of {} since {since}, ", grouped(total))}{grouped(without)}" without a referer"
            </span>
        </Figure>
    }
}

#[component]
fn Hosts(hosts: Vec<HostCount>, range: Range, now: Timestamp, chosen: Chosen) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="hosts">
            <div class="panel-head">
                <h2 id="hosts">"Hosts"</h2>
                <p>{chosen.in_text_as(range)}", the most first"</p>
            </div>
            <HostsTable hosts of="Events" now/>
        </section>
    }
}
