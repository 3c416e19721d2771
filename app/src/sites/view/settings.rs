//! A site's name, how strictly it is checked, and its end.

use super::frame::{SiteFrame, Tab, site_id, state_path};
use crate::sites::api::{RenameSite, SetSitePolicy, settings_page};
use crate::sites::model::{MissingReferer, Site, SiteState};
use crate::sites::pages::SettingsData;
use crate::sites::rules::StateChange;
use crate::ui::form::{Choice, Field, Hidden};
use crate::ui::load::loaded;
use crate::ui::number::grouped;
use leptos::prelude::*;
use server_fn::ServerFn;

/// The settings of a site.
#[component]
pub fn SettingsTab() -> impl IntoView {
    loaded(settings_page(site_id()), |data: SettingsData| {
        let SettingsData { head, missing_denied, hosts_denied } = data;
        let site = head.site.clone();
        let refusal = head.flash.as_ref().and_then(|flash| flash.refusal_of("rename")).cloned();
        let typed = head.flash.as_ref().and_then(|flash| flash.typed_in("rename", "name"));
        let name = typed.map_or_else(|| site.name.clone(), ToOwned::to_owned);
        let forms = (site.state != SiteState::Deleted).then(|| {
            view! {
                <section class="panel" aria-labelledby="general">
                    <div class="panel-head"><h2 id="general">"General"</h2></div>
                    <div class="pad">
                        <form class="form" method="post" action=RenameSite::PATH>
                            <OfSite site=site.clone()/>
                            <Field label="Name" name="name" value=name maxlength=120 refusal=refusal/>
                            <div class="form-foot"><button class="primary">"Rename"</button></div>
                        </form>
                    </div>
                </section>
                <PolicyPanel site=site.clone() missing_denied hosts_denied/>
            }
        });
        view! {
            <SiteFrame head tab=Tab::Settings>
                {forms}
                <DangerZone site/>
            </SiteFrame>
        }
    })
}

/// What every form about a site carries.
#[component]
fn OfSite(site: Site) -> impl IntoView {
    view! {
        <Hidden name="site" value=site.id.to_string()/>
        <Hidden name="version" value=site.version.to_string()/>
        <Hidden name="back" value=Tab::Settings.path(site.id)/>
    }
}

#[component]
fn PolicyPanel(site: Site, missing_denied: i64, hosts_denied: i64) -> impl IntoView {
    let off = site.any_hostname;
    let allows = site.missing_referer == MissingReferer::Allow;
    let any = format!(
        "Turns the check off: whoever copies a sitekey can use it. Would have let through {} of the last 7 days’ denials",
        grouped(hosts_denied),
    );
    let deny = format!("{} denied in the last 7 days", grouped(missing_denied));
    view! {
        <section class="panel" aria-labelledby="check">
            <div class="panel-head"><h2 id="check">"Domain check"</h2></div>
            <div class="pad">
                <form class="form" method="post" action=SetSitePolicy::PATH>
                    <OfSite site=site/>
                    <fieldset class="field">
                        <legend>"Which hosts may use the sitekeys"</legend>
                        <Choice name="any_hostname" value="false" checked=!off label="Only the associated domains"/>
                        <Choice name="any_hostname" value="true" checked=off label="Any hostname" small=any/>
                    </fieldset>
                    <fieldset class="field">
                        <legend>"Requests without a usable referer"</legend>
                        <Choice name="missing_referer" value="deny" checked=!allows label="Deny" small=deny/>
                        <Choice
                            name="missing_referer"
                            value="allow"
                            checked=allows
                            label="Allow"
                            small="Anything that sends no referer is let through, scripts included"
                        />
                    </fieldset>
                    <div class="form-foot"><button>"Save domain check"</button></div>
                </form>
            </div>
        </section>
    }
}

#[component]
fn DangerZone(site: Site) -> impl IntoView {
    let entries = match site.state {
        SiteState::Active => vec![StateChange::Pause, StateChange::Delete],
        SiteState::Paused => vec![StateChange::Start, StateChange::Delete],
        SiteState::Deleted => vec![StateChange::Restore],
    };
    let entries = entries.into_iter().map(|change| {
        let told = match change {
            StateChange::Pause => view! {
                "The gate answers "<code>"site_paused"</code>" until you start it again"
            }
            .into_any(),
            StateChange::Start => "The gate lets its associated domains through again".into_any(),
            StateChange::Delete => {
                "Restorable for 30 days; its sitekeys are never issued again".into_any()
            }
            StateChange::Restore => "It gets back the state it had".into_any(),
        };
        let dangerous = matches!(change, StateChange::Pause | StateChange::Delete);
        let class = if dangerous { "btn danger" } else { "btn" };
        view! {
            <li>
                <div class="grow">
                    <strong>{change.verb()}" this site"</strong>
                    <span class="sub">{told}</span>
                </div>
                <a class=class href=state_path(site.id, change)>{change.verb()}"…"</a>
            </li>
        }
    });
    view! {
        <section class="panel danger-zone" aria-labelledby="danger">
            <div class="panel-head"><h2 id="danger">"Danger zone"</h2></div>
            <ul class="list">{entries.collect_view()}</ul>
        </section>
    }
}
