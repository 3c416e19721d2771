//! The page of the trail, and its rows for other pages.

use super::api::{AuditPageData, Undo, audit_page};
use super::model::{Entry, EntryId, PAGE, Trail};
use super::rules::words;
use crate::sites::model::SiteId;
use crate::ui::form::Hidden;
use crate::ui::frame::{Frame, Section};
use crate::ui::key::shorten;
use crate::ui::load::{here, loaded, query};
use crate::ui::number::counted;
use crate::ui::table::{ActionsHead, Pager, TableWrap};
use crate::ui::time::Ago;
use jiff::Timestamp;
use leptos::prelude::*;
use server_fn::ServerFn;

/// Everything that was changed, by whom.
#[component]
pub fn AuditPage() -> impl IntoView {
    let site = query("site").map(SiteId);
    let before = query("before").map(EntryId);
    loaded(audit_page(site, before), move |AuditPageData { trail, site, flash }| {
        let filter = site.clone().map(|(id, name)| {
            view! {
                <div class="flash">
                    <p>"Only changes of "<a href=format!("/sites/{id}")>{name}</a>"."</p>
                    <a class="btn small" href="/audit">"Show all"</a>
                </div>
            }
        });
        let path = match &site {
            Some((id, _)) => format!("/audit?site={id}"),
            None => "/audit".to_owned(),
        };
        view! {
            <Frame here=Section::Audit title="Audit" flash=flash>
                <div class="page-head"><h1>"Audit"</h1></div>
                {filter}
                <section class="panel" aria-label="Audit trail">
                    <TrailTable trail path first=before.is_some() of_one_site=false/>
                </section>
            </Frame>
        }
    })
}

/// A page of the trail as a table with its foot.
#[component]
pub fn TrailTable(
    /// The entries.
    trail: Trail,
    /// The address of its first page.
    path: String,
    /// Whether this is a later page.
    first: bool,
    /// Whether all entries are of the page's own site, so that it need not be named.
    of_one_site: bool,
) -> impl IntoView {
    let Trail { entries, older, now } = trail;
    if entries.is_empty() {
        return view! {
            <div class="state empty">
                <h2>"Nothing was changed"</h2>
                <p>"Every change of a site, domain, key or token is written down here."</p>
            </div>
        }
        .into_any();
    }
    let shown = counted(i64::try_from(entries.len()).unwrap_or(PAGE), "change", "changes");
    let join = if path.contains('?') { '&' } else { '?' };
    let next = older.map(|EntryId(id)| format!("{path}{join}before={id}"));
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
                        <ActionsHead/>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </TableWrap>
        <Pager shown first=first.then_some(path) next next_label="Older"/>
    }
    .into_any()
}

#[component]
fn EntryRow(entry: Entry, now: Timestamp, of_one_site: bool) -> impl IntoView {
    let can_undo = entry.can_undo();
    let Entry { id, at, actor, action, site, site_name, subject, before, after, .. } = entry;
    let named = site.zip(site_name).filter(|_| !of_one_site);
    // A change that says it all already needs no subject beside it.
    let told = [&before, &after].into_iter().flatten().any(|value| words(value).contains(&subject));
    let subject = (!told && site_differs(&subject, named.as_ref())).then(|| shorten(&subject));
    let site = (!of_one_site).then(|| {
        let link = named.map(|(id, name)| view! { <a href=format!("/sites/{id}")>{name}</a> });
        view! { <td data-label="Site">{link}</td> }
    });
    let fate = match (entry.undone_by, entry.undoes) {
        (Some(EntryId(by)), _) => Some(("Undone by ", by)),
        (None, Some(EntryId(of))) => Some(("Undid ", of)),
        (None, None) => None,
    };
    let fate = fate.map(|(what, of)| {
        view! { <a class="sub" href=entry_path(EntryId(of))>{what}"#"{of}</a> }
    });
    view! {
        <tr id=format!("a{}", id.0)>
            <th scope="row" class="fit"><Ago at now/><span class="sub">{id.to_string()}</span></th>
            <td data-label="Who">{actor}</td>
            <td data-label="Action">
                <code>{action.as_str()}</code>
                {subject.map(|subject| view! { <span class="sub">{subject}</span> })}
                {fate}
            </td>
            {site}
            <td class="wide" data-label="Change">
                <span class="change">
                    {before.map(|value| view! { <del>{words(&value)}</del> })}
                    {after.map(|value| view! { <ins>{words(&value)}</ins> })}
                </span>
            </td>
            <td class="act">
                <div class="actions">{can_undo.then(|| view! { <UndoButton entry=id/> })}</div>
            </td>
        </tr>
    }
}

fn site_differs(subject: &str, site: Option<&(SiteId, String)>) -> bool {
    !subject.is_empty() && site.is_none_or(|(_, name)| name != subject)
}

/// The address at which an entry stands, on whichever page of the trail.
pub fn entry_path(EntryId(id): EntryId) -> String {
    format!("/audit?before={}#a{id}", id.saturating_add(1))
}

/// A button that takes an entry of the trail back and returns to the page it stands on.
#[component]
pub fn UndoButton(
    /// The entry.
    entry: EntryId,
) -> impl IntoView {
    view! {
        <form method="post" action=Undo::PATH>
            <Hidden name="entry" value=entry.0.to_string()/>
            <Hidden name="back" value=here()/>
            <button class="small" aria-label=format!("Undo {entry}")>"Undo"</button>
        </form>
    }
}
