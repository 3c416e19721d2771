//! The page before an associated domain is removed.

use super::effects::denies;
use crate::domains::api::{RemoveDomain, RemovePageData, remove_domain_page};
use crate::domains::model::DomainId;
use crate::sites::pages::SiteHead;
use crate::sites::view::frame::{Tab, site_id};
use crate::ui::confirm::Confirm;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, query};
use leptos::prelude::*;
use server_fn::ServerFn;

/// Says what a removal will deny, and does it.
#[component]
pub fn RemoveDomainPage() -> impl IntoView {
    let domain = DomainId(query("domain").unwrap_or_default());
    loaded(remove_domain_page(site_id(), domain), move |data: RemovePageData| {
        let effects = effects(&data);
        let RemovePageData { head, pattern, .. } = data;
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
                    effects
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

fn effects(data: &RemovePageData) -> Vec<AnyView> {
    if data.head.site.any_hostname {
        let off = "Denies nothing for now: the site’s domain check is off";
        return vec![off.into_any()];
    }
    if data.denies.is_empty() {
        let none = "No request of the last 7 days came in by this entry alone";
        return vec![none.into_any()];
    }
    denies(&data.denies, data.hours)
}
