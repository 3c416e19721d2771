//! The inbox of rejected hosts: of one site or of all, searched and grouped.

use super::rejected::{GROUP, ORDER, PAGE, SEARCH, Table, page_of};
use crate::domains::hosts_api::{InboxData, inbox};
use crate::domains::rejected::{Order, UNATTRIBUTED, Wanted};
use crate::gate::DenyCode;
use crate::sites::model::SiteId;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{here, loaded};
use crate::ui::number::grouped;
use crate::ui::query::Address;
use crate::ui::range::{Chosen, NAMES, Preset, RangeNote, RangePicker};
use leptos::prelude::*;

/// The name in an address of the site.
const SITE: &str = "site";
/// The name in an address of the code.
const CODE: &str = "code";
/// The name in an address that shows ignored hosts among the others.
const IGNORED: &str = "ignored";

/// `/errors/hosts`
#[component]
pub fn InboxPage() -> impl IntoView {
    let address = Address::current();
    let asks = NAMES.iter().any(|name| address.get(name).is_some());
    let (chosen, problem) =
        if asks { Chosen::of(&address) } else { (Chosen::Preset(Preset::Week), None) };
    let wanted = Wanted {
        site: address.get(SITE).and_then(|site| site.parse().ok()).map(SiteId),
        code: address.get(CODE).and_then(DenyCode::from_name),
        order: Order::from_name(address.get(ORDER)),
        page: page_of(&address),
        search: address.get(SEARCH).unwrap_or_default().to_owned(),
        with_ignored: address.get(IGNORED).is_some(),
        by_domain: address.get(GROUP) == Some("domain"),
        with_referers: true,
    };
    let back = here();
    loaded(inbox(wanted.clone(), chosen), move |InboxData { flash, rejected, sites }| {
        let range = chosen.resolve(rejected.now);
        let tools = view! { <RangePicker address=address.clone() chosen range/> }.into_any();
        let crumbs = vec![
            Crumb::link("Errors", address.range_only().at("/errors").href()),
            Crumb::here("Rejected hosts"),
        ];
        let filters = filters(&address, &wanted, sites);
        let denied = grouped(rejected.denied);
        let with = wanted.code.map(|code| view! { " with "<code>{code.as_str()}</code> });
        let table = Table { data: rejected, address, back, wanted, chosen };
        view! {
            <Frame here=Section::Errors title="Rejected hosts" crumbs flash=flash tools=tools>
                <div class="page-head"><h1>"Rejected hosts"</h1></div>
                {filters}
                <RangeNote problem/>
                <section class="panel" aria-labelledby="rejected-hosts">
                    <div class="panel-head">
                        <h2 id="rejected-hosts">{denied}" denied"{with}</h2>
                        <p>{table.note()}</p>
                    </div>
                    {table.body()}
                </section>
            </Frame>
        }
    })
}

fn filters(
    address: &Address,
    wanted: &Wanted,
    sites: Vec<(SiteId, String)>,
) -> impl IntoView + use<> {
    let options = sites.into_iter().map(|(id, name)| {
        view! { <option value=id.to_string() selected=wanted.site == Some(id)>{name}</option> }
    });
    let options = options.collect_view();
    let codes = DenyCode::ALL.into_iter().rev().map(|code| {
        let selected = wanted.code == Some(code);
        view! { <option value=code.as_str() selected=selected>{code.as_str()}</option> }
    });
    let codes = codes.collect_view();
    let rest = address.without(&[SITE, CODE, SEARCH, IGNORED, GROUP, PAGE]);
    view! {
        <form class="filters" method="get" role="search">
            {rest.hidden_inputs()}
            <input type="search" name=SEARCH aria-label="Host" placeholder="Host" value=wanted.search.clone()/>
            <select name=SITE aria-label="Site">
                <option value="" selected=wanted.site.is_none()>"All sites"</option>
                {options}
                <option value=UNATTRIBUTED.to_string() selected=wanted.site == Some(UNATTRIBUTED)>
                    "No site"
                </option>
            </select>
            <select name=CODE aria-label="Code">
                <option value="" selected=wanted.code.is_none()>"All codes"</option>
                {codes}
            </select>
            <select name=GROUP aria-label="Group">
                <option value="" selected=!wanted.by_domain>"Each host"</option>
                <option value="domain" selected=wanted.by_domain>"By registrable domain"</option>
            </select>
            <label class="check">
                <input type="checkbox" name=IGNORED value="1" checked=wanted.with_ignored/>
                <span>"Show ignored"</span>
            </label>
            <button>"Filter"</button>
        </form>
    }
}
