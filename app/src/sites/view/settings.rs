//! A site's name, tags, how strictly it is checked, and its end.

use super::frame::{SiteFrame, Tab, site_id};
use crate::sites::api::{RenameSite, SetSitePolicy, SetSiteTags, settings_page};
use crate::sites::model::{MissingReferer, Site, SiteState};
use crate::sites::pages::{SettingsData, state_path};
use crate::sites::rules::StateChange;
use crate::ui::flash::Flash;
use crate::ui::form::{Choice, Field, FieldError, Hidden, described_by};
use crate::ui::load::loaded;
use crate::ui::number::grouped;
use crate::ui::stale::{Stale, Versions, is_stale};
use leptos::prelude::*;
use server_fn::ServerFn;

/// The settings of a site.
#[component]
pub fn SettingsTab() -> impl IntoView {
    loaded(settings_page(site_id()), |data: SettingsData| {
        let SettingsData { head, missing_denied, hosts_denied } = data;
        let (site, flash) = (head.site.clone(), head.flash.clone());
        let forms = (site.state != SiteState::Deleted).then(|| {
            view! {
                <NamePanel site=site.clone() flash=flash.clone()/>
                <TagsPanel site=site.clone() flash=flash.clone()/>
                <PolicyPanel site=site.clone() flash missing_denied hosts_denied/>
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
fn NamePanel(site: Site, #[prop(optional_no_strip)] flash: Option<Flash>) -> impl IntoView {
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of("rename")).cloned();
    let typed = flash.as_ref().and_then(|flash| flash.typed_in("rename", "name"));
    let name = typed.map_or_else(|| site.name.clone(), ToOwned::to_owned);
    let stale = is_stale(flash.as_ref(), "rename").then(|| {
        let values =
            vec![Versions { label: "Name", mine: name.clone(), theirs: site.name.clone() }];
        let (of, mine) = (site.clone(), name.clone());
        view! {
            <Stale values action=RenameSite::PATH keep=Tab::Settings.path(site.id)>
                <OfSite site=of/>
                <Hidden name="name" value=mine/>
            </Stale>
        }
    });
    view! {
        <section class="panel" aria-labelledby="general">
            <div class="panel-head"><h2 id="general">"Name"</h2></div>
            <div class="pad stack-m">
                {stale}
                <form class="form" method="post" action=RenameSite::PATH>
                    <OfSite site=site/>
                    <Field label="Name" name="name" value=name maxlength=120 refusal=refusal/>
                    <div class="form-foot"><button class="primary">"Rename"</button></div>
                </form>
            </div>
        </section>
    }
}

#[component]
fn TagsPanel(site: Site, #[prop(optional_no_strip)] flash: Option<Flash>) -> impl IntoView {
    let present = site.tags.join(", ");
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of("tags")).cloned();
    let refusal = refusal.filter(|refusal| refusal.field == "tags");
    let typed = flash.as_ref().and_then(|flash| flash.typed_in("tags", "tags"));
    let tags = typed.map_or_else(|| present.clone(), ToOwned::to_owned);
    let stale = is_stale(flash.as_ref(), "tags").then(|| {
        let values = vec![Versions { label: "Tags", mine: tags.clone(), theirs: present }];
        let (of, mine) = (site.clone(), tags.clone());
        view! {
            <Stale values action=SetSiteTags::PATH keep=Tab::Settings.path(site.id)>
                <OfSite site=of/>
                <Hidden name="tags" value=mine/>
            </Stale>
        }
    });
    let error = refusal.as_ref().map(|_| "tags-error".to_owned());
    let described = described_by(&[&Some("tags-hint".to_owned()), &error]);
    view! {
        <section class="panel" aria-labelledby="groups">
            <div class="panel-head"><h2 id="groups">"Tags"</h2></div>
            <div class="pad stack-m">
                {stale}
                <form class="form" method="post" action=SetSiteTags::PATH>
                    <OfSite site=site/>
                    <div class="field">
                        <label for="tags">"Tags"</label>
                        <p class="hint" id="tags-hint">"Groups to filter the list by, with commas between them: europe, partner."</p>
                        <input
                            id="tags"
                            name="tags"
                            value=tags
                            autocomplete="off"
                            aria-describedby=described
                            aria-invalid=refusal.is_some().then_some("true")
                        />
                        <FieldError id="tags-error" refusal/>
                    </div>
                    <div class="form-foot"><button>"Save tags"</button></div>
                </form>
            </div>
        </section>
    }
}

const fn hosts_words(any_hostname: bool) -> &'static str {
    if any_hostname { "Any hostname" } else { "Only the associated domains" }
}

#[component]
fn PolicyPanel(
    site: Site,
    #[prop(optional_no_strip)] flash: Option<Flash>,
    missing_denied: i64,
    hosts_denied: i64,
) -> impl IntoView {
    let typed = |field| flash.as_ref().and_then(|flash| flash.typed_in("policy", field));
    let off = typed("any_hostname").map_or(site.any_hostname, |typed| typed == "true");
    let missing = typed("missing_referer").and_then(|typed| typed.parse().ok());
    let missing: MissingReferer = missing.unwrap_or(site.missing_referer);
    let allows = missing == MissingReferer::Allow;
    let any = format!(
        "Turns the check off: whoever copies a sitekey can use it. Would have let through {} of the last 7 days’ denials, by whole days",
        grouped(hosts_denied),
    );
    let deny = format!("{} denied in the last 7 days, by whole days", grouped(missing_denied));
    let stale = is_stale(flash.as_ref(), "policy").then(|| {
        let values = vec![
            Versions {
                label: "Hosts",
                mine: hosts_words(off).to_owned(),
                theirs: hosts_words(site.any_hostname).to_owned(),
            },
            Versions {
                label: "Without a usable referer",
                mine: missing.to_string(),
                theirs: site.missing_referer.to_string(),
            },
        ];
        let of = site.clone();
        view! {
            <Stale values action=SetSitePolicy::PATH keep=Tab::Settings.path(site.id)>
                <OfSite site=of/>
                <Hidden name="any_hostname" value=off.to_string()/>
                <Hidden name="missing_referer" value=missing.as_str()/>
            </Stale>
        }
    });
    view! {
        <section class="panel" aria-labelledby="check">
            <div class="panel-head"><h2 id="check">"Domain check"</h2></div>
            <div class="pad stack-m">
                {stale}
                <form class="form" method="post" action=SetSitePolicy::PATH>
                    <OfSite site=site/>
                    <fieldset class="field">
                        <legend>"Which hosts may use the sitekeys"</legend>
                        <Choice name="any_hostname" value="false" checked=!off label=hosts_words(false)/>
                        <Choice name="any_hostname" value="true" checked=off label=hosts_words(true) small=any/>
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
                "The gate answers "<code>"site_paused"</code>
                " until you start it again, or until a time you set"
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
                <a class=class href=state_path(site.id, change, "")>{change.verb()}"…"</a>
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
