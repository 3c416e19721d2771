//! The page before many sites are changed: what it will do in numbers, and what it will leave.

use super::list::wanted;
use super::state::PauseFields;
use crate::sites::list_api::{ChangeSites, bulk_page};
use crate::sites::model::SiteId;
use crate::sites::pages::BulkPageData;
use crate::sites::selection::{BulkForm, BulkKind, Selection, site_ids};
use crate::ui::confirm::Confirm;
use crate::ui::flash::Flash;
use crate::ui::form::{FieldError, Hidden};
use crate::ui::frame::{Crumb, Frame, NotFoundPage, Section};
use crate::ui::load::{here, loaded, query};
use crate::ui::number::{counted, grouped};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn;

/// How many sites are named; the rest are counted.
const NAMED: usize = 20;

/// Says what a change of the selected sites will do, and does it.
#[component]
pub fn BulkPage() -> impl IntoView {
    let Some(kind) = query::<BulkKind>("change") else {
        return Either::Left(view! { <NotFoundPage/> });
    };
    let selection = if query::<u8>("all") == Some(1) {
        Selection::Wanted(wanted())
    } else {
        let ids = use_query_map().get_untracked().get_all("site").unwrap_or_default();
        Selection::Sites(site_ids(&ids.join(",")))
    };
    let form = BulkForm {
        value: query("value").unwrap_or_default(),
        subdomains: query("subdomains").unwrap_or_default(),
        ..BulkForm::default()
    };
    let typed = form.clone();
    Either::Right(loaded(bulk_page(selection, kind, form), move |data: BulkPageData| {
        let crumbs = vec![Crumb::link("Sites", "/sites"), Crumb::here(kind.label())];
        let flash = data.flash.clone();
        let body = if data.refusal.as_ref().is_some_and(|refusal| refusal.field == "sites") {
            view! { <NoneSelected data kind/> }.into_any()
        } else if data.refusal.is_some() {
            view! { <AskValue data kind form=typed/> }.into_any()
        } else {
            view! { <Ask data kind form=typed/> }.into_any()
        };
        view! {
            <Frame here=Section::Sites title=kind.label() crumbs flash>{body}</Frame>
        }
    }))
}

#[component]
fn NoneSelected(data: BulkPageData, kind: BulkKind) -> impl IntoView {
    view! {
        <section class="panel confirm">
            <h1>{kind.label()}</h1>
            <p>{data.refusal.map(|refusal| refusal.message)}</p>
            <div class="form-foot"><a class="btn" href="/sites">"Back to the list"</a></div>
        </section>
    }
}

/// The form that asks for the tag or the domain, and then gets the page again.
#[component]
fn AskValue(data: BulkPageData, kind: BulkKind, form: BulkForm) -> impl IntoView {
    let carried = use_query_map().get_untracked().into_iter();
    let carried = carried.filter(|(name, _)| !matches!(&**name, "value" | "subdomains")).map(
        |(name, value)| {
            view! { <input type="hidden" name=name.into_owned() value=value/> }
        },
    );
    let of_domain = kind == BulkKind::AddDomain;
    // Before anything is typed there is nothing to refuse.
    let refusal = data.refusal.filter(|_| !form.value.trim().is_empty());
    let (label, hint) = if of_domain {
        ("Domain", "A host, an address or a preview pattern, as on a site’s own page.")
    } else {
        ("Tag", "Letters, digits and - _ . / as in europe.")
    };
    let count = i64::try_from(data.changed.len()).unwrap_or(i64::MAX);
    let subdomains = of_domain.then(|| {
        view! {
            <label class="check">
                <input type="checkbox" name="subdomains" value="true" checked=form.subdomains == "true"/>
                <span>"Include subdomains"</span>
            </label>
        }
    });
    view! {
        <section class="panel confirm">
            <h1>{kind.label()}": "{counted(count, "site", "sites")}</h1>
            <form class="stack-m" method="get" action="/sites/bulk">
                {carried.collect_view()}
                <div class="field">
                    <label for="value">{label}</label>
                    <p class="hint" id="value-hint">{hint}</p>
                    <input
                        id="value"
                        name="value"
                        value=form.value
                        required
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        aria-describedby="value-hint value-error"
                        aria-invalid=refusal.is_some().then_some("true")
                    />
                    <FieldError id="value-error" refusal/>
                </div>
                {subdomains}
                <div class="form-foot">
                    <button class="primary">"Continue…"</button>
                    <a class="btn quiet" href="/sites">"Cancel"</a>
                </div>
            </form>
        </section>
    }
}

/// The question, once everything is known.
#[component]
fn Ask(data: BulkPageData, kind: BulkKind, form: BulkForm) -> impl IntoView {
    let BulkPageData { changed, skipped, requests, hosts, now, flash, .. } = data;
    let count = i64::try_from(changed.len()).unwrap_or(i64::MAX);
    let sites = counted(count, "site", "sites");
    let title = match kind {
        BulkKind::AddTag => format!("Add the tag {} to {sites}", form.value.trim()),
        BulkKind::RemoveTag => format!("Remove the tag {} from {sites}", form.value.trim()),
        BulkKind::AddDomain => format!("Add {} to {sites}", form.value.trim()),
        kind => format!("{} {sites}", kind.label()),
    };
    if changed.is_empty() {
        return view! {
            <section class="panel confirm">
                <h1>{kind.label()}</h1>
                <p>"Nothing to do: every selected site would be left as it is."</p>
                <Skipped skipped/>
                <div class="form-foot"><a class="btn" href="/sites">"Back to the list"</a></div>
            </section>
        }
        .into_any();
    }
    let effects = effects(kind, &changed, requests, hosts, skipped.len());
    let ids: Vec<String> = changed.iter().map(|(id, _)| id.to_string()).collect();
    let fields = match kind {
        BulkKind::Pause => view! { <PauseFields flash=flash form="bulk" now/> }.into_any(),
        BulkKind::Delete => view! { <NumberField count flash=flash/> }.into_any(),
        _ => view! {
            <Hidden name="value" value=form.value.clone()/>
            <Hidden name="subdomains" value=form.subdomains/>
        }
        .into_any(),
    };
    view! {
        <Confirm
            title=format!("{title}?")
            intro=move || intro(kind)
            effects
            action=ChangeSites::PATH
            button=title
            danger=matches!(kind, BulkKind::Pause | BulkKind::Delete)
            back="/sites"
        >
            <Hidden name="sites" value=ids.join(",")/>
            <Hidden name="kind" value=kind.as_str()/>
            <Hidden name="page" value=here()/>
            {fields}
        </Confirm>
        <Skipped skipped/>
    }
    .into_any()
}

/// The number of sites, to be typed before they are deleted.
#[component]
fn NumberField(count: i64, #[prop(optional_no_strip)] flash: Option<Flash>) -> impl IntoView {
    let refusal = flash.as_ref().and_then(|flash| flash.refusal_of("bulk")).cloned();
    let refusal = refusal.filter(|refusal| refusal.field == "confirm");
    view! {
        <div class="field">
            <label for="confirm">"Type "<code>{count}</code>" to delete them"</label>
            <input
                id="confirm"
                name="confirm"
                inputmode="numeric"
                autocomplete="off"
                required
                aria-describedby="confirm-error"
                aria-invalid=refusal.is_some().then_some("true")
            />
            <FieldError id="confirm-error" refusal/>
        </div>
    }
}

fn intro(kind: BulkKind) -> AnyView {
    match kind {
        BulkKind::Pause => view! {
            "From then on the gate answers "<code>"site_paused"</code>
            " to every request with their sitekeys."
        }
        .into_any(),
        BulkKind::Start => {
            "From then on the gate lets requests from their associated domains through again."
                .into_any()
        }
        BulkKind::Delete => view! {
            "From then on the gate answers "<code>"site_deleted"</code>
            " to every request with their sitekeys. They can be restored for 30 days."
        }
        .into_any(),
        BulkKind::AddTag | BulkKind::RemoveTag => {
            "Tags group sites in the list; the gate does not look at them.".into_any()
        }
        BulkKind::AddDomain => "From then on the gate lets its requests through.".into_any(),
    }
}

fn effects(
    kind: BulkKind,
    changed: &[(SiteId, String)],
    requests: i64,
    hosts: i64,
    skipped: usize,
) -> Vec<AnyView> {
    let (number, from) = (grouped(requests), counted(hosts, "host", "hosts"));
    let mut effects = match kind {
        BulkKind::AddTag | BulkKind::RemoveTag => Vec::new(),
        _ if requests == 0 => {
            vec!["Concerns no request that verifiers reported in the last 24 hours".into_any()]
        }
        BulkKind::Pause | BulkKind::Delete => vec![
            view! {
                "Denies "<strong>{number}" requests a day"</strong>" from "{from}", as of the last 24 hours"
            }
            .into_any(),
        ],
        BulkKind::Start => vec![
            view! {
                "Ends "<strong>{number}" denials a day"</strong>" for "{from}", as of the last 24 hours"
            }
            .into_any(),
        ],
        BulkKind::AddDomain => vec![
            view! {
                "Would have let through "<strong>{number}" denied requests"</strong>" from "{from}
                " in the last 24 hours"
            }
            .into_any(),
        ],
    };
    let names: Vec<&str> = changed.iter().take(NAMED).map(|(_, name)| &**name).collect();
    let more = changed.len().saturating_sub(NAMED);
    let more = (more > 0)
        .then(|| format!(" and {} more", grouped(i64::try_from(more).unwrap_or(i64::MAX))));
    effects.push(view! { "Changes "{names.join(", ")}{more} }.into_any());
    if skipped > 0 {
        let left = counted(i64::try_from(skipped).unwrap_or(i64::MAX), "site", "sites");
        effects
            .push(view! { "Leaves "<strong>{left}</strong>" as before, listed below" }.into_any());
    }
    effects.push("One “Undo” takes all of it back".into_any());
    effects
}

/// The sites that are left as they are, each with the reason.
#[component]
fn Skipped(skipped: Vec<(SiteId, String, String)>) -> impl IntoView {
    (!skipped.is_empty()).then(|| {
        let more = skipped.len().saturating_sub(NAMED);
        let rows = skipped.into_iter().take(NAMED).map(|(id, name, reason)| {
            view! {
                <li>
                    <div class="grow"><a href=format!("/sites/{id}")>{name}</a></div>
                    <span class="muted">{reason}</span>
                </li>
            }
        });
        let rows = rows.collect_view();
        let more = (more > 0).then(|| {
            let more = grouped(i64::try_from(more).unwrap_or(i64::MAX));
            view! { <li class="muted">"and "{more}" more"</li> }
        });
        view! {
            <section class="panel" aria-labelledby="skipped">
                <div class="panel-head"><h2 id="skipped">"Left as they are"</h2></div>
                <ul class="list">{rows}{more}</ul>
            </section>
        }
    })
}
