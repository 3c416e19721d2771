//! The table of rejected hosts, with the fix beside each.

mod row;
mod why;

use crate::domains::hosts_api::{IgnoreHost, rejected_hosts};
use crate::domains::rejected::{
    IgnoredHost, Nameless, NamelessSite, Order, Rejected, Remedy, Standing, Wanted, in_words,
};
use crate::gate::DenyCode;
use crate::sites::model::SiteId;
use crate::ui::form::Hidden;
use crate::ui::load::{here, part};
use crate::ui::number::{counted, grouped, percent};
use crate::ui::query::Address;
use crate::ui::range::Chosen;
use crate::ui::table::{ActionsHead, Pager, TableWrap};
use crate::ui::time::Ago;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::collections::BTreeSet;

/// The name in an address that orders the table.
pub(super) const ORDER: &str = "hosts";
/// The name in an address that pages it.
pub(super) const PAGE: &str = "page";
/// The name in an address of what is searched for.
pub(super) const SEARCH: &str = "q";
/// The name in an address that puts hosts together.
pub(super) const GROUP: &str = "group";
/// How many sites are named beside denials that name no host.
const MOST_SITES: usize = 8;

/// The hosts that the gate denied on a site, or on all of them.
#[component]
pub fn RejectedHosts(
    /// The site; all of them without one.
    site: Option<SiteId>,
    /// The code; all of the gate's without one.
    #[prop(optional_no_strip)]
    code: Option<DenyCode>,
    /// The time to look at.
    chosen: Chosen,
) -> impl IntoView {
    let address = Address::current();
    let back = here();
    let order = Order::from_name(address.get(ORDER));
    let wanted = Wanted { site, code, order, page: page_of(&address), ..Wanted::default() };
    let load = rejected_hosts(wanted.clone(), chosen);
    part("Rejected hosts", load, move |data| panel(&Table { data, address, back, wanted, chosen }))
}

/// The page that an address asks for, counted from 1.
pub(super) fn page_of(address: &Address) -> u32 {
    address.get(PAGE).and_then(|page| page.parse().ok()).unwrap_or(1).max(1)
}

/// The table and where it stands.
pub(super) struct Table {
    /// What was read.
    pub data: Rejected,
    /// The page's address.
    pub address: Address,
    /// The page to return to.
    pub back: String,
    /// What was asked.
    pub wanted: Wanted,
    /// The time that was looked at.
    pub chosen: Chosen,
}

fn panel(table: &Table) -> impl IntoView + use<> {
    let site = table.wanted.site.map(|site| site.to_string()).unwrap_or_default();
    let code = table.wanted.code.map_or("", DenyCode::as_str);
    let all = Address::new("/errors/hosts", table.chosen.pairs());
    let all = all.with("site", site).with("code", code).href();
    view! {
        <section class="panel" aria-labelledby="rejected-hosts">
            <div class="panel-head">
                <h2 id="rejected-hosts">"Rejected hosts"</h2>
                <p>{table.note()}</p>
                <div class="actions"><a class="btn small" href=all>"Search and group"</a></div>
            </div>
            {table.body()}
        </section>
    }
}

impl Table {
    /// What was counted over, and what to mind.
    pub(super) fn note(&self) -> String {
        let counted = self.chosen.in_text_as(self.data.range);
        format!("{counted}. A Referer can be forged: allow only hosts you know.")
    }

    /// Whether each row says its code: otherwise they have all the same.
    const fn says_code(&self) -> bool {
        self.wanted.code.is_none()
    }

    /// Denials that name no host, the hosts, and those that are ignored.
    pub(super) fn body(&self) -> impl IntoView + use<> {
        let rows = if self.data.groups.is_empty() {
            self.empty().into_any()
        } else {
            view! { {self.rows()} {self.foot()} }.into_any()
        };
        view! { {self.nameless()} {rows} {ignored(&self.data.ignored, &self.back)} }
    }

    fn empty(&self) -> impl IntoView + use<> {
        let with = self.wanted.code.map(|code| view! { " with "<code>{code.as_str()}</code> });
        if self.data.denied == 0 && self.wanted.search.is_empty() {
            return view! {
                <div class="state empty">
                    <h3>"No rejected hosts"</h3>
                    <p>"Nothing was denied"{with}" in this range."</p>
                </div>
            }
            .into_any();
        }
        let (heading, said) = if !self.wanted.search.is_empty() {
            ("No such host", "No rejected host of this range has that in its name.")
        } else if !self.data.nameless.is_empty() || !self.data.hostless.is_empty() {
            ("No rejected hosts", "Every denial of this range came without a host.")
        } else {
            ("No rejected hosts", "Everything that was denied came from hosts you ignore.")
        };
        view! { <div class="state empty"><h3>{heading}</h3><p>{said}</p></div> }.into_any()
    }

    /// What no entry can let through stands above the hosts: it is often the most.
    fn nameless(&self) -> Option<impl IntoView + use<>> {
        let Rejected { nameless, hostless, .. } = &self.data;
        let any = !(nameless.is_empty() && hostless.is_empty());
        (any && self.wanted.search.is_empty()).then(|| {
            let lines = nameless.iter().map(|kind| self.nameless_line(kind)).collect_view();
            let other = (!hostless.is_empty()).then(|| self.hostless_line());
            view! { <ul class="list nameless" aria-label="Without a host">{lines}{other}</ul> }
        })
    }

    /// Denials without a host that no policy of a site can let through, by code.
    fn hostless_line(&self) -> impl IntoView + use<> {
        let count = self.data.hostless.iter().map(|(_, count)| count).sum();
        let codes = self.data.hostless.iter().enumerate().map(|(at, (code, count))| {
            let href = Address::new(format!("/errors/{code}"), self.chosen.pairs()).href();
            let comma = (at > 0).then_some(", ");
            view! { {comma}<a class="mono" href=href>{code.as_str()}</a>" "{grouped(*count)} }
        });
        let codes = codes.collect_view();
        let share = percent(count, self.data.denied);
        view! {
            <li>
                <div class="grow">
                    <strong>"No host, denied for something else"</strong>
                    <span class="sub">{codes}</span>
                </div>
                <span class="num">{grouped(count)}<span class="sub">{share}" of denials"</span></span>
            </li>
        }
    }

    fn nameless_line(&self, kind: &Nameless) -> impl IntoView + use<> {
        let (title, why, settable) = match kind.host.as_str() {
            "" => ("No referer", "privacy settings, apps and scripts send none", true),
            "?" => ("Unusable referer", "what was sent names no host", true),
            _ => ("Other hosts", "more hosts than are counted one by one", false),
        };
        let open: Vec<&NamelessSite> = kind.sites.iter().filter(|site| !site.allowed_now).collect();
        let policy = match (settable, &*open) {
            (false, _) => ().into_any(),
            (true, []) => view! { <span class="badge ok">"Allowed now"</span> }.into_any(),
            (true, [site]) => {
                let label = format!("Set policy… of {} for a missing referer", site.name);
                let href = policy_path(site.site);
                view! { <a class="btn small" href=href aria-label=label>"Set policy…"</a> }
                    .into_any()
            }
            (true, several) => policies(several).into_any(),
        };
        let only = self.wanted.site.zip(kind.sites.first());
        let ignore =
            only.map(|(site, _)| ignore_form(site, &kind.host, &self.back, "small", "Ignore"));
        let why = match &*kind.sites {
            [site] if self.wanted.site.is_none() => format!("{why}, on {}, last ", site.name),
            [_] | [] => format!("{why}, last "),
            sites => {
                let sites = i64::try_from(sites.len()).unwrap_or(i64::MAX);
                format!("{why}, on {}, last ", counted(sites, "site", "sites"))
            }
        };
        let share = percent(kind.count, self.data.denied);
        view! {
            <li>
                <div class="grow">
                    <strong>{title}</strong>
                    <span class="sub">{why}<Ago at=kind.last_seen now=self.data.now/></span>
                </div>
                <span class="num">{grouped(kind.count)}<span class="sub">{share}" of denials"</span></span>
                <div class="actions">{policy}{ignore}</div>
            </li>
        }
    }

    fn rows(&self) -> impl IntoView + use<> {
        let order = self.wanted.order;
        let head = |of: Order, label: &'static str, class: Option<&'static str>| {
            let sorted = (order == of).then_some(match of {
                Order::Host => "ascending",
                Order::Count | Order::First | Order::Last => "descending",
            });
            let href = self.address.with(ORDER, of.name()).without(&[PAGE]).href();
            view! { <th scope="col" class=class aria-sort=sorted><a href=href>{label}</a></th> }
        };
        let host_head = head(Order::Host, "Host", None);
        let count_head = head(Order::Count, "Denied", Some("num"));
        let first_head = head(Order::First, "First seen", Some("num"));
        let last_head = head(Order::Last, "Last seen", Some("num"));
        let many_sites = self.wanted.site.is_none();
        let says_code = self.says_code();
        let why = match self.wanted.code {
            Some(DenyCode::RefererDenied) => "Nearest entry",
            _ => "What stops it",
        };
        let groups = self.data.groups.iter().map(|group| self.group(group)).collect_view();
        view! {
            {self.ignore_forms()}
            <TableWrap label="Rejected hosts">
                <table class="table stacked">
                    <thead>
                        <tr>
                            {host_head}
                            {many_sites.then(|| view! { <th scope="col">"Site"</th> })}
                            {says_code.then(|| view! { <th scope="col">"Code"</th> })}
                            {count_head}
                            {first_head}
                            {last_head}
                            <th scope="col">{why}</th>
                            <ActionsHead/>
                        </tr>
                    </thead>
                    {groups}
                </table>
            </TableWrap>
        }
    }

    /// What the buttons of the rows send: a form in each row would be half of the page.
    fn ignore_forms(&self) -> impl IntoView + use<> {
        let rows = self.data.groups.iter().flat_map(|group| &group.rows);
        let offered = rows.filter(|row| {
            !row.ignored && matches!(row.remedy, Remedy::Allow(Standing::Denied { .. }))
        });
        let sites: BTreeSet<SiteId> = offered.map(|row| row.site).collect();
        let form = |site: SiteId| {
            view! {
                <form id=ignore_form_id(site) method="post" action=IgnoreHost::PATH>
                    <Hidden name="site" value=site.to_string()/>
                    <Hidden name="ignored" value="true"/>
                    <Hidden name="back" value=self.back.clone()/>
                </form>
            }
        };
        sites.into_iter().map(form).collect_view()
    }

    fn foot(&self) -> impl IntoView + use<> {
        let Rejected { from, shown, all, cut, .. } = self.data;
        let last = from + shown;
        let more = if cut { "+" } else { "" };
        let what = if self.wanted.by_domain { " domains" } else { "" };
        let first_shown = grouped((from + 1).min(last));
        let shown = format!("{first_shown}–{} of {}{more}{what}", grouped(last), grouped(all));
        let page = self.wanted.page;
        let first = (page > 1).then(|| self.address.without(&[PAGE]).href());
        let next = (last < all).then(|| self.address.with(PAGE, (page + 1).to_string()).href());
        view! { <Pager shown=shown first=first next=next next_label="Next"/> }
    }
}

/// Where a site says what it answers to requests without a usable referer.
fn policy_path(site: SiteId) -> String {
    format!("/sites/{site}/settings#check")
}

/// The way to the policy of each of several sites.
fn policies(sites: &[&NamelessSite]) -> impl IntoView + use<> {
    let links = sites.iter().take(MOST_SITES).map(|site| {
        let (name, count) = (site.name.clone(), grouped(site.count));
        view! { <a href=policy_path(site.site)>{name}<small>{count}" denied"</small></a> }
    });
    let links = links.collect_view();
    view! {
        <details class="menu" name="menu">
            <summary class="btn small">"Set policy…"</summary>
            <div class="menu-body">{links}</div>
        </details>
    }
}

/// The name of the form that leaves hosts of this site out of the headline.
fn ignore_form_id(site: SiteId) -> String {
    format!("ignore-{site}")
}

/// A button that leaves a host out of the headline.
fn ignore_form(
    site: SiteId,
    host: &str,
    back: &str,
    class: &'static str,
    label: &'static str,
) -> impl IntoView + use<> {
    view! {
        <form method="post" action=IgnoreHost::PATH>
            <Hidden name="site" value=site.to_string()/>
            <Hidden name="host" value=host/>
            <Hidden name="ignored" value="true"/>
            <Hidden name="back" value=back/>
            <button class=class>{label}</button>
        </form>
    }
}

/// A button that takes a host into the headline again.
fn unignore_form(site: SiteId, host: &str, back: &str) -> impl IntoView + use<> {
    view! {
        <form method="post" action=IgnoreHost::PATH>
            <Hidden name="site" value=site.to_string()/>
            <Hidden name="host" value=host/>
            <Hidden name="ignored" value="false"/>
            <Hidden name="back" value=back/>
            <button class="small">"Stop ignoring"</button>
        </form>
    }
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
                    {(!ignored.site_deleted)
                        .then(|| unignore_form(ignored.site, &ignored.host, back))}
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
