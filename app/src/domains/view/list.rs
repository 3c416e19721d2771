//! The domains tab of a site.

use super::field::{DomainsField, Typed};
use super::rejected::RejectedHosts;
use crate::domains::api::{AddDomains, DomainRow, DomainsPageData, domains_page};
use crate::domains::host;
use crate::domains::model::{Pattern, with_port};
use crate::gate::view::Explainer;
use crate::sites::model::{Site, SiteId, SiteState};
use crate::sites::pages::SiteHead;
use crate::sites::view::frame::{SiteFrame, Tab, site_id};
use crate::ui::form::Hidden;
use crate::ui::load::loaded;
use crate::ui::number::{a_day, counted};
use crate::ui::range::{Chosen, Preset};
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;
use server_fn::ServerFn;

/// A site's associated domains: the list, a form that adds to it, and a try at the gate.
#[component]
pub fn DomainsTab() -> impl IntoView {
    let site = site_id();
    loaded(domains_page(site), move |DomainsPageData { head, domains }| {
        let SiteHead { site: of, flash, now, .. } = head.clone();
        let typed = Typed::of(flash.as_ref(), "add-domains");
        let changeable = of.state != SiteState::Deleted;
        view! {
            <SiteFrame head tab=Tab::Domains>
                <div class="cols">
                    {changeable.then(|| view! { <AddPanel site=of.clone() typed/> })}
                    <section class="panel" aria-labelledby="test">
                        <div class="panel-head"><h2 id="test">"Test an address"</h2></div>
                        <div class="pad"><Explainer site/></div>
                    </section>
                </div>
                <section class="panel" aria-labelledby="list">
                    <div class="panel-head">
                        <h2 id="list">"Associated domains"</h2>
                        <p>"requests a day, over the last 7 days"</p>
                    </div>
                    <DomainsList site=of domains now/>
                </section>
                <RejectedHosts site=Some(site) chosen=Chosen::Preset(Preset::Week)/>
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

#[component]
fn DomainsList(site: Site, domains: Vec<DomainRow>, now: Timestamp) -> impl IntoView {
    if domains.is_empty() {
        let told = if site.any_hostname {
            "The domain check is off, so every host is let through. Turn it on in Settings once the list is complete."
        } else {
            "The gate denies every request of this site. Add the host your widget runs on."
        };
        return view! {
            <div class="state empty"><h3>"No domain is listed"</h3><p>{told}</p></div>
        }
        .into_any();
    }
    let count = counted(i64::try_from(domains.len()).unwrap_or(i64::MAX), "entry", "entries");
    let changeable = site.state != SiteState::Deleted;
    let rows = domains
        .into_iter()
        .map(|row| view! { <Row row site=site.id changeable now/> })
        .collect_view();
    view! {
        <TableWrap label="Associated domains">
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col">"Domain"</th>
                        <th scope="col">"Covers"</th>
                        <th scope="col" class="num">"Allowed a day"</th>
                        <th scope="col" class="num">"Added"</th>
                        <ActionsHead/>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableWrap>
        <div class="panel-foot"><span>{count}</span></div>
    }
    .into_any()
}

#[component]
fn Row(row: DomainRow, site: SiteId, changeable: bool, now: Timestamp) -> impl IntoView {
    let DomainRow { id, pattern, created_at, requests } = row;
    let remove = changeable.then(|| {
        let href = format!("/sites/{site}/domains/remove?domain={id}");
        let label = format!("Remove {pattern}…");
        view! { <a class="btn small danger" href=href aria-label=label>"Remove…"</a> }
    });
    view! {
        <tr>
            <th scope="row"><PatternName pattern=pattern.clone()/></th>
            <td data-label="Covers">
                <span class="tags">
                    <span class="tag">{pattern.scope.label()}</span>
                    {pattern.testing().then(|| view! { <span class="tag warn">"testing"</span> })}
                </span>
            </td>
            <td class="num" data-label="Allowed a day">{a_day(requests, 7)}</td>
            <td class="num" data-label="Added"><Ago at=created_at now/></td>
            <td class="act"><div class="actions">{remove}</div></td>
        </tr>
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
