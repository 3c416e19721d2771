//! The entries of the trail as a table.

use super::{UndoButton, entry_path};
use crate::audit::model::{Entry, EntryId, PAGE, Trail};
use crate::audit::rules::{risky, undo_path, words, words_of_change};
use crate::sites::model::SiteId;
use crate::ui::key::shorten;
use crate::ui::load::here;
use crate::ui::number::counted;
use crate::ui::query::Address;
use crate::ui::table::{ActionsHead, TableWrap};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;

/// A page of the trail as a table with its foot.
#[component]
pub fn TrailTable(
    /// The entries.
    trail: Trail,
    /// The path of the page.
    path: String,
    /// Whether all entries are of the page's own site, so that it need not be named.
    of_one_site: bool,
) -> impl IntoView {
    let Trail { filter, entries, older, newer, now } = trail;
    let address = Address::new(path.clone(), filter.pairs());
    let address = if of_one_site { address.without(&["site"]) } else { address };
    let ends = entries.first().zip(entries.last()).map(|(first, last)| (first.id, last.id));
    let Some((first, last)) = ends else {
        return view! { <Nothing narrowed=filter.narrows() path/> }.into_any();
    };
    let shown = counted(i64::try_from(entries.len()).unwrap_or(PAGE), "change", "changes");
    let shown = if newer || older { format!("{shown} on this page") } else { shown };
    let at = |name: &str, EntryId(id)| address.with(name, id.to_string()).href();
    let to_newer = newer.then(|| at("after", first));
    let to_older = older.then(|| at("before", last));
    let link = |href: Option<String>, rel: &'static str, label: &'static str| {
        href.map(|href| view! { <a class="btn small" rel=rel href=href>{label}</a> })
    };
    let rows = entries.into_iter().map(move |entry| view! { <EntryRow entry now of_one_site/> });
    view! {
        <TableWrap label="Changes, newest first">
            <table class="table stacked">
                <thead>
                    <tr>
                        <th scope="col">"When"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"Action"</th>
                        {(!of_one_site).then(|| view! { <th scope="col">"Site"</th> })}
                        <th scope="col">"Change"</th>
                        <th scope="col">"From"</th>
                        <ActionsHead/>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </TableWrap>
        <div class="panel-foot">
            <span>{shown}</span>
            <nav class="pager" aria-label="Pages">
                {link(newer.then(|| address.href()), "", "Newest")}
                {link(to_newer, "prev", "Newer")}
                {link(to_older, "next", "Older")}
            </nav>
        </div>
    }
    .into_any()
}

#[component]
fn Nothing(narrowed: bool, path: String) -> impl IntoView {
    if narrowed {
        return view! {
            <div class="state empty">
                <h2>"No change matches"</h2>
                <p>"Look for a part of a host or name, or leave some of the filters out."</p>
                <div class="actions"><a class="btn" href=path>"Show all changes"</a></div>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="state empty">
            <h2>"Nothing was changed"</h2>
            <p>"Every change of a site, domain, key or token is written down here."</p>
        </div>
    }
    .into_any()
}

#[component]
fn EntryRow(entry: Entry, now: Timestamp, of_one_site: bool) -> impl IntoView {
    let undo = undo(&entry);
    let fate = fate(&entry);
    let Entry { id, at, actor, action, site, site_name, subject, before, after, .. } = entry;
    let named = site.zip(site_name).filter(|_| !of_one_site);
    // A change that says it all already needs no subject beside it.
    let told = [&before, &after].into_iter().flatten().any(|value| words(value).contains(&subject));
    let (was, is) = words_of_change(before.as_ref(), after.as_ref());
    let subject = (!told && site_differs(&subject, named.as_ref())).then(|| shorten(&subject));
    let site = (!of_one_site).then(|| {
        let link = named.map(|(id, name)| view! { <a href=format!("/sites/{id}")>{name}</a> });
        view! { <td data-label="Site">{link}</td> }
    });
    let request = entry.request_id.map(|request| {
        let href = Address::new("/audit", [("request".to_owned(), request)]).href();
        view! { <a class="sub" href=href>"same request"</a> }
    });
    view! {
        <tr id=format!("a{}", id.0)>
            <th scope="row" class="fit">
                <Ago at now/>
                <a class="sub" href=entry_path(id)>{id.to_string()}</a>
            </th>
            <td data-label="Who">{actor}</td>
            <td data-label="Action">
                <code>{action.as_str()}</code>
                {subject.map(|subject| view! { <span class="sub">{subject}</span> })}
                {fate}
            </td>
            {site}
            <td class="wide" data-label="Change">
                <span class="change">
                    {was.map(|was| view! { <del>{was}</del> })}
                    {is.map(|is| view! { <ins>{is}</ins> })}
                </span>
            </td>
            <td class="fit" data-label="From">{entry.address}{request}</td>
            <td class="act"><div class="actions">{undo}</div></td>
        </tr>
    }
}

/// The way to take an entry back: at once, or by a page that asks first.
pub(super) fn undo(entry: &Entry) -> Option<AnyView> {
    let id = entry.id;
    entry.can_undo().then(|| {
        if risky(entry) {
            let (href, label) = (undo_path(id, false, &here()), format!("Undo {id}…"));
            view! { <a class="btn small" href=href aria-label=label>"Undo…"</a> }.into_any()
        } else {
            view! { <UndoButton entry=id/> }.into_any()
        }
    })
}

/// What became of an entry, and what it belongs to, each a link.
fn fate(entry: &Entry) -> impl IntoView + use<> {
    let link = |what: &'static str, of: EntryId| {
        view! { <a class="sub" href=entry_path(of)>{what}{of.to_string()}</a> }
    };
    let undone = match (entry.undone_by, entry.undoes, entry.changed_since) {
        (Some(by), ..) => Some(link("Undone by ", by)),
        (None, _, Some(by)) if entry.action.undoable() => Some(link("Changed since by ", by)),
        (None, Some(of), _) => Some(link("Undid ", of)),
        _ => None,
    };
    let batch = entry.batch.map(|EntryId(batch)| {
        let href = format!("/audit?batch={batch}");
        view! { <a class="sub" href=href>"Made together with others"</a> }
    });
    view! { {undone}{batch} }
}

fn site_differs(subject: &str, site: Option<&(SiteId, String)>) -> bool {
    !subject.is_empty() && site.is_none_or(|(_, name)| name != subject)
}
