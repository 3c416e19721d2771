//! The page before an associated domain covers more or less.

use super::effects::{clears, denies};
use super::warning::looked_at_twice;
use crate::domains::api::{ChangeDomain, ChangePageData, change_domain_page};
use crate::domains::model::{DomainId, DomainScope};
use crate::sites::model::SiteId;
use crate::sites::pages::SiteHead;
use crate::sites::view::frame::{Tab, site_id};
use crate::ui::confirm::Confirm;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, query};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The address of the page that asks whether an entry shall have the scope `to`.
pub fn change_path(site: SiteId, domain: DomainId, to: DomainScope) -> String {
    format!("/sites/{site}/domains/change?domain={domain}&to={to}")
}

/// `/sites/:id/domains/change?domain=…&to=exact|subdomains`
#[component]
pub fn ChangeDomainPage() -> impl IntoView {
    let domain = DomainId(query("domain").unwrap_or_default());
    let to = query("to").unwrap_or(DomainScope::Exact);
    loaded(change_domain_page(site_id(), domain, to), move |data: ChangePageData| {
        let effects = effects(&data, to);
        let ChangePageData { head, pattern, after, .. } = data;
        let SiteHead { site, flash, .. } = head;
        let back = Tab::Domains.path(site.id);
        let crumbs = vec![
            Crumb::link("Sites", "/sites"),
            Crumb::link(site.name.clone(), Tab::Overview.path(site.id)),
            Crumb::link("Domains", back.clone()),
            Crumb::here("Change"),
        ];
        let shown = pattern.unicode().unwrap_or_else(|| pattern.to_string());
        let (title, covered) = match to {
            DomainScope::Subdomains => (
                format!("Include the subdomains of {shown}"),
                "every host below it as well, never siblings",
            ),
            _ => (format!("Leave out the subdomains of {shown}"), "this host alone"),
        };
        let (name, scope) = (site.name.clone(), pattern.scope.label());
        let intro = move || {
            view! { "It is listed on "{name}", "{scope}". From then on it covers "{covered}"." }
        };
        let body = match after {
            Ok(_) => view! {
                <Confirm
                    title=format!("{title}?")
                    intro
                    effects
                    action=ChangeDomain::PATH
                    button=title.clone()
                    danger={to != DomainScope::Subdomains}
                    back
                    version=site.version
                >
                    <Hidden name="site" value=site.id.to_string()/>
                    <Hidden name="domain" value=domain.to_string()/>
                    <Hidden name="to" value=to.as_str()/>
                </Confirm>
            }
            .into_any(),
            Err(refusal) => view! {
                <section class="panel confirm">
                    <h1>{format!("{shown} cannot be changed")}</h1>
                    <p>{refusal.message}</p>
                    <div class="form-foot"><a class="btn" href=back>"Back"</a></div>
                </section>
            }
            .into_any(),
        };
        view! {
            <Frame here=Section::Sites title=title crumbs flash=flash>
                {body}
            </Frame>
        }
    })
}

fn effects(data: &ChangePageData, to: DomainScope) -> Vec<AnyView> {
    let mut said = looked_at_twice(&data.warnings);
    let effect = &data.effect;
    if data.head.site.any_hostname {
        said.push("Changes nothing for now: the site’s domain check is off".into_any());
        return said;
    }
    said.extend(clears(&effect.clears));
    said.extend(denies(&effect.denies, data.hours));
    if effect.clears.is_empty() && effect.denies.is_empty() {
        let none = match to {
            DomainScope::Subdomains => "No host below it was denied in the last 7 days",
            _ => "No request of the last 7 days came from a host below it",
        };
        said.push(none.into_any());
    }
    said
}
