//! The page before an associated domain is removed.

use crate::domains::api::{RemoveDomain, RemovePageData, remove_domain_page};
use crate::domains::host;
use crate::domains::model::DomainId;
use crate::sites::pages::{SiteHead, Week};
use crate::sites::view::frame::{Tab, site_id};
use crate::ui::confirm::Confirm;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, query};
use crate::ui::number::{a_day, counted};
use leptos::prelude::*;
use server_fn::ServerFn;

/// How many hosts are named; the rest are counted.
const NAMED: usize = 5;

/// Says what a removal will deny, and does it.
#[component]
pub fn RemoveDomainPage() -> impl IntoView {
    let domain = DomainId(query("domain").unwrap_or_default());
    loaded(remove_domain_page(site_id(), domain), move |data: RemovePageData| {
        let RemovePageData { head, pattern, week } = data;
        let SiteHead { site, flash, .. } = head;
        let back = Tab::Domains.path(site.id);
        let crumbs = vec![
            Crumb::link("Sites", "/sites"),
            Crumb::link(site.name.clone(), Tab::Overview.path(site.id)),
            Crumb::link("Domains", back.clone()),
            Crumb::here("Remove"),
        ];
        let shown = pattern.unicode().unwrap_or_else(|| pattern.to_string());
        let title = format!("Remove {shown}");
        let scope = pattern.scope.label();
        let name = site.name.clone();
        let intro = move || {
            view! {
                "It is listed on "{name}", "{scope}
                ". From then on the gate answers "<code>"referer_denied"</code>
                " to the hosts that no other entry covers."
            }
        };
        view! {
            <Frame here=Section::Sites title=title.clone() crumbs flash=flash>
                <Confirm
                    title=format!("{title}?")
                    intro
                    effects=effects(&week)
                    action=RemoveDomain::PATH
                    button=title
                    danger=true
                    back
                    version=site.version
                >
                    <Hidden name="site" value=site.id.to_string()/>
                    <Hidden name="domain" value=domain.to_string()/>
                </Confirm>
            </Frame>
        }
    })
}

fn effects(Week { requests, hosts }: &Week) -> Vec<AnyView> {
    if *requests == 0 {
        let none = "No request of the last 7 days came in by this entry alone";
        return vec![none.into_any()];
    }
    let average = format!("{} requests a day", a_day(*requests, 7));
    let count = counted(i64::try_from(hosts.len()).unwrap_or(i64::MAX), "host", "hosts");
    let named = hosts.iter().take(NAMED).enumerate().map(|(at, host)| {
        let name = host::unicode(&host.host).into_owned();
        view! { {if at == 0 { ": " } else { ", " }}<code>{name}</code> }
    });
    let named = named.collect_view();
    let rest = (hosts.len() > NAMED).then_some(" and others");
    vec![
        view! { "Denies "<strong>{average}</strong>", as of the last 7 days" }.into_any(),
        view! { "From "<strong>{count}</strong>{named}{rest} }.into_any(),
    ]
}
