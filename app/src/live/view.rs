//! The live page, the rows that are sent to it, and what follows them in the browser.

mod follow;

use super::api::live_page;
use super::model::{EVENTS, LivePageData, PATH, Placed, Wanted};
use super::rules::ROWS_A_SECOND;
use crate::sites::model::SiteId;
use crate::stats::model::Sample;
use crate::stats::view::{origin, origin_heads};
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::loaded;
use crate::ui::number::counted;
use crate::ui::query::Address;
use crate::ui::table::TableWrap;
use crate::ui::time::utc;
use follow::Follow;
use leptos::prelude::*;
use std::collections::HashSet;

/// `/errors/live`
#[component]
pub fn LivePage() -> impl IntoView {
    let address = Address::current();
    let wanted = Wanted::of(|name| address.get(name));
    let asked = wanted.clone();
    loaded(live_page(wanted), move |page| {
        let crumbs = vec![
            Crumb::link("Errors", address.range_only().at("/errors").href()),
            Crumb::here("Live"),
        ];
        let flash = page.flash.clone();
        let (sites, no_site) = (page.sites.clone(), page.no_site.clone());
        view! {
            <Frame here=Section::Errors title="Live" crumbs=crumbs flash=flash>
                <div class="page-head">
                    <h1>"Live"</h1>
                    <p class="sub">"Samples of raw events as they arrive."</p>
                </div>
                <Filters wanted=asked.clone() sites/>
                {no_site.map(|why| view! { <div class="flash bad" role="alert"><p>{why}</p></div> })}
                <Samples page wanted=asked/>
            </Frame>
        }
    })
}

/// The address of the live page with these filters; those without a value are left out.
pub fn live_path(wanted: &Wanted) -> String {
    address(PATH, wanted).href()
}

fn address(path: &str, wanted: &Wanted) -> Address {
    let pairs = wanted.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Address::new(path, pairs)
}

#[component]
fn Filters(wanted: Wanted, sites: Vec<(SiteId, String)>) -> impl IntoView {
    let filters = wanted.filters();
    let field = |name: &'static str, label: &'static str, value: String| {
        let list = (name == "site").then_some("live-sites");
        view! { <input type="text" name=name list=list aria-label=label placeholder=label value=value autocomplete="off" spellcheck="false"/> }
    };
    let Wanted { site, code, host, sitekey, source } = wanted;
    let names = sites.iter().map(|(_, name)| name.clone());
    let mut seen = HashSet::new();
    let shared: HashSet<String> = names.filter(|name| !seen.insert(name.clone())).collect();
    let sites = sites.into_iter().map(|(id, name)| {
        let is_shared = shared.contains(&name);
        let value = if is_shared { id.to_string() } else { name.clone() };
        view! { <option value=value>{is_shared.then_some(name)}</option> }
    });
    let sites = sites.collect_view();
    view! {
        <form class="filters" method="get" action=PATH>
            {field("code", "Code", code)}
            {field("site", "Site", site)}
            <datalist id="live-sites">{sites}</datalist>
            {field("host", "Host", host)}
            {field("sitekey", "Sitekey", sitekey)}
            {field("source", "Source", source)}
            <button>"Filter"</button>
            {filters.then(|| view! { <a class="btn quiet" href=PATH>"Clear"</a> })}
        </form>
    }
}

#[component]
fn Samples(page: LivePageData, wanted: Wanted) -> impl IntoView {
    let LivePageData { now, samples, upto, days, .. } = page;
    let events = address(EVENTS, &wanted).href();
    let refresh = live_path(&wanted);
    let shown = samples.into_iter().map(|placed| row(&placed)).collect_view();
    let kept = counted(days.into(), "day", "days");
    view! {
        <section class="panel live" aria-labelledby="samples">
            <div class="panel-head">
                <h2 id="samples">"Samples"</h2>
                <p>"as of "{now.strftime("%H:%M:%S").to_string()}" UTC, newest first"</p>
                <div class="actions">
                    <Follow events after=upto.to_string()/>
                    <a class="btn small" href=refresh>"Refresh"</a>
                </div>
            </div>
            <TableWrap label="Samples, newest first">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"Time, UTC"</th>
                            <th scope="col">"Code"</th>
                            <th scope="col">"Site"</th>
                            {origin_heads()}
                        </tr>
                    </thead>
                    <tbody id="live-rows">{shown}</tbody>
                </table>
            </TableWrap>
            <div class="panel-foot">
                <p>
                    "Each site, code and minute keeps its first few events, for "{kept}
                    "; at most "{ROWS_A_SECOND}" rows a second are shown here. "
                    <a href="/errors">"Errors"</a>" counts every one."
                </p>
            </div>
        </section>
    }
}

fn row(placed: &Placed) -> impl IntoView + use<> {
    let Placed { sample, site_name, .. } = placed;
    let Sample { time, site, code, .. } = sample.clone();
    let exact = utc(time);
    let at = time.strftime("%-d %b %H:%M:%S").to_string();
    let code_href = Address::new(format!("/errors/{code}"), []).href();
    let class = if code == crate::codes::OK { "badge ok" } else { "mono" };
    let code = if code == crate::codes::OK {
        view! { <span class=class>{code}</span> }.into_any()
    } else {
        view! { <a class=class href=code_href>{code}</a> }.into_any()
    };
    let site = match site_name.clone() {
        Some(name) => view! { <a href=format!("/sites/{site}")>{name}</a> }.into_any(),
        None => view! { <span class="muted">"none"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row" class="nowrap"><time datetime=time.to_string() title=exact>{at}</time></th>
            <td data-label="Code">{code}</td>
            <td data-label="Site">{site}</td>
            {origin(sample)}
        </tr>
    }
}

/// Rows as HTML, in their order, for the body of the table.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn rows(samples: &[Placed]) -> String {
    // The marks between nodes are for pages that are hydrated.
    samples.iter().map(|placed| row(placed).to_html().replace("<!>", "")).collect()
}

/// The row that stands for others; nothing without any.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn more_row(more: usize) -> String {
    if more == 0 {
        return String::new();
    }
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    note_row(format!("and {} more", crate::ui::number::grouped(more)))
}

/// The row that says that not everything is told.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn gap_row() -> String {
    note_row("Some samples before these are not shown: too many came meanwhile.".to_owned())
}

#[cfg(not(target_arch = "wasm32"))]
fn note_row(text: String) -> String {
    view! { <tr class="note"><td colspan="8" class="muted">{text}</td></tr> }.to_html()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn what_a_visitor_sent_stays_text() {
        let evil = "</td><script>alert(1)</script>".to_owned();
        let sample = Sample {
            time: jiff::Timestamp::UNIX_EPOCH,
            site: 0,
            code: "referer_denied".to_owned(),
            source: evil.clone(),
            sitekey: Some(evil.clone()),
            host: "shop.example".to_owned(),
            referer: Some(evil.clone()),
            client: Some(evil.clone()),
            trace: Some(evil.clone()),
            user_agent: Some(evil.clone()),
        };
        let html = rows(&[Placed { seq: 1, sample, site_name: Some(evil) }]);
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }

    #[test]
    fn others_are_counted_exactly() {
        assert_eq!(more_row(0), "");
        assert!(more_row(1_204).contains("and 1,204 more"));
    }
}
