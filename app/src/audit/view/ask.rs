//! The page before something is taken back that may deny requests, or that is more than one change.

use super::{entry_path, extent};
use crate::audit::api::{Undo, undo_page};
use crate::audit::model::{Action, EntryId};
use crate::audit::pages::{Toll, UndoPageData};
use crate::audit::rules::words;
use crate::auth::rules::way_back;
use crate::domains::host;
use crate::ui::form::Hidden;
use crate::ui::frame::{Crumb, Frame, Section};
use crate::ui::load::{loaded, param, query};
use crate::ui::number::{a_day, counted};
use leptos::prelude::*;
use server_fn::ServerFn;

/// How many hosts or sites are named; the rest are counted.
const NAMED: usize = 5;

/// Says what taking an entry back would do, and does it.
#[component]
pub fn UndoPage() -> impl IntoView {
    let id = EntryId(param("entry").unwrap_or_default());
    let all = query("all").unwrap_or(false);
    let back = query::<String>("back").filter(|back| !back.is_empty());
    let back = back.map_or_else(|| entry_path(id), |back| way_back(&back).to_owned());
    loaded(undo_page(id, all), move |data: UndoPageData| {
        let crumbs = vec![
            Crumb::link("Audit", "/audit"),
            Crumb::link(id.to_string(), entry_path(id)),
            Crumb::here("Undo"),
        ];
        let what = match data.batch {
            Some(batch) => extent(batch),
            None => format!("“{}”", data.entry.told()),
        };
        let was = data.entry.after.as_ref().filter(|_| data.batch.is_none()).map(words);
        let title = format!("Take back {what}?");
        let possible = !data.actions.is_empty();
        let danger = !data.toll.is_nothing();
        let effects = effects(&data).into_iter().map(|line| view! { <li>{line}</li> });
        let form = possible.then(|| {
            let back = back.clone();
            view! {
                <form method="post" action=Undo::PATH class="stack-m">
                    <Hidden name="entry" value=id.0.to_string()/>
                    {all.then(|| view! { <Hidden name="all" value="true"/> })}
                    <Hidden name="confirmed" value="true"/>
                    <Hidden name="back" value=back.clone()/>
                    <div class="form-foot">
                        <button class=if danger { "danger primary" } else { "primary" }>
                            {format!("Take back {what}")}
                        </button>
                        <a class="btn quiet" href=back>"Cancel"</a>
                    </div>
                </form>
            }
        });
        view! {
            <Frame here=Section::Audit title=title.clone() crumbs flash=data.flash>
                <section class="panel confirm">
                    <h1>{title}</h1>
                    {was.map(|was| view! { <p>"It changed this to: "<strong>{was}</strong></p> })}
                    <ul class="effects">{effects.collect_view()}</ul>
                    {form}
                    {(!possible).then(|| view! { <a class="btn" href=back>"Back"</a> })}
                </section>
            </Frame>
        }
    })
}

fn effects(data: &UndoPageData) -> Vec<AnyView> {
    let mut lines: Vec<AnyView> = Vec::new();
    if data.batch.is_some() {
        let of = |(action, count): &(Action, i64)| {
            view! { <strong>{counted(*count, "change", "changes")}</strong>" of the kind "<code>{action.as_str()}</code> }
                .into_any()
        };
        lines.extend(data.actions.iter().map(of));
        if data.carried > 0 {
            let carried = counted(data.carried, "more change goes", "more changes go");
            lines.push(format!("{carried} with the sites that were made").into_any());
        }
    }
    if let Some((count, reason)) = &data.unfit {
        let changes = counted(*count, "change", "changes");
        let line = match (data.batch, data.actions.is_empty()) {
            (None, _) => reason.clone(),
            (Some(_), _) => format!("{changes} will be left as they are: {reason}"),
        };
        lines.push(line.into_any());
    }
    let of_keys = |action: Action| matches!(action.noun(), "sitekey" | "secret");
    if data.actions.iter().any(|(action, _)| of_keys(*action)) {
        lines.push("A key that has been used since is not revoked by it".into_any());
    } else if !data.actions.is_empty() {
        lines.extend(toll(&data.toll));
    }
    lines
}

fn toll(toll: &Toll) -> Vec<AnyView> {
    let mut lines: Vec<AnyView> = Vec::new();
    if let Some(sites) = named(&toll.stopped) {
        lines.push(
            view! { "Nothing will be let through any more on "<strong>{sites}</strong> }.into_any(),
        );
    }
    if toll.requests > 0 {
        let average = format!("{} requests a day", a_day(toll.requests, toll.hours));
        let sites = named(&toll.sites).unwrap_or_default();
        lines.push(
            view! {
                "Denies "<strong>{average}</strong>" on "<strong>{sites}</strong>
                " that are let through now, as of the last 7 days"
            }
            .into_any(),
        );
        let hosts = toll.hosts.iter().map(|(name, _)| match name.as_str() {
            "" => "no referer".to_owned(),
            "?" => "unusable referers".to_owned(),
            name => host::unicode(name).into_owned(),
        });
        let count = counted(i64::try_from(toll.hosts.len()).unwrap_or(i64::MAX), "host", "hosts");
        let hosts = named(&hosts.collect::<Vec<_>>()).unwrap_or_default();
        lines.push(view! { "From "<strong>{count}</strong>": "{hosts} }.into_any());
    } else if toll.beyond == 0 {
        lines.push("No request of the last 7 days would have been denied by it".into_any());
    }
    if toll.beyond > 0 {
        let beyond = counted(toll.beyond, "more site", "more sites");
        lines.push(format!("{beyond} were not looked at: what they deny comes on top").into_any());
    }
    lines
}

/// The first few, and how many more there are; `None` without any.
fn named(all: &[String]) -> Option<String> {
    let first = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = all.len().saturating_sub(NAMED);
    match (all.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(first),
        (false, more) => Some(format!("{first} and {more} more")),
    }
}
