//! The page of one entry.

use super::{extent, table};
use crate::audit::api::entry_page;
use crate::audit::model::{Entry, EntryId};
use crate::audit::pages::EntryPageData;
use crate::audit::rules::{Difference, differences, undo_path};
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{here, loaded, param};
use crate::ui::query::Address;
use crate::ui::table::TableWrap;
use crate::ui::time::{Ago, utc};
use leptos::prelude::*;

/// One change: what it was, who made it, from where, and what became of it.
#[component]
pub fn EntryPage() -> impl IntoView {
    let id = EntryId(param("entry").unwrap_or_default());
    loaded(entry_page(id), move |data: EntryPageData| {
        let EntryPageData { entry, batch, now, flash } = data;
        let crumbs = vec![Crumb::link("Audit", "/audit"), Crumb::here(id.to_string())];
        let together = batch.map(|batch| {
            let EntryId(first) = batch.id;
            view! {
                <div class="flash">
                    <p>
                        "One of "<a href=format!("/audit?batch={first}")>{extent(batch)}</a>
                        " that were made together."
                    </p>
                    <a class="btn small" href=undo_path(batch.id, true, &here())>"Undo all…"</a>
                </div>
            }
        });
        let undo = table::undo(&entry);
        let changes = differences(entry.before.as_ref(), entry.after.as_ref());
        view! {
            <Frame here=Section::Audit title=entry.told() crumbs flash=flash>
                <div class="page-head">
                    <h1>{entry.told()}</h1>
                    <div class="actions">{undo}</div>
                </div>
                {together}
                <section class="panel" aria-label="The change">
                    <div class="pad">
                        <dl class="facts">
                            <dt>"When"</dt>
                            <dd>{utc(entry.at)}" ("<Ago at=entry.at now/>")"</dd>
                            <Origin entry=entry.clone()/>
                            <Fate entry/>
                        </dl>
                    </div>
                </section>
                <Differences changes/>
            </Frame>
        }
    })
}

#[component]
fn Origin(entry: Entry) -> impl IntoView {
    let looked_for = |name: &str, value: &str| {
        Address::new("/audit", [(name.to_owned(), value.to_owned())]).href()
    };
    let who = looked_for("who", &entry.actor);
    let request = entry.request_id.map(|request| {
        let href = looked_for("request", &request);
        view! {
            <dt>"Request"</dt>
            <dd><code>{request}</code>" "<a href=href>"all it changed"</a></dd>
        }
    });
    let address = entry.address.map(|address| {
        view! { <dt>"From"</dt><dd><code>{address}</code></dd> }
    });
    let site = entry.site.map(|site| {
        let name = entry.site_name.unwrap_or_else(|| format!("site {site}, which is gone"));
        view! { <dt>"Site"</dt><dd><a href=format!("/sites/{site}/activity")>{name}</a></dd> }
    });
    view! {
        <dt>"Who"</dt>
        <dd><a href=who>{entry.actor}</a></dd>
        {address}
        {request}
        <dt>"Action"</dt>
        <dd><code>{entry.action.as_str()}</code></dd>
        {site}
    }
}

#[component]
fn Fate(entry: Entry) -> impl IntoView {
    let fact = |name: &'static str, of: Option<EntryId>| {
        of.map(|of| {
            let href = super::entry_path(of);
            view! { <dt>{name}</dt><dd><a href=href>{of.to_string()}</a></dd> }
        })
    };
    let since = entry.changed_since.filter(|_| entry.undone_by.is_none());
    view! {
        {fact("Taken back by", entry.undone_by)}
        {fact("Took back", entry.undoes)}
        {fact("Changed since by", since)}
    }
}

#[component]
fn Differences(changes: Vec<Difference>) -> impl IntoView {
    if changes.is_empty() {
        return ().into_any();
    }
    let rows = changes.into_iter().map(|Difference { field, before, after }| {
        view! {
            <tr>
                <th scope="row">{field}</th>
                <td class="wide" data-label="Before">
                    {before.map(|before| view! { <span class="change"><del>{before}</del></span> })}
                </td>
                <td class="wide" data-label="After">
                    {after.map(|after| view! { <span class="change"><ins>{after}</ins></span> })}
                </td>
            </tr>
        }
    });
    view! {
        <section class="panel" aria-labelledby="difference">
            <div class="panel-head"><h2 id="difference">"Before and after"</h2></div>
            <TableWrap label="Before and after">
                <table class="table stacked">
                    <thead>
                        <tr>
                            <th scope="col">"What"</th>
                            <th scope="col">"Before"</th>
                            <th scope="col">"After"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </TableWrap>
        </section>
    }
    .into_any()
}
