//! The domains tab of a site.

use super::change::change_path;
use super::field::{DomainsField, Typed};
use super::rejected::RejectedHosts;
use super::warning::WarningTags;
use crate::domains::api::{AddDomains, DomainsPageData, domains_page};
use crate::domains::host;
use crate::domains::listing::{Listed, ListedDomain, Listing, Show, Sort};
use crate::domains::model::{DomainScope, Pattern, with_port};
use crate::gate::DenyCode;
use crate::gate::view::Explainer;
use crate::sites::model::{Site, SiteState};
use crate::sites::pages::SiteHead;
use crate::sites::view::frame::{SiteFrame, Tab, site_id};
use crate::ui::form::Hidden;
use crate::ui::load::loaded;
use crate::ui::number::{a_day, counted, grouped};
use crate::ui::query::Address;
use crate::ui::range::{Chosen, Preset};
use crate::ui::table::{ActionsHead, Pager, TableWrap};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;
use server_fn::ServerFn;

/// The names in an address that say which entries are shown; the table of rejected hosts has its own.
const SEARCH: &str = "q";
const SHOW: &str = "show";
const SORT: &str = "sort";
const PAGE: &str = "list";
/// From so many entries on there is a search above them.
const SEARCHED: i64 = 10;

/// A site's associated domains: the list, a form that adds to it, and a try at the gate.
#[component]
pub fn DomainsTab() -> impl IntoView {
    let site = site_id();
    let address = Address::current();
    let listing = Listing {
        search: address.get(SEARCH).unwrap_or_default().to_owned(),
        show: Show::from_name(address.get(SHOW)),
        sort: Sort::from_name(address.get(SORT)),
        page: address.get(PAGE).and_then(|page| page.parse().ok()).unwrap_or(1),
    };
    loaded(domains_page(site, listing), move |DomainsPageData { head, list, hours }| {
        let SiteHead { site: of, flash, now, .. } = head.clone();
        let typed = Typed::of(flash.as_ref(), "add-domains");
        let changeable = of.state != SiteState::Deleted;
        let table = List { listed: list, site: of.clone(), address, hours, now };
        view! {
            <SiteFrame head tab=Tab::Domains>
                <div class="cols">
                    {changeable.then(|| view! { <AddPanel site=of typed/> })}
                    <section class="panel" aria-labelledby="test">
                        <div class="panel-head"><h2 id="test">"Test an address"</h2></div>
                        <div class="pad"><Explainer site/></div>
                    </section>
                </div>
                <section class="panel" aria-labelledby="list">
                    <div class="panel-head">
                        <h2 id="list">"Associated domains"</h2>
                        <p>"requests a day, over the last 7 days"</p>
                        {table.filters()}
                    </div>
                    {table.content()}
                </section>
                <RejectedHosts site=Some(site) code=Some(DenyCode::RefererDenied) chosen=Chosen::Preset(Preset::Week)/>
            </SiteFrame>
        }
    })
}

#[component]
fn AddPanel(site: Site, typed: Typed) -> impl IntoView {
    let path = Tab::Domains.path(site.id);
    view! {
        <section class="panel" aria-labelledby="add">
            <div class="panel-head"><h2 id="add">"Add domains"</h2></div>
            <div class="pad">
                <form class="form" method="post" action=AddDomains::PATH>
                    <Hidden name="site" value=site.id.to_string()/>
                    <Hidden name="version" value=site.version.to_string()/>
                    <Hidden name="back" value=path.clone()/>
                    <DomainsField site=Some(site.id) typed path/>
                    <div class="form-foot"><button class="primary">"Add domains"</button></div>
                </form>
            </div>
        </section>
    }
}

/// The list and where it stands.
struct List {
    listed: Listed,
    site: Site,
    address: Address,
    hours: i64,
    now: Timestamp,
}

impl List {
    /// Search and filter, once there is something to search.
    fn filters(&self) -> Option<impl IntoView + use<>> {
        let Listing { search, show, .. } = &self.listed.listing;
        let options = Show::ALL.iter().map(|of| {
            view! { <option value=of.name() selected=of == show>{of.label()}</option> }
        });
        let options = options.collect_view();
        (self.listed.all >= SEARCHED || *show != Show::All || !search.is_empty()).then(|| {
            view! {
                <form class="filters" method="get" role="search">
                    {self.address.without(&[SEARCH, SHOW, PAGE]).hidden_inputs()}
                    <input type="search" name=SEARCH aria-label="Domain" placeholder="Domain" value=search.clone()/>
                    <select name=SHOW aria-label="Entries">{options}</select>
                    <button class="small">"Filter"</button>
                </form>
            }
        })
    }

    fn content(&self) -> impl IntoView + use<> {
        if self.listed.all == 0 {
            let told = if self.site.any_hostname {
                "The domain check is off, so every host is let through. Turn it on in Settings once the list is complete."
            } else {
                "The gate denies every request of this site. Add the host your widget runs on."
            };
            return view! {
                <div class="state empty"><h3>"No domain is listed"</h3><p>{told}</p></div>
            }
            .into_any();
        }
        if self.listed.found == 0 {
            let all = self.address.without(&[SEARCH, SHOW, PAGE]).href();
            return view! {
                <div class="state empty">
                    <h3>"No such entry"</h3>
                    <p>"No entry of this site fits the filter. "<a href=all>"Show all entries"</a></p>
                </div>
            }
            .into_any();
        }
        let head = |of: Sort, class: Option<&'static str>| {
            let order = if of == Sort::Host { "ascending" } else { "descending" };
            let sorted = (self.listed.listing.sort == of).then_some(order);
            let href = self.address.with(SORT, of.name()).without(&[PAGE]).href();
            view! { <th scope="col" class=class aria-sort=sorted><a href=href>{of.label()}</a></th> }
        };
        let (host, requests) = (head(Sort::Host, None), head(Sort::Requests, Some("num")));
        let added = head(Sort::Added, Some("num"));
        let rows = self.listed.rows.iter().map(|row| self.row(row)).collect_view();
        view! {
            <TableWrap label="Associated domains">
                <table class="table stacked">
                    <thead>
                        <tr>
                            {host}
                            <th scope="col">"Covers"</th>
                            {requests}
                            {added}
                            <ActionsHead/>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
            {self.foot()}
        }
        .into_any()
    }

    fn foot(&self) -> impl IntoView + use<> {
        let Listed { from, found, all, .. } = self.listed;
        let last = from + i64::try_from(self.listed.rows.len()).unwrap_or(0);
        let entries = counted(found, "entry", "entries");
        let of = if found < all { format!(", of {}", grouped(all)) } else { String::new() };
        let shown = if last - from < found {
            format!("{}–{} of {entries}{of}", grouped(from + 1), grouped(last))
        } else {
            entries + &of
        };
        let page = self.listed.listing.page.max(1);
        let first = (page > 1).then(|| self.address.without(&[PAGE]).href());
        let next = (last < found).then(|| self.address.with(PAGE, (page + 1).to_string()).href());
        view! { <Pager shown=shown first=first next=next/> }
    }

    fn row(&self, row: &ListedDomain) -> impl IntoView + use<> {
        let ListedDomain { pattern, created_at, created_by, requests, warnings, .. } = row;
        let testing = pattern.testing()
            && !warnings.contains(&crate::domains::Warning::TestingBesideProduction);
        let by = created_by.as_ref().map(|by| {
            let by = by.clone();
            view! { <span class="sub">"by "{by}</span> }
        });
        let changeable = self.site.state != SiteState::Deleted;
        view! {
            <tr>
                <th scope="row"><PatternName pattern=pattern.clone()/></th>
                <td data-label="Covers">
                    <span class="tags">
                        <span class="tag">{pattern.scope.label()}</span>
                        {testing.then(|| view! { <span class="tag warn">"testing"</span> })}
                        <WarningTags warnings=warnings.clone()/>
                    </span>
                </td>
                <td class="num" data-label="Allowed a day">{a_day(*requests, self.hours)}</td>
                <td class="num" data-label="Added"><Ago at=*created_at now=self.now/>{by}</td>
                <td class="act"><div class="actions">{changeable.then(|| self.actions(row))}</div></td>
            </tr>
        }
    }

    fn actions(&self, ListedDomain { id, pattern, .. }: &ListedDomain) -> impl IntoView + use<> {
        let site = self.site.id;
        let other = match pattern.scope {
            DomainScope::Exact if host::address(&pattern.host).is_none() => {
                Some(DomainScope::Subdomains)
            }
            DomainScope::Subdomains => Some(DomainScope::Exact),
            DomainScope::Exact | DomainScope::Preview => None,
        };
        let change = other.map(|to| {
            let label = format!("Change {pattern}…");
            view! { <a class="btn small" href=change_path(site, *id, to) aria-label=label>"Change…"</a> }
        });
        let remove = format!("/sites/{site}/domains/remove?domain={id}");
        let label = format!("Remove {pattern}…");
        view! {
            {change}
            <a class="btn small danger" href=remove aria-label=label>"Remove…"</a>
        }
    }
}

/// An entry as people read it, with its ASCII beneath where the two differ.
#[component]
pub fn PatternName(
    /// The entry.
    pattern: Pattern,
) -> impl IntoView {
    let Pattern { host, port, .. } = pattern;
    let (shown, stored) = (with_port(&host::unicode(&host), port), with_port(&host, port));
    let ascii = (shown != stored).then(|| view! { <span class="ascii">{stored}</span> });
    view! { <span class="host">{shown}</span>{ascii} }
}
