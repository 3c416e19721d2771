//! The table of rejected hosts, with the fix beside each.

use crate::domains::hosts_api::{IgnoreHost, allow_path, rejected_hosts};
use crate::domains::rejected::{
    IgnoredHost, Order, Rejected, RejectedHost, Standing, in_words, looks_alike,
};
use crate::domains::{Nearest, WhyNot};
use crate::sites::model::SiteId;
use crate::ui::form::Hidden;
use crate::ui::key::HostName;
use crate::ui::load::{here, part};
use crate::ui::number::{counted, grouped};
use crate::ui::query::Address;
use crate::ui::range::Chosen;
use crate::ui::share::Share;
use crate::ui::table::{ActionsHead, Pager, TableWrap};
use crate::ui::time::Ago;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The names in an address that order and page the table.
const ORDER: &str = "hosts";
const PAGE: &str = "page";

/// The hosts that were denied with `referer_denied` on a site, or on all of them.
#[component]
pub fn RejectedHosts(
    /// The site; all of them without one.
    site: Option<SiteId>,
    /// The time to look at.
    chosen: Chosen,
) -> impl IntoView {
    let address = Address::current();
    let back = here();
    let order = Order::from_name(address.get(ORDER));
    let page = address.get(PAGE).and_then(|page| page.parse().ok()).unwrap_or(1).max(1);
    let load = rejected_hosts(site, chosen, order, page);
    part("Rejected hosts", load, move |data| {
        let table = Table { data, address, back, order, page, one_site: site.is_some(), chosen };
        panel(&table)
    })
}

/// The table and where it stands.
struct Table {
    data: Rejected,
    address: Address,
    back: String,
    order: Order,
    page: u32,
    one_site: bool,
    chosen: Chosen,
}

fn panel(table: &Table) -> impl IntoView + use<> {
    let note =
        format!("{}. A Referer can be forged: allow only hosts you know.", table.chosen.in_text());
    let body = if table.data.rows.is_empty() {
        let said = if table.data.ignored.is_empty() {
            "Nothing was denied for its referer in this range."
        } else {
            "Everything that was denied came from hosts you ignore."
        };
        view! { <div class="state empty"><h3>"No rejected hosts"</h3><p>{said}</p></div> }
            .into_any()
    } else {
        view! { {rows(table)} {foot(table)} }.into_any()
    };
    let ignored = ignored(&table.data.ignored, &table.back);
    view! {
        <section class="panel" aria-labelledby="rejected-hosts">
            <div class="panel-head">
                <h2 id="rejected-hosts">"Rejected hosts"</h2>
                <p>{note}</p>
            </div>
            {body}
            {ignored}
        </section>
    }
}

fn rows(table: &Table) -> impl IntoView + use<> {
    let Table { data, address, order, one_site, .. } = table;
    let head = |of: Order, label: &'static str, class: Option<&'static str>| {
        let sorted = (*order == of).then_some(match of {
            Order::Host => "ascending",
            Order::Count | Order::First | Order::Last => "descending",
        });
        let href = address.with(ORDER, of.name()).without(&[PAGE]).href();
        view! { <th scope="col" class=class aria-sort=sorted><a href=href>{label}</a></th> }
    };
    let host_head = head(Order::Host, "Host", None);
    let count_head = head(Order::Count, "Denied", Some("num"));
    let first_head = head(Order::First, "First seen", Some("num"));
    let last_head = head(Order::Last, "Last seen", Some("num"));
    let many_sites = !one_site;
    let largest =
        data.rows.iter().filter(|row| in_words(&row.host).is_none()).map(|row| row.count).max();
    let rows =
        data.rows.iter().map(|rejected| row(rejected, largest.unwrap_or(0), table)).collect_view();
    view! {
        <TableWrap label="Rejected hosts">
            <table class="table stacked">
                <thead>
                    <tr>
                        {host_head}
                        {many_sites.then(|| view! { <th scope="col">"Site"</th> })}
                        {count_head}
                        {first_head}
                        {last_head}
                        <th scope="col">"Nearest entry"</th>
                        <ActionsHead/>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
    }
}

fn row(rejected: &RejectedHost, largest: i64, table: &Table) -> impl IntoView + use<> {
    let (now, one_site) = (table.data.now, table.one_site);
    let words = in_words(&rejected.host);
    let name = match words {
        Some(words) => view! { <span class="muted">{words}</span> }.into_any(),
        None => view! { <HostName host=rejected.host.clone()/> }.into_any(),
    };
    let alike = matches!(&rejected.standing,
        Standing::Denied { nearest: Some(nearest), .. } if looks_alike(nearest));
    let site = (!one_site).then(|| {
        let href = format!("/sites/{}", rejected.site);
        view! { <td data-label="Site"><a href=href>{rejected.site_name.clone()}</a></td> }
    });
    let count = match words {
        Some(_) => grouped(rejected.count).into_any(),
        None => view! { <Share part=rejected.count whole=largest hue=1/> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                {name}
                {rejected.new.then(|| view! { " "<span class="tag">"new"</span> })}
                {alike.then(|| view! { " "<span class="tag warn">"look-alike"</span> })}
            </th>
            {site}
            <td class="num" data-label="Denied">{count}</td>
            <td class="num" data-label="First seen"><Ago at=rejected.first_seen now/></td>
            <td class="num" data-label="Last seen"><Ago at=rejected.last_seen now/></td>
            {nearest(rejected)}
            <td class="act"><div class="actions">{actions(rejected, &table.back, table.chosen)}</div></td>
        </tr>
    }
}

/// The entry that comes nearest and why it did not match.
fn nearest(rejected: &RejectedHost) -> impl IntoView + use<> {
    let said = match &rejected.standing {
        Standing::NoHost => {
            view! { <span class="muted">{nothing_to_compare(&rejected.host)}</span> }.into_any()
        }
        Standing::SiteDeleted => {
            view! { <span class="muted">"The site is deleted"</span> }.into_any()
        }
        Standing::AllowedNow { by: None } => {
            view! { <span class="badge ok">"Allowed now"</span><span class="sub">"The domain check is off"</span> }
                .into_any()
        }
        Standing::AllowedNow { by: Some(by) } => {
            view! { <span class="badge ok">"Allowed now"</span><span class="sub">"by "<code>{by.clone()}</code></span> }
                .into_any()
        }
        Standing::Denied { nearest: None, .. } => {
            view! { <span class="muted">"The site has no entries"</span> }.into_any()
        }
        Standing::Denied { nearest: Some(nearest), registrable } => {
            let why = why_not(nearest, &rejected.host, registrable.as_deref());
            view! { <code>{nearest.pattern.to_string()}</code><span class="sub">{why}</span> }
                .into_any()
        }
    };
    view! { <td class="wide" data-label="Nearest entry">{said}</td> }
}

/// Why the nearest entry does not match, with the registrable domain where that is another name.
fn why_not(nearest: &Nearest, host: &str, registrable: Option<&str>) -> String {
    let why = match nearest.why {
        WhyNot::OtherDomain => "a different domain".to_owned(),
        _ => nearest.message(host),
    };
    match registrable.filter(|registrable| *registrable != host) {
        Some(registrable) => format!("{why}; part of {registrable}"),
        None => why,
    }
}

fn nothing_to_compare(host: &str) -> &'static str {
    match host {
        "" => "The browser sent no referer",
        "?" => "What was sent names no host",
        _ => "More hosts than are counted one by one",
    }
}

/// What can be done about a host. Nothing is ever allowed in bulk.
fn actions(rejected: &RejectedHost, back: &str, chosen: Chosen) -> impl IntoView + use<> {
    let site = rejected.site;
    let ignore = |class: &'static str, label: &'static str| {
        view! {
            <form method="post" action=IgnoreHost::PATH>
                <Hidden name="site" value=site.to_string()/>
                <Hidden name="host" value=rejected.host.clone()/>
                <Hidden name="ignored" value="true"/>
                <Hidden name="back" value=back/>
                <button class=class>{label}</button>
            </form>
        }
    };
    match &rejected.standing {
        Standing::Denied { .. } => {
            let exact = allow_path(site, &rejected.host, false, back, Some(chosen));
            let below = allow_path(site, &rejected.host, true, back, Some(chosen));
            let label = format!("Allow {}…", rejected.host);
            view! {
                <details class="menu" name="menu">
                    <summary class="btn small" aria-label=label>"Allow…"</summary>
                    <div class="menu-body">
                        <a href=exact>"This host only…"</a>
                        <a href=below>"With its subdomains…"</a>
                        <hr/>
                        {ignore("", "Ignore: keep denying, keep counting")}
                    </div>
                </details>
            }
            .into_any()
        }
        Standing::NoHost if matches!(rejected.host.as_str(), "" | "?") => {
            let href = format!("/sites/{site}/settings");
            view! { <a class="btn small" href=href>"Set policy…"</a> {ignore("small", "Ignore")} }
                .into_any()
        }
        Standing::AllowedNow { .. } => ().into_any(),
        Standing::NoHost | Standing::SiteDeleted => ignore("small", "Ignore").into_any(),
    }
}

fn foot(table: &Table) -> impl IntoView + use<> {
    let Table { data, address, page, .. } = table;
    let hosts = data.rows.iter().filter(|row| in_words(&row.host).is_none()).count();
    let last = data.from + i64::try_from(hosts).unwrap_or(0);
    let more = if data.cut { "+" } else { "" };
    let first_shown = (data.from + 1).min(last);
    let shown =
        format!("{}–{} of {}{more}", grouped(first_shown), grouped(last), grouped(data.all));
    let to = |page: u32| address.with(PAGE, page.to_string()).href();
    let first = (*page > 1).then(|| address.without(&[PAGE]).href());
    let next = (last < data.all).then(|| to(page + 1));
    view! { <Pager shown=shown first=first next=next next_label="Next"/> }
}

/// Hosts that were left out, with the way to take them in again.
fn ignored(hosts: &[IgnoredHost], back: &str) -> Option<impl IntoView + use<>> {
    if hosts.is_empty() {
        return None;
    }
    let denied: i64 = hosts.iter().map(|host| host.count).sum();
    let entries = hosts
        .iter()
        .map(|ignored| {
            let name = in_words(&ignored.host).map_or_else(|| ignored.host.clone(), str::to_owned);
            view! {
                <li>
                    <div class="grow">
                        <span class="host">{name}</span>
                        <span class="sub">{ignored.site_name.clone()}</span>
                    </div>
                    <span class="num">{grouped(ignored.count)}</span>
                    <form method="post" action=IgnoreHost::PATH>
                        <Hidden name="site" value=ignored.site.to_string()/>
                        <Hidden name="host" value=ignored.host.clone()/>
                        <Hidden name="ignored" value="false"/>
                        <Hidden name="back" value=back/>
                        <button class="small">"Stop ignoring"</button>
                    </form>
                </li>
            }
        })
        .collect_view();
    let number = counted(i64::try_from(hosts.len()).unwrap_or(0), "ignored host", "ignored hosts");
    Some(view! {
        <details class="disclosure">
            <summary>{number}" "<span class="count">{grouped(denied)}" denied"</span></summary>
            <ul class="list">{entries}</ul>
        </details>
    })
}
