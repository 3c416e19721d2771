//! The pages of the trail, and its rows for other pages.

mod ask;
mod entry;
mod filters;
mod table;

pub use ask::UndoPage;
pub use entry::EntryPage;
pub use filters::Filters;
pub use table::TrailTable;

use super::api::{Undo, audit_page};
use super::model::{EntryId, Filter, Paging};
use super::pages::{AuditPageData, Batch};
use super::rules::undo_path;
use crate::sites::model::SiteId;
use crate::ui::form::Hidden;
use crate::ui::frame::{Frame, Section};
use crate::ui::load::{here, loaded, query};
use crate::ui::number::counted;
use leptos::prelude::*;
use server_fn::ServerFn;

/// Everything that was changed, by whom.
#[component]
pub fn AuditPage() -> impl IntoView {
    let (filter, paging) = asked();
    loaded(audit_page(filter, paging), move |data: AuditPageData| {
        let AuditPageData { trail, site, batch, actors, flash } = data;
        let filter = trail.filter.clone();
        view! {
            <Frame here=Section::Audit title="Audit" flash=flash>
                <div class="page-head"><h1>"Audit"</h1></div>
                <Filters filter actors/>
                {site.map(|(id, name)| view! { <OnlySite id name/> })}
                {batch.map(|batch| view! { <OnlyBatch batch/> })}
                <section class="panel" aria-label="Audit trail">
                    <TrailTable trail path="/audit".to_owned() of_one_site=false/>
                </section>
            </Frame>
        }
    })
}

/// What the address of the page being rendered asks for.
pub fn asked() -> (Filter, Paging) {
    let get = |name: &str| query::<String>(name);
    (Filter::read(get), Paging::read(get))
}

#[component]
fn OnlySite(id: SiteId, name: String) -> impl IntoView {
    view! {
        <div class="flash">
            <p>"Only changes of "<a href=format!("/sites/{id}")>{name}</a>"."</p>
            <a class="btn small" href="/audit">"Show all"</a>
        </div>
    }
}

#[component]
fn OnlyBatch(batch: Batch) -> impl IntoView {
    let Batch { id, .. } = batch;
    view! {
        <div class="flash">
            <p>{extent(batch)}" were made together, from "<a href=entry_path(id)>{id.to_string()}</a>" on."</p>
            <a class="btn small" href=undo_path(id, true, &here())>"Undo all…"</a>
            <a class="btn small" href="/audit">"Show all"</a>
        </div>
    }
}

/// `1,000 changes of 400 sites`.
fn extent(Batch { entries, sites, .. }: Batch) -> String {
    let changes = counted(entries, "change", "changes");
    match sites {
        0 => changes,
        sites => format!("{changes} of {}", counted(sites, "site", "sites")),
    }
}

/// The address of an entry.
pub fn entry_path(EntryId(id): EntryId) -> String {
    format!("/audit/{id}")
}

/// A button that takes an entry of the trail back and returns to the page it stands on.
#[component]
pub fn UndoButton(
    /// The entry.
    entry: EntryId,
    /// Whether all that was changed together with it is taken back, too.
    #[prop(optional)]
    all: bool,
) -> impl IntoView {
    view! {
        <form method="post" action=Undo::PATH>
            <Hidden name="entry" value=entry.0.to_string()/>
            {all.then(|| view! { <Hidden name="all" value="true"/> })}
            <Hidden name="back" value=here()/>
            <button class="small" aria-label=format!("Undo {entry}")>"Undo"</button>
        </form>
    }
}
