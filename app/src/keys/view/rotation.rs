//! The rotation cockpit: an old key and the new one, how traffic moves over, and what can be done.

use super::about::{KeyBadge, of_wanted};
use crate::domains::host;
use crate::keys::api::rotation_page;
use crate::keys::model::{Key, KeyKind, KeyState};
use crate::keys::pages::{Crossing, RotationData, key_path};
use crate::keys::rules::Readiness;
use crate::sites::model::SiteState;
use crate::sites::view::frame::{SiteFrame, Tab, site_id};
use crate::ui::chart::StackedChart;
use crate::ui::key::Copyable;
use crate::ui::load::loaded;
use crate::ui::number::{counted, grouped, percent};
use crate::ui::query::Address;
use crate::ui::table::TableWrap;
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// A rotation, by the key that took over.
#[component]
pub fn RotationPage() -> impl IntoView {
    let address = Address::current();
    of_wanted(|new| {
        loaded(rotation_page(site_id(), new), move |data: RotationData| {
            let RotationData { head, old, new, crossing } = data;
            let now = head.now;
            let changeable = head.site.state != SiteState::Deleted;
            let figures = match &crossing {
                Some(crossing) => {
                    view! { <Figures crossing=crossing.clone() old=old.clone() now/> }.into_any()
                }
                None => view! { <SecretFigures old=old.clone() new=new.clone() now/> }.into_any(),
            };
            let advice = crossing.as_ref().map(|crossing| {
                view! { <Advice crossing=crossing.clone() old=old.clone() now/> }
            });
            let traffic = crossing.map(|crossing| view! { <Traffic crossing address/> });
            view! {
                <SiteFrame head tab=Tab::Keys>
                    <section class="panel" aria-labelledby="rotation">
                        <div class="panel-head">
                            <h2 id="rotation">{format!("Rotation of the {}", new.id.kind)}</h2>
                            <p><Ago at=new.created_at now/>{by(&new)}</p>
                        </div>
                        <dl class="facts pad">
                            <dt>"Old"</dt>
                            <dd><KeyName key=old.clone()/>" "<KeyBadge key=old.clone() now/></dd>
                            <dt>"New"</dt>
                            <dd><KeyName key=new.clone()/>" "<KeyBadge key=new.clone() now/></dd>
                        </dl>
                        {figures}
                        {advice}
                        {changeable.then(|| view! { <Steps old=old.clone() new=new.clone() now/> })}
                    </section>
                    {traffic}
                </SiteFrame>
            }
        })
    })
}

fn by(new: &Key) -> Option<String> {
    new.created_by.as_ref().map(|who| format!(" by {who}"))
}

#[component]
fn KeyName(key: Key) -> impl IntoView {
    let label = (!key.label.is_empty()).then(|| view! { <span>{key.label.clone()}" "</span> });
    let name = match key.id.kind {
        KeyKind::Sitekey => view! { <Copyable text=key.text/> }.into_any(),
        KeyKind::Secret => view! { <code>{key.name()}</code> }.into_any(),
    };
    view! { {label}{name} }
}

#[component]
fn Figures(crossing: Crossing, old: Key, now: Timestamp) -> impl IntoView {
    let Crossing { last_hour, last_day, .. } = crossing;
    // Where nothing came lately, the last day says more than a dash.
    let (share, of) =
        if last_hour.both() > 0 { (last_hour, "60 minutes") } else { (last_day, "24 hours") };
    let both = counted(share.both(), "request", "requests");
    let answered = if old.accepted(now) { "accepted" } else { "refused" };
    view! {
        <dl class="figures">
            <div>
                <dt>"On the new key now"</dt>
                <dd>{percent(share.new, share.both())}</dd>
                <dd>"of "{both}" in the last "{of}</dd>
            </div>
            <div>
                <dt>"Old key, 60 min"</dt>
                <dd>{grouped(last_hour.old)}</dd>
                <dd>{percent(last_hour.old, last_hour.both())}" of both, "{answered}</dd>
            </div>
            <div>
                <dt>"Old key, 24 h"</dt>
                <dd>{grouped(last_day.old)}</dd>
                <dd>{percent(last_day.old, last_day.both())}" of both"</dd>
            </div>
            <div>
                <dt>"New key, 24 h"</dt>
                <dd>{grouped(last_day.new)}</dd>
                <dd>{percent(last_day.new, last_day.both())}" of both"</dd>
            </div>
        </dl>
    }
}

#[component]
fn SecretFigures(old: Key, new: Key, now: Timestamp) -> impl IntoView {
    let seen = |key: &Key| match key.last_used_at {
        Some(at) => view! { <Ago at now/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    view! {
        <dl class="figures">
            <div><dt>"Old secret last checked"</dt><dd>{seen(&old)}</dd></div>
            <div><dt>"New secret last checked"</dt><dd>{seen(&new)}</dd></div>
        </dl>
        <p class="pad muted">
            "Secrets are checked by your verifiers; only "<code>"/v1/keypair/check"</code>
            " is seen here. That a secret was not seen does not say that nobody uses it."
        </p>
    }
}

#[component]
fn Advice(crossing: Crossing, old: Key, now: Timestamp) -> impl IntoView {
    let (class, title, told) = match crossing.readiness(&old, now) {
        Readiness::Ended if crossing.last_day.old > 0 => (
            "verdict denied",
            "The old key is refused, and still sent".to_owned(),
            format!(
                "{} came with it in the last 24 hours. Those pages need the new one.",
                counted(crossing.last_day.old, "request", "requests")
            ),
        ),
        Readiness::Ended => (
            "verdict allowed",
            "Done: the old key is refused, and nobody sends it".to_owned(),
            "Nothing came with it for 24 hours.".to_owned(),
        ),
        Readiness::Unused => (
            "verdict allowed",
            "Old key unused for 24 hours: safe to revoke".to_owned(),
            "All that was reported came with the new one.".to_owned(),
        ),
        Readiness::InUse => (
            "verdict",
            "The old key is still in use".to_owned(),
            "Put the new one in the pages of the hosts below before the grace ends.".to_owned(),
        ),
        Readiness::Quiet => (
            "verdict",
            "Nothing came with either key for 24 hours".to_owned(),
            "So nothing says that the old one is no longer used.".to_owned(),
        ),
    };
    view! { <div class="pad"><div class=class><strong>{title}</strong><p>{told}</p></div></div> }
}

/// What can be done next.
#[component]
fn Steps(old: Key, new: Key, now: Timestamp) -> impl IntoView {
    let site = new.site;
    let link = |page: &'static str, key: &Key, class: &'static str, label: &'static str| {
        view! { <a class=class href=key_path(site, page, key.id)>{label}</a> }
    };
    let revocable = old.state != KeyState::Revoked;
    let retiring = old.state == KeyState::Retiring;
    let fresh = new.state == KeyState::Active;
    let undoable = fresh && old.in_grace(now);
    view! {
        <div class="panel-foot">
            <div class="actions">
                {revocable.then(|| link("revoke", &old, "btn small danger", "Revoke the old one now…"))}
                {retiring.then(|| link("grace", &old, "btn small", "Extend or cut the grace…"))}
                {fresh.then(|| link("rotate", &new, "btn small", "Rotate again…"))}
                {undoable.then(|| link("undo", &new, "btn small", "Take the rotation back…"))}
            </div>
            {new.replaces.is_some().then(|| view! { <a href=Tab::Keys.path(site)>"All keys"</a> })}
        </div>
    }
}

#[component]
fn Traffic(crossing: Crossing, address: Address) -> impl IntoView {
    let Crossing { chart, sources, hosts, last_day, .. } = crossing;
    let left = (last_day.old > 0).then(|| {
        view! {
            <div class="cols">
                <OldSources sources whole=last_day.old/>
                <OldHosts hosts/>
            </div>
        }
    });
    view! {
        <StackedChart
            chart
            title="Requests by sitekey"
            address
            empty="Nothing came with either key."
            legend_label="Sitekeys; choose one to hide or show it"
        />
        {left}
    }
}

#[component]
fn OldSources(sources: Vec<(String, i64)>, whole: i64) -> impl IntoView {
    let rows = sources.into_iter().map(move |(source, count)| {
        view! {
            <tr>
                <th scope="row"><code>{source}</code></th>
                <td class="num">{grouped(count)}</td>
                <td class="num">{percent(count, whole)}</td>
            </tr>
        }
    });
    view! {
        <section class="panel" aria-labelledby="old-sources">
            <div class="panel-head">
                <h2 id="old-sources">"Sources of the old key"</h2>
                <p>"last 24 hours"</p>
            </div>
            <TableWrap label="Sources of the old key">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Source"</th>
                            <th scope="col" class="num">"Requests"</th>
                            <th scope="col" class="num">"Share"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </TableWrap>
        </section>
    }
}

/// Hosts are counted by site, not by sitekey, so these are only those of samples.
#[component]
fn OldHosts(hosts: Vec<String>) -> impl IntoView {
    let body = if hosts.is_empty() {
        view! { <div class="state"><p>"No sample of the last 24 hours has a host."</p></div> }
            .into_any()
    } else {
        let rows = hosts.into_iter().map(|name| {
            view! { <li><code>{host::unicode(&name).into_owned()}</code></li> }
        });
        view! { <ul class="pad stack-s">{rows.collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="panel" aria-labelledby="old-hosts">
            <div class="panel-head">
                <h2 id="old-hosts">"Hosts of the old key"</h2>
                <p>"from samples: there may be more"</p>
            </div>
            {body}
        </section>
    }
}
