//! The keys tab of a site.

use super::about::{KeyBadge, an_hour};
use crate::keys::api::keys_page;
use crate::keys::model::{Key, KeyKind, KeyState};
use crate::keys::pages::{KeyRow, KeysPageData, Used, key_path};
use crate::sites::model::{SiteId, SiteState};
use crate::sites::pages::SiteHead;
use crate::sites::view::frame::{SiteFrame, Tab, site_id};
use crate::ui::key::{Copyable, shorten};
use crate::ui::load::loaded;
use crate::ui::number::{grouped, percent};
use crate::ui::spark::Spark;
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::{Ago, Until};
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

/// For how long it is known when a sitekey was used.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A site's sitekeys and secrets.
#[component]
pub fn KeysTab() -> impl IntoView {
    loaded(keys_page(site_id()), |KeysPageData { head, sitekeys, secrets }| {
        let SiteHead { site, now, .. } = head.clone();
        let changeable = site.state != SiteState::Deleted;
        let rotations = [sitekeys.as_slice(), &secrets].map(|keys| under_way(keys, now)).concat();
        let rotations = (!rotations.is_empty())
            .then(|| view! { <Rotations rotations site=site.id changeable now/> });
        view! {
            <SiteFrame head tab=Tab::Keys>
                {rotations}
                <KeysPanel kind=KeyKind::Sitekey rows=sitekeys site=site.id changeable now/>
                <KeysPanel kind=KeyKind::Secret rows=secrets site=site.id changeable now/>
            </SiteFrame>
        }
    })
}

/// The pairs of an old key in its grace and the key that took over.
fn under_way(keys: &[KeyRow], now: Timestamp) -> Vec<(KeyRow, KeyRow)> {
    let old_of = |new: &KeyRow| {
        let number = new.key.replaces?;
        keys.iter().find(|old| old.key.id.number == number && old.key.in_grace(now))
    };
    let pair = |new: &KeyRow| Some((old_of(new)?.clone(), new.clone()));
    keys.iter().filter(|new| new.key.accepted(now)).filter_map(pair).collect()
}

#[component]
fn Rotations(
    rotations: Vec<(KeyRow, KeyRow)>,
    site: SiteId,
    changeable: bool,
    now: Timestamp,
) -> impl IntoView {
    let rows = rotations.into_iter().map(move |(old, new)| {
        let moved = old.used.as_ref().zip(new.used.as_ref()).map(|(old, new)| {
            percent(new.day(), old.day() + new.day())
        });
        let (old, new) = (old.key, new.key);
        let undoable = changeable && new.state == KeyState::Active;
        view! {
            <tr>
                <th scope="row">
                    <code>{shorten(&old.name())}</code>" → "<code>{shorten(&new.name())}</code>
                    <span class="sub">{new.id.kind.as_str()}" rotated "<Ago at=new.created_at now/></span>
                </th>
                <td class="num" data-label="On the new one, 24 h">
                    {moved.unwrap_or_else(|| "not known".to_owned())}
                </td>
                <td data-label="Old one ends">{old.retires_at.map(|at| view! { <Until at now/> })}</td>
                <td class="act">
                    <div class="actions">
                        <a class="btn small" href=key_path(site, "rotation", new.id)>"Open"</a>
                        {undoable
                            .then(|| {
                                view! {
                                    <a class="btn small" href=key_path(site, "undo", new.id)>"Take back…"</a>
                                }
                            })}
                    </div>
                </td>
            </tr>
        }
    });
    view! {
        <section class="panel" aria-labelledby="rotations">
            <div class="panel-head">
                <h2 id="rotations">"Rotations under way"</h2>
                <p>"The old key is still accepted"</p>
            </div>
            <TableWrap label="Rotations under way">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"From, to"</th>
                            <th scope="col" class="num">"On the new one, 24 h"</th>
                            <th scope="col">"Old one ends"</th>
                            <ActionsHead/>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </TableWrap>
        </section>
    }
}

#[component]
fn KeysPanel(
    kind: KeyKind,
    rows: Vec<KeyRow>,
    site: SiteId,
    changeable: bool,
    now: Timestamp,
) -> impl IntoView {
    let (id, title, told, column) = match kind {
        KeyKind::Sitekey => ("sitekeys", "Sitekeys", "Public: they stand in your pages", "Sitekey"),
        KeyKind::Secret => (
            "secrets",
            "Secrets",
            "For your server. Recognised by their last four characters",
            "Secret",
        ),
    };
    let several = rows.iter().filter(|row| row.key.state == KeyState::Active).count() > 1;
    let rows = rows.into_iter().map(move |row| {
        let revocable = changeable && (several || row.key.state == KeyState::Retiring);
        view! { <KeyLine row changeable revocable now/> }
    });
    let issue = changeable.then(|| {
        let href = format!("/sites/{site}/keys/issue?kind={kind}");
        view! { <a class="btn small" href=href>"Issue another "{kind.as_str()}"…"</a> }
    });
    let which = (kind == KeyKind::Sitekey)
        .then(|| view! { <a class="btn small quiet" href="/keys">"Which key is this?"</a> });
    let traffic_heads = (kind == KeyKind::Sitekey).then(|| {
        view! {
            <th scope="col">"Requests an hour, 24 h"</th>
            <th scope="col" class="num">"7 days"</th>
        }
    });
    let used_head = match kind {
        KeyKind::Sitekey => "Last used",
        KeyKind::Secret => "Last checked",
    };
    view! {
        <section class="panel" aria-labelledby=id>
            <div class="panel-head">
                <h2 id=id>{title}</h2>
                <p>{told}</p>
                <div class="actions">
                    {which}
                    {issue}
                </div>
            </div>
            <TableWrap label=title>
                <table class="table stacked keys">
                    <thead>
                        <tr>
                            <th scope="col">{column}</th>
                            <th scope="col">"State"</th>
                            {traffic_heads}
                            <th scope="col" class="num">{used_head}</th>
                            <th scope="col" class="num">"Issued"</th>
                            <ActionsHead/>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </TableWrap>
            {(kind == KeyKind::Secret)
                .then(|| {
                    view! {
                        <div class="panel-foot">
                            <span>
                                "Secrets are checked by your verifiers; only "<code>"/v1/keypair/check"</code>
                                " is seen here."
                            </span>
                        </div>
                    }
                })}
        </section>
    }
}

#[component]
fn KeyLine(row: KeyRow, changeable: bool, revocable: bool, now: Timestamp) -> impl IntoView {
    let KeyRow { key, used } = row;
    let kind = key.id.kind;
    let name = match kind {
        KeyKind::Sitekey => view! { <Copyable text=key.text.clone()/> }.into_any(),
        KeyKind::Secret => view! { <code>"secret_"{key.name()}</code> }.into_any(),
    };
    let new = now.duration_since(key.created_at) < LOOKED_BACK;
    let (used_label, unused) = match kind {
        KeyKind::Sitekey if new => ("Last used", "never"),
        KeyKind::Sitekey => ("Last used", "not in 7 days"),
        KeyKind::Secret => ("Last checked", "never"),
    };
    let last_used = match key.last_used_at {
        Some(at) => view! { <Ago at now/> }.into_any(),
        None => view! { <span class="muted">{unused}</span> }.into_any(),
    };
    let traffic = used.map(|used| view! { <TrafficCells used key=key.clone() now/> });
    let by = key.created_by.clone().map(|who| view! { <span class="sub">"by "{who}</span> });
    view! {
        <tr>
            <th scope="row">{name}<LabelLine key=key.clone() changeable/></th>
            <td data-label="State">
                <KeyBadge key=key.clone() now/>
                {(changeable && key.state == KeyState::Retiring)
                    .then(|| {
                        let href = key_path(key.site, "grace", key.id);
                        view! { <span class="sub"><a href=href>"Change the grace"</a></span> }
                    })}
            </td>
            {traffic}
            <td class="num" data-label=used_label>{last_used}</td>
            <td class="num" data-label="Issued"><Ago at=key.created_at now/>{by}</td>
            <td class="act"><KeyActions key changeable revocable/></td>
        </tr>
    }
}

#[component]
fn LabelLine(key: Key, changeable: bool) -> impl IntoView {
    let (words, link) = if key.label.is_empty() {
        (None, "Add a label")
    } else {
        (Some(view! { {key.label.clone()}" " }), "Change the label")
    };
    let (text, href) = (words, key_path(key.site, "label", key.id));
    view! { <span class="sub">{text}{changeable.then(|| view! { <a href=href>{link}</a> })}</span> }
}

#[component]
fn TrafficCells(used: Used, key: Key, now: Timestamp) -> impl IntoView {
    let hours = now.duration_since(key.created_at).as_hours().clamp(1, 24);
    let average = an_hour(used.day(), hours);
    let week = grouped(used.week);
    let still_sent = (used.day() > 0 && !key.accepted(now))
        .then(|| view! { <span class="sub">"Refused, and still sent"</span> });
    view! {
        <td data-label="Requests an hour, 24 h">
            <span class="with-share"><Spark counts=used.by_hour/><span>{average}</span></span>
            {still_sent}
        </td>
        <td class="num" data-label="7 days">{week}</td>
    }
}

#[component]
fn KeyActions(key: Key, changeable: bool, revocable: bool) -> impl IntoView {
    let link = |page: &'static str, class: &'static str, label: &'static str| {
        view! { <a class=class href=key_path(key.site, page, key.id)>{label}</a> }
    };
    let rotatable = changeable && key.state == KeyState::Active;
    let replaces = key.replaces.is_some();
    view! {
        <div class="actions">
            {replaces.then(|| link("rotation", "btn small quiet", "Rotation"))}
            {rotatable.then(|| link("rotate", "btn small", "Rotate…"))}
            {revocable.then(|| link("revoke", "btn small danger", "Revoke…"))}
        </div>
    }
}
