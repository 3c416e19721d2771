//! The sites a code occurred on, with the button that stops it where there is one.

use crate::codes::Code;
use crate::codes::pages::{AffectedSite, CodeSite};
use crate::sites::model::{SiteId, SiteState};
use crate::sites::rules::restorable_until;
use crate::sites::view::StateBadge;
use crate::ui::number::percent;
use crate::ui::query::Address;
use crate::ui::share::Share;
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::{Ago, Until};
use jiff::Timestamp;
use leptos::prelude::*;

/// The sites, those with the most events first.
#[component]
pub(super) fn CodeSites(
    code: String,
    sites: Vec<CodeSite>,
    total: i64,
    now: Timestamp,
    address: Address,
) -> impl IntoView {
    if sites.is_empty() {
        return ().into_any();
    }
    let largest = sites.iter().map(|site| site.count).max().unwrap_or(0);
    let known: Option<Code> = code.parse().ok();
    let rows = sites
        .into_iter()
        .map(|CodeSite { site, count }| {
            let name = match &site {
                Some(site) => {
                    let href = address.range_only().at(format!("/sites/{}", site.id)).href();
                    view! { <a href=href>{site.name.clone()}</a> }.into_any()
                }
                None => view! {
                    <span class="muted">"Unattributed"</span>
                    <span class="sub">"the sitekey named no site"</span>
                }
                .into_any(),
            };
            let state = site.as_ref().map(|site| {
                view! {
                    <StateBadge state=site.state/>
                    <span class="sub">"since "<Ago at=site.since now/></span>
                }
            });
            let action = site.and_then(|site| action(known, &site, now, &address));
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td data-label="State">{state}</td>
                    <td class="num" data-label="Events"><Share part=count whole=largest hue=1/></td>
                    <td class="num" data-label="Share">{percent(count, total.max(count))}</td>
                    <td class="act"><div class="actions">{action}</div></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="panel" aria-labelledby="sites">
            <div class="panel-head"><h2 id="sites">"Sites"</h2></div>
            <TableWrap label="Sites">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"Site"</th>
                            <th scope="col">"State"</th>
                            <th scope="col" class="num">"Events"</th>
                            <th scope="col" class="num">"Share"</th>
                            <ActionsHead/>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableWrap>
        </section>
    }
    .into_any()
}

/// What stops the code on this site, if it still applies.
fn action(
    code: Option<Code>,
    site: &AffectedSite,
    now: Timestamp,
    address: &Address,
) -> Option<AnyView> {
    match (code?, site.state) {
        (Code::SitePaused, SiteState::Paused) => {
            Some(button(site, "start", "Start…", address).into_any())
        }
        (Code::SiteDeleted, SiteState::Deleted) => {
            let until = restorable_until(site.since);
            Some(if until < now {
                view! { <span class="muted">"Past its 30 days"</span> }.into_any()
            } else {
                view! {
                    <span class="muted">"until "<Until at=until now/></span>
                    {button(site, "restore", "Restore…", address)}
                }
                .into_any()
            })
        }
        (Code::SitePaused | Code::SiteDeleted, _) => {
            Some(view! { <span class="muted">"Over"</span> }.into_any())
        }
        _ => None,
    }
}

fn button(
    site: &AffectedSite,
    change: &'static str,
    label: &'static str,
    address: &Address,
) -> impl IntoView + use<> {
    let href = state_path(site.id, change, address);
    let name = format!("{} {}", label.trim_end_matches('…'), site.name);
    view! { <a class="btn small" href=href aria-label=name>{label}</a> }
}

/// The page that asks before a site's state is changed.
fn state_path(site: SiteId, change: &str, address: &Address) -> String {
    let back = address.href();
    Address::new(
        format!("/sites/{site}/state"),
        [("to".to_owned(), change.to_owned()), ("back".to_owned(), back)],
    )
    .href()
}
