//! The keys tab of a site.

use crate::keys::api::{KeysPageData, SitekeyRow, keys_page};
use crate::keys::model::{KeyState, Secret};
use crate::sites::model::{SiteId, SiteState};
use crate::sites::pages::SiteHead;
use crate::sites::view::frame::{SiteFrame, Tab, site_id};
use crate::ui::key::Copyable;
use crate::ui::load::loaded;
use crate::ui::number::grouped;
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::{Ago, Until};
use jiff::Timestamp;
use leptos::prelude::*;

/// A site's sitekeys and secrets.
#[component]
pub fn KeysTab() -> impl IntoView {
    loaded(keys_page(site_id()), |KeysPageData { head, sitekeys, secrets }| {
        let SiteHead { site, now, .. } = head.clone();
        let changeable = site.state != SiteState::Deleted;
        let several =
            sitekeys.iter().filter(|row| row.sitekey.state == KeyState::Active).count() > 1;
        let sitekeys = sitekeys.into_iter().map(move |row| {
            let revocable = changeable && (several || row.sitekey.state == KeyState::Retiring);
            view! { <SitekeyLine row site=site.id changeable revocable now/> }
        });
        let several = secrets.iter().filter(|secret| secret.state == KeyState::Active).count() > 1;
        let secrets = secrets.into_iter().map(move |secret| {
            let revocable = changeable && (several || secret.state == KeyState::Retiring);
            view! { <SecretLine secret site=site.id changeable revocable now/> }
        });
        view! {
            <SiteFrame head tab=Tab::Keys>
                <section class="panel" aria-labelledby="sitekeys">
                    <div class="panel-head">
                        <h2 id="sitekeys">"Sitekeys"</h2>
                        <p>"Public: they stand in your pages"</p>
                    </div>
                    <TableWrap label="Sitekeys">
                        <table class="table stacked">
                            <thead>
                                <tr>
                                    <th scope="col">"Sitekey"</th>
                                    <th scope="col">"State"</th>
                                    <th scope="col" class="num">"Requests, 7 days"</th>
                                    <th scope="col" class="num">"Last used"</th>
                                    <th scope="col" class="num">"Issued"</th>
                                    <ActionsHead/>
                                </tr>
                            </thead>
                            <tbody>{sitekeys.collect_view()}</tbody>
                        </table>
                    </TableWrap>
                </section>
                <section class="panel" aria-labelledby="secrets">
                    <div class="panel-head">
                        <h2 id="secrets">"Secrets"</h2>
                        <p>"For your server. Recognised by their last four characters"</p>
                    </div>
                    <TableWrap label="Secrets">
                        <table class="table stacked">
                            <thead>
                                <tr>
                                    <th scope="col">"Secret"</th>
                                    <th scope="col">"State"</th>
                                    <th scope="col" class="num">"Issued"</th>
                                    <ActionsHead/>
                                </tr>
                            </thead>
                            <tbody>{secrets.collect_view()}</tbody>
                        </table>
                    </TableWrap>
                </section>
            </SiteFrame>
        }
    })
}

#[component]
fn SitekeyLine(
    row: SitekeyRow,
    site: SiteId,
    changeable: bool,
    revocable: bool,
    now: Timestamp,
) -> impl IntoView {
    let SitekeyRow { sitekey, requests, last_used } = row;
    let which = format!("sitekey={}", sitekey.id);
    let rotatable = changeable && sitekey.state == KeyState::Active;
    let used = last_used.map_or_else(
        || view! { <span class="muted">"not in 7 days"</span> }.into_any(),
        |at| view! { <Ago at now/> }.into_any(),
    );
    view! {
        <tr>
            <th scope="row"><Copyable text=sitekey.sitekey/></th>
            <td data-label="State"><KeyBadge state=sitekey.state retires_at=sitekey.retires_at now/></td>
            <td class="num" data-label="Requests, 7 days">{grouped(requests)}</td>
            <td class="num" data-label="Last used">{used}</td>
            <td class="num" data-label="Issued"><Ago at=sitekey.created_at now/></td>
            <td class="act"><KeyActions site which rotatable revocable/></td>
        </tr>
    }
}

#[component]
fn SecretLine(
    secret: Secret,
    site: SiteId,
    changeable: bool,
    revocable: bool,
    now: Timestamp,
) -> impl IntoView {
    let which = format!("secret={}", secret.id);
    let rotatable = changeable && secret.state == KeyState::Active;
    view! {
        <tr>
            <th scope="row"><code>"secret_…"{secret.last_four}</code></th>
            <td data-label="State"><KeyBadge state=secret.state retires_at=secret.retires_at now/></td>
            <td class="num" data-label="Issued"><Ago at=secret.created_at now/></td>
            <td class="act"><KeyActions site which rotatable revocable/></td>
        </tr>
    }
}

/// Where a key stands. One past its grace is over, though nobody has revoked it.
#[component]
fn KeyBadge(state: KeyState, retires_at: Option<Timestamp>, now: Timestamp) -> impl IntoView {
    match (state, retires_at) {
        (KeyState::Active, _) => view! { <span class="badge active">"Active"</span> }.into_any(),
        (KeyState::Retiring, Some(at)) if at > now => view! {
            <span class="badge warn">"Retiring"</span>
            <span class="sub">"until "<Until at now/></span>
        }
        .into_any(),
        (KeyState::Retiring, at) => view! {
            <span class="badge">"Retired"</span>
            {at.map(|at| view! { <span class="sub"><Ago at now/></span> })}
        }
        .into_any(),
        (KeyState::Revoked, _) => view! { <span class="badge">"Revoked"</span> }.into_any(),
    }
}

#[component]
fn KeyActions(site: SiteId, which: String, rotatable: bool, revocable: bool) -> impl IntoView {
    let link = |path: &str, class: &'static str, label: &'static str| {
        let href = format!("/sites/{site}/keys/{path}?{which}");
        view! { <a class=class href=href>{label}</a> }
    };
    view! {
        <div class="actions">
            {rotatable.then(|| link("rotate", "btn small", "Rotate…"))}
            {revocable.then(|| link("revoke", "btn small danger", "Revoke…"))}
        </div>
    }
}
